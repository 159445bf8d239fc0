#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>
#include <thread>

#include "runtime/source/index_text.h"
#include "tests/unit/source_harness.h"

using namespace bulkhead;
using namespace bulkhead::source;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

void MustLoad(Follower& follower) {
  Status loaded = follower.Load();
  if (!loaded) FAIL(loaded.error().message);
  follower.model.TakeCalls();
}

}  // namespace

TEST_CASE("every kind of change is followed, and only what changed") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE tasks(id TEXT PRIMARY KEY, n, title TEXT DEFAULT 'x'); CREATE TABLE other(id INTEGER PRIMARY KEY, v);"
         "INSERT INTO tasks(id, n) VALUES ('a', 1), ('b', 2.5); INSERT INTO other(v) VALUES (x'00ff'), (NULL)");
  Follower follower(scratch.File(), {{"tasks", {"id"}}, {"other", {}}});
  REQUIRE(follower.Load());
  CHECK(follower.model.tables["tasks"] == ReadRows(app, "tasks", 1));
  CHECK(follower.model.tables["other"] == ReadRows(app, "other", 1));
  CHECK(follower.Calls() == Strings{});

  app.Do("INSERT INTO tasks(id, n) VALUES ('c', 3)");
  CHECK(follower.Calls() == Strings{R"(upsert tasks ["c"])"});
  app.Do("UPDATE tasks SET n = 4 WHERE id >= 'b'");
  CHECK(follower.Calls() == Strings{R"(upsert tasks ["b"])", R"(upsert tasks ["c"])"});
  app.Do("UPDATE tasks SET id = 'd' WHERE id = 'c'");
  CHECK(follower.Calls() == Strings{R"(upsert tasks ["d"])", R"(delete tasks ["c"])"});
  app.Do("BEGIN; INSERT INTO tasks(id) VALUES ('e'); UPDATE tasks SET n = 9 WHERE id = 'e'; SAVEPOINT s;"
         "DELETE FROM tasks; ROLLBACK TO s; COMMIT");
  CHECK(follower.Calls() == Strings{R"(upsert tasks ["e"])"});
  app.Do("BEGIN; DELETE FROM tasks; ROLLBACK");
  CHECK(follower.Calls() == Strings{});
  app.Do("INSERT INTO tasks(id, n) VALUES ('e', 10) ON CONFLICT DO UPDATE SET n = 10");
  CHECK(follower.Calls() == Strings{R"(upsert tasks ["e"])"});
  app.Do("BEGIN; INSERT INTO tasks(id) VALUES ('f'); DELETE FROM tasks WHERE id = 'f'; COMMIT");
  CHECK(follower.Calls() == Strings{R"(delete tasks ["f"])"});
  app.Do("UPDATE other SET id = 7 WHERE id = 1; UPDATE other SET rowid = 8 WHERE id = 2");
  CHECK(follower.Calls() == Strings{"upsert other [7]", "delete other [1]", "upsert other [8]", "delete other [2]"});
  app.Do("DELETE FROM tasks; DELETE FROM other");
  CHECK(follower.Calls().size() == 6);
  CHECK(follower.model.tables["tasks"].empty());
  CHECK(follower.model.tables["other"].empty());
  CHECK(follower.warnings == Strings{});
}

