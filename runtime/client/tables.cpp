#include "runtime/client/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/limits.h"

namespace bulkhead::client {
namespace {

constexpr const char* Schema = R"(
CREATE TABLE IF NOT EXISTS bulkhead_types(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS bulkhead_tables(name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bulkhead_canary(place);
INSERT INTO bulkhead_canary(rowid, place) SELECT 1000, 1000 WHERE NOT EXISTS (SELECT 1 FROM bulkhead_canary);
)";

bool SameValue(value::Value a, value::Value b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case value::Type::Null: return true;
    case value::Type::Integer: return a.integer() == b.integer();
    case value::Type::Real: return a.real() == b.real();
    default: return a.bytes() == b.bytes();
  }
}

std::string Joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ", "));
}

}  // namespace

Status VisibleTable::Load() {
  columns_.clear();
  column_indexes_.clear();
  shape_names_.clear();
  is_indexed_ = false;
  for (sqlite::Statement* statement : {&insert_, &insert_new_, &select_, &update_, &delete_}) *statement = {};
  BULKHEAD_TRY(auto columns, database_->Prepare("SELECT name FROM pragma_table_info(?1)"));
  columns.Bind(1, name_);
  for (;;) {
    BULKHEAD_TRY(bool row, columns.Step());
    if (!row) break;
    column_indexes_[sqlite::FoldName(columns.Text(0))] = columns_.size();
    columns_.emplace_back(columns.Text(0));
  }
  auto id = column_indexes_.find("id");
  id_column_ = id == column_indexes_.end() ? columns_.size() : id->second;
  return columns_.empty() ? Ok() : Prepare();
}

Status VisibleTable::Prepare() {
  // A column may be named as one of the rowid's names, hardly as all of them.
  const char* rowid = nullptr;
  for (const char* alias : {"rowid", "_rowid_", "oid"})
    if (!rowid && !column_indexes_.contains(alias)) rowid = alias;
  if (!rowid)
    return Error{Code::Unsupported, fmt::format("table `{}` has columns `rowid`, `_rowid_` and `oid`", name_)};
  std::vector<std::string> names, numbers, settings;
  for (size_t i = 0; i < columns_.size(); ++i) {
    names.push_back(sqlite::QuoteName(columns_[i]));
    numbers.push_back(fmt::format("?{}", i + 2));
    settings.push_back(names.back() + " = " + numbers.back());
  }
  std::string table = sqlite::QuoteName(name_);
  std::string insert =
      fmt::format("INSERT INTO {}({}, {}) VALUES (?1, {})", table, rowid, Joined(names), Joined(numbers));
  BULKHEAD_TRY(insert_, database_->Prepare(insert));
  BULKHEAD_TRY(insert_new_, database_->Prepare(insert + " ON CONFLICT DO NOTHING"));
  BULKHEAD_TRY(select_,
               database_->Prepare(fmt::format("SELECT {} FROM {} WHERE {} = ?1", Joined(names), table, rowid)));
  BULKHEAD_TRY(update_,
               database_->Prepare(fmt::format("UPDATE {} SET {} WHERE {} = ?1", table, Joined(settings), rowid)));
  BULKHEAD_TRY(delete_, database_->Prepare(fmt::format("DELETE FROM {} WHERE {} = ?1", table, rowid)));
  return Ok();
}

Status VisibleTable::AddColumns(const std::vector<std::string_view>& names) {
  std::vector<std::string> added = is_made() ? std::vector<std::string>() : std::vector<std::string>{"id"};
  auto is_known = [&](const std::string& folded) {
    return column_indexes_.contains(folded) || std::any_of(added.begin(), added.end(), [&](const auto& other) {
             return sqlite::FoldName(other) == folded;
           });
  };
  for (std::string_view name : names)
    if (!is_known(sqlite::FoldName(name))) added.emplace_back(name);
  if (added.empty()) return Ok();
  if (columns_.size() + added.size() > limits::ColumnsPerRowMax)
    return Error{Code::InvalidData,
                 fmt::format("table `{}` would have more than {} columns", name_, limits::ColumnsPerRowMax)};
  std::string table = sqlite::QuoteName(name_);
  if (is_made()) {
    for (const std::string& name : added)
      BULKHEAD_CHECK_OK(
          database_->Execute(fmt::format("ALTER TABLE {} ADD COLUMN {}", table, sqlite::QuoteName(name))));
    return Load();
  }
  for (std::string& name : added) name = sqlite::QuoteName(name);
  BULKHEAD_CHECK_OK(database_->Execute(fmt::format("CREATE TABLE {}({})", table, Joined(added))));
  BULKHEAD_CHECK_OK(
      database_->Execute(fmt::format("INSERT INTO bulkhead_tables VALUES ({})", sqlite::QuoteText(name_))));
  return Load();
}

