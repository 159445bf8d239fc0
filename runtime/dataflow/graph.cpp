#include "runtime/dataflow/graph.h"

#include "runtime/base/id.h"
#include "runtime/dataflow/operator.h"

namespace bulkhead::dataflow {
namespace {

using OperatorPtr = std::unique_ptr<Operator>;

Result<OperatorPtr> MakeOperator(const plan::Node& node, std::span<const uint32_t> widths, Place place) {
  auto width = [&](size_t input) { return widths[node.inputs[input]]; };
  return std::visit(
      Match{
          [](const plan::Scan&) { return Result<OperatorPtr>(nullptr); },
          [&](const plan::Map& spec) { return MakeMap(spec, width(0), std::move(place)); },
          [&](const plan::Join& spec) { return MakeJoin(spec, width(0), width(1), std::move(place)); },
          [&](const plan::SemiJoin& spec) {
            return MakeSemiJoin(spec, width(0), width(1), std::move(place));
          },
          [&](const plan::Distinct&) { return Result<OperatorPtr>(MakeDistinct(std::move(place))); },
          [](const plan::Union&) { return Result<OperatorPtr>(MakeUnion()); },
          [&](const plan::Aggregate& spec) { return MakeAggregate(spec, width(0), std::move(place)); },
          [&](const plan::Top& spec) { return MakeTop(spec, width(0), std::move(place)); },
      },
      node.kind);
}

uint32_t CountArrangements(const plan::Node& node) {
  return std::visit(Match{
                        [](const plan::Join&) { return 2u; },
                        [](const plan::SemiJoin&) { return 2u; },
                        [](const plan::Distinct&) { return 1u; },
                        [](const plan::Aggregate&) { return 2u; },
                        [](const plan::Top&) { return 1u; },
                        [](const auto&) { return 0u; },
                    },
                    node.kind);
}

bool GivesRowsAtOnce(const plan::Node& node) {
  const auto* aggregate = std::get_if<plan::Aggregate>(&node.kind);
  return aggregate && aggregate->group.empty();
}

}  // namespace

Graph::Graph(Graph&&) noexcept = default;
Graph::~Graph() = default;

static_assert(Graph::FirstArrangement(1) == ArrangementsPerOperator);

Result<Graph> Graph::Make(const plan::Plan& plan, NodeProblem on_problem) {
  Graph graph;
  std::vector<uint32_t> widths;
  for (uint32_t i = 0; i < plan.nodes.size(); ++i) {
    const plan::Node& node = plan.nodes[i];
    Place place{FirstArrangement(i), [on_problem, i](std::string_view reason) {
                  if (on_problem) on_problem(i, reason);
                }};
    BULKHEAD_TRY(OperatorPtr op, MakeOperator(node, widths, std::move(place)));
    for (uint32_t input : node.inputs) graph.nodes_[input].last_reader = i;
    graph.nodes_.push_back(
        {std::move(op), node.inputs, i, false, GivesRowsAtOnce(node), CountArrangements(node)});
    widths.push_back(static_cast<uint32_t>(plan::WidthOf(node, widths)));
  }
  for (const plan::Table& table : plan.tables) {
    if (table.node) graph.nodes_[*table.node].derived = true;
  }
  return graph;
}

Status Graph::Begin(uint32_t node, Arrangements& state, Delta& delta) {
  return nodes_[node].op->Begin(state, delta);
}

Status Graph::Push(std::span<Delta> deltas, Arrangements& state) {
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    BULKHEAD_CHECK_OK(PushNode(i, deltas, state));
    deltas[i].Consolidate();
    BULKHEAD_CHECK_OK(deltas[i].CheckSize());
  }
  for (uint32_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].derived) deltas[i].Clear();
  }
  return Ok();
}

Status Graph::PushNode(uint32_t index, std::span<Delta> deltas, Arrangements& state) {
  const Node& node = nodes_[index];
  auto changes = [&](uint32_t input) { return !deltas[input].empty(); };
  if (!node.op || std::none_of(node.inputs.begin(), node.inputs.end(), changes)) return Ok();
  std::vector<Delta> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const uint32_t input = node.inputs[i];
    // Nobody else is going to read it.
    const bool last = nodes_[input].last_reader == index && !nodes_[input].derived &&
                      std::find(node.inputs.begin() + i + 1, node.inputs.end(), input) == node.inputs.end();
    inputs.push_back(last ? std::exchange(deltas[input], {}) : deltas[input]);
  }
  return node.op->Push(inputs, state, deltas[index]);
}

}  // namespace bulkhead::dataflow
