#include <catch2/catch.hpp>

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "client_server_model.h"

using namespace bulkhead;
using namespace bulkhead::client;

namespace {

uint64_t Seed() {
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
std::string Query(const std::string& file, const std::string& sql) {
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

std::unique_ptr<Client> OpenClient(const std::string& file, Options options = {}) {
  auto client = Client::Open(file, std::move(options));
  if (!client) FAIL(client.error().message);
  return *std::move(client);
}

// A whole session: connect, everything there is, no disconnect.
Status Sync(Client& client, const ServerModel& server, size_t operations_max = 1000) {
  for (const wire::Line& line : server.LinesFrom(client.Connect(), operations_max)) BULKHEAD_CHECK_OK(client.Take(line));
  return Ok();
}
void MustSync(Client& client, const ServerModel& server) {
  Status synced = Sync(client, server);
  if (!synced) FAIL(synced.error().message);
}

std::string ToJson(const DumpedRow& row) {
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
ServerModel::Visible Dump(Client& client) {
  auto tables = client.DumpTables();
  if (!tables) FAIL(tables.error().message);
  ServerModel::Visible visible;
  for (const DumpedTable& table : *tables)
    for (const DumpedRow& row : table.rows) visible[table.name][row.id] = ToJson(row);
  return visible;
}

// The same from outside: the columns n and title of both tables.
std::string VisibleRows(const std::string& file) {
  std::string out;
  for (const char* table : {"notes", "tasks"})
    out += Query(file, fmt::format("SELECT '{0}', id, n, title FROM {0} ORDER BY id", table));
  return out;
}
std::string ExpectedRows(const ServerModel& server) {
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
std::map<std::string, std::string> AllVisible(const std::string& file) {
  std::map<std::string, std::string> rows;
  for (const char* table : {"notes", "tasks"}) {
    std::string text = Query(file, fmt::format("SELECT '{}' || id, n, title, c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM {}", table, table));
    for (size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
      std::string line = text.substr(at, end - at);
      rows[line.substr(0, line.find('|'))] = line;
    }
  }
  return rows;
}
// gained, changed, lost
std::array<uint64_t, 3> Difference(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after) {
  std::array<uint64_t, 3> counts{};
  for (const auto& [id, row] : after) {
    auto old = before.find(id);
    counts[0] += old == before.end();
    counts[1] += old != before.end() && old->second != row;
  }
  for (const auto& [id, row] : before) counts[2] += !after.contains(id);
  return counts;
}

Options WithTables(uint32_t commit_operations_max = 20'000) {
  Options options;
  for (const char* table : {"tasks", "notes"})
    options.tables.push_back({table, {"id", "n", "title", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"}});
  options.commit_operations_max = commit_operations_max;
  return options;
}

}  // namespace

TEST_CASE("values keep the storage class of their JSON") {
  Scratch scratch;
  ServerModel server;
  server.Put("b", "t", "1",
             R"({"i":7,"id":1,"big":9223372036854775807,"over":9223372036854775808,"r":1.0,"e":1e2,"s":"a\"é\u0000b",)"
             R"("n":null,"t":true,"f":false,"a":[1, {"x":"y"}],"o":{},"huge":1e999})");
  server.Put("b", "t", "1.5", R"({"id":1.5})");
  server.Put("b", "t", "x", R"({"s":"no id in the row"})");
  auto client = OpenClient(scratch.File());
  MustSync(*client, server);
  CHECK(Query(scratch.File(), "SELECT name FROM pragma_table_info('t')") ==
        "id\ni\nbig\nover\nr\ne\ns\nn\nt\nf\na\no\nhuge\n");
  CHECK(Query(scratch.File(),
              "SELECT typeof(id), typeof(i), typeof(big), typeof(over), typeof(r), typeof(e), typeof(s), length(CAST(s AS BLOB)), "
              "typeof(n), typeof(t), t, f, a, o, huge > 1e308 FROM t WHERE id = 1") ==
        "integer|integer|integer|real|real|real|text|6|null|integer|1|0|[1, {\"x\":\"y\"}]|{}|1\n");
  CHECK(Query(scratch.File(), "SELECT big, over, r, e FROM t WHERE id = 1") ==
        "9223372036854775807|9.22337203685478e+18|1.0|100.0\n");
  CHECK(Query(scratch.File(), "SELECT id, typeof(id), i FROM t WHERE id = 1.5") == "1.5|real|~\n");
  CHECK(Query(scratch.File(), "SELECT id FROM t WHERE s LIKE 'no id%'") == "x\n");
}

TEST_CASE("columns come as rows bring them, whatever they are called") {
  Scratch scratch;
  ServerModel server;
  std::vector<Applied> applied;
  Options options;
  options.on_applied = [&](const Applied& a) { applied.push_back(a); };
  auto client = OpenClient(scratch.File(), std::move(options));
  server.Put("b", "ta\"b le", "1", R"({"id":"1","select":1,"a b":2,"q\"q":3,"":4,"rowid":5,"_rowid_":6})");
  MustSync(*client, server);
  // Several new shapes within one checkpoint, and a column that differs in case.
  server.Put("b", "ta\"b le", "2", R"({"id":"2","later":1})");
  server.Put("b", "ta\"b le", "3", R"({"id":"3","SELECT":7,"later":2,"é":1,"É":2})");
  server.Put("b", "other", "3", R"({"x":1,"X":2,"id":"3"})");
  MustSync(*client, server);
  CHECK(Query(scratch.File(), R"(SELECT * FROM "ta""b le" ORDER BY id)") ==
        "1|1|2|3|4|5|6|~|~|~\n2|~|~|~|~|~|~|1|~|~\n3|7|~|~|~|~|~|2|1|2\n");
  CHECK(Query(scratch.File(), "SELECT * FROM other") == "3|2\n");
  REQUIRE(applied.size() == 2);
  REQUIRE(applied[1].tables.size() == 2);
  CHECK(applied[1].tables[1].table == "ta\"b le");
  CHECK(applied[1].tables[1].gained == 2);
  CHECK(applied[1].tables[1].changed + applied[1].tables[1].lost == 0);
  auto rows = Dump(*client)["ta\"b le"];
  CHECK(rows["3"] == R"({"id":"3","SELECT":7,"later":2,"é":1,"É":2})");
  CHECK(rows["2"] == R"({"id":"2","later":1})");

  server.Put("b", "ta\"b le", "4", R"({"id":"4","oid":1})");
  Status all_taken = Sync(*client, server);
  REQUIRE_FALSE(all_taken);
  CHECK(all_taken.error().message.find("_rowid_") != std::string::npos);
}

TEST_CASE("tables that a client cannot have are refused") {
  for (const std::string& name : std::vector<std::string>{"bulkhead_oplog", "BulkHead_x", "sqlite_master", "SQLITE_x", "", {"a\0b", 3}}) {
    Scratch scratch;
    ServerModel server;
    server.Put("b", name, "1", R"({"id":"1"})");
    auto client = OpenClient(scratch.File());
    Status synced = Sync(*client, server);
    REQUIRE_FALSE(synced);
    CHECK(synced.error().code == Code::InvalidData);
    CHECK_FALSE(client->needs_restart());
    CHECK(client->BucketPositions().empty());
  }
  Scratch scratch;
  ServerModel server;
  server.Put("b", "mine", "1", R"({"id":"1"})");
  auto client = OpenClient(scratch.File());
  Query(scratch.File(), "CREATE TABLE mine(x)");
  Status synced = Sync(*client, server);
  REQUIRE_FALSE(synced);
  CHECK(synced.error().message.find("already exists") != std::string::npos);
}

TEST_CASE("the newest operation of any bucket decides, and the others wait behind it") {
  Scratch scratch;
  ServerModel server;
  std::vector<Applied> applied;
  Options options = WithTables();
  options.on_applied = [&](const Applied& a) { applied.push_back(a); };
  auto client = OpenClient(scratch.File(), std::move(options));
  auto last = [&] { return applied.back().tables.empty() ? TableChanges{} : applied.back().tables[0]; };
  server.Put("a", "tasks", "1", R"({"id":"1","n":1})");
  server.Put("b", "tasks", "1", R"({"id":"1","n":2})");
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "tasks|1|2|~\n");
  CHECK(last().gained == 1);
  CHECK(last().changed == 0);
  server.Put("a", "tasks", "1", R"({"id":"1","n":3})");
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "tasks|1|3|~\n");
  CHECK(last().changed == 1);
  server.buckets["a"].member = false;
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "tasks|1|2|~\n");
  // Two source rows under one id in one bucket.
  server.Put("b", "tasks", "1", R"({"id":"1","n":4})", "other");
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "tasks|1|4|~\n");
  server.Remove("b", "tasks", "1", "other");
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "tasks|1|2|~\n");
  // Put again with the same content: nothing changed.
  server.Put("b", "tasks", "1", R"({"n":2,"id":"1"})");
  MustSync(*client, server);
  CHECK(applied.back().tables.empty());
  server.Remove("b", "tasks", "1");
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "");
  CHECK(last().lost == 1);
  server.Put("b", "tasks", "1", R"({"id":"1","n":5})");
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == "tasks|1|5|~\n");
  CHECK(Query(scratch.File(), "SELECT count(*) FROM bulkhead_pending") == "0\n");
}

