// What an engine remembers: the head, names, buckets and their operations, records of source rows, lookups, and
// arrangements (rows by key, each with how often it is there).
// Two implementations: memory.h (tests, throw-away engines) and sqlite.h (survives crashes).
//
// One Writer at a time; its changes become visible together at Commit, or never. Any number of Readers, each of
// which sees one committed state until it dies. A store object is used by one thread at a time; a Reader of the
// SQLite store may be handed to another thread as a whole.
//
// Failures are StorageFailed (or StorageBusy for a second writer); after one the Writer can only be dropped.
// Bytes passed in are copied; bytes passed to a visitor are valid only during that call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace bulkhead::store {

struct Head {
  uint64_t last_op = 0;         // the newest checkpoint
  std::string source_position = {};  // the source's own text: what has been applied
  std::string plan_digest = {};      // hex; empty in a store that has never been opened by an engine
  bool loaded = false;          // the first load has finished
  bool loading = false;         // a load or rescan has begun and not finished: tables are between two states
  bool load_continues = false;  // the unfinished load goes on from source_position, which it has set itself
  uint32_t load_epoch = 0;      // number of the last load begun; records carry the one they were last seen in
  friend bool operator==(const Head&, const Head&) = default;
};

// Names given by Writer::Intern: client tables, source tables, lookups, arrangements. Few, never forgotten.
using NameRef = uint32_t;
using BucketRef = uint32_t;

struct BucketState {
  uint32_t checksum = 0;  // wrapping sum over all its operations
  uint64_t count = 0;     // how many
  uint64_t last_op = 0;   // the newest one's id
  friend bool operator==(const BucketState&, const BucketState&) = default;
};

// One entry of a bucket's history as the wire needs it (wire::Operation); `kind` is wire::OpKind's number.
struct Operation {
  uint64_t op_id = 0;
  uint8_t kind = 0;
  NameRef object_type = 0;
  std::string_view object_id = {};
  std::string_view subkey = {};
  std::string_view data = {};  // JSON text; empty unless a put
  uint32_t checksum = 0;
};

struct Record {
  std::string key;
  std::string data;
};

// Operations with after < op_id <= upto; stops before the operation that would pass a limit, but never before the
// first one.
struct ReadRange {
  uint64_t after = 0;
  uint64_t upto = UINT64_MAX;
  size_t count_max = SIZE_MAX;
  size_t bytes_max = SIZE_MAX;  // of ids, subkeys and data
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual const Head& head() const = 0;

  virtual std::string_view NameText(NameRef name) const = 0;  // of an interned name; empty for an unknown one
  virtual std::optional<NameRef> FindName(std::string_view text) const = 0;
  virtual uint64_t NameCount() const = 0;

  virtual Result<std::optional<BucketRef>> FindBucket(std::string_view name) = 0;
  virtual Result<BucketState> Bucket(BucketRef bucket) = 0;  // zeros for one without operations
  virtual Result<std::string> BucketName(BucketRef bucket) = 0;

  // Returns whether more operations remain in the range.
  virtual Result<bool> ReadOperations(BucketRef bucket, const ReadRange& range,
                                      const std::function<void(const Operation&)>& visit) = 0;

  // The record's bytes into `data`; false when there is none.
  virtual Result<bool> ReadRecord(NameRef table, std::string_view key, std::string& data) = 0;
  // Up to `count_max` records with a key greater than `after` (all when none), by key.
  virtual Result<std::vector<Record>> ScanRecords(NameRef table, const std::optional<std::string>& after,
                                                  size_t count_max) = 0;

  // Each distinct output of (lookup, key), in byte order. `visit` returns false to stop.
  virtual Status ReadLookup(NameRef lookup, std::string_view key,
                            const std::function<bool(std::string_view output)>& visit) = 0;

  // Each row of (arrangement, key), in byte order; the weights are above 0. `visit` returns false to stop, and must
  // not adjust anything.
  using VisitRow = std::function<bool(std::string_view row, int64_t weight)>;
  virtual Status ReadRows(NameRef arrangement, std::string_view key, const VisitRow& visit) = 0;
};

enum class LookupChange : uint8_t { Same, Appeared, Vanished };

// Reads see the writer's own changes. Rolls back unless Commit succeeded.
class Writer : public Reader {
 public:
  virtual Result<NameRef> Intern(std::string_view text) = 0;
  virtual Result<BucketRef> InternBucket(std::string_view name) = 0;

  virtual Status PutRecord(NameRef table, std::string_view key, std::string_view data) = 0;
  virtual Status DeleteRecord(NameRef table, std::string_view key) = 0;

  // Counts one more (+1) or one fewer (-1) source of the entry. Taking away what is not there is StorageFailed:
  // the records and the lookups disagree.
  virtual Result<LookupChange> AdjustLookup(NameRef lookup, std::string_view key, std::string_view output,
                                            int delta) = 0;

  // The row's weight from now on; at 0 it is forgotten. Below 0 is StorageFailed: a row is taken out that was never
  // put in. Above limits::RowWeightMax is LimitExceeded.
  virtual Result<int64_t> AdjustRow(NameRef arrangement, std::string_view key, std::string_view row, int64_t by) = 0;

  // Appends to the bucket's history and to its sums. Op ids only ever grow.
  virtual Status Append(BucketRef bucket, const Operation& operation) = 0;

  // Makes everything visible and, as far as the store promises, durable.
  virtual Status Commit(const Head& head) = 0;
};

// What AdjustRow makes of a weight within the limit.
Result<int64_t> AdjustedWeight(int64_t weight, int64_t by);

class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // What an engine remembers of a store would be wrong after another's commit: one has it at a time. False while it
  // is claimed.
  bool Claim() { return !std::exchange(claimed_, true); }
  void Release() { claimed_ = false; }

  // For messages: "memory" or the path.
  virtual std::string Describe() const = 0;
  virtual Result<std::unique_ptr<Writer>> Begin() = 0;
  virtual Result<std::unique_ptr<Reader>> Read() = 0;

 private:
  bool claimed_ = false;
};

}  // namespace bulkhead::store
