#include <catch2/catch.hpp>

#include "compiler/ir/print.h"
#include "compiler/sema/sema.h"
#include "tests/unit/bound_rules.h"

using namespace bulkhead;

namespace {

using Codes = std::vector<std::string>;

// Lines of the text form of a query without schema, but for its outputs: "from t0 t", "where …".
std::string Ir(const std::string& query, const std::string& before = "", const std::string& parameters = "") {
  Bound b(before + "CREATE STREAM s " + parameters + " AS " + query);
  INFO(query);
  CHECK(b.Codes() == Codes{});
  std::string out, all = ir::Print(b.module);
  for (size_t begin = 0; begin < all.size();) {
    size_t end = all.find('\n', begin);
    std::string line = all.substr(begin, end - begin);
    begin = end + 1;
    line.erase(0, line.find_first_not_of(' '));
    if (line.starts_with("from") || line.starts_with("where") || line.starts_with("select"))
      out += line + "\n";
  }
  return out;
}

// The one condition of SELECT * FROM t WHERE …
std::string Where(const std::string& condition) {
  std::string ir = Ir("SELECT * FROM t WHERE " + condition);
  const std::string head = "select into t\nfrom t0 t\n";
  REQUIRE(ir.starts_with(head));
  std::string out;
  for (size_t begin = head.size(); begin < ir.size();) {
    size_t end = ir.find('\n', begin);
    out += (out.empty() ? "" : " & ") + ir.substr(begin + 6, end - begin - 6);
    begin = end + 1;
  }
  return out;
}

std::string Outputs(const std::string& query, const std::string& before = "") {
  Bound b(before + "CREATE STREAM s AS " + query);
  INFO(query);
  CHECK(b.Codes() == Codes{});
  std::string out, all = ir::Print(b.module);
  for (size_t at = all.find("output "); at != std::string::npos; at = all.find("output ", at)) {
    size_t end = all.find('\n', at);
    out += (out.empty() ? "" : "; ") + all.substr(at + 7, end - at - 7);
    at = end;
  }
  return out;
}

}  // namespace

// ---- Expressions
// ---------------------------------------------------------------------------------------------------

TEST_CASE("operators become calls") {
  CHECK(Where("a = 1 AND (b OR c OR d) AND NOT e") ==
        "(= (column t0 a) 1) & (or (column t0 b) (column t0 c) (column t0 d)) & (not (column t0 e))");
  CHECK(Where("a + 1 * -2 || 'x' <> b % 3") ==
        "(<> (+ (column t0 a) (* 1 (|| -2 'x'))) (% (column t0 b) 3))");
  CHECK(Where("a IS NULL AND b IS NOT TRUE AND c IS DISTINCT FROM d AND e IS UNKNOWN") ==
        "(is_null (column t0 a)) & (is_not_true (column t0 b)) & (is_not (column t0 c) (column t0 d)) & "
        "(is_null (column t0 e))");
  CHECK(Where("a LIKE 'x%' ESCAPE '!' AND b NOT ILIKE 'y' AND c GLOB 'z*'") ==
        "(like 'x%' (column t0 a) '!') & (not (ilike 'y' (column t0 b))) & (glob 'z*' (column t0 c))");
  CHECK(Where("a BETWEEN 1 AND 2 AND b NOT BETWEEN 3 AND c") ==
        "(between (column t0 a) 1 2) & (not (between (column t0 b) 3 (column t0 c)))");
  CHECK(Where("CASE a WHEN 1 THEN b ELSE c END") == "(case_of (column t0 a) 1 (column t0 b) (column t0 c))");
  CHECK(Where("CASE WHEN a = 1 THEN b END") == "(case (= (column t0 a) 1) (column t0 b))");
  CHECK(Where("a IN (1, 2) AND b NOT IN ('x')") ==
        "(in_list (column t0 a) 1 2) & (not (in_list (column t0 b) 'x'))");
  CHECK(Where("TRUE AND X'0f' = a AND 1.5 = b") == "1 & (= X'0f' (column t0 a)) & (= 1.5 (column t0 b))");
  CHECK(Where("d -> 'k' ->> 0 = lower(e)") == "(= (->> (-> (column t0 d) 'k') 0) (lower (column t0 e)))");
  CHECK(Where("tags && ARRAY['a']") == "(overlap (column t0 tags) (json_array 'a'))");
}

