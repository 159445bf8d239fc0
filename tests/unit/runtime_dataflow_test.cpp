#include "runtime/dataflow/row_evaluator.h"

#include <catch2/catch.hpp>
#include <functional>

#include "runtime/base/limits.h"
#include "runtime/dataflow/tuple.h"
#include "runtime/value/key.h"
#include "sample_plan.h"

namespace bulkhead::dataflow {
namespace {

using plan::E;
using value::Value;

std::shared_ptr<const value::RowShape> Shape(std::vector<std::string> columns) {
  return std::make_shared<value::RowShape>(value::RowShape{std::move(columns)});
}

// What a row gives, as text: `w["w1"] tasks t1 {…}`, `lookup 0 key output`, `problem …`.
std::vector<std::string> Describe(const plan::Plan& plan, const RowResult& result) {
  std::vector<std::string> lines;
  for (const Membership& m : result.memberships) {
    const std::string& type = plan.pipelines[m.pipeline].output_table;
    Digest digest = Sha256({"put.", type, ".", m.object_id, ".", m.data});
    CHECK(m.checksum == ChecksumOf(digest));
    CHECK(std::equal(m.hash.begin(), m.hash.end(), digest.begin()));
    CHECK(m.bucket_name.substr(0, m.bucket_name.find('[')) == plan.buckets[m.bucket].id);
    lines.push_back(std::string(m.bucket_name) + " " + type + " " + std::string(m.object_id) + " " + std::string(m.data));
  }
  for (const LookupEntry& l : result.lookups) {
    auto key = value::DecodeKey(l.key);
    REQUIRE(key);
    std::string line = "lookup " + std::to_string(l.lookup) + " " + value::KeyText(*key) + " ->";
    std::string_view output = l.output;
    for (Value v; ReadTuple(output, v);) line += " " + vm::PrintLiteral(v);
    CHECK(output.empty());
    lines.push_back(line);
  }
  for (const Problem& p : result.problems) {
    const char* part = p.part == Part::Pipeline ? "pipeline " : p.part == Part::Lookup ? "lookup " : "scan ";
    lines.push_back(part + std::to_string(p.index) + ": " + std::string(p.reason));
  }
  return lines;
}

struct Fixture {
  plan::Plan plan = plan::SamplePlan();
  std::unique_ptr<RowEvaluator> rows;

  explicit Fixture(const std::function<void(plan::Plan&)>& change = {}) {
    if (change) change(plan);
    Status verified = plan::Verify(plan);
    if (!verified) FAIL(verified.error().message);
    rows = std::make_unique<RowEvaluator>(plan);
  }
  std::vector<std::string> operator()(const std::string& table, const std::shared_ptr<const value::RowShape>& shape,
                                      std::vector<Value> values) {
    auto result = rows->Evaluate(rows->FindTables(table)[0].table, table, {shape, values});
    if (!result) FAIL(result.error().message);
    return Describe(plan, **result);
  }
};

using Lines = std::vector<std::string>;
const auto Tasks = Shape({"id", "workspace_id", "title", "done", "tags"});
const auto Members = Shape({"user_id", "workspace_id", "role"});

TEST_CASE("a row goes into the buckets of its keys") {
  Fixture f;
  CHECK(f("tasks", Tasks, {Value::Text("t1"), Value::Text("w1"), Value::Text("a \"b\""), Value::Integer(0), Value::Text(R"(["x","y"])")}) ==
        Lines{R"(w["w1"] tasks t1 {"id":"t1","workspace_id":"w1","title":"A \"B\"","done":0,"tags":"[\"x\",\"y\"]"})",
              R"(t["x"] tagged_tasks t1 {"id":"t1","title":"a \"b\""})", R"(t["y"] tagged_tasks t1 {"id":"t1","title":"a \"b\""})"});
  // Not open: no tags. A NULL key: no bucket.
  CHECK(f("tasks", Tasks, {Value::Text("t1"), Value::Null(), Value::Null(), Value::Integer(1), Value::Text("[\"x\"]")}).empty());
  CHECK(f("members", Members, {Value::Text("u"), Value::Text("w1"), Value::Text("admin")}) == Lines{"lookup 0 [\"u\"] -> 'w1' 'admin'"});
  CHECK(f("members", Members, {Value::Text("u"), Value::Text("w1"), Value::Text("guest")}).empty());
  CHECK(f("members", Members, {Value::Text("u"), Value::Text("w1"), Value::Null()}).empty());
  CHECK(f("members", Members, {Value::Null(), Value::Text("w1"), Value::Text("x")}).empty());
  CHECK(f("members", Members, {Value::Integer(1), Value::Null(), Value::Text("x")}) == Lines{"lookup 0 [1] -> NULL 'x'"});
}

