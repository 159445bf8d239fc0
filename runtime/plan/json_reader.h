// Untrusted JSON, read member by member: private to runtime/plan.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/expression_json.h"

namespace bulkhead::plan {

inline Error InvalidAt(std::string_view place, std::string_view reason) {
  return {Code::InvalidPlan, place.empty() ? std::string(reason) : fmt::format("{}: {}", place, reason)};
}

// A JSON object at a known place, read member by member.
class Reader {
 public:
  Reader(const nlohmann::json& object, std::string place) : object_(object), place_(std::move(place)) {}

  const std::string& place() const { return place_; }
  const nlohmann::json* Find(const char* key) const {
    auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  std::string At(std::string_view key) const {
    return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
  }

  Status Text(const char* key, std::string& out, bool required = true) const {
    const nlohmann::json* item = Find(key);
    if (!item && !required) return Ok();
    if (!item || !item->is_string()) return InvalidAt(At(key), "a string is wanted");
    out = item->get_ref<const std::string&>();
    return Ok();
  }
  Status Flag(const char* key, bool& out) const {
    const nlohmann::json* item = Find(key);
    if (!item) return Ok();
    if (!item->is_boolean()) return InvalidAt(At(key), "true or false is wanted");
    out = item->get<bool>();
    return Ok();
  }
  template <typename T>
  Status Number(const char* key, T& out) const {
    const nlohmann::json* item = Find(key);
    if (!item) return InvalidAt(At(key), "a number is wanted");
    return NumberAt(*item, At(key), out);
  }
  Status Texts(const char* key, std::vector<std::string>& out, bool required) const {
    return Each(key, required, [&](const nlohmann::json& item, const std::string& place) -> Status {
      if (!item.is_string()) return InvalidAt(place, "a string is wanted");
      out.push_back(item.get<std::string>());
      return Ok();
    });
  }
  Status Numbers(const char* key, std::vector<uint32_t>& out) const {
    return Each(key, true, [&](const nlohmann::json& item, const std::string& place) -> Status {
      BULKHEAD_CHECK_OK(NumberAt(item, place, out.emplace_back()));
      return Ok();
    });
  }
  Status Expression(const char* key, vm::Expr& out) const {
    const nlohmann::json* item = Find(key);
    if (!item) return InvalidAt(At(key), "an expression is wanted");
    return ExpressionAt(*item, At(key), out);
  }
  Status Expression(const char* key, std::optional<vm::Expr>& out) const {
    const nlohmann::json* item = Find(key);
    if (!item) return Ok();
    return ExpressionAt(*item, At(key), out.emplace(vm::Null()));
  }
  Status Expressions(const char* key, std::vector<vm::Expr>& out) const {
    return Each(key, true, [&](const nlohmann::json& item, const std::string& place) {
      return ExpressionAt(item, place, out.emplace_back(vm::Null()));
    });
  }
  // read(Reader, T&) for each object of the array.
  template <typename T, typename F>
  Status Objects(const char* key, bool required, std::vector<T>& out, F&& read) const {
    return Each(key, required, [&](const nlohmann::json& item, const std::string& place) -> Status {
      if (!item.is_object()) return InvalidAt(place, "an object is wanted");
      return read(Reader(item, place), out.emplace_back());
    });
  }

 private:
  template <typename F>
  Status Each(const char* key, bool required, F&& visit) const {
    const nlohmann::json* items = Find(key);
    if (!items && !required) return Ok();
    if (!items || !items->is_array()) return InvalidAt(At(key), "an array is wanted");
    for (size_t i = 0; i < items->size(); ++i) {
      BULKHEAD_CHECK_OK(visit((*items)[i], fmt::format("{}[{}]", At(key), i)));
    }
    return Ok();
  }
  template <typename T>
  static Status NumberAt(const nlohmann::json& item, const std::string& place, T& out) {
    if (!item.is_number_unsigned() || item.get<uint64_t>() > std::numeric_limits<T>::max()) {
      return InvalidAt(place, fmt::format("a number from 0 to {} is wanted", std::numeric_limits<T>::max()));
    }
    out = item.get<T>();
    return Ok();
  }
  static Status ExpressionAt(const nlohmann::json& item, const std::string& place, vm::Expr& out) {
    auto expr = ExprFromJson(item);
    if (!expr) return InvalidAt(place, expr.error().message);
    out = *std::move(expr);
    return Ok();
  }

  const nlohmann::json& object_;
  std::string place_;
};

}  // namespace bulkhead::plan
