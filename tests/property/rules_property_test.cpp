// Goal: after every transaction each client holds exactly what SQLite answers to the rules' queries, whatever the rules,
// the rows, the requests; by increments as by recomputation, over restarts and reconnections.
// Method: random cases whose first query has a given pair of features; on failure the case is shrunk and written to
// tests/scenario/found/ as a scenario that `bulkhead replay` and tests/scenario run.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/property/rules_generator.h"
#include "tests/property/rules_run.h"

using namespace bulkhead;
using namespace bulkhead::testing;

namespace {

// Runs with fewer cases say nothing about coverage.
constexpr uint64_t CasesForCoverage = 250;
constexpr double RefusedShareMax = 0.3;
// What is excluded makes a relation, which is refused where `*` stands for a table without a schema.
constexpr double RefusedExclusionsMax = 0.7;

double RefusedMaxOf(Feature feature) {
  const bool exclusion =
      feature == Feature::Excluded || feature == Feature::ExcludedNested || feature == Feature::ExcludedJoin;
  return exclusion ? RefusedExclusionsMax : RefusedShareMax;
}

std::vector<std::pair<Feature, Feature>> MainPairs() {
  std::vector<std::pair<Feature, Feature>> pairs;
  for (size_t i = 0; i < FeatureMainCount; ++i)
    for (size_t j = 0; j < i; ++j) pairs.emplace_back(static_cast<Feature>(j), static_cast<Feature>(i));
  return pairs;
}

GeneratedCase MakeCase(uint64_t seed) {
  static const std::vector<std::pair<Feature, Feature>> Pairs = MainPairs();
  return Generate(seed, Pairs[seed % Pairs.size()]);
}

// What is left when queries that are not supported yet are taken out; each query is counted.
void RemoveRefused(GeneratedCase& made, Coverage& coverage, const RunOptions& options = {}) {
  bool all_fine = !TryCompile(made.c, options);
  Case kept = made.c;
  kept.streams.clear();
  std::vector<std::vector<Features>> features;
  for (size_t s = 0; s < made.c.streams.size(); ++s) {
    CaseStream stream = made.c.streams[s];
    stream.queries.clear();
    std::vector<Features> of_stream;
    for (size_t q = 0; q < made.c.streams[s].queries.size(); ++q) {
      Case alone = made.c;
      alone.streams = {made.c.streams[s]};
      alone.streams[0].queries = {made.c.streams[s].queries[q]};
      auto failure = all_fine ? std::nullopt : TryCompile(alone, options);
      bool refused = failure && failure->kind == "refused";
      coverage.Count(made.features[s][q], refused);
      if (refused) continue;
      stream.queries.push_back(made.c.streams[s].queries[q]);
      of_stream.push_back(made.features[s][q]);
    }
    if (stream.queries.empty()) continue;
    kept.streams.push_back(std::move(stream));
    features.push_back(std::move(of_stream));
  }
  // Subscriptions to streams that are gone would only add an error each.
  for (engine::Request& request : kept.requests)
    std::erase_if(request.subscriptions, [&](const engine::Subscription& each) {
      for (const CaseStream& stream : kept.streams)
        if (stream.name == each.stream) return false;
      return true;
    });
  made = {std::move(kept), std::move(features)};
}

void Report(const Case& failing, const Failure& failure, uint64_t seed, const RunOptions& options = {}) {
  Case small = Shrink(failing, failure.kind, options);
  auto again = Run(small, options);
  if (options.yaml)
    FAIL("BULKHEAD_SEED=" << seed << " " << failure.kind << ": " << (again ? again->text : failure.text) << "\n"
                          << PrintYaml(small));
  std::string name = fmt::format("seed-{}", seed);
  std::filesystem::path folder = std::filesystem::path(BULKHEAD_ROOT) / "tests/scenario/found";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / (name + ".json")) << PrintScenario(small, name, again ? again->expect : "");
  FAIL("BULKHEAD_SEED=" << seed << " " << failure.kind << ": " << (again ? again->text : failure.text) << "\nshrunk rules:\n"
                        << PrintRules(small) << "\nscenario: tests/scenario/found/" << name << ".json");
}

void CheckCoverage(const Coverage& coverage) {
  for (size_t i = 0; i < FeatureCount; ++i) {
    auto feature = static_cast<Feature>(i);
    INFO("feature " << Name(feature));
    double planned = static_cast<double>(coverage.planned(feature)), refused = static_cast<double>(coverage.refused(feature));
    CHECK(planned > 0);
    CHECK(refused <= RefusedMaxOf(feature) * (planned + refused));
  }
  for (auto [a, b] : MainPairs()) {
    INFO("pair " << Name(a) << " and " << Name(b));
    CHECK(coverage.pair(a, b) > 0);
  }
}

}  // namespace