TEST_CASE("a partial complete shows its priorities and deletes nothing") {
  Scratch scratch;
  ServerModel server;
  server.buckets["first"].priority = 1;
  server.Put("first", "tasks", "1", R"({"id":"1"})");
  server.Put("late", "tasks", "2", R"({"id":"2"})");
  server.Put("late", "tasks", "1", R"({"id":"1","n":9})");
  auto client = OpenClient(scratch.File(), WithTables());
  auto take_until_partial = [&](std::vector<wire::Line> lines) {
    for (size_t i = 0; i < lines.size(); ++i) {
      Status taken = client->Take(lines[i]);
      if (!taken) FAIL(taken.error().message);
      if (std::holds_alternative<wire::PartialCheckpointComplete>(lines[i])) return std::vector(lines.begin() + static_cast<long>(i) + 1, lines.end());
    }
    FAIL("no partial complete");
    return lines;
  };
  auto rest = take_until_partial(server.LinesFrom(client->Connect()));
  CHECK(VisibleRows(scratch.File()) == "tasks|1|~|~\n");
  for (const wire::Line& line : rest) REQUIRE(client->Take(line));
  CHECK(VisibleRows(scratch.File()) == "tasks|1|9|~\ntasks|2|~|~\n");
  // The row moves from one priority to the other.
  server.Remove("first", "tasks", "1");
  server.Put("first", "tasks", "3", R"({"id":"3"})");
  server.Remove("late", "tasks", "1");
  rest = take_until_partial(server.LinesFrom(client->Connect()));
  CHECK(VisibleRows(scratch.File()) == "tasks|1|9|~\ntasks|2|~|~\ntasks|3|~|~\n");
  for (const wire::Line& line : rest) REQUIRE(client->Take(line));
  CHECK(VisibleRows(scratch.File()) == "tasks|2|~|~\ntasks|3|~|~\n");
}

