// A SQLite database that other processes write to.
//
// Triggers write the key of each row changed into a log, `bulkhead_changes`, in the writer's own transaction: what is
// committed is logged, what is rolled back is not, and SQLite's one writer at a time makes the log's order the order
// of commits. The follower reads the log and then the rows themselves, both in one snapshot. Only the log is polled,
// never the tables.
//
// Cost for a writer: about 20 µs a row, most of it SQLite's own for a statement with a trigger in a transaction.
// Memory: a poll holds the keys changed since the last one, not the rows; one huge transaction is one poll.
//
// What the triggers cannot see: writers that have switched triggers off, a database file replaced under its name
// (noticed, a failure) or written by something other than SQLite, and a row that REPLACE deletes because the writer
// gave an explicit rowid to a table whose key it is not. A backup put back in
// place is noticed, and so are changes of a table's definition: everything or the table is then loaded again.
#pragma once

#include <memory>
#include <optional>

#include "runtime/source/source.h"

namespace bulkhead::source {

struct InstallReport {
  std::vector<std::string> installed;  // tables whose triggers were made or replaced
  std::vector<std::string> removed;    // tables nobody follows any more
  std::vector<std::string> warnings;   // one sentence each
};

// Makes the log and the triggers so that `consumer` can follow exactly these tables; other consumers' tables stay.
// In one transaction of the database; nothing is written when everything is in place. Tables whose triggers are new
// or whose definition has changed will be asked for again (Polled::rescan). NotFound: no such table (with the nearest
// name); SourceFailed: rows of a table cannot be told apart.
Result<InstallReport> InstallSqlite(const std::string& path, std::span<const TableRequest> tables,
                                    const std::string& consumer);
// Takes everything of Bulkhead's out of the database. Nothing to take out is no failure.
Status RemoveSqlite(const std::string& path);
// Forgets one consumer; the log no longer waits for it. NotFound when there is none.
Status RemoveSqliteConsumer(const std::string& path, const std::string& consumer);

struct SourceStatus {
  bool installed = false;
  std::string journal_mode;
  uint64_t log_entries = 0;
  struct Table {
    std::string name;
    std::vector<std::string> key;
    std::string problem;  // empty: its triggers are in place
  };
  std::vector<Table> tables;
  struct Consumer {
    std::string name;
    uint64_t behind = 0;  // log entries it has not acknowledged
    std::vector<std::string> tables;
  };
  std::vector<Consumer> consumers;
};
Result<SourceStatus> InspectSqlite(const std::string& path);

struct SqliteOptions {
  std::string consumer = "default";  // one per store that follows this database
  // Make or renew log and triggers when that is needed, also when the schema changes later. Without, a database that
  // is not set up is SourceFailed.
  bool install = true;
  int busy_timeout_ms = 10'000;
  uint64_t progress_rows = 10'000;  // a progress event after so many rows
  std::function<void(const std::string&)> on_warning;
};
Result<std::unique_ptr<Source>> OpenSqlite(const std::string& path, std::vector<TableRequest> tables,
                                           SqliteOptions options = {});

}  // namespace bulkhead::source