Status VisibleTable::AddIndex() {
  if (!is_made() || is_indexed_) return Ok();
  std::string table = sqlite::QuoteName(name_);
  BULKHEAD_TRY(int64_t has_rows, database_->QueryInteger(fmt::format("SELECT EXISTS (SELECT 1 FROM {})", table)));
  if (!has_rows) return Ok();
  is_indexed_ = true;
  std::string index = sqlite::QuoteName("bulkhead_id_" + name_);
  return database_->Execute(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {}(id)", index, table));
}

bool VisibleTable::FitsShape(const std::vector<Field>& fields) const {
  if (shape_names_.empty() || fields.size() != shape_names_.size()) return false;
  for (size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name != shape_names_[i]) return false;
  return true;
}

Status VisibleTable::LearnShape(const std::vector<Field>& fields) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  BULKHEAD_CHECK_OK(AddColumns(names));
  shape_names_.assign(names.begin(), names.end());
  shape_columns_.clear();
  for (const std::string& name : shape_names_) shape_columns_.push_back(column_indexes_.at(sqlite::FoldName(name)));
  return Ok();
}

// Puts the row's values in the table's order into arranged_.
Status VisibleTable::Arrange(const std::vector<Field>& fields, std::string_view object_id) {
  if (!is_made() || !FitsShape(fields)) BULKHEAD_CHECK_OK(LearnShape(fields));
  arranged_.assign(columns_.size(), value::Value());
  bool has_id = false;
  for (size_t i = 0; i < fields.size(); ++i) {
    arranged_[shape_columns_[i]] = fields[i].value;
    has_id = has_id || shape_columns_[i] == id_column_;
  }
  if (!has_id && id_column_ < columns_.size()) arranged_[id_column_] = value::Value::Text(object_id);
  return Ok();
}

void VisibleTable::BindRow(sqlite::Statement& statement, int64_t row) {
  statement.Bind(1, row);
  for (size_t i = 0; i < arranged_.size(); ++i) statement.Bind(static_cast<int>(i + 2), arranged_[i]);
}

Result<bool> VisibleTable::TryInsert(int64_t row, const std::vector<Field>& fields, std::string_view object_id) {
  BULKHEAD_CHECK_OK(Arrange(fields, object_id));
  BindRow(insert_new_, row);
  BULKHEAD_CHECK_OK(insert_new_.Run());
  return database_->changes() > 0;
}

bool VisibleTable::IsSelected() const {
  for (size_t i = 0; i < arranged_.size(); ++i)
    if (!SameValue(select_.At(static_cast<int>(i)), arranged_[i])) return false;
  return true;
}

Result<VisibleTable::Change> VisibleTable::Put(int64_t row, const std::vector<Field>& fields,
                                               std::string_view object_id) {
  BULKHEAD_CHECK_OK(Arrange(fields, object_id));
  BULKHEAD_TRY(bool exists, Select(row));
  bool same = exists && IsSelected();
  EndSelect();
  if (same) return Change::None;
  sqlite::Statement& statement = exists ? update_ : insert_;
  BindRow(statement, row);
  BULKHEAD_CHECK_OK(statement.Run());
  return exists ? Change::Changed : Change::Gained;
}

Result<VisibleTable::Change> VisibleTable::Delete(int64_t row) {
  if (!is_made()) return Change::None;
  BULKHEAD_CHECK_OK(delete_.Bind(1, row).Run());
  return database_->changes() > 0 ? Change::Lost : Change::None;
}

Status VisibleTable::DeleteAll() {
  return is_made() ? database_->Execute("DELETE FROM " + sqlite::QuoteName(name_)) : Ok();
}

Result<bool> VisibleTable::Select(int64_t row) {
  if (!is_made()) return false;
  return select_.Bind(1, row).Step();
}

