#include "runtime/source/sqlite_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "runtime/source/file_watch.h"
#include "runtime/source/row_reader.h"
#include "runtime/source/sqlite_log.h"
#include "runtime/source/sqlite_table.h"
#include "runtime/value/key.h"

namespace bulkhead::source {
namespace {

using std::chrono::steady_clock;

// After a write to the files or a change: how long to look every millisecond.
constexpr std::chrono::milliseconds Attentive{200};

// Failures name the database and are the source's.
Error Named(const std::string& path, const Error& error) {
  Code code = error.code == Code::StorageFailed ? Code::SourceFailed : error.code;
  return {code, fmt::format("source `{}`: {}", path, error.message)};
}

Result<sqlite::Database> OpenDatabase(const std::string& path, int busy_timeout_ms) {
  // Not created when missing. A file that cannot be written can still be followed once it is set up.
  constexpr int Flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return Error{Code::NotFound, "there is no such file"};
  return sqlite::Database::Open(path, Flags, busy_timeout_ms);
}

// Counts calls, and tells the sink's failures from the database's.
class WatchedSink final : public value::ChangeSink {
 public:
  explicit WatchedSink(value::ChangeSink& sink) : sink_(sink) {}
  Status Upsert(std::string_view table, std::span<const value::Value> key,
                const value::RowView& row) override {
    return Note(sink_.Upsert(table, key, row));
  }
  Status Delete(std::string_view table, std::span<const value::Value> key) override {
    return Note(sink_.Delete(table, key));
  }
  Status Truncate(std::string_view table) override { return Note(sink_.Truncate(table)); }
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) override {
    return Note(sink_.Unreadable(table, key_text, reason));
  }
  Status Note(Status status) {
    ++calls_;
    failed_ = failed_ || !status;
    return status;
  }
  bool failed() const { return failed_; }
  uint64_t calls() const { return calls_; }

 private:
  value::ChangeSink& sink_;
  uint64_t calls_ = 0;
  bool failed_ = false;
};

// A read transaction; ends with the scope.
class Snapshot {
 public:
  explicit Snapshot(sqlite::Database& database) : database_(database) {}
  ~Snapshot() { End(); }
  Snapshot(const Snapshot&) = delete;
  Status Begin() { return database_.Execute("BEGIN"); }
  void End() {
    if (database_.in_transaction()) (void)database_.Execute("ROLLBACK");
  }

 private:
  sqlite::Database& database_;
};

class SqliteSource final : public Source {
 public:
  SqliteSource(std::string path, std::vector<TableRequest> requests, SqliteOptions options,
               sqlite::Database database)
      : path_(std::move(path)),
        requests_(std::move(requests)),
        options_(std::move(options)),
        database_(std::move(database)),
        log_(database_),
        watch_(path_) {}
  ~SqliteSource() override;

  Status Open();
  Result<std::string> Load(std::span<const std::string> tables, value::ChangeSink& sink,
                           const LoadEvents& events) override;
  Result<Polled> Poll(std::string_view position, value::ChangeSink& sink) override;
  Result<bool> HasChanged() override;
  Result<bool> WaitForChange(std::chrono::milliseconds timeout) override;
  void Acknowledge(std::string_view position) override;

 private:
  Status CheckFile();
  Status Prepare();
  Status Install(bool is_first);
  Result<bool> IsSchemaCurrent();
  Status BeginSnapshot(Snapshot& snapshot);
  Status ReadVersion();
  Result<std::string> LoadAll(std::span<const std::string> tables, WatchedSink& sink,
                              const LoadEvents& events);
  Status LoadTable(RowReader& reader, WatchedSink& sink, const LoadEvents& events);
  Result<Polled> PollLog(std::string_view position, WatchedSink& sink);
  Result<Polled> RescanAll(const LogHead& head);
  Result<bool> Continues(const std::optional<Position>& position, const LogHead& head);
  Status ReadLog(Position& position, Polled& polled, WatchedSink& sink);
  void Warn(const std::string& text) {
    if (options_.on_warning) options_.on_warning(fmt::format("source `{}`: {}", path_, text));
  }
  void FlushAcknowledged(int64_t entries_max);

