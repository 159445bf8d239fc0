// Wrong rules: which code, and which text is underlined.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <set>

#include "tests/unit/bound_rules.h"

using namespace bulkhead;

namespace {

using Codes = std::vector<std::string>;

Codes CodesOf(const std::string& query) {
  return Bound(Schema + "CREATE STREAM s AS " + query).Codes();
}
Codes CodesWhere(const std::string& condition) {
  return CodesOf("SELECT id FROM tasks WHERE " + condition);
}

}  // namespace

// ---- Wrong rules: names
// ---------------------------------------------------------------------------------------------

TEST_CASE("unknown names") {
  CHECK(CodesOf("SELECT * FROM task") == Codes{"BH2020 task"});
  CHECK(CodesOf("SELECT t.titel, t.id FROM tasks t") == Codes{"BH2021 titel"});
  CHECK(CodesOf("SELECT id, titel FROM tasks") == Codes{"BH2022 titel"});
  CHECK(CodesOf("SELECT tasks.id FROM tasks t") == Codes{"BH2024 tasks"});
  CHECK(CodesWhere("status = \"open\"") == Codes{"BH2022 \"open\""});
  CHECK(CodesWhere("nothing(id) = 1") == Codes{"BH2026 nothing"});
  CHECK(CodesWhere("auth.uid() = id") == Codes{"BH2026 auth.uid"});
  CHECK(CodesWhere("lower() = 'x' AND auth.parameter() = id") ==
        Codes{"BH2027 lower()", "BH2027 auth.parameter()"});
  CHECK(CodesWhere("title COLLATE german = 'x'") == Codes{"BH2030 german"});
  CHECK(CodesWhere("id = :p") == Codes{"BH2031 :p"});
  CHECK(CodesWhere("CAST(n AS txet) = 'x'") == Codes{"BH2029 txet"});
  CHECK(CodesOf("SELECT x.* FROM json_array_elements('[]') x") == Codes{"BH2050 json_array_elements"});
  CHECK(Bound(Schema + "CREATE STREAM s AS SELECT tasks.id FROM tasks t").Help() ==
        "`tasks` is called `t` here");
  CHECK(Bound(Schema + "CREATE STREAM s AS SELECT * FROM task").Help() == "did you mean `tasks`?");
  CHECK(Bound("CREATE TABLE b.inv (id text PRIMARY KEY); CREATE STREAM s AS SELECT * FROM inv").Help() ==
        "did you mean `b.inv`?");
}

TEST_CASE("ambiguous and repeated names") {
  CHECK(CodesOf("SELECT tasks.id FROM tasks, notes WHERE id = 'x'") == Codes{"BH2023 id"});
  CHECK(CodesOf("SELECT a.id FROM tasks a, notes a") == Codes{"BH2025 notes a"});
  CHECK(Bound("CREATE STREAM s AS SELECT t.id FROM t, u WHERE x = 1").Codes() == Codes{"BH2023 x"});
  CHECK(CodesOf("SELECT notes.* FROM notes NATURAL JOIN tasks") == Codes{"BH2051 notes NATURAL JOIN tasks"});
  // Inside a subquery the inner table goes first.
  CHECK(CodesWhere("EXISTS (SELECT 1 FROM notes WHERE id = 'x')") == Codes{});
  CHECK(
      CodesWhere("EXISTS (SELECT 1 FROM members WHERE workspace_id = tasks.workspace_id AND title = 'x')") ==
      Codes{});
}

