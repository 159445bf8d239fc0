#include "runtime/dataflow/ordered.h"

#include <cmath>
#include <cstring>

namespace bulkhead::dataflow {
namespace {

using value::Type;
using value::Value;

void AppendBigEndian(std::string& out, uint64_t bits, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(bits >> (8 * i)));
}

// Doubles as integers of the same order.
uint64_t SortableBits(double v) {
  if (v == 0) v = 0;  // -0.0 is 0.0
  uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t{1} << 63);
}

// The greatest double that is not greater. An integer of 64 bits is less than 1024 above it.
double DoubleBelow(int64_t v) {
  double d = static_cast<double>(v);
  constexpr double TooLarge = 9223372036854775808.0;
  return d >= TooLarge || static_cast<int64_t>(d) > v ? std::nextafter(d, -INFINITY) : d;
}

void AppendNumber(std::string& out, Value v) {
  double d = v.type() == Type::Integer ? DoubleBelow(v.integer()) : v.real();
  AppendBigEndian(out, SortableBits(d), 8);
  uint64_t rest =
      v.type() == Type::Integer ? static_cast<uint64_t>(v.integer() - static_cast<int64_t>(d)) : 0;
  AppendBigEndian(out, rest, 2);
}

// Ends in 00 00; a 00 inside is 00 FF.
void AppendBytes(std::string& out, std::string_view bytes) {
  for (char c : bytes) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xFF');
  }
  out.append(2, '\0');
}

}  // namespace

void AppendOrdered(std::string& out, Value v, bool descending, bool nulls_last) {
  out.push_back(v.is_null() == nulls_last ? 1 : 0);
  if (v.is_null()) return;
  const size_t begin = out.size();
  out.push_back(v.is_number() ? 1 : v.type() == Type::Text ? 2 : 3);
  if (v.is_number())
    AppendNumber(out, v);
  else
    AppendBytes(out, v.bytes());
  if (!descending) return;
  for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

}  // namespace bulkhead::dataflow
