#include "runtime/value/decimal.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace bulkhead::value {
namespace {

using Wide = long double;

constexpr bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr int PowersMax = 342;

// Powers of ten by squaring: the roundings on the way are part of the result.
Wide PowerBySquaring(int exponent) {
  Wide base = 10.0L, power = 1.0L;
  for (;;) {
    if (exponent & 1) power *= base;
    exponent >>= 1;
    if (exponent == 0) return power;
    base *= base;
  }
}

Wide PowerOfTen(int exponent) {
  static const auto table = [] {
    std::array<Wide, PowersMax> powers{};
    for (int i = 0; i < PowersMax; ++i) powers[i] = PowerBySquaring(i);
    return powers;
  }();
  return table[exponent];
}

// significand × 10^exponent.
double Scale(int64_t significand, int exponent) {
  bool up = exponent > 0;
  int left = up ? exponent : -exponent;
  bool negative = significand < 0;
  int64_t magnitude = negative ? -significand : significand;
  // Take as much of the exponent into the integer as is exact.
  for (; left > 0; --left) {
    if (up) {
      if (magnitude >= std::numeric_limits<int64_t>::max() / 10) break;
      magnitude *= 10;
    } else {
      if (magnitude % 10 != 0) break;
      magnitude /= 10;
    }
  }
  if (negative) magnitude = -magnitude;
  if (left == 0) return static_cast<double>(magnitude);
  if (left > 341) {
    if (!up) return 0.0 * static_cast<double>(magnitude);
    return std::numeric_limits<double>::infinity() * static_cast<double>(magnitude);
  }
  if (left > 307) {  // Two steps: the double in between keeps very small and large numbers as SQLite has them.
    Wide power = PowerOfTen(left - 308);
    double partial = static_cast<double>(up ? magnitude * power : magnitude / power);
    return up ? partial * 1.0e+308 : partial / 1.0e+308;
  }
  Wide power = PowerOfTen(left);
  return static_cast<double>(up ? magnitude * power : magnitude / power);
}

// Gives the digits of a number in [0, 10) one by one; zeros after `left` of them.
class Digits {
 public:
  Digits(Wide value, int left) : value_(value), left_(left) {}
  char Next() {
    if (left_ <= 0) return '0';
    --left_;
    int digit = static_cast<int>(value_);
    value_ = (value_ - digit) * 10.0L;
    return static_cast<char>('0' + digit);
  }

 private:
  Wide value_;
  int left_;
};

double Rounder(int digits) {
  static constexpr double Halves[] = {5.0e-01, 5.0e-02, 5.0e-03, 5.0e-04, 5.0e-05,
                                      5.0e-06, 5.0e-07, 5.0e-08, 5.0e-09, 5.0e-10};
  double rounder = Halves[digits % 10];
  for (; digits >= 10; digits -= 10) rounder *= 1.0e-10;
  return rounder;
}

// Brings a positive value into [1, 10); returns the decimal exponent taken out. The constants are doubles on purpose: 1e100
// is not exact in either width, and which one it is shows in the last digit.
int Normalise(Wide& value) {
  int exponent = 0;
  Wide scale = 1.0L;
  while (value >= 1e100 * scale && exponent <= 350) scale *= 1e100, exponent += 100;
  while (value >= 1e10 * scale && exponent <= 350) scale *= 1e10, exponent += 10;
  while (value >= 10.0 * scale && exponent <= 350) scale *= 10.0L, ++exponent;
  value /= scale;
  while (value < 1e-8) value *= 1e8, exponent -= 8;
  while (value < 1.0) value *= 10.0, --exponent;
  return exponent;
}

char* WriteExponent(char* out, char letter, int exponent) {
  *out++ = letter;
  *out++ = exponent < 0 ? '-' : '+';
  if (exponent < 0) exponent = -exponent;
  if (exponent >= 100) *out++ = static_cast<char>('0' + exponent / 100), exponent %= 100;
  *out++ = static_cast<char>('0' + exponent / 10);
  *out++ = static_cast<char>('0' + exponent % 10);
  return out;
}

// `whole` is the exponent of the first digit; negative means zeros come first.
char* WriteDigits(char* out, Digits digits, int whole, const DecimalFormat& format, bool trim) {
  int precision = format.precision;
  bool point = precision > 0 || format.alternate || format.exact;
  if (whole < 0) *out++ = '0';
  for (int i = whole; i >= 0; --i) {
    *out++ = digits.Next();
    if (format.thousands && i % 3 == 0 && i > 1) *out++ = ',';
  }
  if (point) *out++ = '.';
  for (int i = whole + 1; i < 0 && precision > 0; ++i, --precision) *out++ = '0';
  for (; precision > 0; --precision) *out++ = digits.Next();
  if (!trim || !point) return out;
  while (out[-1] == '0') --out;
  if (out[-1] != '.') return out;
  if (format.exact) *out++ = '0';
  else --out;
  return out;
}

}  // namespace

