#include "runtime/store/sqlite_database.h"

#include <fmt/format.h>

namespace bulkhead::store {
namespace {

Error Failed(sqlite3* db, int rc) {
  Code code = (rc & 0xff) == SQLITE_BUSY ? Code::StorageBusy : Code::StorageFailed;
  return {code, fmt::format("SQLite: {}", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc))};
}

}  // namespace

Result<bool> Statement::Step() {
  int rc = sqlite3_step(handle_.get());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  Error error = Failed(sqlite3_db_handle(handle_.get()), rc);
  sqlite3_reset(handle_.get());
  return error;
}

Status Statement::Run() {
  for (;;) {
    BULKHEAD_TRY(bool row, Step());
    if (!row) break;
  }
  sqlite3_reset(handle_.get());
  return Ok();
}

Result<Database> Database::Open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  int rc = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database;
  database.handle_.reset(handle);
  if (rc != SQLITE_OK) return Failed(handle, rc);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 5000);
  return database;
}

Status Database::Execute(const char* sql) {
  int rc = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return Failed(handle_.get(), rc);
  return Ok();
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int rc = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                              &statement, nullptr);
  if (rc != SQLITE_OK) return Failed(handle_.get(), rc);
  return Statement(statement);
}

Result<int64_t> Database::QueryInteger(std::string_view sql) {
  BULKHEAD_TRY(Statement statement, Prepare(sql));
  BULKHEAD_TRY(bool row, statement.Step());
  return row ? statement.IntegerAt(0) : 0;
}

}  // namespace bulkhead::store
