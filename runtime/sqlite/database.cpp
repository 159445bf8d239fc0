#include "runtime/sqlite/database.h"

#include <fmt/format.h>

namespace bulkhead::sqlite {
namespace {

Error Failed(sqlite3* db, int rc) {
  Code code = (rc & 0xff) == SQLITE_BUSY ? Code::StorageBusy : Code::StorageFailed;
  return {code, fmt::format("SQLite: {}", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc))};
}

std::string Quote(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) out.append(c == quote ? 2 : 1, c);
  return out += quote;
}

}  // namespace

Statement& Statement::Bind(int index, value::Value v) {
  switch (v.type()) {
    case value::Type::Null: return BindNull(index);
    case value::Type::Integer: return Bind(index, v.integer());
    case value::Type::Real: sqlite3_bind_double(handle_.get(), index, v.real()); return *this;
    case value::Type::Text: return Bind(index, v.bytes());
    case value::Type::Blob: {
      const char* bytes = v.bytes().empty() ? "" : v.bytes().data();
      sqlite3_bind_blob64(handle_.get(), index, bytes, v.bytes().size(), SQLITE_STATIC);
      return *this;
    }
  }
  return *this;
}

value::Value Statement::At(int column) const {
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER: return value::Value::Integer(sqlite3_column_int64(handle_.get(), column));
    case SQLITE_FLOAT: return value::Value::Real(sqlite3_column_double(handle_.get(), column));
    case SQLITE_TEXT: return value::Value::Text(Text(column));
    case SQLITE_BLOB: {
      auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
      auto size = static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column));
      return value::Value::Blob({bytes, bytes ? size : 0});
    }
    default: return {};
  }
}

Result<bool> Statement::Step() {
  int rc = sqlite3_step(handle_.get());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  Error error = Failed(sqlite3_db_handle(handle_.get()), rc);
  sqlite3_reset(handle_.get());
  return error;
}

Status Statement::Run() {
  for (bool row = true; row;) {
    BULKHEAD_TRY(row, Step());
  }
  sqlite3_reset(handle_.get());
  return Ok();
}

Result<Database> Database::Open(const std::string& path, int flags, int busy_timeout_ms) {
  sqlite3* handle = nullptr;
  int rc = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database;
  database.handle_.reset(handle);
  if (rc != SQLITE_OK) return Failed(handle, rc);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return database;
}

Status Database::Execute(const std::string& sql) {
  int rc = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
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
  return row ? statement.Integer(0) : 0;
}

Result<std::string> Database::QueryText(std::string_view sql) {
  BULKHEAD_TRY(Statement statement, Prepare(sql));
  BULKHEAD_TRY(bool row, statement.Step());
  return row ? std::string(statement.Text(0)) : std::string();
}

std::string QuoteName(std::string_view name) {
  return Quote(name, '"');
}
std::string QuoteText(std::string_view text) {
  return Quote(text, '\'');
}

std::string FoldName(std::string_view name) {
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return folded;
}

}  // namespace bulkhead::sqlite
