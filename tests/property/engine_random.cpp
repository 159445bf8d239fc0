#include <fmt/format.h>

#include "engine_world.h"
#include "runtime/base/check.h"
#include "runtime/plan/load.h"

namespace bulkhead::engine {
namespace {

vm::Expr E(const std::string& text) {
  auto expr = vm::Parse(text);
  CHECK_INVARIANT(expr, "the generator writes expressions that parse");
  return *std::move(expr);
}

const std::vector<std::string> Literals = {"NULL", "0", "1", "2", "1.0", "'a'", "'b'", "X'61'"};

class PlanMaker {
 public:
  explicit PlanMaker(Dice& dice) : dice_(dice) {}

  plan::Plan Make() {
    for (size_t i = 0; i < TableCount; ++i) {
      plan_.tables.push_back({"", fmt::format("t{}", i), {"id"}, {"id", "a", "b", "c"}, false});
    }
    for (size_t i = 0, n = 2 + dice_.Below(4); i < n; ++i) plan_.pipelines.push_back(MakePipeline());
    for (size_t i = 0, n = 1 + dice_.Below(3); i < n; ++i) plan_.lookups.push_back(MakeLookup());
    MakeBuckets();
    for (size_t i = 0, n = 1 + dice_.Below(3); i < n; ++i) MakeStream(i);
    return plan_;
  }

 private:
  std::string RowValue(bool expands) {
    static const std::vector<std::string> Forms = {"(column id)", "(column a)", "(column a)", "(column b)", "(column b)", "(column c)"};
    if (expands && dice_.OneIn(8)) return "(->> (expand 0 value) 0)";
    if (expands && dice_.OneIn(2)) return dice_.OneIn(4) ? "(expand 0 key)" : "(expand 0 value)";
    if (dice_.OneIn(12)) return "(->> (column c) 0)";
    if (dice_.OneIn(10)) return dice_.Pick(Literals);
    return dice_.Pick(Forms);
  }
  std::optional<vm::Expr> RowFilter(bool expands) {
    switch (dice_.Below(7)) {
      case 0: return E(fmt::format("(= {} {})", RowValue(expands), RowValue(expands)));
      case 1: return E(fmt::format("(is_not_null {})", RowValue(expands)));
      case 2: return E(fmt::format("(or (= {} {}) {})", RowValue(expands), dice_.Pick(Literals), RowValue(expands)));
      case 3: return E(fmt::format("(in_json {} (column c))", RowValue(expands)));
      default: return std::nullopt;
    }
  }
  std::vector<vm::Expr> RowValues(size_t count, bool expands) {
    std::vector<vm::Expr> values;
    for (size_t i = 0; i < count; ++i) values.push_back(E(RowValue(expands)));
    return values;
  }
  std::vector<plan::Expansion> Expansions() {
    if (!dice_.OneIn(3)) return {};
    return {{"json_each", E("(column c)")}};
  }

  plan::Pipeline MakePipeline() {
    plan::Pipeline made;
    made.table = static_cast<uint32_t>(dice_.Below(TableCount));
    made.expansions = Expansions();
    bool expands = !made.expansions.empty();
    made.filter = RowFilter(expands);
    made.keys = RowValues(dice_.Below(3), expands);
    made.output_table = fmt::format("o{}", dice_.Below(3));
    made.output_id = E(dice_.OneIn(5) ? fmt::format("(|| (column id) {})", RowValue(expands)) : "(column id)");
    if (!dice_.OneIn(3)) made.output.push_back({"", std::nullopt});
    if (!dice_.OneIn(3)) made.output.push_back({"x", E(RowValue(expands))});
    return made;
  }
  plan::Lookup MakeLookup() {
    plan::Lookup made;
    made.table = static_cast<uint32_t>(dice_.Below(TableCount));
    made.expansions = Expansions();
    bool expands = !made.expansions.empty();
    made.filter = RowFilter(expands);
    made.inputs = RowValues(dice_.OneIn(5) ? 0 : 1 + dice_.Below(2), expands);
    made.outputs = RowValues(dice_.Below(3), expands);
    return made;
  }
  // Every pipeline in one bucket with some other of its key size.
  void MakeBuckets() {
    for (uint32_t i = 0; i < plan_.pipelines.size(); ++i) {
      plan::Bucket bucket{fmt::format("b{}", i), static_cast<uint32_t>(plan_.pipelines[i].keys.size()), {i}};
      auto other = static_cast<uint32_t>(dice_.Below(plan_.pipelines.size()));
      if (other != i && plan_.pipelines[other].keys.size() == bucket.key_size) bucket.pipelines.push_back(other);
      plan_.buckets.push_back(bucket);
    }
  }

