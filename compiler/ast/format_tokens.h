// The words of a statement as the formatter sees them, grouped by parentheses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/ast/ast.h"

namespace bulkhead::ast {

enum class WordKind : uint8_t { Keyword, Name, Literal, Operator, Open, Close, Comma, Semicolon, Dot, Comment };

struct FormatWord {
  WordKind kind = WordKind::Name;
  std::string text;           // keywords in capitals, everything else as written
  bool space_before = false;  // in the source
  bool own_line = false;      // comments: nothing before it on its line
  bool breaks = false;        // a line must end behind it: -- comments and comments of several lines
};

// A word, or a group: ( … ), [ … ] or CASE … END with everything inside it.
struct FormatNode {
  FormatWord word;  // of a group: what opens it
  bool group = false;
  std::vector<FormatNode> inside;
  FormatWord close;

  bool Is(std::string_view text) const { return !group && word.kind == WordKind::Keyword && word.text == text; }
  bool IsComment() const { return word.kind == WordKind::Comment; }
};
using FormatNodes = std::vector<FormatNode>;

// The words of text[begin, end). `keywords` are offsets into the text, sorted. `line_starts_with` tells comments of
// their own line apart. Parentheses must be balanced; nesting beyond limits::ExpressionDepthMax stays ungrouped.
FormatNodes ReadWords(std::string_view text, uint32_t begin, uint32_t end, const std::vector<uint32_t>& keywords);

// Whether a space stands between two neighbours.
bool SpaceBetween(const FormatWord& left, const FormatWord& before_left, const FormatWord& right);

}  // namespace bulkhead::ast
