#include "runtime/store/sqlite.h"

#include <fmt/format.h>

#include <filesystem>
#include <mutex>
#include <unordered_map>

#include "runtime/base/limits.h"
#include "runtime/store/sqlite_file.h"
#include "runtime/store/sqlite_statements.h"

namespace bulkhead::store {
namespace {

using sqlite::Database;
using sqlite::ResetAtEnd;
using sqlite::Statement;
using value::Value;

// Text or blob bytes, valid until the next step; empty for anything else, which only a damaged file holds.
std::string_view BytesAt(const Statement& statement, int column) {
  Value v = statement.At(column);
  return v.is_bytes() ? v.bytes() : std::string_view();
}

// Copied on change, so that readers on other threads keep theirs.
struct Names {
  std::vector<std::string> texts;
  std::unordered_map<std::string, NameRef> refs;
};

// In the column `loading`: it is, and goes on from a position of its own.
constexpr int LoadContinues = 2;

Result<Head> ReadHead(Connection& connection) {
  Statement& statement = connection.read.head;
  ResetAtEnd reset(statement);
  BULKHEAD_TRY(bool row, statement.Step());
  if (!row) return Error{Code::StorageFailed, "the store has lost its head row"};
  return Head{.last_op = static_cast<uint64_t>(statement.Integer(0)),
              .source_position = std::string(BytesAt(statement, 1)),
              .plan_digest = std::string(BytesAt(statement, 2)),
              .loaded = statement.Integer(3) != 0,
              .loading = statement.Integer(4) != 0,
              .load_continues = statement.Integer(4) == LoadContinues,
              .load_epoch = static_cast<uint32_t>(statement.Integer(5))};
}

int64_t ClampOp(uint64_t op) { return op > INT64_MAX ? INT64_MAX : static_cast<int64_t>(op); }

// The reading half, shared by readers (Base = Reader) and the writer.
template <typename Base>
class SqliteReads : public Base {
 public:
  SqliteReads(Connection& connection, std::shared_ptr<const Names> names)
      : connection_(connection), names_(std::move(names)) {}

  std::string_view NameText(NameRef name) const override {
    return name < names_->texts.size() ? std::string_view(names_->texts[name]) : std::string_view();
  }
  std::optional<NameRef> FindName(std::string_view text) const override {
    auto found = names_->refs.find(std::string(text));
    if (found == names_->refs.end()) return std::nullopt;
    return found->second;
  }
  uint64_t NameCount() const override { return names_->texts.size(); }

  Result<std::optional<BucketRef>> FindBucket(std::string_view name) override {
    Statement& statement = connection_.read.find_bucket.Bind(1, name);
    ResetAtEnd reset(statement);
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return std::optional<BucketRef>();
    return std::optional<BucketRef>(static_cast<BucketRef>(statement.Integer(0)));
  }

  Result<BucketState> Bucket(BucketRef bucket) override {
    Statement& statement = connection_.read.bucket.Bind(1, bucket);
    ResetAtEnd reset(statement);
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return Error{Code::StorageFailed, fmt::format("no bucket has the number {}", bucket)};
    return BucketState{static_cast<uint32_t>(statement.Integer(0)), static_cast<uint64_t>(statement.Integer(1)),
                       static_cast<uint64_t>(statement.Integer(2))};
  }

  Result<std::string> BucketName(BucketRef bucket) override {
    Statement& statement = connection_.read.bucket_name.Bind(1, bucket);
    ResetAtEnd reset(statement);
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return Error{Code::StorageFailed, fmt::format("no bucket has the number {}", bucket)};
    return std::string(BytesAt(statement, 0));
  }

  Result<bool> ReadOperations(BucketRef bucket, const ReadRange& range,
                              const std::function<void(const Operation&)>& visit) override {
    Statement& statement =
        connection_.read.operations.Bind(1, bucket).Bind(2, ClampOp(range.after)).Bind(3, ClampOp(range.upto));
    ResetAtEnd reset(statement);
    size_t count = 0, bytes = 0;
    for (;;) {
      BULKHEAD_TRY(bool row, statement.Step());
      if (!row) return false;
      Operation op = OperationAt(statement);
      bytes += op.object_id.size() + op.subkey.size() + op.data.size();
      if (count > 0 && (count >= range.count_max || bytes > range.bytes_max)) return true;
      ++count;
      visit(op);
    }
  }

