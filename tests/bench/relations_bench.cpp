// Relations over several tables: what one more row costs when its bucket is found through other tables.
// Goals: under 20 us for an insert into comments ⋈ tasks ⋈ projects, 30 us for one into the first 50 of a
// channel, within batches, with the SQLite store.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>

#include "runtime/engine/engine.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::bench {
namespace {

namespace fs = std::filesystem;
using value::Value;

// How many there are beside so many comments, which are as many as the tasks.
constexpr uint64_t TasksPerProject = 20, ProjectsPerWorkspace = 10;
constexpr uint64_t Channels = 1'000;
constexpr uint64_t BatchRows = 1'000;

std::vector<vm::Expr> Columns(std::initializer_list<const char*> names) {
  std::vector<vm::Expr> list;
  for (const char* name : names) list.push_back(vm::ColumnOf(name));
  return list;
}

// Rows of table 0 or of the derived last table, by `key`.
void AddBucket(plan::Plan& plan, const char* key, std::initializer_list<const char*> output) {
  plan::Pipeline pipeline;
  pipeline.table = static_cast<uint32_t>(plan.tables.size() - 1);
  pipeline.keys = Columns({key});
  pipeline.output_table = "rows";
  pipeline.output_id = vm::ColumnOf("id");
  for (const char* name : output) pipeline.output.push_back({name, vm::ColumnOf(name)});
  plan.pipelines.push_back(std::move(pipeline));
  plan.buckets.push_back({"b", 1, {0}});
}

plan::Plan CommentsPlan() {
  plan::Plan plan;
  plan.tables = {{"", "comments", {"id"}, {"id", "task_id", "body"}, false},
                 {"", "tasks", {"id"}, {"id", "project_id", "title"}, false},
                 {"", "projects", {"id"}, {"id", "workspace_id"}, false},
                 {"", "~joined", {"id"}, {"id", "body", "title", "workspace_id"}, false}};
  plan.tables[3].node = 5;
  plan.nodes = {{{}, plan::Scan{0, {}, {}, Columns({"id", "task_id", "body"})}},
                {{}, plan::Scan{1, {}, {}, Columns({"id", "project_id", "title"})}},
                {{}, plan::Scan{2, {}, {}, Columns({"id", "workspace_id"})}},
                {{0, 1}, plan::Join{{1}, {0}, {}}},
                {{3, 2}, plan::Join{{4}, {0}, {}}},
                {{4}, plan::Map{{}, Columns({"0", "2", "5", "7"})}}};
  AddBucket(plan, "workspace_id", {"id", "body", "title"});
  return plan;
}

plan::Plan MessagesPlan() {
  plan::Plan plan;
  plan.tables = {{"", "messages", {"id"}, {"id", "channel", "at", "text"}, false},
                 {"", "~top", {"id"}, {"id", "channel", "at", "text"}, false}};
  plan.tables[1].node = 1;
  plan.nodes = {{{}, plan::Scan{0, {}, {}, Columns({"id", "channel", "at", "text"})}},
                {{0}, plan::Top{{1}, {{2, true, false}}, 50, 0}}};
  AddBucket(plan, "channel", {"id", "at", "text"});
  return plan;
}

struct Server {
  fs::path folder = fs::temp_directory_path() / "bulkhead-bench-relations";
  std::unique_ptr<store::Store> store;
  std::unique_ptr<engine::Engine> engine;

