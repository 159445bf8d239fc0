#include "runtime/source/sqlite_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <random>

#include "runtime/base/hash.h"

namespace bulkhead::source {
namespace {

using sqlite::FoldName;
using sqlite::QuoteName;
using sqlite::QuoteText;

constexpr int FormatVersion = 2;

std::string CreateTables() {
  std::random_device random;
  std::string id = fmt::format("{:08x}{:08x}", random(), random());
  return fmt::format(R"(
CREATE TABLE bulkhead_log(id TEXT NOT NULL, format INTEGER NOT NULL, pruned INTEGER NOT NULL);
INSERT INTO bulkhead_log VALUES ('{}', {}, 0);
CREATE TABLE bulkhead_changes(seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl, k1, k2, k3, k4, k5, k6, k7, k8,
  stamp INTEGER NOT NULL DEFAULT (random()));
CREATE TABLE bulkhead_consumers(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, tables TEXT NOT NULL);
CREATE TABLE bulkhead_tables(name TEXT PRIMARY KEY, key TEXT NOT NULL, digest TEXT NOT NULL);
)",
                     id, FormatVersion);
}

// Names as one text, for columns that hold a list: each quoted, so that the text can be compared.
std::string ListText(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(QuoteName(name));
  return fmt::format("{}", fmt::join(quoted, ","));
}
std::vector<std::string> ReadListText(std::string_view text) {
  std::vector<std::string> names;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!inside) {
      inside = text[i] == '"';
      if (inside) names.emplace_back();
    } else if (text[i] != '"') {
      names.back() += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      names.back() += text[i++];
    } else {
      inside = false;
    }
  }
  return names;
}

// Changes when rows may have changed without the log's knowledge: other columns, other triggers.
std::string DigestOf(const Table& table, const std::vector<Trigger>& triggers) {
  std::string text = ListText(table.columns);
  for (const Trigger& trigger : triggers) text += "\n" + trigger.sql;
  return HexLower(Sha256({text}));
}

Error NotInstalled() {
  return {Code::SourceFailed, "no change log is installed in it"};
}
Error Unusable() {
  return {
      Code::SourceFailed,
      "its change log is damaged or of another version; take it out (`bulkhead source remove`), then go on"};
}

// The name's bytes as they are: a cast would give them in the database's encoding.
std::string RescanEntry(const std::string& table) {
  return fmt::format("INSERT INTO bulkhead_changes(tbl) VALUES (X'{:02x}')",
                     fmt::join(reinterpret_cast<const uint8_t*>(table.data()),
                               reinterpret_cast<const uint8_t*>(table.data()) + table.size(), ""));
}

}  // namespace

std::optional<Position> Position::Read(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  Position position{std::string(text.substr(0, colon)), 0};
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + colon + 1, end, position.seq);
  if (error != std::errc() || position.seq < 0) return std::nullopt;
  if (stop == end) return position;
  if (*stop != ':') return std::nullopt;
  auto [stamp_stop, stamp_error] = std::from_chars(stop + 1, end, position.stamp);
  if (stamp_error != std::errc() || stamp_stop != end) return std::nullopt;
  return position;
}

// What consumers other than one follow, and what that one followed so far.
struct ChangeLog::Others {
  std::map<std::string, std::vector<std::string>> tables;  // with their keys
  std::optional<std::vector<std::string>> own;             // nullopt: a new consumer
  bool IsNewToOwn(const std::string& table) const {
    return own && std::find(own->begin(), own->end(), table) == own->end();
  }
};

Result<std::vector<std::string>> ChangeLog::List(std::string_view sql, std::string_view argument) {
  BULKHEAD_TRY(auto statement, database_->Prepare(sql));
  statement.Bind(1, argument);
  std::vector<std::string> list;
  for (;;) {
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return list;
    list.emplace_back(statement.Text(0));
  }
}

Result<bool> ChangeLog::Exists() {
  BULKHEAD_TRY(int64_t count,
               database_->QueryInteger("SELECT count(*) FROM sqlite_schema WHERE name = 'bulkhead_log'"));
  return count > 0;
}

