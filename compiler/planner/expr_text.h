// The plan's expressions as SQL a person can read; not parsed again.
#pragma once

#include <string>
#include <vector>

#include "runtime/vm/expr.h"

namespace bulkhead::planner {

// What to call the values that are not columns of the row at hand.
struct Names {
  std::string table;                    // what stands before columns; empty: nothing
  std::vector<std::string> fields;      // of a node: Column "i" is fields[i]
  std::vector<std::string> bindings;    // Binding(i): "members.workspace_id"
  std::vector<std::string> expansions;  // Expand(i, …): "labels"
};

std::string SqlText(const vm::Expr& expr, const Names& names);

}  // namespace bulkhead::planner
