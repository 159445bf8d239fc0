// Both stores keep the same promises; the SQLite store keeps them through kill -9.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::store {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "bulkhead-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

template <typename T>
T Must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}
void Must(Status status) {
  if (!status) FAIL(status.error().message);
}

Operation Op(uint64_t id, std::string_view object_id, std::string_view data, uint32_t checksum) {
  return {.op_id = id, .kind = 1, .object_type = 0, .object_id = object_id, .subkey = "t/[1]", .data = data,
          .checksum = checksum};
}

std::vector<uint64_t> OpIds(Reader& reader, BucketRef bucket, const ReadRange& range, bool* more = nullptr) {
  std::vector<uint64_t> ids;
  bool rest = Must(reader.ReadOperations(bucket, range, [&](const Operation& op) { ids.push_back(op.op_id); }));
  if (more) *more = rest;
  return ids;
}

std::vector<std::string> Outputs(Reader& reader, NameRef lookup, std::string_view key) {
  std::vector<std::string> outputs;
  Must(reader.ReadLookup(lookup, key, [&](std::string_view output) {
    outputs.emplace_back(output);
    return true;
  }));
  return outputs;
}

// Runs a test against each kind of store.
struct AnyStore {
  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  AnyStore() {
    if (GENERATE(false, true)) store = OpenMemory();
    else store = Must(OpenSqlite(folder.File("state.db")));
    INFO(store->Describe());
  }
};

TEST_CASE("a store gives back what was committed") {
  AnyStore any;
  Store& store = *any.store;
  {
    auto writer = Must(store.Begin());
    CHECK(Must(writer->Intern("tasks")) == 0);
    CHECK(Must(writer->Intern("notes")) == 1);
    CHECK(Must(writer->Intern("tasks")) == 0);
    BucketRef a = Must(writer->InternBucket("b[\"a\"]")), b = Must(writer->InternBucket("b[\"b\"]"));
    CHECK(a != b);
    CHECK(Must(writer->InternBucket("b[\"a\"]")) == a);
    Must(writer->Append(a, Op(1, "x", R"({"a":1})", 0xffffffff)));
    Must(writer->Append(b, Op(2, "y", "{}", 5)));
    Must(writer->Append(a, Op(3, "z", std::string("\0é", 3), 2)));
    CHECK(Must(writer->Bucket(a)) == BucketState{1, 2, 3});
    Must(writer->PutRecord(0, std::string("k\0", 2), "v1"));
    Must(writer->PutRecord(0, "k", "v2"));
    Must(writer->Commit({.last_op = 3, .source_position = "p", .plan_digest = "d", .loaded = true}));
  }
  auto reader = Must(store.Read());
  CHECK(reader->head() == Head{.last_op = 3, .source_position = "p", .plan_digest = "d", .loaded = true});
  CHECK(reader->NameText(1) == "notes");
  CHECK(reader->NameText(7).empty());
  CHECK(reader->FindName("notes") == 1);
  CHECK_FALSE(reader->FindName("nope"));
  BucketRef a = Must(reader->FindBucket("b[\"a\"]")).value();
  CHECK(Must(reader->BucketName(a)) == "b[\"a\"]");
  CHECK_FALSE(Must(reader->FindBucket("b[\"c\"]")));
  CHECK(Must(reader->Bucket(a)) == BucketState{1, 2, 3});
  CHECK(OpIds(*reader, a, {}) == std::vector<uint64_t>{1, 3});
  std::string data;
  Must(reader->ReadOperations(a, {.after = 1}, [&](const Operation& op) {
    CHECK(op.object_id == "z");
    CHECK(op.subkey == "t/[1]");
    CHECK(op.data == std::string_view("\0é", 3));
    CHECK(op.checksum == 2);
  }));
  CHECK(Must(reader->ReadRecord(0, std::string_view("k\0", 2), data)));
  CHECK(data == "v1");
  CHECK_FALSE(Must(reader->ReadRecord(1, "k", data)));
}

