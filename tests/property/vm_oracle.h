// SQLite itself as the oracle: evaluates SQL over bound parameters, which have no affinity, as our columns.
#pragma once

#include <sqlite3.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/value/value.h"

namespace bulkhead::testing {

using value::OwnedValue;
using value::Type;
using value::Value;

class Oracle {
 public:
  Oracle() { sqlite3_open(":memory:", &db_); }
  ~Oracle() {
    Forget();
    sqlite3_close(db_);
  }
  // Drops the statements that were kept.
  void Forget() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // The first column of the first row; nullopt with error() set when SQLite refuses.
  std::optional<OwnedValue> Ask(const std::string& sql, std::span<const OwnedValue> parameters, bool keep = false) {
    auto found = statements_.find(sql);
    sqlite3_stmt* statement = found == statements_.end() ? nullptr : found->second;
    if (!statement && sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr)) {
      error_ = sqlite3_errmsg(db_);
      return std::nullopt;
    }
    if (keep) statements_[sql] = statement;
    for (size_t i = 0; i < parameters.size(); ++i) Bind(statement, static_cast<int>(i) + 1, parameters[i].view());
    std::optional<OwnedValue> answer;
    if (sqlite3_step(statement) == SQLITE_ROW) answer = Column(statement, 0);
    else error_ = sqlite3_errmsg(db_);
    if (keep) sqlite3_reset(statement);
    else sqlite3_finalize(statement);
    return answer;
  }
  const std::string& error() const { return error_; }
  sqlite3* db() { return db_; }

  static void Bind(sqlite3_stmt* statement, int index, Value v) {
    switch (v.type()) {
      case Type::Null: sqlite3_bind_null(statement, index); break;
      case Type::Integer: sqlite3_bind_int64(statement, index, v.integer()); break;
      case Type::Real: sqlite3_bind_double(statement, index, v.real()); break;
      case Type::Text:
        sqlite3_bind_text64(statement, index, v.bytes().data(), v.bytes().size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
      case Type::Blob:
        sqlite3_bind_blob64(statement, index, v.bytes().data() ? v.bytes().data() : "", v.bytes().size(),
                            SQLITE_TRANSIENT);
        break;
    }
  }
  static OwnedValue Column(sqlite3_stmt* statement, int index) {
    auto bytes = [&](const void* data) {
      return std::string_view(static_cast<const char*>(data),
                              static_cast<size_t>(sqlite3_column_bytes(statement, index)));
    };
    switch (sqlite3_column_type(statement, index)) {
      case SQLITE_INTEGER: return Value::Integer(sqlite3_column_int64(statement, index));
      case SQLITE_FLOAT: return Value::Real(sqlite3_column_double(statement, index));
      case SQLITE_TEXT: return Value::Text(bytes(sqlite3_column_text(statement, index)));
      case SQLITE_BLOB: return Value::Blob(bytes(sqlite3_column_blob(statement, index)));
      default: return Value::Null();
    }
  }

 private:
  sqlite3* db_ = nullptr;
  std::map<std::string, sqlite3_stmt*> statements_;
  std::string error_;
};

}  // namespace bulkhead::testing