  explicit Server(plan::Plan plan) {
    fs::create_directories(folder);
    auto opened = store::OpenSqlite((folder / "state.db").string(), {.rebuild = true});
    if (!opened) return;
    store = *std::move(opened);
    auto made = engine::Engine::Open(std::move(plan), *store);
    if (made) engine = *std::move(made);
  }
  ~Server() {
    engine.reset();
    store.reset();
    fs::remove_all(folder);
  }
};

bool Put(value::ChangeSink& sink, const char* table, const std::shared_ptr<value::RowShape>& shape,
         std::initializer_list<Value> row) {
  return static_cast<bool>(sink.Upsert(table, {row.begin(), 1}, {shape, {row.begin(), row.size()}}));
}

struct Shapes {
  std::shared_ptr<value::RowShape> comments = Make({"id", "task_id", "body"});
  std::shared_ptr<value::RowShape> tasks = Make({"id", "project_id", "title"});
  std::shared_ptr<value::RowShape> projects = Make({"id", "workspace_id"});
  std::shared_ptr<value::RowShape> messages = Make({"id", "channel", "at", "text"});
  static std::shared_ptr<value::RowShape> Make(std::vector<std::string> columns) {
    return std::make_shared<value::RowShape>(value::RowShape{std::move(columns)});
  }
};

// Spreads consecutive numbers.
uint64_t Mix(uint64_t i) {
  return i * 0x9e3779b97f4a7c15u >> 20;
}

bool PutComment(value::ChangeSink& sink, const Shapes& shapes, uint64_t i, uint64_t tasks) {
  const std::string id = fmt::format("c{:012x}", Mix(i) << 20 | i), task = fmt::format("t{}", Mix(i) % tasks);
  return Put(sink, "comments", shapes.comments,
             {Value::Text(id), Value::Text(task),
              Value::Text("a comment of some sixty characters, as people write them")});
}
bool PutMessage(value::ChangeSink& sink, const Shapes& shapes, uint64_t i) {
  const std::string id = fmt::format("m{:012x}", Mix(i) << 20 | i),
                    channel = fmt::format("channel {}", Mix(i) % Channels);
  return Put(sink, "messages", shapes.messages,
             {Value::Text(id), Value::Text(channel), Value::Integer(static_cast<int64_t>(i)),
              Value::Text("a message of some sixty characters, as people write them")});
}

bool LoadComments(engine::Engine& engine, const Shapes& shapes, uint64_t tasks) {
  const uint64_t projects = tasks / TasksPerProject, workspaces = projects / ProjectsPerWorkspace;
  auto load = engine.BeginLoad();
  bool good = static_cast<bool>(load);
  for (uint64_t i = 0; i < projects && good; ++i) {
    good = Put(**load, "projects", shapes.projects,
               {Value::Text(fmt::format("p{}", i)), Value::Text(fmt::format("w{}", i % workspaces))});
  }
  for (uint64_t i = 0; i < tasks && good; ++i) {
    good = Put(**load, "tasks", shapes.tasks,
               {Value::Text(fmt::format("t{}", i)), Value::Text(fmt::format("p{}", Mix(i) % projects)),
                Value::Text("a title")});
  }
  for (uint64_t i = 0; i < tasks && good; ++i) good = PutComment(**load, shapes, i, tasks);
  return good && (*load)->Finish("loaded");
}
bool LoadMessages(engine::Engine& engine, const Shapes& shapes, uint64_t messages) {
  auto load = engine.BeginLoad();
  bool good = static_cast<bool>(load);
  for (uint64_t i = 0; i < messages && good; ++i) good = PutMessage(**load, shapes, i);
  return good && (*load)->Finish("loaded");
}

// Batches of rows behind those loaded.
template <typename PutRow>
void Insert(benchmark::State& state, engine::Engine& engine, uint64_t next, PutRow&& put) {
  for (auto _ : state) {
    auto batch = engine.BeginBatch();
    bool good = static_cast<bool>(batch);
    for (uint64_t i = 0; i < BatchRows && good; ++i) good = put(**batch, next++);
    if (!good || !(*batch)->Commit("p")) return state.SkipWithError("the batch failed");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(BatchRows));
}

void JoinedInsert(benchmark::State& state) {
  const auto tasks = static_cast<uint64_t>(state.range(0));
  Server server(CommentsPlan());
  Shapes shapes;
  if (!server.engine || !LoadComments(*server.engine, shapes, tasks))
    return state.SkipWithError("the load failed");
  Insert(state, *server.engine, tasks,
         [&](auto& sink, uint64_t i) { return PutComment(sink, shapes, i, tasks); });
}
BENCHMARK(JoinedInsert)
    ->ArgName("comments")
    ->Arg(20'000)
    ->Arg(200'000)
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond);

void TopInsert(benchmark::State& state) {
  const auto messages = static_cast<uint64_t>(state.range(0));
  Server server(MessagesPlan());
  Shapes shapes;
  if (!server.engine || !LoadMessages(*server.engine, shapes, messages))
    return state.SkipWithError("the load failed");
  Insert(state, *server.engine, messages,
         [&](auto& sink, uint64_t i) { return PutMessage(sink, shapes, i); });
}
BENCHMARK(TopInsert)
    ->ArgName("messages")
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bulkhead::bench
