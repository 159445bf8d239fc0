// What tests of the SQLite source share: another connection, and a model built from what the sink is told.
#pragma once

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>

#include "runtime/source/sqlite_source.h"
#include "runtime/value/key.h"

namespace bulkhead::source {

struct Scratch {
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead_source_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string File(const char* name = "app.db") const { return path / name; }
  std::filesystem::path path;
};

// An application's connection.
class Application {
 public:
  explicit Application(const std::string& file, const char* journal_mode = "wal") {
    if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK) abort();
    sqlite3_busy_timeout(database_, 10'000);
    Do(fmt::format("PRAGMA journal_mode = {}; PRAGMA synchronous = OFF", journal_mode));
  }
  ~Application() { sqlite3_close(database_); }
  Application(const Application&) = delete;

  // Rows as `a|b`, NULL as `~`, one a line; "error: …" on failure.
  std::string Do(const std::string& sql) {
    std::string out;
    char* message = nullptr;
    auto row = [](void* to, int count, char** values, char**) {
      auto& text = *static_cast<std::string*>(to);
      for (int i = 0; i < count; ++i) text += (i ? "|" : "") + std::string(values[i] ? values[i] : "~");
      text += "\n";
      return 0;
    };
    if (sqlite3_exec(database_, sql.c_str(), row, &out, &message) != SQLITE_OK)
      out = std::string("error: ") + message;
    sqlite3_free(message);
    return out;
  }
  sqlite3* handle() { return database_; }

 private:
  sqlite3* database_ = nullptr;
};

inline std::string Shown(value::Value v) {
  switch (v.type()) {
    case value::Type::Null: return "null";
    case value::Type::Integer: return fmt::format("{}", v.integer());
    case value::Type::Real: return fmt::format("{:.17g}r", v.real());
    case value::Type::Text: return "'" + std::string(v.bytes()) + "'";
    case value::Type::Blob: return "x'" + std::string(v.bytes()) + "'";
  }
  return "";
}

// What an engine that believes the sink would hold: table -> key -> `column=value,…`.
class Model final : public value::ChangeSink {
 public:
  std::map<std::string, std::map<std::string, std::string>> tables;
  std::vector<std::string> calls;                     // "upsert tasks [1]", …
  std::map<std::string, std::string> pending_rescan;  // rows seen of a table being loaded again

  Status Upsert(std::string_view table, std::span<const value::Value> key, const value::RowView& row) override {
    std::string text;
    for (size_t i = 0; i < row.values.size(); ++i)
      text += fmt::format("{}{}={}", i ? "," : "", row.shape->columns[i], Shown(row.values[i]));
    tables[std::string(table)][value::EncodeKey(key)] = text;
    Note("upsert", table, value::KeyText(key));
    return Ok();
  }
  Status Delete(std::string_view table, std::span<const value::Value> key) override {
    tables[std::string(table)].erase(value::EncodeKey(key));
    Note("delete", table, value::KeyText(key));
    return Ok();
  }
  Status Truncate(std::string_view table) override {
    tables[std::string(table)].clear();
    return Ok();
  }
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) override {
    Note("unreadable", table, fmt::format("{}: {}", key_text, reason));
    return Ok();
  }
  std::vector<std::string> TakeCalls() { return std::exchange(calls, {}); }

 private:
  void Note(std::string_view call, std::string_view table, std::string_view rest) {
    calls.push_back(fmt::format("{} {} {}", call, table, rest));
  }
};

// The rows of a table, read directly.
inline std::map<std::string, std::string> ReadRows(Application& application, const std::string& table, int key_size) {
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(application.handle(), ("SELECT * FROM \"" + table + "\"").c_str(), -1, &statement,
                             nullptr) == SQLITE_OK);
  std::map<std::string, std::string> rows;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::vector<value::Value> values;
    std::string text;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      value::Value v;
      auto bytes = [&] {
        return std::string_view(static_cast<const char*>(sqlite3_column_blob(statement, i)),
                                static_cast<size_t>(sqlite3_column_bytes(statement, i)));
      };
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER: v = value::Value::Integer(sqlite3_column_int64(statement, i)); break;
        case SQLITE_FLOAT: v = value::Value::Real(sqlite3_column_double(statement, i)); break;
        case SQLITE_TEXT: v = value::Value::Text(bytes()); break;
        case SQLITE_BLOB: v = value::Value::Blob(bytes()); break;
      }
      values.push_back(v);
      text += fmt::format("{}{}={}", i ? "," : "", sqlite3_column_name(statement, i), Shown(v));
    }
    rows[value::EncodeKey(std::span(values).first(static_cast<size_t>(key_size)))] = text;
  }
  sqlite3_finalize(statement);
  return rows;
}

// A source with a model that follows it: what a program does around a source.
class Follower {
 public:
  Follower(std::string file, std::vector<TableRequest> tables, SqliteOptions options = {})
      : file_(std::move(file)), tables_(std::move(tables)), options_(std::move(options)) {
    options_.on_warning = [this](const std::string& text) {
      warnings.push_back(text);
    };
    Restart();
  }
  // Opens the source anew, as after a crash.
  void Restart() {
    source.reset();
    auto opened = OpenSqlite(file_, tables_, options_);
    if (!opened) FAIL(opened.error().message);
    source = *std::move(opened);
  }
  Status Load(std::span<const std::string> tables = {}) {
    for (const std::string& table : tables) model.tables[table].clear();
    if (tables.empty()) model.tables.clear();
    BULKHEAD_TRY(std::string at, source->Load(tables, model, {}));
    if (tables.empty()) position = at;
    return Ok();
  }
  Status Poll() {
    BULKHEAD_TRY(Polled polled, source->Poll(position, model));
    last = polled;
    if (polled.rescan.size() == tables_.size() && polled.changes == 0) {
      BULKHEAD_CHECK_OK(Load());
    } else {
      if (!polled.rescan.empty()) BULKHEAD_CHECK_OK(Load(polled.rescan));
      position = polled.position;
    }
    source->Acknowledge(position);
    return Ok();
  }
  // The calls one poll makes.
  std::vector<std::string> Calls() {
    model.TakeCalls();
    Status polled = Poll();
    if (!polled) FAIL(polled.error().message);
    return model.TakeCalls();
  }

  std::unique_ptr<Source> source;
  Model model;
  std::string position;
  Polled last;
  std::vector<std::string> warnings;

 private:
  std::string file_;
  std::vector<TableRequest> tables_;
  SqliteOptions options_;
};

using Strings = std::vector<std::string>;

inline std::string OpenError(const std::string& file, std::vector<TableRequest> tables, Code code) {
  auto source = OpenSqlite(file, std::move(tables));
  if (source) return "";
  CHECK(source.error().code == code);
  return source.error().message;
}
inline bool Contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

// How many rows of Bulkhead's schema there are.
inline std::string BulkheadObjects(Application& app) {
  return app.Do("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'bulkhead!_%' ESCAPE '!'");
}

}  // namespace bulkhead::source
