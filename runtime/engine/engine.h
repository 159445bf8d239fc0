// The public interface for embedding: a verified plan and a store become committed checkpoints and live sessions.
//
//   BULKHEAD_TRY(auto plan, plan::Load(json));
//   BULKHEAD_TRY(auto store, store::OpenSqlite("state.db"));
//   BULKHEAD_TRY(auto engine, engine::Engine::Open(std::move(plan), *store));
//   BULKHEAD_TRY(auto load, engine->BeginLoad());             // once: every row there is
//   …load->Upsert("tasks", key, row)… load->FinishTable("tasks"); load->Finish(position);
//   BULKHEAD_TRY(auto batch, engine->BeginBatch());           // per source transaction
//   …batch->Upsert(…), batch->Delete(…)…
//   BULKHEAD_TRY(auto committed, batch->Commit(position));
//   BULKHEAD_TRY(auto session, engine->OpenSession({.auth = R"({"sub":"alice"})"}));
//   BULKHEAD_TRY(auto progress, session->Advance(sink));      // lines for the client; again when it is stale
//
// Threads: an engine with its batches, loads and sessions is used by one thread at a time. Ownership: the store
// outlives the engine, the engine outlives everything it gave. Callbacks and sinks must not call the engine.
// Failures: a failed commit changed nothing; the batch can only be dropped. A failed row stops nothing: it is
// reported (Options::on_problem) and is not where it could not be computed to be.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/base/result.h"
#include "runtime/plan/plan.h"
#include "runtime/store/store.h"
#include "runtime/value/change.h"
#include "runtime/wire/line.h"

namespace bulkhead::engine {

// A source row that could not be read, or evaluated for one output.
struct RowProblem {
  std::string table;   // as in the plan
  std::string key;     // JSON array of the key's values, or what the source calls the row
  std::string place;   // "tasks in bucket b1", "lookup of members"; empty: the row as a whole
  std::string reason;  // one lower-case sentence
};

// After each commit of a load.
struct LoadProgress {
  std::string_view table;  // of the last row
  uint64_t rows = 0;        // taken since the load began (in this process)
  uint64_t operations = 0;  // made of them
};

struct Options {
  std::function<void(const RowProblem&)> on_problem;
  std::function<void(const LoadProgress&)> on_progress;
  size_t buckets_per_session_max = limits::BucketsPerSessionMax;
  // Different binding tuples alive at one stage of one subscription.
  size_t lookup_rows_max = limits::LookupRowsPerSubscriptionMax;
  // A load commits when it holds so much.
  size_t load_rows_per_commit = 10'000;
  size_t load_bytes_per_commit = 16u << 20;
};

struct Committed {
  uint64_t last_op = 0;     // the checkpoint after the commit
  uint64_t operations = 0;  // made by it
};

// One source transaction. Only its net effect counts: rows are compared with what the engine remembers of them
// when Commit runs, so a value that toggles away and back makes no operation. Held in memory until then: about
// the size of the output rows. Dropping it without Commit changes nothing.
//
// Unreadable only reports: a source that knows the row's key also calls Delete.
class Batch : public value::ChangeSink {
 public:
  // All or nothing. `source_position` becomes Engine::head().source_position, also when no row changed.
  // Afterwards, also when it failed, every call is InvalidRequest.
  virtual Result<Committed> Commit(std::string_view source_position) = 0;
};

// A first load, or a rescan of everything: rows in any number, committed in parts. Sessions are not advanced from
// its begin to its Finish, so clients never see a state between two. When the process dies in between, the next
// BeginLoad goes on with what was committed, and rows that come again make no operations. After a Checkpoint, rows
// are to come from head().source_position on; without one, all of them: some may be gone since.
class Load : public value::ChangeSink {
 public:
  // Whether this goes on with an unfinished load.
  virtual bool resumed() const = 0;
  // Commits; everything so far is done once `source_position` is the head's.
  virtual Status Checkpoint(std::string_view source_position) = 0;
  // All rows of the table have come: those remembered and not seen in this load are taken out.
  // Costs one scan of its records unless the table was empty before.
  virtual Status FinishTable(std::string_view table) = 0;
  // Commits the rest; sessions are served from now on. Afterwards, also when it failed, every call is InvalidRequest.
  virtual Result<Committed> Finish(std::string_view source_position) = 0;
};

struct Subscription {
  std::string stream;
  std::optional<std::string> parameters;  // JSON object
  std::optional<uint8_t> priority;        // instead of the stream's
};
struct BucketPosition {
  std::string bucket;
  uint64_t after = 0;  // the client has its operations up to this one
};
struct Request {
  std::string auth = "{}";                // verified claims: JSON object
  std::optional<std::string> connection;  // what the client says of itself: JSON object
  std::vector<Subscription> subscriptions;
  bool include_defaults = true;           // also subscribe to all auto-subscribe streams
  std::vector<BucketPosition> positions;
};

struct Advanced {
  bool served = true;       // false: the first load or a rescan has not finished; nothing was emitted
  bool complete = true;     // the client has been told everything up to `last_op_id`
  uint64_t last_op_id = 0;  // of the checkpoint last announced
  uint64_t operations = 0;  // sent in this call
};

// One client's connection.
class Session {
 public:
  virtual ~Session() = default;

  // Brings the client to the newest checkpoint: Checkpoint (first call, and whenever the errors of a stream have
  // changed) or CheckpointDiff, Data by ascending priority, PartialCheckpointComplete after each priority but the
  // last, CheckpointComplete; nothing when nothing changed. Stops at the end of the line that reaches
  // `operations_max`; the next call goes on, or announces a newer checkpoint first.
  // A failure of the sink is returned; the line counts as not sent.
  virtual Result<Advanced> Advance(wire::LineSink& sink, uint64_t operations_max = UINT64_MAX) = 0;

  // Of the last evaluation: the streams subscribed to with what is wrong with them, and the buckets.
  virtual const std::vector<wire::StreamState>& streams() const = 0;
  virtual std::vector<std::string> BucketNames() const = 0;
};

class Engine {
 public:
  // InvalidPlan for a plan that does not verify; PlanMismatch when the store holds another plan's state; StorageBusy
  // when another engine has the store. A new store is bound to the plan.
  static Result<std::unique_ptr<Engine>> Open(plan::Plan plan, store::Store& store, Options options = {});
  virtual ~Engine() = default;

  virtual const plan::Plan& plan() const = 0;
  // As of the last commit.
  virtual const store::Head& head() const = 0;

  // One Batch or Load at a time; StorageBusy otherwise, and for a Batch while a load is unfinished.
  virtual Result<std::unique_ptr<Batch>> BeginBatch() = 0;
  virtual Result<std::unique_ptr<Load>> BeginLoad() = 0;

  // InvalidRequest when the claims are not what the plan declares, or the request as a whole is malformed or over
  // a limit. What is wrong with one subscription is told in its stream's state; the others are served.
  virtual Result<std::unique_ptr<Session>> OpenSession(Request request) = 0;

  // Exactly the sessions that Advance would send something to: new ones, interrupted ones, and those whose buckets
  // or set of buckets changed. Re-evaluates subscriptions one of whose lookups changed. Cost follows the number of
  // sessions touched by commits since the last call, not all sessions. Empty while a load is unfinished.
  virtual Result<std::vector<Session*>> StaleSessions() = 0;
};

}  // namespace bulkhead::engine
