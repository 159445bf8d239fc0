// What a host may do wrong through the public interface: answered with a Status, and nothing is lost by it.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <limits>

#include "model_client.h"
#include "runtime/engine/engine.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"
#include "sample_plan.h"

namespace bulkhead::engine {
namespace {

using value::Value;
using Shape = std::shared_ptr<const value::RowShape>;
using Rows = std::set<std::string>;

template <typename T>
T Must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}
void Must(Status status) {
  if (!status) FAIL(status.error().message);
}
// Of a Status or a Result.
template <typename T>
Error Refused(const T& result) {
  if (result) FAIL("this was to be refused");
  return result.error();
}

Shape ShapeOf(std::vector<std::string> columns) {
  return std::make_shared<value::RowShape>(value::RowShape{std::move(columns)});
}
const Shape Tasks = ShapeOf({"id", "workspace_id", "title", "done", "tags"});
const Shape Members = ShapeOf({"user_id", "workspace_id", "role"});

Status Task(value::ChangeSink& sink, Value id, Value title = Value::Text("a")) {
  Value row[] = {id, Value::Text("w1"), title, Value::Integer(0), Value::Text("[]")};
  return sink.Upsert("tasks", {row, 1}, {Tasks, row});
}
Status Task(value::ChangeSink& sink, std::string_view id) {
  return Task(sink, Value::Text(id));
}
void Member(value::ChangeSink& sink, std::string_view user) {
  Value row[] = {Value::Text(user), Value::Text("w1"), Value::Text("member")};
  Must(sink.Upsert("members", {row, 2}, {Members, row}));
}

// An engine with Ann in workspace w1, and Ann's client.
struct Host {
  std::unique_ptr<store::Store> store;
  std::vector<RowProblem> problems;
  std::unique_ptr<Engine> engine;
  ModelClient client;
  std::unique_ptr<Session> session;

  explicit Host(std::unique_ptr<store::Store> in = store::OpenMemory(), Options options = {})
      : store(std::move(in)) {
    options.on_problem = [this](const RowProblem& p) { problems.push_back(p); };
    engine = Must(Engine::Open(plan::SamplePlan(), *store, std::move(options)));
    auto load = Must(engine->BeginLoad());
    Member(*load, "ann");
    (void)Must(load->Finish("start"));
    Connect();
  }
  void Connect() {
    session.reset();
    Request request;
    request.auth = R"({"sub":"ann","notes":1})";
    request.positions = client.Reconnect();
    session = Must(engine->OpenSession(std::move(request)));
  }
  Committed Commit(const std::function<void(Batch&)>& change) {
    auto batch = Must(engine->BeginBatch());
    change(*batch);
    return Must(batch->Commit("p"));
  }
  // What Ann sees of tasks, by id, and of everything else whole.
  Rows Shown() {
    auto advanced = Must(session->Advance(client));
    CHECK(advanced.complete);
    CHECK(client.problems.empty());
    Rows shown;
    for (const std::string& row : client.Show())
      shown.insert(row.starts_with("tasks/") ? row.substr(6, row.find(' ') - 6) : row);
    return shown;
  }
};

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead_misuse_XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// Another way to fail than ModelClient's: one line of each kind.
struct FailingSink : wire::LineSink {
  wire::LineSink& to;
  size_t kind;
  bool failed = false;
  FailingSink(wire::LineSink& sink, size_t line_kind) : to(sink), kind(line_kind) {}
  Status Take(const wire::Line& line) override {
    if (line.index() != kind || failed) return to.Take(line);
    failed = true;
    return Error{Code::StorageFailed, "the connection is gone"};
  }
};

}  // namespace

TEST_CASE("a batch is committed once") {
  Host host;
  auto batch = Must(host.engine->BeginBatch());
  Must(Task(*batch, "t1"));
  (void)Must(batch->Commit("one"));
  CHECK(Refused(batch->Commit("two")).code == Code::InvalidRequest);
  CHECK(Refused(Task(*batch, "t2")).message == "the batch was committed: begin another");
  Value key[] = {Value::Text("t1")};
  CHECK_FALSE(batch->Delete("tasks", key));
  CHECK_FALSE(batch->Truncate("tasks"));
  CHECK_FALSE(batch->Unreadable("tasks", "t1", "why not"));
  CHECK(host.engine->head().source_position == "one");
  CHECK(Refused(host.engine->BeginBatch()).code == Code::StorageBusy);
  batch.reset();
  host.Commit([](Batch& b) { Must(Task(b, "t2")); });
  CHECK(host.Shown() == Rows{"t1", "t2"});
}

