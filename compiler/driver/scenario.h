// Scenarios: rules, a schema and a history in one JSON document, as `bulkhead replay` takes them.
#pragma once

#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "compiler/driver/host.h"
#include "compiler/driver/pipeline.h"

namespace bulkhead::driver {

struct TransactionStep {
  std::vector<RowChange> changes;
};
struct ConnectStep {
  std::string client;
  engine::Request request;
};
struct SyncStep {
  std::string client;
};
struct DisconnectStep {
  std::string client;
};
struct RestartStep {};
using ScenarioStep = std::variant<TransactionStep, ConnectStep, SyncStep, DisconnectStep, RestartStep>;

struct Scenario {
  std::string rules;
  Language language = Language::Native;
  std::string schema;  // DDL; may be empty
  std::vector<ScenarioStep> steps;
};

// Untrusted text. InvalidData names the step and what is wrong; Unsupported for what this version cannot
// replay.
Result<Scenario> ParseScenario(std::string_view json);

// Compiles the scenario's rules: its diagnostics are in `compilation`.
void CompileScenario(const Scenario& scenario, Compilation& compilation);

// One line of JSON: {"client": …, "tables": {…}, "buckets": n, "operations": n, "checkpoint": "…"}.
std::string SyncedJson(const std::string& client, const Synced& synced);

}  // namespace bulkhead::driver