TEST_CASE("wrong definitions") {
  auto codes = [](const std::string& text) { return Bound(Schema + text).Codes(); };
  const std::string s = "CREATE STREAM s AS SELECT * FROM notes WHERE id IN v;";
  CHECK(codes("CREATE VIEW v AS SELECT id FROM w; CREATE VIEW w AS SELECT id FROM v;" + s) ==
        Codes{"BH2040 w", "BH2040 v"});
  CHECK(codes("CREATE VIEW v AS SELECT id FROM notes; CREATE VIEW v AS SELECT id FROM notes;" + s) ==
        Codes{"BH2039 v"});
  CHECK(codes("CREATE VIEW tasks AS SELECT id FROM notes;") == Codes{"BH2039 tasks"});
  CHECK(codes("CREATE FUNCTION lower(x text) AS (x);") == Codes{"BH2039 lower"});
  CHECK(codes("CREATE VIEW v AS SELECT id FROM notes; CREATE STREAM s AS SELECT * FROM notes;") ==
        Codes{"BH2041 v"});
  CHECK(codes("CREATE VIEW v AS SELECT id FROM notes WHERE body = :p;" + s) == Codes{"BH2032 :p"});
  CHECK(codes("CREATE VIEW v AS SELECT id, body FROM notes;" + s) == Codes{"BH2049 v"});
  CHECK(codes("CREATE VIEW v (a, b) AS SELECT id FROM notes;" + s) == Codes{"BH2049 a, b"});
  CHECK(codes("CREATE VIEW v AS SELECT idd FROM notes;" + s + s) == Codes{"BH2022 idd", "BH2038 s"});
  CHECK(codes("CREATE FUNCTION f(x text) AS (g(x)); CREATE FUNCTION g(x text) AS (f(x));"
              "CREATE STREAM s AS SELECT * FROM notes WHERE f(id);") == Codes{"BH2040 g", "BH2040 f"});
  CHECK(codes("CREATE FUNCTION f(x text, x text) AS (x = 'a'); CREATE STREAM s AS SELECT * FROM notes WHERE "
              "f(id, id);") == Codes{"BH2034 x"});
  CHECK(codes("CREATE STREAM s AS WITH v AS (SELECT id FROM notes) SELECT * FROM notes;") ==
        Codes{"BH2041 v"});
}

TEST_CASE("wrong streams") {
  auto codes = [](const std::string& text) { return Bound(text).Codes(); };
  CHECK(codes("CREATE STREAM s PRIORITY 4 AS SELECT * FROM t;") == Codes{"BH2042 4"});
  CHECK(codes("CREATE STREAM s AS SELECT * FROM t; CREATE STREAM s AS SELECT * FROM t;") ==
        Codes{"BH2038 s"});
  CHECK(codes("CREATE STREAM s (p text) AS SELECT * FROM t;") == Codes{"BH2033 p text"});
  CHECK(codes("CREATE STREAM s (p text, p text) AS SELECT * FROM t WHERE a = :p;") == Codes{"BH2034 p"});
  CHECK(codes("CREATE STREAM s (p txt) AS SELECT * FROM t WHERE a = :p;") == Codes{"BH2029 txt"});
  CHECK(codes("CREATE STREAM s (p text) AS SELECT * FROM t WHERE a = :q;") == Codes{"BH2031 :q"});
  CHECK(codes("CREATE PRINCIPAL (sub text, sub text); CREATE PRINCIPAL (a text);") ==
        Codes{"BH2036 sub", "BH2037 CREATE PRINCIPAL (a text)"});
  CHECK(codes("CREATE PRINCIPAL (org_ids text[]); CREATE STREAM s AS SELECT * FROM t WHERE a IN "
              "auth.parameter('org_id') "
              "AND b = auth.user_id();") == Codes{"BH2035 'org_id'"});
}

TEST_CASE("wrong outputs") {
  CHECK(CodesOf("SELECT title FROM tasks") == Codes{"BH2043 title"});
  CHECK(Bound(Schema + "CREATE STREAM s AS SELECT role FROM members").Help() ==
        "add `user_id || '.' || workspace_id AS id`");
  CHECK(CodesOf("SELECT id, title AS a, n AS a FROM tasks") == Codes{"BH2044 n AS a"});
  CHECK(CodesOf("SELECT id, title AS a, n AS \"A\" FROM tasks") == Codes{"BH2045 n AS \"A\""});
  CHECK(CodesOf("SELECT id, lower(title) FROM tasks") == Codes{"BH2046 lower(title)"});
  CHECK(CodesOf("SELECT lower(id) AS id, * FROM notes") == Codes{"BH2047 *"});
  CHECK(CodesOf("SELECT id, * FROM notes") == Codes{});
  CHECK(CodesOf("SELECT id, thumb FROM tasks") == Codes{"BH2048 thumb"});
  CHECK(CodesOf("SELECT 1 AS id") == Codes{"BH2058 SELECT 1 AS id"});
  CHECK(CodesOf("SELECT value AS id FROM json_each('[1]')") ==
        Codes{"BH2058 SELECT value AS id FROM json_each('[1]')"});
  CHECK(CodesOf("SELECT t.id, n.body FROM tasks t, notes n") == Codes{"BH3006 n.body"});
  CHECK(CodesOf("SELECT id, auth.user_id() AS me FROM tasks") == Codes{"BH3007 auth.user_id() AS me"});
  CHECK(CodesOf("SELECT id, EXISTS (SELECT 1 FROM notes) AS e FROM tasks") ==
        Codes{"BH3014 EXISTS (SELECT 1 FROM notes) AS e"});
  CHECK(CodesWhere("id IN (SELECT id INTO x FROM notes)") == Codes{"BH2059 x"});
  CHECK(CodesOf("SELECT id, n FROM tasks UNION SELECT id FROM notes") ==
        Codes{"BH2049 SELECT id FROM notes"});
}

