#include "runtime/engine/querier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "runtime/base/limits.h"
#include "runtime/dataflow/identity.h"
#include "runtime/dataflow/tuple.h"
#include "runtime/value/json.h"
#include "runtime/value/key.h"

namespace bulkhead::engine {
namespace {

using dataflow::Scalar;
using functions::Context;
using value::Value;

Result<Scalar> Compile(const vm::Expr& expr, uint32_t bindings) {
  std::vector<std::string> missing;  // a verified querier reads no columns
  return Scalar::Make(expr, {.columns = {}, .expands = 0, .bindings = bindings}, missing);
}

Result<std::vector<Scalar>> CompileAll(const std::vector<vm::Expr>& exprs, uint32_t bindings) {
  std::vector<Scalar> made;
  for (const vm::Expr& expr : exprs) {
    BULKHEAD_TRY(Scalar scalar, Compile(expr, bindings));
    made.push_back(std::move(scalar));
  }
  return made;
}

Result<CompiledStage> CompileStage(const plan::Plan& plan, const plan::Stage& stage, uint32_t width) {
  CompiledStage made;
  made.width_before = width;
  if (const auto* source = std::get_if<plan::LookupStage>(&stage.source)) {
    made.lookup = source->lookup;
    made.width = width + static_cast<uint32_t>(plan.lookups[source->lookup].outputs.size());
    BULKHEAD_TRY(made.inputs, CompileAll(source->inputs, width));
  } else {
    made.width = width + vm::ExpandOutputs;
    BULKHEAD_TRY(Scalar input, Compile(std::get<plan::ExpandStage>(stage.source).input, width));
    made.inputs.push_back(std::move(input));
  }
  if (stage.filter) {
    BULKHEAD_TRY(made.filter.emplace(), Compile(*stage.filter, made.width));
  }
  return made;
}

void AddReads(const vm::Expr& expr, std::vector<bool>& live) {
  for (uint32_t binding : vm::ReadsOf(expr).bindings) live[binding] = true;
}

// Marks, from the last stage to the first, what is read after each.
void FindDead(const plan::Querier& querier, CompiledQuerier& made) {
  std::vector<bool> live(made.stages.empty() ? 0 : made.stages.back().width, false);
  for (const vm::Expr& key : querier.key) AddReads(key, live);
  for (size_t i = made.stages.size(); i-- > 0;) {
    for (uint32_t binding = 0; binding < made.stages[i].width; ++binding) {
      if (!live[binding]) made.stages[i].dead.push_back(binding);
    }
    const plan::Stage& stage = querier.stages[i];
    if (stage.filter) AddReads(*stage.filter, live);
    if (const auto* source = std::get_if<plan::LookupStage>(&stage.source)) {
      for (const vm::Expr& input : source->inputs) AddReads(input, live);
    } else {
      AddReads(std::get<plan::ExpandStage>(stage.source).input, live);
    }
  }
}

// Distinct tuples of one width.
class Tuples {
 public:
  explicit Tuples(uint32_t width) : width_(width) {}
  // False when it was there.
  bool Add(std::span<const Value> tuple) {
    key_.clear();
    for (Value v : tuple) dataflow::AppendTuple(key_, v);
    if (!seen_.insert(key_).second) return false;
    values_.insert(values_.end(), tuple.begin(), tuple.end());
    ++count_;
    return true;
  }
  size_t count() const { return count_; }
  std::span<const Value> operator[](size_t i) const { return {values_.data() + i * width_, width_}; }

 private:
  uint32_t width_;
  size_t count_ = 0;
  std::vector<Value> values_;
  std::unordered_set<std::string> seen_;
  std::string key_;
};

class Evaluation {
 public:
  Evaluation(const plan::Plan& plan, const CompiledQuerier& querier, QuerierRun& run)
      : plan_(plan), querier_(querier), run_(run), context_(arena_) {
    std::copy(std::begin(run.request), std::end(run.request), std::begin(inputs_.request));
  }

  Status Run() {
    if (querier_.request_filter) {
      bool passes = querier_.request_filter->IsTrue(inputs_, context_);
      if (context_.failed()) return Stop(context_.message());
      if (!passes) return Ok();
    }
    Tuples tuples(0);
    tuples.Add({});
    for (const CompiledStage& stage : querier_.stages) {
      Tuples next(stage.width);
      BULKHEAD_CHECK_OK(Extend(stage, tuples, next));
      if (stopped_ || next.count() == 0) return Ok();
      tuples = std::move(next);
    }
    return AddBuckets(tuples);
  }

 private:
  Status Stop(std::string_view why) {
    stopped_ = true;
    run_.failure = std::string(why);
    return Ok();
  }

  Status Extend(const CompiledStage& stage, const Tuples& from, Tuples& to) {
    extended_.resize(stage.width);
    for (size_t i = 0; i < from.count() && !stopped_; ++i) {
      std::copy(from[i].begin(), from[i].end(), extended_.begin());
      inputs_.bindings = std::span(extended_).first(stage.width_before);
      BULKHEAD_CHECK_OK(stage.lookup ? ExtendByLookup(stage, to) : ExtendByJson(stage, to));
    }
    return Ok();
  }