TEST_CASE("wrong sums: the bucket is fetched again, the tables stay") {
  Scratch scratch;
  ServerModel server;
  server.Put("good", "tasks", "1", R"({"id":"1"})");
  server.Put("bad", "tasks", "2", R"({"id":"2"})");
  auto client = OpenClient(scratch.File(), WithTables());
  MustSync(*client, server);
  server.Put("good", "tasks", "3", R"({"id":"3"})");
  server.Put("bad", "tasks", "4", R"({"id":"4"})");
  auto damage = [&](auto change) {
    std::vector<wire::Line> lines = server.LinesFrom(client->Connect());
    for (auto& bucket : std::get<wire::Checkpoint>(lines[0]).buckets)
      if (bucket.bucket == "bad") change(bucket);
    Status status;
    for (const wire::Line& line : lines)
      if (status) status = client->Take(line);
    REQUIRE_FALSE(status);
    CHECK(status.error().message.find("`bad`") != std::string::npos);
    CHECK(client->needs_restart());
    CHECK_FALSE(client->Take(lines[0]));
    CHECK(VisibleRows(scratch.File()) == "tasks|1|~|~\ntasks|2|~|~\n");
    auto positions = client->Connect();
    REQUIRE(positions.size() == 1);
    CHECK(positions[0].bucket == "good");
    CHECK_FALSE(client->needs_restart());
  };
  damage([](wire::BucketState& bucket) { bucket.checksum += 1; });
  damage([](wire::BucketState& bucket) { bucket.count += 1; });
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == ExpectedRows(server));
}

