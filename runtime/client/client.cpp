#include "runtime/client/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "runtime/base/id.h"
#include "runtime/client/operation_log.h"
#include "runtime/client/row_reader.h"
#include "runtime/client/tables.h"

namespace bulkhead::client {
namespace {

constexpr int BusyTimeoutMs = 5000;

// What the session's checkpoint says about a bucket.
struct Target {
  uint32_t checksum = 0;
  uint64_t count = 0;
  uint8_t priority = 3;
};

}  // namespace

struct Client::State {
  State(std::string file, Options given) : path(std::move(file)), options(std::move(given)) {}

  std::string path;
  Options options;
  sqlite::Database database;
  std::optional<OperationLog> log;
  std::optional<Tables> tables;
  RowReader reader;

  // The session.
  bool has_checkpoint = false;
  bool over = false;  // a line failed
  bool needs_restart = false;
  uint64_t target_op_id = 0;
  std::optional<uint64_t> write_checkpoint;
  std::map<std::string, Target, std::less<>> targets;

  uint32_t uncommitted = 0;  // operations stored since the last commit
  int64_t schema_version = 0;
  bool must_rebuild = false;  // the visible tables are not to be trusted, but cannot be made anew before a complete

  // The complete at hand.
  std::unordered_map<int64_t, const Bucket*> applying;
  std::unordered_set<int64_t> settled;      // rows done that several operations name
  std::vector<std::vector<int64_t>> added;  // rows that were new, ascending within each bucket's run
  std::map<std::string, TableChanges> changes;
  std::string bad_bucket;  // holds a row that is not one

  Status Open();
  Status Begin();
  Status Commit();
  Status Reload();
  Status Settle();
  Status NoticeSchema();
  void Fail(const Error& error);
  Status Forget(const std::vector<std::string>& buckets);

  Status Take(const wire::Checkpoint& line);
  Status Take(const wire::CheckpointDiff& line);
  Status Take(const wire::Data& line);
  Status Take(const wire::PartialCheckpointComplete& line) { return Complete(line.last_op_id, line.priority); }
  Status Take(const wire::CheckpointComplete& line) { return Complete(line.last_op_id, std::nullopt); }
  Status Take(const wire::TokenExpires&) { return Ok(); }

  void SetTarget(const wire::BucketState& bucket);
  Status Complete(uint64_t last_op_id, std::optional<uint8_t> priority);
  std::vector<std::string> Mismatches(std::optional<uint8_t> priority) const;
  Status Apply(bool full);
  Status ApplyPut(const StoredPut& put, bool full);
  Status ApplyRow(const StoredPut& row, bool full);
  Status Rebuild();
  void Count(const VisibleTable& table, VisibleTable::Change change);
  bool IsAdded(int64_t row) const;
  void FinishBuckets();
  void Report(std::optional<uint8_t> priority);
  Status DumpRow(const StoredPut& put, std::map<std::string, DumpedTable>& dumped);
};

Status Client::State::Open() {
  constexpr int Flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  BULKHEAD_TRY(database, sqlite::Database::Open(path, Flags, BusyTimeoutMs));
  if (database.is_read_only()) return Error{Code::StorageFailed, "the file cannot be written"};
  // NORMAL: a commit survives the death of the process; the machine's may undo the last ones, positions included.
  BULKHEAD_CHECK_OK(database.Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA temp_store = "
      "MEMORY;"
      "PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = FAST"));
  BULKHEAD_TRY(log, OperationLog::Open(database));
  BULKHEAD_TRY(tables, Tables::Open(database));
  schema_version = -1;
  BULKHEAD_CHECK_OK(Begin());
  for (const TableShape& shape : options.tables) BULKHEAD_CHECK_OK(tables->Make(shape));
  return Commit();
}

// Nothing is changed, in memory neither, when this fails.
Status Client::State::Begin() {
  if (database.in_transaction()) return Ok();
  BULKHEAD_CHECK_OK(database.Execute("BEGIN IMMEDIATE"));
  BULKHEAD_TRY(bool current, log->IsCurrent());
  if (!current) return Error{Code::StorageFailed, fmt::format("`{}` was changed by another client", path)};
  return NoticeSchema();
}

// Someone may have added an index or a column, or run VACUUM.
Status Client::State::NoticeSchema() {
  BULKHEAD_TRY(int64_t version, database.QueryInteger("PRAGMA schema_version"));
  if (version == schema_version) return Ok();
  BULKHEAD_CHECK_OK(tables->Load());
  schema_version = version;
  BULKHEAD_TRY(bool intact, tables->IsIntact());
  if (intact) return Ok();
  must_rebuild = true;
  return log->IsAllApplied() ? Rebuild() : Ok();
}

