// Branches -> plan: for each branch all legal cuts (cut.h) are weighed, and the cheapest becomes buckets,
// lookups and, where several tables are on the row side, nodes (relation.h).
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "compiler/planner/statistics.h"
#include "compiler/source/diagnostic.h"
#include "runtime/plan/plan.h"

namespace bulkhead::planner {

// What a cut is expected to cost (planner.md §3).
struct Cost {
  double buckets = 0;  // of a connection
  double amplify = 0;  // bucket operations written per second, over all source changes
  double copies = 0;   // rows of the root kept in more than one bucket, for each bucket more
  double churn = 0;    // buckets that come or go per membership change
  double state = 0;    // bytes kept for the row side
  double total = 0;    // expected operations per second, with state as its share of one
};

// One way to divide a branch, as EXPLAIN shows it.
struct CutReport {
  std::vector<std::string> row_side, session_side;  // tables, as the query names them
  Cost cost;
};
struct BranchReport {
  std::string stream;
  source::Span span;
  std::string bucket;           // id of the bucket that it became part of
  std::vector<CutReport> cuts;  // all legal ones, cheapest first
  uint32_t chosen = 0;
};

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
// bytes. `reports`, when given, gets one entry for each branch.
plan::Plan MakePlan(const Input& input, source::Diagnostics& diagnostics,
                    std::vector<BranchReport>* reports = nullptr);

}  // namespace bulkhead::planner
