// Values in text format.
#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "runtime/base/limits.h"
#include "runtime/postgres/json_mapping.h"
#include "runtime/postgres/mapper.h"
#include "runtime/postgres/moment.h"
#include "runtime/value/utf8.h"

namespace bulkhead::postgres {
namespace {

using value::Value;

template <typename Integer>
Result<Value> ReadInteger(const Type& type, std::string_view text) {
  Integer integer = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (problem != std::errc() || end != text.data() + text.size())
    return Malformed(type, "not a number of its range");
  return Value::Integer(integer);
}

Result<Value> ReadBool(const Type& type, std::string_view text) {
  if (text == "t") return Value::Integer(1);
  if (text == "f") return Value::Integer(0);
  return Malformed(type, "neither t nor f");
}

Result<Value> ReadReal(const Type& type, std::string_view text) {
  if (text == "NaN") return Value::Null();
  double real = 0;
  // Takes Infinity too, and what is neither a number nor the server's (`nan(1)`) becomes NULL or is refused.
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (problem != std::errc() || end != text.data() + text.size()) return Malformed(type, "not a number");
  return Value::Real(real);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<Value> ReadBytea(const Type& type, std::string_view text, value::Arena& arena) {
  if (!text.starts_with("\\x") || text.size() % 2)
    return Malformed(type, "not hexadecimal: set bytea_output = hex");
  text.remove_prefix(2);
  char* out = arena.Allocate(text.size() / 2);
  if (!out) return TooLarge();
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return Malformed(type, "not hexadecimal");
    out[i / 2] = static_cast<char>(high << 4 | low);
  }
  return Value::Blob({out, text.size() / 2});
}

Result<Value> ReadLsn(const Type& type, std::string_view text, value::Arena& arena) {
  uint32_t high = 0, low = 0;
  const char* end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, high, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/')
    return Malformed(type, "not a place in the log");
  auto second = std::from_chars(first.ptr + 1, end, low, 16);
  if (second.ec != std::errc() || second.ptr != end) return Malformed(type, "not a place in the log");
  constexpr size_t Size = 17;
  char* out = arena.Allocate(Size);
  if (!out) return TooLarge();
  fmt::format_to(out, "{:08X}/{:08X}", high, low);
  return Value::Text({out, Size});
}

Result<Value> ReadText(const Type& type, std::string_view text) {
  if (!value::IsUtf8(text)) return Malformed(type, "not UTF-8");
  return Value::Text(text);
}

}  // namespace

Result<Value> Mapper::FromMoment(std::string_view text, bool with_zone, value::Arena& arena) {
  constexpr uint8_t SourceDigits = 6;
  MomentStyle style{options_.timestamps_iso8601,
                    std::min(SourceDigits, static_cast<uint8_t>(options_.timestamp_max_precision))};
  char buffer[MomentBytesMax];
  auto moment = FormatMoment(buffer, text, with_zone, style);
  if (!moment) return Value::Null();
  std::string_view copy = arena.Copy(*moment);
  if (!copy.data()) return TooLarge();
  return Value::Text(copy);
}

Result<Value> Mapper::FromScalar(const Type& type, std::string_view text, value::Arena& arena) {
  switch (type.text) {
    case TextRule::Bool:
      return ReadBool(type, text);
    case TextRule::Int2:
      return ReadInteger<int16_t>(type, text);
    case TextRule::Int4:
      return ReadInteger<int32_t>(type, text);
    case TextRule::Int8:
      return ReadInteger<int64_t>(type, text);
    case TextRule::Oid:
      return ReadInteger<uint32_t>(type, text);
    case TextRule::Real:
      return ReadReal(type, text);
    case TextRule::Bytea:
      return ReadBytea(type, text, arena);
    case TextRule::Date:
      if (text == "infinity") return Value::Text("9999-12-31");
      if (text == "-infinity") return Value::Text("0000-01-01");
      break;
    case TextRule::Timestamp:
      return FromMoment(text, false, arena);
    case TextRule::TimestampTz:
      return FromMoment(text, true, arena);
    case TextRule::Lsn:
      return ReadLsn(type, text, arena);
    case TextRule::Json:
    case TextRule::Verbatim:
      break;
  }
  return ReadText(type, text);
}

Result<Value> Mapper::FromText(const Type& type, std::string_view bytes, value::Arena& arena) {
  if (bytes.size() > limits::ValueBytesMax) return TooLarge();
  if (!options_.custom_postgres_types && catalog_.IsCustom(type)) return ReadText(type, bytes);
  const Type* inner = &type;
  for (size_t depth = 0; inner->kind == Kind::Domain; ++depth) {
    if (depth == limits::PostgresTypeDepthMax) return TooDeep(type);
    inner = &catalog_.Find(inner->element);
  }
  bool structured = inner->kind > Kind::Domain;
  if (!structured) return FromScalar(*inner, bytes, arena);
  if (inner->kind == Kind::Range && bytes == EmptyRange) return Value::Text(EmptyRange);
  json_.Clear();
  BULKHEAD_CHECK_OK(JsonMapping(*this, arena).Write(*inner, bytes));
  std::string_view copy = arena.Copy(json_.view());
  if (!copy.data()) return TooLarge();
  return Value::Text(copy);
}

}  // namespace bulkhead::postgres
