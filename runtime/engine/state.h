// What the engine's parts share. Private to the engine.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/dataflow/graph.h"
#include "runtime/dataflow/row_evaluator.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/querier.h"
#include "runtime/engine/watch.h"

namespace bulkhead::engine {

// Of relations over several tables: how the store calls what they remember.
struct Relations {
  struct Node {
    store::NameRef name = 0;             // of a scan's rows in records
    store::NameRef begun = 0;            // has a row once the node has begun, if it needs to
    store::NameRef arrangements[2] = {};
  };
  struct Derived {
    uint32_t table = 0;       // in Plan::tables
    uint32_t node = 0;        // in Plan::nodes
    std::vector<uint32_t> key;  // fields of the node's rows
    store::NameRef rows = 0;  // an arrangement: the table's rows by key
    std::shared_ptr<const value::RowShape> shape;
  };
  std::optional<dataflow::Graph> graph;  // none without nodes
  std::vector<Node> nodes;               // by Plan::nodes
  std::unordered_map<store::NameRef, uint32_t> scans;  // Plan::nodes by name
  std::vector<Derived> derived;
  bool begun = false;  // all that need to, as of the last commit that found so
};

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
  Relations relations;

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
