// A thin owner of one SQLite connection and its prepared statements.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace bulkhead::sqlite {

// A prepared statement: Bind each parameter (from 1), then Run, or Step until it answers false. Bound bytes are not
// copied: they must live until the statement is reset, which Run does and which must precede the next Bind.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  explicit operator bool() const { return handle_ != nullptr; }

  Statement& Bind(int index, int64_t v) {
    sqlite3_bind_int64(handle_.get(), index, v);
    return *this;
  }
  Statement& Bind(int index, std::string_view text) {
    const char* bytes = text.empty() ? "" : text.data();
    sqlite3_bind_text64(handle_.get(), index, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& Bind(int index, value::Value v);
  Statement& BindNull(int index) {
    sqlite3_bind_null(handle_.get(), index);
    return *this;
  }

  // True for a row, false at the end. After a failure the statement is reset.
  Result<bool> Step();
  // Steps to the end, ignoring rows, and resets.
  Status Run();
  void Reset() { sqlite3_reset(handle_.get()); }

  // Columns count from 0. Views are valid until the next Step or Reset.
  int column_count() const { return sqlite3_column_count(handle_.get()); }
  std::string_view ColumnName(int column) const { return sqlite3_column_name(handle_.get(), column); }
  bool IsNull(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  int64_t Integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  std::string_view Text(int column) const {
    auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    return bytes ? std::string_view(bytes, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column)))
                 : std::string_view();
  }
  // As stored. Text need not be UTF-8: whoever wrote the database may have bound anything.
  value::Value At(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// Resets a statement on leaving a scope, so that no read stays open.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.Reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

// One connection, for one thread at a time. Failures are StorageFailed, StorageBusy when another connection holds a
// lock for longer than the busy timeout; their message is SQLite's own.
class Database {
 public:
  // `flags` of sqlite3_open_v2. The busy timeout is `busy_timeout_ms`.
  static Result<Database> Open(const std::string& path, int flags, int busy_timeout_ms);

  Status Execute(const std::string& sql);
  Result<Statement> Prepare(std::string_view sql);
  // The first column of the first row; 0 or empty without one.
  Result<int64_t> QueryInteger(std::string_view sql);
  Result<std::string> QueryText(std::string_view sql);

  // Opened for writing, but the file may only be read: SQLite says so at the first write.
  bool is_read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }
  bool in_transaction() const { return !sqlite3_get_autocommit(handle_.get()); }
  // Rows changed by the last INSERT, UPDATE or DELETE.
  int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  void SetBusyTimeout(int ms) { sqlite3_busy_timeout(handle_.get(), ms); }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// A write transaction that is rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  ~Transaction() {
    if (begun_ && database_.in_transaction()) (void)database_.Execute("ROLLBACK");
  }
  Transaction(const Transaction&) = delete;
  Status Begin() {
    BULKHEAD_CHECK_OK(database_.Execute("BEGIN IMMEDIATE"));
    begun_ = true;
    return Ok();
  }
  Status Commit() { return database_.Execute("COMMIT"); }

 private:
  Database& database_;
  bool begun_ = false;
};

// "name" with quotes doubled; any name without a NUL byte can be quoted.
std::string QuoteName(std::string_view name);
// 'text'.
std::string QuoteText(std::string_view text);
// Lower case for ASCII alone, which is how SQLite compares names.
std::string FoldName(std::string_view name);

}  // namespace bulkhead::sqlite
