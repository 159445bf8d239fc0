// What must hold of every module that leaves `sema`, and of what passes add to it.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/ir.h"

namespace bulkhead::ir {

// One lower-case sentence per violation; empty for a sound module. Checked: every id is of this module; a
// column's occurrence is in its select's FROM or an enclosing one's, before it where order counts (table
// functions); both sides of IN (SELECT) and all arms of one have the same width; arms are not empty; roots,
// output tables and ids are set for streams' queries; no ErrorExpr; nesting within
// limits::ExpressionTreeDepthMax. Linear in the module.
std::vector<std::string> Verify(const Module& module);

}  // namespace bulkhead::ir