TEST_CASE("a load is finished once, and one thing is written at a time") {
  Host host;
  auto load = Must(host.engine->BeginLoad());
  CHECK(Refused(host.engine->BeginLoad()).code == Code::StorageBusy);
  CHECK(Refused(host.engine->BeginBatch()).code == Code::StorageBusy);
  Must(Task(*load, "t1"));
  (void)Must(load->Finish("one"));
  CHECK(Refused(load->Finish("two")).code == Code::InvalidRequest);
  CHECK(Refused(load->Checkpoint("three")).message == "the load was finished: begin another");
  CHECK_FALSE(Task(*load, "t2"));
  CHECK_FALSE(load->FinishTable("members"));
  CHECK_FALSE(load->Truncate("tasks"));
  CHECK(host.engine->head().source_position == "one");
  CHECK(Refused(host.engine->BeginBatch()).code == Code::StorageBusy);
  load.reset();
  CHECK(host.Shown() == Rows{"t1"});
}

TEST_CASE("a commit that the store refuses changes nothing, and the rows can be given again") {
  // The memory store has no writer while somebody reads.
  Host host;
  auto reader = Must(host.store->Read());
  auto batch = Must(host.engine->BeginBatch());
  Must(Task(*batch, "t1"));
  CHECK(Refused(batch->Commit("one")).code == Code::StorageBusy);
  reader.reset();
  CHECK(Refused(batch->Commit("one")).code == Code::InvalidRequest);
  CHECK(host.engine->head().source_position == "start");
  batch.reset();

  SECTION("in a batch") {
    host.Commit([](Batch& b) { Must(Task(b, "t1")); });
  }
  SECTION("in a load, which goes on by itself") {
    auto load = Must(host.engine->BeginLoad());
    Must(Task(*load, "t1"));
    reader = Must(host.store->Read());
    CHECK(Refused(load->Checkpoint("half")).code == Code::StorageBusy);
    reader.reset();
    CHECK(Must(load->Finish("whole")).operations == 1);
  }
  SECTION("in another load, when the end was refused") {
    auto load = Must(host.engine->BeginLoad());
    Must(Task(*load, "t1"));
    reader = Must(host.store->Read());
    CHECK_FALSE(load->Finish("whole"));
    reader.reset();
    // Were it to go on, its first commit would call the load finished.
    CHECK(Refused(Task(*load, "t2")).code == Code::InvalidRequest);
    load.reset();
    CHECK_FALSE(Must(host.session->Advance(host.client)).served);
    load = Must(host.engine->BeginLoad());
    CHECK(load->resumed());
    Must(Task(*load, "t1"));
    Member(*load, "ann");
    (void)Must(load->Finish("whole"));
  }
  CHECK(host.Shown() == Rows{"t1"});
}

TEST_CASE("a sink may fail at any line") {
  Host host;
  host.Commit([](Batch& b) {
    Must(Task(b, "t1"));
    Value note[] = {Value::Text("n1"), Value::Text("hello")};
    Must(b.Upsert("app.notes", {note, 1}, {ShapeOf({"id", "text"}), note}));
  });
  const size_t kind = GENERATE(range<size_t>(0, std::variant_size_v<wire::Line>));
  const bool later = GENERATE(false, true);
  if (later) {
    CHECK(host.Shown().size() == 2);
    host.Commit([](Batch& b) { Must(Task(b, "t2")); });
  }
  FailingSink sink(host.client, kind);
  auto advanced = host.session->Advance(sink);
  CHECK(static_cast<bool>(advanced) == !sink.failed);
  CHECK(host.Shown().size() == (later ? 3 : 2));
  CHECK(Must(host.engine->StaleSessions()).empty());
}

TEST_CASE("operations in the smallest steps; none in none") {
  Host host;
  host.Commit([](Batch& b) {
    for (int i = 0; i < 2100; ++i) Must(Task(b, std::to_string(i)));
  });
  auto none = Must(host.session->Advance(host.client, 0));
  CHECK_FALSE(none.complete);
  CHECK(none.operations == 0);
  for (int step = 0; step < 3; ++step) {
    auto advanced = Must(host.session->Advance(host.client, 1));
    CHECK(advanced.complete == (step == 2));
  }
  CHECK(host.Shown().size() == 2100);
}

