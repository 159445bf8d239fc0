// The example's database end to end: SQLite source, SQLite store, a client's SQLite file.
// Goals: first load of its 50,000 tasks in under 1 s (the whole example makes three times as many
// operations); a changed row in the client's file within 5 ms (median) of the source's commit being seen.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "compiler/driver/pipeline.h"
#include "runtime/client/client.h"
#include "runtime/engine/engine.h"
#include "runtime/source/sqlite_source.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The stream of the example that has every task once.
constexpr const char* TasksAlone = R"(
  CREATE SCHEMA FROM 'schema.sql';
  CREATE STREAM workspace_tasks AUTO SUBSCRIBE AS SELECT * FROM tasks
    WHERE workspace_id IN (SELECT workspace_id FROM members WHERE user_id = auth.user_id()) AND status <> 'archived';)";

// The example in a folder of its own, with everything that follows it; other rules than its own when given.
class World {
 public:
  explicit World(const char* name, const char* rules = nullptr) : folder_(fs::temp_directory_path() / name) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::path example = fs::path(BULKHEAD_ROOT) / "examples/workspace";
    ok_ = sqlite3_open((folder_ / "app.db").c_str(), &app_) == SQLITE_OK &&
          Execute("PRAGMA journal_mode = wal; PRAGMA synchronous = normal") &&
          Execute(ReadAll(example / "schema.sql")) && Execute(ReadAll(example / "generate_data.sql"));
    std::string path = (example / "rules.sync").string();
    driver::AddText(compilation_, path, rules ? rules : ReadAll(path));
    if (ok_) driver::Compile(compilation_);
    ok_ = ok_ && compilation_.plan;
  }
  ~World() {
    session_.reset();
    client_.reset();
    engine_.reset();
    store_.reset();
    source_.reset();
    sqlite3_close(app_);
    fs::remove_all(folder_);
  }
  World(const World&) = delete;

  bool ok() const { return ok_; }
  bool Execute(const std::string& sql) {
    return sqlite3_exec(app_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  }

  // A new source reader and an empty store.
  bool Open() {
    engine_.reset();
    store_.reset();
    auto source = source::OpenSqlite((folder_ / "app.db").string(), Tables());
    auto store = store::OpenSqlite((folder_ / "state.db").string(), {.rebuild = true});
    if (!source || !store) return false;
    source_ = *std::move(source);
    store_ = *std::move(store);
    auto engine = engine::Engine::Open(*compilation_.plan, *store_);
    if (!engine) return false;
    engine_ = *std::move(engine);
    return true;
  }

  // The operations made, 0 after a failure.
  uint64_t Load() {
    auto load = engine_->BeginLoad();
    if (!load) return 0;
    source::LoadEvents events;
    events.on_table_done = [&](std::string_view table) { return (*load)->FinishTable(table); };
    std::vector<std::string> names = Names();
    auto position = source_->Load(names, **load, events);
    if (!position) return 0;
    position_ = *position;
    auto committed = (*load)->Finish(position_);
    return committed ? committed->last_op : 0;
  }

  bool ConnectClient() {
    auto client = client::Client::Open((folder_ / "alice.db").string(), {});
    auto session = engine_->OpenSession({.auth = R"({"sub":"alice"})",
                                         .connection = {},
                                         .subscriptions = {},
                                         .include_defaults = true,
                                         .positions = {}});
    if (!client || !session) return false;
    client_ = *std::move(client);
    session_ = *std::move(session);
    client_->Connect();
    return static_cast<bool>(session_->Advance(*client_));
  }

  // From a commit that has been seen to the client's file.
  bool FollowChange() {
    auto batch = engine_->BeginBatch();
    if (!batch) return false;
    auto polled = source_->Poll(position_, **batch);
    if (!polled || !polled->rescan.empty() || !(*batch)->Commit(polled->position)) return false;
    position_ = polled->position;
    source_->Acknowledge(position_);
    auto stale = engine_->StaleSessions();
    if (!stale || stale->size() != 1) return false;
    auto advanced = (*stale)[0]->Advance(*client_);
    return advanced && advanced->operations == 1;
  }
  bool WaitForChange() {
    auto changed = source_->WaitForChange(std::chrono::seconds(5));
    return changed && *changed;
  }

 private:
  std::vector<source::TableRequest> Tables() const {
    std::vector<source::TableRequest> tables;
    for (const plan::Table& table : compilation_.plan->tables)
      tables.push_back({table.QualifiedName(), table.key});
    return tables;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const plan::Table& table : compilation_.plan->tables) names.push_back(table.QualifiedName());
    return names;
  }

  fs::path folder_;
  bool ok_ = false;
  sqlite3* app_ = nullptr;
  driver::Compilation compilation_;
  std::unique_ptr<source::Source> source_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<engine::Session> session_;
  std::string position_;
};

void FirstLoad(benchmark::State& state, const char* rules) {
  World world("bulkhead-bench-workspace-load", rules);
  if (!world.ok()) return state.SkipWithError("the example cannot be made");
  uint64_t operations = 0;
  for (auto _ : state) {
    state.PauseTiming();
    if (!world.Open()) return state.SkipWithError("source or store cannot be opened");
    state.ResumeTiming();
    operations = world.Load();
    if (operations < 45'000) return state.SkipWithError("the load failed");
  }
  state.counters["operations"] = static_cast<double>(operations);
}
void FirstLoadOfTasks(benchmark::State& state) {
  FirstLoad(state, TasksAlone);
}
BENCHMARK(FirstLoadOfTasks)->Unit(benchmark::kMillisecond)->MinTime(3);
void FirstLoadOfEverything(benchmark::State& state) {
  FirstLoad(state, nullptr);
}
BENCHMARK(FirstLoadOfEverything)->Unit(benchmark::kMillisecond)->MinTime(3);

void ChangeToClientFile(benchmark::State& state) {
  World world("bulkhead-bench-workspace-change");
  if (!world.ok() || !world.Open() || !world.Load() || !world.ConnectClient())
    return state.SkipWithError("the example cannot be followed");
  std::vector<double> seconds;
  for (auto _ : state) {
    std::string change =
        "UPDATE tasks SET title = 'Changed " + std::to_string(seconds.size()) +
        "' WHERE id = (SELECT id FROM tasks WHERE workspace_id = 'w001' AND status <> 'archived' LIMIT 1)";
    if (!world.Execute(change) || !world.WaitForChange())
      return state.SkipWithError("the change was not seen");
    auto begin = Clock::now();
    if (!world.FollowChange()) return state.SkipWithError("the change was not followed");
    seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    state.SetIterationTime(seconds.back());
  }
  if (seconds.empty()) return;
  std::sort(seconds.begin(), seconds.end());
  state.counters["median_ms"] = seconds[seconds.size() / 2] * 1000;
  state.counters["p99_ms"] = seconds[seconds.size() * 99 / 100] * 1000;
}
BENCHMARK(ChangeToClientFile)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(500);

}  // namespace
}  // namespace bulkhead::bench