TEST_CASE("a cast gives its affinity to the other side, as in SQLite") {
  CHECK(Where("CAST(a AS text) = 5") == "(= (cast_text (column t0 a)) (apply_text 5))");
  CHECK(Where("5 = a::text") == "(= (apply_text 5) (cast_text (column t0 a)))");
  CHECK(Where("CAST(a AS integer) = '5'") == "(= (cast_integer (column t0 a)) (apply_numeric '5'))");
  // A column has the affinity BLOB, which is not converted to text, but is to a number.
  CHECK(Where("CAST(a AS text) = b") == "(= (cast_text (column t0 a)) (column t0 b))");
  CHECK(Where("CAST(a AS real) = b") == "(= (cast_real (column t0 a)) (apply_numeric (column t0 b)))");
  CHECK(Where("CAST(a AS text) = CAST(b AS integer)") ==
        "(= (apply_numeric (cast_text (column t0 a))) (cast_integer (column t0 b)))");
  // What is computed has no affinity.
  CHECK(Where("CAST(a AS text) = b + 1") == "(= (cast_text (column t0 a)) (apply_text (+ (column t0 b) 1)))");
  CHECK(Where("+CAST(a AS text) = 5 || ''") == "(= (cast_text (column t0 a)) (|| 5 ''))");
  CHECK(Where("CAST(a AS text) IN (1, 'x')") == "(in_list (cast_text (column t0 a)) (apply_text 1) 'x')");
  CHECK(Where("a IN (CAST(b AS text))") == "(in_list (column t0 a) (cast_text (column t0 b)))");
  CHECK(Where("CAST(a AS text) BETWEEN 1 AND 2") ==
        "(>= (cast_text (column t0 a)) (apply_text 1)) & (<= (cast_text (column t0 a)) (apply_text 2))");
  CHECK(Where("CASE CAST(a AS text) WHEN 1 THEN 2 END") ==
        "(case (= (cast_text (column t0 a)) (apply_text 1)) 2)");
  CHECK(Where("5 IN (SELECT CAST(x AS text) FROM u)") ==
        "(exists (select (from t1 u) (where (= (apply_text 5) (cast_text (column t1 x))))))");
}

TEST_CASE("NOCASE folds both sides") {
  CHECK(Where("a COLLATE NOCASE = b") == "(= (fold_nocase (column t0 a)) (fold_nocase (column t0 b)))");
  CHECK(Where("a = b COLLATE nocase") == "(= (fold_nocase (column t0 a)) (fold_nocase (column t0 b)))");
  CHECK(Where("a COLLATE BINARY = b COLLATE NOCASE") == "(= (column t0 a) (column t0 b))");
  CHECK(Where("(a COLLATE NOCASE) || 'x' = b || 'y'") ==
        "(= (fold_nocase (|| (column t0 a) 'x')) (fold_nocase (|| (column t0 b) 'y')))");
  CHECK(Where("a COLLATE NOCASE IN ('x')") == "(in_list (fold_nocase (column t0 a)) (fold_nocase 'x'))");
  CHECK(Where("a IN ('x' COLLATE NOCASE)") == "(in_list (column t0 a) 'x')");
}

TEST_CASE("the request is JSON") {
  CHECK(Where("a = auth.user_id()") == "(= (column t0 a) (->> auth 'sub'))");
  CHECK(Where("a = auth.parameter('x') AND b = auth.parameters() ->> 'y'") ==
        "(= (column t0 a) (->> auth 'x')) & (= (column t0 b) (->> auth 'y'))");
  CHECK(Where("a = connection.parameter('$.a.b') AND b = subscription.parameters() -> 'y'") ==
        "(= (column t0 a) (->> connection '$.a.b')) & (= (column t0 b) (-> subscription 'y'))");
  CHECK(Where("a IN auth.parameter('ids') AND b = ANY (connection.parameter('x'))") ==
        "(in_json (column t0 a) (->> auth 'ids')) & (in_json (column t0 b) (->> connection 'x'))");
  CHECK(Where("auth.user_id() IN t.editors") == "(in_json (->> auth 'sub') (column t0 editors))");
  CHECK(Ir("SELECT * FROM t WHERE a = :p AND b = subscription.parameter('p')", "", "(p text)") ==
        "select into t\nfrom t0 t\nwhere (= (column t0 a) (->> subscription 'p'))\n"
        "where (= (column t0 b) (->> subscription 'p'))\n");
}

// ---- Subqueries
// ----------------------------------------------------------------------------------------------------

