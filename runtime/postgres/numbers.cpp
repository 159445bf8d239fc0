#include "runtime/postgres/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>

namespace bulkhead::postgres {
namespace {

// digits * 10^exponent.
struct Decimal {
  uint64_t digits;
  int exponent;
};

Decimal ReadScientific(std::string_view text) {
  size_t mark = text.find('e');
  Decimal decimal{0, 0};
  std::string_view number = text.substr(0, mark), power = text.substr(mark + 1);
  for (char c : number) {
    if (c != '.') decimal.digits = 10 * decimal.digits + static_cast<uint64_t>(c - '0');
  }
  if (power[0] == '+') power.remove_prefix(1);
  std::from_chars(power.data(), power.data() + power.size(), decimal.exponent);
  if (number.size() > 1) decimal.exponent -= static_cast<int>(number.size()) - 2;
  return decimal;
}

// Whether both are the same number: odd * 2^twos.
bool Equals(Decimal decimal, uint64_t odd, int twos) {
  constexpr int FivesMax = 27;  // 5^27 is below 2^63.
  if (std::abs(decimal.exponent) > FivesMax || decimal.digits == 0) return false;
  int even = std::countr_zero(decimal.digits);
  unsigned __int128 left = decimal.digits >> even, right = odd;
  for (int i = 0; i < std::abs(decimal.exponent); ++i) (decimal.exponent > 0 ? left : right) *= 5;
  return left == right && even + decimal.exponent == twos;
}

// Whether the decimal lies exactly between v and a neighbour, where reading it back depends on how ties are
// rounded. The server never prints such digits.
template <typename Real>
bool IsMidpoint(Decimal decimal, Real v) {
  constexpr int Bits = std::numeric_limits<Real>::digits;
  int exponent = 0;
  uint64_t mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(v, &exponent), Bits));
  exponent -= Bits;
  int smallest = std::numeric_limits<Real>::min_exponent - Bits;
  if (exponent < smallest) mantissa >>= smallest - exponent, exponent = smallest;
  bool narrow_below = mantissa == uint64_t{1} << (Bits - 1) && exponent > smallest;
  return Equals(decimal, 2 * mantissa + 1, exponent - 1) ||
         (narrow_below ? Equals(decimal, 4 * mantissa - 1, exponent - 2)
                       : Equals(decimal, 2 * mantissa - 1, exponent - 1));
}

template <typename Real>
Decimal ShortestDigits(Real v) {
  char buffer[40];
  auto read = [&](std::to_chars_result result) {
    return ReadScientific({buffer, static_cast<size_t>(result.ptr - buffer)});
  };
  Decimal decimal = read(std::to_chars(buffer, std::end(buffer), v, std::chars_format::scientific));
  // With one digit more each time, the nearest decimal is never farther than the one before.
  int places = static_cast<int>(std::to_string(decimal.digits).size());
  for (; places < std::numeric_limits<Real>::max_digits10 && IsMidpoint(decimal, v); ++places) {
    decimal = read(std::to_chars(buffer, std::end(buffer), v, std::chars_format::scientific, places));
  }
  while (decimal.digits && decimal.digits % 10 == 0) decimal.digits /= 10, ++decimal.exponent;
  return v == 0 ? Decimal{0, 0} : decimal;
}

// Lays out d.ddde±xx as printf's %g does: positional between 1e-4 and the digits that the type always keeps.
template <typename Real>
void AppendAnyReal(std::string& out, Real v) {
  if (std::isnan(v)) {
    out += "NaN";
    return;
  }
  if (std::signbit(v)) out += '-';
  if (std::isinf(v)) {
    out += "Infinity";
    return;
  }
  Decimal decimal = ShortestDigits(std::abs(v));
  std::string digits = std::to_string(decimal.digits);
  int count = static_cast<int>(digits.size()), power = decimal.exponent + count - 1;
  if (power < -4 || power >= std::numeric_limits<Real>::digits10) {
    if (count > 1) digits.insert(1, ".");
    fmt::format_to(std::back_inserter(out), "{}e{}{:02}", digits, power < 0 ? '-' : '+', std::abs(power));
  } else if (power < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-power - 1), '0');
    out += digits;
  } else if (decimal.exponent >= 0) {
    out += digits;
    out.append(static_cast<size_t>(decimal.exponent), '0');
  } else {
    out += digits.insert(static_cast<size_t>(power) + 1, ".");
  }
}

void AppendFourDigits(std::string& out, uint16_t v) {
  const char digits[] = {static_cast<char>('0' + v / 1000), static_cast<char>('0' + v / 100 % 10),
                         static_cast<char>('0' + v / 10 % 10), static_cast<char>('0' + v % 10)};
  out.append(digits, sizeof digits);
}

}  // namespace

void AppendReal(std::string& out, double v) {
  AppendAnyReal(out, v);
}
void AppendReal(std::string& out, float v) {
  AppendAnyReal(out, v);
}

void AppendNumeric(std::string& out, const NumericParts& parts) {
  auto digit = [&](int i) {
    return i >= 0 && static_cast<size_t>(i) < parts.digits.size() ? parts.digits[static_cast<size_t>(i)]
                                                                  : uint16_t{0};
  };
  if (parts.negative) out += '-';
  size_t start = out.size();
  for (int i = 0; i <= parts.weight; ++i) AppendFourDigits(out, digit(i));
  size_t zeros = std::min(out.find_first_not_of('0', start), out.size()) - start;
  out.erase(start, zeros);
  if (out.size() == start) out += '0';
  if (parts.scale <= 0) return;
  out += '.';
  size_t end = out.size() + static_cast<size_t>(parts.scale);
  for (int i = parts.weight + 1; out.size() < end; ++i) AppendFourDigits(out, digit(i));
  out.resize(end);
}

void AppendMoney(std::string& out, int64_t cents) {
  uint64_t magnitude = static_cast<uint64_t>(cents);
  if (cents < 0) magnitude = 0 - magnitude;
  std::string whole = std::to_string(magnitude / 100);
  for (size_t place = whole.size(); place > 3; place -= 3) whole.insert(place - 3, 1, ',');
  fmt::format_to(std::back_inserter(out), "{}${}.{:02}", cents < 0 ? "-" : "", whole, magnitude % 100);
}

void AppendHex(std::string& out, std::string_view bytes, bool upper) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  for (char c : bytes) {
    out += digits[static_cast<uint8_t>(c) >> 4];
    out += digits[static_cast<uint8_t>(c) & 15];
  }
}

}  // namespace bulkhead::postgres
