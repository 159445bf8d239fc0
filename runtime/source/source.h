// Where rows come from: a database that other programs write to, as a snapshot and then as changes.
//
//   BULKHEAD_TRY(auto position, source->Load(tables, *load, {}));    // every row; then save `position`
//   for (;;) {
//     BULKHEAD_TRY(bool changed, source->WaitForChange(timeout));
//     if (!changed) continue;
//     BULKHEAD_TRY(auto polled, source->Poll(position, *batch));     // a whole number of source transactions
//     …load polled.rescan again if there is any… save polled.position in the same commit
//     source->Acknowledge(polled.position);
//   }
//
// Rows come as they are now, not as they were at each change: between two polls only the last state of a row is seen.
// Used by one thread at a time. Failures are SourceFailed (NotFound for a table, StorageBusy after the timeout: call
// again); the sink's own failures are returned as they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/change.h"

namespace bulkhead::source {

// A table to follow.
struct TableRequest {
  std::string name;              // as the plan names it, and as the sink is told
  std::vector<std::string> key;  // as the plan wants it; empty: what tells rows apart in the source
};

struct LoadProgress {
  std::string_view table;
  uint64_t rows = 0;        // of this table so far
  uint64_t rows_total = 0;  // of this table
  bool done = false;        // the table is complete
};
struct LoadEvents {
  std::function<void(const LoadProgress&)> on_progress;
  // After the last row of each table; a failure ends the load.
  std::function<Status(std::string_view table)> on_table_done;
};

struct Polled {
  // Save it when what the sink was given is committed and `rescan` has been loaded, not before. With a rescan: commit
  // the sink's changes under the old position, Load these tables, commit that under this position.
  std::string position;
  uint64_t changes = 0;             // calls of the sink
  std::vector<std::string> rescan;  // tables whose changes are not known one by one; all of them when the position
                                    // is from before the log's beginning or from another log
};

class Source {
 public:
  virtual ~Source() = default;

  // Gives every row of these tables (of all, when empty) as they are in one snapshot, in no particular order; rows
  // are not held. The result is the snapshot's position: to go on from when all tables were loaded.
  virtual Result<std::string> Load(std::span<const std::string> tables, value::ChangeSink& sink,
                                   const LoadEvents& events) = 0;

  // Gives the rows changed after `position`, in one snapshot. When it fails, nothing of what the sink was given
  // counts. An empty position, as before any load, asks for a rescan of everything.
  virtual Result<Polled> Poll(std::string_view position, value::ChangeSink& sink) = 0;

  // Whether something was committed since the last Poll or Load began. May say yes for nothing, never no for
  // something. Costs a few microseconds.
  virtual Result<bool> HasChanged() = 0;
  // Waits until HasChanged or the timeout; answers as HasChanged.
  virtual Result<bool> WaitForChange(std::chrono::milliseconds timeout) = 0;

  // Everything up to `position` is safe at the consumer: the source need not keep it. Cheap, as often as wanted; the
  // source is written to now and then. Not being able to is no failure.
  virtual void Acknowledge(std::string_view position) = 0;
};

}  // namespace bulkhead::source
