#include "compiler/syntax/splitter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "compiler/source/scanner.h"

namespace bulkhead::syntax {

using source::PieceKind;
using source::ScannedPiece;
using source::ScanPiece;
using source::Upper;

namespace {

// Words that may stand between CREATE and what is created.
constexpr std::array CreateModifiers = {"OR",      "REPLACE", "TEMP",         "TEMPORARY", "UNLOGGED",
                                        "UNIQUE",  "FOREIGN", "VIRTUAL",      "GLOBAL",    "LOCAL",
                                        "CONSTRAINT", "RECURSIVE", "MATERIALIZED", "EVENT"};
constexpr size_t FirstWordsMax = 8;

constexpr std::pair<std::string_view, StatementKind> CreatedKinds[] = {
    {"PRINCIPAL", StatementKind::Principal}, {"TENANT", StatementKind::Tenant},
    {"POLICY", StatementKind::Policy},       {"VIEW", StatementKind::View},
    {"FUNCTION", StatementKind::Function},   {"STREAM", StatementKind::Stream},
    {"TEST", StatementKind::Test},           {"TABLE", StatementKind::Table},
    {"TYPE", StatementKind::Type},           {"DOMAIN", StatementKind::Domain},
    {"INDEX", StatementKind::Index},         {"SCHEMA", StatementKind::SchemaFrom},
};
constexpr std::pair<std::string_view, StatementKind> FirstKinds[] = {
    {"ISOLATE", StatementKind::Isolate}, {"SHARE", StatementKind::Share}, {"CONFIDENTIAL", StatementKind::Confidential},
    {"USE", StatementKind::Use},         {"ASSUME", StatementKind::Assume},
};

template <typename Rows>
StatementKind Find(const Rows& rows, std::string_view word) {
  for (const auto& [name, kind] : rows)
    if (name == word) return kind;
  return StatementKind::Unknown;
}

bool IsCreateModifier(std::string_view word) {
  return std::find(CreateModifiers.begin(), CreateModifiers.end(), word) != CreateModifiers.end();
}

// The word after CREATE and its modifiers, or "".
std::string_view CreatedObject(const std::vector<std::string>& words) {
  if (words.empty() || words[0] != "CREATE") return "";
  for (size_t i = 1; i < words.size(); ++i)
    if (!IsCreateModifier(words[i])) return words[i];
  return "";
}

StatementKind Classify(const std::vector<std::string>& words) {
  if (words.empty()) return StatementKind::Unknown;
  auto is = [&](size_t i, std::string_view word) { return words.size() > i && words[i] == word; };
  if (words[0] == "CREATE") return Find(CreatedKinds, CreatedObject(words));
  if (is(0, "PLAN") && is(1, "HINT")) return StatementKind::PlanHint;
  if (is(0, "ALTER") && is(1, "TABLE")) return StatementKind::AlterTable;
  if (is(0, "ALTER") && is(1, "TYPE")) return StatementKind::AlterType;
  return Find(FirstKinds, words[0]);
}

class Splitter {
 public:
  Splitter(std::string_view text, Mode mode) : text_(text), mode_(mode) {}

  SplitText Run() {
    while (Statement()) {
    }
    out_.trailing_comments = std::move(comments_);
    return std::move(out_);
  }

 private:
  // What is known about the statement that is being read.
  struct State {
    RawStatement raw;
    std::vector<std::string> words;  // the first ones, upper case
    std::string previous;            // the piece before, upper case when a word
    uint32_t last_end = 0;
    uint32_t block_begin = 0;        // of the BEGIN that is open
    uint32_t block_depth = 0;        // BEGIN and CASE minus END
    uint32_t parens = 0;
    uint32_t as_count = 0;           // outside parentheses
    std::optional<ScannedPiece> long_quote;  // the first quoted thing that spans lines: where a lost quote likely is
  };

  // Reads one statement; false at the end of the text.
  bool Statement() {
    State state;
    for (;;) {
      ScannedPiece piece = ScanPiece(text_, at_);
      if (mode_ == Mode::Dump && state.words.empty() && AtCommand(piece)) continue;
      if (piece.kind == PieceKind::End) return Finish(state, false);
      if (piece.unterminated) return Unterminated(state, piece);
      at_ = piece.end;
      if (AddComment(piece)) continue;
      if (Is(piece, ";") && EndsStatement(state)) {
        if (state.last_end == 0) continue;  // an empty statement
        return Finish(state, true);
      }
      if (StartsNext(state, piece)) {
        at_ = piece.begin;
        return Finish(state, false);
      }
      Read(state, piece);
    }
  }

