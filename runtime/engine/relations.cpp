#include "runtime/engine/relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/plan/load.h"
#include "runtime/value/key.h"

namespace bulkhead::engine {
namespace {

// The graph's arrangements in the store.
class StoredArrangements final : public dataflow::Arrangements {
 public:
  StoredArrangements(const Relations& relations, store::Writer& writer)
      : relations_(relations), writer_(writer) {}
  Result<int64_t> Adjust(uint32_t arrangement, std::string_view key, std::string_view row,
                         int64_t by) override {
    return writer_.AdjustRow(NameOf(arrangement), key, row, by);
  }
  Status Read(uint32_t arrangement, std::string_view key, const Visit& visit) override {
    return writer_.ReadRows(NameOf(arrangement), key, visit);
  }

 private:
  store::NameRef NameOf(uint32_t arrangement) const {
    constexpr uint32_t Each = dataflow::Graph::FirstArrangement(1);
    return relations_.nodes[arrangement / Each].arrangements[arrangement % Each];
  }
  const Relations& relations_;
  store::Writer& writer_;
};

// What several nodes of the same content are called: they are different nodes, and remember each for itself.
std::vector<std::string> NodeNames(const plan::Plan& plan) {
  std::vector<std::string> names = plan::NodeIds(plan);
  std::unordered_map<std::string, uint32_t> times;
  for (std::string& name : names) {
    if (const uint32_t before = times[name]++; before > 0) name += fmt::format("#{}", before);
  }
  return names;
}

Status OpenNode(Relations& relations, uint32_t index, const std::string& name, bool scan,
                store::Writer& writer) {
  Relations::Node& node = relations.nodes.emplace_back();
  if (scan) {
    BULKHEAD_TRY(node.name, writer.Intern(name));
    relations.scans.emplace(node.name, index);
  }
  if (relations.graph->NeedsBegin(index)) {
    BULKHEAD_TRY(node.begun, writer.Intern(name + ":begun"));
  }
  for (uint32_t i = 0; i < relations.graph->ArrangementsOf(index); ++i) {
    BULKHEAD_TRY(node.arrangements[i], writer.Intern(fmt::format("{}:{}", name, i)));
  }
  return Ok();
}

Status OpenDerived(Relations& relations, const plan::Plan& plan, uint32_t index, store::Writer& writer) {
  const plan::Table& table = plan.tables[index];
  if (!table.node) return Ok();
  Relations::Derived& derived = relations.derived.emplace_back();
  derived.table = index;
  derived.node = *table.node;
  for (const std::string& column : table.key) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), column);
    derived.key.push_back(static_cast<uint32_t>(at - table.columns.begin()));
  }
  derived.shape = std::make_shared<value::RowShape>(value::RowShape{table.columns});
  BULKHEAD_TRY(derived.rows, writer.Intern(fmt::format("rows:{}", table.QualifiedName())));
  return Ok();
}

// Whether `node` reads `input`, at some remove.
bool Reads(const plan::Plan& plan, uint32_t node, uint32_t input) {
  std::vector<bool> reached(plan.nodes.size());
  reached[input] = true;
  for (uint32_t i = input + 1; i <= node; ++i) {
    const auto& inputs = plan.nodes[i].inputs;
    reached[i] = std::any_of(inputs.begin(), inputs.end(), [&](uint32_t each) { return reached[each]; });
  }
  return node >= input && reached[node];
}

