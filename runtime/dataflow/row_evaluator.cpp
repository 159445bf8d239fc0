#include "runtime/dataflow/row_evaluator.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "runtime/base/limits.h"
#include "runtime/dataflow/bound_table.h"
#include "runtime/dataflow/tuple.h"
#include "runtime/value/convert.h"
#include "runtime/value/key.h"
#include "runtime/value/utf8.h"

namespace bulkhead::dataflow {
namespace {

using functions::Context;
using value::Value;

constexpr size_t ShapesPerTableMax = 4;

// The work on one row after another; keeps its memory between them.
class Run {
 public:
  Run() { inputs_.expands = expands_; }
  Run(const Run&) = delete;

  const RowResult& Evaluate(BoundTable& table, std::span<const Value> values) {
    arena_.Reset();
    result_.memberships.clear();
    result_.lookups.clear();
    result_.scans.clear();
    result_.problems.clear();
    ++number_;
    table_ = &table;
    inputs_.columns = values;
    if (!table.metadata.empty()) {
      extended_.assign(values.begin(), values.end());
      for (const value::OwnedValue& value : table.metadata) extended_.push_back(value.view());
      inputs_.columns = extended_;
    }
    for (const BoundPipeline& pipeline : table.pipelines) RunPipeline(pipeline);
    for (const BoundLookup& lookup : table.lookups) RunLookup(lookup);
    for (const BoundScan& scan : table.scans) RunScan(scan);
    ReportMissing();
    return result_;
  }

 private:
  void RunPipeline(const BoundPipeline& pipeline) {
    size_t before = result_.memberships.size();
    std::string_view failure = ForEachCombination(pipeline.source, [&](Context& context) {
      return Assign(pipeline, context);
    });
    if (failure.empty()) return;
    result_.memberships.resize(before);
    result_.problems.push_back({Part::Pipeline, pipeline.index, failure});
  }

  void RunLookup(const BoundLookup& lookup) {
    size_t before = result_.lookups.size();
    std::string_view failure = ForEachCombination(lookup.source, [&](Context& context) {
      return AddEntry(lookup, context);
    });
    if (failure.empty()) return;
    result_.lookups.resize(before);
    result_.problems.push_back({Part::Lookup, lookup.index, failure});
  }

  void RunScan(const BoundScan& scan) {
    size_t before = result_.scans.size();
    std::string_view failure = ForEachCombination(scan.source, [&](Context& context) { return AddScan(scan, context); });
    if (failure.empty()) return;
    result_.scans.resize(before);
    result_.problems.push_back({Part::Scan, scan.index, failure});
  }

  // Calls `body` for each combination of expansions that passes the filter. Returns why it stopped, if it did;
  // a failure of `body` is its return value or the context's.
  template <typename Body>
  std::string_view ForEachCombination(const BoundSource& source, Body&& body) {
    Context context(arena_);
    size_t combinations = 0;
    return Expand(source, 0, combinations, context, body);
  }

  template <typename Body>
  std::string_view Expand(const BoundSource& source, size_t depth, size_t& combinations, Context& context,
                          Body&& body) {
    if (depth == source.expansions.size()) {
      if (++combinations > limits::ExpandedRowsMax) return "the row gives too many rows through json_each";
      bool passes = !source.filter || source.filter->IsTrue(inputs_, context);
      if (context.failed()) return context.message();
      return passes ? body(context) : std::string_view();
    }
    Value input = source.expansions[depth].Get(inputs_, context);
    if (context.failed()) return context.message();
    value::JsonEach each(input, arena_);
    value::JsonEachRow row;
    while (each.Next(row)) {
      Value* slots = expands_ + depth * vm::ExpandOutputs;
      slots[0] = row.key;
      slots[1] = row.value;
      slots[2] = row.type;
      slots[3] = row.atom;
      std::string_view failure = Expand(source, depth + 1, combinations, context, body);
      if (!failure.empty()) return failure;
    }
    bool sound = each.status() == value::JsonStatus::Found || each.status() == value::JsonStatus::Missing;
    return sound ? std::string_view() : value::Describe(each.status());
  }