TEST_CASE("rows that REPLACE deletes by any unique rule are noticed") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do(R"(
    CREATE TABLE plain(id TEXT PRIMARY KEY, email TEXT UNIQUE, n);
    CREATE TABLE nocase(id TEXT PRIMARY KEY, email TEXT); CREATE UNIQUE INDEX i1 ON nocase(email COLLATE NOCASE DESC);
    CREATE TABLE pair(id TEXT PRIMARY KEY, a, b, UNIQUE(a, b)) WITHOUT ROWID;
    CREATE TABLE part(id TEXT PRIMARY KEY, a, live); CREATE UNIQUE INDEX i2 ON part(a) WHERE live = 1 -- and more
    ;
    CREATE TABLE expr(id TEXT PRIMARY KEY, "a b" TEXT); CREATE UNIQUE INDEX i3 ON expr(substr("a b", 1, 1) COLLATE NOCASE, length("a b"));
    CREATE TABLE folded(id TEXT COLLATE NOCASE PRIMARY KEY, n);
    CREATE TABLE loose(id PRIMARY KEY, n);
    CREATE TABLE hidden(pk INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, n);
    CREATE TABLE gen(id TEXT PRIMARY KEY, a TEXT, g TEXT AS (lower(a)) UNIQUE);
  )");
  std::vector<TableRequest> tables;
  for (const char* name : {"plain", "nocase", "pair", "part", "expr", "folded", "loose", "hidden", "gen"}) tables.push_back({name, {"id"}});
  Follower follower(scratch.File(), tables);
  CHECK(follower.warnings == Strings{});
  MustLoad(follower);
  auto check = [&](const char* sql) {
    INFO(sql);
    REQUIRE(app.Do(sql) == "");
    Strings calls = follower.Calls();
    for (const auto& table : tables) {
      if (table.name == "hidden") continue;
      REQUIRE(follower.model.tables[table.name] == ReadRows(app, table.name, 1));
    }
    return calls;
  };
  check("INSERT INTO plain VALUES ('a', 'x', 1), ('b', 'y', 2), ('c', 'z', 3)");
  CHECK(check("INSERT OR REPLACE INTO plain VALUES ('d', 'x', 4)") == Strings{R"(delete plain ["a"])", R"(upsert plain ["d"])"});
  check("UPDATE OR REPLACE plain SET email = 'y' WHERE id = 'd'");
  check("UPDATE OR REPLACE plain SET id = 'c' WHERE id = 'd'");
  CHECK(check("UPDATE plain SET n = 5") == Strings{R"(upsert plain ["c"])"});
  check("INSERT OR IGNORE INTO plain VALUES ('z', 'y', 1)");
  check("INSERT INTO nocase VALUES ('a', 'Q'), ('b', 'r'); INSERT OR REPLACE INTO nocase VALUES ('c', 'q')");
  check("UPDATE OR REPLACE nocase SET email = 'R' WHERE id = 'c'");
  check("INSERT INTO pair VALUES ('a', 1, 2), ('b', 1, 3); REPLACE INTO pair VALUES ('c', 1.0, 2)");
  check("UPDATE OR REPLACE pair SET b = 3 WHERE id = 'c'");
  check("INSERT INTO part VALUES ('a', 1, 1), ('b', 1, 0), ('c', 2, 1); REPLACE INTO part VALUES ('d', 1, 1)");
  check("UPDATE OR REPLACE part SET live = 1 WHERE id = 'b'");
  check("INSERT INTO expr VALUES ('a', 'xy'), ('b', 'xyz'), ('c', NULL); REPLACE INTO expr VALUES ('d', 'XQ')");
  check("UPDATE OR REPLACE expr SET \"a b\" = 'Xzz' WHERE id = 'd'");
  check("INSERT INTO folded VALUES ('a', 1), ('b', 2); REPLACE INTO folded VALUES ('A', 3)");
  check("UPDATE OR REPLACE folded SET id = 'B' WHERE id = 'a'; UPDATE folded SET id = 'b'");
  check("INSERT INTO loose VALUES (1, 1), ('1', 2), (x'31', 3), (2, 4); REPLACE INTO loose VALUES (1.0, 5)");
  check("UPDATE OR REPLACE loose SET id = 1 WHERE id = 2; DELETE FROM loose WHERE id = '1'");
  check("INSERT INTO gen(id, a) VALUES ('a', 'X'), ('b', 'y'); REPLACE INTO gen(id, a) VALUES ('c', 'x')");
  check("UPDATE OR REPLACE gen SET a = 'Y' WHERE id = 'c'");
  // The rowid is a unique rule as well, where the key is another column.
  check("INSERT INTO hidden VALUES (1, 'a', 1), (2, 'b', 2)");
  CHECK(check("REPLACE INTO hidden VALUES (1, 'c', 3)") == Strings{R"(delete hidden ["a"])", R"(upsert hidden ["c"])"});
  check("UPDATE OR REPLACE hidden SET pk = 2 WHERE id = 'c'");
  CHECK(follower.model.tables["hidden"].size() == 1);
}

