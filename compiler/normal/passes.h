// The order of the passes, and what each relies on. The order is proved at compile time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bulkhead::normal {

struct PassContext;
struct Draft;

// Facts about the drafts of one query.
enum Fact : uint32_t {
  Negated = 1 << 0,      // NOT stands only before EXISTS and what has no AND, OR or subquery inside.
  Conjunctive = 1 << 1,  // Conjuncts hold no subquery, and no OR whose arms read different sources; NOT EXISTS is `excluded`.
  Crossed = 1 << 2,      // `in_json` and `overlap` between two sources are joins with table functions.
  Classed = 1 << 3,      // Equalities are classes, all else is a residual; no conjuncts are left.
  Minimal = 1 << 4,      // No residual is constant, no class contradicts itself.
  Shared = 1 << 5,       // What is excluded is the same for all requests.
};

struct Pass {
  std::string_view name;     // kebab-case: --dump-after=NAME
  std::string_view summary;  // one line, printed by `bulkhead passes`
  uint32_t needs, gives;
  void (*run)(PassContext&, std::vector<Draft>&);
};

std::span<const Pass> Passes();

}  // namespace bulkhead::normal
