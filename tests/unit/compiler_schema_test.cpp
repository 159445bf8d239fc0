#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "compiler/schema/schema.h"
#include "compiler/schema/types.h"
#include "compiler/syntax/syntax.h"

using namespace bulkhead;
using namespace bulkhead::schema;

namespace {

struct Built {
  source::Sources sources;
  source::Diagnostics diagnostics;
  ast::Tree tree;
  std::vector<ast::File> files;
  Catalog catalog;

  explicit Built(std::string text, std::string name = "rules.sync") {
    files.push_back(
        syntax::ParseFile(tree, sources, sources.Add(std::move(name), std::move(text)), diagnostics));
    catalog = BuildCatalog(tree, sources, files, diagnostics);
  }
  // "BH2002 tasks": code and underlined text of each diagnostic.
  std::vector<std::string> Codes() const {
    std::vector<std::string> codes;
    for (const source::Diagnostic* d : diagnostics.Sorted()) {
      codes.push_back(std::string(d->code) + " " + std::string(sources.Text(d->primary.span)));
    }
    return codes;
  }
  const Table& operator[](std::string_view name) const {
    TableId id = catalog.Find("", name);
    REQUIRE(id.HasValue());
    return catalog.tables[id];
  }
  TypeKind KindOf(std::string_view spelling) const {
    Built one("CREATE TABLE t (a " + std::string(spelling) + ");");
    INFO(spelling);
    REQUIRE(one.Codes().empty());
    return one["t"].columns.at(0).type.kind;
  }
};

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("without DDL the catalog is open") {
  Built b("CREATE STREAM s AS SELECT * FROM t;");
  CHECK(b.catalog.open);
  CHECK(b.catalog.tables.size() == 0);
}

TEST_CASE("columns, keys and checks of a table") {
  Built b(R"(CREATE TABLE projects (id uuid PRIMARY KEY, name text);
    CREATE TABLE tasks (
      id uuid, project_id uuid NOT NULL REFERENCES projects, title text UNIQUE, n integer CHECK (n > 0),
      PRIMARY KEY (id), UNIQUE (project_id, title), CONSTRAINT short CHECK (length(title) < 10),
      FOREIGN KEY (id) REFERENCES projects (id));)");
  CHECK(b.Codes().empty());
  CHECK_FALSE(b.catalog.open);
  const Table& tasks = b["tasks"];
  REQUIRE(tasks.columns.size() == 4);
  CHECK(tasks.columns[0].type.kind == TypeKind::Uuid);
  CHECK(tasks.columns[0].not_null);
  CHECK(tasks.columns[1].not_null);
  CHECK_FALSE(tasks.columns[2].not_null);
  CHECK(tasks.primary_key == std::vector<uint32_t>{0});
  CHECK(tasks.uniques == std::vector<std::vector<uint32_t>>{{2}, {1, 2}});
  REQUIRE(tasks.foreign_keys.size() == 2);
  CHECK(tasks.foreign_keys[0].target_table == "projects");
  CHECK(tasks.foreign_keys[0].target_columns == std::vector<std::string>{"id"});
  CHECK(tasks.foreign_keys[1].columns == std::vector<uint32_t>{0});
  REQUIRE(tasks.checks.size() == 2);
  CHECK(tasks.checks[0].expression == "n > 0");
  CHECK(tasks.checks[1].name == "short");
}

TEST_CASE("types by their spelling") {
  Built b("");
  for (const char* s :
       {"int", "INTEGER", "bigint", "int8", "smallint", "serial", "tinyint", "unsigned big int"}) {
    CHECK(b.KindOf(s) == TypeKind::Integer);
  }
  for (const char* s :
       {"text", "varchar(20)", "character varying(20)", "char(3)", "citext", "clob", "nvarchar(9)"}) {
    CHECK(b.KindOf(s) == TypeKind::Text);
  }
  for (const char* s : {"real", "double precision", "float8", "float", "double"})
    CHECK(b.KindOf(s) == TypeKind::Real);
  for (const char* s : {"numeric(10, 2)", "decimal"}) CHECK(b.KindOf(s) == TypeKind::Numeric);
  for (const char* s : {"boolean", "bool"}) CHECK(b.KindOf(s) == TypeKind::Boolean);
  for (const char* s :
       {"timestamptz", "timestamp(3) with time zone", "timestamp without time zone", "datetime"}) {
    CHECK(b.KindOf(s) == TypeKind::Timestamp);
  }
  CHECK(b.KindOf("time without time zone") == TypeKind::Time);
  CHECK(b.KindOf("date") == TypeKind::Date);
  CHECK(b.KindOf("interval") == TypeKind::Interval);
  CHECK(b.KindOf("jsonb") == TypeKind::Json);
  CHECK(b.KindOf("bytea") == TypeKind::Blob);
  CHECK(b.KindOf("blob") == TypeKind::Blob);
  CHECK(b.KindOf("uuid") == TypeKind::Uuid);
  CHECK(b.KindOf("geometry") == TypeKind::Geometry);
  CHECK(b.KindOf("text[]") == TypeKind::Array);
  CHECK(b.KindOf("") == TypeKind::Any);
  CHECK(b.KindOf("longvarchar") == TypeKind::Text);  // SQLite's affinity rules
  CHECK(b.KindOf("whatever") == TypeKind::Any);
  CHECK(b.KindOf("public.citext") == TypeKind::Text);
}

TEST_CASE("enums and domains, also before and after their use") {
  Built b(R"(CREATE TABLE t (s status, d email NOT NULL, a status[], e email);
    CREATE TYPE status AS ENUM ('open', 'done');
    ALTER TYPE status ADD VALUE 'late' BEFORE 'done';
    CREATE DOMAIN email AS varchar(99) NOT NULL;)");
  CHECK(b.Codes().empty());
  const Table& t = b["t"];
  CHECK(t.columns[0].type.kind == TypeKind::Enum);
  CHECK(b.catalog.enums[t.columns[0].type.enum_id].labels ==
        std::vector<std::string>{"open", "late", "done"});
  CHECK(t.columns[1].type.kind == TypeKind::Text);
  CHECK(t.columns[2].type.element == TypeKind::Enum);
  CHECK(t.columns[3].not_null);
}

TEST_CASE("what ALTER TABLE and CREATE INDEX add") {
  Built b(R"(CREATE TABLE public.a (id text, x text);
    CREATE TABLE b (id text PRIMARY KEY, a_id text);
    ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);
    ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES a;
    ALTER TABLE a ENABLE ROW LEVEL SECURITY;
    CREATE UNIQUE INDEX i ON a (x);
    CREATE UNIQUE INDEX partial ON b (a_id) WHERE id > 'x';
    CREATE INDEX plain ON b (a_id);
    CREATE POLICY p ON a AS RESTRICTIVE FOR SELECT TO someone USING (x = 'y');)");
  CHECK(b.Codes().empty());
  CHECK(b["a"].schema.empty());
  CHECK(b["a"].primary_key == std::vector<uint32_t>{0});
  CHECK(b["a"].columns[0].not_null);
  CHECK(b["a"].uniques == std::vector<std::vector<uint32_t>>{{1}});
  CHECK(b["a"].row_security);
  CHECK(b["b"].uniques.empty());
  REQUIRE(b["b"].foreign_keys.size() == 1);
  REQUIRE(b.catalog.policies.size() == 1);
  CHECK(b.catalog.policies[0].restrictive);
  CHECK(b.catalog.policies[0].command == "SELECT");
  CHECK(b.sources.Text(b.catalog.policies[0].using_span) == "x = 'y'");
}

