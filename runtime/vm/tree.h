// The second implementation of expressions: walks the tree, shares no dispatch with the VM. Used where an expression
// is evaluated once (constant folding) and as the VM's check in tests.
#pragma once

#include "runtime/vm/expr.h"
#include "runtime/vm/vm.h"

namespace bulkhead::vm {

// As Eval of the compiled program: same inputs, same value, same failures. Columns must be bound (expr.h, Bind); an input
// that the spans lack reads as NULL.
Value EvalTree(const Expr& expr, const Inputs& inputs, Context& context);

// The tree with every constant subtree replaced by its value, `and`/`or` reduced by constant operands (only as far as
// three-valued logic and failures allow), constant conditions of `case` decided. A subtree whose evaluation fails stays as
// it is, so that the failure happens where it would have.
Expr Fold(const Expr& expr);

}  // namespace bulkhead::vm
