// Relations over several tables: after every transaction, what clients hold is compared with the relation worked out
// from all rows.
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>

#include "joined_plan.h"
#include "model_client.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/record.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::engine {
namespace {

using plan::E;
using value::Value;
using Text = std::optional<std::string>;
using Set = std::set<std::string>;

template <typename T>
T Must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}
void Must(Status status) {
  if (!status) FAIL(status.error().message);
}

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead_relations_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// The source: rows of text by table and id, the id first.
using Tables = std::map<std::string, std::map<std::string, std::vector<Text>>>;
const std::map<std::string, std::vector<std::string>> Columns = {{"comments", {"id", "task_id", "body"}},
                                                                 {"tasks", {"id", "project_id", "title"}},
                                                                 {"projects", {"id", "workspace_id"}}};

// Writes to an engine and to the source alike.
class Writing {
 public:
  Writing(Tables& tables, value::ChangeSink& sink) : tables_(tables), sink_(sink) {}
  void Put(const std::string& table, const std::vector<Text>& row) {
    tables_[table][*row[0]] = row;
    Give(table, row);
  }
  void Give(const std::string& table, const std::vector<Text>& row) {
    auto shape = std::make_shared<value::RowShape>(value::RowShape{Columns.at(table)});
    std::vector<Value> values;
    for (const Text& each : row) values.push_back(each ? Value::Text(*each) : Value::Null());
    Must(sink_.Upsert(table, std::span(values).first(1), {shape, values}));
  }
  void Delete(const std::string& table, const std::string& id) {
    tables_[table].erase(id);
    Value key[] = {Value::Text(id)};
    Must(sink_.Delete(table, key));
  }
  void Truncate(const std::string& table) {
    tables_[table].clear();
    Must(sink_.Truncate(table));
  }

 private:
  Tables& tables_;
  value::ChangeSink& sink_;
};

// What a user is to hold.
using Recompute = std::function<Set(const Tables& tables, const std::string& user)>;

Set Joined(const Tables& all, const std::string& user) {
  Set rows;
  Tables tables = all;
  for (const auto& [id, project] : tables["projects"]) {
    if (project[1] == user) rows.insert("projects/" + id + " {\"id\":\"" + id + "\",\"workspace_id\":\"" + user + "\"}");
  }
  for (const auto& [id, comment] : tables["comments"]) {
    if (!comment[1] || !comment[2] || *comment[2] == "hidden" || !tables["tasks"].contains(*comment[1])) continue;
    const auto& task = tables["tasks"][*comment[1]];
    if (!task[1] || !tables["projects"].contains(*task[1]) || tables["projects"][*task[1]][1] != user) continue;
    const std::string title = task[2] ? "\"" + *task[2] + "\"" : "null";
    rows.insert("comments/" + id + " {\"body\":\"" + *comment[2] + "\",\"title\":" + title + "}");
  }
  return rows;
}

struct World {
  Folder folder;
  bool stored;
  plan::Plan plan;
  Recompute recompute;
  Tables tables;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Engine> engine;
  std::vector<RowProblem> problems;
  size_t rows_per_commit = 10'000;

  World(plan::Plan p, Recompute r, bool in_file) : stored(in_file), plan(std::move(p)), recompute(std::move(r)) {
    Open();
    (void)Must(Must(engine->BeginLoad())->Finish("start"));
  }
  void Open() {
    engine.reset();
    if (stored || !store) {
      store.reset();
      store = stored ? Must(store::OpenSqlite(folder.path / "state.db")) : store::OpenMemory();
    }
    Options options;
    options.load_rows_per_commit = rows_per_commit;
    options.on_problem = [this](const RowProblem& p) { problems.push_back(p); };
    engine = Must(Engine::Open(plan, *store, options));
  }
  uint64_t Commit(const std::function<void(Writing&)>& change) {
    auto batch = Must(engine->BeginBatch());
    Writing writing(tables, *batch);
    change(writing);
    const uint64_t operations = Must(batch->Commit("p")).operations;
    batch.reset();
    Check();
    return operations;
  }
  Set Shown(const std::string& user) {
    Request request;
    request.auth = R"({"sub":")" + user + "\"}";
    auto session = Must(engine->OpenSession(std::move(request)));
    ModelClient client;
    (void)Must(session->Advance(client));
    CHECK(client.problems.empty());
    return client.Show();
  }
  void Check() {
    for (const char* user : {"w1", "w2"}) CHECK(Shown(user) == recompute(tables, user));
  }
  // A load of all rows there are, table by table; without `finish` it is killed before its end.
  void Load(bool finish) {
    auto load = Must(engine->BeginLoad());
    Writing writing(tables, *load);
    for (const auto& [table, columns] : Columns) {
      for (const auto& [id, row] : tables[table]) writing.Give(table, row);
      if (table == "tasks" && !finish) return;
      Must(load->FinishTable(table));
    }
    (void)Must(load->Finish("loaded"));
    load.reset();
    Check();
  }
};