value::Value VisibleTable::At(std::string_view column) const {
  auto found = column_indexes_.find(sqlite::FoldName(column));
  return found == column_indexes_.end() ? value::Value() : select_.At(static_cast<int>(found->second));
}

Result<Tables> Tables::Open(sqlite::Database& database) {
  BULKHEAD_CHECK_OK(database.Execute(Schema));
  Tables tables(database);
  BULKHEAD_CHECK_OK(tables.Load());
  return tables;
}

Status Tables::Load() {
  type_ids_.clear();
  types_.clear();
  tables_.clear();
  BULKHEAD_TRY(auto made, database_->Prepare("SELECT name FROM bulkhead_tables"));
  for (;;) {
    BULKHEAD_TRY(bool row, made.Step());
    if (!row) break;
    BULKHEAD_TRY(VisibleTable * table, FindOrAddTable(std::string(made.Text(0))));
    BULKHEAD_CHECK_OK(table->Load());
  }
  BULKHEAD_TRY(auto types, database_->Prepare("SELECT id, name FROM bulkhead_types"));
  for (;;) {
    BULKHEAD_TRY(bool row, types.Step());
    if (!row) break;
    std::string name(types.Text(1));
    BULKHEAD_TRY(VisibleTable * table, FindOrAddTable(name));
    type_ids_[name] = types.Integer(0);
    types_[types.Integer(0)] = table;
  }
  return Ok();
}

Result<VisibleTable*> Tables::FindOrAddTable(const std::string& name) {
  std::string folded = sqlite::FoldName(name);
  if (name.empty() || name.find('\0') != name.npos || folded.starts_with("bulkhead_") ||
      folded.starts_with("sqlite_"))
    return Error{Code::InvalidData, fmt::format("a table cannot be named `{}`", name)};
  auto& table = tables_[folded];
  if (!table) table = std::make_unique<VisibleTable>(*database_, name);
  return table.get();
}

Result<int64_t> Tables::FindOrAddType(const std::string& name) {
  if (auto found = type_ids_.find(name); found != type_ids_.end()) return found->second;
  if (type_ids_.size() >= limits::ClientTablesMax)
    return Error{Code::InvalidData, fmt::format("more than {} tables", limits::ClientTablesMax)};
  BULKHEAD_TRY(VisibleTable * table, FindOrAddTable(name));
  BULKHEAD_TRY(auto insert, database_->Prepare("INSERT INTO bulkhead_types(name) VALUES (?1) RETURNING id"));
  BULKHEAD_TRY(bool row, insert.Bind(1, name).Step());
  if (!row) return Error{Code::StorageFailed, "a type was not stored"};
  int64_t id = insert.Integer(0);
  type_ids_[name] = id;
  types_[id] = table;
  return id;
}

Status Tables::Make(const TableShape& shape) {
  BULKHEAD_TRY(VisibleTable * table, FindOrAddTable(shape.name));
  return table->AddColumns({shape.columns.begin(), shape.columns.end()});
}

Status Tables::AddIndexes() {
  for (auto& [name, table] : tables_) BULKHEAD_CHECK_OK(table->AddIndex());
  return Ok();
}

Result<bool> Tables::IsIntact() {
  BULKHEAD_TRY(int64_t stands, database_->QueryInteger("SELECT count(*) FROM bulkhead_canary WHERE rowid = place"));
  BULKHEAD_TRY(int64_t missing,
               database_->QueryInteger("SELECT count(*) FROM bulkhead_tables t WHERE NOT EXISTS "
                                       "(SELECT 1 FROM sqlite_master m WHERE m.type = 'table' AND m.name = t.name)"));
  return stands == 1 && missing == 0;
}

Status Tables::StartAnew() {
  BULKHEAD_CHECK_OK(database_->Execute(
      "DELETE FROM bulkhead_canary; INSERT INTO bulkhead_canary(rowid, place) VALUES (1000, 1000);"
      "DELETE FROM bulkhead_tables WHERE NOT EXISTS "
      "(SELECT 1 FROM sqlite_master m WHERE m.type = 'table' AND m.name = bulkhead_tables.name);"));
  BULKHEAD_CHECK_OK(Load());
  for (auto& [name, table] : tables_) BULKHEAD_CHECK_OK(table->DeleteAll());
  return Ok();
}

}  // namespace bulkhead::client
