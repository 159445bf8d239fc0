// Branches -> plan. Today every branch is cut with the synced table alone on the row side (planner.md §2, R =
// {root}); ChooseCut in cut.h is the one place that decides, so that enumeration and costs replace it there.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "compiler/source/diagnostic.h"
#include "runtime/plan/plan.h"

namespace bulkhead::planner {

struct Input {
  const ir::Module& module;
  const schema::Catalog& catalog;
  const source::Sources& sources;
  const std::vector<normal::Stream>& streams;
};

// The plan of all streams, verified and with its digest. What cannot be planned is diagnosed with its place
// and left out, so the plan is only to be used when there are no errors. The same input always gives the same
// bytes.
plan::Plan MakePlan(const Input& input, source::Diagnostics& diagnostics);

}  // namespace bulkhead::planner