TEST_CASE("cascades and the application's own triggers are seen") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do(R"(PRAGMA foreign_keys = ON;
    CREATE TABLE parents(id INTEGER PRIMARY KEY, up REFERENCES parents ON DELETE CASCADE);
    CREATE TABLE children(id INTEGER PRIMARY KEY, parent REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE, touched);
    CREATE TRIGGER touch AFTER UPDATE OF parent ON children BEGIN UPDATE children SET touched = 1 WHERE id = NEW.id; END;
    INSERT INTO parents VALUES (1, NULL), (2, 1), (3, 2); INSERT INTO children(id, parent) VALUES (1, 1), (2, 2), (3, 3);)");
  Follower follower(scratch.File(), {{"parents", {}}, {"children", {}}});
  MustLoad(follower);
  for (const char* sql : {"UPDATE parents SET id = 9 WHERE id = 3", "DELETE FROM parents WHERE id = 1", "DELETE FROM parents"}) {
    app.Do(sql);
    follower.Calls();
    CHECK(follower.model.tables["parents"] == ReadRows(app, "parents", 1));
    CHECK(follower.model.tables["children"] == ReadRows(app, "children", 1));
  }
}

TEST_CASE("rows that cannot be read are reported and stop nothing") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', CAST(x'ff' AS TEXT)), (NULL, 1), ('b', 2), (CAST(x'c3' AS TEXT), 3)");
  Follower follower(scratch.File(), {{"t", {}}});
  REQUIRE(follower.Load());
  Strings calls = follower.model.TakeCalls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0] == R"(unreadable t ["a"]: column `v` is not UTF-8)");
  CHECK(calls[1] == "unreadable t [null]: its key `id` is NULL");
  CHECK(calls[2] == R"(upsert t ["b"])");
  CHECK(calls[3] == R"(unreadable t [{"$blob":"c3"}]: column `id` is not UTF-8)");
  app.Do("UPDATE t SET v = CAST(x'c0' AS TEXT) WHERE id = 'b'; INSERT INTO t VALUES (NULL, 2)");
  CHECK(follower.Calls() == Strings{R"(unreadable t ["b"]: column `v` is not UTF-8)", R"(delete t ["b"])",
                                    "unreadable t 2 rows: a column of their key is NULL"});
  app.Do("DELETE FROM t WHERE id IS NULL OR id = CAST(x'c3' AS TEXT); UPDATE t SET v = 'good'");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
}

TEST_CASE("tables that cannot be followed are refused with the way out") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE no_key(a, b); CREATE TABLE id_only(id TEXT UNIQUE NOT NULL); CREATE TABLE id_null(id TEXT UNIQUE); CREATE VIEW v AS SELECT 1 AS id;"
         "CREATE VIRTUAL TABLE fts USING fts5(x); CREATE TABLE tasks(id TEXT PRIMARY KEY, x);"
         "CREATE TABLE wide(a,b,c,d,e,f,g,h,i, PRIMARY KEY(a,b,c,d,e,f,g,h,i))");
  auto error = [&](std::vector<TableRequest> tables, Code code) { return OpenError(scratch.File(), std::move(tables), code); };
  CHECK(Contains(error({{"taks", {}}}, Code::NotFound), "no table `taks`; the nearest is `tasks`"));
  CHECK(Contains(error({{"billing.tasks", {}}}, Code::NotFound), "only the schema `main`"));
  CHECK(Contains(error({{"no_key", {}}}, Code::SourceFailed), "no primary key"));
  CHECK(Contains(error({{"id_null", {}}}, Code::SourceFailed), "no primary key"));
  CHECK(Contains(error({{"no_key", {"a"}}}, Code::SourceFailed), "create a unique index"));
  CHECK(Contains(error({{"tasks", {"idd"}}}, Code::SourceFailed), "no column `idd`, which is its key in the rules; the nearest is `id`"));
  CHECK(Contains(error({{"tasks", {"x"}}}, Code::SourceFailed), "create a unique index"));
  CHECK(Contains(error({{"v", {"id"}}}, Code::SourceFailed), "is a view"));
  CHECK(Contains(error({{"fts", {"x"}}}, Code::SourceFailed), "is a virtual"));
  CHECK(Contains(error({{"wide", {}}}, Code::SourceFailed), "more than 8 columns"));
  CHECK(Contains(error({{"tasks", {}}, {"TASKS", {}}}, Code::InvalidRequest), "asked for twice"));
  CHECK(BulkheadObjects(app) == "0\n");
  CHECK(error({{"id_only", {}}, {"main.tasks", {"id"}}}, Code::NotFound) == "");
  CHECK(BulkheadObjects(app) != "0\n");
}

