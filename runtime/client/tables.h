// The visible tables. Private to the client.
//
// A row's place is its rowid, which the operation log hands out (`row`). SQLite may renumber such rowids in VACUUM
// and in a dump: bulkhead_canary, a row that would be renumbered too, tells, and the tables are then made anew.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/client/client.h"
#include "runtime/client/row_reader.h"
#include "runtime/sqlite/database.h"

namespace bulkhead::client {

class VisibleTable {
 public:
  VisibleTable(sqlite::Database& database, std::string name) : database_(&database), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  const std::vector<std::string>& columns() const { return columns_; }
  bool is_made() const { return !columns_.empty(); }

  // Makes the table with `id` and these columns, or adds those that it lacks.
  Status AddColumns(const std::vector<std::string_view>& names);
  // The index on `id`, made once the first rows are in: that is four times as fast as keeping it up to date for them.
  Status AddIndex();
  // Reads the columns the table has; none when there is no such table.
  Status Load();

  // Adds a row that should be new; false when its rowid is taken (nothing was done).
  Result<bool> TryInsert(int64_t row, const std::vector<Field>& fields, std::string_view object_id);
  enum class Change : uint8_t { None, Gained, Changed, Lost };
  // Makes the row be as given, whatever it was.
  Result<Change> Put(int64_t row, const std::vector<Field>& fields, std::string_view object_id);
  Result<Change> Delete(int64_t row);
  Status DeleteAll();

  // The value of a column in a row; false when the row is not there. The statement stays on the row until Reset.
  Result<bool> Select(int64_t row);
  value::Value At(std::string_view column) const;
  void EndSelect() { select_.Reset(); }

 private:
  Status Prepare();
  Status Arrange(const std::vector<Field>& fields, std::string_view object_id);
  bool FitsShape(const std::vector<Field>& fields) const;
  Status LearnShape(const std::vector<Field>& fields);
  void BindRow(sqlite::Statement& statement, int64_t row);
  bool IsSelected() const;

  sqlite::Database* database_;
  std::string name_;
  bool is_indexed_ = false;
  std::vector<std::string> columns_;  // in the table's order
  size_t id_column_ = 0;
  std::unordered_map<std::string, size_t> column_indexes_;  // by folded name
  // Rows mostly have the same keys in the same order: what was worked out for the last one.
  std::vector<std::string> shape_names_;
  std::vector<size_t> shape_columns_;
  std::vector<value::Value> arranged_;  // one per column: the row at hand
  sqlite::Statement insert_, insert_new_, select_, update_, delete_;
};

// Object types, the tables they show in, and whether these can be trusted.
class Tables {
 public:
  static Result<Tables> Open(sqlite::Database& database);
  // Reads everything anew.
  Status Load();

  // The number of an object type; a new one is noted. InvalidData for a name that no table can have.
  Result<int64_t> FindOrAddType(const std::string& name);
  VisibleTable& TableOf(int64_t type) { return *types_.at(type); }
  Status Make(const TableShape& shape);

  // An index on the `id` of each table that has rows and no such index.
  Status AddIndexes();
  // Whether rowids are still those the log gave out, and every table is there.
  Result<bool> IsIntact();
  // Empties all tables; the caller fills them again.
  Status StartAnew();

 private:
  explicit Tables(sqlite::Database& database) : database_(&database) {}
  Result<VisibleTable*> FindOrAddTable(const std::string& name);

  sqlite::Database* database_;
  std::unordered_map<std::string, int64_t> type_ids_;  // by exact name
  std::unordered_map<int64_t, VisibleTable*> types_;
  std::unordered_map<std::string, std::unique_ptr<VisibleTable>> tables_;  // by folded name
};

}  // namespace bulkhead::client
