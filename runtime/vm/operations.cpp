#include "runtime/vm/operations.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "runtime/value/convert.h"

namespace bulkhead::vm {
namespace {

using value::Type;

constexpr int64_t Int64Min = std::numeric_limits<int64_t>::min();

double AsReal(Value number) {
  return number.type() == Type::Integer ? static_cast<double>(number.integer()) : number.real();
}

// The operands of arithmetic; false when the result is NULL.
bool ToNumbers(Value& a, Value& b) {
  a = value::ToNumber(a);
  b = value::ToNumber(b);
  return !a.is_null() && !b.is_null();
}
bool BothIntegers(Value a, Value b) { return a.type() == Type::Integer && b.type() == Type::Integer; }

// The operands of bit operators; false when the result is NULL.
bool ToIntegers(Value a, Value b, int64_t& x, int64_t& y) {
  if (a.is_null() || b.is_null()) return false;
  x = value::CastInteger(a).integer();
  y = value::CastInteger(b).integer();
  return true;
}

Value Shift(int64_t x, int64_t distance, bool left) {
  if (distance < 0) {
    left = !left;
    distance = distance > -64 ? -distance : 64;
  }
  if (distance >= 64) return Value::Integer(x >= 0 || left ? 0 : -1);
  if (left) return Value::Integer(static_cast<int64_t>(static_cast<uint64_t>(x) << distance));
  return Value::Integer(x >> distance);
}

}  // namespace

Value Add(Value a, Value b) {
  int64_t sum;
  if (!ToNumbers(a, b)) return {};
  if (BothIntegers(a, b) && !__builtin_add_overflow(a.integer(), b.integer(), &sum)) return Value::Integer(sum);
  return Value::Real(AsReal(a) + AsReal(b));
}

Value Sub(Value a, Value b) {
  int64_t difference;
  if (!ToNumbers(a, b)) return {};
  if (BothIntegers(a, b) && !__builtin_sub_overflow(a.integer(), b.integer(), &difference)) {
    return Value::Integer(difference);
  }
  return Value::Real(AsReal(a) - AsReal(b));
}

Value Mul(Value a, Value b) {
  int64_t product;
  if (!ToNumbers(a, b)) return {};
  if (BothIntegers(a, b) && !__builtin_mul_overflow(a.integer(), b.integer(), &product)) return Value::Integer(product);
  return Value::Real(AsReal(a) * AsReal(b));
}

Value Div(Value a, Value b) {
  if (!ToNumbers(a, b)) return {};
  if (AsReal(b) == 0.0) return {};
  if (BothIntegers(a, b) && !(a.integer() == Int64Min && b.integer() == -1)) {
    return Value::Integer(a.integer() / b.integer());
  }
  return Value::Real(AsReal(a) / AsReal(b));
}

Value Mod(Value a, Value b) {
  int64_t x, y;
  if (!ToIntegers(a, b, x, y) || y == 0) return {};
  int64_t remainder = y == -1 ? 0 : x % y;
  if (BothIntegers(value::ToNumber(a), value::ToNumber(b))) return Value::Integer(remainder);
  return Value::Real(static_cast<double>(remainder));
}

Value BitAnd(Value a, Value b) {
  int64_t x, y;
  return ToIntegers(a, b, x, y) ? Value::Integer(x & y) : Value();
}
Value BitOr(Value a, Value b) {
  int64_t x, y;
  return ToIntegers(a, b, x, y) ? Value::Integer(x | y) : Value();
}
Value ShiftLeft(Value a, Value b) {
  int64_t x, y;
  return ToIntegers(a, b, x, y) ? Shift(x, y, true) : Value();
}
Value ShiftRight(Value a, Value b) {
  int64_t x, y;
  return ToIntegers(a, b, x, y) ? Shift(x, y, false) : Value();
}
Value BitNot(Value a) { return a.is_null() ? a : Value::Integer(~value::CastInteger(a).integer()); }

Value Concat(Value a, Value b, Context& context) {
  if (a.is_null() || b.is_null()) return {};
  a = CastText(a, context);
  b = CastText(b, context);
  if (a.is_null() || b.is_null()) return {};
  size_t size = a.bytes().size() + b.bytes().size();
  char* out = context.Allocate(size);
  if (!out) return {};
  std::copy(a.bytes().begin(), a.bytes().end(), out);
  std::copy(b.bytes().begin(), b.bytes().end(), out + a.bytes().size());
  return Value::Text({out, size});
}

Value FoldNocase(Value a, Context& context) {
  if (a.type() != Type::Text) return a;
  auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::string_view text = a.bytes();
  if (std::none_of(text.begin(), text.end(), is_upper)) return a;
  char* out = context.Allocate(text.size());
  if (!out) return {};
  std::transform(text.begin(), text.end(), out,
                 [&](char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; });
  return Value::Text({out, text.size()});
}

namespace {
Value Checked(Value from, Value to, Context& context) {
  return to.is_null() && !from.is_null() ? context.Fail(value::Describe(value::JsonStatus::Full)) : to;
}
}  // namespace

Value CastText(Value a, Context& context) { return Checked(a, value::CastText(a, context.arena()), context); }
Value CastBlob(Value a, Context& context) { return Checked(a, value::CastBlob(a, context.arena()), context); }
Value ApplyText(Value a, Context& context) { return Checked(a, value::ApplyText(a, context.arena()), context); }

Value InValues(Value x, std::span<const Value> items) {
  if (items.empty()) return Value::Bool(false);
  if (x.is_null()) return {};
  bool any_null = false;
  for (Value item : items) {
    if (item.is_null()) any_null = true;
    else if (value::Same(x, item)) return Value::Bool(true);
  }
  return any_null ? Value::Null() : Value::Bool(false);
}

Value InSet(Value x, std::span<const Value> set) {
  if (set.empty()) return Value::Bool(false);
  if (x.is_null()) return {};
  auto less = [](Value item, Value wanted) { return value::Compare(item, wanted) < 0; };
  auto found = std::lower_bound(set.begin(), set.end(), x, less);
  if (found != set.end() && value::Same(*found, x)) return Value::Bool(true);
  return set.front().is_null() ? Value::Null() : Value::Bool(false);
}

Value Take(const value::JsonResult& result, Context& context) {
  return result.is_error() ? context.Fail(value::Describe(result.status)) : result.value;
}

Value JsonArrow(Value json, Value key, Context& context) {
  Value text = Take(value::JsonArrow(json, key, context.arena()), context);
  return text.is_null() ? text : Value::Json(text.bytes());
}

Value JsonArrowText(Value json, Value key, Context& context) {
  return Take(value::JsonArrowText(json, key, context.arena()), context);
}

}  // namespace bulkhead::vm
