// The straightforward answer: loops over all rows, expressions walked as trees.
#include <functional>

#include "engine_world.h"
#include "runtime/base/check.h"
#include "runtime/dataflow/identity.h"
#include "runtime/plan/load.h"
#include "runtime/value/compare.h"
#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/vm/tree.h"

namespace bulkhead::engine {
namespace {

using value::Value;
const std::vector<std::string> Columns = {"id", "a", "b", "c"};

// One evaluation: values live as long as this does.
class Evaluator {
 public:
  vm::Inputs inputs;
  bool failed = false;

  Value Eval(const vm::Expr& expr) {
    if (failed) return Value::Null();
    vm::Expr bound = expr;
    CHECK_INVARIANT(vm::Bind(bound, Columns), "the plan is verified");
    functions::Context context(arena_);
    Value v = vm::EvalTree(bound, inputs, context);
    failed = context.failed();
    if (!v.is_bytes() || failed) return failed ? Value::Null() : v;
    std::string_view kept = arena_.Copy(v.bytes());
    return v.type() == value::Type::Text ? Value::Text(kept) : Value::Blob(kept);
  }
  bool Passes(const std::optional<vm::Expr>& filter) { return !filter || (value::IsTrue(Eval(*filter)) && !failed); }
  std::vector<value::JsonEachRow> Each(Value json) {
    std::vector<value::JsonEachRow> rows;
    if (failed) return rows;
    value::JsonEach each(json, arena_);
    for (value::JsonEachRow row; each.Next(row);) rows.push_back(row);
    failed = each.status() > value::JsonStatus::Missing;
    return rows;
  }

 private:
  value::Arena arena_;
};

// A row with its expansions, one after the other.
void ForEachCombination(const std::string& key, const Row& row, const std::vector<plan::Expansion>& expansions,
                        const std::optional<vm::Expr>& filter, Evaluator& e, const std::function<void()>& body) {
  Value columns[] = {Value::Text(key), row[0].view(), row[1].view(), row[2].view()};
  Value expands[vm::ExpandOutputs];
  e.inputs.columns = columns;
  e.inputs.expands = expands;
  std::vector<value::JsonEachRow> elements(1);
  if (!expansions.empty()) elements = e.Each(e.Eval(expansions[0].input));
  for (const value::JsonEachRow& element : elements) {
    expands[0] = element.key;
    expands[1] = element.value;
    expands[2] = element.type;
    expands[3] = element.atom;
    if (e.Passes(filter) && !e.failed) body();
    if (e.failed) return;
  }
}

std::string IdText(Value id) {
  value::Arena arena;
  return std::string(value::CastText(id, arena).bytes());
}

std::string OutputJson(const plan::Pipeline& pipeline, Evaluator& e) {
  std::vector<std::pair<std::string, Value>> items;
  auto put = [&](const std::string& name, Value v) {
    for (auto& [known, old] : items) {
      if (known != name) continue;
      old = v;
      return;
    }
    items.emplace_back(name, v);
  };
  for (const plan::OutputColumn& column : pipeline.output) {
    if (column.value) put(column.name, e.Eval(*column.value));
    else for (size_t i = 0; i < Columns.size(); ++i) put(Columns[i], e.inputs.columns[i]);
  }
  value::JsonWriter writer;
  std::string separator;
  writer.Raw("{");
  for (const auto& [name, v] : items) {
    if (v.type() == value::Type::Blob) continue;
    writer.Raw(separator);
    writer.Text(name);
    writer.Raw(":");
    writer.Add(v);
    separator = ",";
  }
  writer.Raw("}");
  return writer.str();
}

using Buckets = std::map<std::string, std::set<std::string>>;

// All buckets there are, with `table/id subkey data`; of one source row's outputs with one identity the first counts.
Buckets AllBuckets(const plan::Plan& plan, const Database& database) {
  std::map<std::string, std::map<std::string, std::string>> found;
  for (size_t p = 0; p < plan.pipelines.size(); ++p) {
    const plan::Pipeline& pipeline = plan.pipelines[p];
    for (const auto& [key, row] : database.tables[pipeline.table]) {
      Evaluator e;
      std::vector<std::array<std::string, 3>> outputs;  // bucket, identity, data
      std::string subkey = dataflow::Subkey(plan.tables[pipeline.table].name, std::vector<Value>{Value::Text(key)});
      ForEachCombination(key, row, pipeline.expansions, pipeline.filter, e, [&] {
        std::vector<Value> keys;
        for (const vm::Expr& expr : pipeline.keys) {
          keys.push_back(e.Eval(expr));
          if (e.failed || keys.back().is_null()) return;
        }
        Value id = e.Eval(pipeline.output_id);
        if (id.is_null() || id.type() == value::Type::Blob) e.failed = true;
        if (e.failed) return;
        std::string data = OutputJson(pipeline, e);
        for (const plan::Bucket& bucket : plan.buckets) {
          if (std::find(bucket.pipelines.begin(), bucket.pipelines.end(), p) == bucket.pipelines.end()) continue;
          outputs.push_back({dataflow::BucketName(bucket.id, keys), pipeline.output_table + "/" + IdText(id) + " " + subkey, data});
        }
      });
      if (e.failed) continue;
      for (const auto& [bucket, identity, data] : outputs) found[bucket].try_emplace(identity, data);
    }
  }
  Buckets all;
  for (const auto& [name, rows] : found) {
    for (const auto& [identity, data] : rows) all[name].insert(identity + " " + data);
  }
  return all;
}

// Tuples of bindings after one more stage.
using Tuple = std::vector<value::OwnedValue>;
using Tuples = std::vector<Tuple>;

std::vector<Value> Views(const Tuple& tuple) {
  std::vector<Value> views;
  for (const value::OwnedValue& v : tuple) views.push_back(v.view());
  return views;
}

class Subscriber {
 public:
  Subscriber(const plan::Plan& plan, const Request& request, const Database& database, const std::string& parameters)
      : plan_(plan), database_(database), parameters_(parameters) {
    documents_[0] = Value::Text(request.auth);
    if (request.connection) documents_[1] = Value::Text(*request.connection);
    documents_[2] = Value::Text(parameters_);
  }