TEST_CASE("equal keys name one bucket, whatever their type") {
  Fixture f;
  auto bucket = [&](Value v) { return f("tasks", Tasks, {Value::Text("t"), v, Value::Null(), Value::Integer(1), Value::Null()}).at(0).substr(0, 6); };
  CHECK(bucket(Value::Integer(1)) == "w[1] t");
  CHECK(bucket(Value::Real(1.0)) == "w[1] t");
  CHECK(bucket(Value::Text("1")) == "w[\"1\"]");
  CHECK(BucketName("w", std::vector<Value>{Value::Real(1.0)}) == "w[1]");
}

TEST_CASE("the id is text; NULL and blobs are no ids") {
  Fixture f;
  auto row = [&](Value id) { return f("app.notes", Shape({"id", "x"}), {id, Value::Integer(5)}); };
  CHECK(row(Value::Integer(7)) == Lines{R"(n[] notes 7 {"id":7,"x":5})"});
  CHECK(row(Value::Real(1.5)) == Lines{R"(n[] notes 1.5 {"id":1.5,"x":5})"});
  CHECK(row(Value::Text("")) == Lines{R"(n[] notes  {"id":"","x":5})"});
  CHECK(row(Value::Null()) == Lines{"pipeline 2: its id is NULL"});
  CHECK(row(Value::Blob("a")) == Lines{"pipeline 2: its id is a blob"});
}

TEST_CASE("blob columns are left out of the data") {
  Fixture f;
  CHECK(f("app.notes", Shape({"b", "id"}), {Value::Blob("abc"), Value::Integer(1)}) == Lines{R"(n[] notes 1 {"id":1})"});
}

TEST_CASE("a failed evaluation keeps the row out of that pipeline alone") {
  Fixture f([](plan::Plan& p) { p.pipelines[0].output.push_back({"first", E("(-> (column tags) 0)")}); });
  auto lines = f("tasks", Tasks, {Value::Text("t1"), Value::Text("w1"), Value::Text("x"), Value::Integer(0), Value::Text("[\"a\",")});
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("pipeline 0: ") == 0);
  CHECK(lines[1].find("pipeline 1: ") == 0);
  // The next row is not affected.
  CHECK(f("tasks", Tasks, {Value::Text("t1"), Value::Text("w1"), Value::Text("x"), Value::Integer(0), Value::Text("[5]")}).size() == 2);
}

TEST_CASE("a failure half way through an expansion takes back what came before") {
  Fixture f([](plan::Plan& p) { p.pipelines[1].filter = E("(-> (expand 0 value) 'k')"); });
  auto lines = f("tasks", Tasks, {Value::Text("t"), Value::Null(), Value::Null(), Value::Integer(0), Value::Text(R"([{"k":1},"no json"])")});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("pipeline 1: ") == 0);
}

TEST_CASE("outputs that read expansions differ per element; others are shared") {
  Fixture f([](plan::Plan& p) {
    p.pipelines[1].output_id = E("(|| (column id) (expand 0 key))");
    p.pipelines[1].output[1] = {"tag", E("(expand 0 value)")};
  });
  CHECK(f("tasks", Tasks, {Value::Text("t"), Value::Null(), Value::Null(), Value::Integer(0), Value::Text("[\"a\",\"b\"]")}) ==
        Lines{R"(t["a"] tagged_tasks t0 {"id":"t","tag":"a"})", R"(t["b"] tagged_tasks t1 {"id":"t","tag":"b"})"});
  plan::Plan shared = plan::SamplePlan();
  shared.pipelines[1].output = shared.pipelines[0].output;
  shared.pipelines[1].output_table = "tasks";
  RowEvaluator rows(shared);
  std::vector<Value> values = {Value::Text("t"), Value::Text("w"), Value::Text("x"), Value::Integer(0), Value::Text("[\"a\"]")};
  auto result = rows.Evaluate(0, "tasks", {Tasks, values});
  REQUIRE(result);
  REQUIRE((*result)->memberships.size() == 2);
  CHECK((*result)->memberships[0].data.data() == (*result)->memberships[1].data.data());
}

TEST_CASE("several expansions multiply; a later one may read an earlier one") {
  Fixture f([](plan::Plan& p) {
    p.pipelines[1].expansions.push_back({"json_each", E("(expand 0 value)")});
    p.pipelines[1].keys = {E("(expand 1 value)")};
  });
  auto lines = f("tasks", Tasks, {Value::Text("t"), Value::Null(), Value::Null(), Value::Integer(0), Value::Text("[[1,2],[],[3]]")});
  REQUIRE(lines.size() == 3);
  CHECK(lines[2].substr(0, 4) == "t[3]");
}

