// What single operators do to values. Shared by the VM and the tree evaluator, which differ in everything else.
#pragma once

#include <span>

#include "runtime/value/compare.h"
#include "runtime/value/json.h"
#include "runtime/value/value.h"
#include "stdlib/functions/function.h"

namespace bulkhead::vm {

using functions::Context;
using value::Value;

enum class Comparison : uint8_t { Eq, Ne, Lt, Le, Gt, Ge, Is, IsNot };
inline constexpr size_t Comparisons = 8;

inline Value ApplyComparison(Comparison comparison, Value a, Value b) {
  if (comparison >= Comparison::Is) return Value::Bool(value::Same(a, b) == (comparison == Comparison::Is));
  if (a.is_null() || b.is_null()) return Value::Null();
  switch (comparison) {
    case Comparison::Eq: return Value::Bool(value::Same(a, b));
    case Comparison::Ne: return Value::Bool(!value::Same(a, b));
    case Comparison::Lt: return Value::Bool(value::Compare(a, b) < 0);
    case Comparison::Le: return Value::Bool(value::Compare(a, b) <= 0);
    case Comparison::Gt: return Value::Bool(value::Compare(a, b) > 0);
    default: return Value::Bool(value::Compare(a, b) >= 0);
  }
}

inline std::optional<bool> And3(std::optional<bool> a, std::optional<bool> b) {
  if (a == false || b == false) return false;
  return a && b ? std::optional(true) : std::nullopt;
}
inline std::optional<bool> Or3(std::optional<bool> a, std::optional<bool> b) {
  if (a == true || b == true) return true;
  return a && b ? std::optional(false) : std::nullopt;
}
inline std::optional<bool> Not3(std::optional<bool> a) { return a ? std::optional(!*a) : a; }

// Arithmetic as SQLite: numbers by prefix, overflow to REAL, NULL for what has no answer.
Value Add(Value a, Value b);
Value Sub(Value a, Value b);
Value Mul(Value a, Value b);
Value Div(Value a, Value b);
Value Mod(Value a, Value b);
inline Value Neg(Value a) { return Sub(Value::Integer(0), a); }
Value BitAnd(Value a, Value b);
Value BitOr(Value a, Value b);
Value ShiftLeft(Value a, Value b);
Value ShiftRight(Value a, Value b);
Value BitNot(Value a);

Value Concat(Value a, Value b, Context& context);
Value FoldNocase(Value a, Context& context);
// A conversion that had no memory left for its text fails the evaluation.
Value CastText(Value a, Context& context);
Value CastBlob(Value a, Context& context);
Value ApplyText(Value a, Context& context);

inline Value Between(Value x, Value low, Value high) {
  return value::FromBool(And3(value::LessOrEqual(low, x), value::LessOrEqual(x, high)));
}
// `items` in any order.
Value InValues(Value x, std::span<const Value> items);
// `set` sorted by Compare, so NULL comes first.
Value InSet(Value x, std::span<const Value> set);

// The value, or NULL after failing the evaluation.
Value Take(const value::JsonResult& result, Context& context);
Value JsonArrow(Value json, Value key, Context& context);
Value JsonArrowText(Value json, Value key, Context& context);

}  // namespace bulkhead::vm