  // The row, under the current combination, into the pipeline's buckets.
  std::string_view Assign(const BoundPipeline& pipeline, Context& context) {
    name_.Clear();
    keys_.clear();
    for (const Scalar& key : pipeline.keys) {
      Value v = key.Get(inputs_, context);
      if (context.failed()) return context.message();
      if (v.is_null()) return {};
      keys_.push_back(v);
    }
    value::WriteKeyText(name_, keys_);
    BoundOutput& output = table_->outputs[pipeline.output];
    if (output.row != number_ || output.reads_expands) Make(output, context);
    if (!output.failure.empty()) return output.failure;
    for (const BoundPipeline::Into& into : pipeline.buckets) {
      std::string_view name = Join(into.prefix, name_.view());
      if (name.empty()) return "the row needs too much memory";
      result_.memberships.push_back(
          {into.bucket, pipeline.index, name, output.object_id, output.type, output.data, output.checksum, output.hash});
    }
    return {};
  }

  // Id, data and hash of the current row and combination.
  void Make(BoundOutput& output, Context& context) {
    output.row = number_;
    output.failure = MakeId(output, context);
    if (output.failure.empty()) output.failure = MakeData(output, context);
    if (!output.failure.empty()) return;
    Digest digest = Sha256({output.hash_prefix, output.object_id, ".", output.data});
    output.checksum = ChecksumOf(digest);
    std::copy_n(digest.begin(), output.hash.size(), output.hash.begin());
  }

  std::string_view MakeId(BoundOutput& output, Context& context) {
    Value id = output.id.Get(inputs_, context);
    if (context.failed()) return context.message();
    if (id.is_null()) return "its id is NULL";
    if (id.type() == value::Type::Blob) return "its id is a blob";
    if (id.is_number()) id = value::CastText(id, arena_);
    if (!value::IsUtf8(id.bytes())) return "its id is not UTF-8";
    output.object_id = id.bytes();
    return {};
  }

  std::string_view MakeData(BoundOutput& output, Context& context) {
    std::span<const Value> values = inputs_.columns;
    if (!output.copies_row) {
      columns_.clear();
      for (const Scalar& column : output.columns) columns_.push_back(column.Get(inputs_, context));
      if (context.failed()) return context.message();
      values = columns_;
    }
    output.writer.Clear();
    output.shape.Write(output.writer, values);
    output.data = output.writer.view();
    if (output.data.size() > limits::RowBytesMax) return "the output row is too large";
    if (output.reads_expands) output.data = arena_.Copy(output.data);
    if (output.data.data() == nullptr) return "the row needs too much memory";
    return {};
  }

  std::string_view AddEntry(const BoundLookup& lookup, Context& context) {
    scratch_.clear();
    for (const Scalar& input : lookup.inputs) {
      Value v = input.Get(inputs_, context);
      if (context.failed()) return context.message();
      if (v.is_null()) return {};
      value::AppendKey(scratch_, v);
    }
    size_t key_size = scratch_.size();
    for (const Scalar& output : lookup.outputs) AppendTuple(scratch_, output.Get(inputs_, context));
    if (context.failed()) return context.message();
    if (scratch_.size() > limits::RowBytesMax) return "the lookup entry is too large";
    std::string_view bytes = Join(scratch_, {});
    if (bytes.size() != scratch_.size()) return "the row needs too much memory";
    result_.lookups.push_back({lookup.index, bytes.substr(0, key_size), bytes.substr(key_size)});
    return {};
  }

  std::string_view AddScan(const BoundScan& scan, Context& context) {
    scratch_.clear();
    for (const Scalar& output : scan.outputs) AppendTuple(scratch_, output.Get(inputs_, context));
    if (context.failed()) return context.message();
    if (scratch_.size() > limits::RowBytesMax) return "the row is too large";
    std::string_view bytes = Join(scratch_, {});
    if (bytes.size() != scratch_.size()) return "the row needs too much memory";
    result_.scans.push_back({scan.index, bytes});
    return {};
  }

  // Both in the arena; empty when it is full.
  std::string_view Join(std::string_view a, std::string_view b) {
    char* bytes = arena_.Allocate(a.size() + b.size());
    if (!bytes) return {};
    if (!a.empty()) std::memcpy(bytes, a.data(), a.size());
    if (!b.empty()) std::memcpy(bytes + a.size(), b.data(), b.size());
    return {bytes, a.size() + b.size()};
  }

