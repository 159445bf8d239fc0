// IR expressions -> the plan's expressions, for one place of evaluation.
#pragma once

#include <functional>

#include "compiler/ir/ir.h"
#include "runtime/vm/expr.h"

namespace bulkhead::planner {

// What a column of an occurrence is at the place of evaluation: a column of the row, an output of an attached
// function, or a bound value.
using ColumnLowering = std::function<vm::Expr(const ir::ColumnExpr&)>;

// Recurses: sema bounds the depth of expressions.
vm::Expr Lower(const ir::Module& module, ir::ExprId id, const ColumnLowering& column);

}  // namespace bulkhead::planner