  Result<bool> ReadRecord(NameRef table, std::string_view key, std::string& data) override {
    Statement& statement = connection_.read.record.Bind(1, table).Bind(2, Value::Blob(key));
    ResetAtEnd reset(statement);
    BULKHEAD_TRY(bool row, statement.Step());
    if (row) data.assign(BytesAt(statement, 0));
    return row;
  }

  Result<std::vector<Record>> ScanRecords(NameRef table, const std::optional<std::string>& after,
                                          size_t count_max) override {
    Statement& statement = after ? connection_.read.scan_next.Bind(1, table).Bind(2, Value::Blob(*after))
                                 : connection_.read.scan_first.Bind(1, table);
    statement.Bind(after ? 3 : 2, ClampOp(count_max));
    ResetAtEnd reset(statement);
    std::vector<Record> found;
    for (;;) {
      BULKHEAD_TRY(bool row, statement.Step());
      if (!row) return found;
      found.push_back({std::string(BytesAt(statement, 0)), std::string(BytesAt(statement, 1))});
    }
  }

  Status ReadLookup(NameRef lookup, std::string_view key,
                    const std::function<bool(std::string_view)>& visit) override {
    Statement& statement = connection_.read.lookup.Bind(1, lookup).Bind(2, Value::Blob(key));
    ResetAtEnd reset(statement);
    for (;;) {
      BULKHEAD_TRY(bool row, statement.Step());
      if (!row || !visit(BytesAt(statement, 0))) return Ok();
    }
  }

  Status ReadRows(NameRef arrangement, std::string_view key, const Reader::VisitRow& visit) override {
    Statement& statement = connection_.read.rows.Bind(1, arrangement).Bind(2, Value::Blob(key));
    ResetAtEnd reset(statement);
    for (;;) {
      BULKHEAD_TRY(bool row, statement.Step());
      if (!row || !visit(BytesAt(statement, 0), statement.Integer(1))) return Ok();
    }
  }

 protected:
  static Operation OperationAt(const Statement& s) {
    return {static_cast<uint64_t>(s.Integer(0)), static_cast<uint8_t>(s.Integer(1)),
            static_cast<NameRef>(s.Integer(2)),  BytesAt(s, 4), BytesAt(s, 5), BytesAt(s, 6),
            static_cast<uint32_t>(s.Integer(3))};
  }

  Connection& connection_;
  std::shared_ptr<const Names> names_;
};

// Buckets recently written, so that a run of operations in few buckets asks the database once for each.
struct BucketCache {
  static constexpr size_t EntriesMax = 1u << 18;
  struct Entry {
    BucketState state;
    bool dirty = false;
  };
  std::unordered_map<std::string, BucketRef> refs;
  std::unordered_map<BucketRef, Entry> entries;
  std::vector<BucketRef> dirty;

  void Clear() {
    refs.clear();
    entries.clear();
    dirty.clear();
  }
};

struct Shared {
  std::string path;
  std::optional<FileLock> lock;  // declared before the connections: let go of after they are closed
  Connection writer;
  WriteStatements write;
  std::shared_ptr<const Names> names;
  BucketCache cache;
  bool writing = false;

  std::mutex mutex;  // guards `idle` and `names`: readers come back from other threads
  std::vector<std::unique_ptr<Connection>> idle;
};

class SqliteReader final : public SqliteReads<Reader> {
 public:
  SqliteReader(std::shared_ptr<Shared> shared, std::unique_ptr<Connection> connection,
               std::shared_ptr<const Names> names, Head head)
      : SqliteReads(*connection, std::move(names)),
        shared_(std::move(shared)),
        owned_(std::move(connection)),
        head_(std::move(head)) {}
  ~SqliteReader() override {
    if (!owned_->database.Execute("COMMIT")) return;
    std::lock_guard guard(shared_->mutex);
    shared_->idle.push_back(std::move(owned_));
  }
  const Head& head() const override { return head_; }

