#include "runtime/plan/checks.h"

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.h"
#include "runtime/vm/vm.h"

namespace bulkhead::plan {
namespace {

// "0", "1", … without leading zeros.
bool IsField(std::string_view name, uint32_t width) {
  uint32_t field = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), field);
  return error == std::errc() && field < width && name == fmt::format("{}", field);
}

Status CheckReads(const vm::Expr& expr, const Scope& scope) {
  vm::Reads reads = vm::ReadsOf(expr);
  auto invalid = [](std::string reason) { return Error{Code::InvalidPlan, std::move(reason)}; };
  for (const std::string& column : reads.columns) {
    if (scope.fields && !IsField(column, *scope.fields)) return invalid(fmt::format("there is no field `{}`", column));
  }
  if (!scope.table && !scope.fields && !reads.columns.empty()) return invalid("no row's columns can be read here");
  if (scope.table && !scope.table->open) {
    for (const std::string& column : reads.columns) {
      const auto& known = scope.table->columns;
      if (std::find(known.begin(), known.end(), column) == known.end()) {
        return invalid(fmt::format("table `{}` has no column `{}`", scope.table->QualifiedName(), column));
      }
    }
  }
  if (!reads.expands.empty() && reads.expands.back() >= scope.expands) {
    return invalid(fmt::format("table function {} cannot be read here", reads.expands.back()));
  }
  if (!reads.bindings.empty() && reads.bindings.back() >= scope.bindings) {
    return invalid(fmt::format("binding {} cannot be read here", reads.bindings.back()));
  }
  if (!scope.request && reads.any_request()) return invalid("the request cannot be read here");
  return Ok();
}

// The depth must be known before anything recurses over the tree. Gives up early, so its own recursion is bounded.
bool TooDeep(const vm::Expr& expr, size_t depth) {
  if (depth > limits::ExpressionDepthMax) return true;
  const auto* call = expr.As<vm::Call>();
  if (!call) return false;
  for (const vm::Expr& arg : call->args) {
    if (TooDeep(arg, depth + 1)) return true;
  }
  return false;
}

Status CheckCalls(const vm::Expr& expr) {
  const auto* call = expr.As<vm::Call>();
  if (!call) return Ok();
  size_t count = call->args.size();
  if (count < call->callee.args_min() || count > call->callee.args_max()) {
    return Error{Code::InvalidPlan, fmt::format("`{}` does not take {} arguments", call->callee.name(), count)};
  }
  for (const vm::Expr& arg : call->args) BULKHEAD_CHECK_OK(CheckCalls(arg));
  return Ok();
}

}  // namespace

Status CheckExpr(const vm::Expr& expr, const Scope& scope, const std::string& place) {
  if (TooDeep(expr, 1)) return InvalidAt(place, "expression is nested too deeply");
  if (Status calls = CheckCalls(expr); !calls) return InvalidAt(place, calls.error().message);
  if (Status reads = CheckReads(expr, scope); !reads) return InvalidAt(place, reads.error().message);
  // Compiling is the rest of the check: refused functions, size of the program.
  vm::Layout layout{vm::ReadsOf(expr).columns, scope.expands, scope.bindings};
  auto program = vm::Compile(expr, layout);
  if (!program) return InvalidAt(place, program.error().message);
  return Ok();
}

Status CheckExprs(const std::vector<vm::Expr>& exprs, const Scope& scope, const std::string& place) {
  for (size_t i = 0; i < exprs.size(); ++i) {
    BULKHEAD_CHECK_OK(CheckExpr(exprs[i], scope, fmt::format("{}[{}]", place, i)));
  }
  return Ok();
}

Status CheckExpr(const std::optional<vm::Expr>& expr, const Scope& scope, const std::string& place) {
  return expr ? CheckExpr(*expr, scope, place) : Ok();
}

Status CheckName(std::string_view name, const std::string& place) {
  if (name.empty()) return InvalidAt(place, "a name is empty");
  if (!IsUtf8(name) || name.find('\0') != name.npos) return InvalidAt(place, "a name is not UTF-8 text");
  return Ok();
}

Status CheckIndex(uint32_t index, size_t size, const std::string& place) {
  if (index < size) return Ok();
  return InvalidAt(place, fmt::format("{} is out of range, there are {}", index, size));
}

Status CheckTableFunction(std::string_view name, const std::string& place) {
  if (name == "json_each") return Ok();
  return InvalidAt(place, fmt::format("no table function is named `{}`", name));
}

// Of a pipeline or a lookup; afterwards `scope` sees all expansions.
Status CheckExpansions(const std::vector<Expansion>& expansions, Scope& scope, const std::string& place) {
  if (expansions.size() > limits::ExpansionsPerRowMax) return InvalidAt(place, "too many table functions on one row");
  for (size_t i = 0; i < expansions.size(); ++i) {
    std::string here = fmt::format("{}.expansions[{}]", place, i);
    BULKHEAD_CHECK_OK(CheckTableFunction(expansions[i].function, here + ".function"));
    BULKHEAD_CHECK_OK(CheckExpr(expansions[i].input, scope, here + ".input"));
    ++scope.expands;
  }
  return Ok();
}

}  // namespace bulkhead::plan
