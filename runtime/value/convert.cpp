#include "runtime/value/convert.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "runtime/value/decimal.h"

namespace bulkhead::value {
namespace {

constexpr double TwoTo63 = 9223372036854775808.0;
// Beyond this SQLite keeps a REAL that came from text a REAL even if it is integral.
constexpr int64_t SameAsIntegerMax = int64_t{1} << 51;

bool IsSmallIntegral(double v, int64_t& integer) {
  if (v == 0.0) {
    integer = 0;
    return true;
  }
  if (!(v >= -static_cast<double>(SameAsIntegerMax) && v < static_cast<double>(SameAsIntegerMax))) return false;
  integer = static_cast<int64_t>(v);
  return static_cast<double>(integer) == v;
}

}  // namespace

char* WriteInteger(char* out, int64_t v) { return std::to_chars(out, out + NumberTextBytesMax, v).ptr; }
char* WriteReal(char* out, double v) { return FormatDecimal(out, v, ValueFormat); }

ParsedNumber ParseNumber(std::string_view text) {
  DecimalPrefix decimal = ParseDecimal(text);
  if (decimal.kind == DecimalPrefix::Kind::Real) return {Value::Real(decimal.real), decimal.whole};
  IntegerPrefix integer = ParseIntegerPrefix(text);
  bool whole = decimal.whole;
  if (integer.overflow) return {Value::Real(decimal.real), whole};
  return {Value::Integer(integer.integer), whole};
}

double ParseReal(std::string_view text) { return ParseDecimal(text).real; }
int64_t ParseInteger(std::string_view text) { return ParseIntegerPrefix(text).integer; }

Value CastText(Value v, Arena& arena) {
  return v.type() == Type::Blob ? Value::Text(v.bytes()) : ApplyText(v, arena);
}

Value CastInteger(Value v) {
  switch (v.type()) {
    case Type::Null:
    case Type::Integer: return v;
    case Type::Real: return Value::Integer(RealToInteger(v.real()));
    case Type::Text:
    case Type::Blob: return Value::Integer(ParseInteger(v.bytes()));
  }
  return {};
}

Value CastReal(Value v) {
  switch (v.type()) {
    case Type::Null:
    case Type::Real: return v;
    case Type::Integer: return Value::Real(static_cast<double>(v.integer()));
    case Type::Text:
    case Type::Blob: return Value::Real(ParseReal(v.bytes()));
  }
  return {};
}

Value CastNumeric(Value v) {
  if (!v.is_bytes()) return v;
  Value number = ParseNumber(v.bytes()).value;
  int64_t integer;
  if (number.type() == Type::Real && IsSmallIntegral(number.real(), integer)) return Value::Integer(integer);
  return number;
}

Value CastBlob(Value v, Arena& arena) {
  if (v.is_null()) return v;
  Value text = CastText(v, arena);
  return text.is_null() ? text : Value::Blob(text.bytes());
}

Value ApplyNumeric(Value v) {
  if (v.type() != Type::Text) return v;
  ParsedNumber number = ParseNumber(v.bytes());
  return number.whole ? number.value : v;
}

Value ApplyText(Value v, Arena& arena) {
  if (!v.is_number()) return v;
  char* text = arena.Allocate(NumberTextBytesMax);
  if (!text) return {};
  char* end = v.type() == Type::Integer ? WriteInteger(text, v.integer()) : WriteReal(text, v.real());
  size_t size = static_cast<size_t>(end - text);
  arena.Trim(text, size);
  return Value::Text({text, size});
}

Value ToNumber(Value v) { return v.is_bytes() ? ParseNumber(v.bytes()).value : v; }

std::string_view ToBytes(Value v, Arena& arena) {
  Value text = CastText(v, arena);
  return text.is_null() ? std::string_view() : text.bytes();
}

int64_t RealToInteger(double v) {
  if (v <= -TwoTo63) return std::numeric_limits<int64_t>::min();
  if (v >= TwoTo63) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(v);
}

std::optional<int64_t> ExactInteger(double v) {
  if (!(v >= -TwoTo63 && v < TwoTo63)) return std::nullopt;
  int64_t integer = static_cast<int64_t>(v);
  if (static_cast<double>(integer) != v) return std::nullopt;
  return integer;
}

}  // namespace bulkhead::value
