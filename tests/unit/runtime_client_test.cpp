#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>

#include "tests/unit/client_harness.h"

using namespace bulkhead;
using namespace bulkhead::client;

TEST_CASE("values keep the storage class of their JSON") {
  Scratch scratch;
  ServerModel server;
  server.Put(
      "b", "t", "1",
      R"({"i":7,"id":1,"big":9223372036854775807,"over":9223372036854775808,"r":1.0,"e":1e2,"s":"a\"é\u0000b",)"
      R"("n":null,"t":true,"f":false,"a":[1, {"x":"y"}],"o":{},"huge":1e999})");
  server.Put("b", "t", "1.5", R"({"id":1.5})");
  server.Put("b", "t", "x", R"({"s":"no id in the row"})");
  auto client = OpenClient(scratch.File());
  MustSync(*client, server);
  CHECK(Query(scratch.File(), "SELECT name FROM pragma_table_info('t')") ==
        "id\ni\nbig\nover\nr\ne\ns\nn\nt\nf\na\no\nhuge\n");
  CHECK(Query(scratch.File(),
              "SELECT typeof(id), typeof(i), typeof(big), typeof(over), typeof(r), typeof(e), typeof(s), "
              "length(CAST(s AS BLOB)), "
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
  options.on_applied = [&](const Applied& a) {
    applied.push_back(a);
  };
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
  for (const std::string& name :
       std::vector<std::string>{"bulkhead_oplog", "BulkHead_x", "sqlite_master", "SQLITE_x", "", {"a\0b", 3}}) {
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
  options.on_applied = [&](const Applied& a) {
    applied.push_back(a);
  };
  auto client = OpenClient(scratch.File(), std::move(options));
  auto last = [&] {
    return applied.back().tables.empty() ? TableChanges{} : applied.back().tables[0];
  };
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
      if (std::holds_alternative<wire::PartialCheckpointComplete>(lines[i]))
        return std::vector(lines.begin() + static_cast<long>(i) + 1, lines.end());
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
  refused({good[1]});  // data without a checkpoint
  refused({wire::CheckpointDiff{}});
  refused({wire::CheckpointComplete{1}});
  refused({good[0], wire::CheckpointComplete{7}});
  refused({good[0], good[1], good[1]});  // the same operation twice
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
    options.on_applied = [&](const Applied& a) {
      applied.push_back(a);
    };
    options.index_ids = false;
    auto client = OpenClient(file, options);
    for (int i = 0; i < 20; ++i)
      server.Put("b", "tasks", std::to_string(i), R"({"id":")" + std::to_string(i) + R"("})");
    MustSync(*client, server);
    for (int i = 0; i < 15; ++i) server.Remove("b", "tasks", std::to_string(i));
    MustSync(*client, server);
    for (const char* harm : {"VACUUM", "CREATE INDEX mine ON tasks(n)", "ALTER TABLE tasks ADD COLUMN mine",
                             "DROP TABLE tasks", "DELETE FROM tasks; VACUUM"}) {
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
  std::ofstream(scratch.File("text.db"))
      << "this is no database, and long enough to be sure of it: " << std::string(4096, 'x');
  CHECK_FALSE(Client::Open(scratch.File("text.db"), {}));
  CHECK_FALSE(Client::Open(scratch.File("no/such/folder.db"), {}));
  { OpenClient(scratch.File()); }
  Query(scratch.File(), "UPDATE bulkhead_state SET format = 99");
  auto newer = Client::Open(scratch.File(), {});
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == Code::Unsupported);
}

TEST_CASE("a file that another program holds") {
  Scratch scratch;
  ServerModel server;
  server.Put("b", "tasks", "1", R"({"id":"1"})");
  auto client = OpenClient(scratch.File(), WithTables());
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(scratch.File().c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  auto lines = server.LinesFrom(client->Connect(), 1000);
  Status taken = Ok();
  size_t at = 0;
  while (taken && at < lines.size()) taken = client->Take(lines[at++]);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Code::StorageBusy);
  auto second = Client::Open(scratch.File(), {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::StorageBusy);
  CHECK(second.error().message.find(scratch.File()) != std::string::npos);
  REQUIRE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  // The same line again, as the header says.
  for (--at; at < lines.size(); ++at) {
    Status again = client->Take(lines[at]);
    if (!again) FAIL(again.error().message);
  }
  CHECK(VisibleRows(scratch.File()) == ExpectedRows(server));
}

TEST_CASE("a full disk costs a new session and nothing else") {
  Scratch scratch;
  ServerModel server;
  server.Put("b", "tasks", "1", R"({"id":"1"})");
  auto client = OpenClient(scratch.File(), WithTables());
  MustSync(*client, server);
  server.Put("b", "tasks", "2", fmt::format(R"({{"id":"2","title":"{}"}})", std::string(100'000, 'x')));
  // No page more than the file has, as on a full disk: told to every connection by a limit of the process.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  Status full = Sync(*client, server);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == Code::StorageFailed);
  CHECK(client->needs_restart());
  MustSync(*client, server);
  CHECK(VisibleRows(scratch.File()) == ExpectedRows(server));
}
