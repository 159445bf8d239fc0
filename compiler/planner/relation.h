// The row side of a cut over several tables, as nodes of the plan (planner.md §6).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/planner/branch_plan.h"

namespace bulkhead::planner {

// Nodes for one branch: its tables in `rows` (indices into Branch::occurrences) joined as the branch says,
// with what is left-joined and excluded, and everything that reads nothing else already true.
class RelationPlanner {
 public:
  RelationPlanner(const Input& input, const normal::Query& query, PlanBuilder& builder)
      : input_(input), query_(query), builder_(builder) {}

  // A derived table whose rows are the combinations that the `needed` expressions can tell apart.
  RowRelation Plan(const normal::Branch& branch, const std::set<uint32_t>& rows,
                   const std::vector<ir::ExprId>& needed);

  // The node of an occurrence that is a query; its fields are the columns "0", "1", ….
  uint32_t NodeOfQuery(ir::OccurrenceId occurrence);

 private:
  uint32_t NodeOfArm(const std::vector<const normal::Branch*>& branches);
  std::vector<ColumnKey> IdentityOf(ir::OccurrenceId id);
  uint32_t NodeOfGrouping(const ir::Grouping& grouping, uint32_t input);
  uint32_t NodeOfTop(const ir::Top& top, uint32_t input);

  const Input& input_;
  const normal::Query& query_;
  PlanBuilder& builder_;
  std::map<uint32_t, uint32_t> nodes_;  // by occurrence
};

// The branch as the session sees it when the tables in `rows` are one relation: of each equality one member
// of theirs stays, and what is decided among them is gone.
normal::Branch SessionSideOf(const ir::Module& module, const normal::Branch& branch,
                             const std::set<uint32_t>& rows);

}  // namespace bulkhead::planner