  Status ExtendByLookup(const CompiledStage& stage, Tuples& to) {
    std::string key;
    for (const Scalar& input : stage.inputs) {
      Value v = input.Get(inputs_, context_);
      if (context_.failed()) return Stop(context_.message());
      if (v.is_null()) return Ok();
      value::AppendKey(key, v);
    }
    std::string lookup_key = LookupKey(run_.lookups.RefOf(*stage.lookup), key);
    BULKHEAD_TRY(const std::vector<std::string>* outputs, run_.lookups.Read(lookup_key));
    run_.watched.push_back(std::move(lookup_key));
    for (const std::string& output : *outputs) {
      std::string_view bytes = output;
      for (uint32_t slot = stage.width_before; slot < stage.width; ++slot) {
        if (!dataflow::ReadTuple(bytes, extended_[slot])) return Error{Code::StorageFailed, "a lookup entry is damaged"};
      }
      Keep(stage, to);
      if (stopped_) break;
    }
    return Ok();
  }

  Status ExtendByJson(const CompiledStage& stage, Tuples& to) {
    Value input = stage.inputs[0].Get(inputs_, context_);
    if (context_.failed()) return Stop(context_.message());
    value::JsonEach each(input, arena_);
    value::JsonEachRow row;
    while (!stopped_ && each.Next(row)) {
      Value* slots = extended_.data() + stage.width_before;
      slots[0] = row.key;
      slots[1] = row.value;
      slots[2] = row.type;
      slots[3] = row.atom;
      Keep(stage, to);
    }
    bool sound = stopped_ || each.status() == value::JsonStatus::Found || each.status() == value::JsonStatus::Missing;
    return sound ? Ok() : Stop(value::Describe(each.status()));
  }

  // The tuple at hand into `to`, when it passes the filter and is new.
  void Keep(const CompiledStage& stage, Tuples& to) {
    if (++work_ > limits::LookupWorkPerQuerierMax) {
      (void)Stop("the subscription needs too much work; see its lookups with `bulkhead explain`");
      return;
    }
    inputs_.bindings = extended_;
    bool passes = !stage.filter || stage.filter->IsTrue(inputs_, context_);
    if (context_.failed()) (void)Stop(context_.message());
    if (stopped_ || !passes) return;
    kept_ = extended_;
    for (uint32_t binding : stage.dead) kept_[binding] = Value::Null();
    if (to.Add(kept_) && to.count() > run_.limits.rows_max) {
      (void)Stop(fmt::format("the subscription needs more than {} lookup rows at one stage", run_.limits.rows_max));
    }
  }

  Status AddBuckets(const Tuples& tuples) {
    std::unordered_set<std::string> names;
    std::vector<Value> key;
    for (size_t i = 0; i < tuples.count(); ++i) {
      inputs_.bindings = tuples[i];
      key.clear();
      for (const Scalar& part : querier_.key) key.push_back(part.Get(inputs_, context_));
      if (context_.failed()) return Stop(context_.message());
      if (std::any_of(key.begin(), key.end(), [](Value v) { return v.is_null(); })) continue;
      auto [name, added] = names.insert(dataflow::BucketName(plan_.buckets[querier_.bucket].id, key));
      if (!added) continue;
      if (names.size() > run_.limits.buckets_max) {
        return Stop(fmt::format("the subscription needs more than {} buckets", run_.limits.buckets_max));
      }
      run_.bucket_names.push_back(*name);
    }
    return Ok();
  }

  const plan::Plan& plan_;
  const CompiledQuerier& querier_;
  QuerierRun& run_;
  value::Arena arena_;
  Context context_;
  vm::Inputs inputs_;
  std::vector<Value> extended_, kept_;
  size_t work_ = 0;
  bool stopped_ = false;
};

}  // namespace

Result<CompiledQuerier> CompileQuerier(const plan::Plan& plan, const plan::Querier& querier) {
  CompiledQuerier made;
  made.bucket = querier.bucket;
  if (querier.request_filter) {
    BULKHEAD_TRY(made.request_filter.emplace(), Compile(*querier.request_filter, 0));
  }
  uint32_t width = 0;
  for (const plan::Stage& stage : querier.stages) {
    BULKHEAD_TRY(CompiledStage compiled, CompileStage(plan, stage, width));
    width = compiled.width;
    made.stages.push_back(std::move(compiled));
  }
  BULKHEAD_TRY(made.key, CompileAll(querier.key, width));
  FindDead(querier, made);
  return made;
}

std::string LookupKey(store::NameRef lookup, std::string_view key) {
  std::string name(sizeof lookup, '\0');
  std::memcpy(name.data(), &lookup, sizeof lookup);
  name += key;
  return name;
}

Result<const std::vector<std::string>*> LookupReader::Read(const std::string& lookup_key) {
  auto [entry, added] = cache_.try_emplace(lookup_key);
  if (!added) return &entry->second;
  store::NameRef lookup = 0;
  std::memcpy(&lookup, lookup_key.data(), sizeof lookup);
  auto keep = [&](std::string_view output) {
    entry->second.emplace_back(output);
    return entry->second.size() <= limits::LookupWorkPerQuerierMax;
  };
  BULKHEAD_CHECK_OK(reader_.ReadLookup(lookup, std::string_view(lookup_key).substr(sizeof lookup), keep));
  return &entry->second;
}

Status RunQuerier(const plan::Plan& plan, const CompiledQuerier& querier, QuerierRun& run) {
  return Evaluation(plan, querier, run).Run();
}

}  // namespace bulkhead::engine
