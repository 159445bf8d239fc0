// The bytecode of a plan's expressions, for `dump --stage=vm`.
#pragma once

#include <string>

#include "runtime/plan/plan.h"

namespace bulkhead::plan {

// Every expression that is more than a column or a constant, with its place and its instructions. The plan has been
// verified. Slots are numbered as if a row had just the columns its pipeline or lookup reads.
std::string PrintPrograms(const Plan& plan);

}  // namespace bulkhead::plan
