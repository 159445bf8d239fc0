#include "runtime/engine/engine.h"

#include <catch2/catch.hpp>
#include <functional>

#include "model_client.h"
#include "runtime/engine/bytes.h"
#include "runtime/engine/record.h"
#include "runtime/store/memory.h"
#include "sample_plan.h"

namespace bulkhead::engine {
namespace {

using plan::E;
using value::Value;
using Lines = std::vector<std::string>;
using Set = std::set<std::string>;

template <typename T>
T Must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}
void Must(Status status) {
  if (!status) FAIL(status.error().message);
}

const auto TaskShape = std::make_shared<value::RowShape>(value::RowShape{{"id", "workspace_id", "title", "done", "tags"}});
const auto MemberShape = std::make_shared<value::RowShape>(value::RowShape{{"user_id", "workspace_id", "role"}});
const auto NoteShape = std::make_shared<value::RowShape>(value::RowShape{{"id", "text"}});

void Task(value::ChangeSink& sink, std::string_view id, std::string_view workspace, std::string_view title = "a",
          std::string_view tags = "[]", int64_t done = 0) {
  Value key[] = {Value::Text(id)};
  Value row[] = {key[0], Value::Text(workspace), Value::Text(title), Value::Integer(done), Value::Text(tags)};
  Must(sink.Upsert("tasks", key, {TaskShape, row}));
}
void NoTask(value::ChangeSink& sink, std::string_view id) {
  Value key[] = {Value::Text(id)};
  Must(sink.Delete("tasks", key));
}
void Member(value::ChangeSink& sink, std::string_view user, std::string_view workspace, std::string_view role = "member") {
  Value row[] = {Value::Text(user), Value::Text(workspace), Value::Text(role)};
  Must(sink.Upsert("members", std::span(row).first(2), {MemberShape, row}));
}
void NoMember(value::ChangeSink& sink, std::string_view user, std::string_view workspace) {
  Value key[] = {Value::Text(user), Value::Text(workspace)};
  Must(sink.Delete("members", key));
}

// `t1` for the row of task t1 with title A, else `t1=TITLE`.
Set Tasks(const ModelClient& client) {
  Set shown;
  for (const std::string& row : client.Show()) {
    if (row.find("tasks/") != 0) continue;
    std::string id = row.substr(6, row.find(' ') - 6);
    size_t at = row.find("\"title\":\"") + 9;
    std::string title = row.substr(at, row.find('"', at) - at);
    shown.insert(title == "A" ? id : id + "=" + title);
  }
  return shown;
}

struct Host {
  std::unique_ptr<store::Store> store = store::OpenMemory();
  std::unique_ptr<Engine> engine;
  std::vector<RowProblem> problems;