 private:
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Connection> owned_;
  Head head_;
};

class SqliteWriter final : public SqliteReads<Writer> {
 public:
  SqliteWriter(std::shared_ptr<Shared> shared, Head head)
      : SqliteReads(shared->writer, shared->names), shared_(std::move(shared)), head_(std::move(head)) {
    shared_->writing = true;
  }
  ~SqliteWriter() override {
    if (!committed_) {
      if (connection_.database.in_transaction()) (void)connection_.database.Execute("ROLLBACK");
      shared_->cache.Clear();
    }
    shared_->writing = false;
  }

  const Head& head() const override { return head_; }

  Result<NameRef> Intern(std::string_view text) override {
    if (auto known = FindName(text)) return *known;
    auto name = static_cast<NameRef>(names_->texts.size());
    BULKHEAD_CHECK_OK(shared_->write.name.Bind(1, name).Bind(2, text).Run());
    auto changed = std::make_shared<Names>(*names_);
    changed->texts.emplace_back(text);
    changed->refs.emplace(text, name);
    names_ = std::move(changed);
    return name;
  }

  Result<BucketRef> InternBucket(std::string_view name) override {
    bucket_name_.assign(name);
    auto known = shared_->cache.refs.find(bucket_name_);
    if (known != shared_->cache.refs.end()) return known->second;
    BULKHEAD_TRY(std::optional<BucketRef> stored, FindBucket(name));
    if (!stored) {
      Statement& insert = shared_->write.insert_bucket.Bind(1, name);
      ResetAtEnd reset(insert);
      BULKHEAD_TRY(bool row, insert.Step());
      int64_t ref = row ? insert.Integer(0) : 0;
      if (ref <= 0 || ref > UINT32_MAX) return Error{Code::LimitExceeded, "the store has run out of bucket numbers"};
      BULKHEAD_TRY(row, insert.Step());
      stored = static_cast<BucketRef>(ref);
    }
    shared_->cache.refs.emplace(name, *stored);
    return *stored;
  }

  Result<BucketState> Bucket(BucketRef bucket) override {
    BULKHEAD_TRY(BucketCache::Entry * entry, Cached(bucket));
    return entry->state;
  }

  Status PutRecord(NameRef table, std::string_view key, std::string_view data) override {
    return shared_->write.put_record.Bind(1, table).Bind(2, Value::Blob(key)).Bind(3, Value::Blob(data)).Run();
  }
  Status DeleteRecord(NameRef table, std::string_view key) override {
    return shared_->write.delete_record.Bind(1, table).Bind(2, Value::Blob(key)).Run();
  }

  Result<LookupChange> AdjustLookup(NameRef lookup, std::string_view key, std::string_view output,
                                    int delta) override {
    if (delta > 0) {
      BULKHEAD_TRY(int64_t count, Count(shared_->write.add_lookup, lookup, key, output));
      return count == 1 ? LookupChange::Appeared : LookupChange::Same;
    }
    BULKHEAD_TRY(int64_t count, Count(shared_->write.take_lookup, lookup, key, output));
    if (count < 0) return Error{Code::StorageFailed, "a lookup entry is taken away that was never added"};
    if (count > 0) return LookupChange::Same;
    Statement& remove = shared_->write.delete_lookup;
    BULKHEAD_CHECK_OK(remove.Bind(1, lookup).Bind(2, Value::Blob(key)).Bind(3, Value::Blob(output)).Run());
    return LookupChange::Vanished;
  }

