// Everything that parses: each form's tree, its SQL for SQLite, and its native SQL read back.
#include <catch2/catch.hpp>

#include <chrono>
#include <ctime>

#include "compiler/ast/sql.h"
#include "syntax_fixture.h"

namespace bulkhead {
namespace {

using test::Parse;
using test::ReadFixture;

struct Case {
  std::string text, tree, sqlite;
};

// Three lines a case: the text, its tree, its SQL for SQLite; blank lines and # lines between them.
std::vector<Case> ReadCases(const std::string& name) {
  std::vector<Case> cases;
  std::stringstream in(ReadFixture(name));
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    Case& added = cases.emplace_back();
    added.text = line;
    std::getline(in, added.tree);
    std::getline(in, added.sqlite);
    added.tree.erase(0, 2);
    added.sqlite.erase(0, 2);
  }
  return cases;
}

std::string OneLine(std::string_view text) {
  std::string out;
  bool after_break = false;
  for (char c : text) {
    if (after_break && c == ' ') continue;
    out += c == '\n' ? ' ' : c;
    after_break = c == '\n';
  }
  return out;
}

std::string Escaped(std::string text) {
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\n");
  return text;
}

template <typename Parser>
void CheckCases(const std::string& name, Parser parse) {
  std::vector<Case> cases = ReadCases(name);
  REQUIRE(cases.size() > 40);
  for (const Case& test_case : cases) {
    INFO(test_case.text);
    source::Sources sources;
    ast::Tree tree;
    source::Diagnostics diagnostics;
    auto read = [&](const std::string& text) {
      source::FileId file = sources.Add("t", text);
      return parse(tree, syntax::PieceOf(sources, {file, 0, static_cast<uint32_t>(text.size())}), diagnostics);
    };
    auto id = read(test_case.text);
    REQUIRE(id.HasValue());
    CHECK(OneLine(ast::Print(tree, id)) == test_case.tree);
    CHECK(Escaped(ast::Sql(tree, id, {.dialect = ast::Dialect::Sqlite})) == test_case.sqlite);
    std::string native = ast::Sql(tree, id);
    INFO(native);
    auto again = read(native);
    REQUIRE(again.HasValue());
    CHECK(ast::Print(tree, again) == ast::Print(tree, id));
    CHECK(diagnostics.all().empty());
  }
}

TEST_CASE("syntax: every form of expressions") { CheckCases("expressions.txt", syntax::ParseExpr); }
TEST_CASE("syntax: every form of queries") { CheckCases("queries.txt", syntax::ParseQuery); }

TEST_CASE("syntax: every statement") {
  auto parsed = Parse(ReadFixture("rules.sync"));
  CHECK(parsed->Problems() == "");
  std::string tree = parsed->Print();
  CHECK(tree == test::Expected("rules.tree", tree));
  // Each alternative of Statement::Kind but Broken and AlterEnum.
  std::vector<bool> seen(std::variant_size_v<ast::Statement::Kind>);
  for (const ast::Statement& statement : parsed->file.statements) seen[statement.kind.index()] = true;
  CHECK(std::count(seen.begin(), seen.end(), false) == 2);
  CHECK(Parse("ALTER TYPE a.mood ADD VALUE IF NOT EXISTS 'new' BEFORE 'old';")->Print() ==
        "(alter-enum a.mood 'new' (before 'old'))\n");
}

TEST_CASE("syntax: spans cover what was written") {
  std::string text = "  CREATE STREAM s AS SELECT a + b  FROM t WHERE (x = 1) AND y ;";
  auto parsed = Parse(text);
  REQUIRE(parsed->file.statements.size() == 1);
  auto written = [&](source::Span span) { return std::string(parsed->sources.Text(span)); };
  CHECK(written(parsed->statement().span) == "CREATE STREAM s AS SELECT a + b  FROM t WHERE (x = 1) AND y");
  const auto& stream = std::get<ast::CreateStream>(parsed->statement().kind);
  CHECK(written(stream.name.span) == "s");
  const ast::Select& select = *parsed->tree[stream.queries[0]].AsSelect();
  const auto& item = std::get<ast::ExprItem>(select.items[0].kind);
  CHECK(written(parsed->tree[item.expr].span) == "a + b");
  CHECK(written(parsed->tree.As<ast::BinaryExpr>(item.expr)->op_span) == "+");
  CHECK(written(parsed->tree[select.from[0]].span) == "t");
  CHECK(written(parsed->tree[select.where].span) == "(x = 1) AND y");
}

TEST_CASE("syntax: names fold to lower case unless quoted; keywords are names where they can be") {
  auto parsed = Parse("CREATE STREAM Foo AS SELECT \"Bar\" AS Priority, \"a\"\"b\", `tick` FROM Tenant AS Stream;");
  CHECK(parsed->Print() == "(create-stream foo\n  (select (items (as \"Bar\" priority) \"a\"b\" tick) (from (table tenant (as stream)))))\n");
  for (const char* word : {"status", "role", "user", "key", "value", "priority", "stream", "test", "tenant", "type", "name",
                           "data", "time", "day", "offset", "share", "use", "plan", "desc", "filter", "position", "schema"}) {
    INFO(word);
    CHECK_FALSE(syntax::IsReservedWord(word));
    std::string text = fmt::format("CREATE TABLE t ({0} text, a int); CREATE STREAM {0} AS SELECT {0}, x AS {0}, t.{0} FROM {0} "
                                   "WHERE {0} = 1 GROUP BY {0} ORDER BY {0};", word);
    CHECK(Parse(text)->Problems() == "");
  }
  CHECK(syntax::IsReservedWord("Select"));
  CHECK(syntax::IsReservedWord("null"));
}

TEST_CASE("syntax: a name that must be quoted is quoted by the printers") {
  // Every reserved word, and some that are only reserved in SQLite.
  size_t reserved = 0;
  for (const char* word : {"all", "and", "any", "array", "as", "between", "case", "cast", "check", "collate", "constraint",
                           "create", "cross", "current_date", "current_time", "current_timestamp", "current_user", "default",
                           "distinct", "else", "end", "escape", "except", "exists", "false", "foreign", "from", "full", "glob",
                           "group", "having", "ilike", "in", "inner", "intersect", "into", "is", "isnull", "join", "lateral",
                           "left", "like", "limit", "natural", "not", "notnull", "null", "on", "or", "order", "primary",
                           "references", "right", "select", "session_user", "some", "table", "then", "true", "union", "unique",
                           "using", "values", "when", "where", "window", "with"}) {
    INFO(word);
    CHECK(syntax::IsReservedWord(word));
    CHECK(ast::NeedsQuotes(word));
    reserved += 1;
  }
  CHECK(reserved == 67);
  CHECK(ast::NeedsQuotes("index"));
  CHECK_FALSE(ast::NeedsQuotes("status"));
}

TEST_CASE("syntax: a chain of ten thousand ANDs and ORs is one node") {
  std::string text = "CREATE STREAM s AS SELECT * FROM t WHERE a = 0";
  for (int i = 1; i < 10'000; ++i) text += fmt::format(" OR a = {}", i);
  auto parsed = Parse(text + ";");
  CHECK(parsed->Problems() == "");
  const auto& stream = std::get<ast::CreateStream>(parsed->statement().kind);
  const auto* chain = parsed->tree.As<ast::LogicalExpr>(parsed->tree[stream.queries[0]].AsSelect()->where);
  REQUIRE(chain != nullptr);
  CHECK(chain->args.size() == 10'000);
}

TEST_CASE("syntax: SQL inside another file is placed by its mapping") {
  source::Sources sources;
  ast::Tree tree;
  source::Diagnostics diagnostics;
  // As a YAML file spells it: '' inside a quoted scalar, one line folded.
  std::string yaml = "query: 'SELECT ''x'' AS a\n  FROM tasks'";
  source::FileId file = sources.Add("sync.yaml", yaml);
  syntax::Piece piece{"SELECT 'x' AS a FROM tasks", file, {{0, 8}, {7, 16}, {9, 19}, {15, 25}, {16, 28}}};
  ast::QueryId query = syntax::ParseQuery(tree, piece, diagnostics);
  REQUIRE(query.HasValue());
  const ast::Select& select = *tree[query].AsSelect();
  CHECK(sources.Text(tree[select.from[0]].span) == "tasks");
  CHECK(sources.Text(std::get<ast::ExprItem>(select.items[0].kind).alias.span) == "a");

  syntax::Piece wrong{"SELECT 1 FROM", file, {{0, 8}}};
  CHECK_FALSE(syntax::ParseQuery(tree, wrong, diagnostics).HasValue());
  syntax::Piece two{"SELECT 1; SELECT 2", file, {{0, 8}}};
  CHECK_FALSE(syntax::ParseQuery(tree, two, diagnostics).HasValue());
  syntax::Piece open{"SELECT 'abc", file, {{0, 8}}};
  CHECK_FALSE(syntax::ParseQuery(tree, open, diagnostics).HasValue());
  REQUIRE(diagnostics.all().size() == 3);
  CHECK(diagnostics.all()[0].message == "expected a name, `(` or `LATERAL`, found the end of the query");
  CHECK(diagnostics.all()[0].primary.span.begin == 8 + 13);
  CHECK(diagnostics.all()[1].message == "expected the end of the query, found `SELECT`");
  CHECK(diagnostics.all()[2].code == "BH1003");
  CHECK(syntax::ParseExpr(tree, {"a = 1;", file, {{0, 8}}}, diagnostics).HasValue());
}

TEST_CASE("syntax: comments are kept with their statement") {
  auto parsed = Parse("-- first\nSHARE a; -- second\n/* third */ SHARE b -- fourth\n; -- fifth");
  REQUIRE(parsed->file.statements.size() == 2);
  auto texts = [&](const std::vector<ast::Comment>& comments) {
    std::string out;
    for (const ast::Comment& comment : comments)
      out += fmt::format("{}{}{};", parsed->sources.Text(comment.span), comment.own_line ? " own" : "", comment.block ? " block" : "");
    return out;
  };
  CHECK(texts(parsed->statement(0).comments) == "-- first own;");
  CHECK(texts(parsed->statement(1).comments) == "-- second;/* third */ own block;");
  CHECK(texts(parsed->file.trailing_comments) == "-- fourth;-- fifth;");
}

TEST_CASE("syntax: a thousand streams are parsed in well under a second", "[.][bench]") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += fmt::format("CREATE STREAM s{0} (list_id text, since integer DEFAULT 0) PRIORITY 2 AS SELECT t.id, t.title || '!' AS "
                        "label FROM table_{1} t JOIN lists l ON t.list_id = l.id WHERE t.list_id = :list_id AND l.owner_id = "
                        "auth.user_id() AND t.status NOT IN ('done', 'archived');\n", i, i % 50);
  Parse(text);  // warms the parser's tables
  std::clock_t start = std::clock();
  auto parsed = Parse(text);
  double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
  CHECK(parsed->file.statements.size() == 1000);
  WARN(fmt::format("{} bytes in {:.0f} ms of processor time", text.size(), seconds * 1000));
  CHECK(seconds < 1);
}

}  // namespace
}  // namespace bulkhead
