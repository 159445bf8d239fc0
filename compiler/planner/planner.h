// Branches -> plan: for each branch all legal cuts (cut.h) are weighed, and the cheapest becomes buckets, lookups and,
// where several tables are on the row side, nodes (relation.h).
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "compiler/planner/statistics.h"
#include "compiler/source/diagnostic.h"
#include "runtime/plan/plan.h"

namespace bulkhead::planner {

struct Input {
  const ir::Module& module;
  const schema::Catalog& catalog;
  const source::Sources& sources;
  const std::vector<normal::Stream>& streams;
  Statistics statistics = {};
  // For tests: of the legal cuts of each branch, cheapest first, the one in this place, or the last.
  uint32_t cut = 0;
};

// The plan of all streams, verified and with its digest. What cannot be planned is diagnosed with its place
// and left out, so the plan is only to be used when there are no errors. The same input always gives the same
// bytes.
plan::Plan MakePlan(const Input& input, source::Diagnostics& diagnostics);

}  // namespace bulkhead::planner
