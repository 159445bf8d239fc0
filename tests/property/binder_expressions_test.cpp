// Goal: what the binder makes of an expression (affinity, collation, three values of IN, rows, subqueries
// without tables) means what SQLite makes of the same text. Method: random SQL over one row of a table
// without column types, also through a subquery in FROM; bound, evaluated, and asked of SQLite. A
// disagreement is shrunk by putting parts of the expression in place of the whole.
// Known difference: of a row on the left of IN, SQLite leaves all values unconverted when one of them is
// NULL, so that (NULL, 1) IN (VALUES (5, CAST(1 AS text))) is 0 there although 1 = CAST(1 AS text) holds;
// here it is NULL.

#include <catch2/catch.hpp>

#include "compiler/ir/print.h"
#include "compiler/schema/schema.h"
#include "compiler/sema/sema.h"
#include "compiler/syntax/syntax.h"
#include "runtime/vm/tree.h"
#include "tests/property/vm_oracle.h"
#include "tests/property/vm_random.h"

using namespace bulkhead;
using bulkhead::testing::Oracle;
using bulkhead::testing::Random;
using value::OwnedValue;
using value::Value;

namespace {

// `form` with each # replaced by a part.
struct Node {
  std::string form;
  std::vector<Node> parts;
  std::string Text() const {
    std::string out;
    size_t next = 0;
    for (char c : form) out += c == '#' ? parts[next++].Text() : std::string(1, c);
    return out;
  }
};

class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  Node Value(int depth) {
    static const std::string Leaves[] = {"a",    "b",     "c",     "a",   "b",    "c",
                                         "5",    "1",     "1.5",   "5.0", "'5'",  "'5.0'",
                                         "' 5'", "'abc'", "'ABC'", "''",  "'1x'", "X'35'"};
    static const std::string Forms[] = {"CAST(# AS text)",
                                        "CAST(# AS integer)",
                                        "CAST(# AS real)",
                                        "CAST(# AS numeric)",
                                        "CAST(# AS blob)",
                                        "+#",
                                        "(#)",
                                        "(# || #)",
                                        "(# + #)",
                                        "(# COLLATE NOCASE)",
                                        "(# COLLATE BINARY)",
                                        "lower(#)",
                                        "coalesce(#, #)",
                                        "-#",
                                        "(# ->> 'k')",
                                        "CASE # WHEN # THEN # ELSE # END",
                                        "CASE WHEN # THEN # END",
                                        "ifnull(#, #)"};
    if (depth == 0 || random_.OneIn(3)) return {random_.Pick(Leaves), {}};
    if (random_.OneIn(5)) return {"(#)", {Condition(depth - 1)}};
    return Fill(random_.Pick(Forms), depth);
  }
  Node Condition(int depth) {
    static const std::string Forms[] = {"# = #",
                                        "# <> #",
                                        "# < #",
                                        "# >= #",
                                        "# IS #",
                                        "# IS NOT #",
                                        "# BETWEEN # AND #",
                                        "# NOT BETWEEN # AND #",
                                        "# IN (#, #)",
                                        "# NOT IN (#, #, NULL)",
                                        "# IN (#)",
                                        "# IN (SELECT #)",
                                        "# NOT IN (SELECT #)",
                                        "# IN (VALUES (#))",
                                        "(#, #) = (#, #)",
                                        "(#, #) <> (#, #)",
                                        "(#, #) IN (VALUES (#, #), (#, #))",
                                        "# IS NULL",
                                        "# IS NOT NULL",
                                        "# IS TRUE",
                                        "# IS NOT FALSE",
                                        "# IN (SELECT # WHERE #)",
                                        "# NOT IN (SELECT # WHERE #)",
                                        "EXISTS (SELECT 1 WHERE #)",
                                        "# LIKE #",
                                        "(#, #) IS (#, #)"};
    if (depth > 0 && random_.OneIn(5)) {
      static const std::string Logic[] = {"(# AND #)", "(# OR #)", "NOT (#)"};
      Node node{random_.Pick(Logic), {}};
      for (char c : node.form) {
        if (c == '#') node.parts.push_back({"(#)", {Condition(depth - 1)}});
      }
      return node;
    }
    return Fill(random_.Pick(Forms), depth);
  }
  Node Query(int depth) {
    if (random_.OneIn(2)) return {"SELECT id, (#) AS v FROM t", {Condition(depth)}};
    return {"SELECT id, (#) AS v FROM (SELECT id, # AS a, # AS b, # AS c FROM t) s",
            {Condition(depth), Value(2), Value(2), Value(1)}};
  }

 private:
  Node Fill(const std::string& form, int depth) {
    Node node{form, {}};
    for (char c : form) {
      if (c == '#') node.parts.push_back(Value(depth > 0 ? depth - 1 : 0));
    }
    return node;
  }
  Random& random_;
};

vm::Expr ToVm(const ir::Module& module, ir::ExprId id) {
  const ir::Expr& expr = module.exprs[id];
  if (const auto* literal = std::get_if<ir::LiteralExpr>(&expr.kind))
    return vm::Constant(literal->value.view());
  if (const auto* column = std::get_if<ir::ColumnExpr>(&expr.kind)) return vm::ColumnOf(column->column);
  const auto& call = std::get<ir::CallExpr>(expr.kind);
  std::vector<vm::Expr> args;
  for (ir::ExprId arg : call.args) args.push_back(ToVm(module, arg));
  auto applied = vm::ApplyNamed(call.callee, std::move(args));
  REQUIRE(applied);
  return *applied;
}