TEST_CASE("a row may not expand without bound") {
  Fixture f([](plan::Plan& p) { p.pipelines[1].expansions.push_back({"json_each", E("(column tags)")}); });
  std::string tags = "[0";
  for (int i = 1; i < 400; ++i) tags += ",0";
  auto lines = f("tasks", Tasks, {Value::Text("t"), Value::Null(), Value::Null(), Value::Integer(0), Value::Text(tags + "]")});
  CHECK(lines == Lines{"pipeline 1: the row gives too many rows through json_each"});
}

TEST_CASE("an output that is too large is a problem") {
  Fixture f;
  std::string large(limits::RowBytesMax, 'x');
  CHECK(f("app.notes", Shape({"id", "x"}), {Value::Integer(1), Value::Text(large)}) == Lines{"pipeline 2: the output row is too large"});
}

TEST_CASE("shapes come and go") {
  Fixture f;
  std::vector<Value> values = {Value::Text("t1"), Value::Integer(2)};
  // Another order of columns, other columns, a new object for the same columns.
  auto lines = f("tasks", Shape({"workspace_id", "id"}), {Value::Text("w"), Value::Text("t")});
  REQUIRE(lines.size() >= 2);
  CHECK(lines[0] == R"(w["w"] tasks t {"workspace_id":"w","id":"t","title":null})");
  CHECK(lines[1] == "pipeline 0: the rows have no column `title`; it reads as NULL");
  // Said once per shape.
  CHECK(f("tasks", Shape({"workspace_id", "id"}), {Value::Text("w"), Value::Text("t")}).size() == 1);
  for (int i = 0; i < 20; ++i) {
    CHECK(f("app.notes", Shape({"c" + std::to_string(i), "id"}), values).at(0) ==
          "n[] notes 2 {\"c" + std::to_string(i) + R"(":"t1","id":2})");
  }
  CHECK_FALSE(f.rows->Evaluate(0, "tasks", {Tasks, values}));
  CHECK(f.rows->FindTables("nope").empty());
  CHECK(f.rows->FindTables("app.notes")[0].table == 2u);
}

TEST_CASE("a repeated output name replaces the earlier value in its place") {
  Fixture f([](plan::Plan& p) {
    p.pipelines[2].output = {{"x", E("1")}, {"", std::nullopt}, {"id", E("'me'")}};
  });
  CHECK(f("app.notes", Shape({"id", "x", "y"}), {Value::Integer(1), Value::Integer(2), Value::Integer(3)}) ==
        Lines{R"(n[] notes 1 {"x":2,"id":"me","y":3})"});
}

TEST_CASE("lookups without inputs or outputs") {
  Fixture f([](plan::Plan& p) {
    p.lookups[0].inputs.clear();
    p.lookups[0].outputs.clear();
    p.streams.erase(p.streams.begin());
  });
  CHECK(f("members", Members, {Value::Text("u"), Value::Text("w1"), Value::Text("admin")}) == Lines{"lookup 0 [] ->"});
}

TEST_CASE("tuples give back exactly what was put in") {
  std::vector<Value> values = {Value::Null(), Value::Integer(1), Value::Real(1.0), Value::Real(-0.0), Value::Text("1"),
                               Value::Blob("1"), Value::Text(""), Value::Text(std::string_view("\0", 1))};
  std::string bytes;
  for (Value v : values) AppendTuple(bytes, v);
  std::string_view rest = bytes;
  for (Value v : values) {
    Value back;
    REQUIRE(ReadTuple(rest, back));
    CHECK(value::OwnedValue(back) == value::OwnedValue(v));
  }
  CHECK(rest.empty());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    std::string_view part(bytes.data(), cut);
    for (Value v; ReadTuple(part, v);) {
    }
  }
  std::string_view bad = "\x09";
  Value v;
  CHECK_FALSE(ReadTuple(bad, v));
}

TEST_CASE("a subkey names the source row in bounded space") {
  std::vector<Value> key = {Value::Text("t1"), Value::Real(2.0)};
  CHECK(Subkey("tasks", key) == R"(tasks/["t1",2])");
  std::string longest(SubkeyBytesMax - 10, 'x'), too_long(SubkeyBytesMax - 9, 'x');
  CHECK(Subkey("tasks", std::vector<Value>{Value::Text(longest)}).size() == SubkeyBytesMax);
  std::string hashed = Subkey("tasks", std::vector<Value>{Value::Text(too_long)});
  CHECK(hashed.size() == 64);
  CHECK(hashed == HexLower(Sha256({"tasks/[\"", too_long, "\"]"})));
}

}  // namespace
}  // namespace bulkhead::dataflow
