// From tree and catalog to typed IR: names resolved, definitions inlined, affinity and collation made
// explicit, types checked.
#pragma once

#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/ir/ir.h"
#include "compiler/schema/catalog.h"
#include "compiler/source/diagnostic.h"

namespace bulkhead::sema {

// Binds all statements of all files; order matters neither between files nor between statements. Wrong
// statements are diagnosed and left out: the module is complete and passes ir::Verify only if no error was
// reported. Inlining is bounded by limits::ExpressionNodesPerQueryMax and limits::BranchesPerQueryMax per
// query and by limits::ExpressionNodesPerModuleMax in all; time is linear in the size of the result.
ir::Module Bind(const ast::Tree& tree, const std::vector<ast::File>& files, const schema::Catalog& catalog,
                source::Diagnostics& diagnostics);

}  // namespace bulkhead::sema
