// The checks of a plan's parts, each of which names the place it finds broken. Private to runtime/plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/json_reader.h"
#include "runtime/plan/plan.h"

namespace bulkhead::plan {

// What the expressions of one place may read.
struct Scope {
  const Table* table = nullptr;         // null: no columns
  std::optional<uint32_t> fields = {};  // instead of a table: columns "0", "1", … of a node's row
  uint32_t expands = 0;
  uint32_t bindings = 0;
  bool request = false;
};

Status CheckExpr(const vm::Expr& expr, const Scope& scope, const std::string& place);
Status CheckExpr(const std::optional<vm::Expr>& expr, const Scope& scope, const std::string& place);
Status CheckExprs(const std::vector<vm::Expr>& exprs, const Scope& scope, const std::string& place);
// Afterwards `scope` sees all expansions.
Status CheckExpansions(const std::vector<Expansion>& expansions, Scope& scope, const std::string& place);
Status CheckName(std::string_view name, const std::string& place);
Status CheckIndex(uint32_t index, size_t size, const std::string& place);
Status CheckTableFunction(std::string_view name, const std::string& place);

// Inputs, fields and expressions of all nodes, given tables whose numbers are in range; their widths.
Result<std::vector<uint32_t>> CheckNodes(const Plan& plan);

// Names given so far in one list.
class Names {
 public:
  Status Add(const std::string& name, const std::string& place) {
    BULKHEAD_CHECK_OK(CheckName(name, place));
    if (!seen_.insert(name).second)
      return InvalidAt(place, fmt::format("the name `{}` is given twice", name));
    return Ok();
  }
  bool Has(const std::string& name) const { return seen_.contains(name); }

 private:
  std::unordered_set<std::string> seen_;
};

}  // namespace bulkhead::plan