  explicit Host(Options options = {}, plan::Plan plan = plan::SamplePlan(), bool loaded = true) {
    options.on_problem = [this](const RowProblem& p) { problems.push_back(p); };
    engine = Must(Engine::Open(std::move(plan), *store, std::move(options)));
    if (loaded) (void)Must(Must(engine->BeginLoad())->Finish("start"));
  }
  Committed Commit(const std::function<void(Batch&)>& change) {
    auto batch = Must(engine->BeginBatch());
    change(*batch);
    return Must(batch->Commit("p"));
  }
  std::unique_ptr<Session> Connect(const std::string& user, ModelClient& client, std::vector<Subscription> subs = {}) {
    return Must(engine->OpenSession({.auth = "{\"sub\":\"" + user + "\"}",
                                     .connection = {},
                                     .subscriptions = std::move(subs),
                                     .include_defaults = true,
                                     .positions = client.Reconnect()}));
  }
};

void Sync(Session& session, ModelClient& client) {
  client.log.clear();
  auto advanced = Must(session.Advance(client));
  CHECK(advanced.served);
  CHECK(advanced.complete);
  CHECK(client.complete);
  CHECK(advanced.last_op_id == client.last_op);
  CHECK(client.problems == Lines{});
}

TEST_CASE("a session sees its rows, and how they change") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    Task(b, "t1", "w1");
    Task(b, "t2", "w2");
  });
  ModelClient client;
  auto session = host.Connect("ann", client);
  Sync(*session, client);
  CHECK(client.log == Lines{"checkpoint", "data", "complete"});
  CHECK(Tasks(client) == Set{"t1"});
  CHECK(session->BucketNames() == Lines{"w[\"w1\"]"});
  CHECK(client.buckets["w[\"w1\"]"].announced.priority == 1);

  SECTION("a changed row is put again") {
    auto committed = host.Commit([](Batch& b) { Task(b, "t1", "w1", "b"); });
    CHECK(committed.operations == 1);
    Sync(*session, client);
    CHECK(client.log == Lines{"diff", "data", "complete"});
    CHECK(Tasks(client) == Set{"t1=B"});
  }
  SECTION("a row that moves leaves") {
    CHECK(host.Commit([](Batch& b) { Task(b, "t1", "w2"); }).operations == 2);
    Sync(*session, client);
    CHECK(Tasks(client).empty());
  }
  SECTION("a deleted row leaves") {
    CHECK(host.Commit([](Batch& b) { NoTask(b, "t1"); }).operations == 1);
    Sync(*session, client);
    CHECK(Tasks(client).empty());
  }
  SECTION("membership gained and lost, with rows of the same transaction") {
    host.Commit([](Batch& b) {
      Member(b, "ann", "w2");
      Task(b, "t3", "w2");
    });
    Sync(*session, client);
    CHECK(Tasks(client) == Set{"t1", "t2", "t3"});
    host.Commit([](Batch& b) {
      NoMember(b, "ann", "w1");
      Task(b, "t4", "w1");
    });
    Sync(*session, client);
    CHECK(client.log == Lines{"diff", "complete"});
    CHECK(Tasks(client) == Set{"t2", "t3"});
    host.Commit([](Batch& b) { Member(b, "ann", "w1"); });
    Sync(*session, client);
    CHECK(Tasks(client) == Set{"t1", "t2", "t3", "t4"});
  }
  SECTION("what does not concern it is not said") {
    host.Commit([](Batch& b) { Task(b, "t9", "w9"); });
    client.log.clear();
    CHECK(Must(session->Advance(client)).complete);
    CHECK(client.log.empty());
  }
  SECTION("a client that comes back is sent the rest") {
    session.reset();
    host.Commit([](Batch& b) { Task(b, "t5", "w1"); });
    session = host.Connect("ann", client);
    auto before = client.buckets["w[\"w1\"]"].count;
    Sync(*session, client);
    CHECK(client.buckets["w[\"w1\"]"].count == before + 1);
    CHECK(Tasks(client) == Set{"t1", "t5"});
  }
}

TEST_CASE("only the net effect of a transaction counts") {
  Host host;
  host.Commit([](Batch& b) { Task(b, "t1", "w1"); });
  auto operations = [&](const std::function<void(Batch&)>& change) { return host.Commit(change).operations; };
  CHECK(operations([](Batch& b) {
    Task(b, "t1", "w1", "b");
    Task(b, "t1", "w1", "a");
  }) == 0);
  CHECK(operations([](Batch& b) {
    NoTask(b, "t1");
    Task(b, "t1", "w1", "a");
  }) == 0);
  CHECK(operations([](Batch& b) {
    Must(b.Truncate("tasks"));
    Task(b, "t1", "w1", "a");
  }) == 0);
  CHECK(operations([](Batch& b) {
    NoTask(b, "t1");
    Task(b, "t1", "w1", "c");
  }) == 1);
  CHECK(operations([](Batch& b) {
    Task(b, "new", "w1");
    NoTask(b, "new");
  }) == 0);
  CHECK(operations([](Batch& b) {
    Task(b, "t1", "w1", "d");
    Must(b.Truncate("tasks"));
  }) == 1);
  CHECK(operations([](Batch& b) { NoTask(b, "t1"); }) == 0);
  CHECK(operations([](Batch& b) { Must(b.Truncate("tasks")); }) == 0);
}

TEST_CASE("op ids are consecutive; a lookup change alone takes one") {
  Host host;
  CHECK(host.Commit([](Batch& b) {
    Task(b, "t1", "w1");
    Task(b, "t2", "w1", "a", "[\"x\",\"x\",\"y\"]");
  }).last_op == 4);
  CHECK(host.Commit([](Batch& b) { Member(b, "ann", "w1"); }).last_op == 5);
  CHECK(host.Commit([](Batch& b) { Member(b, "ann", "w1"); }).last_op == 5);
  CHECK(host.Commit([](Batch& b) { Member(b, "ann", "w1", "guest"); }).last_op == 6);
  CHECK(host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    Task(b, "t1", "w2");
  }).last_op == 8);
}

