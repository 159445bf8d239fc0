#include "compiler/ast/format_tokens.h"

#include <algorithm>
#include <array>

#include "compiler/source/scanner.h"
#include "runtime/base/limits.h"

namespace bulkhead::ast {

using source::PieceKind;
using source::ScannedPiece;

namespace {

// Longest first.
constexpr std::array Operators = {"!~~*", "~~*", "!~~", "!~*", "->>", "#>>", "-|-", "<->", "::", "||", "->", "=>", "==",
                                  "<>",   "!=",  "<=",  ">=",  "<<",  ">>",  "&&",  "~~",  "~*", "!~", "@>", "<@", "@@",
                                  "@?",   "?|",  "?&",  "#>",  "#-",  "^@",  "|/"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

class WordReader {
 public:
  WordReader(std::string_view text, uint32_t begin, uint32_t end, const std::vector<uint32_t>& keywords)
      : text_(text.substr(0, end)), at_(begin), keywords_(keywords) {}

  std::vector<FormatWord> Read() {
    std::vector<FormatWord> words;
    for (;;) {
      uint32_t from = at_;
      ScannedPiece piece = source::ScanPiece(text_, at_);
      if (piece.kind == PieceKind::End) return words;
      FormatWord word = Word(piece);
      word.space_before = piece.begin > from;
      words.push_back(std::move(word));
    }
  }

 private:
  FormatWord Word(const ScannedPiece& piece) {
    at_ = piece.end;
    std::string_view text = text_.substr(piece.begin, piece.end - piece.begin);
    switch (piece.kind) {
      case PieceKind::LineComment: case PieceKind::BlockComment: return Comment(piece, text);
      case PieceKind::Text: case PieceKind::DollarText: return {WordKind::Literal, std::string(text)};
      case PieceKind::QuotedName: return {WordKind::Name, std::string(text)};
      case PieceKind::Word: return PlainWord(piece, text);
      default: return Punctuation(piece.begin);
    }
  }

  FormatWord Comment(const ScannedPiece& piece, std::string_view text) const {
    while (text.ends_with('\r') || text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    FormatWord word{WordKind::Comment, std::string(text)};
    bool line = piece.kind == PieceKind::LineComment;
    word.breaks = line || text.find('\n') != std::string_view::npos;
    size_t start = piece.begin;
    while (start > 0 && (text_[start - 1] == ' ' || text_[start - 1] == '\t')) --start;
    // Where a block comment of one line happens to stand says nothing: wrapping may move it.
    word.own_line = word.breaks && (start == 0 || text_[start - 1] == '\n');
    return word;
  }

  FormatWord PlainWord(const ScannedPiece& piece, std::string_view text) {
    if (IsDigit(text[0])) return Number(piece.begin);
    if (std::binary_search(keywords_.begin(), keywords_.end(), piece.begin))
      return {WordKind::Keyword, source::Upper(text)};
    return {WordKind::Name, std::string(text)};
  }

  FormatWord Number(uint32_t begin) {
    size_t end = begin;
    auto digits = [&] { while (end < text_.size() && IsDigit(text_[end])) ++end; };
    digits();
    if (end < text_.size() && text_[end] == '.') {
      ++end;
      digits();
    }
    bool sign = end + 1 < text_.size() && (text_[end] == 'e' || text_[end] == 'E') &&
                (text_[end + 1] == '+' || text_[end + 1] == '-');
    if (sign) end += 2;
    while (end < text_.size() && IsWordCharacter(text_[end])) ++end;  // exponent, or 0x…
    at_ = static_cast<uint32_t>(end);
    return {WordKind::Literal, std::string(text_.substr(begin, end - begin))};
  }

  FormatWord Punctuation(uint32_t begin) {
    char c = text_[begin];
    char next = begin + 1 < text_.size() ? text_[begin + 1] : '\0';
    char previous = begin > 0 ? text_[begin - 1] : ' ';
    if (c == '.' && IsDigit(next) && !IsWordCharacter(previous) && previous != '"') return Number(begin);
    bool parameter = (c == ':' || c == '$') && IsWordCharacter(next);
    if (parameter) {
      size_t end = begin + 1;
      while (end < text_.size() && IsWordCharacter(text_[end])) ++end;
      at_ = static_cast<uint32_t>(end);
      return {WordKind::Literal, std::string(text_.substr(begin, end - begin))};
    }
    switch (c) {
      case '(': case '[': return {WordKind::Open, std::string(1, c)};
      case ')': case ']': return {WordKind::Close, std::string(1, c)};
      case ',': return {WordKind::Comma, ","};
      case ';': return {WordKind::Semicolon, ";"};
      case '.': return {WordKind::Dot, "."};
      default: break;
    }
    for (std::string_view op : Operators)
      if (text_.substr(begin, op.size()) == op) {
        at_ = begin + static_cast<uint32_t>(op.size());
        return {WordKind::Operator, op == "==" ? "=" : std::string(op)};
      }
    return {WordKind::Operator, std::string(1, c)};
  }

  std::string_view text_;
  uint32_t at_;
  const std::vector<uint32_t>& keywords_;
};

bool OpensGroup(const FormatWord& word) {
  return word.kind == WordKind::Open || (word.kind == WordKind::Keyword && word.text == "CASE");
}

bool Closes(const FormatWord& word, const FormatWord& open) {
  if (open.kind == WordKind::Keyword) return word.kind == WordKind::Keyword && word.text == "END";
  return word.kind == WordKind::Close;
}

// Groups nest no deeper than the parser allows, so that the layout may recurse.
FormatNodes Group(std::vector<FormatWord>& words, size_t& at, const FormatWord* open, FormatWord* close, size_t depth) {
  FormatNodes nodes;
  while (at < words.size()) {
    FormatWord word = std::move(words[at++]);
    if (open != nullptr && Closes(word, *open)) {
      *close = std::move(word);
      return nodes;
    }
    FormatNode node;
    node.word = std::move(word);
    if (OpensGroup(node.word) && depth < limits::ExpressionDepthMax) {
      node.group = true;
      node.inside = Group(words, at, &node.word, &node.close, depth + 1);
    }
    nodes.push_back(std::move(node));
  }
  return nodes;
}

// A sign with an operand only to its right.
bool IsPrefix(const FormatWord& sign, const FormatWord& before) {
  if (sign.kind != WordKind::Operator || (sign.text != "-" && sign.text != "+" && sign.text != "~")) return false;
  return before.kind == WordKind::Operator || before.kind == WordKind::Open || before.kind == WordKind::Comma ||
         before.kind == WordKind::Semicolon ||
         (before.kind == WordKind::Keyword && before.text != "END" && before.text != "NULL" && before.text != "TRUE" &&
          before.text != "FALSE" && !before.text.starts_with("CURRENT_"));
}

}  // namespace

FormatNodes ReadWords(std::string_view text, uint32_t begin, uint32_t end, const std::vector<uint32_t>& keywords) {
  std::vector<FormatWord> words = WordReader(text, begin, end, keywords).Read();
  size_t at = 0;
  return Group(words, at, nullptr, nullptr, 0);
}

bool SpaceBetween(const FormatWord& left, const FormatWord& before_left, const FormatWord& right) {
  if (left.text.empty()) return false;
  if (right.kind == WordKind::Comma || right.kind == WordKind::Semicolon || right.kind == WordKind::Close) return false;
  if (left.kind == WordKind::Comment || right.kind == WordKind::Comment) return true;
  if (left.kind == WordKind::Open || left.kind == WordKind::Dot || right.kind == WordKind::Dot) return false;
  if (left.text == "::" || right.text == "::") return false;
  if (right.text == "[" && (left.kind != WordKind::Keyword || left.text == "ARRAY")) return false;
  // count (x) is a call as well as count(x): what the author wrote is kept.
  bool name_call = right.text == "(" && left.kind == WordKind::Name;
  if (name_call) return right.space_before;
  if (right.text == "(" && left.kind == WordKind::Keyword) return left.text != "CAST";
  // Two minus signs side by side would be a comment, other signs another operator.
  if (IsPrefix(left, before_left)) return right.kind == WordKind::Operator;
  return true;
}

}  // namespace bulkhead::ast