TEST_CASE("positions a client made up") {
  Host host;
  host.Commit([](Batch& b) { Must(Task(b, "t1")); });
  CHECK(host.Shown() == Rows{"t1"});
  Request request;
  request.auth = R"({"sub":"ann"})";
  request.positions = {
      {"", 1}, {"w[\"w1\"]", UINT64_MAX}, {"w[\"w1\"]", 0}, {"w[\"other\"]", 1}, {"\xff\n", 7}};
  for (int i = 0; i < 1000; ++i) request.positions.push_back({"x" + std::to_string(i), UINT64_MAX});
  host.client = {};
  host.session = Must(host.engine->OpenSession(std::move(request)));
  CHECK(host.Shown() == Rows{"t1"});
}

TEST_CASE("one engine a store") {
  Folder folder;
  const bool memory = GENERATE(true, false);
  Host host(memory ? store::OpenMemory() : Must(store::OpenSqlite(folder.path / "s.db")));
  auto second = Engine::Open(plan::SamplePlan(), *host.store);
  CHECK(Refused(second).code == Code::StorageBusy);
  CHECK(Refused(second).message.find("has another engine") != std::string::npos);
  if (!memory) CHECK(Refused(store::OpenSqlite(folder.path / "s.db")).code == Code::StorageBusy);
  host.Commit([](Batch& b) { Must(Task(b, "t1")); });
  CHECK(host.Shown() == Rows{"t1"});
  host.session.reset();
  host.engine.reset();
  CHECK(Engine::Open(plan::SamplePlan(), *host.store));
}

TEST_CASE("plans that are none") {
  auto store = store::OpenMemory();
  SECTION("nothing in it") {
    auto engine = Must(Engine::Open({}, *store));
    (void)Must(Must(engine->BeginLoad())->Finish("0"));
    auto batch = Must(engine->BeginBatch());
    Must(Task(*batch, "t1"));
    (void)Must(batch->Commit("1"));
    auto session = Must(engine->OpenSession({}));
    ModelClient client;
    CHECK(Must(session->Advance(client)).complete);
    CHECK(client.log == std::vector<std::string>{"checkpoint", "complete"});
  }
  SECTION("numbers of what is not there") {
    plan::Plan plan = plan::SamplePlan();
    auto spoil = GENERATE(range(0, 6));
    if (spoil == 0) plan.pipelines[0].table = 99;
    if (spoil == 1) plan.buckets[0].pipelines = {99};
    if (spoil == 2) plan.streams[0].queriers[0].bucket = 99;
    if (spoil == 3) plan.lookups[0].table = 99;
    if (spoil == 4) plan.streams[0].priority = 200;
    if (spoil == 5) plan.streams[0].name = "\xff";
    CHECK(Refused(Engine::Open(plan, *store)).code == Code::InvalidPlan);
    CHECK(Engine::Open(plan::SamplePlan(), *store));
  }
  SECTION("another one, for a store that has one") {
    CHECK(Engine::Open(plan::SamplePlan(), *store));
    plan::Plan other = plan::SamplePlan();
    other.streams[0].priority = 2;
    CHECK(Refused(Engine::Open(other, *store)).code == Code::PlanMismatch);
    CHECK(Engine::Open(plan::SamplePlan(), *store));
  }
}