Status Client::State::Commit() {
  if (!database.in_transaction()) return Ok();
  BULKHEAD_CHECK_OK(log->Save());
  BULKHEAD_TRY(schema_version, database.QueryInteger("PRAGMA schema_version"));
  BULKHEAD_CHECK_OK(database.Execute("COMMIT"));
  uncommitted = 0;
  return Ok();
}

Status Client::State::Reload() {
  if (database.in_transaction()) BULKHEAD_CHECK_OK(database.Execute("ROLLBACK"));
  uncommitted = 0;
  schema_version = -1;
  must_rebuild = false;
  BULKHEAD_CHECK_OK(log->Load());
  return tables->Load();
}

void Client::State::Fail(const Error& error) {
  over = true;
  needs_restart = needs_restart || error.code == Code::StorageFailed || error.code == Code::StorageBusy;
  if (database.in_transaction() || error.code != Code::InvalidData) (void)Reload();
}

// Drops buckets for good, so that they are asked for from the start.
Status Client::State::Forget(const std::vector<std::string>& buckets) {
  BULKHEAD_CHECK_OK(Begin());
  for (const std::string& bucket : buckets) BULKHEAD_CHECK_OK(log->Drop(bucket));
  return Commit();
}

void Client::State::SetTarget(const wire::BucketState& bucket) {
  targets[bucket.bucket] = {bucket.checksum, bucket.count, bucket.priority};
}

Status Client::State::Take(const wire::Checkpoint& line) {
  std::unordered_set<std::string_view> listed;
  for (const wire::BucketState& bucket : line.buckets)
    if (!listed.insert(bucket.bucket).second)
      return Error{Code::InvalidData, fmt::format("the checkpoint lists bucket `{}` twice", bucket.bucket)};
  std::vector<std::string> dropped;
  for (const auto& [name, bucket] : log->buckets())
    if (!listed.contains(name)) dropped.push_back(name);
  if (!dropped.empty()) BULKHEAD_CHECK_OK(Begin());
  for (const std::string& name : dropped) BULKHEAD_CHECK_OK(log->Drop(name));
  targets.clear();
  for (const wire::BucketState& bucket : line.buckets) SetTarget(bucket);
  has_checkpoint = true;
  target_op_id = line.last_op_id;
  write_checkpoint = line.write_checkpoint;
  return Ok();
}

Status Client::State::Take(const wire::CheckpointDiff& line) {
  if (!has_checkpoint) return Error{Code::InvalidData, "a checkpoint_diff without a checkpoint before it"};
  if (!line.removed_buckets.empty()) BULKHEAD_CHECK_OK(Begin());
  for (const std::string& name : line.removed_buckets) {
    BULKHEAD_CHECK_OK(log->Drop(name));
    targets.erase(name);
  }
  for (const wire::BucketState& bucket : line.updated_buckets) SetTarget(bucket);
  target_op_id = line.last_op_id;
  if (line.write_checkpoint) write_checkpoint = line.write_checkpoint;
  return Ok();
}

Status Client::State::Take(const wire::Data& line) {
  if (!targets.contains(line.bucket))
    return Error{Code::InvalidData,
                 fmt::format("data for bucket `{}`, which the checkpoint does not list", line.bucket)};
  BULKHEAD_CHECK_OK(Begin());
  BULKHEAD_TRY(Bucket * bucket, log->FindOrAdd(line.bucket));
  const std::string* type_name = nullptr;
  int64_t type = 0;
  for (const wire::Operation& operation : line.operations) {
    bool has_row = operation.kind == wire::OpKind::Put || operation.kind == wire::OpKind::Remove;
    if (has_row && (!type_name || *type_name != operation.object_type)) {
      BULKHEAD_TRY(type, tables->FindOrAddType(operation.object_type));
      type_name = &operation.object_type;
    }
    if (Status appended = log->Append(*bucket, operation, type); !appended) {
      if (appended.error().code != Code::InvalidData) return appended;
      return Error{Code::InvalidData, fmt::format("bucket `{}`: {}", line.bucket, appended.error().message)};
    }
  }
  uncommitted += static_cast<uint32_t>(line.operations.size());
  return uncommitted >= options.commit_operations_max ? Commit() : Ok();
}

