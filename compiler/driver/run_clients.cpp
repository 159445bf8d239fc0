#include "compiler/driver/run_clients.h"

#include <fmt/format.h>

#include <algorithm>

namespace bulkhead::driver {
namespace {

// Between looks at whether to stop, and at the other clients.
constexpr uint64_t OperationsPerTurn = 5'000;
constexpr auto RetryFirst = std::chrono::milliseconds(25);
constexpr auto RetryLongest = std::chrono::seconds(5);
constexpr int FailuresMax = 7;  // in a row: half a dozen seconds

// Remembers whether it was the client that failed, and not the engine.
class ClientSink : public wire::LineSink {
 public:
  explicit ClientSink(client::Client& client) : client_(client) {}
  Status Take(const wire::Line& line) override {
    Status taken = client_.Take(line);
    if (!taken) failed_ = true;
    return taken;
  }
  bool failed() const { return failed_; }

 private:
  client::Client& client_;
  bool failed_ = false;
};

// Where the file's name ends: names may have "=" in them, so the first one before a "{", else the first one.
size_t EndOfName(const std::string& text) {
  size_t end = text.find("={");
  return end == std::string::npos ? text.find('=') : end;
}

engine::Subscription ParseSubscription(const std::string& text) {
  size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, std::nullopt, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1), std::nullopt};
}

}  // namespace

Result<ClientSpec> ParseClient(const std::string& text) {
  size_t end = EndOfName(text);
  if (end == std::string::npos || end == 0)
    return Error{Code::InvalidRequest,
                 fmt::format("`--client {}`: write FILE=CLAIMS, such as alice.db='{{\"sub\":\"alice\"}}'", text)};
  return ClientSpec{text.substr(0, end), text.substr(end + 1), {}};
}

Status AddSubscription(std::vector<ClientSpec>& clients, const std::string& text) {
  for (ClientSpec& client : clients) {
    if (!text.starts_with(client.path + "=")) continue;
    client.subscriptions.push_back(ParseSubscription(text.substr(client.path.size() + 1)));
    return Ok();
  }
  if (text.find('=') == std::string::npos)
    return Error{Code::InvalidRequest,
                 fmt::format("`--subscribe {}`: write FILE=STREAM or FILE=STREAM:{{\"parameter\": 1}}", text)};
  return Error{Code::NotFound, fmt::format("`--subscribe {}`: no --client has that file", text)};
}

struct RunClients::Live {
  ClientSpec spec;
  std::unique_ptr<client::Client> client;
  std::unique_ptr<engine::Session> session;  // none: to be opened
  bool behind = true;                        // not told everything yet
  bool given_up = false;
  std::optional<Clock::time_point> retry_at;
  int failures = 0;  // in a row
  std::string told_trouble, told_errors;

  bool IsDue() const { return !retry_at || *retry_at <= Clock::now(); }
  // Each time in a row waits twice as long.
  void TryLater() {
    behind = true;
    retry_at = Clock::now() + std::min<Clock::duration>(RetryFirst * (1 << std::min(failures, 10)), RetryLongest);
  }
  void Succeeded() {
    retry_at.reset();
    failures = 0;
    told_trouble.clear();
  }
};

RunClients::RunClients(RunReport& report, bool patient) : report_(report), patient_(patient) {}
RunClients::~RunClients() = default;

Status RunClients::Open(const std::vector<ClientSpec>& specs) {
  for (const ClientSpec& spec : specs) {
    auto live = std::make_unique<Live>();
    live->spec = spec;
    client::Options options;
    options.on_applied = [this, name = spec.path](const client::Applied& applied) { report_.Applied(name, applied); };
    BULKHEAD_TRY(live->client, client::Client::Open(spec.path, std::move(options)));
    clients_.push_back(std::move(live));
  }
  return Ok();
}

