#include "runtime/base/limits.h"
#include "runtime/plan/checks.h"
#include "runtime/plan/load.h"
#include "runtime/vm/vm.h"

namespace bulkhead::plan {
namespace {

Status CheckTable(const Table& table, const std::string& place) {
  BULKHEAD_CHECK_OK(CheckName(table.name, place + ".name"));
  if (!table.schema.empty()) BULKHEAD_CHECK_OK(CheckName(table.schema, place + ".schema"));
  if (!table.connection.empty()) BULKHEAD_CHECK_OK(CheckName(table.connection, place + ".connection"));
  bool pattern = table.name.ends_with('%') || table.schema.ends_with('%');
  if (table.wildcard && (!pattern || !table.open)) {
    return InvalidAt(place, "a wildcard is an open table whose name or schema ends in %");
  }
  if (table.columns.size() > limits::ColumnsPerRowMax) return InvalidAt(place, "the table has too many columns");
  Names columns;
  for (const std::string& column : table.columns) BULKHEAD_CHECK_OK(columns.Add(column, place + ".columns"));
  if (table.key.empty()) return InvalidAt(place + ".key", "the table has no key");
  Names key;
  for (const std::string& column : table.key) {
    BULKHEAD_CHECK_OK(key.Add(column, place + ".key"));
    if (!table.open && !columns.Has(column)) {
      return InvalidAt(place + ".key", fmt::format("the table has no column `{}`", column));
    }
  }
  return Ok();
}

class Verifier {
 public:
  explicit Verifier(const Plan& plan) : plan_(plan) {}

  Status Run() {
    BULKHEAD_CHECK_OK(CheckCounts());
    BULKHEAD_CHECK_OK(CheckDeclarations());
    BULKHEAD_TRY(widths_, CheckNodes(plan_));
    BULKHEAD_CHECK_OK(Each(plan_.tables, "tables", &Verifier::CheckDerived));
    BULKHEAD_CHECK_OK(Each(plan_.pipelines, "pipelines", &Verifier::CheckPipeline));
    BULKHEAD_CHECK_OK(Each(plan_.lookups, "lookups", &Verifier::CheckLookup));
    BULKHEAD_CHECK_OK(Each(plan_.buckets, "buckets", &Verifier::CheckBucket));
    return Each(plan_.streams, "streams", &Verifier::CheckStream);
  }

 private:
  template <typename T>
  Status Each(const std::vector<T>& items, const char* list, Status (Verifier::*check)(const T&, const std::string&)) {
    for (size_t i = 0; i < items.size(); ++i) {
      BULKHEAD_CHECK_OK((this->*check)(items[i], fmt::format("{}[{}]", list, i)));
    }
    return Ok();
  }

  Status CheckCounts() {
    size_t items = plan_.tables.size() + plan_.nodes.size() + plan_.pipelines.size() + plan_.lookups.size();
    items += plan_.buckets.size();
    for (const Stream& stream : plan_.streams) items += 1 + stream.queriers.size();
    if (items > limits::PlanItemsMax) return Error{Code::InvalidPlan, "the plan has too many parts"};
    return Ok();
  }

  Status CheckDeclarations() {
    Names claims, tables;
    for (size_t i = 0; i < plan_.claims.size(); ++i) {
      BULKHEAD_CHECK_OK(claims.Add(plan_.claims[i].name, fmt::format("claims[{}]", i)));
    }
    for (size_t i = 0; i < plan_.tables.size(); ++i) {
      std::string place = fmt::format("tables[{}]", i);
      BULKHEAD_CHECK_OK(CheckTable(plan_.tables[i], place));
      BULKHEAD_CHECK_OK(tables.Add(plan_.tables[i].QualifiedName(), place));
    }
    return Ok();
  }

  // A derived table is none of the source's, and the source's are no derived ones.
  Status CheckDerived(const Table& table, const std::string& place) {
    const bool named = table.name.starts_with('~');
    if (!table.node && named) return InvalidAt(place + ".name", "only a derived table's name begins with ~");
    if (!table.node) return Ok();
    BULKHEAD_CHECK_OK(CheckIndex(*table.node, plan_.nodes.size(), place + ".node"));
    if (!named || !table.schema.empty() || !table.connection.empty())
      return InvalidAt(place + ".name", "a derived table's name begins with ~ and stands alone");
    if (table.open || table.wildcard) return InvalidAt(place, "a derived table names its columns");
    if (table.columns.size() == widths_[*table.node]) return Ok();
    return InvalidAt(place + ".columns", fmt::format("{} columns for rows of {} fields", table.columns.size(),
                                                     widths_[*table.node]));
  }

  Status CheckPipeline(const Pipeline& pipeline, const std::string& place) {
    BULKHEAD_CHECK_OK(CheckIndex(pipeline.table, plan_.tables.size(), place + ".table"));
    Scope scope{.table = &plan_.tables[pipeline.table]};
    BULKHEAD_CHECK_OK(CheckExpansions(pipeline.expansions, scope, place));
    BULKHEAD_CHECK_OK(CheckExpr(pipeline.filter, scope, place + ".filter"));
    BULKHEAD_CHECK_OK(CheckExprs(pipeline.keys, scope, place + ".keys"));
    if (!pipeline.output_table.empty() || !scope.table->wildcard)
      BULKHEAD_CHECK_OK(CheckName(pipeline.output_table, place + ".output_table"));
    BULKHEAD_CHECK_OK(CheckExpr(pipeline.output_id, scope, place + ".output_id"));
    if (pipeline.output.size() > limits::ColumnsPerRowMax) return InvalidAt(place + ".output", "too many columns");
    for (size_t i = 0; i < pipeline.output.size(); ++i) {
      const OutputColumn& column = pipeline.output[i];
      std::string here = fmt::format("{}.output[{}]", place, i);
      if (column.value) BULKHEAD_CHECK_OK(CheckName(column.name, here + ".name"));
      BULKHEAD_CHECK_OK(CheckExpr(column.value, scope, here + ".value"));
    }
    return Ok();
  }

