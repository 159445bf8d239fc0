#include "runtime/client/row_reader.h"

#include <charconv>
#include <cstdlib>
#include <string>

#include "runtime/base/limits.h"

namespace bulkhead::client {
namespace {

value::Value ReadNumber(std::string_view text, bool whole) {
  const char* end = text.data() + text.size();
  int64_t integer;
  if (whole && std::from_chars(text.data(), end, integer).ec == std::errc()) return value::Value::Integer(integer);
  double real;
  if (std::from_chars(text.data(), end, real).ec == std::errc()) return value::Value::Real(real);
  return value::Value::Real(std::strtod(std::string(text).c_str(), nullptr));  // too large or too small: ±inf or 0
}

}  // namespace

bool RowReader::ReadValue(value::Value& out) {
  std::string_view text;
  bool flag;
  switch (reader_.Peek()) {
    case wire::JsonKind::String:
      if (!reader_.String(text)) return false;
      out = value::Value::Text(text);
      return true;
    case wire::JsonKind::Number:
      if (!reader_.Number(text, flag)) return false;
      out = ReadNumber(text, flag);
      return true;
    case wire::JsonKind::Boolean:
      if (!reader_.Boolean(flag)) return false;
      out = value::Value::Bool(flag);
      return true;
    case wire::JsonKind::Null: out = value::Value::Null(); return reader_.Null();
    default:
      if (!reader_.Skip(text)) return false;
      out = value::Value::Text(text);
      return true;
  }
}

Result<const std::vector<Field>*> RowReader::Read(std::string_view json) {
  fields_.clear();
  reader_.Reset(json);
  reader_.BeginObject();
  for (std::string_view name; reader_.NextMember(name);) {
    if (fields_.size() == limits::ColumnsPerRowMax) return Error{Code::InvalidData, "row has too many columns"};
    if (name.find('\0') != name.npos) return Error{Code::InvalidData, "a column's name has a NUL byte"};
    if (!ReadValue(fields_.emplace_back(Field{name, {}}).value)) break;
  }
  if (!reader_.Finish()) return Error{Code::InvalidData, "row is malformed: " + reader_.problem()};
  return static_cast<const std::vector<Field>*>(&fields_);
}

}  // namespace bulkhead::client
