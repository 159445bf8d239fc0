// What a SQLite table is, as far as following it needs. Private to the source.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/source/source.h"
#include "runtime/sqlite/database.h"

namespace bulkhead::source {

inline constexpr size_t KeyColumnsMax = 8;  // of bulkhead_changes

// One rule of the table that no two rows may break, and by which REPLACE deletes rows.
struct UniqueRule {
  std::string index;  // its name; empty: the rowid column
  struct Term {
    std::string column;      // of a plain column; else empty
    std::string expression;  // SQL over the row's columns, when it is not a plain column
    std::string collation;
  };
  std::vector<Term> terms;
  std::string where;  // of a partial index
  // Rows equal by this rule have the same bytes, so a row it replaces has the key of the row that replaces it, if
  // the rule is about the key.
  bool is_exact = false;
};

struct Table {
  std::string name;                  // as the database writes it
  std::vector<std::string> columns;  // of SELECT *, in order
  std::vector<std::string> key;      // as the database writes them
  std::vector<UniqueRule> rules;
  std::vector<std::string> warnings;
};

// NotFound, with the nearest name; SourceFailed when it is no ordinary table or its rows cannot be told apart.
Result<Table> ReadTable(sqlite::Database& database, const TableRequest& request);

// The statements that make the triggers, named bulkhead_<event>_<table>.
struct Trigger {
  std::string name;
  std::string sql;
};
std::vector<Trigger> TriggersOf(const Table& table);

// The places in `columns` of the key. They are there.
std::vector<size_t> KeyPlaces(const Table& table);

}  // namespace bulkhead::source