// Buckets whose sum differs from the checkpoint's. Compaction on the server makes counts smaller, never larger, so a
// smaller local count means lost operations whatever the sum says.
std::vector<std::string> Client::State::Mismatches(std::optional<uint8_t> priority) const {
  std::vector<std::string> names;
  for (const auto& [name, target] : targets) {
    if (priority && target.priority > *priority) continue;
    auto found = log->buckets().find(name);
    uint32_t checksum = found == log->buckets().end() ? 0 : found->second.checksum;
    uint64_t count = found == log->buckets().end() ? 0 : found->second.count;
    if (checksum != target.checksum || count < target.count) names.push_back(name);
  }
  return names;
}

Status Client::State::Complete(uint64_t last_op_id, std::optional<uint8_t> priority) {
  if (!has_checkpoint || last_op_id != target_op_id)
    return Error{Code::InvalidData, fmt::format("checkpoint {} is complete, but was not announced", last_op_id)};
  BULKHEAD_CHECK_OK(Begin());
  if (std::vector<std::string> wrong = Mismatches(priority); !wrong.empty()) {
    BULKHEAD_CHECK_OK(Forget(wrong));
    needs_restart = true;
    std::string more = wrong.size() > 1 ? fmt::format(" and {} more", wrong.size() - 1) : "";
    return Error{Code::InvalidData,
                 fmt::format("the sum of bucket `{}`{} does not agree; fetching again", wrong[0], more)};
  }
  applying.clear();
  for (const auto& [name, target] : targets)
    if (Bucket* bucket = log->Find(name); bucket && (!priority || target.priority <= *priority))
      applying[bucket->id] = bucket;
  if (Status applied = Apply(!priority); !applied) {
    if (applied.error().code != Code::InvalidData) return applied;
    // Kept, it would fail each time; forgotten, a server that has been put right can send it again.
    BULKHEAD_CHECK_OK(Reload());
    BULKHEAD_CHECK_OK(Forget({bad_bucket}));
    return applied;
  }
  FinishBuckets();
  if (options.index_ids) BULKHEAD_CHECK_OK(tables->AddIndexes());
  if (!priority) {
    log->state().last_op_id = target_op_id;
    if (write_checkpoint) log->state().write_checkpoint = write_checkpoint;
  }
  BULKHEAD_CHECK_OK(Commit());
  Report(priority);
  return Ok();
}

Status Client::State::Apply(bool full) {
  settled.clear();
  added.clear();
  changes.clear();
  bad_bucket.clear();
  if (must_rebuild) return full ? Rebuild() : Ok();
  for (const auto& [name, target] : targets) {
    const Bucket* bucket = log->Find(name);
    if (!bucket || !applying.contains(bucket->id) || bucket->newest_seq <= bucket->applied_seq) continue;
    bad_bucket = name;
    added.emplace_back();
    BULKHEAD_CHECK_OK(log->ForEachUnapplied(*bucket, [&](const StoredPut& put) { return ApplyPut(put, full); }));
  }
  if (!full) return Ok();
  BULKHEAD_CHECK_OK(log->ForEachPending([&](const StoredPut& row) { return ApplyRow(row, full); }));
  return log->ClearPending();
}

Status Client::State::ApplyPut(const StoredPut& put, bool full) {
  if (put.row == put.seq) {
    BULKHEAD_TRY(const std::vector<Field>* fields, reader.Read(put.data));
    VisibleTable& table = tables->TableOf(put.type);
    BULKHEAD_TRY(bool inserted, table.TryInsert(put.row, *fields, put.object_id));
    if (inserted) {
      added.back().push_back(put.row);
      Count(table, VisibleTable::Change::Gained);
      return Ok();
    }
  }
  return ApplyRow(put, full);
}

Status Client::State::ApplyRow(const StoredPut& row, bool full) {
  if (!settled.insert(row.row).second) return Ok();
  VisibleTable& table = tables->TableOf(row.type);
  BULKHEAD_TRY(std::optional<Winner> winner, log->FindWinner(row, full, applying));
  if (!winner) {
    BULKHEAD_TRY(auto change, table.Delete(row.row));
    Count(table, change);
    return Ok();
  }
  BULKHEAD_TRY(const std::vector<Field>* fields, reader.Read(winner->data));
  BULKHEAD_TRY(auto change, table.Put(row.row, *fields, row.object_id));
  if (change != VisibleTable::Change::Changed || !IsAdded(row.row)) Count(table, change);
  return Ok();
}

// Whether this complete has added the row already, from an older operation of another bucket.
bool Client::State::IsAdded(int64_t row) const {
  return std::any_of(added.begin(), added.end(),
                     [&](const auto& run) { return std::binary_search(run.begin(), run.end(), row); });
}

