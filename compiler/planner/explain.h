// The plan as a person reads it.
#pragma once

#include <string>
#include <string_view>

#include "runtime/plan/plan.h"

namespace bulkhead::planner {

// An indented tree per stream: buckets, the rows in them, and how a session finds its keys. `stream` empty:
// all. Stable: part of golden tests.
std::string ExplainText(const plan::Plan& plan, std::string_view stream = {});

// The same facts for programs: {"streams": [{"name", "priority", "buckets": [{"bucket", "rows",
// "session"}]}]}.
std::string ExplainJson(const plan::Plan& plan, std::string_view stream = {});

}  // namespace bulkhead::planner
