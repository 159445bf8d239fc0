// What is said about text that does not parse, and that no text does harm.
#include <catch2/catch.hpp>

#include <set>

#include "syntax_fixture.h"

namespace bulkhead {
namespace {

using test::Parse;

struct ErrorCase {
  const char* text;
  const char* problems;
};

constexpr ErrorCase ErrorCases[] = {
    {"CREATE STREAM s AS SELECT id title body FROM tasks;",
     "BH1001 1:36 expected `,` or the end of the statement, found `body` | separate the items with a comma\n"},
    {"CREATE STREAM s AS SELECT * tasks WHERE x = 1;",
     "BH1001 1:29 expected `,` or the end of the statement, found `tasks` | write FROM before the table\n"},
    {"CREATE STREAM s SELECT * FROM tasks;",
     "BH1001 1:17 expected `(`, `AS`, `AUTO`, `PRIORITY` or `PLAN`, found `SELECT` | write AS before the query\n"},
    {"CREATE STREAM s AS SELECT * FORM tasks;",
     "BH1001 1:29 expected `,` or the end of the statement, found `FORM` | did you mean `FROM` instead of `FORM`?\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHRE x = 1;",
     "BH1001 1:45 expected `(`, `,` or the end of the statement, found `x` | did you mean `WHERE` instead of `WHRE`?\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE a = 1 b = 2;",
     "BH1001 1:52 expected an operator, the next clause or the end of the statement, found `b` | join the conditions with AND or OR\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE (a = 1 AND b IN (1, 2);",
     "BH1001 1:68 expected an operator, `)` or `,`, found the end of the statement\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE a = 1);",
     "BH1001 1:51 expected an operator, the next clause or the end of the statement, found `)` | no parenthesis is open here: remove it\n"},
    {"CREATE STREAM s AS SELECT * FROM order WHERE a == 2;",
     "BH1001 1:34 expected a name, `(` or `LATERAL`, found `order` | ORDER is a reserved word; as a name it is written \"order\"\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE;",
     "BH1001 1:45 expected an expression, found the end of the statement\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE a = = 2;",
     "BH1001 1:50 expected an expression, `ALL`, `ANY` or `SOME`, found `=` | write one =\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks t JOIN users u OM u.id = t.user_id;",
     "BH1001 1:55 expected `(`, `,` or the end of the statement, found `OM` | did you mean `ON` instead of `OM`?\n"},
    {"CREATE STREAM s AS SELECT CASE WHEN a THEN b FROM tasks;",
     "BH1001 1:46 expected an operator, `WHEN`, `ELSE` or `END`, found `FROM`\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE id IN SELECT id FROM x;",
     "BH1001 1:52 expected an expression, found `SELECT` | put the query in parentheses\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks LIMIT 3 PER project_id;",
     "BH1001 1:52 expected `(`, found `project_id` | put the columns in parentheses\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks # comment\n;",
     "BH1001 1:40 expected a name, `(`, `,` or the end of the statement, found `#` | a comment begins with --\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks // comment\n;",
     "BH1001 1:40 expected a name, `(`, `,` or the end of the statement, found `/`\n"},
    {"ISOLATE tasks ON workspace_id;", "BH1001 1:15 expected `,`, `BY` or `THROUGH`, found `ON`\n"},
    {"CREATE STREAM s PRIORITY high AS SELECT 1;", "BH1001 1:26 expected a whole number or `-`, found `high`\n"},
    {"CREATE STREAM s AS SELECT \"\" FROM t;", "BH1001 1:27 expected a name, found an empty one\n"},
    {"STREAM s AS SELECT 1;", "BH1002 1:1 `STREAM` does not begin a statement of rules | write CREATE STREAM\n"},
    {"CREAT STREAM s AS SELECT 1;", "BH1002 1:1 `CREAT` does not begin a statement of rules | did you mean `CREATE`?\n"},
    {"CREATE STREM s AS SELECT 1;",
     "BH1002 1:1 `CREATE STREM` does not begin a statement of rules | did you mean `CREATE STREAM`?\n"},
    {"ALTER VIEW v OWNER TO bob;",
     "BH1002 1:1 `ALTER` does not begin a statement of rules | statements of the database belong in a schema file, which CREATE "
     "SCHEMA FROM 'file' reads\n"},
    {"GRANT ALL ON tasks TO bob;",
     "BH1002 1:1 `GRANT` does not begin a statement of rules | statements of the database belong in a schema file, which CREATE "
     "SCHEMA FROM 'file' reads\n"},
    {"CREATE STREAM s AS SELECT * FROM t WHERE name = 'it's mine';\n",
     "BH1003 1:59 this text has no closing quote | close it with a single quote; a quote inside text is written twice\n"},
    {"CREATE STREAM s AS SELECT * FROM t WHERE a = 'x;\nCREATE STREAM t AS SELECT * FROM t WHERE a = 'y';\n",
     "BH1003 1:46 this text has no closing quote | close it with a single quote; a quote inside text is written twice\n"},
    {"CREATE STREAM s AS SELECT \"Order Date FROM orders;\n", "BH1004 1:27 this quoted name has no closing quote\n"},
    {"SHARE a; /* never closed", "BH1005 1:10 this comment is never closed | close it with */\n"},
    {"CREATE FUNCTION f() RETURNS int AS $x$ SELECT 1 $y$;", "BH1006 1:36 this dollar-quoted text is never closed\n"},
    {"CREATE STREAM s AS BEGIN SELECT * FROM a; SELECT CASE WHEN b THEN 1 END FROM c;",
     "BH1007 1:20 this BEGIN has no END | write END; after the last item of the block\n"},
    {"CREATE STREAM s AS BEGIN SELECT * FROM a;\nCREATE STREAM t AS SELECT 1;",
     "BH1007 1:20 this BEGIN has no END | write END; after the last item of the block\n"},
    {"CREATE STREAM s AS SELECT \xFF FROM t;", "BH1009 1:27 these bytes are not valid UTF-8 | save the file as UTF-8\n"},
    {"CREATE STREAM s AS SELECT * FROM t WHERE a = \u2019x\u2019;",
     "BH1010 1:46 a typographic quote is not part of the language | write a plain single quote\n"},
    {"CREATE STREAM s AS SELECT\u00A0* FROM t;",
     "BH1010 1:26 a no-break space is not part of the language | write a plain space\n"},
    {"CREATE STREAM s AS SELECT \\ FROM t;", "BH1010 1:27 `\\` is not part of the language\n"},
    {"CREATE STREAM s AS SELECT \x01 FROM t;", "BH1010 1:27 the control character 0x01 is not part of the language\n"},
    {"CREATE STREAM s AS SELECT 10kb, 0x12345678901234567;",
     "BH1011 1:27 `10kb` is not a number | put a space between a number and a word\n"
     "BH1011 1:33 `0x12345678901234567` is not a number | a hexadecimal integer has at most 16 digits\n"},
    {"CREATE STREAM s AS SELECT X'0AF', X'zz';",
     "BH1012 1:27 this blob is not a row of hexadecimal bytes | write two hexadecimal digits for each byte, as in `X'0AFF'`\n"
     "BH1012 1:35 this blob is not a row of hexadecimal bytes | write two hexadecimal digits for each byte, as in `X'0AFF'`\n"},
    {"CREATE STREAM s AS SELECT * FROM t WHERE a = $1;",
     "BH1013 1:46 `$1` is not a value here | name the parameter after CREATE STREAM, as in `(list_id text)`, and write "
     "`:list_id` here\n"},
    {"CREATE STREAM s AS SELECT * FROM t WHERE a = ?;",
     "BH1013 1:46 `?` is not a value here | name the parameter after CREATE STREAM, as in `(list_id text)`, and write "
     "`:list_id` here\n"},
    {"CREATE STREAM s AS SELECT id, FROM tasks;", "BH1014 1:29 nothing follows this comma | remove the comma\n"},
    {"CREATE PRINCIPAL (sub text, );", "BH1014 1:27 nothing follows this comma | remove the comma\n"},
    {"CREATE SCHEMA FROM \"schema.sql\";",
     "BH1015 1:20 \"schema.sql\" is a name, but text is expected here | write 'schema.sql'\n"},
    {"CREATE STREAM s AS SELECT DISTINCT ON (a) * FROM t;",
     "BH1016 1:27 DISTINCT ON is not part of the language | write ORDER BY … LIMIT 1 PER (columns)\n"},
    {"SHARE countries\nCREATE STREAM s AS SELECT 1;",
     "BH1017 1:16 a semicolon is missing before the next statement | write ; here\n"},
    {"CREATE STREAM s PRIORITY 1 AUTO SUBSCRIBE PRIORITY 2 AUTO SUBSCRIBE AS SELECT * FROM t LIMIT 1 LIMIT 2 OFFSET 1 OFFSET 2;",
     "BH1018 1:43 PRIORITY is given twice\nBH1018 1:54 AUTO SUBSCRIBE is given twice\nBH1018 1:96 LIMIT is given twice\n"
     "BH1018 1:113 OFFSET is given twice\n"},
    {"CREATE STREAM s AS BEGIN WITH x AS (SELECT 1); END;",
     "BH1019 1:15 stream `s` has no query | write at least one SELECT between BEGIN and END\n"},
};

TEST_CASE("syntax errors: what is wrong, where, and what to do") {
  for (const ErrorCase& test_case : ErrorCases) {
    INFO(test_case.text);
    CHECK(Parse(test_case.text)->Problems() == test_case.problems);
  }
}

std::string Nested(const std::string& open, const std::string& inside, const std::string& close, int times) {
  std::string out = "CREATE STREAM s AS SELECT * FROM t WHERE ";
  for (int i = 0; i < times; ++i) out += open;
  out += inside;
  for (int i = 0; i < times; ++i) out += close;
  return out + ";";
}

TEST_CASE("syntax errors: every code is produced") {
  std::set<std::string> produced;
  auto produce = [&](const std::string& text) {
    auto parsed = Parse(text);
    for (const source::Diagnostic& d : parsed->diagnostics.all()) produced.insert(std::string(d.code));
  };
  for (const ErrorCase& test_case : ErrorCases) produce(test_case.text);
  produce(Nested("(", "1", ")", 300));
  for (const source::DiagInfo& info : source::AllDiagnostics())
    if (info.code.starts_with("BH1")) CHECK(produced.count(std::string(info.code)) == 1);
}

TEST_CASE("syntax errors: an error costs one statement") {
  auto parsed = Parse(
      "SHARE a;\n"
      "CREATE STREAM broken AS SELECT FROM WHERE;\n"
      "CREATE TABLE IF NOT EXISTS app.\"Bad\" (id text,, x);\n"
      "CREATE VIEW v AS SELEC 1;\n"
      "CREATE STREAM fine AS SELECT 1;\n"
      "WHATEVER;\n"
      "SHARE b;\n");
  CHECK(parsed->diagnostics.error_count() == 4);
  CHECK(parsed->Print() ==
        "(share a)\n(broken stream broken)\n(broken table app.\"Bad\")\n(broken view v)\n"
        "(create-stream fine (select (items 1)))\n(broken other)\n(share b)\n");
}

TEST_CASE("syntax errors: after a lost quote reading goes on at the next CREATE") {
  auto parsed = Parse(
      "CREATE STREAM a AS SELECT 'oops FROM t;\n"
      "CREATE STREAM b AS SELECT 'fine' FROM t;\n"
      "CREATE STREAM c AS SELECT 1;\n");
  CHECK(parsed->diagnostics.error_count() == 1);
  CHECK(parsed->Print() ==
        "(broken stream a)\n(create-stream b (select (items 'fine') (from (table t))))\n(create-stream c (select (items 1)))\n");
}

TEST_CASE("syntax errors: an unclosed parenthesis is pointed at") {
  auto parsed = Parse("CREATE STREAM s AS SELECT * FROM t WHERE ((a = 1);");
  REQUIRE(parsed->diagnostics.all().size() == 1);
  const source::Diagnostic& diagnostic = parsed->diagnostics.all()[0];
  REQUIRE(diagnostic.labels.size() == 1);
  CHECK(diagnostic.labels[0].text == "this parenthesis is not closed");
  CHECK(parsed->sources.Start(diagnostic.labels[0].span).column == 42);
}

// Nesting of every kind is refused beyond the limit and accepted below it.
TEST_CASE("syntax errors: nesting is bounded") {
  const char* refused = "BH1008";
  struct {
    std::string open, inside, close;
    int fine, many;
  } kinds[] = {
      {"(", "1", ")", 190, 100'000},
      {"NOT ", "a", "", 190, 100'000},
      {"a = NOT ", "a", "", 90, 50'000},
      {"- ", "1", "", 190, 100'000},
      {"f(", "1", ")", 190, 50'000},
      {"CASE WHEN ", "1", " THEN 1 END", 190, 50'000},
      {"a IN (SELECT a FROM t WHERE ", "1", ")", 60, 20'000},
      {"ARRAY[", "1", "]", 190, 50'000},
      {"(", "1", "", 0, 100'000},
      {"", "a", " + a", 190, 100'000},
      {"", "a", " = a", 190, 50'000},
      {"", "a", "::int", 190, 50'000},
      {"", "a", " COLLATE x", 190, 50'000},
      {"- (NOT ", "1", ")", 60, 20'000},
  };
  for (const auto& kind : kinds) {
    INFO(kind.open << kind.inside << kind.close);
    if (kind.fine > 0) CHECK(Parse(Nested(kind.open, kind.inside, kind.close, kind.fine))->Problems() == "");
    auto parsed = Parse(Nested(kind.open, kind.inside, kind.close, kind.many));
    REQUIRE(parsed->diagnostics.all().size() == 1);
    CHECK(parsed->diagnostics.all()[0].code == refused);
  }
  std::string joins = "CREATE STREAM s AS SELECT * FROM t";
  for (int i = 0; i < 1000; ++i) joins += " JOIN t USING (a)";
  CHECK(Parse(joins + ";")->Problems().substr(0, 6) == refused);
}

TEST_CASE("syntax errors: odd bytes and endings") {
  CHECK(Parse("\xEF\xBB\xBFSHARE a;\r\nSHARE\r\nb;\r\n")->Print() == "(share a)\n(share b)\n");
  CHECK(Parse("")->Print() == "");
  CHECK(Parse(";;  ; -- nothing\n")->Print() == "");
  CHECK(Parse("SHARE a")->Print() == "(share a)\n");
  CHECK(Parse(std::string("SHARE a\0;", 9))->Problems() ==
        "BH1010 1:8 the control character 0x00 is not part of the language\n");
  CHECK(Parse(std::string("CREATE TEST 'a\0b' AS BEGIN END;", 31))->Problems() ==
        "BH1010 1:15 a NUL byte is not part of the language\n");
  std::string huge(1 << 20, 'x');
  CHECK(Parse("CREATE STREAM s AS SELECT '" + huge + "', " + huge + " FROM t;")->Problems() == "");
}

// Pieces of the language in any order, and cut anywhere: something is said, nothing breaks.
TEST_CASE("syntax errors: random text ends in diagnostics") {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  uint64_t seed = fixed ? std::strtoull(fixed, nullptr, 10) : 20240611;
  INFO("BULKHEAD_SEED=" << seed);
  auto next = [state = seed]() mutable {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(state >> 33);
  };
  const std::string rules = test::ReadFixture("rules.sync");
  for (int round = 0; round < 300; ++round) {
    std::string text = rules;
    for (int change = 0; change < 5; ++change) {
      size_t at = next() % text.size(), length = next() % 40;
      switch (next() % 4) {
        case 0: text.erase(at, length); break;
        case 1: text.insert(at, rules, next() % rules.size(), length); break;
        case 2: text[at] = static_cast<char>(next() % 256); break;
        default: text.insert(at, "'\"(;$-/*"[next() % 8] == '(' ? "((" : std::string(1, "'\"(;$-/*"[next() % 8])); break;
      }
    }
    auto parsed = Parse(text, round % 2 ? syntax::Mode::Rules : syntax::Mode::Dump);
    for (const ast::Statement& statement : parsed->file.statements) {
      CHECK(statement.span.begin <= statement.span.end);
      CHECK(statement.span.end <= parsed->sources[parsed->file.source].text.size());
    }
    parsed->Print();
  }
}

}  // namespace
}  // namespace bulkhead