TEST_CASE("a compacted bucket agrees from every position") {
  Scratch scratch;
  for (int stop = 0; stop < 8; ++stop) {
    ServerModel server;
    auto client = OpenClient(scratch.File(("c" + std::to_string(stop)).c_str()), WithTables());
    for (int i = 0; i < 8; ++i) {
      if (i == stop) MustSync(*client, server);
      if (i % 3 == 2) {
        server.Remove("b", "tasks", "1");
      } else {
        server.Put("b", "tasks", std::to_string(i % 2), R"({"id":"x","n":)" + std::to_string(i) + "}");
      }
    }
    server.Compact(server.buckets["b"]);
    MustSync(*client, server);
    CHECK(Dump(*client) == server.Expected());
    server.Put("b", "tasks", "9", R"({"id":"9"})");
    server.Compact(server.buckets["b"]);
    MustSync(*client, server);
    CHECK(Dump(*client) == server.Expected());
  }
}

TEST_CASE("lines no server may send") {
  Scratch scratch;
  ServerModel server;
  server.Put("b", "tasks", "1", R"({"id":"1"})");
  std::vector<wire::Line> good = server.LinesFrom({});
  auto refused = [&](std::vector<wire::Line> lines) {
    Scratch own;
    auto client = OpenClient(own.File(), WithTables());
    Status status;
    for (const wire::Line& line : lines)
      if (status) status = client->Take(line);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Code::InvalidData);
    CHECK_FALSE(client->needs_restart());
    CHECK(VisibleRows(own.File()) == "");
    // The file is none the worse.
    MustSync(*client, server);
    CHECK(VisibleRows(own.File()) == "tasks|1|~|~\n");
  };
  refused({good[1]});                                              // data without a checkpoint
  refused({wire::CheckpointDiff{}});
  refused({wire::CheckpointComplete{1}});
  refused({good[0], wire::CheckpointComplete{7}});
  refused({good[0], good[1], good[1]});                            // the same operation twice
  wire::Checkpoint twice = std::get<wire::Checkpoint>(good[0]);
  twice.buckets.push_back(twice.buckets[0]);
  refused({twice});
  for (const char* row : {"", "[]", "{", R"({"id":})", R"({"id":1}x)", R"({"a\u0000b":1})"}) {
    wire::Data data = std::get<wire::Data>(good[1]);
    data.operations[0].data = row;
    refused({good[0], data, good[2]});
  }
  wire::Data wide = std::get<wire::Data>(good[1]);
  std::string& json = wide.operations[0].data = R"({"id":1)";
  for (int i = 0; i < 2500; ++i) json += fmt::format(R"(,"c{}":1)", i);
  json += "}";
  refused({good[0], wide, good[2]});
}