TEST_CASE("install, inspect, remove") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE a(id INTEGER PRIMARY KEY, u UNIQUE); CREATE TABLE b(id INTEGER PRIMARY KEY); CREATE TABLE \"o\"\"dd '\"(id INTEGER PRIMARY KEY)");
  std::string before = app.Do("SELECT name, sql FROM sqlite_schema");
  auto status = InspectSqlite(scratch.File());
  REQUIRE(status);
  CHECK_FALSE(status->installed);
  CHECK(status->journal_mode == "wal");
  std::vector<TableRequest> both = {{"a", {}}, {"b", {}}, {"o\"dd '", {}}}, only_a = {{"a", {"id"}}};
  SqliteOptions no_install;
  no_install.install = false;
  auto unprepared = OpenSqlite(scratch.File(), both, no_install);
  REQUIRE_FALSE(unprepared);
  CHECK(Contains(unprepared.error().message, "not set up"));

  auto report = InstallSqlite(scratch.File(), both, "one");
  REQUIRE(report);
  CHECK(report->installed == Strings{"a", "b", "o\"dd '"});
  std::string version = app.Do("PRAGMA data_version");
  report = InstallSqlite(scratch.File(), both, "one");
  REQUIRE(report);
  CHECK(report->installed.empty());
  CHECK(app.Do("PRAGMA data_version") == version);  // nothing was written
  no_install.consumer = "one";
  CHECK(OpenSqlite(scratch.File(), both, no_install));

  REQUIRE(InstallSqlite(scratch.File(), only_a, "two"));
  app.Do("INSERT INTO \"o\"\"dd '\" VALUES (1)");
  status = InspectSqlite(scratch.File());
  REQUIRE(status);
  REQUIRE(status->tables.size() == 3);
  CHECK(status->tables[0].name == "a");
  CHECK(status->tables[0].key == Strings{"id"});
  CHECK(status->tables[0].problem == "");
  REQUIRE(status->consumers.size() == 2);
  CHECK(status->consumers[1].name == "two");
  CHECK(status->consumers[1].tables == Strings{"a"});
  CHECK(status->consumers[0].behind > 0);
  app.Do("DROP TRIGGER bulkhead_update_a");
  status = InspectSqlite(scratch.File());
  CHECK(Contains(status->tables[0].problem, "install again"));

  report = InstallSqlite(scratch.File(), only_a, "one");
  REQUIRE(report);
  CHECK(report->installed == Strings{"a"});
  CHECK(report->removed == Strings{"b", "o\"dd '"});
  REQUIRE(RemoveSqliteConsumer(scratch.File(), "one"));
  CHECK_FALSE(RemoveSqliteConsumer(scratch.File(), "one"));
  REQUIRE(RemoveSqliteConsumer(scratch.File(), "two"));
  CHECK(app.Do("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") == "0\n");
  REQUIRE(RemoveSqlite(scratch.File()));
  REQUIRE(RemoveSqlite(scratch.File()));
  CHECK(app.Do("SELECT name, sql FROM sqlite_schema WHERE name <> 'sqlite_sequence'") == before);
}

