// SQLite's order and three-valued comparison. No affinity: operands are compared as they are.
#pragma once

#include <optional>

#include "runtime/value/value.h"

namespace bulkhead::value {

// SQLite's total order: NULL < numbers < text < blob. Numbers by exact value (no rounding of 64-bit integers to
// double), text and blobs bytewise. NULL equals NULL. Returns < 0, 0 or > 0.
int Compare(Value a, Value b);

// `a IS b`: like SQL `=`, but NULL IS NULL. 1 and 1.0 are the same.
bool Same(Value a, Value b);

// SQL `=`, `<`, …: nullopt (unknown) when either side is NULL.
inline std::optional<bool> Equal(Value a, Value b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  return Same(a, b);
}
inline std::optional<bool> Less(Value a, Value b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  return Compare(a, b) < 0;
}
inline std::optional<bool> LessOrEqual(Value a, Value b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  return Compare(a, b) <= 0;
}

// Truth of a value where a condition is wanted: NULL is unknown, a number is true unless zero, text and blobs
// by their numeric prefix ('0.5' and '12abc' are true, 'abc' and '' are false).
std::optional<bool> Truth(Value v);
// The WHERE rule: unknown is not true.
inline bool IsTrue(Value v) {
  if (v.type() == Type::Integer) return v.integer() != 0;
  return Truth(v) == true;
}

// A SQL boolean: 1, 0 or NULL.
inline Value FromBool(std::optional<bool> b) { return b ? Value::Bool(*b) : Value::Null(); }

}  // namespace bulkhead::value
