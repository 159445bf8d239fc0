// All nodes of a plan at work: what source rows give to scans goes in, what becomes of it at every node comes
// out.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/dataflow/arrangement.h"
#include "runtime/dataflow/delta.h"
#include "runtime/plan/plan.h"

namespace bulkhead::dataflow {

class Operator;

// What operators do with a row they cannot evaluate; the row is left out.
using NodeProblem = std::function<void(uint32_t node, std::string_view reason)>;

// One thread at a time. All state is in the arrangements, of which node i has the numbers from
// FirstArrangement(i) on.
class Graph {
 public:
  // Of a verified plan, which need not live on.
  static Result<Graph> Make(const plan::Plan& plan, NodeProblem on_problem);
  Graph(Graph&&) noexcept;
  ~Graph();

  size_t size() const { return nodes_.size(); }
  static constexpr uint32_t FirstArrangement(uint32_t node) { return node * 2; }
  // How many arrangements the node has.
  uint32_t ArrangementsOf(uint32_t node) const { return nodes_[node].arrangements; }
  // Whether the node gives rows before it is given any.
  bool NeedsBegin(uint32_t node) const { return nodes_[node].needs_begin; }
  // Adds those rows to the node's delta; once, when its arrangements are new.
  Status Begin(uint32_t node, Arrangements& state, Delta& delta);

  // One delta for each node, of one transaction: given those of scans and of Begin. Afterwards those of the
  // nodes that derived tables read are consolidated, and the others are empty. After a failure, LimitExceeded
  // among them, the transaction must be given up.
  Status Push(std::span<Delta> deltas, Arrangements& state);

 private:
  struct Node {
    std::unique_ptr<Operator> op;  // null for a scan
    std::vector<uint32_t> inputs;
    uint32_t last_reader = 0;  // the last node that reads this one
    bool derived = false;      // a derived table reads it
    bool needs_begin = false;
    uint32_t arrangements = 0;
  };
  Graph() = default;
  Status PushNode(uint32_t index, std::span<Delta> deltas, Arrangements& state);

  std::vector<Node> nodes_;
};

}  // namespace bulkhead::dataflow