TEST_CASE("changes of the schema: the table is loaded again, nothing is missed") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE calm(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  Follower follower(scratch.File(), {{"t", {}}, {"calm", {}}});
  MustLoad(follower);
  auto check = [&](const char* sql, bool rescan) {
    INFO(sql);
    REQUIRE(app.Do(sql) == "");
    app.Do("INSERT OR IGNORE INTO calm VALUES (abs(random()) % 1000)");
    follower.Calls();
    CHECK(follower.last.rescan == (rescan ? Strings{"t"} : Strings{}));
    CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
    CHECK(follower.model.tables["calm"] == ReadRows(app, "calm", 1));
    app.Do("UPDATE t SET id = id + 10; INSERT INTO t(id) VALUES (1)");
    follower.Calls();
    CHECK(follower.last.rescan.empty());
    CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  };
  check("ALTER TABLE t ADD COLUMN w DEFAULT 7", true);
  check("ALTER TABLE t RENAME COLUMN v TO vv", true);
  check("ALTER TABLE t DROP COLUMN w", true);
  check("DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY, n); INSERT INTO t VALUES (3, 4)", true);
  check("CREATE TABLE t2(id INTEGER PRIMARY KEY, n); INSERT INTO t2 SELECT * FROM t; DROP TABLE t; ALTER TABLE t2 RENAME TO t", true);
  check("CREATE UNIQUE INDEX later ON t(n); REPLACE INTO t(id, n) VALUES (100, 4), (101, 4)", true);
  check("CREATE TABLE unrelated(x); CREATE INDEX slow ON t(n); ANALYZE", false);
  check("VACUUM", false);
  CHECK(follower.warnings.size() == 6);
  // While nobody follows.
  std::string position = follower.position;
  follower.source.reset();
  app.Do("ALTER TABLE t ADD COLUMN z DEFAULT 1; UPDATE t SET z = 2 WHERE id = 1");
  follower.Restart();
  follower.Calls();
  CHECK(follower.last.rescan == Strings{"t"});
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  // Gone, and back.
  app.Do("ALTER TABLE t RENAME TO elsewhere");
  Status gone = follower.Poll();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == Code::NotFound);
  CHECK(Contains(gone.error().message, "no table `t`"));
  app.Do("INSERT INTO elsewhere(id) VALUES (77)");
  CHECK_FALSE(follower.Poll());
  app.Do("ALTER TABLE elsewhere RENAME TO t");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
}

TEST_CASE("positions from elsewhere ask for everything again") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Follower follower(scratch.File(), {{"t", {}}});
  MustLoad(follower);
  app.Do("INSERT INTO t VALUES (1), (2), (3)");
  auto rescans = [&](const std::string& position) {
    Model model;
    auto polled = follower.source->Poll(position, model);
    REQUIRE(polled);
    CHECK(model.calls.empty() == !polled->rescan.empty());
    return !polled->rescan.empty();
  };
  CHECK(rescans(""));
  CHECK_FALSE(rescans(follower.position));
  CHECK_FALSE(rescans(follower.position));  // as often as wanted
  CHECK(rescans("0123456789abcdef:1"));
  std::string log = follower.position.substr(0, follower.position.find(':'));
  CHECK(rescans(log + ":1000:0"));  // as after an older backup was put back
  CHECK(rescans(log + ":3"));
  CHECK(rescans(log + ":3:1"));
  Model model;
  CHECK_FALSE(follower.source->Poll("nonsense", model));
  for (const char* wrong : {"a:-1", "a:1:", "a:1:x", "a:1:2:3", "a:", "a:1 "}) CHECK_FALSE(follower.source->Poll(wrong, model));
  // Another log.
  std::string position = follower.position;
  follower.source.reset();
  REQUIRE(RemoveSqlite(scratch.File()));
  app.Do("DELETE FROM t");
  follower.Restart();
  CHECK(rescans(position));
}