  std::string path_;
  std::vector<TableRequest> requests_;
  SqliteOptions options_;
  sqlite::Database database_;
  ChangeLog log_;
  FileWatch watch_;
  std::vector<RowReader> readers_;                       // as requests_
  std::unordered_map<std::string, RowReader*> by_name_;  // by the name in the database
  sqlite::Statement data_version_, schema_version_, entries_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  int64_t seen_version_ = -1;  // PRAGMA data_version when the last snapshot began
  int64_t known_schema_ = -1;  // PRAGMA schema_version that readers_ and triggers are right for
  std::string log_id_;
  int64_t acknowledged_ = 0, stored_ = 0;  // seq
  steady_clock::time_point stored_at_{};
  steady_clock::time_point attentive_until_{};
};

SqliteSource::~SqliteSource() {
  if (acknowledged_ > stored_) FlushAcknowledged(10'000);
}

// The path must still lead to the file that is open: changes to another one would never be seen.
Status SqliteSource::CheckFile() {
  struct stat info;
  bool same = stat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
  return same ? Ok()
              : Error{Code::SourceFailed, "the file was deleted or replaced; start again with the new one"};
}

Status SqliteSource::Open() {
  struct stat info;
  if (stat(path_.c_str(), &info) != 0) return Error{Code::NotFound, "there is no such file"};
  device_ = info.st_dev;
  inode_ = info.st_ino;
  std::set<std::string> names;
  for (const TableRequest& request : requests_)
    if (!names.insert(sqlite::FoldName(request.name)).second)
      return Error{Code::InvalidRequest, fmt::format("table `{}` is asked for twice", request.name)};
  BULKHEAD_TRY(data_version_, database_.Prepare("PRAGMA data_version"));
  BULKHEAD_TRY(schema_version_, database_.Prepare("PRAGMA schema_version"));
  BULKHEAD_TRY(std::string mode, database_.QueryText("PRAGMA journal_mode"));
  if (mode != "wal")
    Warn(
        fmt::format("journal_mode is {}: reading blocks writers and is blocked by them; PRAGMA journal_mode "
                    "= WAL ends that",
                    mode));
  BULKHEAD_CHECK_OK(Install(true));
  BULKHEAD_TRY(LogHead head, log_.Head());
  log_id_ = head.id;
  return Prepare();
}

// Brings log and triggers up to date, then the statements that depend on them.
Status SqliteSource::Install(bool is_first) {
  ChangeLog::Plan plan;
  if (options_.install) {
    BULKHEAD_TRY(plan, log_.Install(requests_, options_.consumer));
  } else {
    BULKHEAD_TRY(plan, log_.PlanInstall(requests_, options_.consumer));
    if (!plan.statements.empty())
      return Error{Code::SourceFailed, is_first
                                           ? "it is not set up for being followed; install the change log"
                                           : "its tables have changed; install the change log again"};
  }
  for (const std::string& warning : plan.report.warnings) Warn(warning);
  if (!is_first)
    for (const std::string& table : plan.report.installed)
      Warn(fmt::format("the definition of table `{}` has changed; loading it again", table));
  readers_.clear();
  by_name_.clear();
  readers_.reserve(requests_.size());
  for (size_t i = 0; i < requests_.size(); ++i) {
    std::string name = plan.tables[i].name;
    if (by_name_.contains(name))
      return Error{Code::InvalidRequest, fmt::format("table `{}` is asked for twice", name)};
    BULKHEAD_TRY(RowReader reader, RowReader::Make(database_, requests_[i].name, std::move(plan.tables[i])));
    readers_.push_back(std::move(reader));
    by_name_[name] = &readers_.back();
  }
  return Ok();
}

Status SqliteSource::Prepare() {
  BULKHEAD_TRY(entries_, database_.Prepare("SELECT seq, tbl, k1, k2, k3, k4, k5, k6, k7, k8, stamp FROM "
                                           "bulkhead_changes WHERE seq > ?1 ORDER BY seq"));
  return Ok();
}

Status SqliteSource::ReadVersion() {
  sqlite::ResetAtEnd reset(data_version_);
  BULKHEAD_TRY(bool row, data_version_.Step());
  seen_version_ = row ? data_version_.Integer(0) : -1;
  return Ok();
}

// Inside a snapshot: whether readers_ and triggers are those of its schema.
Result<bool> SqliteSource::IsSchemaCurrent() {
  sqlite::ResetAtEnd reset(schema_version_);
  BULKHEAD_TRY(bool row, schema_version_.Step());
  int64_t version = row ? schema_version_.Integer(0) : -1;
  if (version == known_schema_) return true;
  known_schema_ = version;
  return false;
}

// Begins a snapshot with a schema that is understood. The schema may change again before the next snapshot.
Status SqliteSource::BeginSnapshot(Snapshot& snapshot) {
  constexpr int AttemptsMax = 10;
  for (int i = 0; i < AttemptsMax; ++i) {
    BULKHEAD_CHECK_OK(CheckFile());
    BULKHEAD_CHECK_OK(ReadVersion());
    BULKHEAD_CHECK_OK(snapshot.Begin());
    BULKHEAD_TRY(bool current, IsSchemaCurrent());
    if (current) return Ok();
    snapshot.End();
    Status installed = Install(false);
    if (!installed) {
      known_schema_ = -1;
      return installed;
    }
  }
  return Error{Code::SourceFailed, "its schema does not stop changing"};
}

Result<std::string> SqliteSource::Load(std::span<const std::string> tables, value::ChangeSink& sink,
                                       const LoadEvents& events) {
  WatchedSink watched(sink);
  auto loaded = LoadAll(tables, watched, events);
  if (!loaded && !watched.failed()) return Named(path_, loaded.error());
  return loaded;
}

Result<std::string> SqliteSource::LoadAll(std::span<const std::string> tables, WatchedSink& sink,
                                          const LoadEvents& events) {
  Snapshot snapshot(database_);
  BULKHEAD_CHECK_OK(BeginSnapshot(snapshot));
  BULKHEAD_TRY(LogHead head, log_.Head());
  for (const std::string& table : tables) {
    bool known = std::any_of(requests_.begin(), requests_.end(),
                             [&](const auto& request) { return request.name == table; });
    if (!known) return Error{Code::NotFound, fmt::format("table `{}` is not followed", table)};
  }
  for (RowReader& reader : readers_) {
    bool wanted = tables.empty() || std::find(tables.begin(), tables.end(), reader.name()) != tables.end();
    if (wanted) BULKHEAD_CHECK_OK(LoadTable(reader, sink, events));
  }
  BULKHEAD_TRY(Position end, log_.End(head));
  return end.Text();
}

Status SqliteSource::LoadTable(RowReader& reader, WatchedSink& sink, const LoadEvents& events) {
  LoadProgress progress{reader.name()};
  if (events.on_progress) {
    BULKHEAD_TRY(progress.rows_total, reader.CountRows());
    events.on_progress(progress);
  }
  BULKHEAD_CHECK_OK(reader.ReadAll(sink, [&] {
    if (++progress.rows % options_.progress_rows == 0 && events.on_progress) events.on_progress(progress);
  }));
  progress.done = true;
  if (events.on_progress) events.on_progress(progress);
  return events.on_table_done ? sink.Note(events.on_table_done(reader.name())) : Ok();
}

Result<Polled> SqliteSource::Poll(std::string_view position, value::ChangeSink& sink) {
  WatchedSink watched(sink);
  auto polled = PollLog(position, watched);
  if (!polled) return watched.failed() ? polled.error() : Named(path_, polled.error());
  polled->changes = watched.calls();
  if (polled->changes > 0) attentive_until_ = steady_clock::now() + Attentive;
  return polled;
}

Result<Polled> SqliteSource::RescanAll(const LogHead& head) {
  BULKHEAD_TRY(Position end, log_.End(head));
  Polled polled{end.Text(), 0, {}};
  acknowledged_ = stored_ = 0;  // they may have been another log's
  for (const TableRequest& request : requests_) polled.rescan.push_back(request.name);
  return polled;
}

Result<Polled> SqliteSource::PollLog(std::string_view text, WatchedSink& sink) {
  Snapshot snapshot(database_);
  BULKHEAD_CHECK_OK(BeginSnapshot(snapshot));
  BULKHEAD_TRY(LogHead head, log_.Head());
  log_id_ = head.id;
  std::optional<Position> position = Position::Read(text);
  if (!position && !text.empty())
    return Error{Code::InvalidRequest, fmt::format("`{}` is no position of a SQLite source", text)};
  BULKHEAD_TRY(bool continues, Continues(position, head));
  if (!continues) return RescanAll(head);
  Polled polled;
  BULKHEAD_CHECK_OK(ReadLog(*position, polled, sink));
  polled.position = position->Text();
  return polled;
}

// Whether the log has everything after the position, and is the one it was read from: not a backup that has
// been written to since.
Result<bool> SqliteSource::Continues(const std::optional<Position>& position, const LogHead& head) {
  if (!position || position->log_id != head.id) return false;
  if (position->seq < head.pruned || position->seq > head.newest) return false;
  BULKHEAD_TRY(int64_t stamp, log_.StampOf(position->seq));
  return stamp == position->stamp;
}

// Each key once, in the order of their first entries. Moves the position.
Status SqliteSource::ReadLog(Position& position, Polled& polled, WatchedSink& sink) {
  sqlite::ResetAtEnd reset(entries_);
  entries_.Bind(1, position.seq);
  std::unordered_set<std::string> seen;
  std::string entry;
  for (;;) {
    BULKHEAD_TRY(bool row, entries_.Step());
    if (!row) return Ok();
    position.seq = entries_.Integer(0);
    position.stamp = entries_.Integer(10);
    value::Value table = entries_.At(1);
    auto found = table.is_bytes() ? by_name_.find(std::string(table.bytes())) : by_name_.end();
    if (found == by_name_.end()) continue;
    RowReader& reader = *found->second;
    if (table.type() == value::Type::Blob) {
      if (std::find(polled.rescan.begin(), polled.rescan.end(), reader.name()) == polled.rescan.end())
        polled.rescan.emplace_back(reader.name());
      continue;
    }
    std::vector<value::Value> key;
    for (size_t i = 0; i < reader.key_size(); ++i) key.push_back(entries_.At(static_cast<int>(i + 2)));
    entry = reader.name();
    entry += '\0';
    value::AppendKey(entry, key);
    if (!seen.insert(entry).second) continue;
    BULKHEAD_CHECK_OK(reader.ReadOne(key, sink));
  }
}

Result<bool> SqliteSource::HasChanged() {
  if (Status same = CheckFile(); !same) return Named(path_, same.error());
  sqlite::ResetAtEnd reset(data_version_);
  auto row = data_version_.Step();
  if (!row) return Named(path_, row.error());
  return data_version_.Integer(0) != seen_version_;
}

// A write to the -wal file is seen before the commit it belongs to: after one, look often for a while.
Result<bool> SqliteSource::WaitForChange(std::chrono::milliseconds timeout) {
  using std::chrono::milliseconds;
  constexpr int SoonMs = 1, QuietMs = 50;
  auto end = steady_clock::now() + timeout;
  for (;;) {
    BULKHEAD_TRY(bool changed, HasChanged());
    auto now = steady_clock::now();
    if (changed || now >= end) return changed;
    int wait_ms = now < attentive_until_ || watch_.is_deaf() ? SoonMs : QuietMs;
    auto left = std::chrono::ceil<milliseconds>(end - now).count();
    if (watch_.Wait(static_cast<int>(std::min<int64_t>(wait_ms, left))))
      attentive_until_ = steady_clock::now() + Attentive;
  }
}

void SqliteSource::Acknowledge(std::string_view text) {
  constexpr auto StorePeriod = std::chrono::seconds(1);
  constexpr int64_t StoreEntries = 10'000;
  std::optional<Position> position = Position::Read(text);
  if (!position || position->log_id != log_id_) return;
  acknowledged_ = std::max(acknowledged_, position->seq);
  int64_t entries = acknowledged_ - stored_;
  bool due = entries > 0 && (entries >= StoreEntries || steady_clock::now() - stored_at_ >= StorePeriod);
  if (due) FlushAcknowledged(2 * StoreEntries);
}

// Writers come first: one that holds the lock is not waited for.
void SqliteSource::FlushAcknowledged(int64_t entries_max) {
  database_.SetBusyTimeout(0);
  if (log_.Acknowledge(options_.consumer, acknowledged_, entries_max)) stored_ = acknowledged_;
  database_.SetBusyTimeout(options_.busy_timeout_ms);
  stored_at_ = steady_clock::now();
}

}  // namespace

Result<InstallReport> InstallSqlite(const std::string& path, std::span<const TableRequest> tables,
                                    const std::string& consumer) {
  auto database = OpenDatabase(path, SqliteOptions().busy_timeout_ms);
  if (!database) return Named(path, database.error());
  auto plan = ChangeLog(*database).Install(tables, consumer);
  if (!plan) return Named(path, plan.error());
  return plan->report;
}

Status RemoveSqlite(const std::string& path) {
  auto database = OpenDatabase(path, SqliteOptions().busy_timeout_ms);
  if (!database) return Named(path, database.error());
  Status removed = ChangeLog(*database).Remove();
  return removed ? Ok() : Named(path, removed.error());
}

Status RemoveSqliteConsumer(const std::string& path, const std::string& consumer) {
  auto database = OpenDatabase(path, SqliteOptions().busy_timeout_ms);
  if (!database) return Named(path, database.error());
  Status removed = ChangeLog(*database).RemoveConsumer(consumer);
  return removed ? Ok() : Named(path, removed.error());
}

Result<SourceStatus> InspectSqlite(const std::string& path) {
  auto database = OpenDatabase(path, SqliteOptions().busy_timeout_ms);
  if (!database) return Named(path, database.error());
  auto status = ChangeLog(*database).Inspect();
  if (!status) return Named(path, status.error());
  return status;
}

Result<std::unique_ptr<Source>> OpenSqlite(const std::string& path, std::vector<TableRequest> tables,
                                           SqliteOptions options) {
  auto database = OpenDatabase(path, options.busy_timeout_ms);
  if (!database) return Named(path, database.error());
  auto source =
      std::make_unique<SqliteSource>(path, std::move(tables), std::move(options), *std::move(database));
  if (Status opened = source->Open(); !opened) return Named(path, opened.error());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace bulkhead::source
