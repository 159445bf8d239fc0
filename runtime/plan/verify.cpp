#include <fmt/format.h>

#include <unordered_set>

#include "runtime/base/limits.h"
#include "runtime/plan/expression_json.h"
#include "runtime/plan/load.h"
#include "runtime/vm/vm.h"

namespace bulkhead::plan {
namespace {

Error InvalidAt(std::string_view place, std::string_view reason) {
  return {Code::InvalidPlan, fmt::format("{}: {}", place, reason)};
}

// What the expressions of one place may read.
struct Scope {
  const Table* table = nullptr;  // null: no columns
  uint32_t expands = 0;
  uint32_t bindings = 0;
  bool request = false;
};

Status CheckReads(const vm::Expr& expr, const Scope& scope) {
  vm::Reads reads = vm::ReadsOf(expr);
  auto invalid = [](std::string reason) { return Error{Code::InvalidPlan, std::move(reason)}; };
  if (!scope.table && !reads.columns.empty()) return invalid("no row's columns can be read here");
  if (scope.table && !scope.table->open) {
    for (const std::string& column : reads.columns) {
      const auto& known = scope.table->columns;
      if (std::find(known.begin(), known.end(), column) == known.end()) {
        return invalid(fmt::format("table `{}` has no column `{}`", scope.table->QualifiedName(), column));
      }
    }
  }
  if (!reads.expands.empty() && reads.expands.back() >= scope.expands) {
    return invalid(fmt::format("table function {} cannot be read here", reads.expands.back()));
  }
  if (!reads.bindings.empty() && reads.bindings.back() >= scope.bindings) {
    return invalid(fmt::format("binding {} cannot be read here", reads.bindings.back()));
  }
  if (!scope.request && reads.any_request()) return invalid("the request cannot be read here");
  return Ok();
}

// The depth must be known before anything recurses over the tree. Gives up early, so its own recursion is bounded.
bool TooDeep(const vm::Expr& expr, size_t depth) {
  if (depth > limits::ExpressionDepthMax) return true;
  const auto* call = expr.As<vm::Call>();
  if (!call) return false;
  for (const vm::Expr& arg : call->args) {
    if (TooDeep(arg, depth + 1)) return true;
  }
  return false;
}

Status CheckCalls(const vm::Expr& expr) {
  const auto* call = expr.As<vm::Call>();
  if (!call) return Ok();
  size_t count = call->args.size();
  if (count < call->callee.args_min() || count > call->callee.args_max()) {
    return Error{Code::InvalidPlan, fmt::format("`{}` does not take {} arguments", call->callee.name(), count)};
  }
  for (const vm::Expr& arg : call->args) BULKHEAD_CHECK_OK(CheckCalls(arg));
  return Ok();
}

Status CheckExpr(const vm::Expr& expr, const Scope& scope, const std::string& place) {
  if (TooDeep(expr, 1)) return InvalidAt(place, "expression is nested too deeply");
  if (Status calls = CheckCalls(expr); !calls) return InvalidAt(place, calls.error().message);
  if (Status reads = CheckReads(expr, scope); !reads) return InvalidAt(place, reads.error().message);
  // Compiling is the rest of the check: refused functions, size of the program.
  vm::Layout layout{vm::ReadsOf(expr).columns, scope.expands, scope.bindings};
  auto program = vm::Compile(expr, layout);
  if (!program) return InvalidAt(place, program.error().message);
  return Ok();
}

Status CheckExprs(const std::vector<vm::Expr>& exprs, const Scope& scope, const std::string& place) {
  for (size_t i = 0; i < exprs.size(); ++i) {
    BULKHEAD_CHECK_OK(CheckExpr(exprs[i], scope, fmt::format("{}[{}]", place, i)));
  }
  return Ok();
}

Status CheckExpr(const std::optional<vm::Expr>& expr, const Scope& scope, const std::string& place) {
  return expr ? CheckExpr(*expr, scope, place) : Ok();
}

Status CheckName(std::string_view name, const std::string& place) {
  if (name.empty()) return InvalidAt(place, "a name is empty");
  if (!IsUtf8(name) || name.find('\0') != name.npos) return InvalidAt(place, "a name is not UTF-8 text");
  return Ok();
}

// Names given so far in one list.
class Names {
 public:
  Status Add(const std::string& name, const std::string& place) {
    BULKHEAD_CHECK_OK(CheckName(name, place));
    if (!seen_.insert(name).second) return InvalidAt(place, fmt::format("the name `{}` is given twice", name));
    return Ok();
  }
  bool Has(const std::string& name) const { return seen_.contains(name); }

 private:
  std::unordered_set<std::string> seen_;
};

Status CheckIndex(uint32_t index, size_t size, const std::string& place) {
  if (index < size) return Ok();
  return InvalidAt(place, fmt::format("{} is out of range, there are {}", index, size));
}

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

Status CheckTableFunction(std::string_view name, const std::string& place) {
  if (name == "json_each") return Ok();
  return InvalidAt(place, fmt::format("no table function is named `{}`", name));
}

// Of a pipeline or a lookup; afterwards `scope` sees all expansions.
Status CheckExpansions(const std::vector<Expansion>& expansions, Scope& scope, const std::string& place) {
  if (expansions.size() > limits::ExpansionsPerRowMax) return InvalidAt(place, "too many table functions on one row");
  for (size_t i = 0; i < expansions.size(); ++i) {
    std::string here = fmt::format("{}.expansions[{}]", place, i);
    BULKHEAD_CHECK_OK(CheckTableFunction(expansions[i].function, here + ".function"));
    BULKHEAD_CHECK_OK(CheckExpr(expansions[i].input, scope, here + ".input"));
    ++scope.expands;
  }
  return Ok();
}

class Verifier {
 public:
  explicit Verifier(const Plan& plan) : plan_(plan) {}

  Status Run() {
    BULKHEAD_CHECK_OK(CheckCounts());
    BULKHEAD_CHECK_OK(CheckDeclarations());
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
    size_t items = plan_.tables.size() + plan_.pipelines.size() + plan_.lookups.size() + plan_.buckets.size();
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
  Names bucket_ids_, stream_names_;
};

}  // namespace

Status Verify(const Plan& plan) { return Verifier(plan).Run(); }

}  // namespace bulkhead::plan
