// CREATE TEST statements through the real runtime.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/pipeline.h"

namespace bulkhead::driver {

struct RuleTestFailure {
  source::Span span;                       // the EXPECT (or the step that could not run)
  std::string message;                     // "`tasks` holds other rows than expected"
  std::vector<std::string> expected, got;  // rows as text; both empty when `message` says all
};
struct RuleTestResult {
  std::string name;
  source::Span span;
  std::vector<RuleTestFailure> failures;  // at most one: a test stops at its first
};

// Runs every test of the compilation's files, in order. The compilation has a plan.
// A test's tables are real SQLite tables without column types: its INSERT, UPDATE and DELETE are SQLite's,
// and what they changed is one source transaction each.
std::vector<RuleTestResult> RunRuleTests(const Compilation& compilation);

}  // namespace bulkhead::driver
