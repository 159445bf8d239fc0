// The change log in the source database: `bulkhead_…` tables and triggers. Private to the source.
//
//   bulkhead_log        one row: which log this is (a random id), its format, up to where entries were
//   deleted bulkhead_changes    seq, tbl, k1…k8: the key of a row that may have changed; with tbl as a blob:
//   load this table
//                       again, its changes are not all in the log; and a random stamp: numbers are given out
//                       again when a backup is put back, stamps are not
//   bulkhead_consumers  who reads it, which tables, up to where
//   bulkhead_tables     the tables with triggers, their keys, and a digest of columns and triggers
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "runtime/source/sqlite_source.h"
#include "runtime/source/sqlite_table.h"

namespace bulkhead::source {

// A position: "<log id>:<seq>:<stamp>".
struct Position {
  std::string log_id;
  int64_t seq = 0;
  int64_t stamp = 0;  // of the entry `seq`; 0: there is none
  std::string Text() const { return fmt::format("{}:{}:{}", log_id, seq, stamp); }
  static std::optional<Position> Read(std::string_view text);
};

struct LogHead {
  std::string id;
  int64_t pruned = 0;  // entries up to here are gone
  int64_t newest = 0;  // the last one given out
};

class ChangeLog {
 public:
  explicit ChangeLog(sqlite::Database& database) : database_(&database) {}

  Result<bool> Exists();
  Result<LogHead> Head();
  // The position after everything in the log.
  Result<Position> End(const LogHead& head);
  Result<int64_t> StampOf(int64_t seq);

  // What must be done so that `consumer` can follow these tables. Reads only.
  struct Plan {
    bool is_new = false;  // there is no log yet
    std::vector<std::string> statements;
    InstallReport report;
    std::vector<Table> tables;  // as requested
  };
  Result<Plan> PlanInstall(std::span<const TableRequest> requests, const std::string& consumer);
  // Plans again and does it, in one transaction.
  Result<Plan> Install(std::span<const TableRequest> requests, const std::string& consumer);
  Status Remove();
  Status RemoveConsumer(const std::string& consumer);
  Result<SourceStatus> Inspect();

  // Stores how far the consumer is and deletes what nobody needs, at most `entries_max` of it: the slowest
  // one's last entry stays, for its stamp. Tries the lock once.
  Status Acknowledge(const std::string& consumer, int64_t seq, int64_t entries_max);

 private:
  struct Others;
  Result<Others> ReadOthers(const std::string& consumer);
  Status PlanTable(const TableRequest& request, const Others& others, Plan& plan);
  Status DropTriggers(const std::string& table, std::span<const Trigger> triggers, Plan& plan);
  Result<std::vector<std::string>> List(std::string_view sql, std::string_view argument = "");

  sqlite::Database* database_;
};

}  // namespace bulkhead::source