TEST_CASE("a dropped batch changes nothing") {
  Host host;
  {
    auto batch = Must(host.engine->BeginBatch());
    Task(*batch, "t1", "w1");
    auto second = host.engine->BeginBatch();
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::StorageBusy);
  }
  CHECK(host.engine->head().last_op == 0);
  CHECK(host.Commit([](Batch& b) { Task(b, "t1", "w1"); }).operations == 1);
  CHECK(host.engine->head().source_position == "p");
}

TEST_CASE("a key of the wrong size is refused; unknown tables are ignored") {
  Host host;
  auto batch = Must(host.engine->BeginBatch());
  Value key[] = {Value::Text("a"), Value::Text("b")};
  auto status = batch->Delete("tasks", key);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Code::InvalidData);
  CHECK(batch->Delete("elsewhere", key));
  CHECK(batch->Truncate("elsewhere"));
}

TEST_CASE("rows that cannot be evaluated are reported and left out") {
  Host host;
  host.Commit([](Batch& b) {
    Task(b, "t1", "w1", "a", "no json");
    Must(b.Unreadable("tasks", "rowid 7", "its text is not UTF-8"));
    Must(b.Unreadable("elsewhere", "rowid 7", "its text is not UTF-8"));
  });
  REQUIRE(host.problems.size() == 2);
  CHECK(host.problems[0].table == "tasks");
  CHECK(host.problems[0].key == "[\"t1\"]");
  CHECK(host.problems[0].place == "tagged_tasks in bucket t");
  CHECK_FALSE(host.problems[0].reason.empty());
  CHECK(host.problems[1].key == "rowid 7");
  CHECK(host.engine->head().last_op == 1);
}

TEST_CASE("stale sessions are exactly those with something to come") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    Member(b, "bob", "w2");
  });
  ModelClient ann_client, bob_client;
  auto ann = host.Connect("ann", ann_client), bob = host.Connect("bob", bob_client);
  using Sessions = std::vector<Session*>;
  CHECK(Must(host.engine->StaleSessions()) == Sessions{ann.get(), bob.get()});
  Sync(*ann, ann_client);
  Sync(*bob, bob_client);
  CHECK(Must(host.engine->StaleSessions()).empty());
  // A bucket born, then changed.
  for (std::string_view title : {"a", "b"}) {
    host.Commit([&](Batch& b) { Task(b, "t1", "w1", title); });
    CHECK(Must(host.engine->StaleSessions()) == Sessions{ann.get()});
    CHECK(Must(host.engine->StaleSessions()) == Sessions{ann.get()});
    Sync(*ann, ann_client);
  }
  // A lookup that changes without changing the answer: another role is another output, the same workspace.
  host.Commit([](Batch& b) { Member(b, "bob", "w2", "admin"); });
  CHECK(Must(host.engine->StaleSessions()).empty());
  host.Commit([](Batch& b) { Member(b, "bob", "w1"); });
  CHECK(Must(host.engine->StaleSessions()) == Sessions{bob.get()});
  bob.reset();
  CHECK(Must(host.engine->StaleSessions()).empty());
}

TEST_CASE("an interrupted download goes on where it stopped") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    for (int i = 0; i < 2500; ++i) Task(b, "t" + std::to_string(i), "w1");
  });
  ModelClient client;
  auto session = host.Connect("ann", client);
  auto first = Must(session->Advance(client, 1));
  CHECK_FALSE(first.complete);
  CHECK(first.operations == limits::OperationsPerDataLineMax);
  CHECK(client.log == Lines{"checkpoint", "data"});
  SECTION("without changes") {
    Sync(*session, client);
    CHECK(client.log == Lines{"data", "data", "complete"});
  }
  SECTION("with a newer checkpoint") {
    host.Commit([](Batch& b) { Task(b, "t3", "w1", "b"); });
    Sync(*session, client);
    CHECK(client.log == Lines{"diff", "data", "data", "complete"});
  }
  SECTION("when the bucket is lost and found again") {
    host.Commit([](Batch& b) { NoMember(b, "ann", "w1"); });
    Sync(*session, client);
    CHECK(client.log == Lines{"diff", "complete"});
    CHECK(Tasks(client).empty());
    host.Commit([](Batch& b) { Member(b, "ann", "w1"); });
    Sync(*session, client);
  }
  SECTION("after a failure of the sink") {
    client.log.clear();
    client.fail_at = 1;
    CHECK_FALSE(session->Advance(client));
    client.fail_at = SIZE_MAX;
    Sync(*session, client);
    CHECK(client.log == Lines{"data", "complete"});
  }
  CHECK(Must(host.engine->StaleSessions()).empty());
}