World MakeWorld() { return World(plan::JoinedPlan(), Joined, GENERATE(false, true)); }

void Fill(Writing& w) {
  w.Put("projects", {"p1", "w1"});
  w.Put("projects", {"p2", "w2"});
  w.Put("tasks", {"t1", "p1", "one"});
  w.Put("tasks", {"t2", "p2", "two"});
  w.Put("comments", {"c1", "t1", "a"});
  w.Put("comments", {"c2", "t1", "b"});
  w.Put("comments", {"c3", "t2", "c"});
}

}  // namespace

TEST_CASE("rows of three tables are where their parents' workspace is") {
  World world = MakeWorld();
  CHECK(world.Commit(Fill) == 5);
  CHECK(world.Shown("w1").size() == 3);
  SECTION("an insert is one operation") {
    CHECK(world.Commit([](Writing& w) { w.Put("comments", {"c4", "t1", "d"}); }) == 1);
  }
  SECTION("a row that is given again unchanged is none") {
    CHECK(world.Commit([](Writing& w) { w.Put("comments", {"c1", "t1", "a"}); }) == 0);
  }
  SECTION("a change of a parent's column rewrites its children") {
    CHECK(world.Commit([](Writing& w) { w.Put("tasks", {"t1", "p1", "new"}); }) == 2);
  }
  SECTION("a parent moves to another workspace") {
    CHECK(world.Commit([](Writing& w) { w.Put("tasks", {"t1", "p2", "one"}); }) == 4);
    CHECK(world.Commit([](Writing& w) { w.Put("projects", {"p2", "w1"}); }) == 8);
  }
  SECTION("a parent is deleted, and comes back") {
    CHECK(world.Commit([](Writing& w) { w.Delete("projects", "p1"); }) == 3);
    CHECK(world.Commit([](Writing& w) { w.Put("projects", {"p1", "w2"}); }) == 3);
    world.Commit([](Writing& w) { w.Delete("tasks", "t1"); });
  }
  SECTION("a link that is NULL, and one to nowhere") {
    world.Commit([](Writing& w) { w.Put("comments", {"c1", std::nullopt, "a"}); });
    world.Commit([](Writing& w) { w.Put("comments", {"c2", "t9", "b"}); });
    world.Commit([](Writing& w) { w.Put("tasks", {"t2", std::nullopt, "two"}); });
    world.Commit([](Writing& w) { w.Put("tasks", {"t9", "p1", "nine"}); });
  }
  SECTION("a filter lets a row go and come") {
    CHECK(world.Commit([](Writing& w) { w.Put("comments", {"c1", "t1", "hidden"}); }) == 1);
    CHECK(world.Commit([](Writing& w) { w.Put("comments", {"c1", "t1", "shown"}); }) == 1);
  }
  SECTION("truncations") {
    world.Commit([](Writing& w) {
      w.Truncate("tasks");
      w.Put("tasks", {"t2", "p1", "back"});
    });
    world.Commit([](Writing& w) { w.Truncate("comments"); });
  }
  SECTION("rows that go and come in one transaction") {
    CHECK(world.Commit([](Writing& w) {
      w.Delete("comments", "c1");
      w.Put("comments", {"c1", "t1", "a"});
      w.Delete("projects", "p1");
      w.Put("projects", {"p1", "w1"});
    }) == 0);
    CHECK(world.Commit([](Writing& w) {
      w.Delete("comments", "c1");
      w.Put("comments", {"c1", "t1", "again"});
    }) == 1);
  }
}

