// The topic files' tables. Internal to stdlib/functions; function.h is the way in.
#pragma once

#include "runtime/value/convert.h"
#include "stdlib/functions/function.h"

namespace bulkhead::functions {

using Args = std::span<const Value>;
using value::Type;

std::span<const Function> NullFunctions();     // nulls.cpp
std::span<const Function> NumberFunctions();   // numbers.cpp
std::span<const Function> TextFunctions();     // text.cpp
std::span<const Function> PatternFunctions();  // patterns.cpp
std::span<const Function> ByteFunctions();     // bytes.cpp
std::span<const Function> JsonFunctions();     // json.cpp
std::span<const Function> JsonEditFunctions();      // json_edit.cpp
std::span<const Function> MathFunctions();          // math.cpp
std::span<const Function> FormatFunctions();        // format.cpp
std::span<const Function> DateFunctions();          // dates.cpp
std::span<const Function> PostgresTextFunctions();  // postgres_text.cpp
std::span<const Function> PostgresDateFunctions();  // postgres_dates.cpp
std::span<const Function> PostgresJsonFunctions();  // postgres_json.cpp
std::span<const Function> ToCharFunctions();        // to_char.cpp
std::span<const Function> RefusedFunctions();       // refused.cpp
std::span<const Function> GeoFunctions();           // geo.cpp

// What text functions see of an argument: numbers as text, blobs as they are.
inline std::string_view Bytes(Context& context, Value v) { return value::ToBytes(v, context.arena()); }
// SQLite's text ends at an embedded NUL for functions that count or match characters.
inline std::string_view UpToNul(std::string_view text) { return text.substr(0, text.find('\0')); }

// Size of the character at the start of a non-empty text: a lead byte takes the continuation bytes after it.
inline size_t CharacterBytes(std::string_view text) {
  size_t size = 1;
  if (static_cast<uint8_t>(text[0]) >= 0xc0) {
    while (size < text.size() && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) ++size;
  }
  return size;
}
// The value as JSON text, marked as such; NULL after failing for a blob.
Value ToJson(Context& context, Value v);
// Characters of a text, and the byte where the one at an index starts (or the text ends).
size_t CountCharacters(std::string_view text);
size_t ByteOffset(std::string_view text, uint64_t characters);

// Where `wanted` starts in `text` at or after `from`; npos when nowhere. Linear, unlike string_view::find.
size_t FindBytes(std::string_view text, std::string_view wanted, size_t from = 0);

// The code point at the start of a non-empty text; U+FFFD for what is none. Takes it off.
uint32_t TakeCodePoint(std::string_view& text);

}  // namespace bulkhead::functions