TEST_CASE("many source rows under one id take linear time") {
  Scratch scratch;
  ServerModel server;
  for (int i = 0; i < 20'000; ++i) server.Put("b", "tasks", "1", R"({"id":"1"})", std::to_string(i));
  auto client = OpenClient(scratch.File(), WithTables());
  auto start = std::chrono::steady_clock::now();
  MustSync(*client, server);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  CHECK(VisibleRows(scratch.File()) == "tasks|1|~|~\n");
}

TEST_CASE("VACUUM, new indexes and dropped tables do no harm") {
  Scratch scratch;
  ServerModel server;
  std::vector<Applied> applied;
  for (bool open_meanwhile : {true, false}) {
    std::string file = scratch.File(open_meanwhile ? "open.db" : "closed.db");
    server = {};
    Options options = WithTables();
    options.on_applied = [&](const Applied& a) { applied.push_back(a); };
    options.index_ids = false;
    auto client = OpenClient(file, options);
    for (int i = 0; i < 20; ++i) server.Put("b", "tasks", std::to_string(i), R"({"id":")" + std::to_string(i) + R"("})");
    MustSync(*client, server);
    for (int i = 0; i < 15; ++i) server.Remove("b", "tasks", std::to_string(i));
    MustSync(*client, server);
    for (const char* harm : {"VACUUM", "CREATE INDEX mine ON tasks(n)", "ALTER TABLE tasks ADD COLUMN mine", "DROP TABLE tasks",
                             "DELETE FROM tasks; VACUUM"}) {
      INFO(harm);
      if (!open_meanwhile) client.reset();
      REQUIRE(Query(file, harm) == "");
      if (!open_meanwhile) client = OpenClient(file, options);
      server.Put("b", "tasks", "17", R"({"id":"17","n":)" + std::to_string(applied.size()) + "}");
      MustSync(*client, server);
      CHECK(Query(file, "SELECT id, n FROM tasks ORDER BY id") ==
            fmt::format("15|~\n16|~\n17|{}\n18|~\n19|~\n", applied.size() - 1));
      REQUIRE(applied.back().tables.size() == 1);
      CHECK(applied.back().tables[0].changed == 1);
      CHECK(applied.back().tables[0].gained + applied.back().tables[0].lost == 0);
      CHECK(Dump(*client) == server.Expected());
    }
  }
}

TEST_CASE("two clients on one file: the first learns of it") {
  Scratch scratch;
  ServerModel server;
  auto first = OpenClient(scratch.File(), WithTables());
  server.Put("b", "tasks", "1", R"({"id":"1"})");
  MustSync(*first, server);
  auto second = OpenClient(scratch.File(), WithTables());
  server.Put("b", "tasks", "2", R"({"id":"2"})");
  MustSync(*second, server);
  CHECK_FALSE(Sync(*first, server));
  CHECK(first->needs_restart());
  MustSync(*first, server);
  CHECK(VisibleRows(scratch.File()) == ExpectedRows(server));
}

TEST_CASE("files that are not a client's") {
  Scratch scratch;
  std::ofstream(scratch.File("text.db")) << "this is no database, and long enough to be sure of it: " << std::string(4096, 'x');
  CHECK_FALSE(Client::Open(scratch.File("text.db"), {}));
  CHECK_FALSE(Client::Open(scratch.File("no/such/folder.db"), {}));
  { OpenClient(scratch.File()); }
  Query(scratch.File(), "UPDATE bulkhead_state SET format = 99");
  auto newer = Client::Open(scratch.File(), {});
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == Code::Unsupported);
}

