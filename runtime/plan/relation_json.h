// Nodes as JSON: private to runtime/plan. Names of keys are those of relation.h's members, as in plan_json.h.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/plan/json_reader.h"
#include "runtime/plan/relation.h"

namespace bulkhead::plan {

template <typename T, typename F>
nlohmann::json ArrayOf(const std::vector<T>& items, F&& convert) {
  nlohmann::json array = nlohmann::json::array();
  for (const T& item : items) array.push_back(convert(item));
  return array;
}
nlohmann::json Expressions(const std::vector<vm::Expr>& items);
nlohmann::json Expansions(const std::vector<Expansion>& expansions);
void AddFilter(nlohmann::json& object, const char* key, const std::optional<vm::Expr>& filter);

nlohmann::json ToDocument(const Node& node);

Status ReadExpansion(const Reader& in, Expansion& expansion);
Status ReadNode(const Reader& in, Node& node);

}  // namespace bulkhead::plan
