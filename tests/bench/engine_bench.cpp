// From rows to the op log and from a commit to a client's lines.
// Goal: a first load of 50,000 rows in under 1 s with its source, so about 8 us a row here.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "bench_data.h"
#include "runtime/engine/engine.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::bench {
namespace {

namespace fs = std::filesystem;
constexpr size_t TaskCount = 50'000;

std::unique_ptr<store::Store> NewStore(bool sqlite, const fs::path& folder) {
  if (!sqlite) return store::OpenMemory();
  fs::create_directories(folder);
  auto opened = store::OpenSqlite((folder / "state.db").string(), {.rebuild = true});
  return opened ? *std::move(opened) : nullptr;
}

bool LoadAll(engine::Engine& engine, const Tasks& tasks) {
  auto load = engine.BeginLoad();
  if (!load) return false;
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (!(*load)->Upsert("tasks", tasks.Key(i), tasks.Row(i))) return false;
  }
  return (*load)->FinishTable("tasks") && (*load)->Finish("loaded");
}

void FirstLoad(benchmark::State& state) {
  fs::path folder = fs::temp_directory_path() / "bulkhead-bench-load";
  Tasks tasks(TaskCount);
  for (auto _ : state) {
    state.PauseTiming();
    auto store = NewStore(state.range(0), folder);
    auto engine = engine::Engine::Open(TaskPlan(), *store);
    state.ResumeTiming();
    if (!engine || !LoadAll(**engine, tasks)) return state.SkipWithError("the load failed");
    state.PauseTiming();
    engine->reset();
    store.reset();
    state.ResumeTiming();
  }
  fs::remove_all(folder);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(TaskCount));
}
BENCHMARK(FirstLoad)->ArgName("sqlite")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void Rescan(benchmark::State& state) {
  fs::path folder = fs::temp_directory_path() / "bulkhead-bench-rescan";
  Tasks tasks(TaskCount);
  auto store = NewStore(true, folder);
  auto engine = engine::Engine::Open(TaskPlan(), *store);
  if (!engine || !LoadAll(**engine, tasks)) return state.SkipWithError("the load failed");
  for (auto _ : state) {
    if (!LoadAll(**engine, tasks)) return state.SkipWithError("the load failed");
  }
  engine->reset();
  store.reset();
  fs::remove_all(folder);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(TaskCount));
}
BENCHMARK(Rescan)->Unit(benchmark::kMillisecond);

struct Discard : wire::LineSink {
  uint64_t operations = 0;
  Status Take(const wire::Line& line) override {
    if (const auto* data = std::get_if<wire::Data>(&line)) operations += data->operations.size();
    return Ok();
  }
};

// A row changes, one of 1,000 sessions must be told: commit, find it, make its lines.
void ChangeToLines(benchmark::State& state) {
  fs::path folder = fs::temp_directory_path() / "bulkhead-bench-change";
  Tasks tasks(TaskCount);
  auto store = NewStore(state.range(0), folder);
  auto engine = *engine::Engine::Open(TaskPlan(), *store);
  if (!LoadAll(*engine, tasks)) return state.SkipWithError("the load failed");
  auto batch = *engine->BeginBatch();
  auto shape = std::make_shared<value::RowShape>(value::RowShape{TaskPlan().tables[1].columns});
  std::vector<std::unique_ptr<engine::Session>> sessions;
  for (int i = 0; i < 1000; ++i) {
    std::string user = fmt::format("user-{}", i), workspace = fmt::format("workspace-{:04}", i % 1000);
    value::Value row[] = {value::Value::Integer(i), value::Value::Text(user), value::Value::Text(workspace)};
    if (!batch->Upsert("members", std::span(row).first(1), {shape, row})) return state.SkipWithError("a row was refused");
    sessions.push_back(*engine->OpenSession({.auth = fmt::format(R"({{"sub":"{}"}})", user), .connection = {}, .subscriptions = {},
                                             .include_defaults = true, .positions = {}}));
  }
  (void)batch->Commit("members");
  batch.reset();
  Discard sink;
  for (auto& session : sessions) (void)session->Advance(sink);
  size_t i = 0;
  for (auto _ : state) {
    value::RowView row = tasks.Row(i % tasks.size());
    std::vector<value::Value> values(row.values.begin(), row.values.end());
    values[9] = value::Value::Integer(static_cast<int64_t>(i + 1'000'000));
    auto change = *engine->BeginBatch();
    (void)change->Upsert("tasks", tasks.Key(i % tasks.size()), {row.shape, values});
    (void)change->Commit("changed");
    for (engine::Session* session : *engine->StaleSessions()) (void)session->Advance(sink);
    ++i;
  }
  if (sink.operations == 0) state.SkipWithError("no session was told anything");
  sessions.clear();
  engine.reset();
  store.reset();
  fs::remove_all(folder);
}
BENCHMARK(ChangeToLines)->ArgName("sqlite")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

// A new client downloads a bucket of 250 tasks.
void Download(benchmark::State& state) {
  fs::path folder = fs::temp_directory_path() / "bulkhead-bench-download";
  Tasks tasks(TaskCount);
  auto store = NewStore(true, folder);
  auto engine = *engine::Engine::Open(TaskPlan(), *store);
  if (!LoadAll(*engine, tasks)) return state.SkipWithError("the load failed");
  auto batch = *engine->BeginBatch();
  auto shape = std::make_shared<value::RowShape>(value::RowShape{TaskPlan().tables[1].columns});
  value::Value row[] = {value::Value::Integer(1), value::Value::Text("ann"), value::Value::Text("workspace-0007")};
  (void)batch->Upsert("members", std::span(row).first(1), {shape, row});
  (void)batch->Commit("members");
  batch.reset();
  Discard sink;
  for (auto _ : state) {
    auto session = *engine->OpenSession({.auth = R"({"sub":"ann"})", .connection = {}, .subscriptions = {}, .include_defaults = true, .positions = {}});
    (void)session->Advance(sink);
  }
  state.SetItemsProcessed(static_cast<int64_t>(sink.operations));
  engine.reset();
  store.reset();
  fs::remove_all(folder);
}
BENCHMARK(Download)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bulkhead::bench