std::string TablesBelow(const plan::Plan& plan, uint32_t node) {
  std::set<std::string> names;
  for (uint32_t i = 0; i <= node; ++i) {
    const auto* scan = std::get_if<plan::Scan>(&plan.nodes[i].kind);
    if (scan && Reads(plan, node, i)) names.insert(plan.tables[scan->table].QualifiedName());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string PipelinePlace(const plan::Plan& plan, uint32_t pipeline) {
  std::string buckets;
  for (const plan::Bucket& bucket : plan.buckets) {
    if (std::find(bucket.pipelines.begin(), bucket.pipelines.end(), pipeline) == bucket.pipelines.end())
      continue;
    buckets += (buckets.empty() ? "" : ", ") + bucket.id;
  }
  return fmt::format("{} in bucket {}", plan.pipelines[pipeline].output_table, buckets);
}

std::string LookupPlace(const plan::Plan& plan, uint32_t lookup) {
  return fmt::format("lookup of {}", TableText(plan, plan.lookups[lookup].table));
}

// Of everything that is made of the node.
std::string NodePlace(const plan::Plan& plan, uint32_t node) {
  auto above = [&](uint32_t table) {
    return plan.tables[table].node && Reads(plan, *plan.tables[table].node, node);
  };
  std::set<std::string> places;
  for (uint32_t i = 0; i < plan.pipelines.size(); ++i) {
    if (above(plan.pipelines[i].table)) places.insert(PipelinePlace(plan, i));
  }
  for (uint32_t i = 0; i < plan.lookups.size(); ++i) {
    if (above(plan.lookups[i].table)) places.insert(LookupPlace(plan, i));
  }
  return fmt::format("{}", fmt::join(places, ", "));
}

}  // namespace

std::string PlaceOf(const plan::Plan& plan, const dataflow::Problem& problem) {
  switch (problem.part) {
    case dataflow::Part::Pipeline:
      return PipelinePlace(plan, problem.index);
    case dataflow::Part::Lookup:
      return LookupPlace(plan, problem.index);
    case dataflow::Part::Scan:
      return NodePlace(plan, problem.index);
  }
  return {};
}

std::string TableText(const plan::Plan& plan, uint32_t table) {
  const plan::Table& declared = plan.tables[table];
  return declared.node ? TablesBelow(plan, *declared.node) : declared.QualifiedName();
}

Status OpenRelations(EngineState& state, store::Writer& writer) {
  const plan::Plan& plan = state.plan;
  if (plan.nodes.empty()) return Ok();
  auto report = [&state](uint32_t node, std::string_view reason) {
    if (!state.options.on_problem) return;
    state.options.on_problem(
        {TablesBelow(state.plan, node), "", NodePlace(state.plan, node), std::string(reason)});
  };
  Relations& relations = state.relations;
  BULKHEAD_TRY(dataflow::Graph graph, dataflow::Graph::Make(plan, report));
  relations.graph.emplace(std::move(graph));
  std::vector<std::string> names = NodeNames(plan);
  for (uint32_t i = 0; i < plan.nodes.size(); ++i) {
    const bool scan = std::holds_alternative<plan::Scan>(plan.nodes[i].kind);
    BULKHEAD_CHECK_OK(OpenNode(relations, i, names[i], scan, writer));
  }
  for (uint32_t i = 0; i < plan.tables.size(); ++i)
    BULKHEAD_CHECK_OK(OpenDerived(relations, plan, i, writer));
  return Ok();
}

Status RelationChanges::Add(const StoredScan& scan, int64_t sign) {
  auto node = state_.relations.scans.find(scan.node);
  if (node == state_.relations.scans.end())
    return Error{Code::StorageFailed, "the store's record of a row is of another plan"};
  deltas_[node->second].Add(scan.row, sign * scan.weight);
  return Ok();
}

Status RelationChanges::AddDifference(const std::vector<StoredScan>& before,
                                      const std::vector<StoredScan>& after) {
  size_t b = 0, a = 0;
  while (b < before.size() || a < after.size()) {
    if (a == after.size() || (b < before.size() && before[b].Identity() < after[a].Identity())) {
      BULKHEAD_CHECK_OK(Add(before[b++], -1));
    } else if (b == before.size() || after[a].Identity() < before[b].Identity()) {
      BULKHEAD_CHECK_OK(Add(after[a++], +1));
    } else {
      StoredScan both = after[a];
      both.weight -= before[b].weight;
      if (both.weight != 0) BULKHEAD_CHECK_OK(Add(both, +1));
      ++a, ++b;
    }
  }
  return Ok();
}

Status RelationChanges::Push(store::Writer& writer, const ApplyRow& apply) {
  Relations& relations = state_.relations;
  if (!relations.graph) return Ok();
  StoredArrangements arrangements(relations, writer);
  if (!relations.begun) BULKHEAD_CHECK_OK(Begin(writer, arrangements));
  if (std::all_of(deltas_.begin(), deltas_.end(), [](const dataflow::Delta& d) { return d.empty(); }))
    return Ok();
  for (dataflow::Delta& delta : deltas_) delta.Consolidate();
  BULKHEAD_CHECK_OK(relations.graph->Push(deltas_, arrangements));
  for (const Relations::Derived& table : relations.derived)
    BULKHEAD_CHECK_OK(PushTable(writer, table, apply));
  Clear();
  return Ok();
}

// Each node once in the life of its arrangements; the mark is in the store, so that a transaction that fails
// has begun nothing.
Status RelationChanges::Begin(store::Writer& writer, dataflow::Arrangements& arrangements) {
  Relations& relations = state_.relations;
  relations.begun = true;
  for (uint32_t i = 0; i < relations.nodes.size(); ++i) {
    if (!relations.graph->NeedsBegin(i)) continue;
    bool begun = false;
    BULKHEAD_CHECK_OK(writer.ReadRows(relations.nodes[i].begun, "", [&](std::string_view, int64_t) {
      begun = true;
      return false;
    }));
    if (begun) continue;
    relations.begun = false;
    BULKHEAD_CHECK_OK(relations.graph->Begin(i, arrangements, deltas_[i]));
    BULKHEAD_CHECK_OK(writer.AdjustRow(relations.nodes[i].begun, "", "", +1));
  }
  return Ok();
}

Status RelationChanges::PushTable(store::Writer& writer, const Relations::Derived& table,
                                  const ApplyRow& apply) {
  std::vector<std::string> keys;
  for (const auto& [row, weight] : deltas_[table.node].rows()) {
    if (!dataflow::ReadRow(row, values_))
      return Error{Code::StorageFailed, "the bytes of a row are malformed"};
    std::string& key = keys.emplace_back();
    for (uint32_t field : table.key) value::AppendKey(key, values_[field]);
    BULKHEAD_CHECK_OK(writer.AdjustRow(table.rows, key, row, weight));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::string row;
  for (const std::string& key : keys) {
    bool found = false;
    BULKHEAD_CHECK_OK(writer.ReadRows(table.rows, key, [&](std::string_view bytes, int64_t) {
      row = bytes;
      found = true;
      return false;
    }));
    BULKHEAD_CHECK_OK(apply(table, key, found ? std::optional<std::string_view>(row) : std::nullopt));
  }
  return Ok();
}

void RelationChanges::Clear() {
  for (dataflow::Delta& delta : deltas_) delta.Clear();
}

}  // namespace bulkhead::engine
