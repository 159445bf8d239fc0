// Printers on trees made by hand; what the parser makes is printed in compiler_syntax_test.cpp.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "compiler/ast/line_writer.h"
#include "compiler/ast/print.h"
#include "compiler/ast/sexpr.h"
#include "compiler/ast/sql.h"

namespace bulkhead::ast {
namespace {

struct Maker {
  Tree tree;
  ExprId Add(Expr::Kind kind) { return tree.exprs.Add({{}, std::move(kind)}); }
  ExprId Column(std::string name) {
    ColumnExpr column;
    column.column.text = std::move(name);
    return Add(std::move(column));
  }
  ExprId Binary(BinaryOp op, ExprId lhs, ExprId rhs) { return Add(BinaryExpr{op, lhs, rhs, {}, ""}); }
};

TEST_CASE("sexpr: short lists stay on a line, long ones break at their lists") {
  Sexpr inner = Sexpr::List("inner").Add("a").Add("b");
  Sexpr root = Sexpr::List("root").Add("name").Add(inner).Add(inner);
  CHECK(Layout(root) == "(root name (inner a b) (inner a b))");
  CHECK(Layout(root, 20) == "(root name\n  (inner a b)\n  (inner a b))");
  CHECK(Layout(Sexpr::Atom("x")) == "x");
  CHECK(QuoteAtom("it's\n\\\x01") == "'it''s\\n\\\\\\x01'");
}

TEST_CASE("sql: names are quoted when they must be") {
  CHECK(QuoteName("status") == "status");
  CHECK(QuoteName("order") == "\"order\"");
  CHECK(QuoteName("Order") == "\"Order\"");
  CHECK(QuoteName("a b") == "\"a b\"");
  CHECK(QuoteName("1a") == "\"1a\"");
  CHECK(QuoteName("a\"b") == "\"a\"\"b\"");
  CHECK(QuoteName("z\u00fcrich") == "z\u00fcrich");
  CHECK(QuoteText("it's") == "'it''s'");
}

TEST_CASE("sql: types as they are declared") {
  CHECK(Spelling(TypeName{{}, "numeric", {"10", "2"}, 1, {}}) == "numeric(10, 2)[]");
  CHECK(Spelling(TypeName{{}, "timestamp with time zone", {"3"}, 0, {}}) == "timestamp(3) with time zone");
  CHECK(Spelling(TypeName{{"app", {}, false}, "My Enum", {}, 0, {}}) == "app.\"My Enum\"");
}

TEST_CASE("sql: parentheses where binding needs them, and nowhere else") {
  Maker make;
  ExprId a = make.Column("a"), b = make.Column("b"), c = make.Column("c");
  ExprId sum = make.Binary(BinaryOp::Add, a, b);
  auto sql = [&](ExprId id) { return Sql(make.tree, id); };
  CHECK(sql(make.Binary(BinaryOp::Multiply, sum, c)) == "(a + b) * c");
  CHECK(sql(make.Binary(BinaryOp::Subtract, sum, c)) == "a + b - c");
  CHECK(sql(make.Binary(BinaryOp::Subtract, c, sum)) == "c - (a + b)");
  CHECK(sql(make.Binary(BinaryOp::Equal, make.Binary(BinaryOp::Less, a, b), c)) == "a < b = c");
  CHECK(sql(make.Binary(BinaryOp::Less, make.Binary(BinaryOp::Equal, a, b), c)) == "(a = b) < c");
  ExprId minus = make.Add(UnaryExpr{UnaryOp::Minus, make.Add(UnaryExpr{UnaryOp::Minus, a})});
  CHECK(sql(minus) == "- -a");
  CHECK(sql(make.Add(CastExpr{minus, TypeName{{}, "text", {}, 0, {}}, CastStyle::Colons})) == "(- -a)::text");
  ExprId either = make.Add(LogicalExpr{LogicalOp::Or, {a, make.Add(LogicalExpr{LogicalOp::And, {b, c}})}});
  CHECK(sql(either) == "a OR (b AND c)");
  CHECK(sql(make.Add(UnaryExpr{UnaryOp::Not, either})) == "NOT (a OR (b AND c))");
  CHECK(sql(make.Add(RealExpr{2, ""})) == "2.0");
  CHECK(sql(make.Binary(BinaryOp::Is, a, make.Add(NullExpr{}))) == "a IS NOT DISTINCT FROM NULL");
}

TEST_CASE("sql: what the request says is put in") {
  Maker make;
  ParameterExpr parameter;
  parameter.name.text = "p";
  ExprId p = make.Add(parameter);
  ExprId sum = make.Binary(BinaryOp::Multiply, p, make.Column("a"));
  SqlOptions options{.dialect = Dialect::Sqlite};
  std::string with = "'x y'";
  options.replace = [&](ExprId id) { return id == p ? std::optional(with) : std::nullopt; };
  CHECK(Sql(make.tree, sum, options) == "'x y' * a");
  with = "1 + 1";
  CHECK(Sql(make.tree, sum, options) == "(1 + 1) * a");
  CHECK(Sql(make.tree, p, options) == "1 + 1");
  options.replace = nullptr;
  options.cast_type = [](const TypeName&) { return "INTEGER"; };
  ExprId cast = make.Add(CastExpr{p, TypeName{{}, "mood", {}, 0, {}}, CastStyle::Colons});
  CHECK(Sql(make.tree, cast, options) == "CAST(:p AS INTEGER)");
  options.is_relation = [](const ColumnExpr& column) { return column.column.text == "view"; };
  auto in = [&](const char* name) { return make.Add(InExpr{false, p, InValue{make.Column(name)}}); };
  CHECK(Sql(make.tree, in("view"), options) == ":p IN view");
  CHECK(Sql(make.tree, in("tags"), options) == ":p IN (SELECT value FROM json_each(tags))");
}

TEST_CASE("print: operators and names") {
  Maker make;
  ExprId sum = make.Binary(BinaryOp::JsonGetText, make.Column("Odd Name"), make.Add(TextExpr{"k"}));
  CHECK(Print(make.tree, sum) == "(->> \"Odd Name\" 'k')");
  CHECK(Print(make.tree, make.Add(RealExpr{1, ""})) == "1.0");
  CHECK(Print(make.tree, make.Add(ErrorExpr{})) == "<error>");
}

TEST_CASE("lines: words are filled up to the margin") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += fmt::format("{}word{}", i ? ", " : "", i);
  FormatNodes nodes = ReadWords(text, 0, static_cast<uint32_t>(text.size()), {});
  LineWriter writer;
  writer.NewLine(2);
  writer.Sequence(nodes, 2);
  std::string out = writer.Take();
  CHECK(out.starts_with("  word0, word1,"));
  size_t longest = 0, line = 0;
  for (char c : out) {
    line = c == '\n' ? 0 : line + 1;
    longest = std::max(longest, line);
  }
  CHECK(longest <= FormatColumnsMax);
  CHECK(longest > 85);
}

}  // namespace
}  // namespace bulkhead::ast
