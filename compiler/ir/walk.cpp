#include "compiler/ir/walk.h"

#include <algorithm>

namespace bulkhead::ir {
namespace {

void PushSelects(const Module& module, const std::vector<SelectId>& arms, std::vector<ExprId>& stack);

void PushOccurrence(const Module& module, OccurrenceId id, std::vector<ExprId>& stack) {
  const auto& source = module.occurrences[id].source;
  if (const auto* function = std::get_if<FunctionSource>(&source)) stack.push_back(function->input);
  if (const auto* query = std::get_if<QuerySource>(&source)) PushSelects(module, query->arms, stack);
}

void PushSelects(const Module& module, const std::vector<SelectId>& arms, std::vector<ExprId>& stack) {
  for (SelectId arm : arms) {
    const Select& select = module.selects[arm];
    for (const OutputColumn& output : select.outputs) {
      if (output.value.HasValue()) stack.push_back(output.value);
    }
    if (select.where.HasValue()) stack.push_back(select.where);
    for (OccurrenceId id : select.from) PushOccurrence(module, id, stack);
    for (const LeftJoin& left : select.left) {
      for (OccurrenceId id : left.occurrences) PushOccurrence(module, id, stack);
      if (left.on.HasValue()) stack.push_back(left.on);
    }
  }
}

}  // namespace

void Visit(const Module& module, ExprId root, Subqueries subqueries,
           const std::function<void(ExprId, const Expr&)>& visit) {
  std::vector<ExprId> stack;
  if (root.HasValue()) stack.push_back(root);
  while (!stack.empty()) {
    ExprId id = stack.back();
    stack.pop_back();
    const Expr& expr = module.exprs[id];
    visit(id, expr);
    if (const auto* call = std::get_if<CallExpr>(&expr.kind)) {
      stack.insert(stack.end(), call->args.rbegin(), call->args.rend());
    } else if (const auto* exists = std::get_if<ExistsExpr>(&expr.kind)) {
      if (subqueries == Subqueries::Enter) PushSelects(module, exists->arms, stack);
    } else if (const auto* in = std::get_if<InSelectExpr>(&expr.kind)) {
      if (subqueries == Subqueries::Enter) PushSelects(module, in->arms, stack);
      stack.insert(stack.end(), in->lhs.rbegin(), in->lhs.rend());
    }
  }
}

ReadSet ReadsOf(const Module& module, ExprId root) {
  ReadSet reads;
  Visit(module, root, Subqueries::Enter, [&](ExprId, const Expr& expr) {
    if (const auto* column = std::get_if<ColumnExpr>(&expr.kind))
      reads.occurrences.push_back(column->occurrence);
    reads.request |= std::holds_alternative<RequestExpr>(expr.kind);
    reads.subquery |=
        std::holds_alternative<ExistsExpr>(expr.kind) || std::holds_alternative<InSelectExpr>(expr.kind);
  });
  std::ranges::sort(reads.occurrences, {}, &OccurrenceId::index);
  auto repeated = std::ranges::unique(reads.occurrences);
  reads.occurrences.erase(repeated.begin(), repeated.end());
  return reads;
}

std::vector<ExprId> Conjuncts(const Module& module, ExprId condition) {
  if (!condition.HasValue()) return {};
  const auto* call = std::get_if<CallExpr>(&module.exprs[condition].kind);
  return call && call->callee == "and" ? call->args : std::vector<ExprId>{condition};
}

}  // namespace bulkhead::ir
