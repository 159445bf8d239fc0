// SQLite's conversions between storage classes, exact to the bit (of 3.40; the test compares with the library).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/value/arena.h"
#include "runtime/value/value.h"

namespace bulkhead::value {

// Most bytes the text of a number needs ("-9223372036854775808" is 20, "-1.23456789012345e-308" is 22).
inline constexpr size_t NumberTextBytesMax = 32;

// Text of a number as SQLite converts it (`%!.15g`): 10.0, 0.1, 1.0e+20, Inf. `out` has room for
// NumberTextBytesMax; returns the end.
char* WriteInteger(char* out, int64_t v);
char* WriteReal(char* out, double v);

// A number read from the start of text.
struct ParsedNumber {
  Value value;    // Integer or Real; Integer 0 when there is no number.
  bool whole;     // Nothing but spaces around it: the text *is* a number.
};
// The longest numeric prefix after leading ASCII space. An integer beyond 64 bits becomes a Real.
// Hexadecimal is not recognised ('0x10' is 0 and not whole). Linear; reads at most the number.
ParsedNumber ParseNumber(std::string_view text);
// The longest real prefix (0.0 when there is none).
double ParseReal(std::string_view text);
// The longest integer prefix, saturating at the 64-bit bounds (CAST('9e3' AS INTEGER) is 9).
int64_t ParseInteger(std::string_view text);

// CAST(v AS type). NULL stays NULL. Made text lives in the arena. A blob becomes text byte for byte, so text made
// from a blob need not be UTF-8. When the arena is full the result is NULL and Arena::Allocate says so next.
Value CastText(Value v, Arena& arena);
Value CastInteger(Value v);
Value CastReal(Value v);
Value CastNumeric(Value v);
Value CastBlob(Value v, Arena& arena);

// Affinity applied to one operand of a comparison, as SQLite does beside a CAST:
// text that is wholly a number becomes that number; everything else is unchanged.
Value ApplyNumeric(Value v);
// Numbers become text; everything else is unchanged.
Value ApplyText(Value v, Arena& arena);

// The number an arithmetic operator sees: numeric prefix of text and blobs; NULL stays NULL.
Value ToNumber(Value v);
// The bytes a text function sees: numbers as text, blobs as they are; empty for NULL.
std::string_view ToBytes(Value v, Arena& arena);
// Truncation towards zero, saturating at the 64-bit bounds.
int64_t RealToInteger(double v);
// The integer equal to `v`, if there is one within 64 bits.
std::optional<int64_t> ExactInteger(double v);

}  // namespace bulkhead::value