Result<LogHead> ChangeLog::Head() {
  BULKHEAD_TRY(bool exists, Exists());
  if (!exists) return NotInstalled();
  BULKHEAD_TRY(int64_t tables,
               database_->QueryInteger(
                   "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN "
                   "('bulkhead_log', 'bulkhead_changes', 'bulkhead_consumers', 'bulkhead_tables')"));
  if (tables != 4) return Unusable();
  BULKHEAD_TRY(auto head, database_->Prepare("SELECT id, format, pruned FROM bulkhead_log"));
  BULKHEAD_TRY(bool row, head.Step());
  if (!row || head.Integer(1) != FormatVersion) return Unusable();
  BULKHEAD_TRY(int64_t newest,
               database_->QueryInteger("SELECT seq FROM sqlite_sequence WHERE name = 'bulkhead_changes'"));
  return LogHead{std::string(head.Text(0)), head.Integer(2), newest};
}

Result<int64_t> ChangeLog::StampOf(int64_t seq) {
  return database_->QueryInteger(fmt::format("SELECT stamp FROM bulkhead_changes WHERE seq = {}", seq));
}

Result<Position> ChangeLog::End(const LogHead& head) {
  BULKHEAD_TRY(int64_t stamp, StampOf(head.newest));
  return Position{head.id, head.newest, stamp};
}

Result<ChangeLog::Others> ChangeLog::ReadOthers(const std::string& consumer) {
  Others others;
  BULKHEAD_TRY(auto own, List("SELECT tables FROM bulkhead_consumers WHERE name = ?1", consumer));
  if (!own.empty()) others.own = ReadListText(own[0]);
  BULKHEAD_TRY(auto lists, List("SELECT tables FROM bulkhead_consumers WHERE name <> ?1", consumer));
  for (const std::string& list : lists) {
    for (const std::string& name : ReadListText(list)) {
      BULKHEAD_TRY(auto keys, List("SELECT key FROM bulkhead_tables WHERE name = ?1", name));
      if (!keys.empty()) others.tables[name] = ReadListText(keys[0]);
    }
  }
  return others;
}

// What stands on the table, and what bears the names of its own: those go with a table that is renamed. First
// of all statements, so that nothing made for another table is dropped.
Status ChangeLog::DropTriggers(const std::string& table, std::span<const Trigger> triggers, Plan& plan) {
  BULKHEAD_TRY(auto names, List("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 AND "
                                "name LIKE 'bulkhead!_%' ESCAPE '!'",
                                table));
  for (const Trigger& trigger : triggers) names.push_back(trigger.name);
  for (const std::string& name : names)
    plan.statements.insert(plan.statements.begin(), "DROP TRIGGER IF EXISTS " + QuoteName(name));
  return Ok();
}

// Adds what the table lacks.
Status ChangeLog::PlanTable(const TableRequest& request, const Others& others, Plan& plan) {
  BULKHEAD_TRY(Table table, ReadTable(*database_, request));
  if (auto other = others.tables.find(table.name); other != others.tables.end() && other->second != table.key)
    return Error{Code::SourceFailed, fmt::format("another consumer follows table `{}` by the key `{}`",
                                                 table.name, fmt::join(other->second, "`, `"))};
  std::vector<Trigger> triggers = TriggersOf(table);
  std::string digest = DigestOf(table, triggers);
  bool intact = !plan.is_new;
  for (const Trigger& trigger : triggers) {
    BULKHEAD_TRY(auto sql,
                 List("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?1", trigger.name));
    intact = intact && !sql.empty() && sql[0] == trigger.sql;
  }
  if (intact) {
    BULKHEAD_TRY(auto known, List("SELECT digest FROM bulkhead_tables WHERE name = ?1", table.name));
    intact = !known.empty() && known[0] == digest;
  }
  if (!intact) {
    BULKHEAD_CHECK_OK(DropTriggers(table.name, triggers, plan));
    for (const Trigger& trigger : triggers) plan.statements.push_back(trigger.sql);
    plan.statements.push_back(fmt::format("INSERT OR REPLACE INTO bulkhead_tables VALUES ({}, {}, {})",
                                          QuoteText(table.name), QuoteText(ListText(table.key)),
                                          QuoteText(digest)));
    plan.report.installed.push_back(table.name);
  }
  if (!intact || others.IsNewToOwn(table.name)) plan.statements.push_back(RescanEntry(table.name));
  plan.report.warnings.insert(plan.report.warnings.end(), table.warnings.begin(), table.warnings.end());
  plan.tables.push_back(std::move(table));
  return Ok();
}