TEST_CASE("what is acknowledged by all is deleted from the log") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  SqliteOptions slow_options;
  slow_options.consumer = "slow";
  Follower fast(scratch.File(), {{"t", {}}});
  auto slow = std::make_unique<Follower>(scratch.File(), std::vector<TableRequest>{{"t", {}}}, slow_options);
  MustLoad(fast);
  MustLoad(*slow);
  auto entries = [&] { return InspectSqlite(scratch.File())->log_entries; };
  app.Do("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i FROM n");
  fast.Calls();
  fast.Restart();  // closing stores what was acknowledged
  CHECK(entries() >= 500);
  CHECK(slow->Calls().size() == 500);
  slow->Restart();
  CHECK(entries() == 1);  // for its stamp
  // A reader that was forgotten has to start again.
  std::string position = slow->position;
  slow->source.reset();
  REQUIRE(RemoveSqliteConsumer(scratch.File(), "slow"));
  app.Do("DELETE FROM t WHERE id < 5");
  fast.Calls();
  fast.Restart();
  CHECK(entries() == 1);
  slow->Restart();
  slow->position = position;
  slow->Calls();
  CHECK(slow->last.rescan == Strings{"t"});
  CHECK(slow->model.tables["t"] == ReadRows(app, "t", 1));
}

TEST_CASE("writers are not waited for, nor disturbed") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  Follower follower(scratch.File(), {{"t", {}}});
  MustLoad(follower);
  app.Do("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)");
  auto start = steady_clock::now();
  CHECK(follower.Calls() == Strings{});
  follower.source->Acknowledge(follower.position);
  CHECK(steady_clock::now() - start < milliseconds(2000));
  app.Do("COMMIT");
  CHECK(follower.Calls() == Strings{"upsert t [2]"});
}

TEST_CASE("without WAL it works, with a warning") {
  Scratch scratch;
  Application app(scratch.File(), "delete");
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  SqliteOptions options;
  options.busy_timeout_ms = 100;
  Follower follower(scratch.File(), {{"t", {}}}, options);
  REQUIRE(follower.warnings.size() == 1);
  CHECK(Contains(follower.warnings[0], "journal_mode is delete"));
  MustLoad(follower);
  app.Do("BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)");
  Status busy = follower.Poll();
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == Code::StorageBusy);
  app.Do("COMMIT");
  REQUIRE(follower.source->HasChanged());
  CHECK(*follower.source->HasChanged());
  CHECK(follower.Calls() == Strings{"upsert t [1]"});
  CHECK(app.Do("PRAGMA journal_mode") == "delete\n");
}

TEST_CASE("a commit wakes the follower, silence does not") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Follower follower(scratch.File(), {{"t", {}}});
  MustLoad(follower);
  follower.Calls();
  CHECK_FALSE(*follower.source->HasChanged());
  auto start = steady_clock::now();
  auto woken = follower.source->WaitForChange(milliseconds(80));
  REQUIRE(woken);
  CHECK_FALSE(*woken);
  CHECK(steady_clock::now() - start >= milliseconds(80));
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(milliseconds(i * 100));  // also after the attentive time
    steady_clock::time_point committed;
    std::thread writer([&] {
      std::this_thread::sleep_for(milliseconds(30));
      app.Do(fmt::format("INSERT INTO t VALUES ({})", i));
      committed = steady_clock::now();
    });
    woken = follower.source->WaitForChange(milliseconds(10'000));
    auto noticed = steady_clock::now();
    writer.join();
    REQUIRE(woken);
    CHECK(*woken);
    CHECK(noticed - committed < milliseconds(1000));
    CHECK(follower.Calls() == Strings{fmt::format("upsert t [{}]", i)});
    CHECK_FALSE(*follower.source->HasChanged());
  }
}

