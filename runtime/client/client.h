// The client of one session: takes protocol lines and keeps a local SQLite file at whole checkpoints.
//
// Each client table is a real SQLite table whose columns are those of its rows, without declared types: a JSON
// integer is an INTEGER (a REAL outside 64 bits), a number with a point or an exponent a REAL, a string TEXT, true
// and false 1 and 0, an array or object its JSON text. `id` comes first. Columns appear as rows bring them and stay;
// what a row does not have is NULL. Names that differ only in ASCII case are one column (in a row, the later one
// counts) and, for tables, one table. `bulkhead_` begins the names of the client's own tables; rows for a table
// named so, or `sqlite_…`, are refused. Other tables, indexes and triggers in the file are the application's.
//
// Which row is which: by (table, object id); the id column keeps the value it has in the row's JSON. The newest
// operation among the buckets that hold a row decides its content; a row that no bucket holds is deleted.
//
// Atomicity: operations are stored as they come, the visible tables change only when a checkpoint, or the part of it
// up to a priority, is complete and its sums agree; that and the positions are one SQLite transaction. After a crash
// the file shows the last such state, and BucketPositions says where to go on.
// Rows are deleted at full completes only, so that a row on its way between priorities does not vanish meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/value.h"
#include "runtime/wire/line.h"

namespace bulkhead::client {

struct TableShape {
  std::string name;
  std::vector<std::string> columns;
};

struct TableChanges {
  std::string table;
  uint64_t gained = 0, changed = 0, lost = 0;  // rows whose visible values really changed
};
struct Applied {
  uint64_t last_op_id = 0;
  std::optional<uint8_t> priority;   // set when only buckets up to this priority were applied
  std::vector<TableChanges> tables;  // those with changes, by name; none when tables had to be made anew, which a
                                     // VACUUM in the middle of a checkpoint makes necessary
};

struct Options {
  // Made when the file is opened, so that an application may query them before their first row.
  std::vector<TableShape> tables;
  // Called after each commit of a checkpoint, on the thread of Take.
  std::function<void(const Applied&)> on_applied;
  // An unfinished checkpoint is saved after so many operations. Until then, or until it is complete, the client
  // holds the file's write lock.
  uint32_t commit_operations_max = 50'000;
  // An index on each table's `id`, made with its first rows.
  bool index_ids = true;
};

struct BucketPosition {
  std::string bucket;
  uint64_t after = 0;  // the last operation stored
};

// One visible row, with exactly the keys of its JSON (a repeated key once).
struct DumpedRow {
  std::string id;
  std::vector<std::pair<std::string, value::OwnedValue>> columns;
};
struct DumpedTable {
  std::string name;
  std::vector<DumpedRow> rows;  // by id, bytewise
};

// Used by one thread at a time; one Client per file at a time (a second one makes the first ask for a restart).
class Client final : public wire::LineSink {
 public:
  // Makes the file when there is none. InvalidData: not a Bulkhead client's file; PlanMismatch never: any rules'
  // rows may follow any others.
  static Result<std::unique_ptr<Client>> Open(const std::string& path, Options options);
  ~Client() override;  // saves what was stored of an unfinished checkpoint

  // Begins a session: forgets the previous one's checkpoint, clears needs_restart().
  std::vector<BucketPosition> Connect();
  std::vector<BucketPosition> BucketPositions() const;

  // After a failure the session is over. StorageBusy: nothing was done, the same line may be given again.
  // If needs_restart(), a new session from Connect()'s positions goes on: sums did not agree and those buckets start
  // again from nothing, or the file was changed or refused a write. Otherwise the line is not one a server may send.
  Status Take(const wire::Line& line) override;
  bool needs_restart() const;

  // Saves what is stored of an unfinished checkpoint, and lets go of the write lock.
  Status Flush();

  uint64_t last_op_id() const;                       // of the last full checkpoint; 0 before the first
  std::optional<uint64_t> write_checkpoint() const;  // the newest a checkpoint brought

  // For tests and `replay`, between checkpoints. Holds everything in memory.
  Result<std::vector<DumpedTable>> DumpTables();

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bulkhead::client
