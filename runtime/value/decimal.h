// Decimal text and doubles as SQLite converts them, rounding errors included. SQLite computes in the machine's
// `long double`; so does this, which makes both agree bit for bit on the same machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bulkhead::value {

enum class DecimalStyle : uint8_t {
  General,   // `%!.Ng`: at most `precision` significant digits, trailing zeros dropped, always with a point.
  Exponent,  // `%!.Ne`: one digit, point, `precision` digits with trailing zeros dropped, exponent.
  Fixed,     // `%.Nf`: exactly `precision` digits after the point.
};
// Bytes that suffice for any double at precision <= 30.
inline constexpr size_t DecimalBytesMax = 360;

// Writes v; infinities are Inf and -Inf. Returns the end.
char* FormatDecimal(char* out, double v, DecimalStyle style, int precision);

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
