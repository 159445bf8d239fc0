#include "runtime/store/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bulkhead::store {
namespace {

using sqlite::Database;

constexpr int64_t ApplicationId = 0x42486b31;  // "BHk1", in the file's header
constexpr int64_t FormatVersion = 2;           // user_version; a change of the tables below is a new one

// Operations and records are clustered by what they are read by. 8 KiB pages measured best: an operation of a
// few hundred bytes stays in its page, and a load writes half the page headers of 4 KiB (tests/bench).
constexpr const char* Schema = R"sql(
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 0), last_op INTEGER, source_position TEXT, plan_digest TEXT,
    loaded INTEGER, loading INTEGER, load_epoch INTEGER);
  INSERT INTO head VALUES (0, 0, '', '', 0, 0, 0);
  CREATE TABLE names (ref INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE buckets (
    ref INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, checksum INTEGER, count INTEGER, last_op INTEGER);
  CREATE TABLE records (
    source INTEGER, key BLOB, data BLOB, PRIMARY KEY (source, key)) WITHOUT ROWID;
  CREATE TABLE lookups (
    lookup INTEGER, key BLOB, output BLOB, count INTEGER, PRIMARY KEY (lookup, key, output)) WITHOUT ROWID;
  CREATE TABLE operations (
    bucket INTEGER, op_id INTEGER, kind INTEGER, type INTEGER, checksum INTEGER, id TEXT, subkey TEXT, data TEXT,
    PRIMARY KEY (bucket, op_id)) WITHOUT ROWID;
)sql";
// Since version 2: what an older store is given.
constexpr const char* ArrangementsSchema = R"sql(
  CREATE TABLE arrangements (
    arrangement INTEGER, key BLOB, row BLOB, weight INTEGER, PRIMARY KEY (arrangement, key, row)) WITHOUT ROWID;
)sql";

Error At(const std::string& path, const Error& error) {
  return {error.code, fmt::format("store `{}`: {}", path, error.message)};
}

Status CheckPath(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return Ok();  // new
  if (!S_ISREG(info.st_mode)) return Error{Code::StorageFailed, fmt::format("store `{}` is not a file", path)};
  return Ok();
}

enum class Content { Empty, Store };

// Reads only; says what the database is or why it cannot be used.
Result<Content> Inspect(const std::string& path, Database& database) {
  auto application = database.QueryInteger("PRAGMA application_id");
  auto tables = database.QueryInteger("SELECT count(*) FROM sqlite_master");
  if (!application || !tables) {
    const Error& error = application ? tables.error() : application.error();
    if (error.message.find("not a database") == std::string::npos) return At(path, error);
    return Error{Code::StorageFailed,
                 fmt::format("`{}` is not a Bulkhead store (not a SQLite database); name another path for the store",
                             path)};
  }
  if (*application == ApplicationId) return Content::Store;
  if (*application == 0 && *tables == 0) return Content::Empty;
  return Error{Code::StorageFailed,
               fmt::format("`{}` is a SQLite database, but not a Bulkhead store; name another path for the store",
                           path)};
}

Status CheckVersion(const std::string& path, Database& database) {
  BULKHEAD_TRY(int64_t version, database.QueryInteger("PRAGMA user_version"));
  if (version >= 1 && version <= FormatVersion) return Ok();
  return Error{Code::StorageFailed,
               fmt::format("store `{}` has format {}, this program reads {}; use the program that wrote it, or "
                           "start again with --rebuild",
                           path, version, FormatVersion)};
}

// From nothing, or from version 1; nothing to do for this version.
Status Create(Database& database) {
  BULKHEAD_TRY(int64_t version, database.QueryInteger("PRAGMA user_version"));
  if (version == FormatVersion) return Ok();
  BULKHEAD_CHECK_OK(database.Execute("BEGIN IMMEDIATE"));
  Status made = version == 0 ? database.Execute(Schema) : Ok();
  if (made) made = database.Execute(ArrangementsSchema);
  if (made) made = database.Execute(fmt::format("PRAGMA application_id = {}", ApplicationId));
  if (made) made = database.Execute(fmt::format("PRAGMA user_version = {}", FormatVersion));
  if (made) made = database.Execute("COMMIT");
  if (!made) (void)database.Execute("ROLLBACK");
  return made;
}

// The database goes first: SQLite ignores a log without its database, not the other way round.
Status Remove(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::string file = path + suffix;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
      return Error{Code::StorageFailed, fmt::format("cannot delete `{}`: {}", file, std::strerror(errno))};
    }
  }
  return Ok();
}

Status Configure(Database& database, Durability durability) {
  BULKHEAD_TRY(std::string journal, database.QueryText("PRAGMA journal_mode = WAL"));
  if (journal != "wal") {
    return Error{Code::StorageFailed, "the file system cannot share memory between readers (SQLite's WAL mode)"};
  }
  BULKHEAD_CHECK_OK(database.Execute(durability == Durability::Full ? "PRAGMA synchronous = FULL"
                                                                    : "PRAGMA synchronous = NORMAL"));
  return database.Execute(
      "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;"
      "PRAGMA temp_store = MEMORY");
}

constexpr int BusyTimeoutMs = 5000;  // a reader at worst waits for a checkpoint to reset the log
constexpr int OpenFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

}  // namespace

Result<FileLock> FileLock::Acquire(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return Error{Code::StorageFailed, fmt::format("cannot open `{}`: {}", path, std::strerror(errno))};
  }
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Error{Code::StorageBusy, fmt::format("the store is in use by another engine (`{}` is locked)", path)};
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Database> OpenForWriting(const std::string& path, const SqliteOptions& options) {
  BULKHEAD_CHECK_OK(CheckPath(path));
  auto open = [&]() -> Result<Database> {
    auto database = Database::Open(path, OpenFlags | SQLITE_OPEN_CREATE, BusyTimeoutMs);
    if (!database) return At(path, database.error());
    return database;
  };
  BULKHEAD_TRY(Database database, open());
  BULKHEAD_TRY(Content content, Inspect(path, database));
  if (options.rebuild && content == Content::Store) {
    database = Database();
    BULKHEAD_CHECK_OK(Remove(path));
    BULKHEAD_TRY(database, open());
    content = Content::Empty;
  }
  if (database.is_read_only()) return At(path, {Code::StorageFailed, "the file cannot be written"});
  if (content == Content::Store) BULKHEAD_CHECK_OK(CheckVersion(path, database));
  if (content == Content::Empty) BULKHEAD_CHECK_OK(database.Execute("PRAGMA page_size = 8192"));
  if (Status configured = Configure(database, options.durability); !configured) return At(path, configured.error());
  if (Status created = Create(database); !created) return At(path, created.error());
  return database;
}

Result<Database> OpenForReading(const std::string& path) {
  auto database = Database::Open(path, OpenFlags, BusyTimeoutMs);
  if (!database) return At(path, database.error());
  if (Status set = database->Execute("PRAGMA query_only = 1; PRAGMA cache_size = -16384"); !set) return set.error();
  return database;
}

}  // namespace bulkhead::store