TEST_CASE("parents and children come in one transaction, in either order") {
  World world = MakeWorld();
  world.Commit([](Writing& w) {
    w.Put("comments", {"c1", "t1", "a"});
    w.Put("tasks", {"t1", "p1", "one"});
    w.Put("projects", {"p1", "w1"});
  });
  world.Commit([](Writing& w) {
    w.Put("projects", {"p2", "w2"});
    w.Put("tasks", {"t2", "p2", "two"});
    w.Put("comments", {"c2", "t2", "b"});
  });
  CHECK(world.Shown("w1").size() == 2);
  CHECK(world.Shown("w2").size() == 2);
}

TEST_CASE("what relations remember survives a restart") {
  World world(plan::JoinedPlan(), Joined, true);
  world.Commit(Fill);
  world.Open();
  world.Check();
  world.Commit([](Writing& w) { w.Put("projects", {"p1", "w2"}); });
  world.Open();
  world.Commit([](Writing& w) { w.Put("comments", {"c4", "t1", "d"}); });
  world.Open();
  world.Commit([](Writing& w) { w.Delete("tasks", "t1"); });
}

TEST_CASE("a batch that is dropped, or fails, leaves no trace in relations") {
  World world = MakeWorld();
  world.Commit(Fill);
  {
    Tables aside = world.tables;
    auto batch = Must(world.engine->BeginBatch());
    Writing(aside, *batch).Delete("projects", "p1");
  }
  world.Commit([](Writing& w) { w.Put("comments", {"c4", "t1", "d"}); });
}

TEST_CASE("loads in parts, killed loads and rescans give relations their rows once") {
  World world = MakeWorld();
  world.Commit(Fill);
  world.rows_per_commit = GENERATE(1, 2, 1000);
  world.Open();
  SECTION("again, and with rows gone meanwhile") {
    world.Load(true);
    world.tables["projects"].erase("p1");
    world.tables["comments"].erase("c3");
    world.Load(true);
    world.tables["projects"]["p1"] = {"p1", "w2"};
    world.Load(true);
  }
  SECTION("killed, then with rows gone") {
    world.tables["tasks"]["t1"] = {"t1", "p2", "moved"};
    world.Load(false);
    world.Open();
    world.tables["tasks"].erase("t1");
    world.tables["comments"]["c5"] = {"c5", "t2", "late"};
    world.Load(false);
    world.Load(true);
  }
  world.Commit([](Writing& w) { w.Put("tasks", {"t1", "p1", "new"}); });
}

TEST_CASE("random histories, with restarts and rescans, end where recomputing does") {
  const uint64_t seed = GENERATE(range(1, 13));
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  auto pick = [&](uint64_t n) { return random() % n; };
  auto id = [&](const char* prefix, uint64_t n) { return prefix + std::to_string(pick(n)); };
  World world(plan::JoinedPlan(), Joined, seed % 2 == 0);
  auto change = [&](Writing& w) {
    const uint64_t kind = pick(20);
    if (kind == 0) return w.Truncate(pick(2) ? "tasks" : "comments");
    const Text none;
    if (kind < 9) return w.Put("comments", {id("c", 6), pick(6) ? id("t", 4) : none, pick(6) ? id("b", 3) : "hidden"});
    if (kind < 13) return w.Put("tasks", {id("t", 4), pick(6) ? id("p", 3) : none, id("n", 3)});
    if (kind < 16) return w.Put("projects", {id("p", 3), pick(6) ? id("w", 3) : none});
    if (kind == 16) return w.Delete("comments", id("c", 6));
    if (kind == 17) return w.Delete("tasks", id("t", 4));
    w.Delete("projects", id("p", 3));
  };
  for (int step = 0; step < 25; ++step) {
    world.Commit([&](Writing& w) {
      for (uint64_t i = pick(6); i-- > 0;) change(w);
    });
    if (pick(8) == 0) world.Open();
    if (pick(10) == 0) world.Load(true);
  }
}