TEST_CASE("data lines are bounded in bytes") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    for (int i = 0; i < 5; ++i) Task(b, std::to_string(i), "w1", std::string(400'000, 'x'));
  });
  ModelClient client;
  auto session = host.Connect("ann", client);
  Sync(*session, client);
  CHECK(client.log == Lines{"checkpoint", "data", "data", "data", "complete"});
}

TEST_CASE("urgent buckets come first, with a partial complete") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    Task(b, "t1", "w1", "a", "[\"x\"]");
  });
  ModelClient client;
  auto session = host.Connect("ann", client, {{"tagged", R"({"tag":"x"})", 2}, {"tagged", R"({"tag":"x"})", 0}, {"tagged", R"({"tag":"x"})", {}}});
  Sync(*session, client);
  CHECK(client.log == Lines{"checkpoint", "data", "partial", "data", "complete"});
  const wire::BucketState& tag = client.buckets["t[\"x\"]"].announced;
  CHECK(tag.priority == 0);
  CHECK(tag.subscriptions == std::vector<wire::Reason>{{false, 0}, {false, 1}, {false, 2}});
  CHECK(client.buckets["w[\"w1\"]"].announced.subscriptions == std::vector<wire::Reason>{{true, 0}});
  REQUIRE(client.streams.size() == 3);
  CHECK(client.streams[0].name == "mine");
  CHECK(client.streams[0].is_default);
  CHECK_FALSE(client.streams[2].is_default);
}

TEST_CASE("what is wrong with one subscription is told, and the others are served") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    Task(b, "t1", "w1", "a", "[\"x\"]");
  });
  ModelClient client;
  auto session = host.Connect("ann", client,
                              {{"tagged", R"({"tag":5})", {}},
                               {"tagged", std::nullopt, {}},
                               {"tagged", R"({"tag":"x","other":1})", {}},
                               {"tagged", R"({"tag":"x","urgent":1.5})", {}},
                               {"tagged", R"({"tag":"x","tag":"y"})", {}},
                               {"tagged", "[]", {}},
                               {"tagged", std::string(5000, '['), {}},
                               {"tagged", R"({"tag":"x"})", 9},
                               {"nope", std::nullopt, {}},
                               {"tagged", R"( { "tag" : "x" , "urgent" : null } )", {}},
                               {"tagged", R"( {"tag":"x"} )", {}},
                               {"tagged", R"({"tag":"x","urgent":-1})", {}}});
  Sync(*session, client);
  CHECK(Tasks(client) == Set{"t1"});
  REQUIRE(client.buckets.contains("t[\"x\"]"));
  CHECK(client.buckets["t[\"x\"]"].announced.subscriptions == std::vector<wire::Reason>{{false, 10}});
  Lines errors;
  for (const wire::StreamState& stream : client.streams) {
    for (const wire::SubscriptionError& e : stream.errors) errors.push_back(std::to_string(e.subscription.value()) + ": " + e.message);
  }
  CHECK(errors == Lines{"0: parameter `tag` must be text", "1: parameter `tag` is missing", "2: stream `tagged` has no parameter `other`",
                        "3: parameter `urgent` must be an integer", "4: the parameters give `tag` twice",
                        "5: the parameters are not a JSON object", "6: the parameters are nested too deeply",
                        "7: a priority is 0, 1, 2 or 3", "8: there is no stream `nope`"});
}