TEST_CASE("subqueries where only truth matters become EXISTS") {
  const std::string in =
      "(exists (select (from t1 u) (where (= (column t1 y) 1)) (where (= (column t0 a) (column t1 x)))))";
  CHECK(Where("a IN (SELECT x FROM u WHERE y = 1)") == in);
  CHECK(Where("a = ANY (SELECT x FROM u WHERE y = 1)") == in);
  CHECK(Where("a = SOME (SELECT x FROM u WHERE y = 1)") == in);
  CHECK(Where("b = 2 OR a IN (SELECT x FROM u WHERE y = 1)") == "(or (= (column t0 b) 2) " + in + ")");
  CHECK(Where("EXISTS (SELECT 1 FROM u WHERE y = 1 AND t.a = x LIMIT 1)") ==
        "(exists (select (from t1 u) (where (= (column t1 y) 1)) (where (= (column t0 a) (column t1 x)))))");
  CHECK(Where("a < ANY (SELECT x FROM u)") ==
        "(exists (select (from t1 u) (where (< (column t0 a) (column t1 x)))))");
  CHECK(Where("tags && (SELECT x FROM u)") ==
        "(exists (select (from t1 u) (where (in_json (column t1 x) (column t0 tags)))))");
  CHECK(Where("EXISTS (SELECT 1 WHERE a = 1)") == "(= (column t0 a) 1)");
}

TEST_CASE("subqueries whose NULLs matter stay IN") {
  CHECK(Where("a NOT IN (SELECT x FROM u)") ==
        "(not (in_select ((column t0 a)) (select (from t1 u) (output \"\" (column t1 x)))))");
  CHECK(Where("NOT (a IN (SELECT x FROM u) AND b)") ==
        "(not (and (in_select ((column t0 a)) (select (from t1 u) (output \"\" (column t1 x)))) (column t0 "
        "b)))");
  CHECK(Where("a <> ALL (SELECT x FROM u)") ==
        "(not (in_select ((column t0 a)) (select (from t1 u) (output \"\" (column t1 x)))))");
  CHECK(Where("(a IN (SELECT x FROM u)) IS NULL") ==
        "(is_null (in_select ((column t0 a)) (select (from t1 u) (output \"\" (column t1 x)))))");
  CHECK(Where("NOT EXISTS (SELECT 1 FROM u)") == "(not (exists (select (from t1 u))))");
}

TEST_CASE("rows of values") {
  CHECK(Where("(a, b) = (1, c)") == "(= (column t0 a) 1) & (= (column t0 b) (column t0 c))");
  CHECK(Where("(a, b) <> (1, c)") == "(or (<> (column t0 a) 1) (<> (column t0 b) (column t0 c)))");
  CHECK(Where("(a, b) IN (SELECT x, y FROM u)") ==
        "(exists (select (from t1 u) (where (= (column t0 a) (column t1 x))) (where (= (column t0 b) (column "
        "t1 y)))))");
  CHECK(Where("(a, b) IN ((1, 2), (3, 4))") ==
        "(or (and (= (column t0 a) 1) (= (column t0 b) 2)) (and (= (column t0 a) 3) (= (column t0 b) 4)))");
  CHECK(Where("(a, b) IN (VALUES (1, 2), (3, 4))") ==
        "(or (and (= (column t0 a) 1) (= (column t0 b) 2)) (and (= (column t0 a) 3) (= (column t0 b) 4)))");
  CHECK(Where("(a, b) NOT IN (SELECT x, y FROM u)") ==
        "(not (in_select ((column t0 a) (column t0 b)) (select (from t1 u) (output \"\" (column t1 x)) "
        "(output \"\" (column t1 y)))))");
}

TEST_CASE("UNION in a subquery becomes arms") {
  CHECK(Where("a IN (SELECT x FROM u UNION SELECT y FROM v)") ==
        "(exists (select (from t1 u) (where (= (column t0 a) (column t1 x)))) "
        "(select (from t2 v) (where (= (column t0 a) (column t2 y)))))");
  CHECK(Where("a NOT IN (SELECT x FROM u UNION ALL SELECT CAST(y AS text) FROM v)") ==
        "(not (or (in_select ((column t0 a)) (select (from t1 u) (output \"\" (column t1 x)))) "
        "(in_select ((column t0 a)) (select (from t2 v) (output \"\" (cast_text (column t2 y)))))))");
}

// ---- FROM
// ----------------------------------------------------------------------------------------------------------

