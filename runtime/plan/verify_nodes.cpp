#include "runtime/base/id.h"
#include "runtime/base/limits.h"
#include "runtime/plan/checks.h"

namespace bulkhead::plan {
namespace {

Status CheckFields(const std::vector<uint32_t>& fields, uint32_t width, const std::string& place) {
  for (size_t i = 0; i < fields.size(); ++i)
    BULKHEAD_CHECK_OK(CheckIndex(fields[i], width, fmt::format("{}[{}]", place, i)));
  return Ok();
}

// One node after another; each knows the widths of those before it.
class NodeChecker {
 public:
  explicit NodeChecker(const Plan& plan) : plan_(plan) {}

  Result<std::vector<uint32_t>> Run() {
    for (size_t i = 0; i < plan_.nodes.size(); ++i) {
      const Node& node = plan_.nodes[i];
      place_ = fmt::format("nodes[{}]", i);
      BULKHEAD_CHECK_OK(CheckInputs(node));
      const size_t width = WidthOf(node, widths_);
      if (width > limits::FieldsPerNodeMax) return InvalidAt(place_, "the node's rows have too many fields");
      inputs_ = node.inputs;
      BULKHEAD_CHECK_OK(std::visit([&](const auto& spec) { return Check(spec); }, node.kind));
      widths_.push_back(static_cast<uint32_t>(width));
    }
    return std::move(widths_);
  }

 private:
  Status CheckInputs(const Node& node) {
    const NodeKind& kind = KindOf(node);
    if (node.inputs.size() < kind.inputs_min || node.inputs.size() > kind.inputs_max)
      return InvalidAt(place_ + ".inputs",
                       fmt::format("a {} does not have {} inputs", kind.name, node.inputs.size()));
    for (uint32_t input : node.inputs) {
      if (input >= widths_.size()) return InvalidAt(place_ + ".inputs", "an input is no earlier node");
    }
    return Ok();
  }
  uint32_t width(size_t input) const { return widths_[inputs_[input]]; }

  Status Check(const Scan& scan) {
    BULKHEAD_CHECK_OK(CheckIndex(scan.table, plan_.tables.size(), place_ + ".table"));
    Scope scope{.table = &plan_.tables[scan.table]};
    if (scope.table->node) return InvalidAt(place_ + ".table", "a derived table is not scanned");
    BULKHEAD_CHECK_OK(CheckExpansions(scan.expansions, scope, place_));
    BULKHEAD_CHECK_OK(CheckExpr(scan.filter, scope, place_ + ".filter"));
    return CheckExprs(scan.outputs, scope, place_ + ".outputs");
  }
  Status Check(const Map& map) {
    Scope scope{.fields = width(0)};
    BULKHEAD_CHECK_OK(CheckExpr(map.filter, scope, place_ + ".filter"));
    return CheckExprs(map.outputs, scope, place_ + ".outputs");
  }
  Status Check(const Join& join) {
    if (join.left_key.size() != join.right_key.size())
      return InvalidAt(place_, "the keys of a join differ in size");
    BULKHEAD_CHECK_OK(CheckFields(join.left_key, width(0), place_ + ".left_key"));
    BULKHEAD_CHECK_OK(CheckFields(join.right_key, width(1), place_ + ".right_key"));
    return CheckExpr(join.filter, {.fields = width(0) + width(1)}, place_ + ".filter");
  }
  Status Check(const SemiJoin& semi) { return Check(semi.join); }
  Status Check(const Distinct&) { return Ok(); }
  Status Check(const Union&) {
    for (size_t i = 1; i < inputs_.size(); ++i) {
      if (width(i) != width(0)) return InvalidAt(place_ + ".inputs", "the rows of a union differ in size");
    }
    return Ok();
  }
  Status Check(const Aggregate& aggregate) {
    BULKHEAD_CHECK_OK(CheckFields(aggregate.group, width(0), place_ + ".group"));
    for (const AggregateCall& call : aggregate.calls) {
      if (call.function == AggregateFunction::CountRows) continue;
      BULKHEAD_CHECK_OK(CheckIndex(call.field, width(0), place_ + ".calls"));
    }
    return Ok();
  }
  Status Check(const Top& top) {
    BULKHEAD_CHECK_OK(CheckFields(top.partition, width(0), place_ + ".partition"));
    for (const OrderTerm& term : top.order)
      BULKHEAD_CHECK_OK(CheckIndex(term.field, width(0), place_ + ".order"));
    return Ok();
  }

  const Plan& plan_;
  std::vector<uint32_t> widths_;
  std::span<const uint32_t> inputs_;
  std::string place_;
};

}  // namespace

size_t WidthOf(const Node& node, std::span<const uint32_t> widths) {
  auto input = [&](size_t i) -> size_t { return widths[node.inputs[i]]; };
  return std::visit(
      Match{
          [](const Scan& scan) { return scan.outputs.size(); },
          [](const Map& map) { return map.outputs.size(); },
          [&](const Join&) { return input(0) + input(1); },
          [](const Aggregate& aggregate) { return aggregate.group.size() + aggregate.calls.size(); },
          [&](const auto&) { return input(0); },
      },
      node.kind);
}

Result<std::vector<uint32_t>> CheckNodes(const Plan& plan) {
  return NodeChecker(plan).Run();
}

}  // namespace bulkhead::plan