TEST_CASE("claims are checked when a session opens") {
  Host host;
  auto error = [&](const std::string& auth) {
    auto opened = host.engine->OpenSession({.auth = auth, .connection = {}, .subscriptions = {}, .include_defaults = true, .positions = {}});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::InvalidRequest);
    return opened.error().message;
  };
  CHECK(error("") == "the claims are not a JSON object");
  CHECK(error("[1]") == "the claims are not a JSON object");
  CHECK(error("\xef\xbb\xbf{\"sub\":\"ann\"}") == "the claims are not a JSON object");
  CHECK(error("{}") == "claim `sub` is missing");
  CHECK(error("{\"sub\":null}") == "claim `sub` is missing");
  CHECK(error("{\"sub\":7}") == "claim `sub` must be text");
  CHECK(error(R"({"sub":"ann","sub":"bob"})") == "the claims give `sub` twice");
  CHECK(error(R"({"sub":"ann","s\u0075b":"bob"})") == "the claims give `sub` twice");
  CHECK(error("{\"sub\":\"\xff\"}") == "the claims are not a JSON object");
  CHECK(error("{\"sub\":\"" + std::string(2 << 20, 'x') + "\"}") == "the claims are too large");
  Request too_many{.auth = R"({"sub":"x"})", .connection = {}, .subscriptions = {}, .include_defaults = true, .positions = {}};
  too_many.subscriptions.resize(limits::SubscriptionsPerSessionMax + 1);
  CHECK_FALSE(host.engine->OpenSession(too_many));
  Request connection{.auth = R"({"sub":"x","x":{"sub":1}})", .connection = "5", .subscriptions = {}, .include_defaults = true, .positions = {}};
  CHECK(host.engine->OpenSession(connection).error().message == "the connection parameters are not a JSON object");
}

std::string ErrorOf(const ModelClient& client, const std::string& stream) {
  for (const wire::StreamState& s : client.streams) {
    if (s.name == stream) return s.errors.empty() ? "" : s.errors[0].message;
  }
  return "no such stream";
}

TEST_CASE("a limit that a membership change passes stops that subscription alone") {
  Host host({.on_problem = {}, .on_progress = {}, .buckets_per_session_max = 3, .lookup_rows_max = 4});
  host.Commit([](Batch& b) {
    for (int i = 1; i <= 2; ++i) Member(b, "ann", "w" + std::to_string(i));
    for (int i = 1; i <= 6; ++i) Task(b, "t" + std::to_string(i), "w" + std::to_string(i), "a", "[\"x\"]");
  });
  ModelClient client;
  auto session = host.Connect("ann", client, {{"tagged", R"({"tag":"x"})", {}}});
  Sync(*session, client);
  CHECK(client.buckets.size() == 3);
  // Three buckets of the first subscription leave no room for the second.
  host.Commit([](Batch& b) { Member(b, "ann", "w3"); });
  Sync(*session, client);
  CHECK(client.log == Lines{"checkpoint", "data", "complete"});
  CHECK(ErrorOf(client, "tagged") == "the session has 3 buckets, and 1 more would pass its limit of 3");
  CHECK(ErrorOf(client, "mine").empty());
  CHECK(Tasks(client) == Set{"t1", "t2", "t3"});
  // Four buckets are too many for the first one itself; now the second fits.
  host.Commit([](Batch& b) { Member(b, "ann", "w4"); });
  Sync(*session, client);
  CHECK(ErrorOf(client, "mine") == "the subscription needs more than 3 buckets");
  CHECK(ErrorOf(client, "tagged").empty());
  CHECK(client.buckets.size() == 1);
  // Five lookup rows pass the other limit. Equal ones count once.
  host.Commit([](Batch& b) { Member(b, "ann", "w5"); });
  Sync(*session, client);
  CHECK(ErrorOf(client, "mine") == "the subscription needs more than 4 lookup rows at one stage");
  host.Commit([](Batch& b) {
    NoMember(b, "ann", "w3");
    NoMember(b, "ann", "w4");
    NoMember(b, "ann", "w5");
  });
  Sync(*session, client);
  CHECK(ErrorOf(client, "mine").empty());
  CHECK(client.buckets.size() == 3);
}