  Result<int64_t> AdjustRow(NameRef arrangement, std::string_view key, std::string_view row, int64_t by) override {
    if (by != 0 && by >= -limits::RowWeightMax && by <= limits::RowWeightMax) {
      BULKHEAD_TRY(bool done, ComesOrGoes(arrangement, key, row, by));
      if (done) return std::max<int64_t>(by, 0);
    }
    BULKHEAD_TRY(const int64_t before, Weight(arrangement, key, row));
    BULKHEAD_TRY(const int64_t now, AdjustedWeight(before, by));
    Statement& write = now == 0 ? shared_->write.delete_row : shared_->write.put_row;
    write.Bind(1, arrangement).Bind(2, Value::Blob(key)).Bind(3, Value::Blob(row));
    if (now != 0) write.Bind(4, now);
    BULKHEAD_CHECK_OK(write.Run());
    return now;
  }

  Status Append(BucketRef bucket, const Operation& op) override {
    BULKHEAD_TRY(BucketCache::Entry * entry, Cached(bucket));
    Statement& append = shared_->write.append;
    append.Bind(1, bucket).Bind(2, ClampOp(op.op_id)).Bind(3, op.kind).Bind(4, op.object_type).Bind(5, op.checksum);
    BULKHEAD_CHECK_OK(append.Bind(6, op.object_id).Bind(7, op.subkey).Bind(8, op.data).Run());
    entry->state = {entry->state.checksum + op.checksum, entry->state.count + 1, op.op_id};
    if (!std::exchange(entry->dirty, true)) shared_->cache.dirty.push_back(bucket);
    return Ok();
  }

  Status Commit(const Head& head) override {
    BucketCache& cache = shared_->cache;
    for (BucketRef bucket : cache.dirty) {
      BucketCache::Entry& entry = cache.entries[bucket];
      entry.dirty = false;
      Statement& update = shared_->write.update_bucket;
      update.Bind(1, entry.state.checksum).Bind(2, ClampOp(entry.state.count)).Bind(3, ClampOp(entry.state.last_op));
      BULKHEAD_CHECK_OK(update.Bind(4, bucket).Run());
    }
    cache.dirty.clear();
    Statement& update = shared_->write.head;
    update.Bind(1, ClampOp(head.last_op)).Bind(2, head.source_position).Bind(3, head.plan_digest);
    int loading = head.loading && head.load_continues ? LoadContinues : head.loading;
    BULKHEAD_CHECK_OK(update.Bind(4, head.loaded).Bind(5, loading).Bind(6, head.load_epoch).Run());
    // A reader takes its snapshot and the names under the same lock, so it never has one without the other.
    std::unique_lock guard(shared_->mutex, std::defer_lock);
    if (names_ != shared_->names) guard.lock();
    BULKHEAD_CHECK_OK(connection_.database.Execute("COMMIT"));
    committed_ = true;
    if (guard.owns_lock()) shared_->names = names_;
    if (cache.refs.size() > BucketCache::EntriesMax || cache.entries.size() > BucketCache::EntriesMax) cache.Clear();
    return Ok();
  }

 private:
  Result<BucketCache::Entry*> Cached(BucketRef bucket) {
    auto& entries = shared_->cache.entries;
    auto known = entries.find(bucket);
    if (known == entries.end()) {
      BULKHEAD_TRY(BucketState state, SqliteReads::Bucket(bucket));
      known = entries.emplace(bucket, BucketCache::Entry{state, false}).first;
    }
    return &known->second;
  }

  // Runs an upsert of one lookup entry; its count after, -1 when there was none.
  Result<int64_t> Count(Statement& statement, NameRef lookup, std::string_view key, std::string_view output) {
    statement.Bind(1, lookup).Bind(2, Value::Blob(key)).Bind(3, Value::Blob(output));
    ResetAtEnd reset(statement);
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return -1;
    int64_t count = statement.Integer(0);
    BULKHEAD_TRY(row, statement.Step());
    return count;
  }

  // One statement for a row that was not there, or goes with all its weight, as most do; false for others.
  Result<bool> ComesOrGoes(NameRef arrangement, std::string_view key, std::string_view row, int64_t by) {
    Statement& write = by > 0 ? shared_->write.add_row : shared_->write.take_row;
    write.Bind(1, arrangement).Bind(2, Value::Blob(key)).Bind(3, Value::Blob(row)).Bind(4, std::abs(by));
    BULKHEAD_CHECK_OK(write.Run());
    return connection_.database.changes() > 0;
  }