  // Nothing when it fails.
  std::set<std::string> Run(const plan::Stream& stream) {
    std::set<std::string> names;
    for (const plan::Querier& querier : stream.queriers) RunQuerier(querier, names);
    return failed_ ? std::set<std::string>() : names;
  }

 private:
  void RunQuerier(const plan::Querier& querier, std::set<std::string>& names) {
    Tuples tuples(1);
    With({}, [&](Evaluator& e) {
      if (!e.Passes(querier.request_filter)) tuples.clear();
    });
    for (const plan::Stage& stage : querier.stages) {
      Tuples next;
      for (const Tuple& tuple : tuples) Extend(stage, tuple, next);
      tuples = std::move(next);
    }
    for (const Tuple& tuple : tuples) {
      With(tuple, [&](Evaluator& e) {
        std::vector<Value> key;
        for (const vm::Expr& expr : querier.key) key.push_back(e.Eval(expr));
        bool null = std::any_of(key.begin(), key.end(), [](Value v) { return v.is_null(); });
        if (!null) names.insert(dataflow::BucketName(plan_.buckets[querier.bucket].id, key));
      });
    }
  }

  void Extend(const plan::Stage& stage, const Tuple& tuple, Tuples& next) {
    Tuples candidates;
    if (const auto* lookup = std::get_if<plan::LookupStage>(&stage.source)) {
      candidates = ByLookup(*lookup, tuple);
    } else {
      With(tuple, [&](Evaluator& e) {
        for (const value::JsonEachRow& row : e.Each(e.Eval(std::get<plan::ExpandStage>(stage.source).input))) {
          Tuple made = tuple;
          for (Value v : {row.key, row.value, row.type, row.atom}) made.emplace_back(v);
          candidates.push_back(std::move(made));
        }
      });
    }
    for (Tuple& candidate : candidates) {
      With(candidate, [&](Evaluator& e) {
        if (e.Passes(stage.filter) && std::find(next.begin(), next.end(), candidate) == next.end()) next.push_back(candidate);
      });
    }
  }

  Tuples ByLookup(const plan::LookupStage& stage, const Tuple& tuple) {
    Tuples found;
    const plan::Lookup& lookup = plan_.lookups[stage.lookup];
    With(tuple, [&](Evaluator& e) {
      std::vector<Value> wanted;
      for (const vm::Expr& expr : stage.inputs) {
        wanted.push_back(e.Eval(expr));
        if (e.failed || wanted.back().is_null()) return;
      }
      for (const auto& [key, row] : database_.tables[lookup.table]) {
        for (const Tuple& outputs : EntriesOf(lookup, key, row, wanted)) {
          Tuple made = tuple;
          made.insert(made.end(), outputs.begin(), outputs.end());
          found.push_back(std::move(made));
        }
      }
    });
    return found;
  }

  static Tuples EntriesOf(const plan::Lookup& lookup, const std::string& key, const Row& row,
                          const std::vector<Value>& wanted) {
    Tuples entries;
    Evaluator e;
    ForEachCombination(key, row, lookup.expansions, lookup.filter, e, [&] {
      bool same = true;
      for (size_t i = 0; i < lookup.inputs.size(); ++i) {
        Value v = e.Eval(lookup.inputs[i]);
        if (e.failed || v.is_null()) return;
        same = same && value::Same(v, wanted[i]);
      }
      Tuple outputs;
      for (const vm::Expr& expr : lookup.outputs) outputs.emplace_back(e.Eval(expr));
      if (same) entries.push_back(std::move(outputs));
    });
    return e.failed ? Tuples() : entries;
  }

  void With(const Tuple& tuple, const std::function<void(Evaluator&)>& body) {
    if (failed_) return;
    std::vector<Value> bindings = Views(tuple);
    Evaluator e;
    e.inputs.bindings = bindings;
    std::copy(std::begin(documents_), std::end(documents_), std::begin(e.inputs.request));
    body(e);
    failed_ = failed_ || e.failed;
  }

  const plan::Plan& plan_;
  const Database& database_;
  const std::string& parameters_;
  Value documents_[vm::RequestParts];
  bool failed_ = false;
};

}  // namespace

std::map<std::string, std::set<std::string>> Recompute(const plan::Plan& plan, const Request& request,
                                                       const Database& database) {
  std::set<std::string> names;
  auto subscribe = [&](const plan::Stream& stream, const std::string& parameters) {
    for (const std::string& name : Subscriber(plan, request, database, parameters).Run(stream)) names.insert(name);
  };
  for (const plan::Stream& stream : plan.streams) {
    if (stream.auto_subscribe && request.include_defaults) subscribe(stream, "{}");
    for (const Subscription& s : request.subscriptions) {
      if (s.stream == stream.name) subscribe(stream, s.parameters.value_or("{}"));
    }
  }
  Buckets all = AllBuckets(plan, database), has;
  for (const std::string& name : names) has[name] = all[name];
  return has;
}

}  // namespace bulkhead::engine