TEST_CASE("operations are read in ranges and within limits") {
  AnyStore any;
  auto writer = Must(any.store->Begin());
  BucketRef bucket = Must(writer->InternBucket("b[]"));
  for (uint64_t id = 1; id <= 9; id += 2) Must(writer->Append(bucket, Op(id, "0123456789", "", 1)));
  bool more = false;
  CHECK(OpIds(*writer, bucket, {.after = 1, .upto = 7}, &more) == std::vector<uint64_t>{3, 5, 7});
  CHECK_FALSE(more);
  CHECK(OpIds(*writer, bucket, {.after = 2, .count_max = 2}, &more) == std::vector<uint64_t>{3, 5});
  CHECK(more);
  CHECK(OpIds(*writer, bucket, {.bytes_max = 31}, &more) == std::vector<uint64_t>{1, 3});
  CHECK(more);
  CHECK(OpIds(*writer, bucket, {.bytes_max = 1}, &more) == std::vector<uint64_t>{1});
  CHECK(OpIds(*writer, bucket, {.after = UINT64_MAX}, &more).empty());
  CHECK_FALSE(more);
}

TEST_CASE("records are scanned by table in pages") {
  AnyStore any;
  auto writer = Must(any.store->Begin());
  for (std::string key : {"c", "a", "b", "d"}) Must(writer->PutRecord(3, key, "v" + key));
  Must(writer->PutRecord(4, "z", "other"));
  Must(writer->DeleteRecord(3, "b"));
  Must(writer->DeleteRecord(3, "never"));
  auto first = Must(writer->ScanRecords(3, std::nullopt, 2));
  REQUIRE(first.size() == 2);
  CHECK(first[0].key == "a");
  CHECK(first[1].data == "vc");
  auto rest = Must(writer->ScanRecords(3, first[1].key, 2));
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].key == "d");
}

TEST_CASE("lookup entries are counted") {
  AnyStore any;
  auto writer = Must(any.store->Begin());
  CHECK(Must(writer->AdjustLookup(1, "k", "v", +1)) == LookupChange::Appeared);
  CHECK(Must(writer->AdjustLookup(1, "k", "v", +1)) == LookupChange::Same);
  CHECK(Must(writer->AdjustLookup(1, "k", "u", +1)) == LookupChange::Appeared);
  CHECK(Must(writer->AdjustLookup(2, "k", "w", +1)) == LookupChange::Appeared);
  CHECK(Outputs(*writer, 1, "k") == std::vector<std::string>{"u", "v"});
  CHECK(Must(writer->AdjustLookup(1, "k", "v", -1)) == LookupChange::Same);
  CHECK(Must(writer->AdjustLookup(1, "k", "v", -1)) == LookupChange::Vanished);
  CHECK(Outputs(*writer, 1, "k") == std::vector<std::string>{"u"});
  CHECK(Outputs(*writer, 1, "").empty());
  auto missing = writer->AdjustLookup(1, "k", "v", -1);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Code::StorageFailed);
}

std::vector<std::pair<std::string, int64_t>> RowsOf(Reader& reader, NameRef arrangement, std::string_view key) {
  std::vector<std::pair<std::string, int64_t>> rows;
  Must(reader.ReadRows(arrangement, key, [&](std::string_view row, int64_t weight) {
    rows.emplace_back(row, weight);
    return rows.size() < 3;
  }));
  return rows;
}
using Rows = std::vector<std::pair<std::string, int64_t>>;

