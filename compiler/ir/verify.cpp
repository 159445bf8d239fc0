#include "compiler/ir/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/base/limits.h"

namespace bulkhead::ir {
namespace {

class Verifier {
 public:
  explicit Verifier(const Module& module) : module_(module) {}

  std::vector<std::string> Run() {
    for (const Stream& stream : module_.streams) CheckStream(stream);
    return std::move(problems_);
  }

 private:
  template <typename... Args>
  void Problem(fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(where_ + fmt::format(text, std::forward<Args>(args)...));
  }

  void CheckStream(const Stream& stream) {
    where_ = fmt::format("stream `{}`: ", stream.name);
    std::set<std::string_view> names;
    for (const Parameter& parameter : stream.parameters) {
      if (!names.insert(parameter.name).second) Problem("parameter `{}` twice", parameter.name);
      if (parameter.default_value.HasValue()) CheckExpr(parameter.default_value, 0);
    }
    if (stream.queries.empty()) Problem("no query");
    for (const Query& query : stream.queries) {
      if (query.arms.empty()) Problem("a query without arms");
      for (SelectId arm : query.arms) CheckArm(arm);
    }
  }

  void CheckArm(SelectId id) {
    if (!Known(id)) return;
    const Select& select = module_.selects[id];
    CheckSelect(select, 0, [&] {
      if (!InScope(select.root))
        Problem("the root is not in FROM");
      else if (!std::holds_alternative<TableSource>(module_.occurrences[select.root].source)) {
        Problem("the root is no table");
      }
      const auto* table = InScope(select.root) ? std::get_if<TableSource>(&module_.occurrences[select.root].source) : nullptr;
      if (select.output_table.empty() && !(table && table->wildcard)) Problem("no output table");
      if (!select.output_id.HasValue())
        Problem("no `id` output");
      else
        CheckExpr(select.output_id, 1);
      if (select.outputs.empty()) Problem("no outputs");
    });
  }

  // `inside` runs while the select's occurrences are in scope.
  template <typename F>
  void CheckSelect(const Select& select, size_t depth, F inside) {
    const size_t outer = scope_.size();
    for (OccurrenceId id : select.from) {
      if (id.index >= module_.occurrences.size()) {
        Problem("occurrence {} is not of this module", id.index);
        continue;
      }
      if (InScope(id)) Problem("occurrence {} twice in scope", id.index);
      if (const auto* function = std::get_if<FunctionSource>(&module_.occurrences[id].source)) {
        CheckExpr(function->input, depth + 1);
      }
      scope_.push_back(id);
    }
    if (select.where.HasValue()) CheckExpr(select.where, depth + 1);
    for (const OutputColumn& output : select.outputs) {
      if (output.value.HasValue())
        CheckExpr(output.value, depth + 1);
      else if (!InScope(output.star))
        Problem("`*` of an occurrence that is not in FROM");
    }
    inside();
    scope_.resize(outer);
  }

  void CheckExpr(ExprId id, size_t depth) {
    if (id.index >= module_.exprs.size()) return Problem("expression {} is not of this module", id.index);
    if (depth > limits::ExpressionTreeDepthMax) return Problem("an expression is nested too deeply");
    std::visit(Match{
                   [](const LiteralExpr&) {},
                   [&](const ColumnExpr& e) {
                     if (!InScope(e.occurrence))
                       Problem("column `{}` of an occurrence out of scope", e.column);
                     if (e.column.empty()) Problem("a column without a name");
                   },
                   [](const RequestExpr&) {},
                   [&](const CallExpr& e) {
                     if (e.callee.empty()) Problem("a call of nothing");
                     if (e.args.size() > limits::CallArgumentsMax)
                       Problem("`{}` has too many arguments", e.callee);
                     for (ExprId arg : e.args) CheckExpr(arg, depth + 1);
                   },
                   [&](const ExistsExpr& e) { CheckArms(e.arms, {}, depth + 1); },
                   [&](const InSelectExpr& e) {
                     for (ExprId lhs : e.lhs) CheckExpr(lhs, depth + 1);
                     CheckArms(e.arms, e.lhs.size(), depth + 1);
                   },
                   [&](const ErrorExpr&) { Problem("an error expression is left"); },
               },
               module_.exprs[id].kind);
  }

  void CheckArms(const std::vector<SelectId>& arms, std::optional<size_t> width, size_t depth) {
    if (arms.empty()) Problem("a subquery without arms");
    for (SelectId arm : arms) {
      if (!Known(arm)) continue;
      const Select& select = module_.selects[arm];
      if (width && select.outputs.size() != *width) {
        Problem("IN compares {} values with {} outputs", *width, select.outputs.size());
      }
      CheckSelect(select, depth, [] {});
    }
  }

  bool Known(SelectId id) {
    if (id.index < module_.selects.size()) return true;
    Problem("select {} is not of this module", id.index);
    return false;
  }
  bool InScope(OccurrenceId id) const { return std::ranges::find(scope_, id) != scope_.end(); }

  const Module& module_;
  std::vector<OccurrenceId> scope_;
  std::string where_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> Verify(const Module& module) {
  return Verifier(module).Run();
}

}  // namespace bulkhead::ir
