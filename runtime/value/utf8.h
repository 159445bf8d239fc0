// UTF-8, checked and repaired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bulkhead::value {

// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);
// Size (1-4) of the well-formed sequence at the start of a non-empty text, or 0.
size_t Utf8SequenceBytes(std::string_view text);
// Writes the code point (at most 4 bytes, also surrogates); returns the end.
char* WriteUtf8(char* out, uint32_t code_point);

}  // namespace bulkhead::value
