#include "compiler/planner/lower.h"

namespace bulkhead::planner {
namespace {

vm::RequestPart PartOf(ir::RequestPart part) {
  switch (part) {
    case ir::RequestPart::Auth:
      return vm::RequestPart::Auth;
    case ir::RequestPart::Connection:
      return vm::RequestPart::Connection;
    case ir::RequestPart::Subscription:
      return vm::RequestPart::Subscription;
  }
  return vm::RequestPart::Auth;
}

vm::Expr LowerCall(const ir::Module& module, const ir::CallExpr& call, const ColumnLowering& column) {
  std::vector<vm::Expr> args;
  for (ir::ExprId arg : call.args) args.push_back(Lower(module, arg, column));
  auto callee = vm::Callee::Find(call.callee, args.size());
  CHECK_INVARIANT(callee.has_value(), "sema resolves every callee and its arity");
  return vm::Apply(*callee, std::move(args));
}

}  // namespace

vm::Expr Lower(const ir::Module& module, ir::ExprId id, const ColumnLowering& column) {
  return std::visit(Match{
                        [](const ir::LiteralExpr& e) { return vm::Constant(e.value.view()); },
                        [&](const ir::ColumnExpr& e) { return column(e); },
                        [](const ir::RequestExpr& e) { return vm::RequestOf(PartOf(e.part)); },
                        [&](const ir::CallExpr& e) { return LowerCall(module, e, column); },
                        [](const ir::ExistsExpr&) -> vm::Expr {
                          CHECK_INVARIANT(false, "normalisation leaves no subquery");
                          return vm::Null();
                        },
                        [](const ir::InSelectExpr&) -> vm::Expr {
                          CHECK_INVARIANT(false, "normalisation leaves no subquery");
                          return vm::Null();
                        },
                        [](const ir::ErrorExpr&) -> vm::Expr {
                          CHECK_INVARIANT(false, "nothing is planned after an error");
                          return vm::Null();
                        },
                    },
                    module.exprs[id].kind);
}

}  // namespace bulkhead::planner
