#include "compiler/normal/passes.h"

#include <array>
#include <vector>

#include "compiler/normal/draft.h"

namespace bulkhead::normal {
namespace {

constexpr std::array Table = {
    Pass{"push-not", "push NOT inward under three-valued logic", 0, Negated, PushNot},
    Pass{"distribute", "unnest IN and EXISTS, distribute OR over AND where the arms bind differently",
         Negated, Conjunctive, Distribute},
    Pass{"expand-json", "turn membership in another source's JSON array into a join", Conjunctive, Crossed,
         ExpandJson},
    Pass{"excluded", "refuse exclusions that depend on the request", Conjunctive, Shared, CheckExcluded},
    Pass{"equalities", "merge equalities into classes, file the rest by what it reads", Conjunctive | Crossed,
         Classed, MergeEqualities},
    Pass{"simplify", "drop what is always true, and branches that never are", Classed, Minimal, Simplify},
    Pass{"deduplicate", "drop branches equal to an earlier one", Classed, 0, Deduplicate},
};

consteval bool WellOrdered() {
  uint32_t facts = 0;
  for (const Pass& pass : Table) {
    if ((facts & pass.needs) != pass.needs) return false;
    facts |= pass.gives;
  }
  return true;
}
static_assert(WellOrdered(), "a pass runs before what it needs");

}  // namespace

std::span<const Pass> Passes() {
  return Table;
}

}  // namespace bulkhead::normal