  void ReportMissing() {
    reported_ = std::move(table_->missing);
    table_->missing.clear();
    for (const BoundTable::Missing& m : reported_) result_.problems.push_back({m.part, m.index, m.reason});
  }

  value::Arena arena_;
  RowResult result_;
  BoundTable* table_ = nullptr;
  uint64_t number_ = 0;  // of the row
  vm::Inputs inputs_;
  Value expands_[limits::ExpansionsPerRowMax * vm::ExpandOutputs];
  std::vector<Value> keys_, columns_, extended_;
  std::string scratch_;
  value::JsonWriter name_;
  std::vector<BoundTable::Missing> reported_;
};

}  // namespace

struct RowEvaluator::State {
  explicit State(const plan::Plan& p) : plan(p), tables(p.tables.size()) {}

  struct TableState {
    TableParts parts;
    std::vector<std::unique_ptr<BoundTable>> bound;  // most recently made last
  };

  const plan::Plan& plan;
  mutable std::unordered_map<std::string, std::vector<Match>> names;  // by the source's names, as they come
  std::vector<TableState> tables;
  std::map<std::pair<uint32_t, std::string>, TableState, std::less<>> wildcards;  // by table and source name
  Run run;

  TableState& StateOf(uint32_t table, std::string_view source_name) {
    if (!plan.tables[table].wildcard) return tables[table];
    auto [state, made] = wildcards.try_emplace({table, std::string(source_name)});
    if (made) state->second.parts = tables[table].parts;
    return state->second;
  }

  // The table compiled for the shape. Shapes are told apart by address, then by content: a source may make a new
  // object for the same columns.
  Result<BoundTable*> Bound(uint32_t index, std::string_view source_name,
                            const std::shared_ptr<const value::RowShape>& shape) {
    TableState& table = StateOf(index, source_name);
    for (auto& bound : table.bound) {
      if (bound->shape == shape) return bound.get();
    }
    for (auto& bound : table.bound) {
      if (bound->shape->columns != shape->columns) continue;
      bound->shape = shape;
      return bound.get();
    }
    if (shape->columns.size() > limits::ColumnsPerRowMax) {
      return Error{Code::InvalidData, "the row has too many columns"};
    }
    BULKHEAD_TRY(auto made, BindTable(plan, index, table.parts, source_name, shape));
    if (table.bound.size() >= ShapesPerTableMax) table.bound.erase(table.bound.begin());
    table.bound.push_back(std::move(made));
    return table.bound.back().get();
  }
};

RowEvaluator::RowEvaluator(const plan::Plan& plan) : state_(std::make_unique<State>(plan)) {
  for (uint32_t i = 0; i < plan.pipelines.size(); ++i) {
    state_->tables[plan.pipelines[i].table].parts.pipelines.push_back(i);
  }
  for (uint32_t i = 0; i < plan.lookups.size(); ++i) state_->tables[plan.lookups[i].table].parts.lookups.push_back(i);
  for (uint32_t i = 0; i < plan.nodes.size(); ++i) {
    const auto* scan = std::get_if<plan::Scan>(&plan.nodes[i].kind);
    if (scan) state_->tables[scan->table].parts.scans.push_back(i);
  }
}
RowEvaluator::~RowEvaluator() = default;
RowEvaluator::RowEvaluator(RowEvaluator&&) noexcept = default;

std::span<const RowEvaluator::Match> RowEvaluator::FindTables(std::string_view qualified_name) const {
  auto [found, added] = state_->names.try_emplace(std::string(qualified_name));
  for (uint32_t i = 0; added && i < state_->plan.tables.size(); ++i) {
    const plan::Table& table = state_->plan.tables[i];
    if (table.node) continue;
    if (table.QualifiedName() == qualified_name)
      found->second.push_back({i, false});
    else if (table.Matches(qualified_name))
      found->second.push_back({i, true});
  }
  return found->second;
}

Result<const RowResult*> RowEvaluator::Evaluate(uint32_t table, std::string_view source_name,
                                                const value::RowView& row) {
  if (!row.shape || row.shape->columns.size() != row.values.size()) {
    return Error{Code::InvalidData, "a row has other columns than its shape says"};
  }
  BULKHEAD_TRY(BoundTable * bound, state_->Bound(table, source_name, row.shape));
  return &state_->run.Evaluate(*bound, row.values);
}

}  // namespace bulkhead::dataflow
