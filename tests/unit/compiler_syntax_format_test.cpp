// The formatter: its layout, that it keeps meaning and comments, and that it is idempotent.
#include <catch2/catch.hpp>

#include "compiler/ast/format.h"
#include "compiler/source/width.h"
#include "syntax_fixture.h"

namespace bulkhead {
namespace {

using test::Parse;
using test::Parsed;

std::string Format(const Parsed& parsed) { return ast::Format(parsed.tree, parsed.sources, parsed.file); }

// Formats, and checks what every result must be. Returns the text.
std::string CheckedFormat(const std::string& text) {
  auto parsed = Parse(text);
  std::string formatted = Format(*parsed);
  INFO(text << "\n---- becomes\n" << formatted);
  auto again = Parse(formatted);
  CHECK(again->Print() == parsed->Print());
  CHECK(Format(*again) == formatted);
  return formatted;
}

std::vector<std::string> CommentsOf(const std::string& text) {
  auto parsed = Parse(text);
  std::vector<std::string> out;
  auto add = [&](const std::vector<ast::Comment>& comments) {
    for (const ast::Comment& comment : comments) {
      std::string words(parsed->sources.Text(comment.span));
      while (words.ends_with(' ')) words.pop_back();
      out.push_back(words);
    }
  };
  for (const ast::Statement& statement : parsed->file.statements) add(statement.comments);
  add(parsed->file.trailing_comments);
  return out;
}

TEST_CASE("format: every statement") {
  std::string formatted = CheckedFormat(test::ReadFixture("rules.sync"));
  CHECK(formatted == test::Expected("rules.formatted.sync", formatted));
  CHECK(CommentsOf(formatted) == CommentsOf(test::ReadFixture("rules.sync")));
}

TEST_CASE("format: every expression and query of the fixtures") {
  for (const char* name : {"expressions.txt", "queries.txt"}) {
    std::stringstream in(test::ReadFixture(name));
    std::string line;
    for (size_t number = 0; std::getline(in, line); ++number) {
      if (line.empty() || line[0] == '#') {
        number = 0;
        continue;
      }
      if (number > 1) continue;
      if (line.ends_with(';')) line.pop_back();
      bool query = std::string_view(name) == "queries.txt";
      std::string text = query ? line : "SELECT * FROM t WHERE " + line + " OR " + line;
      CheckedFormat("CREATE STREAM s AS " + text + ";");
      CheckedFormat("CREATE STREAM s AS BEGIN " + text + "; SELECT a_rather_long_name_of_a_column, another_long_name_of_a_column, (" +
                    (query ? "SELECT 1" : line) + ") AS x FROM t END;");
    }
  }
}

struct LayoutCase {
  const char* text;
  const char* formatted;
};

constexpr LayoutCase LayoutCases[] = {
    {"share   a ,b;", "SHARE a, b;\n"},
    {"SHARE a;\n\n\n\nSHARE b; SHARE c;", "SHARE a;\n\nSHARE b;\nSHARE c;\n"},
    {"create stream S as select Id,  - 1 , -x+ -1, a.b, count( * ), f (x), y::text[] from T where not a=b;",
     "CREATE STREAM S AS\n  SELECT Id, -1, -x + -1, a.b, count(*), f (x), y::text[] FROM T WHERE NOT a = b;\n"},
    {"CREATE STREAM s AS SELECT a - - 1, ~ ~a, - -a FROM t;", "CREATE STREAM s AS\n  SELECT a - -1, ~ ~a, - -a FROM t;\n"},
    {"CREATE STREAM s AS SELECT * FROM tasks WHERE workspace_id IN (SELECT workspace_id FROM members WHERE user_id = "
     "auth.user_id() AND role IN ('owner', 'editor', 'viewer', 'commenter')) AND deleted_at IS NULL;",
     "CREATE STREAM s AS\n"
     "  SELECT *\n"
     "    FROM tasks\n"
     "   WHERE workspace_id IN (SELECT workspace_id\n"
     "                            FROM members\n"
     "                           WHERE user_id = auth.user_id()\n"
     "                             AND role IN ('owner', 'editor', 'viewer', 'commenter'))\n"
     "     AND deleted_at IS NULL;\n"},
    {"CREATE STREAM s AS SELECT c.id, c.body FROM comments c JOIN tasks t ON c.task_id = t.id LEFT OUTER JOIN projects p ON p.id = "
     "t.project_id WHERE t.x = 1 GROUP BY c.id, c.body HAVING count(*) > 1 ORDER BY c.id DESC LIMIT 3 PER (t.id);",
     "CREATE STREAM s AS\n"
     "  SELECT c.id, c.body\n"
     "    FROM comments c\n"
     "         JOIN tasks t ON c.task_id = t.id\n"
     "         LEFT OUTER JOIN projects p ON p.id = t.project_id\n"
     "   WHERE t.x = 1\n"
     "   GROUP BY c.id, c.body\n"
     "  HAVING count(*) > 1\n"
     "   ORDER BY c.id DESC\n"
     "   LIMIT 3 PER (t.id);\n"},
    {"CREATE STREAM s AS SELECT id, -- the key\n title -- what\n FROM t -- from\n WHERE x -- why\n = 1;",
     "CREATE STREAM s AS\n"
     "  SELECT id,  -- the key\n"
     "         title  -- what\n"
     "    FROM t  -- from\n"
     "   WHERE x  -- why\n"
     "         = 1;\n"},
    {"CREATE STREAM s AS SELECT /* a */ id /* b */ FROM t;", "CREATE STREAM s AS\n  SELECT /* a */ id /* b */ FROM t;\n"},
    {"CREATE TABLE t (id text, -- key\n  -- the name\n  name text);",
     "CREATE TABLE t (\n  id   text,  -- key\n  -- the name\n  name text\n);\n"},
    {"CREATE TEST 't' AS BEGIN INSERT INTO t VALUES (1); INSERT INTO tasks (id, workspace_id, title) VALUES ('t1', 'w1', "
     "'wanderer'), ('t2', 'w1', 'rock'), ('t3', 'w1', 'stone'), ('t4', 'w2', 'pebble'), ('t5', 'w2', 'boulder'); CONNECT AS ('bob', "
     "role => 'admin') SUBSCRIBE details (id => 'p1', deep => TRUE), details (id => 'p2', deep => TRUE), other (x => 1); EXPECT tasks "
     "(id) VALUES -- first\n (1), -- second\n (2); END;",
     "CREATE TEST 't' AS\n"
     "BEGIN\n"
     "  INSERT INTO t VALUES (1);\n"
     "  INSERT INTO tasks (id, workspace_id, title) VALUES\n"
     "    ('t1', 'w1', 'wanderer'), ('t2', 'w1', 'rock'), ('t3', 'w1', 'stone'), ('t4', 'w2', 'pebble'),\n"
     "    ('t5', 'w2', 'boulder');\n"
     "  CONNECT AS ('bob', role => 'admin')\n"
     "    SUBSCRIBE details (id => 'p1', deep => TRUE), details (id => 'p2', deep => TRUE),\n"
     "              other (x => 1);\n"
     "  EXPECT tasks (id) VALUES  -- first\n"
     "    (1),  -- second\n"
     "    (2);\n"
     "END;\n"},
    {"CREATE FUNCTION role_rank(role text) RETURNS integer AS (CASE role WHEN 'owner' THEN 4 WHEN 'admin' THEN 3 WHEN 'member' THEN 2 "
     "ELSE 0 END);",
     "CREATE FUNCTION role_rank(role text) RETURNS integer AS\n"
     "  (CASE role WHEN 'owner' THEN 4 WHEN 'admin' THEN 3 WHEN 'member' THEN 2 ELSE 0 END);\n"},
    {"CREATE POLICY p ON users FOR SELECT USING (id = auth.user_id() OR id IN (SELECT user_id FROM members) OR a AND b AND "
     "cccccccccccccccccccccccc);",
     "CREATE POLICY p ON users FOR SELECT\n"
     "  USING (id = auth.user_id()\n"
     "         OR id IN (SELECT user_id FROM members)\n"
     "         OR a AND b AND cccccccccccccccccccccccc);\n"},
    {"CREATE STREAM x AS SELECT FROM oops;  SHARE   a;", "CREATE STREAM x AS SELECT FROM oops;\nSHARE a;\n"},
};

TEST_CASE("format: layouts") {
  for (const LayoutCase& test_case : LayoutCases) {
    auto parsed = Parse(test_case.text);
    CHECK(Format(*parsed) == test_case.formatted);
    auto again = Parse(test_case.formatted);
    CHECK(Format(*again) == test_case.formatted);
  }
}

TEST_CASE("format: lines stay within 100 columns where words allow") {
  std::string text = test::ReadFixture("rules.sync");
  std::stringstream lines(CheckedFormat(text));
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find("  --"));
    INFO(line);
    CHECK(source::TextColumns(line) <= 100);
  }
}