Result<ChangeLog::Plan> ChangeLog::PlanInstall(std::span<const TableRequest> requests,
                                               const std::string& consumer) {
  Plan plan;
  BULKHEAD_TRY(bool exists, Exists());
  plan.is_new = !exists;
  Others others;
  if (exists) {
    BULKHEAD_TRY(LogHead head, Head());
    (void)head;
    BULKHEAD_TRY(others, ReadOthers(consumer));
  } else {
    plan.statements.push_back(CreateTables());
  }
  for (const TableRequest& request : requests) BULKHEAD_CHECK_OK(PlanTable(request, others, plan));
  std::vector<std::string> names;
  for (const Table& table : plan.tables) names.push_back(table.name);
  std::sort(names.begin(), names.end());
  if (others.own != names) {
    plan.statements.push_back(fmt::format(
        "INSERT INTO bulkhead_consumers VALUES ({}, coalesce((SELECT seq FROM sqlite_sequence WHERE name "
        "= 'bulkhead_changes'), 0), {}) "
        "ON CONFLICT (name) DO UPDATE SET tables = excluded.tables",
        QuoteText(consumer), QuoteText(ListText(names))));
  }
  if (!exists) return plan;
  BULKHEAD_TRY(auto followed, List("SELECT name FROM bulkhead_tables"));
  for (const std::string& name : followed) {
    if (others.tables.contains(name) || std::binary_search(names.begin(), names.end(), name)) continue;
    BULKHEAD_CHECK_OK(DropTriggers(name, {}, plan));
    plan.statements.push_back("DELETE FROM bulkhead_tables WHERE name = " + QuoteText(name));
    plan.report.removed.push_back(name);
  }
  return plan;
}

Result<ChangeLog::Plan> ChangeLog::Install(std::span<const TableRequest> requests,
                                           const std::string& consumer) {
  BULKHEAD_TRY(Plan plan, PlanInstall(requests, consumer));
  if (plan.statements.empty()) return plan;
  sqlite::Transaction transaction(*database_);
  BULKHEAD_CHECK_OK(transaction.Begin());
  BULKHEAD_TRY(plan, PlanInstall(requests, consumer));
  for (const std::string& statement : plan.statements) BULKHEAD_CHECK_OK(database_->Execute(statement));
  BULKHEAD_CHECK_OK(transaction.Commit());
  return plan;
}

Status ChangeLog::Remove() {
  sqlite::Transaction transaction(*database_);
  BULKHEAD_CHECK_OK(transaction.Begin());
  // Triggers before tables: what stands is found by name, also what another version made.
  for (const char* type : {"trigger", "table"}) {
    BULKHEAD_TRY(
        auto names,
        List("SELECT name FROM sqlite_schema WHERE type = ?1 AND name LIKE 'bulkhead!_%' ESCAPE '!'", type));
    for (const std::string& name : names)
      BULKHEAD_CHECK_OK(database_->Execute(fmt::format("DROP {} {}", type, QuoteName(name))));
  }
  return transaction.Commit();
}

