#include "runtime/value/compare.h"

#include <cstring>

#include "runtime/value/convert.h"

namespace bulkhead::value {
namespace {

template <typename T>
int Order(T a, T b) {
  return a < b ? -1 : a > b;
}

int CompareIntegerReal(int64_t a, double b) {
  if (b >= 9223372036854775808.0) return -1;
  if (b < -9223372036854775808.0) return +1;
  int64_t whole = static_cast<int64_t>(b);
  if (a != whole) return a < whole ? -1 : +1;
  return Order(static_cast<double>(whole), b);  // Exact: b has a fraction only below 2^53.
}

int CompareNumbers(Value a, Value b) {
  bool a_integer = a.type() == Type::Integer, b_integer = b.type() == Type::Integer;
  if (a_integer && b_integer) return Order(a.integer(), b.integer());
  if (a_integer) return CompareIntegerReal(a.integer(), b.real());
  if (b_integer) return -CompareIntegerReal(b.integer(), a.real());
  return Order(a.real(), b.real());
}

int CompareBytes(std::string_view a, std::string_view b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  int order = common ? std::memcmp(a.data(), b.data(), common) : 0;
  return order ? order : Order(a.size(), b.size());
}

// NULL, number, text, blob.
int Class(Type type) {
  static constexpr int Classes[] = {0, 1, 1, 2, 3};
  return Classes[static_cast<int>(type)];
}

}  // namespace

int Compare(Value a, Value b) {
  if (int order = Class(a.type()) - Class(b.type())) return order;
  if (a.is_null()) return 0;
  return a.is_number() ? CompareNumbers(a, b) : CompareBytes(a.bytes(), b.bytes());
}

bool SameMixed(Value a, Value b) { return a.is_number() && b.is_number() && CompareNumbers(a, b) == 0; }

std::optional<bool> TruthOfNumber(Value v) {
  return v.type() == Type::Real ? v.real() != 0.0 : ParseReal(v.bytes()) != 0.0;
}

}  // namespace bulkhead::value
