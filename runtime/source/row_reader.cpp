#include "runtime/source/row_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/value/key.h"
#include "runtime/value/utf8.h"

namespace bulkhead::source {
namespace {

// The same row for the engine: numbers by value, text and blobs by their bytes. A column's collation may take more
// for equal.
bool SameKey(std::span<const value::Value> a, std::span<const value::Value> b) {
  return value::EncodeKey(a) == value::EncodeKey(b);
}

size_t BytesOf(value::Value v) {
  return v.is_bytes() ? v.bytes().size() : 9;
}

}  // namespace

Result<RowReader> RowReader::Make(sqlite::Database& database, std::string name, Table table) {
  RowReader reader;
  reader.name_ = std::move(name);
  reader.key_places_ = KeyPlaces(table);
  reader.shape_ = std::make_shared<const value::RowShape>(value::RowShape{table.columns});
  std::vector<std::string> columns, tests, nulls;
  for (const std::string& column : table.columns) columns.push_back(sqlite::QuoteName(column));
  for (size_t i = 0; i < table.key.size(); ++i) {
    tests.push_back(fmt::format("{} = ?{}", sqlite::QuoteName(table.key[i]), i + 1));
    nulls.push_back(sqlite::QuoteName(table.key[i]) + " IS NULL");
  }
  std::string from = sqlite::QuoteName(table.name);
  std::string select = fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), from);
  BULKHEAD_TRY(reader.all_, database.Prepare(select));
  BULKHEAD_TRY(reader.one_, database.Prepare(fmt::format("{} WHERE {}", select, fmt::join(tests, " AND "))));
  BULKHEAD_TRY(reader.null_keys_,
               database.Prepare(fmt::format("SELECT count(*) FROM {} WHERE {}", from, fmt::join(nulls, " OR "))));
  BULKHEAD_TRY(reader.count_, database.Prepare("SELECT count(*) FROM " + from));
  reader.table_ = std::move(table);
  return reader;
}

Result<uint64_t> RowReader::CountRows() {
  sqlite::ResetAtEnd reset(count_);
  BULKHEAD_TRY(bool row, count_.Step());
  return row ? static_cast<uint64_t>(count_.Integer(0)) : 0;
}

void RowReader::TakeRow(const sqlite::Statement& statement) {
  values_.clear();
  key_.clear();
  for (size_t i = 0; i < shape_->columns.size(); ++i) values_.push_back(statement.At(static_cast<int>(i)));
  for (size_t place : key_places_) key_.push_back(values_[place]);
}

// Why the row at hand cannot be given to anyone; empty when it can.
std::string RowReader::FindProblem() const {
  size_t bytes = 0;
  for (size_t i = 0; i < values_.size(); ++i) {
    bytes += BytesOf(values_[i]);
    bool is_text = values_[i].type() == value::Type::Text;
    if (is_text && !value::IsUtf8(values_[i].bytes()))
      return fmt::format("column `{}` is not UTF-8", shape_->columns[i]);
  }
  for (size_t i = 0; i < key_.size(); ++i)
    if (key_[i].is_null()) return fmt::format("its key `{}` is NULL", table_.key[i]);
  if (bytes > limits::RowBytesMax) return fmt::format("it has {} bytes, more than {}", bytes, limits::RowBytesMax);
  return "";
}

// For people: text that is not UTF-8 is shown by its bytes.
std::string RowReader::KeyText(std::span<const value::Value> key) const {
  std::vector<value::Value> shown;
  for (value::Value v : key)
    shown.push_back(v.type() == value::Type::Text && !value::IsUtf8(v.bytes()) ? value::Value::Blob(v.bytes()) : v);
  return value::KeyText(shown);
}

Status RowReader::Emit(value::ChangeSink& sink, bool delete_unreadable) {
  std::string problem = FindProblem();
  if (problem.empty()) return sink.Upsert(name_, key_, {shape_, values_});
  BULKHEAD_CHECK_OK(sink.Unreadable(name_, KeyText(key_), problem));
  bool has_key = std::none_of(key_.begin(), key_.end(), [](value::Value v) {
    return v.is_null() || (v.type() == value::Type::Text && !value::IsUtf8(v.bytes()));
  });
  return delete_unreadable && has_key ? sink.Delete(name_, key_) : Ok();
}

Status RowReader::ReadAll(value::ChangeSink& sink, const std::function<void()>& after_row) {
  sqlite::ResetAtEnd reset(all_);
  for (;;) {
    BULKHEAD_TRY(bool row, all_.Step());
    if (!row) return Ok();
    TakeRow(all_);
    BULKHEAD_CHECK_OK(Emit(sink, /*delete_unreadable=*/false));
    after_row();
  }
}

// A key with NULL names no row in particular.
Status RowReader::ReadNullKey(value::ChangeSink& sink) {
  sqlite::ResetAtEnd reset(null_keys_);
  BULKHEAD_TRY(bool row, null_keys_.Step());
  int64_t count = row ? null_keys_.Integer(0) : 0;
  if (count == 0) return Ok();
  return sink.Unreadable(name_, fmt::format("{} rows", count), "a column of their key is NULL");
}

Status RowReader::ReadOne(std::span<const value::Value> key, value::ChangeSink& sink) {
  if (std::any_of(key.begin(), key.end(), [](value::Value v) { return v.is_null(); })) return ReadNullKey(sink);
  sqlite::ResetAtEnd reset(one_);
  for (size_t i = 0; i < key.size(); ++i) one_.Bind(static_cast<int>(i + 1), key[i]);
  for (;;) {
    BULKHEAD_TRY(bool row, one_.Step());
    if (!row) break;
    TakeRow(one_);
    if (SameKey(key_, key)) return Emit(sink, /*delete_unreadable=*/true);
  }
  bool is_text_bad = std::any_of(key.begin(), key.end(), [](value::Value v) {
    return v.type() == value::Type::Text && !value::IsUtf8(v.bytes());
  });
  return is_text_bad ? Ok() : sink.Delete(name_, key);  // a row with a bad key was never given to anyone
}

}  // namespace bulkhead::source
