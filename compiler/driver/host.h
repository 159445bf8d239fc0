// A whole deployment in one process: an engine over a store, sessions, and clients with local databases.
// `replay`, `test` and the scenario tests drive it step by step.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/client/client.h"
#include "runtime/engine/engine.h"
#include "runtime/store/store.h"
#include "runtime/value/value.h"

namespace bulkhead::driver {

// One row of a scenario or test, by column name.
struct NamedRow {
  std::vector<std::string> columns;
  value::OwnedRow values;
  const value::OwnedValue* Find(std::string_view column) const;
};

struct RowChange {
  enum class Kind : uint8_t { Upsert, Delete } kind = Kind::Upsert;
  std::string table;            // as in the plan
  NamedRow row;                 // the whole new row; for Delete at least the key
  value::OwnedRow key;          // the key's values; empty: those of the key columns in `row`
  std::optional<NamedRow> old;  // the old key, when an update changed it
};

// What a client holds after a sync.
struct Synced {
  std::vector<client::DumpedTable> tables;
  size_t buckets = 0;
  uint64_t operations = 0;  // received by this sync
  uint64_t checkpoint = 0;
};

class Host {
 public:
  // `on_problem` hears of rows that could not be evaluated. The store is a new SQLite file at `store_path`,
  // or in memory without one.
  static Result<std::unique_ptr<Host>> Start(plan::Plan plan, engine::Options options = {},
                                             std::string store_path = {});

  // One source transaction. Changes of tables the plan does not read are ignored.
  Status Apply(const std::vector<RowChange>& changes);
  // The name's request from now on; its local database, if it has one, stays.
  void Connect(const std::string& client, engine::Request request);
  void Disconnect(const std::string& client);
  // Brings the client to the newest checkpoint.
  Result<Synced> Sync(const std::string& client);
  // As if the process had been started anew over the same store (a file is closed and opened again); clients
  // reconnect with their positions.
  Status Restart();

  const plan::Plan& plan() const { return plan_; }
  // The columns of the table's key, or null for a table the plan does not read.
  const std::vector<std::string>* KeyOf(std::string_view table) const;

 private:
  struct Peer {
    std::unique_ptr<client::Client> client;
    std::optional<engine::Request> request;    // none: disconnected
    std::unique_ptr<engine::Session> session;  // opened by the next Sync when absent
  };
  Host(plan::Plan plan, engine::Options options, std::string store_path);
  Status OpenStore();
  Status OpenEngine();
  Status OpenSession(Peer& peer);
  Result<engine::Advanced> Advance(Peer& peer);

  plan::Plan plan_;
  engine::Options options_;
  std::string store_path_;  // empty: in memory
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  std::map<std::string, Peer> peers_;  // after engine_: sessions die first
  uint64_t position_ = 0;
};

}  // namespace bulkhead::driver
