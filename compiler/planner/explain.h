// The plan as a person reads it, and why it is this one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/planner/planner.h"
#include "runtime/plan/plan.h"

namespace bulkhead::planner {

struct Explained {
  const plan::Plan& plan;
  // With them, each bucket is followed by the cuts that were weighed; empty: without.
  const std::vector<BranchReport>& reports;
  std::string_view stream = {};  // only this one; empty: all
};

// An indented tree per stream: buckets, the rows in them, and how a session finds its keys. Stable: part of
// golden tests.
std::string ExplainText(const Explained& what);

// The same facts for programs: {"streams": [{"name", "priority", "buckets": [{"bucket", "rows",
// "session", "cuts"}]}]}.
std::string ExplainJson(const Explained& what);

// Streams, buckets, lookups and tables as a graph for Graphviz.
std::string ExplainDot(const Explained& what);

// One HTML page that needs nothing else: the text's facts, and the cuts as tables.
std::string ExplainHtml(const Explained& what);

}  // namespace bulkhead::planner
