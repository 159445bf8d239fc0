// Walks over expressions. Iterative: no nesting of the input can exhaust the stack.
#pragma once

#include <functional>
#include <vector>

#include "compiler/ir/ir.h"

namespace bulkhead::ir {

// Whether a walk enters the selects of EXISTS and IN (SELECT).
enum class Subqueries : uint8_t { Skip, Enter };

// Calls `visit` for `root` and everything below it, parents before children. A shared subexpression is
// visited each time it is reached. `visit` may add to the module.
void Visit(const Module& module, ExprId root, Subqueries subqueries,
           const std::function<void(ExprId, const Expr&)>& visit);

// What an expression reads, subqueries included.
struct ReadSet {
  std::vector<OccurrenceId>
      occurrences;  // each once, ascending; of enclosing FROMs and of its own subqueries
  bool request = false;
  bool subquery = false;
};
ReadSet ReadsOf(const Module& module, ExprId root);

// The conjuncts of a condition: the arguments of a top-level `and`, else itself; none for None.
std::vector<ExprId> Conjuncts(const Module& module, ExprId condition);

}  // namespace bulkhead::ir
