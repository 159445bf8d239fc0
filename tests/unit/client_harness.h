// What tests of the client share: a scratch file, other programs' view of it, the server model's expectation.
#pragma once

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "tests/unit/client_server_model.h"

namespace bulkhead::client {

inline uint64_t Seed() {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

// A directory that goes away with the test.
struct Scratch {
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead_client_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string File(const char* name = "client.db") const { return path / name; }
  std::filesystem::path path;
};

// Another program's view of the file: rows as `a|b|c`, NULL as `~`, one line each.
inline std::string Query(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  std::string out;
  char* message = nullptr;
  auto row = [](void* to, int count, char** values, char**) {
    auto& text = *static_cast<std::string*>(to);
    for (int i = 0; i < count; ++i) text += (i ? "|" : "") + std::string(values[i] ? values[i] : "~");
    text += "\n";
    return 0;
  };
  int rc = sqlite3_exec(db, sql.c_str(), row, &out, &message);
  if (rc != SQLITE_OK) out = std::string("error: ") + message;
  sqlite3_free(message);
  sqlite3_close(db);
  return out;
}

inline std::unique_ptr<Client> OpenClient(const std::string& file, Options options = {}) {
  auto client = Client::Open(file, std::move(options));
  if (!client) FAIL(client.error().message);
  return *std::move(client);
}

// A whole session: connect, everything there is, no disconnect.
inline Status Sync(Client& client, const ServerModel& server, size_t operations_max = 1000) {
  for (const wire::Line& line : server.LinesFrom(client.Connect(), operations_max))
    BULKHEAD_CHECK_OK(client.Take(line));
  return Ok();
}
inline void MustSync(Client& client, const ServerModel& server) {
  Status synced = Sync(client, server);
  if (!synced) FAIL(synced.error().message);
}

inline std::string ToJson(const DumpedRow& row) {
  std::string json = "{";
  for (const auto& [name, owned] : row.columns) {
    value::Value v = owned.view();
    json += (json.size() > 1 ? ",\"" : "\"") + name + "\":";
    switch (v.type()) {
      case value::Type::Null: json += "null"; break;
      case value::Type::Integer: json += std::to_string(v.integer()); break;
      case value::Type::Real: json += fmt::format("{}", v.real()); break;
      default: json += "\"" + std::string(v.bytes()) + "\"";
    }
  }
  return json + "}";
}
inline ServerModel::Visible Dump(Client& client) {
  auto tables = client.DumpTables();
  if (!tables) FAIL(tables.error().message);
  ServerModel::Visible visible;
  for (const DumpedTable& table : *tables)
    for (const DumpedRow& row : table.rows) visible[table.name][row.id] = ToJson(row);
  return visible;
}

// The same from outside: the columns n and title of both tables.
inline std::string VisibleRows(const std::string& file) {
  std::string out;
  for (const char* table : {"notes", "tasks"})
    out += Query(file, fmt::format("SELECT '{0}', id, n, title FROM {0} ORDER BY id", table));
  return out;
}
inline std::string ExpectedRows(const ServerModel& server) {
  auto part = [](const std::string& json, const std::string& name) -> std::string {
    size_t at = json.find("\"" + name + "\":");
    if (at == json.npos) return "~";
    size_t from = at + name.size() + 3, to = json.find_first_of(",}", from);
    std::string text = json.substr(from, to - from);
    return text[0] == '"' ? text.substr(1, text.size() - 2) : text;
  };
  std::string out;
  for (const char* table : {"notes", "tasks"}) {
    ServerModel::Visible visible = server.Expected();
    for (const auto& [id, json] : visible[table])
      out += fmt::format("{}|{}|{}|{}\n", table, id, part(json, "n"), part(json, "title"));
  }
  return out;
}

// Every visible value by table and id.
inline std::map<std::string, std::string> AllVisible(const std::string& file) {
  std::map<std::string, std::string> rows;
  for (const char* table : {"notes", "tasks"}) {
    std::string text = Query(
        file, fmt::format("SELECT '{}' || id, n, title, c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM {}", table, table));
    for (size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
      std::string line = text.substr(at, end - at);
      rows[line.substr(0, line.find('|'))] = line;
    }
  }
  return rows;
}
// gained, changed, lost
inline std::array<uint64_t, 3> Difference(const std::map<std::string, std::string>& before,
                                          const std::map<std::string, std::string>& after) {
  std::array<uint64_t, 3> counts{};
  for (const auto& [id, row] : after) {
    auto old = before.find(id);
    counts[0] += old == before.end();
    counts[1] += old != before.end() && old->second != row;
  }
  for (const auto& [id, row] : before) counts[2] += !after.contains(id);
  return counts;
}

inline Options WithTables(uint32_t commit_operations_max = 50'000) {
  Options options;
  for (const char* table : {"tasks", "notes"})
    options.tables.push_back({table, {"id", "n", "title", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}});
  options.commit_operations_max = commit_operations_max;
  return options;
}

}  // namespace bulkhead::client
