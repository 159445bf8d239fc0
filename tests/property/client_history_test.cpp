// Random histories of a server against the client's file: whatever is cut off, killed or compacted, it shows a whole
// checkpoint and goes on from there.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/unit/client_harness.h"

using namespace bulkhead;
using namespace bulkhead::client;

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