namespace {

// Tasks below tasks, by the workspace that is their parent's title; project_id names the parent.
plan::Plan SelfJoinPlan() {
  plan::Plan plan = plan::JoinedPlan();
  plan.tables[3].columns = {"id", "parent", "title", "parent_id", "grandparent", "workspace"};
  plan.nodes = {plan.nodes[1], {{0, 0}, plan::Join{{1}, {0}, {}}}};
  plan.tables[3].node = 1;
  plan.pipelines[0].keys = {E("(column workspace)")};
  plan.pipelines[0].output_table = "tasks";
  plan.pipelines[0].output = {{"title", E("(column title)")}};
  return plan;
}
Set SelfJoined(const Tables& all, const std::string& user) {
  Set rows;
  Tables tables = all;
  for (const auto& [id, project] : tables["projects"]) {
    if (project[1] == user) rows.insert("projects/" + id + " {\"id\":\"" + id + "\",\"workspace_id\":\"" + user + "\"}");
  }
  for (const auto& [id, task] : tables["tasks"]) {
    if (!task[1] || !tables["tasks"].contains(*task[1]) || tables["tasks"][*task[1]][2] != user) continue;
    rows.insert("tasks/" + id + " {\"title\":\"" + *task[2] + "\"}");
  }
  return rows;
}

}  // namespace

TEST_CASE("a table joined to itself, rows to themselves included") {
  World world(SelfJoinPlan(), SelfJoined, GENERATE(false, true));
  world.Commit([](Writing& w) {
    w.Put("tasks", {"a", std::nullopt, "w1"});
    w.Put("tasks", {"b", "a", "w2"});
    w.Put("tasks", {"c", "b", "below"});
    w.Put("tasks", {"d", "d", "w1"});
  });
  CHECK(world.Shown("w1").size() == 2);
  world.Commit([](Writing& w) { w.Put("tasks", {"a", "c", "w2"}); });
  world.Commit([](Writing& w) { w.Put("tasks", {"d", "d", "w2"}); });
  world.Commit([](Writing& w) { w.Delete("tasks", "b"); });
  world.Commit([](Writing& w) {
    w.Delete("tasks", "d");
    w.Put("tasks", {"b", "b", "w1"});
  });
}

namespace {

// One row for each task that has comments: with the body of any one of them.
plan::Plan SameKeyPlan() {
  plan::Plan plan = plan::JoinedPlan();
  plan.tables[3].columns = {"body", "task"};
  plan.tables[3].key = {"task"};
  plan.nodes = {{{}, plan::Scan{0, {}, {}, {E("(column body)"), E("(column task_id)")}}}};
  plan.tables[3].node = 0;
  plan.pipelines[0].keys = {E("'w1'")};
  plan.pipelines[0].output_id = E("(column task)");
  plan.pipelines[0].output = {{"body", E("(column body)")}};
  return plan;
}
// Bodies of one length: the lesser bytes are the lesser text.
Set SameKeys(const Tables& all, const std::string& user) {
  std::map<std::string, std::string> least;
  Tables tables = all;
  for (const auto& [id, comment] : tables["comments"]) {
    if (user != "w1" || !comment[1]) continue;
    auto [at, added] = least.try_emplace(*comment[1], *comment[2]);
    if (!added) at->second = std::min(at->second, *comment[2]);
  }
  Set rows;
  for (const auto& [task, body] : least) rows.insert("comments/" + task + " {\"body\":\"" + body + "\"}");
  return rows;
}

}  // namespace

TEST_CASE("of several rows of one key the least is shown, and the next when it goes") {
  World world(SameKeyPlan(), SameKeys, GENERATE(false, true));
  CHECK(world.Commit([](Writing& w) {
    for (const char* id : {"1", "2", "3"}) w.Put("comments", {id, "t1", "b"});
    w.Put("comments", {"4", "t1", "a"});
  }) == 1);
  CHECK(world.Commit([](Writing& w) { w.Delete("comments", "1"); }) == 0);
  CHECK(world.Commit([](Writing& w) { w.Put("comments", {"4", "t1", "c"}); }) == 1);
  CHECK(world.Commit([](Writing& w) { w.Put("comments", {"4", "t1", "a"}); }) == 1);
  CHECK(world.Commit([](Writing& w) { w.Delete("comments", "4"); }) == 1);
  CHECK(world.Commit([](Writing& w) { w.Put("comments", {"2", "t2", "b"}); }) == 1);
  CHECK(world.Commit([](Writing& w) { w.Truncate("comments"); }) == 2);
}