TEST_CASE("an arrangement keeps rows by key with their weights, in byte order") {
  AnyStore any;
  {
    auto writer = Must(any.store->Begin());
    CHECK(Must(writer->AdjustRow(1, "k", "b", 2)) == 2);
    CHECK(Must(writer->AdjustRow(1, "k", "b", 3)) == 5);
    CHECK(Must(writer->AdjustRow(1, "k", std::string_view("a\0", 2), 1)) == 1);
    CHECK(Must(writer->AdjustRow(1, "k", "\xff", 1)) == 1);
    CHECK(Must(writer->AdjustRow(1, "", "", 1)) == 1);
    CHECK(Must(writer->AdjustRow(1, "k2", "x", 1)) == 1);
    CHECK(Must(writer->AdjustRow(2, "k", "y", 1)) == 1);
    CHECK(RowsOf(*writer, 1, "k") == Rows{{std::string("a\0", 2), 1}, {"b", 5}, {"\xff", 1}});
    Must(writer->Commit({}));
  }
  {
    auto writer = Must(any.store->Begin());
    CHECK(RowsOf(*writer, 1, "k") == Rows{{std::string("a\0", 2), 1}, {"b", 5}, {"\xff", 1}});
    CHECK(Must(writer->AdjustRow(1, "k", "b", -5)) == 0);
    CHECK(Must(writer->AdjustRow(1, "k", "a", 1)) == 1);
    CHECK(Must(writer->AdjustRow(1, "k2", "x", 1)) == 2);
    CHECK(Must(writer->AdjustRow(1, "k2", "x", -1)) == 1);
    CHECK(RowsOf(*writer, 1, "k") == Rows{{"a", 1}, {std::string("a\0", 2), 1}, {"\xff", 1}});
    CHECK_FALSE(writer->AdjustRow(1, "k", "b", -1));
    auto often = writer->AdjustRow(1, "k2", "x", INT64_MAX);
    REQUIRE_FALSE(often);
    CHECK(often.error().code == Code::LimitExceeded);
  }
  // The writer was dropped.
  auto reader = Must(any.store->Read());
  CHECK(RowsOf(*reader, 1, "k") == Rows{{std::string("a\0", 2), 1}, {"b", 5}, {"\xff", 1}});
  CHECK(RowsOf(*reader, 1, "k2") == Rows{{"x", 1}});
  CHECK(RowsOf(*reader, 1, "") == Rows{{"", 1}});
  CHECK(RowsOf(*reader, 2, "k2").empty());
}

TEST_CASE("a dropped writer changes nothing") {
  AnyStore any;
  {
    auto writer = Must(any.store->Begin());
    Must(writer->Append(Must(writer->InternBucket("old")), Op(1, "x", "", 7)));
    Must(writer->PutRecord(0, "k", "v"));
    (void)Must(writer->AdjustLookup(0, "k", "v", +1));
    (void)Must(writer->Intern("kept"));
    Must(writer->Commit({.last_op = 1}));
  }
  {
    auto writer = Must(any.store->Begin());
    BucketRef old = Must(writer->InternBucket("old"));
    Must(writer->Append(old, Op(2, "x", "", 7)));
    Must(writer->Append(Must(writer->InternBucket("new")), Op(3, "x", "", 7)));
    Must(writer->PutRecord(0, "k", "changed"));
    Must(writer->DeleteRecord(0, "k"));
    Must(writer->PutRecord(0, "l", "v"));
    (void)Must(writer->AdjustLookup(0, "k", "v", -1));
    (void)Must(writer->AdjustLookup(0, "l", "v", +1));
    (void)Must(writer->Intern("dropped"));
  }
  {
    auto writer = Must(any.store->Begin());
    CHECK(writer->head().last_op == 1);
    BucketRef old = Must(writer->InternBucket("old"));
    CHECK(Must(writer->Bucket(old)) == BucketState{7, 1, 1});
    CHECK(OpIds(*writer, old, {}) == std::vector<uint64_t>{1});
    CHECK_FALSE(Must(writer->FindBucket("new")));
    std::string data;
    CHECK(Must(writer->ReadRecord(0, "k", data)));
    CHECK(data == "v");
    CHECK_FALSE(Must(writer->ReadRecord(0, "l", data)));
    CHECK(Outputs(*writer, 0, "k").size() == 1);
    CHECK(Outputs(*writer, 0, "l").empty());
    CHECK_FALSE(writer->FindName("dropped"));
    CHECK(Must(writer->Intern("next")) == 1);
  }
}

TEST_CASE("there is one writer at a time") {
  AnyStore any;
  auto writer = Must(any.store->Begin());
  auto second = any.store->Begin();
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::StorageBusy);
  writer.reset();
  CHECK(any.store->Begin());
}

TEST_CASE("sqlite: a reader keeps its snapshot") {
  TemporaryFolder folder;
  auto store = Must(OpenSqlite(folder.File("s.db")));
  auto commit = [&](uint64_t id) {
    auto writer = Must(store->Begin());
    Must(writer->Append(Must(writer->InternBucket("b")), Op(id, "x", "", 1)));
    Must(writer->Commit({.last_op = id}));
  };
  commit(1);
  auto reader = Must(store->Read());
  commit(2);
  BucketRef bucket = Must(reader->FindBucket("b")).value();
  CHECK(reader->head().last_op == 1);
  CHECK(Must(reader->Bucket(bucket)).count == 1);
  CHECK(OpIds(*reader, bucket, {}).size() == 1);
  reader.reset();
  CHECK(Must(store->Read())->head().last_op == 2);
}