// ---- Wrong rules: types
// ---------------------------------------------------------------------------------------------

TEST_CASE("comparisons that can never be true") {
  CHECK(CodesWhere("title = 5") == Codes{"BH2070 title = 5"});
  CHECK(CodesWhere("id = n") == Codes{"BH2070 id = n"});
  CHECK(CodesWhere("id = 'abc'") == Codes{"BH2070 id = 'abc'"});
  CHECK(CodesWhere("id = '123e4567-e89b-12d3-a456-426614174000'") == Codes{});
  CHECK(CodesWhere("n IN (1, 'x')") == Codes{"BH2070 'x'"});
  CHECK(CodesWhere("length(title) = '5'") == Codes{"BH2079 length(title) = '5'"});
  CHECK(CodesWhere("done = 'true' AND done = TRUE") == Codes{"BH2070 done = 'true'"});
  CHECK(CodesWhere("id = status") == Codes{"BH2070 id = status"});
  CHECK(CodesWhere("status = 'opened'") == Codes{"BH2071 'opened'"});
  CHECK(CodesWhere("status IN ('open', 'close')") == Codes{"BH2071 'close'"});
  CHECK(CodesWhere("CASE status WHEN 'x' THEN 1 END") == Codes{"BH2071 'x'"});
  CHECK(CodesWhere("title = NULL OR n <> NULL") == Codes{"BH2072 title = NULL", "BH2072 n <> NULL"});
  CHECK(CodesWhere("title IS NULL AND CAST(title AS integer) = n AND CAST(n AS text) = '5'") == Codes{});
  CHECK(CodesWhere("id IN (SELECT owner FROM notes)") == Codes{"BH2070 id IN (SELECT owner FROM notes)"});
}

TEST_CASE("comparisons that are usually wrong") {
  CHECK(CodesOf("SELECT * FROM notes WHERE owner = auth.user_id()") ==
        Codes{"BH2073 owner = auth.user_id()"});
  CHECK(CodesOf("SELECT * FROM notes WHERE owner = CAST(auth.user_id() AS integer)") == Codes{});
  CHECK(CodesWhere("id NOT IN (SELECT parent_id FROM tasks)") ==
        Codes{"BH2074 id NOT IN (SELECT parent_id FROM tasks)"});
  CHECK(CodesWhere("id NOT IN (SELECT parent_id FROM tasks WHERE parent_id IS NOT NULL)") == Codes{});
  CHECK(CodesWhere("tags -> 'k' = 'v' AND tags ->> 'k' = 'v' AND tags -> 'n' = '5'") ==
        Codes{"BH2075 tags -> 'k' = 'v'"});
  CHECK(CodesWhere("price > 10 OR price = 5") == Codes{"BH2078 price > 10", "BH2078 price = 5"});
  CHECK(CodesWhere("price < '9' OR price >= price") == Codes{"BH2078 price < '9'", "BH2078 price >= price"});
  CHECK(CodesWhere("price = '9.00' AND price <> '9' AND CAST(price AS real) > 9") == Codes{});
}

