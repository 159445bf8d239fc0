// Loads that find the store filled: by an unfinished load, or by a source that has lost rows since.
#include <catch2/catch.hpp>
#include <filesystem>

#include "model_client.h"
#include "runtime/engine/engine.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"
#include "sample_plan.h"

namespace bulkhead::engine {
namespace {

using value::Value;

template <typename T>
T Must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}
void Must(Status status) {
  if (!status) FAIL(status.error().message);
}

void Task(value::ChangeSink& sink, std::string_view id) {
  static const auto Shape =
      std::make_shared<value::RowShape>(value::RowShape{{"id", "workspace_id", "title", "done", "tags"}});
  Value row[] = {Value::Text(id), Value::Text("w1"), Value::Text("a"), Value::Integer(0), Value::Text("[]")};
  Must(sink.Upsert("tasks", {row, 1}, {Shape, row}));
}
void Member(value::ChangeSink& sink, std::string_view user, std::string_view workspace = "w1") {
  static const auto Shape =
      std::make_shared<value::RowShape>(value::RowShape{{"user_id", "workspace_id", "role"}});
  Value row[] = {Value::Text(user), Value::Text(workspace), Value::Text("member")};
  Must(sink.Upsert("members", {row, 2}, {Shape, row}));
}

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead_load_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

size_t RowsShown(Engine& engine) {
  Request request;
  request.auth = R"({"sub":"ann"})";
  auto session = Must(engine.OpenSession(std::move(request)));
  ModelClient client;
  (void)Must(session->Advance(client));
  return client.Show().size();
}

}  // namespace

TEST_CASE("rows that are gone when an unfinished load begins again are taken out") {
  Folder folder;
  auto store = GENERATE(0, 1) ? Must(store::OpenSqlite(folder.path / "state.db")) : store::OpenMemory();
  Options options;
  options.load_rows_per_commit = 1;
  auto engine = Must(Engine::Open(plan::SamplePlan(), *store, options));
  {
    auto load = Must(engine->BeginLoad());
    Member(*load, "ann");
    Task(*load, "t1");
    Task(*load, "t2");
    Must(load->FinishTable("tasks"));
  }
  auto load = Must(engine->BeginLoad());
  CHECK(load->resumed());
  Member(*load, "ann");
  Task(*load, "t2");
  Must(load->FinishTable("tasks"));
  Must(load->FinishTable("members"));
  CHECK(Must(load->Finish("end")).operations == 1);  // t1 out
  load.reset();
  CHECK(RowsShown(*engine) == 1);
}

TEST_CASE("after a Checkpoint what came before it counts as given, also in another process") {
  Folder folder;
  auto store = GENERATE(0, 1) ? Must(store::OpenSqlite(folder.path / "state.db")) : store::OpenMemory();
  {
    auto engine = Must(Engine::Open(plan::SamplePlan(), *store));
    auto load = Must(engine->BeginLoad());
    Member(*load, "ann");
    Task(*load, "t1");
    Must(load->Checkpoint("after t1"));
  }
  auto engine = Must(Engine::Open(plan::SamplePlan(), *store));
  auto load = Must(engine->BeginLoad());
  CHECK(engine->head().source_position == "after t1");
  Task(*load, "t2");
  Must(load->FinishTable("tasks"));
  Must(load->FinishTable("members"));
  (void)Must(load->Finish("end"));
  load.reset();
  CHECK(RowsShown(*engine) == 2);
  // The next load is one of its own again.
  CHECK_FALSE(Must(engine->BeginLoad())->resumed());
  load = Must(engine->BeginLoad());
  Member(*load, "ann");
  Must(load->FinishTable("tasks"));
  (void)Must(load->Finish("end"));
  load.reset();
  CHECK(RowsShown(*engine) == 0);
}

TEST_CASE(
    "a lookup entry that two rows give is lost with the second, also when a load finds the first gone") {
  plan::Plan plan = plan::SamplePlan();
  plan.lookups[0].outputs[0] = plan::E("'w1'");  // whatever the workspace
  auto store = store::OpenMemory();
  auto engine = Must(Engine::Open(std::move(plan), *store));
  auto begin = [&](bool twice) {
    auto load = Must(engine->BeginLoad());
    Member(*load, "ann", "w1");
    if (twice) Member(*load, "ann", "w2");
    Task(*load, "t1");
    Must(load->FinishTable("tasks"));
    Must(load->FinishTable("members"));
    (void)Must(load->Finish("p"));
  };
  begin(true);
  begin(false);
  CHECK(RowsShown(*engine) == 1);
  auto batch = Must(engine->BeginBatch());
  Value key[] = {Value::Text("ann"), Value::Text("w1")};
  Must(batch->Delete("members", key));
  (void)Must(batch->Commit("q"));
  batch.reset();
  CHECK(RowsShown(*engine) == 0);
}

}  // namespace bulkhead::engine
