// Plan <-> canonical JSON, and the checks that make an untrusted plan safe to run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace bulkhead::plan {

inline constexpr int FormatVersion = 1;  // the value of "bulkhead.plan"

// Canonical: sorted keys, no floats, no insignificant space but newlines between top-level items so that a plan
// can be diffed. Equal plans give equal bytes. Sets nothing.
std::string ToJson(const Plan& plan);

// Verifies, then sets `digest`. For the compiler: a plan it made that does not verify is a bug.
Status Finish(Plan& plan);

// Parses, checks the version and the stated digest, verifies. InvalidPlan with the place and the reason otherwise.
// Unknown fields are ignored (newer compilers add fields). Bounded by limits::PlanBytesMax and PlanItemsMax.
Result<Plan> Load(std::string_view json);

// Every index in range, every expression reads only what its place may read, arities of functions and operators,
// key sizes, unique stream and bucket names, limits. A plan that passes cannot make the runtime read out of bounds.
Status Verify(const Plan& plan);

// Names a lookup by what it holds, over plans: the same table, filter, inputs and outputs give the same id.
std::string LookupId(const Plan& plan, uint32_t lookup);
// The same for every node: its kind, and what it and its inputs, to their tables, say. Of a verified plan.
std::vector<std::string> NodeIds(const Plan& plan);

}  // namespace bulkhead::plan
