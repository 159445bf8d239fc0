// The source database of one rule test: SQLite in memory, tables without column types.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compiler/driver/host.h"
#include "runtime/sqlite/database.h"

namespace bulkhead::driver {

struct TestTable {
  std::string schema, name;
  std::vector<std::string> columns, key;
  std::string QualifiedName() const { return schema.empty() ? name : schema + "." + name; }
};

class TestDatabase {
 public:
  static Result<TestDatabase> Open(std::vector<TestTable> tables);

  // Runs one statement; gives what it changed. The error is SQLite's own message. Rows may lack key columns:
  // they are then known by their place.
  Result<std::vector<RowChange>> Execute(const std::string& sql);
  // The rows of a VALUES clause or SELECT.
  Result<std::vector<value::OwnedRow>> Query(const std::string& sql);

 private:
  using Rows = std::map<std::string, std::pair<value::OwnedRow, value::OwnedRow>>;  // key text -> (key, row)

  TestDatabase(sqlite::Database database, std::vector<TestTable> tables)
      : database_(std::move(database)), tables_(std::move(tables)), rows_(tables_.size()) {}
  Result<Rows> ReadTable(const TestTable& table);

  sqlite::Database database_;
  std::vector<TestTable> tables_;
  std::vector<Rows> rows_;  // by table, as of the last statement
};

}  // namespace bulkhead::driver
