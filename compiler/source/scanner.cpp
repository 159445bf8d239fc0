#include "compiler/source/scanner.h"

#include <algorithm>

namespace bulkhead::source {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  Scanner(std::string_view text, uint32_t at) : text_(text), at_(at) {}

  ScannedPiece Next() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    begin_ = at_;
    if (at_ >= text_.size()) return {PieceKind::End, begin_, begin_};
    char c = text_[at_];
    if (c == '\'') return Quoted(PieceKind::Text, at_, c, false);
    if (c == '"' || c == '`') return Quoted(PieceKind::QuotedName, at_, c, false);
    if (c == '-' && Peek(1) == '-') return Until("\n", PieceKind::LineComment, 2, 0);
    if (c == '/' && Peek(1) == '*') return Until("*/", PieceKind::BlockComment, 2, 2);
    if (c == '$') return Dollar();
    if (IsLetter(c) || IsDigit(c)) return Word();
    return Piece(PieceKind::Punctuation, at_ + 1);
  }

 private:
  char Peek(uint32_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  ScannedPiece Piece(PieceKind kind, size_t end, bool unterminated = false) const {
    return {kind, begin_, static_cast<uint32_t>(end), unterminated};
  }

  // A doubled quote stands for one; with `backslashes`, so does an escaped one.
  ScannedPiece Quoted(PieceKind kind, uint32_t open, char quote, bool backslashes) const {
    for (size_t i = open + 1; i < text_.size(); ++i) {
      if (backslashes && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (i + 1 >= text_.size() || text_[i + 1] != quote) return Piece(kind, i + 1);
        ++i;
      }
    }
    return Piece(kind, text_.size(), true);
  }

  ScannedPiece Until(std::string_view stop, PieceKind kind, size_t skip, size_t keep) const {
    size_t found = text_.find(stop, at_ + skip);
    bool missing = found == std::string_view::npos;
    return Piece(kind, missing ? text_.size() : found + keep, missing && kind == PieceKind::BlockComment);
  }

  ScannedPiece Word() const {
    size_t end = at_;
    while (end < text_.size() && (IsLetter(text_[end]) || IsDigit(text_[end]) || text_[end] == '$')) ++end;
    bool prefix = end == at_ + 1 && end < text_.size() && text_[end] == '\'';
    if (prefix && (text_[at_] == 'e' || text_[at_] == 'E'))
      return Quoted(PieceKind::Text, static_cast<uint32_t>(end), '\'', true);
    if (prefix && (text_[at_] == 'x' || text_[at_] == 'X'))
      return Quoted(PieceKind::Text, static_cast<uint32_t>(end), '\'', false);
    return Piece(PieceKind::Word, end);
  }

  // $$ or $tag$ opens a text that only the same mark closes; any other $ is punctuation.
  ScannedPiece Dollar() const {
    size_t close = at_ + 1;
    while (close < text_.size() && (IsLetter(text_[close]) || (close > at_ + 1 && IsDigit(text_[close])))) ++close;
    if (close >= text_.size() || text_[close] != '$') return Piece(PieceKind::Punctuation, at_ + 1);
    std::string_view mark = text_.substr(at_, close - at_ + 1);
    size_t found = text_.find(mark, close + 1);
    bool missing = found == std::string_view::npos;
    return Piece(PieceKind::DollarText, missing ? text_.size() : found + mark.size(), missing);
  }

  std::string_view text_;
  uint32_t at_;
  uint32_t begin_ = 0;
};

}  // namespace

ScannedPiece ScanPiece(std::string_view text, uint32_t at) { return Scanner(text, at).Next(); }

std::string Upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

}  // namespace bulkhead::source
