#include "runtime/client/operation_log.h"

#include <fmt/format.h>

#include "runtime/base/limits.h"

namespace bulkhead::client {
namespace {

constexpr int FormatVersion = 1;

// Of a seq. Leaves room for 130 million buckets in a file's life and 68 billion operations in a bucket's.
constexpr int BucketShift = 36;
constexpr int64_t BucketsMax = int64_t{1} << (63 - BucketShift);
int64_t FirstSeq(int64_t bucket) {
  return bucket << BucketShift;
}
int64_t LastSeq(int64_t bucket) {
  return FirstSeq(bucket) | ((int64_t{1} << BucketShift) - 1);
}
int64_t BucketOf(int64_t seq) {
  return seq >> BucketShift;
}

// row_hash is a hash of (type, object_id): an index of texts would be three times as large, and inserting into an
// index that does not fit the cache is what a first load spends its time on. identity is a hash of (bucket, subkey);
// it is in the index so that a row that very many operations name does not make each of them walk over all others.
constexpr const char* Schema = R"(
CREATE TABLE bulkhead_state(
  format INTEGER NOT NULL, next_bucket INTEGER NOT NULL, last_op_id INTEGER NOT NULL, write_checkpoint INTEGER,
  generation INTEGER NOT NULL);
CREATE TABLE bulkhead_buckets(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_op INTEGER NOT NULL, checksum INTEGER NOT NULL,
  count INTEGER NOT NULL, applied_seq INTEGER NOT NULL, newest_seq INTEGER NOT NULL);
CREATE TABLE bulkhead_oplog(
  seq INTEGER PRIMARY KEY, op_id INTEGER NOT NULL, type INTEGER NOT NULL,
  object_id TEXT NOT NULL, row_hash INTEGER NOT NULL, identity INTEGER NOT NULL, subkey TEXT NOT NULL,
  row INTEGER NOT NULL, data TEXT NOT NULL);
CREATE INDEX bulkhead_oplog_rows ON bulkhead_oplog(row_hash, identity);
CREATE TABLE bulkhead_pending(
  row INTEGER PRIMARY KEY, type INTEGER NOT NULL, object_id TEXT NOT NULL, UNIQUE (type, object_id));
INSERT INTO bulkhead_state VALUES (1, 1, 0, NULL, 0);
)";

// 48 bits, so that SQLite stores them in six bytes. Equal hashes are told apart by the texts themselves.
int64_t Hash(int64_t number, std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u ^ static_cast<uint64_t>(number) * 0x9e3779b97f4a7c15u;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return static_cast<int64_t>((hash ^ hash >> 32) & 0x7fffffffffffu);
}

StoredPut ReadPut(const sqlite::Statement& statement) {
  return {statement.Integer(0), statement.Integer(1), statement.Integer(2), statement.Text(3), statement.Text(4)};
}

Status ForEach(sqlite::Statement& statement, const std::function<Status(const StoredPut&)>& visit) {
  sqlite::ResetAtEnd reset(statement);
  for (;;) {
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return Ok();
    BULKHEAD_CHECK_OK(visit(ReadPut(statement)));
  }
}

Status CheckFormat(sqlite::Database& database) {
  auto format = database.QueryInteger("SELECT format FROM bulkhead_state");
  if (!format || *format < 1) return Error{Code::InvalidData, "the file is not a Bulkhead client's"};
  if (*format > FormatVersion)
    return Error{Code::Unsupported, fmt::format("the file has format {}, written by a newer version", *format)};
  return Ok();
}

}  // namespace

Result<OperationLog> OperationLog::Open(sqlite::Database& database) {
  BULKHEAD_TRY(int64_t exists,
               database.QueryInteger("SELECT count(*) FROM sqlite_master WHERE name = 'bulkhead_state'"));
  if (!exists) {
    BULKHEAD_CHECK_OK(database.Execute("BEGIN IMMEDIATE"));
    // Another process may have been faster.
    BULKHEAD_TRY(exists, database.QueryInteger("SELECT count(*) FROM sqlite_master WHERE name = 'bulkhead_state'"));
    Status made = exists ? Ok() : database.Execute(Schema);
    if (made) made = database.Execute("COMMIT");
    if (!made && database.in_transaction()) (void)database.Execute("ROLLBACK");
    BULKHEAD_CHECK_OK(made);
  }
  BULKHEAD_CHECK_OK(CheckFormat(database));
  OperationLog log(database);
  BULKHEAD_CHECK_OK(log.Prepare());
  BULKHEAD_CHECK_OK(log.Load());
  return log;
}

