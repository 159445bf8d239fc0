// Goal: after every transaction, every client has exactly the buckets and rows that the plan gives its request over the
// rows there are: whatever the order of transactions, restarts, reconnects, interruptions and rescans.
// Method: random plans, requests and histories; an engine over the memory store and one over the SQLite store run
// side by side and are compared with the answer computed from scratch (engine_recompute.cpp). Failing histories are
// shrunk by leaving out steps and changes. BULKHEAD_SEED fixes the case, BULKHEAD_CASES how many are run.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "engine_world.h"
#include "runtime/plan/load.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"
#include "tests/unit/model_client.h"

namespace bulkhead::engine {
namespace {

namespace fs = std::filesystem;
using value::Value;

const auto Shape = std::make_shared<value::RowShape>(value::RowShape{{"id", "a", "b", "c"}});

void Send(value::ChangeSink& sink, const Change& change) {
  std::string table = fmt::format("t{}", change.table);
  Value row[4] = {Value::Text(change.key)};
  for (size_t i = 0; i < change.row.size(); ++i) row[i + 1] = change.row[i].view();
  Status sent = change.kind == Change::Upsert   ? sink.Upsert(table, std::span(row).first(1), {Shape, row})
                : change.kind == Change::Delete ? sink.Delete(table, std::span(row).first(1))
                                                : sink.Truncate(table);
  if (!sent) throw std::runtime_error(sent.error().message);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}
void Must(Status status) {
  if (!status) throw std::runtime_error(status.error().message);
}

// One engine with its clients.
class Subject {
 public:
  Subject(std::string name, const plan::Plan& plan, const std::vector<Request>& requests,
          std::function<std::unique_ptr<store::Store>()> open_store)
      : name_(std::move(name)), plan_(plan), requests_(requests), open_store_(std::move(open_store)) {
    Start();
    auto load = Must(engine_->BeginLoad());
    (void)Must(load->Finish("0"));
  }

  void Run(const Step& step, const Database& database) {
    switch (step.kind) {
      case Step::Commit: Commit(step); break;
      case Step::Connect: Connect(step.client); break;
      case Step::Disconnect: sessions_[step.client].reset(); break;
      case Step::Interrupt: Connect(step.client), Interrupt(step.client); return;
      case Step::Restart: Restart(); break;
      case Step::Rescan: Rescan(database, SIZE_MAX); break;
      case Step::BrokenRescan: Rescan(database, 3), Restart(), Rescan(database, SIZE_MAX); break;
    }
    AdvanceAll(step.stale_first);
    for (size_t i = 0; i < ClientCount; ++i) {
      if (sessions_[i]) Compare(i, database);
    }
  }

 private:
  void Start() {
    store_ = open_store_();
    Options options;
    options.load_rows_per_commit = 4;
    engine_ = Must(Engine::Open(plan_, *store_, options));
  }
  // As after a crash: clients know what they had, the engine what it committed.
  void Restart() {
    bool connected[ClientCount];
    for (size_t i = 0; i < ClientCount; ++i) connected[i] = sessions_[i] != nullptr, sessions_[i].reset();
    uint64_t last_op = engine_->head().last_op;
    engine_.reset();
    store_ = nullptr;
    Start();
    Expect(engine_->head().last_op == last_op, "the checkpoint after a restart");
    for (size_t i = 0; i < ClientCount; ++i) {
      if (connected[i]) Connect(i);
    }
  }
  void Connect(size_t client) {
    sessions_[client].reset();
    Request request = requests_[client];
    request.positions = clients_[client].Reconnect();
    sessions_[client] = Must(engine_->OpenSession(request));
  }
  void Interrupt(size_t client) {
    clients_[client].fail_at = clients_[client].log.size() + 1;
    (void)sessions_[client]->Advance(clients_[client], 1);
    clients_[client].fail_at = SIZE_MAX;
  }
  void Commit(const Step& step) {
    auto batch = Must(engine_->BeginBatch());
    for (const Change& change : step.changes) Send(*batch, change);
    uint64_t before = engine_->head().last_op;
    Committed committed = Must(batch->Commit("position"));
    Expect(committed.last_op >= before + committed.operations, "op ids grow by the operations");
    Expect(committed.last_op <= before + std::max<uint64_t>(committed.operations, 1), "op ids have no gaps");
  }
  void Rescan(const Database& database, size_t rows_max) {
    auto load = Must(engine_->BeginLoad());
    for (size_t table = 0; table < TableCount; ++table) {
      for (const auto& [key, row] : database.tables[table]) {
        if (rows_max-- == 0) return;
        Send(*load, {Change::Upsert, table, key, row});
      }
      Must(load->FinishTable(fmt::format("t{}", table)));
    }
    (void)Must(load->Finish("rescanned"));
  }

  // Asking for the stale ones must not change what is sent, and must be right.
  void AdvanceAll(bool stale_first) {
    std::set<Session*> stale;
    if (stale_first) {
      for (Session* s : Must(engine_->StaleSessions())) stale.insert(s);
    }
    for (size_t i = 0; i < ClientCount; ++i) {
      if (!sessions_[i]) continue;
      ModelClient& client = clients_[i];
      size_t before = client.log.size();
      Advanced advanced = Must(sessions_[i]->Advance(client));
      Expect(advanced.served && advanced.complete && client.complete, "the client is brought up to date");
      bool said = client.log.size() > before;
      if (stale_first) Expect(said == stale.contains(sessions_[i].get()), "stale sessions are those with something to say");
    }
    Expect(Must(engine_->StaleSessions()).empty(), "nobody is stale any more");
  }