TEST_CASE("rows that are not as they should be") {
  Host host;
  const double infinity = std::numeric_limits<double>::infinity();
  auto batch = Must(host.engine->BeginBatch());
  Must(Task(*batch, "good"));
  Value row[] = {Value::Text("x"), Value::Text("w1"), Value::Text("a"), Value::Integer(0), Value::Text("[]")};
  SECTION("no shape, or another") {
    CHECK(Refused(batch->Upsert("tasks", {row, 1}, {nullptr, row})).code == Code::InvalidData);
    CHECK(Refused(batch->Upsert("tasks", {row, 1}, {Tasks, {row, 3}})).code == Code::InvalidData);
    CHECK(Refused(batch->Upsert("tasks", {}, {Tasks, row})).code == Code::InvalidData);
    CHECK(Refused(batch->Upsert("tasks", {row, 2}, {Tasks, row})).code == Code::InvalidData);
    std::vector<std::string> columns(limits::ColumnsPerRowMax + 1, "c");
    std::vector<Value> values(columns.size());
    CHECK(Refused(batch->Upsert("tasks", {row, 1}, {ShapeOf(columns), values})).code == Code::InvalidData);
    Must(batch->Upsert("no such table", {}, {nullptr, {}}));
    (void)Must(batch->Commit("p"));
    CHECK(host.Shown() == Rows{"good"});
  }
  SECTION("columns missing, twice, unknown, without a name") {
    Must(batch->Upsert("tasks", {row, 1}, {ShapeOf({"id", "workspace_id"}), {row, 2}}));
    Must(batch->Upsert("tasks", {row, 1}, {ShapeOf({"id", "workspace_id", "", "id", "\xff"}), row}));
    Must(batch->Upsert("tasks", {row + 2, 1}, {ShapeOf({}), {}}));
    (void)Must(batch->Commit("p"));
    CHECK(host.Shown() == Rows{"good", "x"});
    CHECK_FALSE(host.problems.empty());
  }
  SECTION("numbers that are none") {
    for (Value v : {Value::Real(NAN), Value::Real(infinity), Value::Real(-infinity), Value::Real(-0.0)})
      Must(Task(*batch, v, v));
    Must(Task(*batch, Value::Text("title"), Value::Real(NAN)));
    Must(Task(*batch, Value::Null()));
    Must(Task(*batch, Value::Blob("b")));
    (void)Must(batch->Commit("p"));
    CHECK(host.Shown() == Rows{"-Inf", "0.0", "Inf", "good", "title"});
    for (const auto& line : host.client.Show()) CHECK(line.find("nan") == std::string::npos);
    CHECK(host.problems.size() == 3);  // NaN is NULL, and neither it nor a blob is an id
  }
  SECTION("text that is not UTF-8") {
    Must(Task(*batch, Value::Text("bad \xff"), Value::Text("a")));
    Must(Task(*batch, Value::Text("t"), Value::Text("bad \xff")));
    (void)Must(batch->Commit("p"));
    CHECK(host.Shown() == Rows{"good", "t"});
    CHECK(host.problems.front().reason == "its id is not UTF-8");
  }
  SECTION("huge rows and keys") {
    std::string huge(limits::RowBytesMax + 1, 'x'), large(1 << 20, 'y');
    Must(Task(*batch, Value::Text("huge"), Value::Text(huge)));
    Must(Task(*batch, Value::Text(large), Value::Text("a")));
    (void)Must(batch->Commit("p"));
    batch.reset();
    CHECK(host.Shown() == Rows{"good", large});
    CHECK(host.problems.front().reason == "the output row is too large");
    host.Commit([&](Batch& b) {
      Value key[] = {Value::Text(large)};
      Must(b.Delete("tasks", key));
    });
    CHECK(host.Shown() == Rows{"good"});
  }
}

TEST_CASE("limits of nothing") {
  Options options;
  options.load_rows_per_commit = options.load_bytes_per_commit = 0;
  SECTION("each row of a load is committed") {
    Host host(store::OpenMemory(), std::move(options));
    host.Commit([](Batch& b) { Must(Task(b, "t1")); });
    CHECK(host.Shown() == Rows{"t1"});
  }
  SECTION("no buckets") {
    options.buckets_per_session_max = 0;
    options.lookup_rows_max = 0;
    Host host(store::OpenMemory(), std::move(options));
    host.Commit([](Batch& b) { Must(Task(b, "t1")); });
    CHECK(host.Shown().empty());
    CHECK_FALSE(host.client.streams[0].errors.empty());
  }
}

TEST_CASE("a damaged store's operation is not handed on") {
  Host host;
  host.session.reset();
  {
    auto writer = Must(host.store->Begin());
    store::Head head = writer->head();
    auto bucket = Must(writer->InternBucket("w[\"w1\"]"));
    Must(writer->Append(bucket, {.op_id = ++head.last_op, .kind = 77}));
    Must(writer->Commit(head));
  }
  host.Connect();
  CHECK(Refused(host.session->Advance(host.client)).message ==
        "store `memory`: an operation of bucket w[\"w1\"] is damaged");
}

TEST_CASE("sessions come and go between everything else") {
  Host host;
  auto batch = Must(host.engine->BeginBatch());
  Must(Task(*batch, "t1"));
  CHECK(host.Shown().empty());  // nothing of a batch that is not committed
  auto stale = Must(host.engine->StaleSessions());
  host.session.reset();
  (void)Must(batch->Commit("p"));
  batch.reset();
  CHECK(Must(host.engine->StaleSessions()).empty());
  host.Connect();
  auto load = Must(host.engine->BeginLoad());
  CHECK_FALSE(Must(host.session->Advance(host.client)).served);
  host.session.reset();
  load.reset();
  CHECK(Refused(host.engine->BeginBatch()).message.find("BeginLoad") != std::string::npos);
  load = Must(host.engine->BeginLoad());
  Member(*load, "ann");
  Must(Task(*load, "t2"));
  for (const char* table : {"members", "tasks", "no such table"}) Must(load->FinishTable(table));
  (void)Must(load->Finish("q"));
  load.reset();
  host.Connect();
  CHECK(host.Shown() == Rows{"t2"});
}

}  // namespace bulkhead::engine
