// One case through the whole product, compared with the oracle after every step.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runtime/plan/plan.h"
#include "tests/property/rules_case.h"

namespace bulkhead::testing {

struct Failure {
  // Shrinking keeps this: "refused" (as not supported yet), "BH2070", "rows", "recomputed rows", "operations", "plan", …
  std::string kind;
  std::string text;
  std::string expect;  // JSON, as in scenario files; empty when it is not about rows
};
struct RunOptions {
  // Changes the plan before it runs: for testing that the comparison notices.
  std::function<void(plan::Plan&)> sabotage = {};
  // As PowerSync's YAML, which it must be possible to print; and what `import` makes of it must be the same plan.
  bool yaml = false;
  // Of the legal cuts of each branch, cheapest first, the one in this place or the last.
  uint32_t cut = 0;
};
struct RunCounts {
  size_t comparisons = 0;
  size_t rows = 0;  // that clients held, over all comparisons
  size_t cuts = 0;  // the most legal ones that a branch has
};
std::optional<Failure> Run(const Case& c, const RunOptions& options = {}, RunCounts* counts = nullptr);

// The diagnostics' codes that make a compilation fail, or "" when it compiles: "refused" when all say that something is
// not supported yet.
std::optional<Failure> TryCompile(const Case& c, const RunOptions& options = {});

// A smaller case that fails in the same way.
Case Shrink(Case c, const std::string& kind, const RunOptions& options = {});

}  // namespace bulkhead::testing
