#include <catch2/catch.hpp>
#include <functional>

#include "runtime/base/limits.h"
#include "runtime/plan/expression_json.h"
#include "runtime/plan/plan_json.h"
#include "sample_plan.h"

namespace bulkhead::plan {
namespace {

Plan Finished() {
  Plan plan = SamplePlan();
  Status finished = Finish(plan);
  if (!finished) FAIL(finished.error().message);
  return plan;
}

std::string LoadError(const std::string& text) {
  auto loaded = Load(text);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Code::InvalidPlan);
  return loaded.error().message;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("a plan round-trips through its JSON") {
  Plan plan = Finished();
  std::string text = ToJson(plan);
  auto loaded = Load(text);
  if (!loaded) FAIL(loaded.error().message);
  CHECK(ToJson(*loaded) == text);
  CHECK(loaded->digest == plan.digest);
  CHECK(loaded->streams[0].queriers[0].span == plan.streams[0].queriers[0].span);
  CHECK(loaded->pipelines[1].filter == plan.pipelines[1].filter);
  CHECK_FALSE(loaded->pipelines[0].output[0].value);
  CHECK(text.front() == '{');
  CHECK(text.find("\n\"buckets\":[\n{\"id\":\"w\"") != std::string::npos);
}

TEST_CASE("the digest covers everything but files and spans") {
  Plan plan = Finished(), other = Finished();
  other.files = {"elsewhere.sync", "b.sync"};
  other.streams[0].queriers[0].span = {};
  other.streams[1].span = {1, 2, 3, 4, 5};
  REQUIRE(Finish(other));
  CHECK(other.digest == plan.digest);
  std::vector<std::function<void(Plan&)>> changes = {
      [](Plan& p) { p.claims[0].not_null = false; },
      [](Plan& p) { p.tables[1].columns.push_back("more"); },
      [](Plan& p) { p.pipelines[0].output_table = "x"; },
      [](Plan& p) { p.pipelines[1].filter = E("(= (column done) 1)"); },
      [](Plan& p) { p.lookups[0].filter.reset(); },
      [](Plan& p) { p.buckets[0].id = "w2"; },
      [](Plan& p) { p.streams[0].priority = 2; },
      [](Plan& p) { p.streams[1].parameters[1].default_value = E("1"); },
      [](Plan& p) { p.streams[2].auto_subscribe = false; },
  };
  for (const auto& change : changes) {
    Plan changed = Finished();
    change(changed);
    REQUIRE(Finish(changed));
    CHECK(changed.digest != plan.digest);
  }
}

TEST_CASE("every form of expression round-trips") {
  double third = 1.0 / 3;
  std::vector<vm::Expr> exprs = {
      vm::Null(), vm::Integer(INT64_MIN), vm::Integer(INT64_MAX), vm::Integer(0), vm::Real(third), vm::Real(1.0),
      vm::Real(-0.0), vm::Real(1e300 * 1e300), vm::Real(-1e300 * 1e300), vm::Real(5e-324), vm::Text(""),
      vm::Text("it's \"\\ \x01 é 😀"), vm::Text(std::string_view("a\0b", 3)), vm::Text("\xff\xfe"), vm::Text("column"),
      vm::Blob(""), vm::Blob(std::string_view("\0\xff", 2)), vm::ColumnOf("a b"), vm::ExpandOf(2, vm::ExpandOutput::Atom),
      vm::BindingOf(7), vm::RequestOf(vm::RequestPart::Connection),
      E("(case (= (column a) 1) (lower 'X') (in_list (binding 0) 1 2.5 X'00'))"),
  };
  for (const vm::Expr& expr : exprs) {
    INFO(vm::Print(expr));
    auto json = nlohmann::json::parse(ToJson(expr).dump());
    auto back = ExprFromJson(json);
    if (!back) FAIL(back.error().message);
    CHECK(*back == expr);
  }
}

TEST_CASE("expressions from outside are refused with a reason") {
  auto refused = [](const std::string& text) {
    auto expr = ExprFromJson(nlohmann::json::parse(text));
    REQUIRE_FALSE(expr);
    return expr.error().message;
  };
  CHECK(refused("0.5").find("null, an integer, a string or an array") != std::string::npos);
  CHECK(refused("true").find("null, an integer") != std::string::npos);
  CHECK(refused("9223372036854775808").find("out of range") != std::string::npos);
  CHECK(refused("[]").find("starts with a name") != std::string::npos);
  CHECK(refused("[1]").find("starts with a name") != std::string::npos);
  CHECK(refused(R"(["nosuch",1])").find("`nosuch` takes 1") != std::string::npos);
  CHECK(refused(R"(["=",1])").find("`=` takes 1") != std::string::npos);
  CHECK(refused(R"(["real","x"])").find("not a real") != std::string::npos);
  CHECK(refused(R"(["real","nan"])").find("not a real") != std::string::npos);
  CHECK(refused(R"(["real",5])").find("takes a string") != std::string::npos);
  CHECK(refused(R"(["blob","abc"])").find("hexadecimal") != std::string::npos);
  CHECK(refused(R"(["blob","AB"])").find("hexadecimal") != std::string::npos);
  CHECK(refused(R"(["column"])").find("takes a string") != std::string::npos);
  CHECK(refused(R"(["request","body"])").find("no part") != std::string::npos);
  CHECK(refused(R"(["expand",0])").find("a number and a name") != std::string::npos);
  CHECK(refused(R"(["expand",0,"x"])").find("no output") != std::string::npos);
  CHECK(refused(R"(["binding",-1])").find("takes a number") != std::string::npos);
  std::string deep = "1";
  for (int i = 0; i < 300; ++i) deep = "[\"not\"," + deep + "]";
  CHECK(refused(deep).find("too deeply") != std::string::npos);
}

TEST_CASE("text that is no plan is refused") {
  std::string text = ToJson(Finished());
  CHECK(LoadError("").find("not JSON") != std::string::npos);
  CHECK(LoadError("{\"a\":").find("not JSON") != std::string::npos);
  CHECK(LoadError("[]").find("a plan is a JSON object") != std::string::npos);
  CHECK(LoadError("{}").find("`bulkhead.plan`") != std::string::npos);
  CHECK(LoadError(Replaced(text, "\"bulkhead.plan\":1", "\"bulkhead.plan\":2")).find("format 2") != std::string::npos);
  CHECK(LoadError(std::string(1000, '[')).find("nested too deeply") != std::string::npos);
  CHECK(LoadError("[" + std::string(17 << 20, ',') + "]").find("too many values") != std::string::npos);
  CHECK(LoadError("\"" + std::string(1000, '[') + "\\\"").find("not JSON") != std::string::npos);
  CHECK(LoadError(Replaced(text, "\"priority\":1", "\"priority\":2")).find("digest: the plan is not what") == 0);
  CHECK(LoadError(Replaced(text, "\"digest\"", "\"no_digest\"")).find("digest: a string is wanted") == 0);
}

TEST_CASE("members of the wrong type are refused with their place") {
  std::string text = ToJson(Finished());
  auto error = [&](const char* from, const char* to) { return LoadError(Replaced(text, from, to)); };
  CHECK(error("\"priority\":1", "\"priority\":256") == "streams[0].priority: a number from 0 to 255 is wanted");
  CHECK(error("\"priority\":1", "\"priority\":-1").find("streams[0].priority: a number") == 0);
  CHECK(error("\"priority\":1", "\"priority\":\"1\"").find("streams[0].priority: a number") == 0);
  CHECK(error("\"priority\":1,", "").find("streams[0].priority: a number") == 0);
  CHECK(error("\"auto_subscribe\":true", "\"auto_subscribe\":1") == "streams[0].auto_subscribe: true or false is wanted");
  CHECK(error("\"name\":\"mine\"", "\"name\":5") == "streams[0].name: a string is wanted");
  CHECK(error("\"pipelines\":[0]", "\"pipelines\":0") == "buckets[0].pipelines: an array is wanted");
  CHECK(error("\"pipelines\":[0]", "\"pipelines\":[0.5]").find("buckets[0].pipelines[0]: a number") == 0);
  CHECK(error("\"type\":\"text\"", "\"type\":\"texts\"") == "claims[0].type: `texts` is no type of a parameter");
  CHECK(error("[\"column\",\"workspace_id\"]", "[\"colum\",\"x\"]").find("lookups[0].outputs[0]: no function") == 0);
  CHECK(error("{\"id\":\"w\"", "7,{\"id\":\"w\"") == "buckets[0]: an object is wanted");
  CHECK(error("[0,3,1,3,40]", "[0,3,1,3]") == "streams[0].queriers[0].span: five numbers are wanted");
}

TEST_CASE("fields of a newer compiler are ignored, and covered by the digest") {
  nlohmann::json document = nlohmann::json::parse(ToJson(Finished()));
  document["verify"] = {{"tables", 1.5}};
  document["streams"][0]["novel"] = true;
  document["digest"] = HexLower(DigestOf(document));
  auto loaded = Load(document.dump());
  if (!loaded) FAIL(loaded.error().message);
  CHECK(HexLower(loaded->digest) == document["digest"].get<std::string>());
  CHECK(loaded->digest != Finished().digest);
}

TEST_CASE("each rule of the verifier names the place it finds broken") {
  struct Case {
    const char* message;
    std::function<void(Plan&)> change;
  };
  vm::Expr deep = vm::Integer(1);
  for (size_t i = 0; i < limits::ExpressionDepthMax; ++i) deep = vm::Apply(vm::Operator::Not, std::move(deep));
  std::vector<Case> cases = {
      {"claims[1]: the name `sub` is given twice", [](Plan& p) { p.claims.push_back(p.claims[0]); }},
      {"claims[0]: a name is empty", [](Plan& p) { p.claims[0].name = ""; }},
      {"tables[0].name: a name is empty", [](Plan& p) { p.tables[0].name = ""; }},
      {"tables[2].schema: a name is not UTF-8", [](Plan& p) { p.tables[2].schema = "\xff"; }},
      {"tables[3]: the name `tasks` is given twice", [](Plan& p) { p.tables.push_back(p.tables[0]); }},
      {"tables[0].columns: the name `id` is given twice", [](Plan& p) { p.tables[0].columns.push_back("id"); }},
      {"tables[0].key: the table has no key", [](Plan& p) { p.tables[0].key.clear(); }},
      {"tables[0].key: the table has no column `uuid`", [](Plan& p) { p.tables[0].key = {"uuid"}; }},
      {"tables[1].key: the name `user_id` is given twice", [](Plan& p) { p.tables[1].key[1] = "user_id"; }},
      {"tables[0]: the table has too many columns",
       [](Plan& p) { p.tables[0].columns.resize(limits::ColumnsPerRowMax + 1, "x"); }},
      {"pipelines[0].table: 3 is out of range", [](Plan& p) { p.pipelines[0].table = 3; }},
      {"pipelines[0].keys[0]: table `tasks` has no column `nope`", [](Plan& p) { p.pipelines[0].keys = {E("(column nope)")}; }},
      {"pipelines[0].keys[0]: binding 0 cannot be read", [](Plan& p) { p.pipelines[0].keys = {E("(binding 0)")}; }},
      {"pipelines[0].keys[0]: table function 0 cannot", [](Plan& p) { p.pipelines[0].keys = {E("(expand 0 value)")}; }},
      {"pipelines[0].filter: the request cannot be read", [](Plan& p) { p.pipelines[0].filter = E("(request auth)"); }},
      {"pipelines[0].filter: expression is nested too deeply", [&](Plan& p) { p.pipelines[0].filter = deep; }},
      {"pipelines[1].expansions[0].function: no table function is named `unnest`",
       [](Plan& p) { p.pipelines[1].expansions[0].function = "unnest"; }},
      {"pipelines[1].expansions[0].input: table function 0",
       [](Plan& p) { p.pipelines[1].expansions[0].input = E("(expand 0 value)"); }},
      {"pipelines[1]: too many table functions",
       [](Plan& p) { p.pipelines[1].expansions.resize(9, p.pipelines[1].expansions[0]); }},
      {"pipelines[1].output_table: a name is empty", [](Plan& p) { p.pipelines[1].output_table = ""; }},
      {"pipelines[1].output_id: table `tasks` has no column", [](Plan& p) { p.pipelines[1].output_id = E("(column x)"); }},
      {"pipelines[1].output[1].value: table `tasks`", [](Plan& p) { p.pipelines[1].output[1].value = E("(column x)"); }},
      {"pipelines[1].output[1].name: a name is empty", [](Plan& p) { p.pipelines[1].output[1].name = ""; }},
      {"pipelines[1].output: too many columns",
       [](Plan& p) { p.pipelines[1].output.resize(limits::ColumnsPerRowMax + 1, p.pipelines[1].output[0]); }},
      {"lookups[0].table: 9 is out of range", [](Plan& p) { p.lookups[0].table = 9; }},
      {"lookups[0].filter: table `members`", [](Plan& p) { p.lookups[0].filter = E("(column title)"); }},
      {"lookups[0].inputs[0]: the request", [](Plan& p) { p.lookups[0].inputs = {E("(request auth)")}; }},
      {"lookups[0].outputs[0]: table `members`", [](Plan& p) { p.lookups[0].outputs[0] = E("(column title)"); }},
      {"buckets[1].id: the name `w` is given twice", [](Plan& p) { p.buckets[1].id = "w"; }},
      {"buckets[0].id: a bucket id holds no `[`", [](Plan& p) { p.buckets[0].id = "w[1]"; }},
      {"buckets[0].pipelines: the bucket has no pipeline", [](Plan& p) { p.buckets[0].pipelines.clear(); }},
      {"buckets[0].pipelines: 3 is out of range", [](Plan& p) { p.buckets[0].pipelines = {3}; }},
      {"buckets[0].key_size: 2, but pipeline 0 has 1 keys", [](Plan& p) { p.buckets[0].key_size = 2; }},
      {"streams[1].name: the name `mine` is given twice", [](Plan& p) { p.streams[1].name = "mine"; }},
      {"streams[0].priority: a priority is", [](Plan& p) { p.streams[0].priority = 4; }},
      {"streams[1].parameters[1]: the name `tag`", [](Plan& p) { p.streams[1].parameters[1].name = "tag"; }},
      {"streams[1].parameters[1].default_value: no row's columns",
       [](Plan& p) { p.streams[1].parameters[1].default_value = E("(column x)"); }},
      {"streams[0].queriers[0].bucket: 5 is out", [](Plan& p) { p.streams[0].queriers[0].bucket = 5; }},
      {"streams[1].queriers[0].request_filter: no row's columns",
       [](Plan& p) { p.streams[1].queriers[0].request_filter = E("(column x)"); }},
      {"streams[1].queriers[0].request_filter: binding 0",
       [](Plan& p) { p.streams[1].queriers[0].request_filter = E("(binding 0)"); }},
      {"streams[0].queriers[0].stages[0].lookup: 1 is out",
       [](Plan& p) { std::get<LookupStage>(p.streams[0].queriers[0].stages[0].source).lookup = 1; }},
      {"streams[0].queriers[0].stages[0].inputs: 0 values for a lookup of 1",
       [](Plan& p) { std::get<LookupStage>(p.streams[0].queriers[0].stages[0].source).inputs.clear(); }},
      {"streams[0].queriers[0].stages[0].inputs[0]: binding 0",
       [](Plan& p) { std::get<LookupStage>(p.streams[0].queriers[0].stages[0].source).inputs = {E("(binding 0)")}; }},
      {"streams[0].queriers[0].stages[0].filter: binding 2",
       [](Plan& p) { p.streams[0].queriers[0].stages[0].filter = E("(binding 2)"); }},
      {"streams[0].queriers[0].stages[1].function: no table function",
       [](Plan& p) { p.streams[0].queriers[0].stages.push_back({ExpandStage{"x", E("1")}, std::nullopt}); }},
      {"streams[0].queriers[0].stages[1].input: binding 5",
       [](Plan& p) { p.streams[0].queriers[0].stages.push_back({ExpandStage{"json_each", E("(binding 5)")}, std::nullopt}); }},
      {"streams[0].queriers[0]: too many stages",
       [](Plan& p) { p.streams[0].queriers[0].stages.resize(65, p.streams[0].queriers[0].stages[0]); }},
      {"streams[0].queriers[0].key: 0 values for a bucket of 1 keys", [](Plan& p) { p.streams[0].queriers[0].key.clear(); }},
      {"streams[0].queriers[0].key[0]: binding 2", [](Plan& p) { p.streams[0].queriers[0].key = {E("(binding 2)")}; }},
  };
  for (const Case& c : cases) {
    INFO(c.message);
    Plan plan = SamplePlan();
    c.change(plan);
    Status verified = Verify(plan);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == Code::InvalidPlan);
    CHECK(verified.error().message.find(c.message) == 0);
  }
}

TEST_CASE("call arity is verified in trees made in memory") {
  Plan plan = SamplePlan();
  vm::Call broken{vm::Operator::Eq, {vm::Integer(1)}};
  plan.pipelines[0].filter = vm::Expr{broken};
  Status verified = Verify(plan);
  REQUIRE_FALSE(verified);
  CHECK(verified.error().message == "pipelines[0].filter: `=` does not take 1 arguments");
}

TEST_CASE("a lookup's id is its content") {
  Plan plan = SamplePlan();
  plan.lookups.push_back(plan.lookups[0]);
  CHECK(LookupId(plan, 0) == LookupId(plan, 1));
  plan.lookups[1].filter.reset();
  CHECK(LookupId(plan, 0) != LookupId(plan, 1));
  std::string before = LookupId(plan, 0);
  plan.tables[1].schema = "other";
  CHECK(LookupId(plan, 0) != before);
}

TEST_CASE("loading survives any damage to the text") {
  std::string text = ToJson(Finished());
  for (size_t i = 0; i < text.size(); i += 3) {
    (void)Load(text.substr(0, i));
    for (char c : {'"', '[', '}', '0', '-', 'x'}) {
      std::string damaged = text;
      damaged[i] = c;
      auto loaded = Load(damaged);
      if (loaded) CHECK(loaded->digest == Finished().digest);  // files and spans may change
    }
  }
}

}  // namespace
}  // namespace bulkhead::plan