  Result<int64_t> Weight(NameRef arrangement, std::string_view key, std::string_view row) {
    Statement& statement = connection_.read.weight;
    statement.Bind(1, arrangement).Bind(2, Value::Blob(key)).Bind(3, Value::Blob(row));
    ResetAtEnd reset(statement);
    BULKHEAD_TRY(bool found, statement.Step());
    return found ? statement.Integer(0) : 0;
  }

  std::shared_ptr<Shared> shared_;
  Head head_;
  std::string bucket_name_;
  bool committed_ = false;
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::string Describe() const override { return shared_->path; }

  Result<std::unique_ptr<Writer>> Begin() override {
    if (shared_->writing) return Error{Code::StorageBusy, "the store already has a writer"};
    BULKHEAD_CHECK_OK(shared_->writer.database.Execute("BEGIN IMMEDIATE"));
    auto head = ReadHead(shared_->writer);
    if (!head) {
      (void)shared_->writer.database.Execute("ROLLBACK");
      return head.error();
    }
    return std::unique_ptr<Writer>(std::make_unique<SqliteWriter>(shared_, *std::move(head)));
  }

  Result<std::unique_ptr<Reader>> Read() override {
    BULKHEAD_TRY(auto connection, Idle());
    std::lock_guard guard(shared_->mutex);
    BULKHEAD_CHECK_OK(connection->database.Execute("BEGIN"));
    BULKHEAD_TRY(Head head, ReadHead(*connection));  // the first read fixes the snapshot
    return std::unique_ptr<Reader>(
        std::make_unique<SqliteReader>(shared_, std::move(connection), shared_->names, std::move(head)));
  }

 private:
  Result<std::unique_ptr<Connection>> Idle() {
    {
      std::lock_guard guard(shared_->mutex);
      if (!shared_->idle.empty()) {
        auto connection = std::move(shared_->idle.back());
        shared_->idle.pop_back();
        return connection;
      }
    }
    BULKHEAD_TRY(Database database, OpenForReading(shared_->path));
    BULKHEAD_TRY(Connection connection, Prepare(std::move(database)));
    return std::make_unique<Connection>(std::move(connection));
  }

  std::shared_ptr<Shared> shared_;
};

Result<std::shared_ptr<const Names>> LoadNames(Database& database) {
  auto names = std::make_shared<Names>();
  BULKHEAD_TRY(Statement statement, database.Prepare("SELECT ref, text FROM names ORDER BY ref"));
  for (;;) {
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return std::shared_ptr<const Names>(std::move(names));
    if (statement.Integer(0) != static_cast<int64_t>(names->texts.size())) {
      return Error{Code::StorageFailed, "the store has lost a name"};
    }
    names->refs.emplace(BytesAt(statement, 1), static_cast<NameRef>(names->texts.size()));
    names->texts.emplace_back(BytesAt(statement, 1));
  }
}

// One path per file, so that two spellings meet at one lock.
std::string Canonical(const std::string& path) {
  std::error_code error;
  auto canonical = std::filesystem::weakly_canonical(path, error);
  return error ? path : canonical.string();
}

}  // namespace

Result<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options) {
  auto shared = std::make_shared<Shared>();
  shared->path = Canonical(path);
  BULKHEAD_TRY(FileLock lock, FileLock::Acquire(shared->path + "-lock"));
  shared->lock.emplace(std::move(lock));
  BULKHEAD_TRY(Database database, OpenForWriting(shared->path, options));
  BULKHEAD_TRY(shared->writer, Prepare(std::move(database)));
  BULKHEAD_TRY(shared->write, PrepareWrites(shared->writer.database));
  BULKHEAD_TRY(shared->names, LoadNames(shared->writer.database));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(shared)));
}

}  // namespace bulkhead::store