TEST_CASE("rules: clients hold what SQLite answers", "[property]") {
  bool fixed = std::getenv("BULKHEAD_SEED");
  uint64_t first = SeedOr(1), cases = fixed ? CasesOr(1) : CasesOr(std::getenv("BULKHEAD_LONG") ? 2000 : 300);
  Coverage coverage;
  size_t rows = 0, comparisons = 0;
  for (uint64_t seed = first; seed < first + cases; ++seed) {
    GeneratedCase made = MakeCase(seed);
    INFO("BULKHEAD_SEED=" << seed);
    RemoveRefused(made, coverage);
    if (made.c.streams.empty()) continue;
    RunCounts counts;
    if (auto failure = Run(made.c, {}, &counts)) Report(made.c, *failure, seed);
    rows += counts.rows;
    comparisons += counts.comparisons;
  }
  std::cout << fmt::format("{} cases from seed {}: {} comparisons, {} rows held\n", cases, first, comparisons, rows);
  if (!fixed) coverage.Print(std::cout);
  if (cases < CasesForCoverage) return;
  CheckCoverage(coverage);
  CHECK(rows > comparisons);
}

// Without what YAML cannot say, and what is not supported yet.
bool PrepareForYaml(Case& c, const RunOptions& options) {
  c = ForYaml(std::move(c));
  GeneratedCase made{std::move(c), {}};
  for (const CaseStream& stream : made.c.streams) made.features.emplace_back(stream.queries.size());
  Coverage unused;
  RemoveRefused(made, unused, options);
  c = std::move(made.c);
  return !c.streams.empty();
}

TEST_CASE("rules: the same as PowerSync's YAML", "[property]") {
  bool fixed = std::getenv("BULKHEAD_SEED");
  uint64_t first = SeedOr(1), cases = fixed ? CasesOr(1) : CasesOr(std::getenv("BULKHEAD_LONG") ? 1500 : 60);
  RunOptions options;
  options.yaml = true;
  size_t run = 0, rows = 0, comparisons = 0;
  for (uint64_t seed = first; seed < first + cases; ++seed) {
    Case c = MakeCase(seed).c;
    INFO("BULKHEAD_SEED=" << seed);
    if (!PrepareForYaml(c, options)) continue;
    RunCounts counts;
    if (auto failure = Run(c, options, &counts)) Report(c, *failure, seed, options);
    rows += counts.rows;
    comparisons += counts.comparisons;
    ++run;
  }
  std::cout << fmt::format("{} of {} cases as YAML: {} comparisons, {} rows held\n", run, cases, comparisons, rows);
  if (fixed) return;
  CHECK(run * 10 >= cases * 8);
  CHECK(rows > comparisons);
}

// The same case once for each place in the order of cuts.
TEST_CASE("rules: every legal cut gives the same clients", "[property]") {
  bool fixed = std::getenv("BULKHEAD_SEED");
  uint64_t first = SeedOr(1), cases = fixed ? CasesOr(1) : CasesOr(std::getenv("BULKHEAD_LONG") ? 1000 : 60);
  constexpr uint32_t CutsMax = 8;
  size_t runs = 0, rows = 0;
  for (uint64_t seed = first; seed < first + cases; ++seed) {
    GeneratedCase made = MakeCase(seed);
    Coverage unused;
    RemoveRefused(made, unused);
    if (made.c.streams.empty()) continue;
    RunCounts counts;
    counts.cuts = 2;
    for (RunOptions options{.cut = 1}; options.cut < std::min<size_t>(counts.cuts, CutsMax); ++options.cut) {
      INFO("BULKHEAD_SEED=" << seed << ", cut " << options.cut);
      if (auto failure = Run(made.c, options, &counts)) Report(made.c, *failure, seed, options);
      rows += counts.rows;
      ++runs;
    }
  }
  std::cout << fmt::format("{} runs of other cuts over {} cases: {} rows held\n", runs, cases, rows);
  if (!fixed) CHECK(runs > cases);
}

// The comparison sees something: with a filter taken out of the plan, clients hold too much, and that is noticed.
TEST_CASE("rules: a wrong plan is noticed", "[property]") {
  size_t sabotaged = 0, noticed = 0;
  RunOptions options;
  options.sabotage = [&](plan::Plan& plan) {
    for (plan::Pipeline& pipeline : plan.pipelines) {
      if (!pipeline.filter) continue;
      pipeline.filter.reset();
      ++sabotaged;
      return;
    }
    for (plan::Lookup& lookup : plan.lookups) {
      if (!lookup.filter) continue;
      lookup.filter.reset();
      ++sabotaged;
      return;
    }
  };
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    GeneratedCase made = MakeCase(seed);
    Coverage unused;
    RemoveRefused(made, unused);
    if (made.c.streams.empty()) continue;
    auto failure = Run(made.c, options);
    if (failure && failure->kind == "rows") ++noticed;
  }
  CHECK(sabotaged >= 20);
  CHECK(noticed * 8 >= sabotaged);  // most filters make no difference to so few rows
}
