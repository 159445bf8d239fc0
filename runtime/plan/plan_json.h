// The plan as a JSON document: private to runtime/plan.
//
// Keys that say nothing are left out: no `filter` when there is none, no `columns` when empty, and so on; names of
// keys are those of the members of plan.h.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/plan/plan.h"

namespace bulkhead::plan {

// Without `digest`.
nlohmann::json ToDocument(const Plan& plan);
nlohmann::json ToDocument(const Lookup& lookup);

// Of everything but `digest`, `files` and each `span`, known to this version or not: a plan of a newer compiler
// keeps its digest in an older runtime.
Digest DigestOf(const nlohmann::json& document);

}  // namespace bulkhead::plan