Status RunClients::Connect(engine::Engine& engine) {
  engine_ = &engine;
  for (auto& live : clients_) {
    if (Status opened = OpenSession(*live); !opened)
      return Error{opened.error().code, fmt::format("client `{}`: {}", live->spec.path, opened.error().message)};
  }
  return Ok();
}

Status RunClients::OpenSession(Live& live) {
  engine::Request request;
  request.auth = live.spec.claims;
  request.subscriptions = live.spec.subscriptions;
  for (auto& [bucket, after] : live.client->Connect()) request.positions.push_back({std::move(bucket), after});
  BULKHEAD_TRY(live.session, engine_->OpenSession(std::move(request)));
  live.behind = true;
  return Ok();
}

Status RunClients::AdvanceOne(Live& live) {
  if (!live.session) BULKHEAD_CHECK_OK(OpenSession(live));
  ClientSink sink(*live.client);
  auto advanced = live.session->Advance(sink, OperationsPerTurn);
  if (!advanced) return sink.failed() ? Failed(live, advanced.error()) : Status(advanced.error());
  live.behind = !advanced->complete;
  if (!advanced->served) live.TryLater();
  else live.Succeeded();
  TellErrors(live);
  return Ok();
}

// A failure of a client's file is that client's own.
Status RunClients::Failed(Live& live, const Error& error) {
  bool locked = error.code == Code::StorageBusy, restart = live.client->needs_restart();
  if (restart) live.session.reset();
  if (!locked || !patient_) ++live.failures;
  if ((!locked && !restart) || live.failures > FailuresMax) {
    report_.Note(fmt::format("error: {}: {}; given up", live.spec.path, error.message));
    live.given_up = true;
    live.behind = false;
    live.session.reset();
    return Ok();
  }
  if (live.told_trouble != error.message) report_.Warn(fmt::format("{}: {}; trying again", live.spec.path, error.message));
  live.told_trouble = error.message;
  live.TryLater();
  return Ok();
}

void RunClients::TellErrors(Live& live) {
  std::string errors;
  for (const wire::StreamState& stream : live.session->streams())
    for (const wire::SubscriptionError& error : stream.errors)
      errors += fmt::format("{}{}: stream `{}`: {}", errors.empty() ? "" : "\n", live.spec.path, stream.name, error.message);
  if (errors != live.told_errors && !errors.empty()) report_.Warn(errors);
  live.told_errors = std::move(errors);
}

Status RunClients::Advance(const std::function<bool()>& stop) {
  BULKHEAD_TRY(std::vector<engine::Session*> stale, engine_->StaleSessions());
  for (auto& live : clients_)
    if (live->session && std::find(stale.begin(), stale.end(), live->session.get()) != stale.end()) live->behind = true;
  for (bool more = true; more && !stop();) {
    more = false;
    for (auto& live : clients_) {
      if (!live->behind || !live->IsDue() || stop()) continue;
      BULKHEAD_CHECK_OK(AdvanceOne(*live));
      more = more || live->behind;
    }
  }
  return Ok();
}

Status RunClients::Failure() const {
  std::string names;
  for (const auto& live : clients_)
    if (live->given_up) names += fmt::format("{}`{}`", names.empty() ? "" : ", ", live->spec.path);
  if (names.empty()) return Ok();
  return Error{Code::StorageFailed, fmt::format("not up to date: {}", names)};
}

bool RunClients::all_given_up() const {
  return std::all_of(clients_.begin(), clients_.end(), [](const auto& live) { return live->given_up; });
}

bool RunClients::up_to_date() const {
  return std::none_of(clients_.begin(), clients_.end(), [](const auto& live) { return live->behind; });
}

std::optional<Clock::time_point> RunClients::retry_at() const {
  std::optional<Clock::time_point> first;
  for (const auto& live : clients_)
    if (live->behind && live->retry_at && (!first || *live->retry_at < *first)) first = live->retry_at;
  return first;
}

}  // namespace bulkhead::driver
