// Reads a table's rows as the sink wants them. Private to the source.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/source/sqlite_table.h"
#include "runtime/sqlite/database.h"
#include "runtime/value/change.h"

namespace bulkhead::source {

class RowReader {
 public:
  // `name` is the table's name for the sink.
  static Result<RowReader> Make(sqlite::Database& database, std::string name, Table table);

  const std::string& name() const { return name_; }
  size_t key_size() const { return key_places_.size(); }
  Result<uint64_t> CountRows();
  // Every row; `after_row` is called after each.
  Status ReadAll(value::ChangeSink& sink, const std::function<void()>& after_row);
  // The row with this key as it is now, or its absence.
  Status ReadOne(std::span<const value::Value> key, value::ChangeSink& sink);

 private:
  std::string FindProblem() const;
  std::string KeyText(std::span<const value::Value> key) const;
  void TakeRow(const sqlite::Statement& statement);
  Status Emit(value::ChangeSink& sink, bool delete_unreadable);
  Status ReadNullKey(value::ChangeSink& sink);

  std::string name_;
  Table table_;
  std::shared_ptr<const value::RowShape> shape_;
  std::vector<size_t> key_places_;
  sqlite::Statement all_, one_, null_keys_, count_;
  // The row at hand.
  std::vector<value::Value> values_, key_;
};

}  // namespace bulkhead::source
