// A thin owner of one SQLite connection and its statements: private to the store.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace bulkhead::store {

// A prepared statement. Run as: Bind(1, …); …; Step() until it answers false; Reset() is done by the next Bind run
// through Start(). Bound bytes are not copied: they must live until the statement is stepped to its end or reset.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  Statement& Start() {
    sqlite3_reset(handle_.get());
    next_ = 1;
    return *this;
  }
  Statement& Integer(int64_t v) {
    sqlite3_bind_int64(handle_.get(), next_++, v);
    return *this;
  }
  Statement& Text(std::string_view v) {
    sqlite3_bind_text64(handle_.get(), next_++, v.empty() ? "" : v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& Blob(std::string_view v) {
    sqlite3_bind_blob64(handle_.get(), next_++, v.empty() ? "" : v.data(), v.size(), SQLITE_STATIC);
    return *this;
  }
  // True for a row, false at the end.
  Result<bool> Step();
  // Steps to the end, ignoring rows.
  Status Run();
  void Reset() { sqlite3_reset(handle_.get()); }

  int64_t IntegerAt(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  // Text or blob bytes, valid until the next step.
  std::string_view BytesAt(int column) const {
    auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    return bytes ? std::string_view(bytes, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column)))
                 : std::string_view();
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int next_ = 1;
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

class Database {
 public:
  static Result<Database> Open(const std::string& path, int flags);
  Status Execute(const char* sql);
  Result<Statement> Prepare(std::string_view sql);
  // The first column of the first row, 0 without one.
  Result<int64_t> QueryInteger(std::string_view sql);
  bool in_transaction() const { return !sqlite3_get_autocommit(handle_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace bulkhead::store