TEST_CASE("sqlite: a store is opened once") {
  TemporaryFolder folder;
  auto store = Must(OpenSqlite(folder.File("s.db")));
  fs::create_symlink(folder.File("s.db"), folder.File("link.db"));
  for (std::string path : {folder.File("s.db"), folder.File("link.db"), folder.File("./s.db")}) {
    auto second = OpenSqlite(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::StorageBusy);
  }
  store.reset();
  CHECK(OpenSqlite(folder.File("s.db")));
}

TEST_CASE("sqlite: everything is there after reopening") {
  TemporaryFolder folder;
  for (uint64_t round = 1; round <= 3; ++round) {
    auto store = Must(OpenSqlite(folder.File("s.db"), {.durability = Durability::Full}));
    auto writer = Must(store->Begin());
    CHECK(writer->head().last_op == round - 1);
    CHECK(Must(writer->Intern("name")) == 0);
    BucketRef bucket = Must(writer->InternBucket("b"));
    CHECK(Must(writer->Bucket(bucket)).count == round - 1);
    Must(writer->Append(bucket, Op(round, "x", "", 1)));
    Must(writer->Commit({.last_op = round}));
  }
  auto store = Must(OpenSqlite(folder.File("s.db"), {.rebuild = true}));
  CHECK(Must(store->Read())->head() == Head{});
  CHECK_FALSE(Must(Must(store->Read())->FindBucket("b")));
}

std::string ErrorOf(const std::string& path, bool rebuild) {
  auto opened = OpenSqlite(path, {.rebuild = rebuild});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::StorageFailed);
  return opened.error().message;
}