  Status CheckLookup(const Lookup& lookup, const std::string& place) {
    BULKHEAD_CHECK_OK(CheckIndex(lookup.table, plan_.tables.size(), place + ".table"));
    Scope scope{.table = &plan_.tables[lookup.table]};
    BULKHEAD_CHECK_OK(CheckExpansions(lookup.expansions, scope, place));
    BULKHEAD_CHECK_OK(CheckExpr(lookup.filter, scope, place + ".filter"));
    BULKHEAD_CHECK_OK(CheckExprs(lookup.inputs, scope, place + ".inputs"));
    return CheckExprs(lookup.outputs, scope, place + ".outputs");
  }

  Status CheckBucket(const Bucket& bucket, const std::string& place) {
    BULKHEAD_CHECK_OK(bucket_ids_.Add(bucket.id, place + ".id"));
    // A bucket's name is its id and a JSON array: it must be plain where the one ends.
    if (bucket.id.find('[') != bucket.id.npos) return InvalidAt(place + ".id", "a bucket id holds no `[`");
    if (bucket.pipelines.empty()) return InvalidAt(place + ".pipelines", "the bucket has no pipeline");
    for (uint32_t pipeline : bucket.pipelines) {
      BULKHEAD_CHECK_OK(CheckIndex(pipeline, plan_.pipelines.size(), place + ".pipelines"));
      size_t keys = plan_.pipelines[pipeline].keys.size();
      if (keys != bucket.key_size) {
        return InvalidAt(place + ".key_size", fmt::format("{}, but pipeline {} has {} keys", bucket.key_size, pipeline,
                                                          keys));
      }
    }
    return Ok();
  }

  Status CheckStream(const Stream& stream, const std::string& place) {
    BULKHEAD_CHECK_OK(stream_names_.Add(stream.name, place + ".name"));
    if (stream.priority > 3) return InvalidAt(place + ".priority", "a priority is 0, 1, 2 or 3");
    Names parameters;
    for (size_t i = 0; i < stream.parameters.size(); ++i) {
      std::string here = fmt::format("{}.parameters[{}]", place, i);
      BULKHEAD_CHECK_OK(parameters.Add(stream.parameters[i].name, here));
      BULKHEAD_CHECK_OK(CheckExpr(stream.parameters[i].default_value, Scope{}, here + ".default_value"));
    }
    for (size_t i = 0; i < stream.queriers.size(); ++i) {
      BULKHEAD_CHECK_OK(CheckQuerier(stream.queriers[i], fmt::format("{}.queriers[{}]", place, i)));
    }
    return Ok();
  }

  Status CheckQuerier(const Querier& querier, const std::string& place) {
    BULKHEAD_CHECK_OK(CheckIndex(querier.bucket, plan_.buckets.size(), place + ".bucket"));
    if (querier.stages.size() > limits::OccurrencesPerBranchMax) return InvalidAt(place, "too many stages");
    Scope scope{.request = true};
    BULKHEAD_CHECK_OK(CheckExpr(querier.request_filter, scope, place + ".request_filter"));
    for (size_t i = 0; i < querier.stages.size(); ++i) {
      BULKHEAD_CHECK_OK(CheckStage(querier.stages[i], scope, fmt::format("{}.stages[{}]", place, i)));
    }
    BULKHEAD_CHECK_OK(CheckExprs(querier.key, scope, place + ".key"));
    if (querier.key.size() == plan_.buckets[querier.bucket].key_size) return Ok();
    return InvalidAt(place + ".key", fmt::format("{} values for a bucket of {} keys", querier.key.size(),
                                                 plan_.buckets[querier.bucket].key_size));
  }

  // Afterwards `scope` sees the stage's bindings.
  Status CheckStage(const Stage& stage, Scope& scope, const std::string& place) {
    if (const auto* source = std::get_if<LookupStage>(&stage.source)) {
      BULKHEAD_CHECK_OK(CheckIndex(source->lookup, plan_.lookups.size(), place + ".lookup"));
      const Lookup& lookup = plan_.lookups[source->lookup];
      BULKHEAD_CHECK_OK(CheckExprs(source->inputs, scope, place + ".inputs"));
      if (source->inputs.size() != lookup.inputs.size()) {
        return InvalidAt(place + ".inputs", fmt::format("{} values for a lookup of {}", source->inputs.size(),
                                                        lookup.inputs.size()));
      }
      scope.bindings += static_cast<uint32_t>(lookup.outputs.size());
    } else {
      const auto& expand = std::get<ExpandStage>(stage.source);
      BULKHEAD_CHECK_OK(CheckTableFunction(expand.function, place + ".function"));
      BULKHEAD_CHECK_OK(CheckExpr(expand.input, scope, place + ".input"));
      scope.bindings += vm::ExpandOutputs;
    }
    return CheckExpr(stage.filter, scope, place + ".filter");
  }

  const Plan& plan_;
  std::vector<uint32_t> widths_;  // of the nodes
  Names bucket_ids_, stream_names_;
};

}  // namespace

Status Verify(const Plan& plan) { return Verifier(plan).Run(); }

}  // namespace bulkhead::plan
