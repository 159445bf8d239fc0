// Decimal text and doubles as SQLite converts them, rounding errors included. SQLite computes in the machine's
// `long double`; so does this, which makes both agree bit for bit on the same machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bulkhead::value {

enum class DecimalStyle : uint8_t {
  General,   // `%g`: at most `precision` significant digits; an exponent for very small and large numbers.
  Exponent,  // `%e`: one digit, point, `precision` digits, exponent.
  Fixed,     // `%f`: `precision` digits after the point.
};
// printf's flags. SQLite turns values into text as `%!.15g`.
struct DecimalFormat {
  DecimalStyle style = DecimalStyle::General;
  int precision = 15;
  bool exact = false;      // `!`: 26 significant digits instead of 16, and always a digit after the point.
  bool alternate = false;  // `#`: always a point; General keeps trailing zeros.
  bool thousands = false;  // `,`
  char exponent = 'e';
};
inline constexpr DecimalFormat ValueFormat{.exact = true};

// Bytes that suffice for any double at precision <= 30; beyond, so many more as the precision is.
inline constexpr size_t DecimalBytesMax = 480;

// Writes a number that is not negative; infinity is Inf. Returns the end.
char* FormatMagnitude(char* out, double v, const DecimalFormat& format);
// The same for any number: -1.5, -Inf.
inline char* FormatDecimal(char* out, double v, const DecimalFormat& format) {
  if (v < 0) *out++ = '-';
  return FormatMagnitude(out, v < 0 ? -v : v, format);
}

// What the start of a text is, as a number.
struct DecimalPrefix {
  enum class Kind : uint8_t {
    None,         // No digits.
    Integer,      // Digits alone.
    Real,         // With a point or an exponent.
  };
  Kind kind;
  bool whole;     // Nothing but spaces around the number.
  double real;    // Its value as a double.
};
// Reads spaces, sign, digits, point, exponent. A dangling exponent ('1e') does not count, and makes the text not whole.
DecimalPrefix ParseDecimal(std::string_view text);

struct IntegerPrefix {
  int64_t integer;    // Saturated at the 64-bit bounds; 0 without digits.
  bool whole;         // Digits are there and nothing but spaces around them.
  bool overflow;      // It was saturated.
};
IntegerPrefix ParseIntegerPrefix(std::string_view text);

}  // namespace bulkhead::value