namespace {

// How many comments there are, for everybody.
plan::Plan CountPlan() {
  plan::Plan plan = plan::JoinedPlan();
  plan.tables[3].columns = plan.tables[3].key = {"n"};
  plan.nodes = {{{}, plan::Scan{0, {}, {}, {}}},
                {{0}, plan::Aggregate{{}, {{plan::AggregateFunction::CountRows, 0, false}}}}};
  plan.tables[3].node = 1;
  plan.pipelines[0].keys = {E("'w1'")};
  plan.pipelines[0].output_id = E("'all'");
  plan.pipelines[0].output = {{"n", E("(column n)")}};
  return plan;
}
Set Counted(const Tables& tables, const std::string& user) {
  auto comments = tables.find("comments");
  const size_t n = comments == tables.end() ? 0 : comments->second.size();
  return user == "w1" ? Set{"comments/all {\"n\":" + std::to_string(n) + "}"} : Set{};
}

}  // namespace

TEST_CASE("an aggregate of everything has its row before any comes, once") {
  World world(CountPlan(), Counted, GENERATE(false, true));
  world.Check();
  world.Open();
  world.Check();
  world.Commit([](Writing&) {});
  world.Commit([](Writing& w) { w.Put("comments", {"c1", "t1", "a"}); });
  world.Open();
  world.Commit([](Writing& w) {
    w.Delete("comments", "c1");
    w.Put("comments", {"c2", "t1", "a"});
    w.Put("comments", {"c3", "t1", "a"});
  });
  world.Load(true);
  world.Commit([](Writing& w) { w.Truncate("comments"); });
}

TEST_CASE("a row on which an expression fails is left out and reported with its place") {
  plan::Plan plan = plan::JoinedPlan();
  std::get<plan::Scan>(plan.nodes[1].kind).filter = E("(json_extract (column title) '$')");
  std::get<plan::Map>(plan.nodes[5].kind).filter = E("(json_extract (column 2) '$')");
  World world(plan, [](const Tables&, const std::string&) { return Set{}; }, false);
  auto batch = Must(world.engine->BeginBatch());
  Writing w(world.tables, *batch);
  w.Put("projects", {"p1", "w1"});
  w.Put("tasks", {"t1", "p1", "{"});
  w.Put("tasks", {"t2", "p1", "1"});
  w.Put("comments", {"c1", "t1", "1"});
  w.Put("comments", {"c2", "t2", "["});
  w.Put("comments", {"c3", "t2", "1"});
  (void)Must(batch->Commit("p"));
  batch.reset();
  CHECK(world.Shown("w1").size() == 2);
  REQUIRE(world.problems.size() == 2);
  CHECK(world.problems[0].table == "tasks");
  CHECK(world.problems[0].key == "[\"t1\"]");
  CHECK(world.problems[0].place == "comments in bucket w");
  CHECK(world.problems[0].reason.find("malformed JSON") != std::string::npos);
  CHECK(world.problems[1].table == "comments, projects, tasks");
  CHECK(world.problems[1].place == "comments in bucket w");
}

TEST_CASE("a source's table cannot pass for a derived one") {
  World world = MakeWorld();
  world.Commit(Fill);
  auto batch = Must(world.engine->BeginBatch());
  Value key[] = {Value::Text("c1")};
  Must(batch->Delete("~joined", key));
  Must(batch->Truncate("~joined"));
  CHECK(Must(batch->Commit("p")).operations == 0);
}

TEST_CASE("records hold scan rows behind lookups, and are as they were without") {
  Record record;
  record.epoch = 3;
  record.lookups = {{1, "k", "o"}};
  std::string without, bytes;
  EncodeRecord(record, without);
  record.scans = {{7, "row", 2}, {9, "", 1}};
  EncodeRecord(record, bytes);
  CHECK(bytes.substr(0, without.size()) == without);
  Record read;
  REQUIRE(DecodeRecord(bytes, read));
  REQUIRE(read.scans.size() == 2);
  CHECK(read.lookups.size() == 1);
  CHECK((read.scans[0].node == 7 && read.scans[0].row == "row" && read.scans[0].weight == 2));
  for (size_t size = without.size() + 1; size < bytes.size(); ++size) {
    if (DecodeRecord(bytes.substr(0, size), read)) CHECK(read.scans.size() < 2);
  }
}

}  // namespace bulkhead::engine
