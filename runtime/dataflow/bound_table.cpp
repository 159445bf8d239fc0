#include "runtime/dataflow/bound_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "runtime/plan/wildcard.h"

namespace bulkhead::dataflow {
namespace {

struct NamedScalar {
  std::string name;
  Scalar value;
};

class Binder {
 public:
  Binder(const plan::Plan& plan, BoundTable& table, std::string source_table)
      : plan_(plan), table_(table), source_table_(std::move(source_table)) {}

  Status AddPipeline(uint32_t index) {
    const plan::Pipeline& pipeline = plan_.pipelines[index];
    BoundPipeline bound;
    bound.index = index;
    BULKHEAD_TRY(bound.source, Source(pipeline.expansions, pipeline.filter));
    BULKHEAD_TRY(bound.keys, Scalars(pipeline.keys));
    BULKHEAD_TRY(bound.output, Output(pipeline));
    for (uint32_t bucket = 0; bucket < plan_.buckets.size(); ++bucket) {
      const auto& pipelines = plan_.buckets[bucket].pipelines;
      if (std::find(pipelines.begin(), pipelines.end(), index) == pipelines.end()) continue;
      bound.buckets.push_back({bucket, plan_.buckets[bucket].id});
    }
    Report(Part::Pipeline, index);
    table_.pipelines.push_back(std::move(bound));
    return Ok();
  }

  Status AddLookup(uint32_t index) {
    const plan::Lookup& lookup = plan_.lookups[index];
    BoundLookup bound;
    bound.index = index;
    BULKHEAD_TRY(bound.source, Source(lookup.expansions, lookup.filter));
    BULKHEAD_TRY(bound.inputs, Scalars(lookup.inputs));
    BULKHEAD_TRY(bound.outputs, Scalars(lookup.outputs));
    Report(Part::Lookup, index);
    table_.lookups.push_back(std::move(bound));
    return Ok();
  }

  Status AddScan(uint32_t index) {
    const auto& scan = std::get<plan::Scan>(plan_.nodes[index].kind);
    BoundScan bound;
    bound.index = index;
    BULKHEAD_TRY(bound.source, Source(scan.expansions, scan.filter));
    BULKHEAD_TRY(bound.outputs, Scalars(scan.outputs));
    Report(Part::Scan, index);
    table_.scans.push_back(std::move(bound));
    return Ok();
  }

 private:
  // The metadata of a wildcard stands behind the row's own columns.
  const std::vector<std::string>& columns() const {
    return table_.all_columns.empty() ? table_.shape->columns : table_.all_columns;
  }

  Result<Scalar> One(const vm::Expr& expr) {
    return Scalar::Make(expr, {.columns = columns(), .expands = expands_, .bindings = 0}, missing_);
  }
  Result<std::vector<Scalar>> Scalars(const std::vector<vm::Expr>& exprs) {
    std::vector<Scalar> made;
    for (const vm::Expr& expr : exprs) {
      BULKHEAD_TRY(Scalar scalar, One(expr));
      made.push_back(std::move(scalar));
    }
    return made;
  }

  Result<BoundSource> Source(const std::vector<plan::Expansion>& expansions, const std::optional<vm::Expr>& filter) {
    BoundSource source;
    expands_ = static_cast<uint32_t>(expansions.size());
    for (const plan::Expansion& expansion : expansions) {
      BULKHEAD_TRY(Scalar input, One(expansion.input));
      source.expansions.push_back(std::move(input));
    }
    if (filter) {
      BULKHEAD_TRY(source.filter.emplace(), One(*filter));
    }
    return source;
  }

  // The output's items with the row's columns in place of `*`; a repeated name replaces the earlier value.
  Result<std::vector<NamedScalar>> Items(const plan::Pipeline& pipeline) {
    std::vector<NamedScalar> items;
    std::unordered_map<std::string, size_t> places;
    auto put = [&](const std::string& name, Scalar value) {
      auto [place, added] = places.try_emplace(name, items.size());
      if (added) items.push_back({name, std::move(value)});
      else items[place->second].value = std::move(value);
    };
    for (const plan::OutputColumn& column : pipeline.output) {
      if (column.value) {
        BULKHEAD_TRY(Scalar value, One(*column.value));
        put(column.name, std::move(value));
        continue;
      }
      for (uint32_t slot = 0; slot < table_.shape->columns.size(); ++slot) {
        const std::string& name = columns()[slot];
        if (column.legacy && (name.starts_with('_') || places.contains(name))) continue;
        put(name, Scalar::OfSlot(slot));
      }
    }
    return items;
  }

