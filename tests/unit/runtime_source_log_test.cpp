// What happens to the database that is followed: backups put back, migrations, damage to the log.
#include <catch2/catch.hpp>

#include "tests/unit/source_harness.h"

using namespace bulkhead;
using namespace bulkhead::source;

namespace {

void MustLoad(Follower& follower) {
  Status loaded = follower.Load();
  if (!loaded) FAIL(loaded.error().message);
  follower.model.TakeCalls();
}

}  // namespace

TEST_CASE("a backup put back is noticed, also when more was written to it than was lost") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  Follower follower(scratch.File(), {{"t", {}}});
  MustLoad(follower);
  auto insert = [&](int from, int to) {
    for (int i = from; i < to; ++i) REQUIRE(app.Do(fmt::format("INSERT INTO t VALUES ({}, 'x')", i)) == "");
  };
  insert(0, 5);
  follower.Calls();
  follower.Restart();  // closing deletes what was acknowledged
  std::filesystem::remove(scratch.File("backup.db"));
  REQUIRE(app.Do("VACUUM INTO '" + scratch.File("backup.db") + "'") == "");
  insert(5, 10);
  follower.Calls();
  follower.source.reset();
  Application backup(scratch.File("backup.db"));
  auto* copy = sqlite3_backup_init(app.handle(), "main", backup.handle(), "main");
  REQUIRE(copy);
  REQUIRE(sqlite3_backup_step(copy, -1) == SQLITE_DONE);
  REQUIRE(sqlite3_backup_finish(copy) == SQLITE_OK);
  insert(100, 120);
  follower.Restart();
  follower.Calls();
  CHECK(follower.last.rescan == Strings{"t"});
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  // A log somebody has tidied up.
  insert(200, 203);
  app.Do("DELETE FROM bulkhead_changes");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
}

TEST_CASE("a new log is acknowledged from its own beginning") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Follower follower(scratch.File(), {{"t", {}}});
  MustLoad(follower);
  app.Do("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i FROM n");
  follower.Calls();
  REQUIRE(RemoveSqlite(scratch.File()));
  follower.Calls();
  CHECK(follower.last.rescan == Strings{"t"});
  app.Do("DELETE FROM t WHERE id < 10");
  CHECK(follower.Calls().size() == 9);
  app.Do("DELETE FROM t WHERE id < 20");
  CHECK(follower.Calls().size() == 10);
  follower.Restart();
  CHECK(follower.Calls() == Strings{});
  CHECK(follower.last.rescan.empty());
  CHECK(InspectSqlite(scratch.File())->log_entries == 1);
}

TEST_CASE("a database in UTF-16 is asked for again as any other") {
  Scratch scratch;
  Application app(scratch.File(), "delete");
  app.Do("PRAGMA encoding = 'UTF-16le'; PRAGMA journal_mode = wal; CREATE TABLE tücher(id INTEGER PRIMARY KEY, v)");
  app.Do("INSERT INTO tücher VALUES (1, 'ä')");
  Follower follower(scratch.File(), {{"tücher", {}}});
  MustLoad(follower);
  app.Do("ALTER TABLE tücher ADD COLUMN w DEFAULT 'ß'");
  follower.Calls();
  CHECK(follower.last.rescan == Strings{"tücher"});
  CHECK(follower.model.tables["tücher"] == ReadRows(app, "tücher", 1));
}

TEST_CASE("the triggers stand in no migration's way") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, spare); CREATE UNIQUE INDEX u ON t(\"a\" || [b] || 'spare''s');"
         "INSERT INTO t VALUES (1, 'x', 'y', 0)");
  Follower follower(scratch.File(), {{"t", {}}});
  MustLoad(follower);
  CHECK(app.Do("ALTER TABLE t DROP COLUMN spare") == "");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  CHECK(app.Do("REPLACE INTO t VALUES (2, 'x', 'y')") == "");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  // The old table stays, and takes its triggers with it.
  CHECK(app.Do("BEGIN; ALTER TABLE t RENAME TO t_old; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
               "INSERT INTO t SELECT id + 1, a, b FROM t_old; COMMIT") == "");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  app.Do("UPDATE t SET a = 'z'; DELETE FROM t_old");
  follower.Calls();
  CHECK(follower.model.tables["t"] == ReadRows(app, "t", 1));
  // Both are followed from now on, one of them under a name it did not have.
  Follower both(scratch.File(), {{"t", {}}, {"t_old", {}}});
  MustLoad(both);
  app.Do("ALTER TABLE t RENAME TO t_new; ALTER TABLE t_old RENAME TO t; ALTER TABLE t_new RENAME TO t_old;"
         "INSERT INTO t VALUES (50, 'p', 'q'); INSERT INTO t_old VALUES (60, 'p', 'q')");
  for (int i = 0; i < 2; ++i) {
    both.Calls();
    CHECK(both.model.tables["t"] == ReadRows(app, "t", 1));
    CHECK(both.model.tables["t_old"] == ReadRows(app, "t_old", 1));
    app.Do("UPDATE t SET a = 'one'; UPDATE t_old SET a = 'two'; DELETE FROM t WHERE id = 50");
  }
}

TEST_CASE("a damaged log is refused with the way out") {
  Scratch scratch;
  Application app(scratch.File());
  app.Do("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  for (const char* damage : {"DROP TABLE bulkhead_changes", "DELETE FROM bulkhead_log", "UPDATE bulkhead_log SET format = 1"}) {
    INFO(damage);
    REQUIRE(InstallSqlite(scratch.File(), std::vector<TableRequest>{{"t", {}}}, "default"));
    REQUIRE(app.Do(damage) == "");
    CHECK(Contains(OpenError(scratch.File(), {{"t", {}}}, Code::SourceFailed), "`bulkhead source remove`"));
    REQUIRE(RemoveSqlite(scratch.File()));
    CHECK(OpenError(scratch.File(), {{"t", {}}}, Code::SourceFailed).empty());
    REQUIRE(RemoveSqlite(scratch.File()));
  }
}