class Runner {
 public:
  Runner() : context_(arena_) {
    sqlite3_exec(oracle_.db(), "CREATE TABLE t (id, a, b, c)", nullptr, nullptr, nullptr);
  }
  // "" when both agree, or when either refuses the query.
  std::string Disagreement(const std::string& query, const std::vector<OwnedValue>& row) {
    source::Sources sources;
    source::Diagnostics diagnostics;
    ast::Tree tree;
    std::vector<ast::File> files;
    source::FileId file = sources.Add("case.sync", "CREATE STREAM s AS " + query + ";");
    files.push_back(syntax::ParseFile(tree, sources, file, diagnostics));
    auto catalog = schema::BuildCatalog(tree, sources, files, diagnostics);
    ir::Module module = sema::Bind(tree, files, catalog, diagnostics);
    if (diagnostics.has_errors()) return "";
    ir::ExprId value = module.selects[module.streams[0].queries[0].arms[0]].outputs.at(1).value;
    vm::Expr expr = ToVm(module, value);
    if (!vm::Bind(expr, {"id", "a", "b", "c"})) return "unbound column";
    std::vector<Value> views;
    for (const OwnedValue& each : row) views.push_back(each.view());
    context_.Reset();
    OwnedValue ours(
        vm::EvalTree(expr, {.columns = views, .expands = {}, .bindings = {}, .request = {}}, context_));
    if (context_.failed()) return "";
    sqlite3_exec(oracle_.db(), "DELETE FROM t", nullptr, nullptr, nullptr);
    oracle_.Ask("INSERT INTO t VALUES (?1, ?2, ?3, ?4)", row);
    auto theirs = oracle_.Ask("SELECT v FROM (" + query + ")", {});
    if (!theirs) return "";
    ++compared_;
    if (ours == *theirs) return "";
    if (query.find(RowIn) != std::string::npos) {
      ++known_differences_;
      return "";
    }
    return fmt::format("ours {} SQLite {}, bound {}", ir::PrintLiteral(ours.view()),
                       ir::PrintLiteral(theirs->view()), ir::Print(module, value));
  }
  size_t compared() const { return compared_; }
  size_t known_differences() const { return known_differences_; }

 private:
  static constexpr std::string_view RowIn = ") IN (VALUES (";
  Oracle oracle_;
  value::Arena arena_;
  vm::Context context_;
  size_t compared_ = 0, known_differences_ = 0;
};

// Puts a part in place of any node that holds it, while that still fails.
bool ShrinkOnce(Node& root, Node& node, const std::function<bool(const Node&)>& fails) {
  for (size_t i = 0; i < node.parts.size(); ++i) {
    Node& part = node.parts[i];
    for (const Node& smaller : std::vector<Node>(part.parts)) {
      Node before = std::exchange(part, smaller);
      if (fails(root)) return true;
      part = before;
    }
    if (!part.parts.empty()) {
      Node before = std::exchange(part, Node{"a", {}});
      if (fails(root)) return true;
      part = before;
    }
    if (ShrinkOnce(root, part, fails)) return true;
  }
  return false;
}

OwnedValue RandomValue(Random& random) {
  static const char* const Texts[] = {"5", "5.0", " 5", "05",        "abc",          "ABC",
                                      "",  "1",   "1x", "{\"k\":5}", "{\"k\":\"5\"}"};
  switch (random.Below(5)) {
    case 0:
      return {};
    case 1:
      return Value::Integer(static_cast<int64_t>(random.Below(8)) - 1);
    case 2:
      return Value::Real(random.OneIn(2) ? 5.0 : 1.5);
    case 3:
      return random.OneIn(4) ? OwnedValue(Value::Blob("5")) : OwnedValue(Value::Integer(5));
    default:
      return Value::Text(random.Pick(Texts));
  }
}

}  // namespace

TEST_CASE("expressions of rules mean what they mean in SQLite", "[property]") {
  Runner runner;
  uint64_t seed = testing::SeedOr(5), cases = testing::CasesOr(4'000);
  Random random(seed);
  for (uint64_t i = 0; i < cases; ++i) {
    Node query = Generator(random).Query(1 + static_cast<int>(random.Below(3)));
    std::vector<OwnedValue> row{Value::Text("x")};
    for (int c = 0; c < 3; ++c) row.push_back(RandomValue(random));
    auto fails = [&](const Node& node) { return !runner.Disagreement(node.Text(), row).empty(); };
    if (!fails(query)) continue;
    while (ShrinkOnce(query, query, fails)) {
    }
    std::string shown;
    for (const OwnedValue& each : row) shown += " " + ir::PrintLiteral(each.view());
    FAIL("BULKHEAD_SEED=" << seed << " case " << i << ": " << query.Text() << " over" << shown << "\n  "
                          << runner.Disagreement(query.Text(), row));
  }
  INFO(runner.compared() << " of " << cases << " compared");
  CHECK(runner.compared() * 2 > cases);
  CHECK(runner.known_differences() * 200 < cases);
}
