// Nodes of a plan as a person reads them.
#pragma once

#include <string>
#include <vector>

#include "runtime/plan/plan.h"

namespace bulkhead::planner {

// What the node's fields are: "tasks.id", "count(*)".
std::vector<std::string> FieldNames(const plan::Plan& plan, uint32_t node);

// The node alone, without its inputs: "join on comments.task_id = tasks.id".
std::string NodeText(const plan::Plan& plan, uint32_t node);

// The node and, indented below it, its inputs; one line each.
std::vector<std::string> NodeTree(const plan::Plan& plan, uint32_t node);

}  // namespace bulkhead::planner
