#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "joined_plan.h"
#include "runtime/base/limits.h"
#include "runtime/plan/plan_json.h"
#include "runtime/plan/programs.h"

namespace bulkhead::plan {
namespace {

// One node of each kind behind the joined plan's, and one of every member.
Plan EveryKind() {
  Plan plan = JoinedPlan();
  using F = AggregateFunction;
  plan.nodes.push_back({{0, 1}, SemiJoin{{{1}, {0}, E("(< (column 2) (column 5))")}, true}});
  plan.nodes.push_back({{6}, Distinct{}});
  plan.nodes.push_back({{6, 7, 0}, Union{}});
  plan.nodes.push_back({{8}, Aggregate{{0}, {{F::CountRows, 0, false}, {F::Sum, 1, true}, {F::Max, 2, false}}}});
  plan.nodes.push_back({{9}, Top{{0}, {{1, true, false}, {2, false, true}}, 50, 3}});
  plan.nodes.push_back({{}, Scan{1, {{"json_each", E("(column title)")}}, {}, {E("(expand 0 value)")}}});
  plan.tables.push_back({"", "~top", {"a", "b"}, {"a", "b", "c", "d"}, false});
  plan.tables.back().node = 10;
  return plan;
}

std::string Reloaded(const Plan& plan) {
  auto loaded = Load(ToJson(plan));
  if (!loaded) FAIL(loaded.error().message);
  CHECK(loaded->digest == plan.digest);
  return ToJson(*loaded);
}

TEST_CASE("nodes of every kind round-trip through JSON") {
  Plan plan = EveryKind();
  REQUIRE(Finish(plan));
  CHECK(Reloaded(plan) == ToJson(plan));
  CHECK(ToJson(plan).find(R"({"inputs":[0,1],"kind":"join","left_key":[1],"right_key":[0]})") != std::string::npos);
}

TEST_CASE("a plan without nodes does not mention them") {
  Plan plan = SamplePlan();
  REQUIRE(Finish(plan));
  CHECK(ToJson(plan).find("node") == std::string::npos);
}

TEST_CASE("the digest covers each member of a node") {
  Plan plan = EveryKind();
  REQUIRE(Finish(plan));
  const std::vector<std::function<void(Plan&)>> changes = {
      [](Plan& p) { std::get<Scan>(p.nodes[0].kind).filter.reset(); },
      [](Plan& p) { std::get<Join>(p.nodes[3].kind).left_key = {0}; },
      [](Plan& p) { p.nodes[4].inputs = {3, 1}; },
      [](Plan& p) { std::get<SemiJoin>(p.nodes[6].kind).anti = false; },
      [](Plan& p) { std::get<Aggregate>(p.nodes[9].kind).calls[1].distinct = false; },
      [](Plan& p) { std::get<Aggregate>(p.nodes[9].kind).calls[2].function = AggregateFunction::Min; },
      [](Plan& p) { std::get<Top>(p.nodes[10].kind).order[0].descending = false; },
      [](Plan& p) { std::get<Top>(p.nodes[10].kind).order[1].nulls_last = false; },
      [](Plan& p) { std::get<Top>(p.nodes[10].kind).limit = 51; },
      [](Plan& p) { std::get<Top>(p.nodes[10].kind).offset = 0; },
      [](Plan& p) { p.tables[4].node = 9; },
  };
  for (const auto& change : changes) {
    Plan changed = EveryKind();
    change(changed);
    REQUIRE(Finish(changed));
    CHECK(changed.digest != plan.digest);
  }
}

TEST_CASE("each rule about nodes and derived tables names the place it finds broken") {
  struct Case {
    const char* message;
    std::function<void(Plan&)> change;
  };
  const std::vector<Case> cases = {
      {"nodes[0].table: 5 is out of range", [](Plan& p) { std::get<Scan>(p.nodes[0].kind).table = 5; }},
      {"nodes[0].table: a derived table is not scanned", [](Plan& p) { std::get<Scan>(p.nodes[0].kind).table = 3; }},
      {"nodes[0].filter: table `comments` has no column `title`",
       [](Plan& p) { std::get<Scan>(p.nodes[0].kind).filter = E("(column title)"); }},
      {"nodes[0].outputs[0]: table function 0",
       [](Plan& p) { std::get<Scan>(p.nodes[0].kind).outputs[0] = E("(expand 0 key)"); }},
      {"nodes[0].inputs: a scan does not have 1 inputs", [](Plan& p) { p.nodes[0].inputs = {0}; }},
      {"nodes[3].inputs: a join does not have 1 inputs", [](Plan& p) { p.nodes[3].inputs = {0}; }},
      {"nodes[3].inputs: an input is no earlier node", [](Plan& p) { p.nodes[3].inputs = {0, 3}; }},
      {"nodes[3].left_key[0]: 3 is out of range", [](Plan& p) { std::get<Join>(p.nodes[3].kind).left_key = {3}; }},
      {"nodes[3].right_key[0]: 3 is out of range", [](Plan& p) { std::get<Join>(p.nodes[3].kind).right_key = {3}; }},
      {"nodes[3]: the keys of a join differ", [](Plan& p) { std::get<Join>(p.nodes[3].kind).right_key = {0, 0}; }},
      {"nodes[3].filter: there is no field `6`", [](Plan& p) { std::get<Join>(p.nodes[3].kind).filter = E("(column 6)"); }},
      {"nodes[5].outputs[0]: there is no field `id`",
       [](Plan& p) { std::get<Map>(p.nodes[5].kind).outputs[0] = E("(column id)"); }},
      {"nodes[5].outputs[0]: there is no field `00`",
       [](Plan& p) { std::get<Map>(p.nodes[5].kind).outputs[0] = vm::ColumnOf("00"); }},
      {"nodes[5].filter: the request", [](Plan& p) { std::get<Map>(p.nodes[5].kind).filter = E("(request auth)"); }},
      {"nodes[6].filter: there is no field `9`",
       [](Plan& p) { std::get<SemiJoin>(p.nodes[6].kind).join.filter = E("(column 9)"); }},
      {"nodes[8].inputs: the rows of a union differ", [](Plan& p) { p.nodes[8].inputs = {6, 2}; }},
      {"nodes[8].inputs: a union does not have 0", [](Plan& p) { p.nodes[8].inputs.clear(); }},
      {"nodes[9].group[0]: 3 is out", [](Plan& p) { std::get<Aggregate>(p.nodes[9].kind).group = {3}; }},
      {"nodes[9].calls: 3 is out", [](Plan& p) { std::get<Aggregate>(p.nodes[9].kind).calls[1].field = 3; }},
      {"nodes[10].partition[0]: 4 is out", [](Plan& p) { std::get<Top>(p.nodes[10].kind).partition = {4}; }},
      {"nodes[10].order: 4 is out", [](Plan& p) { std::get<Top>(p.nodes[10].kind).order[0].field = 4; }},
      {"nodes[0]: the node's rows have too many fields",
       [](Plan& p) { std::get<Scan>(p.nodes[0].kind).outputs.resize(limits::FieldsPerNodeMax + 1, vm::Null()); }},
      {"tables[3].node: 12 is out of range", [](Plan& p) { p.tables[3].node = 12; }},
      {"tables[3].columns: 4 columns for rows of 8 fields", [](Plan& p) { p.tables[3].node = 4; }},
      {"tables[3].name: a derived table's name", [](Plan& p) { p.tables[3].name = "joined"; }},
      {"tables[3].name: a derived table's name", [](Plan& p) { p.tables[3].schema = "s"; }},
      {"tables[3]: a derived table names its columns", [](Plan& p) { p.tables[3].open = true; }},
      {"tables[3].key: the table has no column `key`", [](Plan& p) { p.tables[3].key = {"key"}; }},
      {"tables[0].name: only a derived table's name", [](Plan& p) { p.tables[0].name = "~comments"; }},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    Plan plan = EveryKind();
    c.change(plan);
    Status verified = Verify(plan);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().message.find(c.message) == 0);
  }
}

TEST_CASE("joins cannot double the width of rows without end") {
  Plan plan = JoinedPlan();
  for (uint32_t i = 5; i < 70; ++i) plan.nodes.push_back({{i, i}, Join{}});
  Status verified = Verify(plan);
  REQUIRE_FALSE(verified);
  CHECK(verified.error().message.find("too many fields") != std::string::npos);
}

std::string LoadError(const Plan& plan, const std::string& from, const std::string& to) {
  std::string text = ToJson(plan);
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  auto loaded = Load(text.replace(at, from.size(), to));
  REQUIRE_FALSE(loaded);
  return loaded.error().message;
}

TEST_CASE("nodes that are none are refused with their place") {
  Plan plan = EveryKind();
  REQUIRE(Finish(plan));
  CHECK(LoadError(plan, R"("kind":"distinct")", R"("kind":"sort")") == "nodes[7].kind: no kind of node is named `sort`");
  CHECK(LoadError(plan, R"("kind":"distinct")", R"("kin":"sort")") == "nodes[7].kind: a string is wanted");
  CHECK(LoadError(plan, R"("function":"max")", R"("function":"median")").find("nodes[9].calls[2].function: no agg") == 0);
  CHECK(LoadError(plan, R"("limit":50)", R"("limit":-50)").find("nodes[10].limit: a number") == 0);
  CHECK(LoadError(plan, R"("offset":3)", R"("offset":"3")").find("nodes[10].offset: a number") == 0);
  CHECK(LoadError(plan, R"("anti":true)", R"("anti":1)") == "nodes[6].anti: true or false is wanted");
  CHECK(LoadError(plan, R"("node":10)", R"("node":null)").find("tables[4].node: a number") == 0);
  CHECK(LoadError(plan, R"("partition":[0])", R"("partition":0)") == "nodes[10].partition: an array is wanted");
}

TEST_CASE("a node's id is its content, down to its tables") {
  Plan plan = JoinedPlan();
  std::vector<std::string> ids = NodeIds(plan);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
  // Where nodes and tables stand does not matter.
  Plan moved = JoinedPlan();
  std::swap(moved.tables[0], moved.tables[1]);
  std::swap(moved.nodes[0], moved.nodes[1]);
  std::get<Scan>(moved.nodes[0].kind).table = 0;
  std::get<Scan>(moved.nodes[1].kind).table = 1;
  moved.nodes[3].inputs = {1, 0};
  REQUIRE(Verify(moved));
  CHECK(NodeIds(moved)[5] == ids[5]);
  Plan changed = JoinedPlan();
  std::get<Scan>(changed.nodes[1].kind).outputs[2] = E("(lower (column title))");
  CHECK(NodeIds(changed)[5] != ids[5]);
  CHECK(NodeIds(changed)[2] == ids[2]);
}

TEST_CASE("programs of nodes are printed with their places") {
  Plan plan = EveryKind();
  std::string text = PrintPrograms(plan);
  CHECK(text.find("node 0 (scan of comments) filter") != std::string::npos);
  CHECK(text.find("node 6 (semijoin) filter") != std::string::npos);
}

}  // namespace
}  // namespace bulkhead::plan
