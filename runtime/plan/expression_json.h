// Expressions as JSON: scalars are literals, arrays are everything else, told apart by their first item.
//   null  7  "text"  ["real","0.5"]  ["blob","00ff"]  ["text","ff"] (bytes that are not UTF-8, in hex)
//   ["column","name"]  ["expand",0,"value"]  ["binding",3]  ["request","auth"]  ["=",a,b]  ["lower",a]
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/vm/expr.h"

namespace bulkhead::plan {

nlohmann::json ToJson(const vm::Expr& expr);

// InvalidPlan for anything ToJson does not write. Recursion is bounded by limits::ExpressionDepthMax.
Result<vm::Expr> ExprFromJson(const nlohmann::json& json);

bool IsUtf8(std::string_view text);

}  // namespace bulkhead::plan