TEST_CASE("what tells a table's rows apart") {
  using Key = std::vector<uint32_t>;
  auto key = [](std::string columns) { return Built("CREATE TABLE t (" + columns + ");")["t"].RowKey(); };
  CHECK(key("id text, a text UNIQUE NOT NULL, b text PRIMARY KEY") == Key{2});
  CHECK(key("id text, a text NOT NULL, b text NOT NULL, UNIQUE (a, b), UNIQUE (b)") == Key{2});
  CHECK(key("id text, a text UNIQUE") == Key{0});
  CHECK(key("a text, \"ID\" text") == Key{1});
  CHECK(key("a text UNIQUE, b text NOT NULL, UNIQUE (a, b)") == Key{});
  CHECK(Built("CREATE TABLE t (a text NOT NULL); CREATE UNIQUE INDEX i ON t (a) WHERE a > '';")["t"]
            .RowKey()
            .empty());
}

TEST_CASE("what dumps hold beside the usual") {
  Built built(
      "CREATE FOREIGN TABLE f (id int OPTIONS (column_name 'x', \"and\" 'y') NOT NULL, s text) SERVER x;"
      "CREATE TABLE i (a int CONSTRAINT x NOT NULL NO INHERIT, b int,"
      "  CONSTRAINT c CHECK (b > 0) NOT ENFORCED, CONSTRAINT d CHECK (b > 1));"
      "CREATE TABLE p (a int, r tsrange, PRIMARY KEY (a, r WITHOUT OVERLAPS));"
      "ALTER TABLE p ADD CONSTRAINT q FOREIGN KEY (a, PERIOD r) REFERENCES p(a, PERIOD r);"
      "CREATE TABLE e (a int REFERENCES f (id) NOT ENFORCED, b int REFERENCES f (id));"
      "CREATE TABLE s (a int, b int, CHECK (a > 0) PRIMARY KEY (a) FOREIGN KEY (b) REFERENCES s (a));");
  CHECK(built.Codes() == Codes{});
  CHECK(built["f"].columns[0].not_null);
  CHECK(built["i"].columns[0].not_null);
  CHECK(built["i"].checks.size() == 1);
  CHECK(built["p"].primary_key.size() == 2);
  CHECK(built["p"].foreign_keys.empty());
  CHECK(built["e"].foreign_keys.size() == 1);
  CHECK(built["s"].primary_key.size() == 1);
  CHECK(built["s"].foreign_keys.size() == 1);
}