TEST_CASE("arrays and claims") {
  auto codes = [](const std::string& condition) {
    return Bound(Schema +
                 "CREATE PRINCIPAL (ids text[], numbers integer[], role text); CREATE STREAM s AS SELECT id "
                 "FROM tasks WHERE " +
                 condition)
        .Codes();
  };
  CHECK(codes("workspace_id IN auth.parameter('ids') AND title = auth.parameter('role')") == Codes{});
  CHECK(codes("workspace_id = auth.parameter('ids')") ==
        Codes{"BH2070 workspace_id = auth.parameter('ids')"});
  CHECK(codes("auth.parameter('ids') = 'w1'") == Codes{"BH2070 auth.parameter('ids') = 'w1'"});
  CHECK(codes("auth.parameter('ids') = '[\"w1\"]'") == Codes{});
  CHECK(codes("title IN auth.parameter('role')") == Codes{"BH2076 auth.parameter('role')"});
  CHECK(codes("title IN auth.parameter('numbers')") == Codes{"BH2070 title IN auth.parameter('numbers')"});
  CHECK(codes("n IN auth.parameter('numbers') AND n = auth.parameter('role')") ==
        Codes{"BH2070 n = auth.parameter('role')"});
  CHECK(codes("title IN n") == Codes{"BH2076 n"});
  CHECK(codes("auth.user_id() IN tags") == Codes{});
}

TEST_CASE("casts") {
  CHECK(CodesWhere("title::date = 'x'") == Codes{"BH2077 date"});
  CHECK(CodesWhere("auth.user_id()::uuid = id AND title::jsonb ->> 'k' = 'x' AND 'open'::status = status") ==
        Codes{});
}

// ---- Not supported
// ---------------------------------------------------------------------------------------------------

TEST_CASE("what is not supported yet says so") {
  CHECK(CodesOf("SELECT t.* FROM notes t LEFT JOIN tasks p ON p.title = t.body") ==
        Codes{"BH3001 notes t LEFT JOIN tasks p ON p.title = t.body"});
  CHECK(CodesOf("SELECT id, count(*) AS n FROM tasks GROUP BY id HAVING n > 1") ==
        Codes{"BH3002 count(*)", "BH3002 id", "BH3002 n > 1"});
  CHECK(CodesWhere("count(*) > 1") == Codes{"BH2053 count(*)"});
  CHECK(CodesOf("SELECT * FROM notes ORDER BY id LIMIT 5") == Codes{"BH3003 id", "BH3003 5"});
  CHECK(CodesOf("SELECT id, row_number() OVER (ORDER BY n) AS r FROM tasks") ==
        Codes{"BH3004 row_number() OVER (ORDER BY n)"});
  CHECK(CodesWhere("title > now()") == Codes{"BH3005 now()"});
  CHECK(CodesWhere("title > datetime('now', '-1 day')") == Codes{"BH3005 datetime('now', '-1 day')"});
  CHECK(CodesWhere("title = (SELECT body FROM notes)") == Codes{"BH3008 (SELECT body FROM notes)"});
  CHECK(CodesOf("SELECT t.id FROM tasks t, generate_series(1, 3) g") ==
        Codes{"BH3009 generate_series(1, 3)"});
  CHECK(CodesOf("SELECT id FROM notes EXCEPT SELECT id FROM notes") == Codes{"BH3011 SELECT id FROM notes"});
  CHECK(CodesWhere("n >= ALL (SELECT owner FROM notes)") ==
        Codes{"BH3012 n >= ALL (SELECT owner FROM notes)"});
  CHECK(CodesWhere("(id, n) < ('a', 1)") == Codes{"BH3014 (id, n) < ('a', 1)"});
  CHECK(CodesWhere("title || (id, n) = 'x'") == Codes{"BH2052 (id, n)"});
  CHECK(CodesWhere("random() > 0") == Codes{"BH2028 random()"});
  CHECK(CodesOf("SELECT DISTINCT id FROM notes") == Codes{});
}

// ---- Statements that are kept
// ---------------------------------------------------------------------------------------