  std::string RequestValue(uint32_t bindings) {
    if (bindings > 0 && dice_.OneIn(8)) return fmt::format("(|| (binding {}) '')", dice_.Below(bindings));
    if (bindings > 0 && !dice_.OneIn(4)) return fmt::format("(binding {})", dice_.Below(bindings));
    switch (dice_.Below(5)) {
      case 0: return dice_.Pick(Literals);
      case 1: return "(->> (request subscription) 'p')";
      case 2: return "(->> (request connection) 'p')";
      default: return "(->> (request auth) 'u')";
    }
  }
  plan::Stage MakeStage(uint32_t& bindings) {
    plan::Stage stage;
    if (dice_.OneIn(4)) {
      std::string input = dice_.OneIn(2) ? "(->> (request auth) 'list')" : RequestValue(bindings);
      stage.source = plan::ExpandStage{"json_each", E(input)};
      bindings += vm::ExpandOutputs;
    } else {
      plan::LookupStage source;
      source.lookup = static_cast<uint32_t>(dice_.Below(plan_.lookups.size()));
      const plan::Lookup& lookup = plan_.lookups[source.lookup];
      for (size_t i = 0; i < lookup.inputs.size(); ++i) source.inputs.push_back(E(RequestValue(bindings)));
      stage.source = source;
      bindings += static_cast<uint32_t>(lookup.outputs.size());
    }
    if (dice_.OneIn(4)) stage.filter = E(fmt::format("(<> {} {})", RequestValue(bindings), RequestValue(bindings)));
    return stage;
  }
  void MakeStream(size_t index) {
    plan::Stream stream{.name = fmt::format("s{}", index), .auto_subscribe = dice_.OneIn(2),
                        .priority = static_cast<uint8_t>(dice_.Below(4)), .parameters = {}, .queriers = {}, .span = {}};
    for (size_t i = 0, n = 1 + dice_.Below(2); i < n; ++i) {
      plan::Querier querier;
      uint32_t bindings = 0;
      querier.bucket = static_cast<uint32_t>(dice_.Below(plan_.buckets.size()));
      if (dice_.OneIn(4)) querier.request_filter = E(fmt::format("(is_not_null {})", RequestValue(0)));
      for (size_t k = 0, stages = dice_.Below(4); k < stages; ++k) querier.stages.push_back(MakeStage(bindings));
      for (size_t k = 0; k < plan_.buckets[querier.bucket].key_size; ++k) querier.key.push_back(E(RequestValue(bindings)));
      stream.queriers.push_back(std::move(querier));
    }
    plan_.streams.push_back(std::move(stream));
  }

