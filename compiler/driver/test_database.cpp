#include "compiler/driver/test_database.h"

#include <fmt/format.h>

#include "runtime/value/key.h"

namespace bulkhead::driver {
namespace {

// A schema is an attached database, so that a test's SQL can say billing.invoices.
std::string TableName(const TestTable& table) {
  std::string name = sqlite::QuoteName(table.name);
  return table.schema.empty() ? name : sqlite::QuoteName(table.schema) + "." + name;
}

std::string ColumnList(const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + sqlite::QuoteName(column);
  return list;
}

// Key columns that a test left out are replaced by the row's place.
value::OwnedRow KeyOf(const TestTable& table, const value::OwnedRow& row, int64_t rowid) {
  value::OwnedRow key;
  for (const std::string& name : table.key)
    for (size_t i = 0; i < table.columns.size(); ++i)
      if (table.columns[i] == name) key.push_back(row[i]);
  for (value::OwnedValue& part : key) {
    std::string place = fmt::format("row {}", rowid);
    if (part.is_null()) part = value::OwnedValue(value::Value::Text(place));
  }
  return key;
}

std::string KeyTextOf(const value::OwnedRow& key) {
  std::vector<value::Value> views;
  for (const value::OwnedValue& part : key) views.push_back(part.view());
  return value::KeyText(views);
}

}  // namespace

Result<TestDatabase> TestDatabase::Open(std::vector<TestTable> tables) {
  BULKHEAD_TRY(sqlite::Database database,
               sqlite::Database::Open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0));
  std::map<std::string, bool> attached;
  for (const TestTable& table : tables) {
    if (!table.schema.empty() && attached.emplace(table.schema, true).second)
      BULKHEAD_CHECK_OK(database.Execute("ATTACH ':memory:' AS " + sqlite::QuoteName(table.schema)));
    BULKHEAD_CHECK_OK(
        database.Execute(fmt::format("CREATE TABLE {} ({})", TableName(table), ColumnList(table.columns))));
  }
  return TestDatabase(std::move(database), std::move(tables));
}

Result<TestDatabase::Rows> TestDatabase::ReadTable(const TestTable& table) {
  BULKHEAD_TRY(auto all, Query(fmt::format("SELECT rowid, * FROM {}", TableName(table))));
  Rows rows;
  for (value::OwnedRow& row : all) {
    int64_t rowid = row.front().view().integer();
    row.erase(row.begin());
    value::OwnedRow key = KeyOf(table, row, rowid);
    std::string text = KeyTextOf(key);
    rows[std::move(text)] = {std::move(key), std::move(row)};
  }
  return rows;
}

Result<std::vector<RowChange>> TestDatabase::Execute(const std::string& sql) {
  BULKHEAD_CHECK_OK(database_.Execute(sql));
  std::vector<RowChange> changes;
  for (size_t i = 0; i < tables_.size(); ++i) {
    const TestTable& table = tables_[i];
    BULKHEAD_TRY(Rows now, ReadTable(table));
    for (const auto& [text, row] : rows_[i])
      if (!now.count(text))
        changes.push_back({RowChange::Kind::Delete,
                           table.QualifiedName(),
                           {table.key, row.first},
                           row.first,
                           std::nullopt});
    for (const auto& [text, row] : now) {
      auto before = rows_[i].find(text);
      if (before != rows_[i].end() && before->second.second == row.second) continue;
      changes.push_back({RowChange::Kind::Upsert,
                         table.QualifiedName(),
                         {table.columns, row.second},
                         row.first,
                         std::nullopt});
    }
    rows_[i] = std::move(now);
  }
  return changes;
}

Result<std::vector<value::OwnedRow>> TestDatabase::Query(const std::string& sql) {
  BULKHEAD_TRY(sqlite::Statement statement, database_.Prepare(sql));
  std::vector<value::OwnedRow> rows;
  for (;;) {
    BULKHEAD_TRY(bool more, statement.Step());
    if (!more) return rows;
    value::OwnedRow row;
    for (int i = 0; i < statement.column_count(); ++i) row.emplace_back(statement.At(i));
    rows.push_back(std::move(row));
  }
}

}  // namespace bulkhead::driver
