// The client's buckets and their live operations (`bulkhead_…` tables). Private to the client.
//
// Each stored PUT has a sequence number `seq`, never used twice: the bucket's number in the upper bits, counting in
// the order of arrival in the lower ones, so that a bucket is one stretch of the table. It also has the number `row`
// of the visible row it is for: all operations of one (type, object id) share it, and it is the rowid in the visible
// table. `row` is the seq of the first operation that named the row, so `row == seq` means: the row was new.
// A bucket's operations with seq > applied_seq have not been applied yet. Rows that lost an operation are noted in
// bulkhead_pending until the next full complete.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/sqlite/database.h"
#include "runtime/wire/line.h"

namespace bulkhead::client {

struct Bucket {
  int64_t id = 0;
  uint64_t last_op = 0;   // of what was received
  uint32_t checksum = 0;  // wrapping sum of what was received
  uint64_t count = 0;     // received; at a complete the server's count, which compaction may have made smaller
  int64_t applied_seq = 0;
  int64_t newest_seq = 0;  // given out last; > applied_seq: there is something to apply
  bool dirty = false;
};

// The head of bulkhead_state.
struct LogState {
  int64_t next_bucket = 1;
  uint64_t last_op_id = 0;
  std::optional<uint64_t> write_checkpoint;
  int64_t generation = 0;  // counts commits, to notice another writer
};

struct StoredPut {
  int64_t seq = 0;
  int64_t row = 0;
  int64_t type = 0;
  std::string_view object_id;
  std::string_view data;
};
struct Winner {
  uint64_t op_id = 0;
  std::string data;
};

class OperationLog {
 public:
  // Makes the tables when the file has none.
  static Result<OperationLog> Open(sqlite::Database& database);
  // Reads everything anew, after a rollback or another's write.
  Status Load();
  // Whether bulkhead_state still has the generation this object knows.
  Result<bool> IsCurrent();
  // Writes buckets that changed and the state. Inside a transaction.
  Status Save();

  using Buckets = std::map<std::string, Bucket, std::less<>>;
  const Buckets& buckets() const { return buckets_; }
  Bucket* Find(std::string_view name);
  Result<Bucket*> FindOrAdd(const std::string& name);
  // Forgets the bucket; its rows become pending.
  Status Drop(std::string_view name);

  // Takes one operation of the bucket's history; `type` is its object_type's, for a Put or Remove.
  Status Append(Bucket& bucket, const wire::Operation& operation, int64_t type);

  // The PUTs of the bucket that were not applied, by seq. The log must not change meanwhile.
  Status ForEachUnapplied(const Bucket& bucket, const std::function<Status(const StoredPut&)>& visit);
  // Rows that lost an operation.
  Status ForEachPending(const std::function<Status(const StoredPut&)>& visit);
  Status ClearPending();
  // Every live PUT.
  Status ForEachPut(const std::function<Status(const StoredPut&)>& visit);
  // The newest PUT of the row. Not in `full`: only those of buckets in `applying` and those applied before.
  Result<std::optional<Winner>> FindWinner(const StoredPut& row, bool full,
                                           const std::unordered_map<int64_t, const Bucket*>& applying);
  // No operation waits to be applied.
  bool IsAllApplied() const;

  LogState& state() { return state_; }
  const LogState& state() const { return state_; }

 private:
  struct Found {
    int64_t seq = 0;  // of the operation with the same identity in the bucket; 0: none
    int64_t row = 0;  // 0: nothing names the row
  };
  struct Hashes {
    int64_t row = 0, identity = 0;
  };
  explicit OperationLog(sqlite::Database& database) : database_(&database) {}
  Status Prepare();
  static Hashes HashesOf(const Bucket& bucket, const wire::Operation& operation, int64_t type);
  Result<Found> FindRow(const Bucket& bucket, const wire::Operation& operation, int64_t type, Hashes hashes);
  Result<int64_t> FindPending(const wire::Operation& operation, int64_t type);
  Status Put(Bucket& bucket, const wire::Operation& operation, int64_t type);
  Status Remove(Bucket& bucket, const wire::Operation& operation, int64_t type);
  Status DropOperations(const Bucket& bucket);
  Status DeleteOperation(int64_t seq);

  sqlite::Database* database_;
  Buckets buckets_;
  std::unordered_map<int64_t, const Bucket*> buckets_by_id_;
  LogState state_;
  uint64_t pending_count_ = 0;  // at least the rows in bulkhead_pending
  sqlite::Statement find_row_, find_exact_, find_pending_, insert_, delete_, mark_pending_, mark_bucket_,
      delete_bucket_operations_, delete_bucket_, save_bucket_, save_state_, generation_, unapplied_, pending_,
      clear_pending_, puts_, winner_;
};

}  // namespace bulkhead::client