TEST_CASE("sqlite: a file that is no store is refused and left alone") {
  TemporaryFolder folder;
  bool rebuild = GENERATE(false, true);
  SECTION("text") {
    std::string path = folder.File("rules.sync"), text(5000, 'x');
    std::ofstream(path) << text;
    CHECK(ErrorOf(path, rebuild).find("is not a Bulkhead store (not a SQLite database)") != std::string::npos);
    std::ifstream in(path);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == text);
  }
  SECTION("another database") {
    std::string path = folder.File("app.db");
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    sqlite3_exec(db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    CHECK(ErrorOf(path, rebuild).find("but not a Bulkhead store") != std::string::npos);
    sqlite3_open(path.c_str(), &db);
    CHECK(sqlite3_exec(db, "INSERT INTO t VALUES (2)", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
  }
  SECTION("a folder") { CHECK(ErrorOf(folder.File("."), rebuild).find("is not a file") != std::string::npos); }
  SECTION("no such folder") { CHECK(ErrorOf(folder.File("no/s.db"), rebuild).find("cannot open") != std::string::npos); }
}

TEST_CASE("sqlite: a store of a newer version is refused") {
  TemporaryFolder folder;
  std::string path = folder.File("s.db");
  Must(OpenSqlite(path));
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  sqlite3_exec(db, "PRAGMA user_version = 9", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  CHECK(ErrorOf(path, false).find("has format 9, this program reads 2") != std::string::npos);
  CHECK(OpenSqlite(path, {.rebuild = true}));
}

TEST_CASE("sqlite: a store of the first version is given arrangements") {
  TemporaryFolder folder;
  std::string path = folder.File("s.db");
  Must(Must(Must(OpenSqlite(path))->Begin())->Commit({.last_op = 7}));
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  sqlite3_exec(db, "DROP TABLE arrangements; PRAGMA user_version = 1", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  auto store = Must(OpenSqlite(path));
  auto writer = Must(store->Begin());
  CHECK(writer->head().last_op == 7);
  CHECK(Must(writer->AdjustRow(1, "k", "b", 2)) == 2);
}

TEST_CASE("sqlite: a damaged store gives errors, not crashes") {
  TemporaryFolder folder;
  std::string path = folder.File("s.db");
  {
    auto store = Must(OpenSqlite(path));
    auto writer = Must(store->Begin());
    BucketRef bucket = Must(writer->InternBucket("b"));
    for (uint64_t id = 1; id < 500; ++id) Must(writer->Append(bucket, Op(id, std::to_string(id), "{}", 1)));
    Must(writer->Commit({.last_op = 499}));
  }
  auto size = fs::file_size(path);
  std::mt19937_64 random(7);
  for (int round = 0; round < 40; ++round) {
    std::string copy = folder.File("damaged.db");
    fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    {
      std::fstream out(copy, std::ios::in | std::ios::out | std::ios::binary);
      for (int i = 0; i < 200; ++i) {
        out.seekp(static_cast<std::streamoff>(random() % size));
        out.put(static_cast<char>(random()));
      }
    }
    auto store = OpenSqlite(copy);
    if (!store) continue;
    auto reader = (*store)->Read();
    if (!reader) continue;
    auto bucket = (*reader)->FindBucket("b");
    if (!bucket || !*bucket) continue;
    (void)(*reader)->Bucket(**bucket);
    (void)(*reader)->ReadOperations(**bucket, {}, [](const Operation&) {});
  }
}

// ---- kill -9 ----
// Goal: a commit that was acknowledged is there after the process is killed; one that was not is there whole or not
// at all. Method: a child commits numbered transactions and acknowledges each through a pipe; it is killed at a
// random moment; the parent reopens the store and checks that it holds exactly the first n transactions.

constexpr uint64_t OpsPerCommit = 20;

[[noreturn]] void WriteForEver(const std::string& path, int acknowledge) {
  auto store = OpenSqlite(path);
  if (!store) _exit(2);
  for (;;) {
    auto writer = (*store)->Begin();
    if (!writer) _exit(3);
    uint64_t number = (*writer)->head().last_op / OpsPerCommit;
    for (uint64_t i = 0; i < OpsPerCommit; ++i) {
      uint64_t id = number * OpsPerCommit + i + 1;
      auto bucket = (*writer)->InternBucket("b" + std::to_string(id % 7));
      if (!bucket || !(*writer)->Append(*bucket, Op(id, std::to_string(id), std::string(300, 'd'), 1))) _exit(4);
      if (!(*writer)->PutRecord(0, std::to_string(id % 50), std::to_string(id))) _exit(5);
    }
    if (!(*writer)->Commit({.last_op = (number + 1) * OpsPerCommit})) _exit(6);
    ++number;
    if (::write(acknowledge, &number, sizeof number) != sizeof number) _exit(7);
  }
}

// What the child acknowledged before it was killed.
uint64_t RunAndKill(const std::string& path, unsigned microseconds) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    WriteForEver(path, ends[1]);
  }
  ::close(ends[1]);
  ::usleep(microseconds);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  uint64_t number = 0, last = 0;
  while (::read(ends[0], &number, sizeof number) == sizeof number) last = number;
  ::close(ends[0]);
  return last;
}

void CheckWhole(Store& store, uint64_t acknowledged) {
  auto reader = Must(store.Read());
  uint64_t last = reader->head().last_op;
  CHECK(last >= acknowledged * OpsPerCommit);
  CHECK(last % OpsPerCommit == 0);
  uint64_t seen = 0;
  for (uint64_t b = 0; b < 7; ++b) {
    auto bucket = Must(reader->FindBucket("b" + std::to_string(b)));
    if (!bucket) continue;
    auto ids = OpIds(*reader, *bucket, {});
    seen += ids.size();
    CHECK(Must(reader->Bucket(*bucket)) == BucketState{static_cast<uint32_t>(ids.size()), ids.size(), ids.back()});
    for (uint64_t id : ids) CHECK((id % 7 == b && id <= last));
  }
  CHECK(seen == last);
}

TEST_CASE("sqlite: kill -9 loses nothing acknowledged and halves nothing") {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  uint64_t seed = fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device()();
  INFO("BULKHEAD_SEED=" << seed);
  std::mt19937_64 random(seed);
  TemporaryFolder folder;
  uint64_t acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    acknowledged = std::max(acknowledged, RunAndKill(folder.File("s.db"), 2000 + random() % 60'000));
    CheckWhole(*Must(OpenSqlite(folder.File("s.db"))), acknowledged);
  }
  CHECK(acknowledged > 0);
}

}  // namespace
}  // namespace bulkhead::store
