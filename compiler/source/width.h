// How wide text is on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bulkhead::source {

// Columns of a tab, wherever it stands.
inline constexpr size_t TabColumns = 4;

// Columns that one code point takes: 0 for combining marks and invisible characters, 2 for East Asian wide characters
// and emoji, else 1.
size_t CharacterColumns(char32_t code_point);

// Columns of valid UTF-8 text as Visible() shows it.
size_t TextColumns(std::string_view text);

// Text as it is shown: tabs become spaces, control characters U+FFFD.
std::string Visible(std::string_view text);

}  // namespace bulkhead::source
