// SQLite's order and three-valued comparison. No affinity: operands are compared as they are.
#pragma once

#include <cstring>
#include <optional>

#include "runtime/value/value.h"

namespace bulkhead::value {

// SQLite's total order: NULL < numbers < text < blob. Numbers by exact value (no rounding of 64-bit integers to
// double), text and blobs bytewise. NULL equals NULL. Returns < 0, 0 or > 0.
int Compare(Value a, Value b);

// `a IS b`: like SQL `=`, but NULL IS NULL. 1 and 1.0 are the same.
// Without a call for what most keys and states are: short.
inline bool SameBytes(std::string_view a, std::string_view b) {
  size_t size = a.size();
  if (size != b.size()) return false;
  auto same = [&]<typename Word>(Word, size_t at) {
    Word x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    return x == y;
  };
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size >= 8) return same(uint64_t{}, 0) && same(uint64_t{}, size - 8);
  if (size >= 4) return same(uint32_t{}, 0) && same(uint32_t{}, size - 4);
  return size == 0 || (a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1]);
}

bool SameMixed(Value a, Value b);  // Of different types.
inline bool Same(Value a, Value b) {
  if (a.type() != b.type()) return SameMixed(a, b);
  if (a.is_bytes()) return SameBytes(a.bytes(), b.bytes());
  if (a.type() == Type::Integer) return a.integer() == b.integer();
  return a.type() == Type::Null || a.real() == b.real();
}

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
std::optional<bool> TruthOfNumber(Value v);  // Of a REAL, TEXT or BLOB.
inline std::optional<bool> Truth(Value v) {
  if (v.type() == Type::Integer) return v.integer() != 0;
  return v.is_null() ? std::nullopt : TruthOfNumber(v);
}
// The WHERE rule: unknown is not true.
inline bool IsTrue(Value v) {
  if (v.type() == Type::Integer) return v.integer() != 0;
  return Truth(v) == true;
}

// A SQL boolean: 1, 0 or NULL.
inline Value FromBool(std::optional<bool> b) { return b ? Value::Bool(*b) : Value::Null(); }

}  // namespace bulkhead::value