TEST_CASE("random histories, saved and reopened at random, always show a whole checkpoint") {
  uint64_t seed = Seed();
  for (int round = 0; round < 15; ++round) {
    INFO("BULKHEAD_SEED=" << seed + static_cast<uint64_t>(round));
    std::mt19937_64 random(seed + static_cast<uint64_t>(round));
    Scratch scratch;
    ServerModel server;
    std::map<std::string, std::string> before;
    std::array<uint64_t, 3> counted{};
    bool counts = true;  // not for a checkpoint that also repaired what a VACUUM before its end did
    auto open = [&] {
      Options options = WithTables(static_cast<uint32_t>(1 + random() % 20));
      options.on_applied = [&](const Applied& applied) {
        counted = {};
        for (const TableChanges& table : applied.tables)
          counted = {counted[0] + table.gained, counted[1] + table.changed, counted[2] + table.lost};
        std::map<std::string, std::string> after = AllVisible(scratch.File());
        if (counts) CHECK(counted == Difference(before, after));
        counts = counts || !applied.priority;
        before = after;
      };
      return OpenClient(scratch.File(), std::move(options));
    };
    auto client = open();
    std::string shown;
    for (int step = 0; step < 40; ++step) {
      for (size_t n = random() % 12; n > 0; --n) server.ChangeAtRandom(random);
      std::vector<wire::Line> lines = server.LinesFrom(client->Connect(), 1 + random() % 5);
      bool has_partial = false;
      size_t stop = random() % 3 == 0 ? random() % lines.size() : lines.size();
      for (size_t i = 0; i < stop; ++i) {
        has_partial = has_partial || std::holds_alternative<wire::PartialCheckpointComplete>(lines[i]);
        Status taken = client->Take(lines[i]);
        if (!taken) FAIL(taken.error().message);
        if (!has_partial && i + 1 < lines.size() && random() % 4 == 0) REQUIRE(VisibleRows(scratch.File()) == shown);
      }
      if (stop == lines.size()) {
        REQUIRE(Dump(*client) == server.Expected());
        REQUIRE(VisibleRows(scratch.File()) == ExpectedRows(server));
      }
      if (random() % 4 == 0) {
        client.reset();
        if (random() % 4 == 0) {
          Query(scratch.File(), "VACUUM");
          counts = stop == lines.size();
        }
        client = open();
      }
      shown = VisibleRows(scratch.File());
    }
  }
}

TEST_CASE("killed at any moment, the file shows a whole checkpoint and goes on from there") {
  uint64_t seed = Seed();
  INFO("BULKHEAD_SEED=" << seed);
  std::mt19937_64 random(seed);
  Scratch scratch;
  ServerModel server;
  std::map<uint64_t, std::string> expected = {{0, ""}};  // visible rows by checkpoint
  int killed_inside = 0;
  for (int round = 0; round < 20; ++round) {
    // The child applies a run of checkpoints; the parent knows what each of them shows.
    std::vector<ServerModel> history;
    for (int i = 0; i < 30; ++i) {
      // Each checkpoint has its own number, although some changes make no operation.
      server.Put("counter", "notes", "counter", R"({"id":"counter","n":)" + std::to_string(server.last_op) + "}");
      for (size_t n = 5 + random() % 20; n > 0; --n) server.ChangeAtRandom(random);
      for (auto& [name, bucket] : server.buckets) bucket.priority = 3;  // no partial completes here
      history.push_back(server);
      expected[server.last_op] = ExpectedRows(server);
    }
    uint32_t commit_max = static_cast<uint32_t>(1 + random() % 30);
    pid_t child = fork();
    if (child == 0) {
      auto client = Client::Open(scratch.File(), WithTables(commit_max));
      if (!client) _exit(2);
      for (const ServerModel& now : history)
        if (!Sync(**client, now, 3)) _exit(3);
      _exit(0);
    }
    usleep(static_cast<useconds_t>(random() % 60'000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    auto client = OpenClient(scratch.File(), WithTables(commit_max));
    REQUIRE(expected.contains(client->last_op_id()));
    REQUIRE(VisibleRows(scratch.File()) == expected[client->last_op_id()]);
    killed_inside += client->last_op_id() < server.last_op;
    // Positions never lead to an operation that was already stored: Take would refuse it.
    if (random() % 2) {
      Status synced = Sync(*client, server);
      if (!synced) FAIL(synced.error().message);
      REQUIRE(VisibleRows(scratch.File()) == ExpectedRows(server));
    }
  }
  CHECK(killed_inside > 1);
}
