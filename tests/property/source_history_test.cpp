// Several processes write to a SQLite database with everything SQL has for it, while a follower follows and is
// restarted. At quiet points and at the end the model built from what it said equals the database.
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <random>
#include <thread>

#include "tests/unit/source_harness.h"

using namespace bulkhead;
using namespace bulkhead::source;
using std::chrono::milliseconds;

namespace {

uint64_t Seed() {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

constexpr int Writers = 3;
constexpr int64_t Total = 1000;

// What the processes share.
struct Board {
  std::atomic<bool> pause, stop;
  std::atomic<int> paused, running;
  std::atomic<int> transactions;
};

constexpr const char* Schema = R"(
CREATE TABLE tasks(id TEXT PRIMARY KEY, email TEXT, n, CHECK (n IS NULL OR n <> 13));
CREATE UNIQUE INDEX tasks_email ON tasks(email COLLATE NOCASE);
CREATE TABLE pairs(a, b, v, PRIMARY KEY(a, b)) WITHOUT ROWID;
CREATE TABLE numbers(id INTEGER PRIMARY KEY, u UNIQUE, parent REFERENCES numbers ON DELETE CASCADE);
CREATE TABLE accounts(id TEXT PRIMARY KEY, amount INTEGER NOT NULL);
INSERT INTO accounts VALUES ('a', 500), ('b', 500), ('c', 0);
)";

std::string RandomStatement(std::mt19937_64& random) {
  auto pick = [&](uint64_t n) {
    return random() % n;
  };
  auto id = [&] {
    return fmt::format("'{}{}'", "kK"[pick(2)], pick(20));
  };
  auto email = [&] {
    return pick(4) ? fmt::format("'{}{}'", "eE"[pick(2)], pick(10)) : "NULL";
  };
  auto loose = [&] {
    return pick(3)   ? fmt::format("{}", pick(4))
           : pick(2) ? fmt::format("{}.0", pick(4))
                     : fmt::format("'{}'", pick(4));
  };
  const char* insert[] = {"INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"};
  const char* update[] = {"UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"};
  switch (pick(16)) {
    case 0:
    case 1:
    case 2:
      return fmt::format("{} INTO tasks(id, email, n) VALUES ({}, {}, {})", insert[pick(4)], id(), email(), pick(20));
    case 3: return fmt::format("{} tasks SET id = {} WHERE id = {}", update[pick(3)], id(), id());
    case 4: return fmt::format("{} tasks SET email = {} WHERE id >= {}", update[pick(3)], email(), id());
    case 5: return fmt::format("DELETE FROM tasks WHERE id > {} AND n % 3 = {}", id(), pick(3));
    case 6:
      return fmt::format("INSERT INTO tasks(id, email) VALUES ({}, {}) ON CONFLICT DO UPDATE SET n = {}", id(),
                         email(), pick(20));
    case 7: return fmt::format("UPDATE tasks SET n = n + 1 WHERE n < {}", pick(10));
    case 8:
    case 9: return fmt::format("{} INTO pairs VALUES ({}, {}, {})", insert[pick(4)], loose(), loose(), pick(9));
    case 10: return fmt::format("{} pairs SET a = {} WHERE b = {}", update[pick(3)], loose(), loose());
    case 11: return fmt::format("DELETE FROM pairs WHERE a = {}", loose());
    case 12:
    case 13:
      return fmt::format("{} INTO numbers(id, u, parent) VALUES ({}, {}, {})", insert[pick(4)],
                         pick(2) ? "NULL" : fmt::format("{}", pick(30)), pick(15),
                         pick(2) ? "NULL" : "(SELECT max(id) FROM numbers)");
    case 14: return fmt::format("DELETE FROM numbers WHERE id % 5 = {}", pick(5));
    default: {
      // In one statement, so that it happens as a whole or not at all.
      const char* names[] = {"a", "b", "c"};
      int amount = static_cast<int>(pick(100));
      return fmt::format(
          "UPDATE accounts SET amount = amount + CASE id WHEN '{0}' THEN {2} ELSE 0 END - CASE id WHEN '{1}' THEN "
          "{2} ELSE 0 END",
          names[pick(3)], names[pick(3)], amount);
    }
  }
}

// One transaction; single statements may fail, parts may be rolled back.
void Write(Application& application, std::mt19937_64& random) {
  application.Do("BEGIN IMMEDIATE");
  for (size_t n = 1 + random() % 6; n > 0; --n) {
    bool undone = random() % 5 == 0;
    if (undone) application.Do("SAVEPOINT s");
    application.Do(RandomStatement(random));
    if (undone) application.Do("ROLLBACK TO s; RELEASE s");
  }
  application.Do(random() % 8 ? "COMMIT" : "ROLLBACK");
  if (random() % 400 == 0)
    application.Do(fmt::format("ALTER TABLE {} ADD COLUMN c{} DEFAULT {}", random() % 2 ? "tasks" : "pairs",
                               random() % 6, random() % 3));
  if (random() % 400 == 0) application.Do("CREATE UNIQUE INDEX IF NOT EXISTS late ON pairs(v, a)");
  if (random() % 200 == 0) application.Do("DROP INDEX IF EXISTS late; PRAGMA wal_checkpoint(TRUNCATE)");
}

[[noreturn]] void RunWriter(const std::string& file, uint64_t seed, Board& board) {
  std::mt19937_64 random(seed);
  {
    Application application(file);
    application.Do("PRAGMA foreign_keys = ON");
    if (random() % 2) application.Do("PRAGMA recursive_triggers = ON");
    while (!board.stop) {
      if (board.pause) {
        ++board.paused;
        while (board.pause) std::this_thread::sleep_for(milliseconds(1));
        --board.paused;
      }
      Write(application, random);
      ++board.transactions;
      if (random() % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    }
  }
  _exit(0);
}

// The writers, which end with the test however it ends.
class WriterProcesses {
 public:
  WriterProcesses(const std::string& file, uint64_t seed, Board& board) : board_(board) {
    for (uint64_t i = 0; i < Writers; ++i) {
      pid_t child = fork();
      if (child == 0) RunWriter(file, seed + i + 1, board);
      children_.push_back(child);
    }
  }
  ~WriterProcesses() {
    for (pid_t child : children_) kill(child, SIGKILL);
    for (pid_t child : children_) waitpid(child, nullptr, 0);
  }
  // Between their transactions, all of them.
  void Pause() {
    board_.pause = true;
    while (board_.paused < Writers) std::this_thread::sleep_for(milliseconds(1));
  }
  void Resume() {
    board_.pause = false;
    while (board_.paused > 0) std::this_thread::sleep_for(milliseconds(1));
  }
  void Finish() {
    board_.stop = true;
    for (pid_t child : std::exchange(children_, {})) {
      int status = 0;
      waitpid(child, &status, 0);
      CHECK(status == 0);
    }
  }

 private:
  Board& board_;
  std::vector<pid_t> children_;
};

void CompareAll(Follower& follower, Application& reader) {
  REQUIRE(follower.model.tables["tasks"] == ReadRows(reader, "tasks", 1));
  REQUIRE(follower.model.tables["pairs"] == ReadRows(reader, "pairs", 2));
  REQUIRE(follower.model.tables["numbers"] == ReadRows(reader, "numbers", 1));
  REQUIRE(follower.model.tables["accounts"] == ReadRows(reader, "accounts", 1));
}

// Whole transactions only: money is moved, never made.
void CheckTotal(Follower& follower) {
  int64_t total = 0;
  for (const auto& [key, row] : follower.model.tables["accounts"])
    total += std::stoll(row.substr(row.rfind('=') + 1));
  REQUIRE(total == Total);
}

}  // namespace

TEST_CASE("writers in other processes are followed exactly") {
  uint64_t seed = Seed();
  INFO("BULKHEAD_SEED=" << seed);
  std::mt19937_64 random(seed);
  const char* cases = std::getenv("BULKHEAD_CASES");
  milliseconds duration(cases ? 100 * std::atoi(cases) : 3000);
  Scratch scratch;
  auto* board = new (mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Board();
  std::vector<TableRequest> tables = {{"tasks", {"id"}}, {"pairs", {}}, {"numbers", {"id"}}, {"accounts", {"id"}}};
  {
    Application setup(scratch.File());
    REQUIRE(setup.Do(Schema) == "");
  }
  // They began before the triggers were there.
  WriterProcesses writers(scratch.File(), seed, *board);
  {
    Follower follower(scratch.File(), tables);
    REQUIRE(follower.Load());
    auto saved_model = follower.model.tables;
    std::string saved_position = follower.position;
    int polls = 0, restarts = 0, quiet = 0, rescans = 0;
    auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
      auto changed = follower.source->WaitForChange(milliseconds(5));
      REQUIRE(changed);
      if (random() % 3 == 0) std::this_thread::sleep_for(milliseconds(random() % 10));
      Status polled = follower.Poll();
      if (!polled) FAIL(polled.error().message);
      follower.model.calls.clear();
      CheckTotal(follower);
      ++polls;
      rescans += !follower.last.rescan.empty();
      // As an engine does: what was committed survives a crash, the rest did not happen. The source may have been
      // told of it already, never of more.
      saved_model = follower.model.tables;
      saved_position = follower.position;
      if (random() % 20 == 0) {
        Model lost;
        if (random() % 2) REQUIRE(follower.source->Poll(follower.position, lost));
        follower.Restart();
        follower.model.tables = saved_model;
        follower.position = saved_position;
        ++restarts;
      }
      if (random() % 20 == 0) {
        writers.Pause();
        polled = follower.Poll();
        if (!polled) FAIL(polled.error().message);
        Application reader(scratch.File());
        CompareAll(follower, reader);
        writers.Resume();
        ++quiet;
      }
    }
    writers.Finish();
    Status polled = follower.Poll();
    if (!polled) FAIL(polled.error().message);
    Application reader(scratch.File());
    CompareAll(follower, reader);
    CheckTotal(follower);
    CAPTURE(polls, restarts, quiet, rescans, board->transactions.load());
    CHECK(board->transactions > 50);
    CHECK(polls > 20);
  }
}