  bool Is(const ScannedPiece& piece, std::string_view text) const {
    return piece.kind == PieceKind::Punctuation && text_.substr(piece.begin, piece.end - piece.begin) == text;
  }
  std::string WordOf(const ScannedPiece& piece) const {
    return Upper(text_.substr(piece.begin, piece.end - piece.begin));
  }
  bool StartsLine(uint32_t offset) const {
    while (offset > 0 && (text_[offset - 1] == ' ' || text_[offset - 1] == '\t')) --offset;
    return offset == 0 || text_[offset - 1] == '\n';
  }
  size_t NextLine(size_t offset) const {
    size_t line = text_.find('\n', offset);
    return line == std::string_view::npos ? text_.size() : line + 1;
  }

  // psql's \commands and sqlite3's .commands, which take the rest of their line.
  bool AtCommand(const ScannedPiece& piece) {
    if (!Is(piece, "\\") && !Is(piece, ".")) return false;
    at_ = static_cast<uint32_t>(NextLine(piece.begin));
    return true;
  }

  bool AddComment(const ScannedPiece& piece) {
    bool block = piece.kind == PieceKind::BlockComment;
    if (!block && piece.kind != PieceKind::LineComment) return false;
    uint32_t end = piece.end;
    while (end > piece.begin && text_[end - 1] == '\r') --end;
    comments_.push_back({{{}, piece.begin, end}, block, StartsLine(piece.begin)});
    return true;
  }

  bool EndsStatement(State& state) {
    if (state.block_depth > 0) {
      state.parens = 0;
      return false;
    }
    // A rule of PostgreSQL may hold several commands in parentheses.
    return !(mode_ == Mode::Dump && state.parens > 0 && CreatedObject(state.words) == "RULE");
  }

  // CREATE at the start of a line cannot be part of what stands before it: an END or a semicolon is missing.
  bool StartsNext(State& state, const ScannedPiece& piece) {
    if (mode_ != Mode::Rules || state.last_end == 0 || piece.kind != PieceKind::Word) return false;
    if (WordOf(piece) != "CREATE" || !StartsLine(piece.begin)) return false;
    if (state.block_depth > 0) {
      out_.problems.push_back({SplitError::MissingEnd, state.block_begin, state.block_begin + 5});
    } else {
      out_.problems.push_back({SplitError::MissingSemicolon, state.last_end, state.last_end});
    }
    state.raw.broken = state.block_depth > 0;
    state.block_depth = 0;
    return true;
  }

  void Read(State& state, const ScannedPiece& piece) {
    if (state.last_end == 0) state.raw.begin = piece.begin;
    state.last_end = piece.end;
    if (piece.kind == PieceKind::Word) {
      ReadWord(state, WordOf(piece), piece.begin);
      return;
    }
    if (piece.kind == PieceKind::DollarText) state.raw.raw_function = true;
    if (piece.kind == PieceKind::Text && state.previous == "AS") state.raw.raw_function = true;
    NoteLongQuote(state, piece);
    if (Is(piece, "(")) ++state.parens;
    if (Is(piece, ")") && state.parens > 0) --state.parens;
    state.previous.assign(Is(piece, ".") ? 1 : 0, '.');
  }

  void NoteLongQuote(State& state, const ScannedPiece& piece) {
    bool quote = piece.kind == PieceKind::Text || piece.kind == PieceKind::QuotedName;
    if (!quote || state.long_quote) return;
    if (text_.substr(piece.begin, piece.end - piece.begin).find('\n') != std::string_view::npos) state.long_quote = piece;
  }

  void ReadWord(State& state, std::string word, uint32_t begin) {
    if (state.words.size() < FirstWordsMax && state.previous != ".") state.words.push_back(word);
    bool label = state.previous == "." || (state.previous == "AS" && state.block_depth > 0);
    if (!label) ReadBlockWord(state, word, begin);
    if (word == "LANGUAGE" && state.parens == 0) state.raw.raw_function = true;
    state.previous = std::move(word);
  }

  void ReadBlockWord(State& state, std::string_view word, uint32_t begin) {
    if (state.block_depth > 0) {
      if (word == "CASE") ++state.block_depth;
      if (word == "END" && (state.block_depth > 1 || EndsBlock(begin))) --state.block_depth;
    } else if (OpensBlock(state, word, begin)) {
      state.block_depth = 1;
      state.block_begin = begin;
    }
    if (word == "AS" && state.parens == 0) ++state.as_count;
  }

  // Whether this END is the last word of its block, rather than a column named so.
  bool EndsBlock(uint32_t begin) const {
    ScannedPiece next = ScanPiece(text_, begin + 3);
    while (next.kind == PieceKind::LineComment || next.kind == PieceKind::BlockComment) next = ScanPiece(text_, next.end);
    return next.kind == PieceKind::End || Is(next, ";");
  }

