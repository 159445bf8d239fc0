// The text of arrays, composites and ranges: quoted as the server does, and taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/value/arena.h"

namespace bulkhead::postgres {

// Appends an element of an array, a field of a composite, a bound of a range: in quotes if it needs them.
void AppendElement(std::string& out, std::string_view text, char delimiter);
void AppendField(std::string& out, std::string_view text);
void AppendBound(std::string& out, std::string_view text);

// A piece of such a text without its quotes and escapes.
struct Token {
  std::string_view text;  // In the input or the arena.
  bool quoted = false;
  bool is_null(std::string_view word) const;  // `word` without quotes, in any case.
};
// Takes the piece up to one of `ends` (which stays) off the text. Nothing when the text ends first or the
// arena is full.
std::optional<Token> TakeToken(std::string_view& rest, std::string_view ends, value::Arena& arena);

}  // namespace bulkhead::postgres
