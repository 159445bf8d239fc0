#include "compiler/driver/run_loop.h"

#include <fmt/format.h>

#include "compiler/driver/run_plan.h"
#include "runtime/source/sqlite_source.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::driver {
namespace {

// A source that is locked for so many of its own timeouts is a failure with `once`; else it is waited for.
constexpr int BusyAttemptsOnce = 3;
constexpr auto BusyPause = std::chrono::milliseconds(200);

// Hands rows on until somebody wants to stop.
class StoppableSink : public value::ChangeSink {
 public:
  StoppableSink(value::ChangeSink& to, RunStop& stop) : to_(to), stop_(stop) {}
  bool stopped() const { return stopped_; }

  Status Upsert(std::string_view table, std::span<const value::Value> key, const value::RowView& row) override {
    BULKHEAD_CHECK_OK(LookForStop());
    return to_.Upsert(table, key, row);
  }
  Status Delete(std::string_view table, std::span<const value::Value> key) override { return to_.Delete(table, key); }
  Status Truncate(std::string_view table) override { return to_.Truncate(table); }
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) override {
    return to_.Unreadable(table, key_text, reason);
  }

 private:
  Status LookForStop() {
    if (++rows_ % 1024 != 0 || !stop_.Requested()) return Ok();
    stopped_ = true;
    return Error{Code::StorageBusy, "interrupted"};
  }

  value::ChangeSink& to_;
  RunStop& stop_;
  uint64_t rows_ = 0;
  bool stopped_ = false;
};

class Deployment {
 public:
  Deployment(const RunOptions& options, RunReport& report, RunStop& stop)
      : options_(options), report_(report), stop_(stop), clients_(report, /*patient=*/!options.once) {}

  Status Open(plan::Plan plan);
  Status Run();

 private:
  Status OpenStore(plan::Plan plan);
  Status OpenSource();
  Status Update();
  Status LoadEverything();
  Result<std::optional<std::string>> Load(std::span<const std::string> tables, engine::Load& load);
  Status Poll();
  Status Rescan(const std::vector<std::string>& tables, const std::string& position);
  Status Advance();
  Status AwaitWork();
  bool IsDone() const { return clients_.all_given_up() || (options_.once && clients_.up_to_date()); }
  Status TryAgainWhenBusy(Status status);

  const RunOptions& options_;
  RunReport& report_;
  RunStop& stop_;
  std::vector<source::TableRequest> tables_;
  std::vector<std::string> wildcards_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  RunClients clients_;  // after engine_: sessions die first
  std::unique_ptr<source::Source> source_;
  int busy_in_a_row_ = 0;
};

// Everything is looked at before anything is written: last come the triggers, which are in somebody else's database.
Status Deployment::Open(plan::Plan plan) {
  BULKHEAD_TRY(tables_, TablesToFollow(plan, options_.source));
  for (const plan::Table& table : plan.tables) {
    if (table.wildcard) wildcards_.push_back(table.QualifiedName());
  }
  auto inspected = source::InspectSqlite(options_.source);
  if (!inspected) return inspected.error();
  BULKHEAD_CHECK_OK(OpenStore(std::move(plan)));
  BULKHEAD_CHECK_OK(clients_.Open(options_.clients));
  BULKHEAD_CHECK_OK(OpenSource());
  return clients_.Connect(*engine_);
}

Status Deployment::OpenStore(plan::Plan plan) {
  store::SqliteOptions store_options;
  store_options.rebuild = options_.rebuild;
  BULKHEAD_TRY(store_, store::OpenSqlite(options_.store, store_options));
  engine::Options engine_options;
  engine_options.on_problem = [this](const engine::RowProblem& problem) { report_.Problem(problem); };
  BULKHEAD_TRY(engine_, engine::Engine::Open(std::move(plan), *store_, std::move(engine_options)));
  return Ok();
}

Status Deployment::OpenSource() {
  source::SqliteOptions source_options;
  source_options.consumer = ConsumerName(options_.store);
  source_options.on_warning = [this](const std::string& text) { report_.Warn(text); };
  BULKHEAD_TRY(auto installed, source::InstallSqlite(options_.source, tables_, source_options.consumer));
  if (!installed.installed.empty())
    report_.Note(InstalledText(options_.source, installed) +
                 fmt::format("; `bulkhead source remove {}` takes them out again", options_.source));
  for (const std::string& warning : installed.warnings) report_.Warn(warning);
  BULKHEAD_TRY(source_, source::OpenSqlite(options_.source, tables_, std::move(source_options)));
  return Ok();
}

Status Deployment::Run() {
  while (!stop_.Requested()) {
    BULKHEAD_CHECK_OK(TryAgainWhenBusy(Update()));
    if (!report_.reaches_out()) return Error{Code::StorageFailed, "standard output cannot be written"};
    if (IsDone() || stop_.Requested()) break;
    BULKHEAD_CHECK_OK(TryAgainWhenBusy(AwaitWork()));
  }
  return clients_.Failure();
}