Status OperationLog::Prepare() {
  struct {
    sqlite::Statement& statement;
    const char* sql;
  } const statements[] = {
      {find_row_, "SELECT seq, row, subkey, type, object_id FROM bulkhead_oplog WHERE row_hash = ?1"},
      {find_exact_,
       "SELECT seq, row, subkey, type, object_id FROM bulkhead_oplog "
       "WHERE row_hash = ?1 AND identity = ?2"},
      {find_pending_, "SELECT row FROM bulkhead_pending WHERE type = ?1 AND object_id = ?2"},
      {insert_,
       "INSERT INTO bulkhead_oplog(seq, op_id, type, object_id, row_hash, identity, subkey, row, data) "
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {delete_, "DELETE FROM bulkhead_oplog WHERE seq = ?1"},
      {mark_pending_, "INSERT OR IGNORE INTO bulkhead_pending(row, type, object_id) VALUES (?1, ?2, ?3)"},
      {mark_bucket_,
       "INSERT OR IGNORE INTO bulkhead_pending(row, type, object_id) "
       "SELECT row, type, object_id FROM bulkhead_oplog WHERE seq BETWEEN ?1 AND ?2"},
      {delete_bucket_operations_, "DELETE FROM bulkhead_oplog WHERE seq BETWEEN ?1 AND ?2"},
      {delete_bucket_, "DELETE FROM bulkhead_buckets WHERE id = ?1"},
      {save_bucket_,
       "INSERT INTO bulkhead_buckets(id, name, last_op, checksum, count, applied_seq, newest_seq) "
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET last_op = excluded.last_op, "
       "checksum = excluded.checksum, count = excluded.count, applied_seq = excluded.applied_seq, "
       "newest_seq = excluded.newest_seq"},
      {save_state_,
       "UPDATE bulkhead_state SET next_bucket = ?1, last_op_id = ?2, write_checkpoint = ?3, generation = ?4"},
      {generation_, "SELECT generation FROM bulkhead_state"},
      {unapplied_,
       "SELECT seq, row, type, object_id, data FROM bulkhead_oplog WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"},
      {pending_, "SELECT 0, row, type, object_id, '' FROM bulkhead_pending ORDER BY row"},
      {clear_pending_, "DELETE FROM bulkhead_pending"},
      {puts_, "SELECT seq, row, type, object_id, data FROM bulkhead_oplog ORDER BY seq"},
      {winner_, "SELECT seq, op_id, data, type, object_id FROM bulkhead_oplog WHERE row_hash = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    BULKHEAD_TRY(statement, database_->Prepare(sql));
  }
  return Ok();
}

Status OperationLog::Load() {
  buckets_.clear();
  buckets_by_id_.clear();
  BULKHEAD_TRY(
      auto buckets,
      database_->Prepare("SELECT id, name, last_op, checksum, count, applied_seq, newest_seq FROM bulkhead_buckets"));
  for (;;) {
    BULKHEAD_TRY(bool row, buckets.Step());
    if (!row) break;
    Bucket& bucket = buckets_[std::string(buckets.Text(1))];
    bucket = {.id = buckets.Integer(0),
              .last_op = static_cast<uint64_t>(buckets.Integer(2)),
              .checksum = static_cast<uint32_t>(buckets.Integer(3)),
              .count = static_cast<uint64_t>(buckets.Integer(4)),
              .applied_seq = buckets.Integer(5),
              .newest_seq = buckets.Integer(6)};
    buckets_by_id_[bucket.id] = &bucket;
  }
  BULKHEAD_TRY(auto state, database_->Prepare(
                               "SELECT next_bucket, last_op_id, write_checkpoint, generation FROM bulkhead_state"));
  BULKHEAD_TRY(bool row, state.Step());
  if (!row) return Error{Code::InvalidData, "the file's bulkhead_state is empty"};
  state_.next_bucket = state.Integer(0);
  state_.last_op_id = static_cast<uint64_t>(state.Integer(1));
  state_.write_checkpoint.reset();
  if (!state.IsNull(2)) state_.write_checkpoint = static_cast<uint64_t>(state.Integer(2));
  state_.generation = state.Integer(3);
  BULKHEAD_TRY(int64_t pending, database_->QueryInteger("SELECT count(*) FROM bulkhead_pending"));
  pending_count_ = static_cast<uint64_t>(pending);
  return Ok();
}

Result<bool> OperationLog::IsCurrent() {
  sqlite::ResetAtEnd reset(generation_);
  BULKHEAD_TRY(bool row, generation_.Step());
  return row && generation_.Integer(0) == state_.generation;
}

Status OperationLog::Save() {
  for (auto& [name, bucket] : buckets_) {
    if (!bucket.dirty) continue;
    save_bucket_.Bind(1, bucket.id).Bind(2, name).Bind(3, static_cast<int64_t>(bucket.last_op));
    save_bucket_.Bind(4, static_cast<int64_t>(bucket.checksum)).Bind(5, static_cast<int64_t>(bucket.count));
    BULKHEAD_CHECK_OK(save_bucket_.Bind(6, bucket.applied_seq).Bind(7, bucket.newest_seq).Run());
    bucket.dirty = false;
  }
  save_state_.Bind(1, state_.next_bucket).Bind(2, static_cast<int64_t>(state_.last_op_id)).BindNull(3);
  if (state_.write_checkpoint) save_state_.Bind(3, static_cast<int64_t>(*state_.write_checkpoint));
  return save_state_.Bind(4, ++state_.generation).Run();
}

Bucket* OperationLog::Find(std::string_view name) {
  auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : &found->second;
}

Result<Bucket*> OperationLog::FindOrAdd(const std::string& name) {
  if (Bucket* bucket = Find(name)) return bucket;
  if (state_.next_bucket == BucketsMax)
    return Error{Code::LimitExceeded, "the file has seen too many buckets: make a new one"};
  Bucket& bucket = buckets_[name];
  bucket.id = state_.next_bucket++;
  bucket.applied_seq = bucket.newest_seq = FirstSeq(bucket.id);
  bucket.dirty = true;
  buckets_by_id_[bucket.id] = &bucket;
  return &bucket;
}

Status OperationLog::DropOperations(const Bucket& bucket) {
  BULKHEAD_CHECK_OK(mark_bucket_.Bind(1, FirstSeq(bucket.id)).Bind(2, LastSeq(bucket.id)).Run());
  pending_count_ += static_cast<uint64_t>(database_->changes());
  return delete_bucket_operations_.Bind(1, FirstSeq(bucket.id)).Bind(2, LastSeq(bucket.id)).Run();
}

Status OperationLog::Drop(std::string_view name) {
  auto found = buckets_.find(name);
  if (found == buckets_.end()) return Ok();
  BULKHEAD_CHECK_OK(DropOperations(found->second));
  BULKHEAD_CHECK_OK(delete_bucket_.Bind(1, found->second.id).Run());
  buckets_by_id_.erase(found->second.id);
  buckets_.erase(found);
  return Ok();
}

Status OperationLog::DeleteOperation(int64_t seq) {
  return delete_.Bind(1, seq).Run();
}

// Looks at the first operations of the row, and only when there are many asks for the identity.
Result<OperationLog::Found> OperationLog::FindRow(const Bucket& bucket, const wire::Operation& operation,
                                                  int64_t type, Hashes hashes) {
  constexpr int ScanMax = 16;
  Found found;
  auto is_same = [&](const sqlite::Statement& s) {
    if (s.Integer(3) != type || s.Text(4) != operation.object_id) return false;
    found.row = s.Integer(1);
    return BucketOf(s.Integer(0)) == bucket.id && s.Text(2) == operation.subkey;
  };
  sqlite::ResetAtEnd reset_row(find_row_), reset_exact(find_exact_);
  find_row_.Bind(1, hashes.row);
  for (int seen = 0; seen < ScanMax; ++seen) {
    BULKHEAD_TRY(bool row, find_row_.Step());
    if (!row) {
      if (found.row != 0) return found;
      BULKHEAD_TRY(found.row, FindPending(operation, type));
      return found;
    }
    if (is_same(find_row_)) {
      found.seq = find_row_.Integer(0);
      return found;
    }
  }
  find_exact_.Bind(1, hashes.row).Bind(2, hashes.identity);
  for (;;) {
    BULKHEAD_TRY(bool row, find_exact_.Step());
    if (!row) return found;
    if (!is_same(find_exact_)) continue;
    found.seq = find_exact_.Integer(0);
    return found;
  }
}

// The place of a row that lost its operations since the last complete; 0: none.
Result<int64_t> OperationLog::FindPending(const wire::Operation& operation, int64_t type) {
  if (pending_count_ == 0) return int64_t{0};
  sqlite::ResetAtEnd reset(find_pending_);
  find_pending_.Bind(1, type).Bind(2, operation.object_id);
  BULKHEAD_TRY(bool row, find_pending_.Step());
  return row ? find_pending_.Integer(0) : 0;
}

OperationLog::Hashes OperationLog::HashesOf(const Bucket& bucket, const wire::Operation& operation, int64_t type) {
  return {Hash(type, operation.object_id), Hash(bucket.id, operation.subkey)};
}

Status OperationLog::Put(Bucket& bucket, const wire::Operation& operation, int64_t type) {
  if (operation.data.size() > limits::RowBytesMax)
    return Error{Code::InvalidData,
                 fmt::format("a row of `{}` has {} bytes", operation.object_type, operation.data.size())};
  Hashes hashes = HashesOf(bucket, operation, type);
  BULKHEAD_TRY(Found found, FindRow(bucket, operation, type, hashes));
  if (found.seq) BULKHEAD_CHECK_OK(DeleteOperation(found.seq));
  if (bucket.newest_seq == LastSeq(bucket.id))
    return Error{Code::LimitExceeded, "the bucket has had too many operations"};
  int64_t seq = ++bucket.newest_seq;
  insert_.Bind(1, seq).Bind(2, static_cast<int64_t>(operation.op_id)).Bind(3, type).Bind(4, operation.object_id);
  insert_.Bind(5, hashes.row).Bind(6, hashes.identity).Bind(7, operation.subkey);
  return insert_.Bind(8, found.row ? found.row : seq).Bind(9, operation.data).Run();
}

Status OperationLog::Remove(Bucket& bucket, const wire::Operation& operation, int64_t type) {
  BULKHEAD_TRY(Found found, FindRow(bucket, operation, type, HashesOf(bucket, operation, type)));
  if (!found.seq) return Ok();
  BULKHEAD_CHECK_OK(DeleteOperation(found.seq));
  ++pending_count_;
  return mark_pending_.Bind(1, found.row).Bind(2, type).Bind(3, operation.object_id).Run();
}

Status OperationLog::Append(Bucket& bucket, const wire::Operation& operation, int64_t type) {
  if (operation.op_id <= bucket.last_op)
    return Error{Code::InvalidData, fmt::format("operation {} comes after {}", operation.op_id, bucket.last_op)};
  bucket.last_op = operation.op_id;
  bucket.checksum += operation.checksum;
  ++bucket.count;
  bucket.dirty = true;
  switch (operation.kind) {
    case wire::OpKind::Put: return Put(bucket, operation, type);
    case wire::OpKind::Remove: return Remove(bucket, operation, type);
    case wire::OpKind::Move: return Ok();
    case wire::OpKind::Clear:
      bucket.checksum = operation.checksum;
      bucket.count = 1;
      return DropOperations(bucket);
  }
  return Ok();
}

Status OperationLog::ForEachUnapplied(const Bucket& bucket, const std::function<Status(const StoredPut&)>& visit) {
  unapplied_.Bind(1, bucket.applied_seq).Bind(2, LastSeq(bucket.id));
  return ForEach(unapplied_, visit);
}

Status OperationLog::ForEachPending(const std::function<Status(const StoredPut&)>& visit) {
  return pending_count_ == 0 ? Ok() : ForEach(pending_, visit);
}

Status OperationLog::ClearPending() {
  if (pending_count_ == 0) return Ok();
  pending_count_ = 0;
  return clear_pending_.Run();
}

Status OperationLog::ForEachPut(const std::function<Status(const StoredPut&)>& visit) {
  return ForEach(puts_, visit);
}

Result<std::optional<Winner>> OperationLog::FindWinner(const StoredPut& row, bool full,
                                                       const std::unordered_map<int64_t, const Bucket*>& applying) {
  std::optional<Winner> winner;
  sqlite::ResetAtEnd reset(winner_);
  winner_.Bind(1, Hash(row.type, row.object_id));
  for (;;) {
    BULKHEAD_TRY(bool found, winner_.Step());
    if (!found) return winner;
    int64_t seq = winner_.Integer(0), bucket = BucketOf(seq);
    auto op_id = static_cast<uint64_t>(winner_.Integer(1));
    if ((winner && winner->op_id >= op_id) || winner_.Integer(3) != row.type || winner_.Text(4) != row.object_id)
      continue;
    if (!full && !applying.contains(bucket)) {
      auto other = buckets_by_id_.find(bucket);
      if (other == buckets_by_id_.end() || seq > other->second->applied_seq) continue;
    }
    winner = Winner{op_id, std::string(winner_.Text(2))};
  }
}

bool OperationLog::IsAllApplied() const {
  if (pending_count_ > 0) return false;
  for (const auto& [name, bucket] : buckets_)
    if (bucket.newest_seq > bucket.applied_seq) return false;
  return true;
}

}  // namespace bulkhead::client