TEST_CASE("joins are FROM and WHERE") {
  const std::string joined = "select into t\nfrom t0 t\nfrom t1 u\nwhere (= (column t0 a) (column t1 b))\n";
  CHECK(Ir("SELECT t.* FROM t JOIN u ON t.a = u.b") == joined);
  CHECK(Ir("SELECT t.* FROM t, u WHERE t.a = u.b") == joined);
  CHECK(Ir("SELECT x.* FROM t x CROSS JOIN u AS y WHERE x.a = y.b") == joined);
  CHECK(Ir("SELECT t.* FROM t JOIN u USING (a, b) WHERE a = 1") ==
        "select into t\nfrom t0 t\nfrom t1 u\nwhere (= (column t0 a) (column t1 a))\n"
        "where (= (column t0 b) (column t1 b))\nwhere (= (column t0 a) 1)\n");
  CHECK(Ir("SELECT a.* INTO c FROM t a, t b WHERE a.x = b.y") ==
        "select into c\nfrom t0 t\nfrom t1 t\nwhere (= (column t0 x) (column t1 y))\n");
}

TEST_CASE("table functions") {
  CHECK(Ir("SELECT t.id FROM t, json_each(t.tags) j WHERE j.value = 'x' AND key > 1") ==
        "select into t\nfrom t0 t\nfrom t1 json_each (column t0 tags)\nwhere (= (column t1 value) 'x')\n"
        "where (> (column t1 key) 1)\n");
  CHECK(Ir("SELECT t.id FROM t, unnest(t.tags) AS tag WHERE tag = 'x'") ==
        "select into t\nfrom t0 t\nfrom t1 json_each (column t0 tags)\nwhere (= (column t1 value) 'x')\n");
  CHECK(Ir("SELECT t.id FROM json_each(auth.parameter('ids')) AS j, t WHERE t.a = j.value") ==
        "select into t\nfrom t0 json_each (->> auth 'ids')\nfrom t1 t\nwhere (= (column t1 a) (column t0 "
        "value))\n");
  CHECK(Where("a IN (SELECT value FROM json_each(t.tags))") ==
        "(exists (select (from t1 json_each (column t0 tags)) (where (= (column t0 a) (column t1 value)))))");
}

TEST_CASE("views, WITH queries and FROM subqueries are put in place") {
  const std::string view = "CREATE VIEW v AS SELECT x AS id FROM u WHERE y = auth.user_id();";
  const std::string inlined =
      "select into t\nfrom t0 t\nwhere (exists (select (from t1 u) (where (= (column t1 y) (->> auth "
      "'sub'))) "
      "(where (= (column t0 a) (column t1 x)))))\n";
  CHECK(Ir("SELECT * FROM t WHERE a IN v", view) == inlined);
  CHECK(Ir("SELECT * FROM t WHERE a IN (SELECT id FROM v)", view) == inlined);
  CHECK(Ir("WITH v AS (SELECT x AS id FROM u WHERE y = auth.user_id()) SELECT * FROM t WHERE a IN v") ==
        inlined);
  CHECK(Ir("BEGIN WITH v AS (SELECT x AS id FROM u WHERE y = auth.user_id()); SELECT * FROM t WHERE a IN v; "
           "END") == inlined);
  CHECK(Ir("SELECT * FROM t WHERE a IN w", view + "CREATE VIEW w (k) AS SELECT id FROM v;") == inlined);
  CHECK(Ir("SELECT t.* FROM t JOIN v ON t.a = v.id", view) ==
        "select into t\nfrom t0 t\nfrom t1 u\nwhere (= (column t1 y) (->> auth 'sub'))\n"
        "where (= (column t0 a) (column t1 x))\n");
  CHECK(Ir("SELECT t.* FROM t, (SELECT x, z FROM u WHERE y = 1) AS s (p, q) WHERE t.a = s.p AND q = 2") ==
        "select into t\nfrom t0 t\nfrom t1 u\nwhere (= (column t1 y) 1)\nwhere (= (column t0 a) (column t1 "
        "x))\n"
        "where (= (column t1 z) 2)\n");
  // A query of its own over a view gives the rows of the table behind it.
  CHECK(Ir("SELECT * FROM mine WHERE b = 1", "CREATE VIEW mine AS SELECT * FROM t WHERE a = 2;") ==
        "select into t\nfrom t0 t\nwhere (= (column t0 a) 2)\nwhere (= (column t0 b) 1)\n");
}