TEST_CASE("lookup stages chain, drop what is read no more, and count rows once") {
  // members -> workspaces -> orgs of those; many workspaces of one org make one row of the last stage.
  plan::Plan plan = plan::SamplePlan();
  plan::Lookup orgs;
  orgs.table = 0;
  orgs.inputs = {E("(column workspace_id)")};
  orgs.outputs = {E("(column title)")};
  plan.lookups.push_back(orgs);
  plan::Querier& querier = plan.streams[0].queriers[0];
  querier.stages.push_back({plan::LookupStage{1, {E("(binding 0)")}}, E("(<> (binding 2) 'z')")});
  querier.key = {E("(binding 2)")};
  Host host({.on_problem = {}, .on_progress = {}, .buckets_per_session_max = 10, .lookup_rows_max = 5}, plan);
  host.Commit([](Batch& b) {
    for (int i = 0; i < 5; ++i) {
      Member(b, "ann", "w" + std::to_string(i));
      for (int k = 0; k < 10; ++k) Task(b, std::to_string(10 * i + k), "w" + std::to_string(i), k % 2 ? "o1" : "z");
    }
  });
  ModelClient client;
  auto session = host.Connect("ann", client);
  Sync(*session, client);
  CHECK(ErrorOf(client, "mine").empty());
  CHECK(session->BucketNames() == Lines{"w[\"o1\"]"});
}

TEST_CASE("json_each over the request, and its failure") {
  plan::Plan plan = plan::SamplePlan();
  plan::Querier& querier = plan.streams[0].queriers[0];
  querier.stages = {{plan::ExpandStage{"json_each", E("(->> (request auth) 'w')")}, E("(is_not_null (binding 1))")}};
  querier.key = {E("(binding 1)")};
  Host host({}, plan);
  auto names = [&](const std::string& w, std::string* error = nullptr) {
    ModelClient client;
    auto session = Must(host.engine->OpenSession({.auth = R"({"sub":"a","w":)" + w + "}", .connection = {}, .subscriptions = {}, .include_defaults = true, .positions = {}}));
    Sync(*session, client);
    if (error) *error = ErrorOf(client, "mine");
    return session->BucketNames();
  };
  CHECK(names(R"(["a",1,"a",null,1.0])") == Lines{"w[\"a\"]", "w[1]"});
  CHECK(names("null").empty());
  std::string error;
  CHECK(names("\"no json\"", &error).empty());
  CHECK_FALSE(error.empty());
}

TEST_CASE("sessions wait for the first load, and for a rescan") {
  Host host({}, plan::SamplePlan(), false);
  ModelClient client;
  auto session = host.Connect("ann", client);
  auto load = Must(host.engine->BeginLoad());
  CHECK_FALSE(load->resumed());
  Member(*load, "ann", "w1");
  Task(*load, "t1", "w1");
  Task(*load, "t2", "w1");
  Must(load->Checkpoint("half"));
  CHECK_FALSE(Must(session->Advance(client)).served);
  CHECK(Must(host.engine->StaleSessions()).empty());
  Must(load->FinishTable("tasks"));
  (void)Must(load->Finish("done"));
  load.reset();
  CHECK(Must(host.engine->StaleSessions()).size() == 1);
  Sync(*session, client);
  CHECK(Tasks(client) == Set{"t1", "t2"});

  load = Must(host.engine->BeginLoad());
  Task(*load, "t1", "w1");
  Task(*load, "t3", "w1");
  Must(load->Checkpoint("half"));
  client.log.clear();
  CHECK_FALSE(Must(session->Advance(client)).served);
  CHECK(client.log.empty());
  CHECK_FALSE(host.engine->BeginBatch());
  Must(load->FinishTable("tasks"));
  Must(load->FinishTable("members"));
  auto committed = Must(load->Finish("done"));
  CHECK(committed.operations == 2);  // t2 out, t3 in
  load.reset();
  Sync(*session, client);
  CHECK(Tasks(client).empty());  // the membership was not seen either
}

