#include "compiler/driver/host.h"

#include <fmt/format.h>

#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::driver {
namespace {

// A client whose sums disagree asks for a new session; more than a few in a row means they never will agree.
constexpr int RestartsMax = 3;

std::optional<std::vector<value::Value>> Views(const value::OwnedRow& row) {
  std::vector<value::Value> views;
  for (const value::OwnedValue& value : row) views.push_back(value.view());
  return views;
}

Status ApplyChange(value::ChangeSink& sink, const std::vector<std::string>& key_columns,
                   const RowChange& change) {
  auto key_of = [&](const NamedRow& row) -> std::optional<std::vector<value::Value>> {
    std::vector<value::Value> key;
    for (const std::string& column : key_columns) {
      const value::OwnedValue* found = row.Find(column);
      if (!found || found->is_null()) return std::nullopt;
      key.push_back(found->view());
    }
    return key;
  };
  if (change.old) {
    if (auto key = key_of(*change.old)) BULKHEAD_CHECK_OK(sink.Delete(change.table, *key));
  }
  auto key = change.key.empty() ? key_of(change.row) : Views(change.key);
  if (!key) return sink.Unreadable(change.table, "?", "its key is NULL or missing");
  if (change.kind == RowChange::Kind::Delete) return sink.Delete(change.table, *key);
  std::vector<value::Value> values;
  for (const value::OwnedValue& value : change.row.values) values.push_back(value.view());
  auto shape = std::make_shared<value::RowShape>(value::RowShape{change.row.columns});
  return sink.Upsert(change.table, *key, {std::move(shape), values});
}

}  // namespace

const value::OwnedValue* NamedRow::Find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == column) return &values[i];
  return nullptr;
}

Host::Host(plan::Plan plan, engine::Options options, std::string store_path)
    : plan_(std::move(plan)), options_(std::move(options)), store_path_(std::move(store_path)) {}

Result<std::unique_ptr<Host>> Host::Start(plan::Plan plan, engine::Options options, std::string store_path) {
  std::unique_ptr<Host> host(new Host(std::move(plan), std::move(options), std::move(store_path)));
  BULKHEAD_CHECK_OK(host->OpenStore());
  BULKHEAD_CHECK_OK(host->OpenEngine());
  BULKHEAD_TRY(auto load, host->engine_->BeginLoad());
  for (const plan::Table& table : host->plan_.tables)
    BULKHEAD_CHECK_OK(load->FinishTable(table.QualifiedName()));
  BULKHEAD_TRY(auto committed, load->Finish("0"));
  static_cast<void>(committed);
  return host;
}

Status Host::OpenStore() {
  if (store_path_.empty()) {
    store_ = store::OpenMemory();
    return Ok();
  }
  auto store = store::OpenSqlite(store_path_);
  if (!store) return store.error();
  store_ = *std::move(store);
  return Ok();
}

Status Host::OpenEngine() {
  auto engine = engine::Engine::Open(plan_, *store_, options_);
  if (!engine) return engine.error();
  engine_ = *std::move(engine);
  return Ok();
}

const std::vector<std::string>* Host::KeyOf(std::string_view table) const {
  for (const plan::Table& candidate : plan_.tables)
    if (candidate.QualifiedName() == table) return &candidate.key;
  for (const plan::Table& candidate : plan_.tables)
    if (candidate.Matches(table)) return &candidate.key;
  return nullptr;
}

Status Host::Apply(const std::vector<RowChange>& changes) {
  BULKHEAD_TRY(auto batch, engine_->BeginBatch());
  for (const RowChange& change : changes)
    if (const auto* key = KeyOf(change.table)) BULKHEAD_CHECK_OK(ApplyChange(*batch, *key, change));
  BULKHEAD_TRY(auto committed, batch->Commit(fmt::format("{}", ++position_)));
  static_cast<void>(committed);
  return Ok();
}

void Host::Connect(const std::string& name, engine::Request request) {
  Peer& peer = peers_[name];
  peer.session.reset();
  peer.request = std::move(request);
}

void Host::Disconnect(const std::string& name) {
  Peer& peer = peers_[name];
  peer.session.reset();
  peer.request.reset();
}

Status Host::OpenSession(Peer& peer) {
  if (!peer.client) {
    auto client = client::Client::Open(":memory:", {});
    if (!client) return client.error();
    peer.client = *std::move(client);
  }
  engine::Request request = *peer.request;
  for (client::BucketPosition& position : peer.client->Connect())
    request.positions.push_back({std::move(position.bucket), position.after});
  auto session = engine_->OpenSession(std::move(request));
  if (!session) return session.error();
  peer.session = *std::move(session);
  return Ok();
}

Result<engine::Advanced> Host::Advance(Peer& peer) {
  for (int attempt = 0;; ++attempt) {
    if (!peer.session) BULKHEAD_CHECK_OK(OpenSession(peer));
    auto advanced = peer.session->Advance(*peer.client);
    if (advanced || !peer.client->needs_restart() || attempt == RestartsMax) return advanced;
    peer.session.reset();
  }
}

Result<Synced> Host::Sync(const std::string& name) {
  auto at = peers_.find(name);
  if (at == peers_.end() || !at->second.request)
    return Error{Code::InvalidRequest, fmt::format("client `{}` is not connected", name)};
  Peer& peer = at->second;
  BULKHEAD_TRY(auto advanced, Advance(peer));
  BULKHEAD_TRY(auto tables, peer.client->DumpTables());
  return Synced{std::move(tables), peer.session->BucketNames().size(), advanced.operations,
                peer.client->last_op_id()};
}

Status Host::Restart() {
  for (auto& [name, peer] : peers_) peer.session.reset();
  engine_.reset();
  if (!store_path_.empty()) {
    store_.reset();  // its lock must go first
    BULKHEAD_CHECK_OK(OpenStore());
  }
  return OpenEngine();
}

}  // namespace bulkhead::driver