TEST_CASE("files that are missing, replaced or damaged") {
  Scratch scratch;
  CHECK(Contains(OpenError(scratch.File("none.db"), {}, Code::NotFound), "there is no such file"));
  CHECK_FALSE(std::filesystem::exists(scratch.File("none.db")));
  std::ofstream(scratch.File("text.db")) << std::string(8192, 'x');
  CHECK(Contains(OpenError(scratch.File("text.db"), {}, Code::SourceFailed), "not a database"));
  for (bool replaced : {false, true}) {
    auto app = std::make_unique<Application>(scratch.File());
    app->Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1)");
    Follower follower(scratch.File(), {{"t", {}}});
    MustLoad(follower);
    if (replaced) {
      app->Do(fmt::format("VACUUM INTO '{}'", scratch.File("copy.db")));
      std::filesystem::rename(scratch.File("copy.db"), scratch.File());
    } else {
      std::filesystem::remove(scratch.File());
    }
    auto changed = follower.source->WaitForChange(milliseconds(1000));
    REQUIRE_FALSE(changed);
    CHECK(Contains(changed.error().message, "deleted or replaced"));
    CHECK_FALSE(follower.Poll());
    for (const char* name : {"app.db", "app.db-wal", "app.db-shm"}) std::filesystem::remove(scratch.File(name));
  }
  {
    Application app(scratch.File("bad.db"), "delete");
    app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
           "INSERT INTO t SELECT i, 'some text to fill pages with' FROM n");
  }
  std::fstream file(scratch.File("bad.db"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 20);
  file << std::string(4096 * 50, '\x5a');
  file.close();
  Model model;
  auto source = OpenSqlite(scratch.File("bad.db"), {{"t", {}}});
  REQUIRE(source);
  auto loaded = (*source)->Load({}, model, {});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Code::SourceFailed);
  CHECK(Contains(loaded.error().message, "malformed"));
}

TEST_CASE("progress and the end of tables are told, the sink's failures returned as they are") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(id INTEGER PRIMARY KEY);"
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25) INSERT INTO a SELECT i FROM n");
  SqliteOptions options;
  options.progress_rows = 10;
  auto source = OpenSqlite(scratch.File(), {{"a", {}}, {"b", {}}}, options);
  REQUIRE(source);
  Strings told;
  LoadEvents events;
  events.on_progress = [&](const LoadProgress& p) { told.push_back(fmt::format("{} {}/{}{}", p.table, p.rows, p.rows_total, p.done ? " done" : "")); };
  events.on_table_done = [&](std::string_view table) {
    told.push_back("end of " + std::string(table));
    return Ok();
  };
  Model model;
  REQUIRE((*source)->Load({}, model, events));
  CHECK(told == Strings{"a 0/25", "a 10/25", "a 20/25", "a 25/25 done", "end of a", "b 0/0", "b 0/0 done", "end of b"});
  CHECK_FALSE((*source)->Load(Strings{"c"}, model, events));

  struct Refusing final : value::ChangeSink {
    Status Upsert(std::string_view, std::span<const value::Value>, const value::RowView&) override { return Error{Code::LimitExceeded, "full"}; }
    Status Delete(std::string_view, std::span<const value::Value>) override { return Ok(); }
    Status Truncate(std::string_view) override { return Ok(); }
    Status Unreadable(std::string_view, std::string_view, std::string_view) override { return Ok(); }
  } refusing;
  auto refused = (*source)->Load({}, refusing, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "full");
}

TEST_CASE("the text of an index") {
  auto text = ReadIndexText("CREATE UNIQUE INDEX \"a(b\" ON t ( lower(a, ')') COLLATE NOCASE DESC , [x,]y /* , */ , \"desc\" asc) WHERE a > 1 AND (b)");
  REQUIRE(text);
  CHECK(text->terms == Strings{"lower(a, ')')", "[x,]y", "\"desc\""});
  CHECK(text->where == " a > 1 AND (b)");
  CHECK(ReadIndexText("CREATE UNIQUE INDEX i ON t(a) -- x")->where == "");
  for (const char* bad : {"", "CREATE INDEX i ON t", "CREATE INDEX i ON t(", "CREATE INDEX i ON t()", "CREATE INDEX i ON t(a) x", "CREATE INDEX i ON t('a"})
    CHECK_FALSE(ReadIndexText(bad));
}
