#include <catch2/catch.hpp>

#include "compiler/ir/ir.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/ir/walk.h"

using namespace bulkhead;
using namespace bulkhead::ir;
using value::Value;

namespace {

// SELECT id FROM tasks WHERE EXISTS (SELECT FROM members WHERE members.id = tasks.id AND members.user = auth
// ->> 'sub')
struct Fixture {
  Module module;
  OccurrenceId tasks, members;
  SelectId outer, inner;
  ExprId exists, key;

  ExprId Add(decltype(Expr::kind) kind) { return module.exprs.Add({std::move(kind), {}, {}}); }
  ExprId Column(OccurrenceId occurrence, std::string name) {
    return Add(ColumnExpr{occurrence, std::move(name)});
  }
  ExprId Text(std::string_view text) { return Add(LiteralExpr{value::OwnedValue(Value::Text(text))}); }

  Fixture() {
    tasks = module.occurrences.Add({"tasks", TableSource{{}, "", "tasks", {}, false, false}, {}});
    members = module.occurrences.Add({"m", TableSource{{}, "app", "members", {}, false, false}, {}});
    key = Column(tasks, "id");
    ExprId same = Add(CallExpr{"=", {Column(members, "id"), key}});
    ExprId sub = Add(CallExpr{"->>", {Add(RequestExpr{RequestPart::Auth}), Text("sub")}});
    ExprId mine = Add(CallExpr{"=", {Column(members, "User"), sub}});
    Select subquery;
    subquery.from = {members};
    subquery.where = Add(CallExpr{"and", {same, mine}});
    inner = module.selects.Add(subquery);
    exists = Add(ExistsExpr{{inner}});
    Select select;
    select.from = {tasks};
    select.where = exists;
    select.outputs = {{"id", key, {}, {}}};
    select.root = tasks;
    select.output_table = "tasks";
    select.output_id = key;
    outer = module.selects.Add(select);
    Stream stream;
    stream.name = "mine";
    stream.queries = {{{outer}, {}}};
    module.streams.push_back(stream);
  }
};

}  // namespace

TEST_CASE("the text form names occurrences in the order they appear") {
  Fixture f;
  CHECK(Print(f.module) ==
        "stream mine priority 3\n"
        "  query\n"
        "    select into tasks\n"
        "      from t0 tasks\n"
        "      where (exists (select (from t1 app.members) (where (= (column t1 id) (column t0 id)))"
        " (where (= (column t1 \"User\") (->> auth 'sub')))))\n"
        "      output id (column t0 id)\n"
        "      root t0 id (column t0 id)\n");
  CHECK(Describe(f.module, f.members) == "app.members m");
}

TEST_CASE("literals print as SQL") {
  CHECK(PrintLiteral(Value::Null()) == "NULL");
  CHECK(PrintLiteral(Value::Integer(-3)) == "-3");
  CHECK(PrintLiteral(Value::Real(2)) == "2.0");
  CHECK(PrintLiteral(Value::Text("it's")) == "'it''s'");
  CHECK(PrintLiteral(Value::Blob(std::string_view("\0\xff", 2))) == "X'00ff'");
}

TEST_CASE("a sound module verifies") {
  Fixture f;
  CHECK(Verify(f.module).empty());
}

TEST_CASE("the verifier finds what is unsound") {
  Fixture f;
  auto only = [&](const std::string& text) {
    auto problems = Verify(f.module);
    REQUIRE(problems.size() >= 1);
    CHECK(problems[0].find(text) != std::string::npos);
  };
  SECTION("a column out of scope") {
    f.module.selects[f.outer].where = f.Column(f.members, "id");
    only("out of scope");
  }
  SECTION("an id of another module") {
    f.module.selects[f.outer].where = ExprId{9999};
    only("not of this module");
  }
  SECTION("widths of IN") {
    f.module.selects[f.outer].where = f.Add(InSelectExpr{{f.key}, {f.inner}});
    only("1 values with 0 outputs");
  }
  SECTION("an empty union") {
    f.module.selects[f.outer].where = f.Add(ExistsExpr{});
    only("without arms");
  }
  SECTION("a root that is not in FROM") {
    f.module.selects[f.outer].root = f.members;
    only("root is not in FROM");
  }
  SECTION("an error that was not reported") {
    f.module.selects[f.outer].where = f.Add(ErrorExpr{});
    only("error expression");
  }
  SECTION("an occurrence twice") {
    f.module.selects[f.inner].from.push_back(f.tasks);
    only("twice in scope");
  }
  SECTION("nesting") {
    ExprId deep = f.key;
    for (int i = 0; i < 2000; ++i) deep = f.Add(CallExpr{"not", {deep}});
    f.module.selects[f.outer].where = deep;
    only("too deeply");
  }
  SECTION("no output") {
    f.module.selects[f.outer].output_id = {};
    f.module.selects[f.outer].outputs.clear();
    CHECK(Verify(f.module).size() == 2);
  }
}

TEST_CASE("walks see subqueries when asked") {
  Fixture f;
  size_t without = 0, with = 0;
  Visit(f.module, f.exists, Subqueries::Skip, [&](ExprId, const Expr&) { ++without; });
  Visit(f.module, f.exists, Subqueries::Enter, [&](ExprId, const Expr&) { ++with; });
  CHECK(without == 1);
  CHECK(with == 10);
  ReadSet reads = ReadsOf(f.module, f.exists);
  CHECK(reads.occurrences == std::vector<OccurrenceId>{f.tasks, f.members});
  CHECK(reads.request);
  CHECK(reads.subquery);
  CHECK(Conjuncts(f.module, f.module.selects[f.inner].where).size() == 2);
  CHECK(Conjuncts(f.module, f.exists) == std::vector<ExprId>{f.exists});
  CHECK(Conjuncts(f.module, {}).empty());
}

TEST_CASE("walks do not recurse") {
  Fixture f;
  ExprId deep = f.key;
  for (int i = 0; i < 1'000'000; ++i) deep = f.Add(CallExpr{"not", {deep}});
  size_t count = 0;
  Visit(f.module, deep, Subqueries::Enter, [&](ExprId, const Expr&) { ++count; });
  CHECK(count == 1'000'001);
}