// The visible tables from nothing but the log; shows what is stored of every bucket.
Status Client::State::Rebuild() {
  BULKHEAD_CHECK_OK(tables->StartAnew());
  settled.clear();
  BULKHEAD_CHECK_OK(log->ForEachPut([&](const StoredPut& put) { return ApplyRow(put, /*full=*/true); }));
  changes.clear();
  must_rebuild = false;
  return log->ClearPending();
}

void Client::State::Count(const VisibleTable& table, VisibleTable::Change change) {
  if (change == VisibleTable::Change::None) return;
  TableChanges& counts = changes[table.name()];
  counts.gained += change == VisibleTable::Change::Gained;
  counts.changed += change == VisibleTable::Change::Changed;
  counts.lost += change == VisibleTable::Change::Lost;
}

void Client::State::FinishBuckets() {
  for (const auto& [name, target] : targets) {
    Bucket* bucket = log->Find(name);
    if (!bucket || !applying.contains(bucket->id)) continue;
    if (bucket->newest_seq > bucket->applied_seq && !must_rebuild) {
      bucket->applied_seq = bucket->newest_seq;
      bucket->dirty = true;
    }
    if (bucket->count != target.count) {
      bucket->count = target.count;
      bucket->dirty = true;
    }
  }
}

void Client::State::Report(std::optional<uint8_t> priority) {
  if (!options.on_applied) return;
  Applied applied{target_op_id, priority, {}};
  for (auto& [name, counts] : changes) {
    counts.table = name;
    applied.tables.push_back(counts);
  }
  options.on_applied(applied);
}

Status Client::State::DumpRow(const StoredPut& put, std::map<std::string, DumpedTable>& dumped) {
  if (!settled.insert(put.row).second) return Ok();
  BULKHEAD_TRY(std::optional<Winner> winner, log->FindWinner(put, /*full=*/true, applying));
  VisibleTable& table = tables->TableOf(put.type);
  BULKHEAD_TRY(bool visible, table.Select(put.row));
  if (!winner || !visible) return Ok();
  DumpedRow row{std::string(put.object_id), {}};
  BULKHEAD_TRY(const std::vector<Field>* fields, reader.Read(winner->data));
  for (const Field& field : *fields) {
    auto same = [&](const auto& column) {
      return column.first == field.name;
    };
    if (std::none_of(row.columns.begin(), row.columns.end(), same))
      row.columns.emplace_back(field.name, table.At(field.name));
  }
  table.EndSelect();
  dumped[table.name()].rows.push_back(std::move(row));
  return Ok();
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() {
  (void)Flush();
}

Result<std::unique_ptr<Client>> Client::Open(const std::string& path, Options options) {
  auto state = std::make_unique<State>(path, std::move(options));
  if (Status opened = state->Open(); !opened)
    return Error{opened.error().code, fmt::format("client file `{}`: {}", path, opened.error().message)};
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

std::vector<BucketPosition> Client::Connect() {
  (void)Flush();
  state_->targets.clear();
  state_->has_checkpoint = state_->over = state_->needs_restart = false;
  return BucketPositions();
}

std::vector<BucketPosition> Client::BucketPositions() const {
  std::vector<BucketPosition> positions;
  for (const auto& [name, bucket] : state_->log->buckets()) positions.push_back({name, bucket.last_op});
  return positions;
}

Status Client::Take(const wire::Line& line) {
  if (state_->over) return Error{Code::InvalidRequest, "the session is over: connect again"};
  Status taken = std::visit([&](const auto& kind) { return state_->Take(kind); }, line);
  bool untouched = !taken && taken.error().code == Code::StorageBusy && !state_->database.in_transaction();
  if (!taken && !untouched) state_->Fail(taken.error());
  return taken;
}

bool Client::needs_restart() const {
  return state_->needs_restart;
}

Status Client::Flush() {
  if (state_->over || !state_->database.in_transaction()) return Ok();
  Status saved = state_->Commit();
  if (!saved) state_->Fail(saved.error());
  return saved;
}

uint64_t Client::last_op_id() const {
  return state_->log->state().last_op_id;
}
std::optional<uint64_t> Client::write_checkpoint() const {
  return state_->log->state().write_checkpoint;
}

Result<std::vector<DumpedTable>> Client::DumpTables() {
  std::map<std::string, DumpedTable> dumped;
  state_->settled.clear();
  BULKHEAD_CHECK_OK(state_->log->ForEachPut([&](const StoredPut& put) { return state_->DumpRow(put, dumped); }));
  std::vector<DumpedTable> tables;
  for (auto& [name, table] : dumped) {
    table.name = name;
    std::stable_sort(table.rows.begin(), table.rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace bulkhead::client