  Dice& dice_;
  plan::Plan plan_;
};

value::OwnedValue RandomValue(Dice& dice) {
  using value::Value;
  static const std::vector<Value> Values = {Value::Null(),    Value::Integer(0),  Value::Integer(1),
                                            Value::Integer(2), Value::Real(1.0),   Value::Real(1.5),
                                            Value::Text("a"),  Value::Text("b"),   Value::Text("1"),
                                            Value::Text("[1]"), Value::Blob("a")};
  return dice.Pick(Values);
}
value::OwnedValue RandomJson(Dice& dice) {
  using value::Value;
  static const std::vector<Value> Values = {Value::Null(),         Value::Text("[]"),           Value::Text("[\"a\",1]"),
                                            Value::Text("[1,2,1.0,1]"), Value::Text("{\"k\":\"b\"}"), Value::Text("[\"a\",\"b\",null]"),
                                            Value::Text("[bad"),   Value::Integer(1),               Value::Text("[1,\"a\",2]")};
  return dice.Pick(Values);
}

Change RandomChange(Dice& dice) {
  Change made;
  made.kind = dice.OneIn(40) ? Change::Truncate : dice.OneIn(4) ? Change::Delete : Change::Upsert;
  made.table = dice.Below(TableCount);
  made.key = fmt::format("k{}", dice.Below(5));
  if (made.kind == Change::Upsert) made.row = {RandomValue(dice), RandomValue(dice), RandomJson(dice)};
  return made;
}

std::string Describe(const Change& change) {
  static const char* Names[] = {"put", "delete", "truncate"};
  std::string text = fmt::format("{} t{} {}", Names[change.kind], change.table, change.key);
  for (const value::OwnedValue& v : change.row) text += " " + vm::PrintLiteral(v.view());
  return text;
}

}  // namespace

plan::Plan RandomPlan(Dice& dice) { return PlanMaker(dice).Make(); }

Request RandomRequest(Dice& dice, const plan::Plan& plan) {
  static const std::vector<std::string> Values = {"1", "2", "1.0", "\"a\"", "\"b\"", "null", "\"k1\"", "\"[1]\""};
  static const std::vector<std::string> Lists = {"[1,\"a\",\"k0\"]", "[]", "\"a\"", "[\"b\",\"b\",2]"};
  Request request;
  request.auth = fmt::format(R"({{"u":{},"list":{}}})", dice.Pick(Values), dice.Pick(Lists));
  if (dice.OneIn(2)) request.connection = fmt::format(R"({{"p":{}}})", dice.Pick(Values));
  request.include_defaults = !dice.OneIn(5);
  for (const plan::Stream& stream : plan.streams) {
    if (!dice.OneIn(2)) continue;
    Subscription subscription{stream.name, fmt::format(R"({{"p":{}}})", dice.Pick(Values)), std::nullopt};
    if (dice.OneIn(3)) subscription.priority = static_cast<uint8_t>(dice.Below(4));
    request.subscriptions.push_back(subscription);
  }
  return request;
}

History RandomHistory(Dice& dice, size_t steps) {
  static const std::vector<Step::Kind> Kinds = {
      Step::Commit,    Step::Commit,     Step::Commit,    Step::Commit,  Step::Commit, Step::Commit,      Step::Connect,
      Step::Connect, Step::Disconnect, Step::Interrupt, Step::Restart, Step::Rescan, Step::BrokenRescan};
  History history;
  for (size_t i = 0; i < steps; ++i) {
    Step step{dice.Pick(Kinds), dice.Below(ClientCount), {}, dice.OneIn(2)};
    bool changes = step.kind == Step::Commit || step.kind >= Step::Rescan;
    for (size_t k = 0, n = changes ? dice.Below(8) : 0; k < n; ++k) step.changes.push_back(RandomChange(dice));
    history.push_back(std::move(step));
  }
  return history;
}

std::string Describe(const Step& step) {
  static const char* Names[] = {"commit", "connect", "disconnect", "interrupt", "restart", "rescan", "broken rescan"};
  std::string text = fmt::format("{} {}{}", Names[step.kind], step.client, step.stale_first ? " (stale first)" : "");
  for (const Change& change : step.changes) text += "\n    " + Describe(change);
  return text;
}

void Apply(const Change& change, Database& database) {
  auto& rows = database.tables[change.table];
  if (change.kind == Change::Truncate) rows.clear();
  if (change.kind == Change::Delete) rows.erase(change.key);
  if (change.kind == Change::Upsert) rows[change.key] = change.row;
}

}  // namespace bulkhead::engine