Status ChangeLog::RemoveConsumer(const std::string& consumer) {
  BULKHEAD_TRY(LogHead head, Head());
  (void)head;
  sqlite::Transaction transaction(*database_);
  BULKHEAD_CHECK_OK(transaction.Begin());
  BULKHEAD_TRY(auto found, List("DELETE FROM bulkhead_consumers WHERE name = ?1 RETURNING name", consumer));
  if (found.empty()) return Error{Code::NotFound, fmt::format("no consumer `{}`", consumer)};
  BULKHEAD_TRY(Others others, ReadOthers(consumer));
  BULKHEAD_TRY(auto followed, List("SELECT name FROM bulkhead_tables"));
  Plan plan;
  for (const std::string& name : followed) {
    if (others.tables.contains(name)) continue;
    BULKHEAD_CHECK_OK(DropTriggers(name, {}, plan));
    plan.statements.push_back("DELETE FROM bulkhead_tables WHERE name = " + QuoteText(name));
  }
  for (const std::string& statement : plan.statements) BULKHEAD_CHECK_OK(database_->Execute(statement));
  return transaction.Commit();
}

Result<SourceStatus> ChangeLog::Inspect() {
  SourceStatus status;
  BULKHEAD_TRY(status.journal_mode, database_->QueryText("PRAGMA journal_mode"));
  BULKHEAD_TRY(status.installed, Exists());
  if (!status.installed) return status;
  BULKHEAD_TRY(LogHead head, Head());
  BULKHEAD_TRY(int64_t entries, database_->QueryInteger("SELECT count(*) FROM bulkhead_changes"));
  status.log_entries = static_cast<uint64_t>(entries);
  BULKHEAD_TRY(auto tables,
               database_->Prepare("SELECT name, key, digest FROM bulkhead_tables ORDER BY name"));
  for (;;) {
    BULKHEAD_TRY(bool row, tables.Step());
    if (!row) break;
    SourceStatus::Table& table = status.tables.emplace_back();
    table = {std::string(tables.Text(0)), ReadListText(tables.Text(1)), ""};
    Plan plan;
    if (Status read = PlanTable({table.name, table.key}, {}, plan); !read) {
      table.problem = read.error().message;
    } else if (!plan.statements.empty()) {
      table.problem = "its definition or its triggers have changed; install again";
    }
  }
  BULKHEAD_TRY(auto consumers, database_->Prepare("SELECT name, tables, (SELECT count(*) FROM "
                                                  "bulkhead_changes c WHERE c.seq > bulkhead_consumers.seq) "
                                                  "FROM bulkhead_consumers ORDER BY name"));
  for (;;) {
    BULKHEAD_TRY(bool row, consumers.Step());
    if (!row) return status;
    status.consumers.push_back({std::string(consumers.Text(0)), static_cast<uint64_t>(consumers.Integer(2)),
                                ReadListText(consumers.Text(1))});
  }
}

Status ChangeLog::Acknowledge(const std::string& consumer, int64_t seq, int64_t entries_max) {
  sqlite::Transaction transaction(*database_);
  BULKHEAD_CHECK_OK(transaction.Begin());
  BULKHEAD_TRY(auto update, database_->Prepare("UPDATE bulkhead_consumers SET seq = ?2 WHERE name = ?1"));
  BULKHEAD_CHECK_OK(update.Bind(1, consumer).Bind(2, seq).Run());
  BULKHEAD_TRY(int64_t slowest, database_->QueryInteger("SELECT min(seq) FROM bulkhead_consumers"));
  BULKHEAD_TRY(auto prune,
               database_->Prepare("DELETE FROM bulkhead_changes WHERE seq IN "
                                  "(SELECT seq FROM bulkhead_changes WHERE seq < ?1 ORDER BY seq LIMIT ?2)"));
  BULKHEAD_CHECK_OK(prune.Bind(1, slowest).Bind(2, entries_max).Run());
  BULKHEAD_CHECK_OK(
      database_->Execute(fmt::format("UPDATE bulkhead_log SET pruned = max(pruned, min({0}, coalesce((SELECT "
                                     "min(seq) - 1 FROM bulkhead_changes), {0})))",
                                     slowest)));
  return transaction.Commit();
}

}  // namespace bulkhead::source
