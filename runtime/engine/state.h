// What the engine's parts share. Private to the engine.
#pragma once

#include <vector>

#include "runtime/dataflow/row_evaluator.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/querier.h"
#include "runtime/engine/watch.h"

namespace bulkhead::engine {

struct EngineState {
  EngineState(plan::Plan p, store::Store& s, Options o)
      : plan(std::move(p)), store(s), options(std::move(o)), rows(plan) {}
  EngineState(const EngineState&) = delete;

  const plan::Plan plan;
  store::Store& store;
  const Options options;
  store::Head head;
  dataflow::RowEvaluator rows;

  std::vector<store::NameRef> table_refs;   // by Plan::tables: of the record table
  std::vector<store::NameRef> type_refs;    // by Plan::pipelines: of its output_table
  std::vector<store::NameRef> lookup_refs;  // by Plan::lookups

  std::vector<std::vector<CompiledQuerier>> queriers;  // by Plan::streams

  Watches watches;
  uint64_t next_session = 0;
  bool writing = false;  // a Batch or Load is alive

  bool served() const { return head.loaded && !head.loading; }

  // What the store said of a read or write, with its name.
  Error InStore(const Error& error) const {
    bool of_store = error.code == Code::StorageFailed || error.code == Code::StorageBusy;
    return {error.code, of_store ? "store `" + store.Describe() + "`: " + error.message : error.message};
  }
};

// Marks the engine as written to while alive.
class WritingScope {
 public:
  explicit WritingScope(EngineState& state) : state_(state) { state_.writing = true; }
  ~WritingScope() { state_.writing = false; }
  WritingScope(const WritingScope&) = delete;

 private:
  EngineState& state_;
};

}  // namespace bulkhead::engine