TEST_CASE("an unfinished load is resumed") {
  auto store = store::OpenMemory();
  {
    auto engine = Must(Engine::Open(plan::SamplePlan(), *store));
    auto load = Must(engine->BeginLoad());
    Task(*load, "t1", "w1");
    Task(*load, "t2", "w1");
    Must(load->Checkpoint("after t2"));
    Task(*load, "t3", "w1");
  }
  auto engine = Must(Engine::Open(plan::SamplePlan(), *store));
  CHECK(engine->head().source_position == "after t2");
  CHECK_FALSE(engine->head().loaded);
  auto refused = engine->BeginBatch();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("BeginLoad") != std::string::npos);
  auto load = Must(engine->BeginLoad());
  CHECK(load->resumed());
  Task(*load, "t2", "w1");  // again: no operation
  Task(*load, "t3", "w1");
  Must(load->FinishTable("tasks"));
  CHECK(Must(load->Finish("end")).operations == 1);
  CHECK(engine->head().last_op == 3);
  CHECK(engine->head().loaded);
}

TEST_CASE("a load commits in parts and says how far it is") {
  std::vector<uint64_t> rows;
  Options options;
  options.load_rows_per_commit = 10;
  options.on_progress = [&](const LoadProgress& p) { rows.push_back(p.rows); };
  Host host(std::move(options), plan::SamplePlan(), false);
  auto load = Must(host.engine->BeginLoad());
  for (int i = 0; i < 25; ++i) Task(*load, std::to_string(i), "w1");
  CHECK(rows == std::vector<uint64_t>{10, 20});
  CHECK(host.engine->head().last_op == 20);
  CHECK(Must(load->Finish("")).operations == 25);
  CHECK(rows.back() == 25);
}

TEST_CASE("a store belongs to its plan") {
  auto store = store::OpenMemory();
  Must(Engine::Open(plan::SamplePlan(), *store));
  Must(Engine::Open(plan::SamplePlan(), *store));
  plan::Plan other = plan::SamplePlan();
  other.streams[0].priority = 2;
  auto opened = Engine::Open(other, *store);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::PlanMismatch);
  CHECK(opened.error().message.find("--rebuild") != std::string::npos);
  CHECK(opened.error().message.find("--store") != std::string::npos);
  other.buckets[0].pipelines.clear();
  CHECK(Engine::Open(other, *store).error().code == Code::InvalidPlan);
}

TEST_CASE("a client ahead of the server, or of unknown buckets, does no harm") {
  Host host;
  host.Commit([](Batch& b) {
    Member(b, "ann", "w1");
    Task(b, "t1", "w1");
  });
  auto session = Must(host.engine->OpenSession({.auth = R"({"sub":"ann"})", .connection = {}, .subscriptions = {}, .include_defaults = true,
                                                .positions = {{"w[\"w1\"]", UINT64_MAX}, {"gone", 5}, {"w[\"w1\"]", 999}}}));
  struct Count : wire::LineSink {
    size_t data = 0, complete = 0;
    Status Take(const wire::Line& line) override {
      data += std::holds_alternative<wire::Data>(line);
      complete += std::holds_alternative<wire::CheckpointComplete>(line);
      return Ok();
    }
  } count;
  CHECK(Must(session->Advance(count)).complete);
  CHECK(count.data == 0);
  CHECK(count.complete == 1);
}

TEST_CASE("records round-trip, and damaged ones are refused") {
  Record record;
  record.epoch = 300;
  record.memberships = {{1, 2, "id", {1, 2, 3}}, {200, 0, "", {}}};
  record.lookups = {{3, std::string_view("\0k", 2), ""}, {70000, "", "out"}};
  std::string bytes;
  EncodeRecord(record, bytes);
  Record back;
  REQUIRE(DecodeRecord(bytes, back));
  CHECK(back.epoch == 300);
  REQUIRE(back.memberships.size() == 2);
  CHECK(back.memberships[0].Identity() == record.memberships[0].Identity());
  CHECK(back.memberships[0].hash == record.memberships[0].hash);
  REQUIRE(back.lookups.size() == 2);
  CHECK(back.lookups[1].Identity() == record.lookups[1].Identity());
  uint32_t epoch = 0;
  CHECK(DecodeEpoch(bytes, epoch));
  CHECK(epoch == 300);
  for (size_t cut = 0; cut < bytes.size(); ++cut) (void)DecodeRecord(std::string_view(bytes).substr(0, cut), back);
  CHECK_FALSE(DecodeRecord("", back));
  CHECK_FALSE(DecodeRecord("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", back));
}

}  // namespace
}  // namespace bulkhead::engine