TEST_CASE("names in policies, tests and the like are checked") {
  auto codes = [](const std::string& text) { return Bound(Schema + text).Codes(); };
  CHECK(codes("ISOLATE tasks, task BY workspace; SHARE noots; CONFIDENTIAL tasks (titel);") ==
        Codes{"BH2020 task", "BH2021 workspace", "BH2020 noots", "BH2021 titel"});
  CHECK(codes("CREATE TENANT w ON members (workspace) VISIBLE TO (SELECT work FROM members);") ==
        Codes{"BH2021 workspace", "BH2022 work"});
  CHECK(codes("CREATE VIEW v AS SELECT workspace_id FROM members; CREATE TENANT w ON members (workspace_id) "
              "VISIBLE TO v;") == Codes{});
  CHECK(
      codes(
          "CREATE POLICY p ON notes USING (ownr = current_setting('x') AND owner = (SELECT auth.uid()));") ==
      Codes{"BH2022 ownr"});
  CHECK(codes("CREATE TEST 't' AS BEGIN INSERT INTO notes (id, bdy) VALUES ('a', 'b', 'c'); UPDATE notes SET "
              "x = 1 WHERE y = 2; "
              "DELETE FROM note; CONNECT AS ('a') SUBSCRIBE nothing; EXPECT NOTHING; END;") ==
        Codes{"BH2021 bdy", "BH2049 'a', 'b', 'c'", "BH2021 x", "BH2022 y", "BH2020 note", "BH2060 nothing"});
}

// ---- Hostile input
// ---------------------------------------------------------------------------------------------------

TEST_CASE("definitions that multiply are bounded") {
  std::string views = "CREATE VIEW v0 AS SELECT id FROM t;";
  std::string unions = views, functions = "CREATE FUNCTION f0(x text) AS (x || x);", chain = views;
  for (int i = 1; i <= 40; ++i) {
    std::string self = std::to_string(i), last = std::to_string(i - 1);
    views += "CREATE VIEW v" + self + " AS SELECT a.id FROM v" + last + " a, v" + last + " b;";
    unions += "CREATE VIEW v" + self + " AS SELECT id FROM v" + last + " UNION SELECT id FROM v" + last + ";";
    functions += "CREATE FUNCTION f" + self + "(x text) AS (f" + last + "(x) || f" + last + "(x));";
  }
  for (int i = 1; i <= 1000; ++i) {
    chain += "CREATE VIEW v" + std::to_string(i) + " AS SELECT id FROM v" + std::to_string(i - 1) + ";";
  }
  auto codes = [](const Bound& b) {
    std::set<std::string> found;
    for (const source::Diagnostic& d : b.diagnostics.all()) found.insert(std::string(d.code));
    return found;
  };
  const std::set<std::string> too_large{"BH2056"};
  CHECK(codes(Bound(views + "CREATE STREAM s AS SELECT * FROM t WHERE id IN v40;")) == too_large);
  CHECK(codes(Bound(unions + "CREATE STREAM s AS SELECT * FROM t WHERE id IN v40;")) == too_large);
  CHECK(codes(Bound(functions + "CREATE STREAM s AS SELECT * FROM t WHERE f40(id) = 'x';")) == too_large);
  CHECK(codes(Bound(chain + "CREATE STREAM s AS SELECT * FROM t WHERE id IN v1000;")) == too_large);
}

// Words for an unknown name compare it with every other: done again at each of the places where a definition
// is put, or for thousands of errors that nobody is shown, they take minutes.
TEST_CASE("a mistake that is repeated, or one of many, costs little") {
  const clock_t start = clock();
  std::string chain = "CREATE FUNCTION f0(x text) RETURNS text AS (lwer(x));";
  for (int i = 1; i < 30; ++i)
    chain += fmt::format("CREATE FUNCTION f{0}(x text) RETURNS text AS (f{1}(x) || f{1}(x));", i, i - 1);
  Bound once(Schema + chain);
  CHECK(std::ranges::count(once.Codes(), "BH2026 lwer") == 1);
  std::string tables, streams;
  for (int i = 0; i < 3000; ++i) {
    tables += fmt::format("CREATE TABLE a_table_of_things_{} (id text);", i);
    streams += fmt::format("CREATE STREAM s{0} AS SELECT * FROM a_table_of_thongs_{0};", i);
  }
  CHECK(Bound(tables + streams).Codes().size() == 3000);
  CHECK((clock() - start) / CLOCKS_PER_SEC < 60);
}

TEST_CASE("syntax errors cause no others") {
  CHECK(Bound(Schema +
              "CREATE VIEW v AS SELECT FROM WHERE; CREATE STREAM s AS SELECT * FROM notes WHERE id IN v;")
            .diagnostics.error_count() == 1);
  CHECK(Bound("CREATE TABLE t (id text PRIMARY KEY,, x); CREATE STREAM s AS SELECT id, y FROM t;")
            .diagnostics.error_count() == 1);
}