// White space and comments anywhere between two words: nothing is lost, nothing changes meaning.
TEST_CASE("format: comments and line breaks anywhere") {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  uint64_t first = fixed ? std::strtoull(fixed, nullptr, 10) : 1;
  auto parsed = Parse(test::ReadFixture("rules.sync"));
  const std::string& text = parsed->sources[parsed->file.source].text;
  for (uint64_t seed = first; seed < first + (fixed ? 1 : 40); ++seed) {
    INFO("BULKHEAD_SEED=" << seed);
    auto next = [state = seed * 7919 + 1]() mutable {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      return static_cast<uint32_t>(state >> 33);
    };
    std::string changed;
    int number = 0;
    for (const ast::Statement& statement : parsed->file.statements) {
      bool function = std::holds_alternative<ast::CreateRawFunction>(statement.kind);
      std::string words = text.substr(statement.span.begin, statement.span.end - statement.span.begin);
      bool quoted = words.find("--") != std::string::npos || words.find("/*") != std::string::npos;
      for (size_t i = 0; i < words.size(); ++i) {
        bool space = words[i] == ' ' && !function && !quoted && words.find('\'') > i && words.find('"') > i;
        changed += words[i];
        if (!space || next() % 4 != 0) continue;
        static const char* Breaks[] = {"\n", "  ", "-- c{}\n", "\n  -- c{}\n", "/* c{} */ ", "/* c\n{} */\n", "\n\n"};
        changed += fmt::format(fmt::runtime(Breaks[next() % 7]), number++);
      }
      changed += next() % 3 ? ";\n" : ";  -- end\n\n";
    }
    std::string formatted = CheckedFormat(changed);
    CHECK(CommentsOf(formatted) == CommentsOf(changed));
    CHECK(Parse(changed)->Print() == parsed->Print());
  }
}

}  // namespace
}  // namespace bulkhead
