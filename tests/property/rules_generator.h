// Random cases: schemas, rules of every form that can be planned, requests and histories. The same seed gives the same
// case on every machine.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "tests/property/features.h"
#include "tests/property/rules_case.h"
#include "tests/property/vm_random.h"

namespace bulkhead::testing {

struct GeneratedCase {
  Case c;
  std::vector<std::vector<Features>> features;  // by stream, by query
};
// `forced`: two features that the first query has.
GeneratedCase Generate(uint64_t seed, std::optional<std::pair<Feature, Feature>> forced);

// The parts, in the order in which Generate makes them.
std::vector<CaseTable> MakeTables(Random& random, const Case& c);
// How rows of a table reach the client: one projection per client table, so that ids stay unique.
struct Projection {
  std::string items;  // with {a} for the root's alias
  std::string into;   // empty: the table's own name
  Features features;
};
std::vector<std::vector<Projection>> MakeProjections(Random& random, const Case& c);
std::vector<engine::Request> MakeRequests(Random& random, const Case& c);
std::vector<CaseStep> MakeSteps(Random& random, const Case& c);

}  // namespace bulkhead::testing