  bool OpensBlock(const State& state, std::string_view word, uint32_t begin) const {
    if (word != "BEGIN" || state.parens > 0) return false;
    std::string_view object = CreatedObject(state.words);
    // Only after the AS of the statement itself: a later AS names a column `begin`.
    if (object == "STREAM" || object == "TEST") return state.previous == "AS" && state.as_count == 1;
    if (object == "TRIGGER") return true;
    if (object != "FUNCTION" && object != "PROCEDURE") return false;
    ScannedPiece next = ScanPiece(text_, begin + 5);
    return next.kind == PieceKind::Word && WordOf(next) == "ATOMIC";
  }
  bool Finish(State& state, bool semicolon) {
    bool any = state.last_end > 0;
    if (!any) return false;
    if (state.block_depth > 0) {
      out_.problems.push_back({SplitError::MissingEnd, state.block_begin, state.block_begin + 5});
      state.raw.broken = true;
    }
    Emit(state);
    if (semicolon && mode_ == Mode::Dump) SkipCopyData(state);
    return true;
  }

  void Emit(State& state) {
    state.raw.end = state.last_end;
    state.raw.kind = Classify(state.words);
    bool later_end = false;
    for (ast::Comment& comment : comments_) later_end |= comment.span.begin >= state.raw.end;
    if (!later_end) {
      state.raw.comments = std::exchange(comments_, {});
    } else {
      auto split = std::find_if(comments_.begin(), comments_.end(),
                                [&](const ast::Comment& c) { return c.span.begin >= state.raw.end; });
      state.raw.comments.assign(comments_.begin(), split);
      comments_.erase(comments_.begin(), split);
    }
    out_.statements.push_back(std::move(state.raw));
  }

  // The rows after COPY … FROM stdin; run to a line that holds \. alone.
  void SkipCopyData(const State& state) {
    if (state.words.empty() || state.words[0] != "COPY" || state.previous != "STDIN") return;
    size_t line = NextLine(at_);
    while (line < text_.size()) {
      std::string_view rest = text_.substr(line);
      line = NextLine(line);
      if (rest.starts_with("\\.\n") || rest.starts_with("\\.\r") || rest == "\\.") break;
    }
    at_ = static_cast<uint32_t>(line);
  }

  // Everything up to the end of the text is inside the quote. The quote that was forgotten is usually an earlier one,
  // which then took what follows it for text: the first that spans lines. Reading goes on at the next line that
  // begins with CREATE.
  bool Unterminated(State& state, const ScannedPiece& piece) {
    ScannedPiece at_fault = piece;
    bool quote = piece.kind == PieceKind::Text || piece.kind == PieceKind::QuotedName;
    if (quote && state.long_quote && state.long_quote->kind == piece.kind) at_fault = *state.long_quote;
    out_.problems.push_back({ErrorOf(piece.kind), at_fault.begin, static_cast<uint32_t>(EndOfLine(at_fault.begin))});
    if (state.last_end == 0) state.raw.begin = at_fault.begin;
    if (piece.kind != PieceKind::BlockComment) {
      state.last_end = static_cast<uint32_t>(EndOfLine(at_fault.begin));
      if (state.last_end < piece.begin || at_fault.begin != piece.begin) DropCommentsAfter(at_fault.begin);
      state.raw.broken = true;
    }
    state.block_depth = 0;
    at_ = quote ? ResumeAfter(at_fault.begin) : static_cast<uint32_t>(text_.size());
    return Finish(state, false);
  }

  static SplitError ErrorOf(PieceKind kind) {
    if (kind == PieceKind::Text) return SplitError::UnterminatedText;
    if (kind == PieceKind::QuotedName) return SplitError::UnterminatedName;
    return kind == PieceKind::BlockComment ? SplitError::UnterminatedComment : SplitError::UnterminatedDollar;
  }
  size_t EndOfLine(size_t offset) const {
    size_t end = std::min(text_.find('\n', offset), text_.size());
    while (end > offset + 1 && text_[end - 1] == '\r') --end;
    return end;
  }
  void DropCommentsAfter(uint32_t offset) {
    std::erase_if(comments_, [&](const ast::Comment& comment) { return comment.span.begin > offset; });
  }
  uint32_t ResumeAfter(size_t offset) const {
    for (size_t line = NextLine(offset); line < text_.size(); line = NextLine(line))
      if (Upper(text_.substr(line, 7)) == "CREATE ") return static_cast<uint32_t>(line);
    return static_cast<uint32_t>(text_.size());
  }

  std::string_view text_;
  Mode mode_;
  uint32_t at_ = 0;
  std::vector<ast::Comment> comments_;
  SplitText out_;
};

}  // namespace

SplitText Split(std::string_view text, Mode mode) { return Splitter(text, mode).Run(); }

const std::vector<std::string_view>& StatementWords() {
  static const std::vector<std::string_view> words = {"CREATE", "ISOLATE", "SHARE", "CONFIDENTIAL",
                                                      "USE",    "ASSUME",  "PLAN",  "ALTER"};
  return words;
}

}  // namespace bulkhead::syntax
