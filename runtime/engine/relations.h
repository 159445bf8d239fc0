// Relations over several tables in the engine: what a transaction changes in them. Private to the engine.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/dataflow/delta.h"
#include "runtime/engine/record.h"
#include "runtime/engine/state.h"

namespace bulkhead::engine {

// Makes the graph, and interns the names of what it remembers.
Status OpenRelations(EngineState& state, store::Writer& writer);

// Where people find what went wrong: "tasks in bucket b1", "lookup of members".
std::string PlaceOf(const plan::Plan& plan, const dataflow::Problem& problem);
// The table; for a derived one, those of the source that it is made of.
std::string TableText(const plan::Plan& plan, uint32_t table);

// The deltas of one transaction.
class RelationChanges {
 public:
  explicit RelationChanges(EngineState& state) : state_(state), deltas_(state.plan.nodes.size()) {}

  // What a source row gives more or less often to a scan. StorageFailed for a node that the plan does not
  // have.
  Status Add(const StoredScan& scan, int64_t sign);
  // Both sorted by Identity.
  Status AddDifference(const std::vector<StoredScan>& before, const std::vector<StoredScan>& after);

  // Works out the derived tables' changes and calls `apply` for each key that they have rows of, or had: with
  // the row there is now, the least by bytes if several; without one, there is none. Then there are no deltas
  // any more.
  using ApplyRow = std::function<Status(const Relations::Derived& table, std::string_view key,
                                        std::optional<std::string_view> row)>;
  Status Push(store::Writer& writer, const ApplyRow& apply);
  void Clear();

 private:
  Status Begin(store::Writer& writer, dataflow::Arrangements& arrangements);
  Status PushTable(store::Writer& writer, const Relations::Derived& table, const ApplyRow& apply);

  EngineState& state_;
  std::vector<dataflow::Delta> deltas_;  // by Plan::nodes
  std::vector<value::Value> values_;
};

}  // namespace bulkhead::engine