  // Pipelines with the same text here make the same output.
  static std::string Meaning(const plan::Pipeline& pipeline, bool reads_expands) {
    std::string text = pipeline.output_table + "\n" + vm::Print(pipeline.output_id);
    for (const plan::OutputColumn& column : pipeline.output) {
      text += fmt::format("\n{} {}", column.name, column.value ? vm::Print(*column.value) : column.legacy ? "legacy*" : "*");
    }
    if (reads_expands) text += fmt::format("\n{}", static_cast<const void*>(&pipeline));
    return text;
  }
  static bool ReadsExpands(const plan::Pipeline& pipeline) {
    bool reads = !vm::ReadsOf(pipeline.output_id).expands.empty();
    for (const plan::OutputColumn& column : pipeline.output) {
      reads = reads || (column.value && !vm::ReadsOf(*column.value).expands.empty());
    }
    return reads;
  }

  Result<uint32_t> Output(const plan::Pipeline& pipeline) {
    bool reads_expands = ReadsExpands(pipeline);
    auto [known, added] = output_of_.try_emplace(Meaning(pipeline, reads_expands), table_.outputs.size());
    if (!added) return known->second;
    BoundOutput output;
    output.reads_expands = reads_expands;
    if (pipeline.output_table.empty()) output.type = source_table_;
    output.hash_prefix = "put." + (output.type.empty() ? pipeline.output_table : output.type) + ".";
    BULKHEAD_TRY(output.id, One(pipeline.output_id));
    BULKHEAD_TRY(auto items, Items(pipeline));
    std::vector<std::string> names;
    output.copies_row = items.size() == columns().size();
    for (size_t i = 0; i < items.size(); ++i) {
      names.push_back(items[i].name);
      output.copies_row = output.copies_row && items[i].value.IsSlot(static_cast<uint32_t>(i));
      output.columns.push_back(std::move(items[i].value));
    }
    output.shape = value::JsonRowShape(names);
    table_.outputs.push_back(std::move(output));
    return known->second;
  }

  void Report(Part part, uint32_t index) {
    std::sort(missing_.begin(), missing_.end());
    missing_.erase(std::unique(missing_.begin(), missing_.end()), missing_.end());
    for (const std::string& column : missing_) {
      table_.missing.push_back({part, index, fmt::format("the rows have no column `{}`; it reads as NULL", column)});
    }
    missing_.clear();
  }

  const plan::Plan& plan_;
  BoundTable& table_;
  std::string source_table_;
  uint32_t expands_ = 0;
  std::vector<std::string> missing_;
  std::unordered_map<std::string, uint32_t> output_of_;
};

}  // namespace

Result<std::unique_ptr<BoundTable>> BindTable(const plan::Plan& plan, uint32_t index, const TableParts& parts,
                                              std::string_view source_name,
                                              std::shared_ptr<const value::RowShape> shape) {
  auto table = std::make_unique<BoundTable>();
  table->shape = std::move(shape);
  const plan::Table& declared = plan.tables[index];
  plan::TableName source = declared.Named(source_name);
  if (declared.wildcard) {
    table->all_columns = table->shape->columns;
    table->all_columns.insert(table->all_columns.end(), plan::MetadataColumns.begin(), plan::MetadataColumns.end());
    for (const std::string& text : plan::MetadataOf(declared.name, source))
      table->metadata.emplace_back(value::Value::Text(text));
  }
  Binder binder(plan, *table, source.name);
  for (uint32_t pipeline : parts.pipelines) BULKHEAD_CHECK_OK(binder.AddPipeline(pipeline));
  for (uint32_t lookup : parts.lookups) BULKHEAD_CHECK_OK(binder.AddLookup(lookup));
  for (uint32_t scan : parts.scans) BULKHEAD_CHECK_OK(binder.AddScan(scan));
  return table;
}

}  // namespace bulkhead::dataflow