Status Deployment::TryAgainWhenBusy(Status status) {
  if (status) {
    busy_in_a_row_ = 0;
    return status;
  }
  if (stop_.Requested() || status.error().code != Code::StorageBusy) return stop_.Requested() ? Ok() : status;
  if (options_.once && ++busy_in_a_row_ == BusyAttemptsOnce) return status;
  report_.Warn(status.error().message + "; trying again");
  stop_.Sleep(BusyPause);
  return Ok();
}

// Brings the store and then the clients to the state of the source.
Status Deployment::Update() {
  const store::Head& head = engine_->head();
  if (!head.loaded || head.loading) BULKHEAD_CHECK_OK(LoadEverything());
  if (stop_.Requested()) return Ok();
  BULKHEAD_CHECK_OK(Poll());
  if (stop_.Requested()) return Ok();
  return Advance();
}

// Gives the load every row of the tables. The snapshot's position, or none when somebody wants to stop.
Result<std::optional<std::string>> Deployment::Load(std::span<const std::string> tables, engine::Load& load) {
  StoppableSink sink(load, stop_);
  source::LoadEvents events;
  events.on_progress = [this](const source::LoadProgress& progress) { report_.Progress(progress); };
  events.on_table_done = [&load](std::string_view table) { return load.FinishTable(table); };
  report_.BeginLoad();
  auto position = source_->Load(tables, sink, events);
  report_.EndLoad(sink.stopped());
  if (position) return std::optional(*std::move(position));
  if (sink.stopped()) return std::optional<std::string>();
  return position.error();
}

Status Deployment::LoadEverything() {
  BULKHEAD_TRY(auto load, engine_->BeginLoad());
  if (load->resumed()) report_.Note("going on with a load that was interrupted");
  BULKHEAD_TRY(auto position, Load({}, *load));
  if (!position) return Ok();
  // Rows of tables that were dropped.
  for (const std::string& wildcard : wildcards_) BULKHEAD_CHECK_OK(load->FinishTable(wildcard));
  auto finished = load->Finish(*position);
  if (finished) source_->Acknowledge(*position);
  return finished ? Ok() : Status(finished.error());
}

Status Deployment::Poll() {
  const std::string before = engine_->head().source_position;
  BULKHEAD_TRY(auto batch, engine_->BeginBatch());
  BULKHEAD_TRY(auto polled, source_->Poll(before, *batch));
  if (polled.changes == 0 && polled.rescan.empty() && polled.position == before) return Ok();
  auto committed = batch->Commit(polled.rescan.empty() ? polled.position : before);
  if (!committed) return committed.error();
  batch.reset();
  if (!polled.rescan.empty()) BULKHEAD_CHECK_OK(Rescan(polled.rescan, polled.position));
  if (!stop_.Requested()) source_->Acknowledge(polled.position);
  return Ok();
}

Status Deployment::Rescan(const std::vector<std::string>& tables, const std::string& position) {
  report_.Note(fmt::format("reading again: {}", fmt::join(tables, ", ")));
  BULKHEAD_TRY(auto load, engine_->BeginLoad());
  BULKHEAD_TRY(auto loaded, Load(tables, *load));
  if (!loaded) return Ok();
  auto finished = load->Finish(position);
  return finished ? Ok() : Status(finished.error());
}

Status Deployment::Advance() {
  Status advanced = clients_.Advance([this] { return stop_.Requested(); });
  report_.SeenAt(std::nullopt);
  return advanced;
}

// Until the source changes, a client is to be tried again, or somebody wants to stop.
Status Deployment::AwaitWork() {
  while (!stop_.Sleep(options_.poll)) {
    auto retry_at = clients_.retry_at();
    if (retry_at && *retry_at <= Clock::now()) return Ok();
    BULKHEAD_TRY(bool changed, source_->HasChanged());
    if (!changed) continue;
    report_.SeenAt(Clock::now());
    return Ok();
  }
  return Ok();
}

// Over a throw-away store, so that a request nobody can serve touches no file.
Status CheckRequests(const plan::Plan& plan, const std::vector<ClientSpec>& specs) {
  auto store = store::OpenMemory();
  BULKHEAD_TRY(auto engine, engine::Engine::Open(plan, *store));
  for (const ClientSpec& spec : specs) {
    engine::Request request;
    request.auth = spec.claims;
    request.subscriptions = spec.subscriptions;
    auto session = engine->OpenSession(std::move(request));
    if (session) continue;
    bool no_json = session.error().message.ends_with("JSON object");
    std::string help = no_json ? fmt::format("\n  = help: write {}='{{\"sub\":\"alice\"}}', with the quotes", spec.path) : "";
    return Error{session.error().code, fmt::format("client `{}`: {}{}", spec.path, session.error().message, help)};
  }
  return Ok();
}

}  // namespace

Status RunUntilStopped(plan::Plan plan, const RunOptions& options, RunReport& report, RunStop& stop) {
  BULKHEAD_CHECK_OK(CheckRequests(plan, options.clients));
  Deployment deployment(options, report, stop);
  Status opened = deployment.Open(std::move(plan));
  if (!opened) return opened.error().code == Code::StorageBusy && stop.Requested() ? Ok() : opened;
  return deployment.Run();
}

}  // namespace bulkhead::driver