TEST_CASE("schemas and case") {
  Built b(R"(CREATE TABLE billing.invoices (id text PRIMARY KEY);
    CREATE TABLE "Tasks" (id text PRIMARY KEY, "Name" text, name text, "Title" text);)");
  CHECK(b.Codes().empty());
  CHECK_FALSE(b.catalog.Find("", "invoices").HasValue());
  CHECK(b.catalog.Find("billing", "invoices").HasValue());
  CHECK(b.catalog.Find("public", "tasks").HasValue());
  CHECK(b.catalog.Find("main", "TASKS").HasValue());
  const Table& t = b["Tasks"];
  CHECK(t.FindColumn("Name") == 1u);
  CHECK(t.FindColumn("name") == 2u);
  CHECK(t.FindColumn("NAME") == std::nullopt);
  CHECK(t.FindColumn("title") == 3u);
}

TEST_CASE("wrong statements are reported and hide nothing") {
  Built b(R"(CREATE TABLE t (id text PRIMARY KEY, id text, x text PRIMARY KEY);
    CREATE TABLE t (id text);
    CREATE TABLE u (a text REFERENCES tt, b text, PRIMARY KEY (c), FOREIGN KEY (a, b) REFERENCES t (id));
    CREATE TABLE v (a text REFERENCES u);
    CREATE TYPE e AS ENUM ('a'); CREATE TYPE e AS ENUM ('b');
    ALTER TABLE w ADD CONSTRAINT k PRIMARY KEY (id);
    CREATE TABLE last (id text PRIMARY KEY);)");
  CHECK(b.Codes() == Codes{"BH2003 id", "BH2006 x text PRIMARY KEY", "BH2002 t", "BH2007 tt", "BH2021 c",
                           "BH2009 FOREIGN KEY (a, b) REFERENCES t (id)", "BH2008 u", "BH2004 e",
                           "BH2020 w"});
  CHECK(b["last"].primary_key.size() == 1);
  for (const source::Diagnostic* d : b.diagnostics.Sorted()) {
    if (d->code == "BH2007") CHECK(d->help == "did you mean `t`?");
  }
}

TEST_CASE("a schema file is read beside the rules") {
  auto dir = std::filesystem::temp_directory_path() / "bulkhead_schema_test";
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "schema.sql")
      << "SET client_encoding = 'UTF8';\nCREATE TABLE public.t (id integer NOT NULL);\n"
         "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n"
         "ALTER TABLE public.t_id_seq OWNER TO someone;\n"
         "CREATE UNIQUE INDEX i ON public.a_materialized_view USING btree (id);\n"
         "GRANT SELECT ON t TO someone;\n";
  Built b(
      "CREATE SCHEMA FROM 'schema.sql'; CREATE SCHEMA FROM 'schema.sql'; CREATE SCHEMA FROM 'missing.sql';",
      (dir / "rules.sync").string());
  CHECK(b.Codes() == Codes{"BH2001 'missing.sql'"});
  CHECK(b["t"].primary_key.size() == 1);
  std::filesystem::remove_all(dir);
  CHECK(PathBeside("a/b.sync", "c.sql") == "a/c.sql");
  CHECK(PathBeside("b.sync", "c.sql") == "c.sql");
  CHECK(PathBeside("<stdin>", "c.sql") == "c.sql");
  CHECK(PathBeside("a/b.sync", "/c.sql") == "/c.sql");
}