char* FormatMagnitude(char* out, double v, const DecimalFormat& format) {
  if (std::isinf(v)) {
    std::memcpy(out, "Inf", 3);
    return out + 3;
  }
  DecimalFormat used = format;
  bool general = format.style == DecimalStyle::General, fixed = format.style == DecimalStyle::Fixed;
  if (general && used.precision > 0) --used.precision;
  double rounder = Rounder(used.precision & 0xfff);  // As SQLite's own bound.
  Wide value = v;
  if (fixed) {
    int binary_exponent = v == 0 ? -1023 : std::ilogb(v);
    if (used.precision + binary_exponent / 3 < 15) rounder += static_cast<double>(value * 3e-16);
    value += rounder;
  }
  int exponent = value > 0 ? Normalise(value) : 0;
  if (!fixed) {
    value += rounder;
    if (value >= 10.0) value *= 0.1, ++exponent;
  }
  bool with_exponent = format.style == DecimalStyle::Exponent;
  if (general) {
    with_exponent = exponent < -4 || exponent > used.precision;
    if (!with_exponent) used.precision -= exponent;
  }
  bool trim = general ? !format.alternate : format.exact;
  out = WriteDigits(out, Digits(value, format.exact ? 26 : 16), with_exponent ? 0 : exponent, used, trim);
  return with_exponent ? WriteExponent(out, format.exponent, exponent) : out;
}

DecimalPrefix ParseDecimal(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end && IsSpace(*at)) ++at;
  bool negative = false;
  if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';

  constexpr int64_t SignificandFull = (std::numeric_limits<int64_t>::max() - 9) / 10;
  int64_t significand = 0;
  int shift = 0;  // Decimal places between the significand and the number.
  bool any_digit = false, is_real = false, exponent_missing = false, point = false;
  for (; at < end && IsDigit(*at); ++at) {
    any_digit = true;
    if (significand < SignificandFull) significand = significand * 10 + (*at - '0');
    else if (shift < 100'000) ++shift;
  }
  if (at < end && *at == '.') {
    is_real = point = true;
    for (++at; at < end && IsDigit(*at); ++at) {
      any_digit = true;
      if (significand < SignificandFull) significand = significand * 10 + (*at - '0'), --shift;
    }
  }
  int exponent = 0;
  if (at < end && (*at == 'e' || *at == 'E')) {
    exponent_missing = true;
    bool down = false;
    ++at;
    if (at < end && (*at == '-' || *at == '+')) down = *at++ == '-';
    for (; at < end && IsDigit(*at); ++at) {
      exponent = exponent < 10'000 ? exponent * 10 + (*at - '0') : 10'000;
      exponent_missing = false;
    }
    if (down) exponent = -exponent;
    is_real = is_real || !exponent_missing;
  }
  while (at < end && IsSpace(*at)) ++at;

  DecimalPrefix result{DecimalPrefix::Kind::None, false, 0.0};
  if (significand == 0) {
    result.real = negative ? -0.0 : 0.0;
  } else {
    result.real = Scale(negative ? -significand : significand, exponent + shift);
  }
  if (!any_digit) return result;
  result.kind = is_real ? DecimalPrefix::Kind::Real : DecimalPrefix::Kind::Integer;
  result.whole = at == end && !exponent_missing;
  return result;
}

IntegerPrefix ParseIntegerPrefix(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end && IsSpace(*at)) ++at;
  bool negative = false;
  if (at < end && (*at == '-' || *at == '+')) negative = *at++ == '-';
  const char* digits = at;
  uint64_t bound = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  uint64_t magnitude = 0;
  bool overflow = false;
  for (; at < end && IsDigit(*at); ++at) {
    uint64_t digit = static_cast<uint64_t>(*at - '0');
    if (magnitude > (bound - digit) / 10) overflow = true;
    else magnitude = magnitude * 10 + digit;
  }
  bool any_digit = at > digits;
  while (at < end && IsSpace(*at)) ++at;
  if (overflow) magnitude = bound;
  int64_t integer = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return {integer, any_digit && at == end, overflow};
}

}  // namespace bulkhead::value