  void Compare(size_t i, const Database& database) {
    const ModelClient& client = clients_[i];
    for (const std::string& problem : client.problems) Expect(false, problem);
    std::map<std::string, std::set<std::string>> has;
    for (const auto& [name, bucket] : client.buckets) {
      auto& rows = has[name];
      for (const auto& [identity, data] : bucket.rows) {
        const auto& [type, id, subkey] = identity;
        rows.insert(type + "/" + id + " " + subkey + " " + data);
      }
    }
    auto wanted = Recompute(plan_, requests_[i], database);
    if (has == wanted) return;
    std::string text = fmt::format("client {}\n  has", i);
    for (const auto& [name, rows] : has) text += fmt::format("\n    {}: {}", name, fmt::join(rows, ", "));
    text += "\n  should have";
    for (const auto& [name, rows] : wanted) text += fmt::format("\n    {}: {}", name, fmt::join(rows, ", "));
    Expect(false, text);
  }

  void Expect(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(name_ + ": " + what);
  }

  std::string name_;
  const plan::Plan& plan_;
  const std::vector<Request>& requests_;
  std::function<std::unique_ptr<store::Store>()> open_store_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Engine> engine_;
  ModelClient clients_[ClientCount];
  std::unique_ptr<Session> sessions_[ClientCount];
};

// A store that is not closed when its user lets go of it.
class Borrowed final : public store::Store {
 public:
  explicit Borrowed(store::Store& store) : store_(store) {}
  std::string Describe() const override { return store_.Describe(); }
  Result<std::unique_ptr<store::Writer>> Begin() override { return store_.Begin(); }
  Result<std::unique_ptr<store::Reader>> Read() override { return store_.Read(); }

 private:
  store::Store& store_;
};

struct Case {
  plan::Plan plan;
  std::vector<Request> requests;
  History history;
};

Case MakeCase(uint64_t seed) {
  Dice dice(seed);
  Case made;
  made.plan = RandomPlan(dice);
  for (size_t i = 0; i < ClientCount; ++i) made.requests.push_back(RandomRequest(dice, made.plan));
  made.history = RandomHistory(dice, 5 + dice.Below(25));
  return made;
}

// What is wrong; empty when nothing is.
std::string RunCase(const Case& c, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  auto memory = store::OpenMemory();
  size_t step = 0;
  try {
    Subject in_memory("memory", c.plan, c.requests, [&] { return std::make_unique<Borrowed>(*memory); });
    Subject in_sqlite("sqlite", c.plan, c.requests, [&] { return Must(store::OpenSqlite((folder / "s.db").string())); });
    Database database;
    for (; step < c.history.size(); ++step) {
      for (const Change& change : c.history[step].changes) Apply(change, database);
      in_memory.Run(c.history[step], database);
      in_sqlite.Run(c.history[step], database);
    }
    return "";
  } catch (const std::exception& error) {
    return fmt::format("step {}: {}", step, error.what());
  }
}

Case Shrink(Case failing, const fs::path& folder) {
  auto try_instead = [&](Case smaller) {
    if (RunCase(smaller, folder).empty()) return false;
    failing = std::move(smaller);
    return true;
  };
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t i = failing.history.size(); i-- > 0;) {
      Case without = failing;
      without.history.erase(without.history.begin() + static_cast<long>(i));
      if (try_instead(std::move(without))) smaller = true;
    }
    for (size_t i = failing.history.size(); i-- > 0;) {
      for (size_t k = failing.history[i].changes.size(); k-- > 0;) {
        Case without = failing;
        without.history[i].changes.erase(without.history[i].changes.begin() + static_cast<long>(k));
        if (try_instead(std::move(without))) smaller = true;
      }
    }
  }
  return failing;
}

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST_CASE("engine: incremental over both stores == recomputed", "[property]") {
  bool fixed = std::getenv("BULKHEAD_SEED");
  uint64_t first = fixed ? Setting("BULKHEAD_SEED", 0) : std::random_device()();
  uint64_t cases = fixed ? 1 : Setting("BULKHEAD_CASES", 60);
  std::string pattern = (fs::temp_directory_path() / "bulkhead-engine-XXXXXX").string();
  fs::path folder = mkdtemp(pattern.data());
  size_t rows_shown = 0;
  for (uint64_t seed = first; seed < first + cases; ++seed) {
    Case c = MakeCase(seed);
    REQUIRE(plan::Verify(c.plan));
    std::string problem = RunCase(c, folder / "case");
    if (!problem.empty()) {
      Case small = Shrink(c, folder / "case");
      std::string text = fmt::format("BULKHEAD_SEED={}\n{}\nshrunk to:\n{}", seed, RunCase(small, folder / "case"), plan::ToJson(small.plan));
      for (const Request& r : small.requests) text += fmt::format("\n  request {} {}", r.auth, r.connection.value_or(""));
      for (const Step& step : small.history) text += "\n  " + Describe(step);
      fs::remove_all(folder);
      FAIL(text);
    }
    Database database;
    for (const Step& step : c.history) {
      for (const Change& change : step.changes) Apply(change, database);
    }
    for (const Request& request : c.requests) {
      for (const auto& [name, rows] : Recompute(c.plan, request, database)) rows_shown += rows.size();
    }
  }
  fs::remove_all(folder);
  if (!fixed) CHECK(rows_shown > cases / 4);  // else the cases test nothing
}

}  // namespace
}  // namespace bulkhead::engine
