// Steps over raw SQL text piece by piece: words, quoted things, comments, punctuation. Knows just enough to find where
// statements end in any dump; the grammar does the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bulkhead::source {

enum class PieceKind : uint8_t {
  End,
  Word,           // letters, digits, _ and bytes above 0x7F
  Text,           // '…', E'…', X'…'
  QuotedName,     // "…" or `…`
  DollarText,     // $$…$$ or $tag$…$tag$
  LineComment,    // without its line end
  BlockComment,
  Punctuation,    // one byte
};

struct ScannedPiece {
  PieceKind kind = PieceKind::End;
  uint32_t begin = 0;
  uint32_t end = 0;
  bool unterminated = false;  // runs to the end of the text
};

// The piece that begins at or after `at`, white space skipped. Linear in the length of the piece.
ScannedPiece ScanPiece(std::string_view text, uint32_t at);

// ASCII upper case, as keywords are compared.
std::string Upper(std::string_view text);
std::string Lower(std::string_view text);

}  // namespace bulkhead::source