TEST_CASE("UNION in FROM multiplies out") {
  CHECK(
      Ir("SELECT t.* FROM t, v WHERE t.a = v.x", "CREATE VIEW v AS SELECT x FROM u UNION SELECT y FROM w;") ==
      "select into t\nfrom t0 t\nfrom t1 u\nwhere (= (column t0 a) (column t1 x))\n"
      "select into t\nfrom t2 t\nfrom t3 w\nwhere (= (column t2 a) (column t3 y))\n");
  CHECK(Ir("SELECT id FROM t UNION ALL SELECT id FROM u") ==
        "select into t\nfrom t0 t\nselect into u\nfrom t1 u\n");
  CHECK(Ir("SELECT id INTO x FROM t UNION SELECT id FROM u") ==
        "select into x\nfrom t0 t\nselect into x\nfrom t1 u\n");
}

TEST_CASE("functions of the rules are put in place") {
  const std::string f = "CREATE FUNCTION f(a text, b text DEFAULT 'z') AS (a = b);";
  CHECK(Ir("SELECT * FROM t WHERE f(x, y) AND f(z)", f) ==
        "select into t\nfrom t0 t\nwhere (= (column t0 x) (column t0 y))\nwhere (= (column t0 z) 'z')\n");
  CHECK(Ir("SELECT * FROM t WHERE can_see(ws)",
           "CREATE FUNCTION can_see(w text) AS (w IN (SELECT workspace_id FROM members m WHERE m.user_id = "
           "auth.user_id()));") ==
        "select into t\nfrom t0 t\nwhere (exists (select (from t1 members) (where (= (column t1 user_id) "
        "(->> auth 'sub'))) "
        "(where (= (column t0 ws) (column t1 workspace_id)))))\n");
}

// ---- Outputs
// -------------------------------------------------------------------------------------------------------

TEST_CASE("outputs") {
  CHECK(Outputs("SELECT * FROM t") == "* t0");
  CHECK(Outputs("SELECT *, lower(a) AS b FROM t") == "* t0; b (lower (column t0 a))");
  const std::string schema = "CREATE TABLE t (id text PRIMARY KEY, a text, b text);";
  CHECK(Outputs("SELECT * FROM t", schema) == "id (column t0 id); a (column t0 a); b (column t0 b)");
  CHECK(Outputs("SELECT *, lower(a) AS b FROM t", schema) ==
        "id (column t0 id); a (column t0 a); b (lower (column t0 a))");
  CHECK(Outputs("SELECT t.id, j.value AS v FROM t, json_each(t.a) j", schema) ==
        "id (column t0 id); v (column t1 value)");
  CHECK(Outputs("SELECT a AS id FROM t", schema) == "id (column t0 a)");
}

TEST_CASE("streams and their options") {
  Bound b(R"(CREATE PRINCIPAL (sub text NOT NULL, role text);
    CREATE STREAM a (p uuid NOT NULL, q integer DEFAULT 3) PRIORITY 0 AUTO SUBSCRIBE AS
      SELECT * FROM t WHERE x = :p AND y > :q AND z = auth.parameter('role');)");
  CHECK(b.Codes() == Codes{});
  REQUIRE(b.module.streams.size() == 1);
  const ir::Stream& stream = b.module.streams[0];
  CHECK(stream.priority == 0);
  CHECK(stream.auto_subscribe);
  REQUIRE(stream.parameters.size() == 2);
  CHECK(stream.parameters[0].type.kind == schema::TypeKind::Uuid);
  CHECK(stream.parameters[0].not_null);
  CHECK(ir::Print(b.module, stream.parameters[1].default_value) == "3");
  CHECK(b.module.claims.size() == 2);
}

TEST_CASE("facts follow declarations") {
  Bound b(Schema + "CREATE STREAM s AS SELECT id, parent_id, n + 1 AS m, title IS NULL AS e FROM tasks;");
  REQUIRE(b.Codes() == Codes{});
  const auto& outputs = b.module.selects[b.module.streams[0].queries[0].arms[0]].outputs;
  auto facts = [&](size_t i) { return b.module.exprs[outputs[i].value].facts; };
  CHECK_FALSE(facts(0).CanBeNull());
  CHECK(facts(0).declared.kind == schema::TypeKind::Uuid);
  CHECK(facts(1).CanBeNull());
  CHECK(facts(2).storage == 0b00111);
  CHECK(facts(3).storage == 0b00010);
}
