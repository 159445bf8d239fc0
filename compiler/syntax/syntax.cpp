#include "compiler/syntax/syntax.h"

#include <algorithm>
#include <set>

#include "compiler/source/scanner.h"
#include "compiler/syntax/builder.h"
#include "compiler/syntax/explain.h"
#include "compiler/syntax/grammar_parser.h"
#include "compiler/syntax/place.h"
#include "compiler/syntax/raw_function.h"
#include "compiler/syntax/rescue.h"
#include "compiler/syntax/splitter.h"
#include "runtime/base/limits.h"

namespace bulkhead::syntax {

using source::Lower;
using source::PieceKind;
using source::ScannedPiece;
using source::ScanPiece;
using source::Upper;

using source::DiagKind;
using source::Diagnostics;
using source::Span;

namespace {

void ReportProblem(const SplitProblem& problem, const Place& place, Diagnostics& diagnostics) {
  Span span = place.Map(problem.begin, problem.end);
  switch (problem.error) {
    case SplitError::UnterminatedText:
      diagnostics.Report<DiagKind::UnterminatedText>(span)
          .Help("close it with a single quote; a quote inside text is written twice");
      return;
    case SplitError::UnterminatedName: diagnostics.Report<DiagKind::UnterminatedName>(span); return;
    case SplitError::UnterminatedComment:
      diagnostics.Report<DiagKind::UnterminatedComment>(span).Help("close it with */");
      return;
    case SplitError::UnterminatedDollar: diagnostics.Report<DiagKind::UnterminatedDollarText>(span); return;
    case SplitError::MissingEnd:
      diagnostics.Report<DiagKind::MissingEnd>(span).Help("write END; after the last item of the block");
      return;
    case SplitError::MissingSemicolon:
      diagnostics.Report<DiagKind::MissingSemicolon>(span).Help("write ; here");
      return;
  }
}

// The words of a statement, comments and quotes left out; at most `max`.
std::vector<std::string> WordsOf(std::string_view text, size_t max) {
  std::vector<std::string> words;
  for (uint32_t at = 0; words.size() < max;) {
    ScannedPiece piece = ScanPiece(text, at);
    if (piece.kind == PieceKind::End) break;
    at = piece.end;
    if (piece.kind == PieceKind::Word) words.push_back(Upper(text.substr(piece.begin, piece.end - piece.begin)));
  }
  return words;
}

bool HasPair(const std::vector<std::string>& words, std::string_view first, std::string_view second) {
  for (size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == first && words[i + 1] == second) return true;
  return false;
}

// One file or piece that is being read.
class Reader {
 public:
  Reader(ast::Tree& tree, const Piece& piece, Diagnostics& diagnostics, Mode mode)
      : tree_(tree), place_(piece), diagnostics_(diagnostics), mode_(mode) {}

  ast::File File() {
    ast::File file;
    file.source = place_.piece().file;
    SplitText split = Split(place_.text(), mode_);
    for (const SplitProblem& problem : split.problems) ReportProblem(problem, place_, diagnostics_);
    for (RawStatement& raw : split.statements) {
      ast::Statement statement;
      statement.span = place_.Map(raw.begin, raw.end);
      statement.comments = Mapped(std::move(raw.comments));
      if (Read(raw, statement)) {
        file.statements.push_back(std::move(statement));
      } else {
        ++file.skipped_count;
      }
    }
    file.trailing_comments = Mapped(std::move(split.trailing_comments));
    return file;
  }

  ast::QueryId Query() {
    auto* entry = Whole(&BulkheadParser::queryEntry, "the query");
    return entry ? MakeBuilder().Query(entry->query()) : ast::QueryId{};
  }
  ast::ExprId Expr() {
    auto* entry = Whole(&BulkheadParser::exprEntry, "the expression");
    return entry ? MakeBuilder().Expr(entry->expr()) : ast::ExprId{};
  }

 private:
  Builder MakeBuilder() { return Builder(tree_, parser_, place_, diagnostics_); }
  std::string_view TextOf(const RawStatement& raw) const { return place_.text().substr(raw.begin, raw.end - raw.begin); }

  std::vector<ast::Comment> Mapped(std::vector<ast::Comment> comments) const {
    for (ast::Comment& comment : comments) comment.span = place_.Map(comment.span.begin, comment.span.end);
    return comments;
  }

  // False when the statement is of no interest and was skipped.
  bool Read(const RawStatement& raw, ast::Statement& statement) {
    if (mode_ == Mode::Dump && !OfInterest(raw)) return false;
    if (raw.broken) return Break(raw, statement);
    if (raw.kind == StatementKind::Unknown) {
      ReportUnknown(raw);
      return Break(raw, statement);
    }
    if (raw.kind == StatementKind::Function && (raw.raw_function || mode_ == Mode::Dump)) {
      statement.kind = ReadRawFunction(place_, raw.begin, raw.end);
      return true;
    }
    return Parse(raw, statement);
  }

  bool OfInterest(const RawStatement& raw) const {
    switch (raw.kind) {
      case StatementKind::Table: case StatementKind::Domain: case StatementKind::Index: case StatementKind::Policy:
      case StatementKind::Function: case StatementKind::AlterTable:
        return true;
      case StatementKind::Type: return HasPair(WordsOf(TextOf(raw), 12), "AS", "ENUM");
      case StatementKind::AlterType: return HasPair(WordsOf(TextOf(raw), 12), "ADD", "VALUE");
      default: return false;
    }
  }

  void ReportUnknown(const RawStatement& raw) {
    ScannedPiece first = ScanPiece(place_.text(), raw.begin);
    std::string_view word = place_.text().substr(first.begin, first.end - first.begin);
    auto words = WordsOf(TextOf(raw), 4);
    bool create = !words.empty() && words[0] == "CREATE";
    if (create && words.size() > 1) return ReportUnknownObject(raw, words[1]);
    auto& diagnostic = diagnostics_.Report<DiagKind::UnknownStatement>(place_.Map(first.begin, first.end),
                                                                       fmt::format("`{}`", word.substr(0, 40)));
    if (Weary()) return;
    std::string_view near = source::Nearest(word, StatementWords());
    if (!near.empty() && near != Upper(word)) {
      diagnostic.Help(fmt::format("did you mean `{}`?", near));
    } else if (source::Nearest(word, CreatedWords()) == Upper(word)) {
      diagnostic.Help(fmt::format("write CREATE {}", Upper(word)));
    } else {
      diagnostic.Help("statements of the database belong in a schema file, which CREATE SCHEMA FROM 'file' reads");
    }
  }

  void ReportUnknownObject(const RawStatement& raw, std::string_view object) {
    ScannedPiece create = ScanPiece(place_.text(), raw.begin);
    ScannedPiece second = ScanPiece(place_.text(), create.end);
    auto& diagnostic = diagnostics_.Report<DiagKind::UnknownStatement>(place_.Map(create.begin, second.end),
                                                                       fmt::format("`CREATE {}`", object));
    if (Weary()) return;
    std::string_view near = source::Nearest(object, CreatedWords());
    if (near.empty()) {
      diagnostic.Help("statements of the database belong in a schema file, which CREATE SCHEMA FROM 'file' reads");
    } else {
      diagnostic.Help(fmt::format("did you mean `CREATE {}`?", near));
    }
  }

  static const std::vector<std::string_view>& CreatedWords() {
    static const std::vector<std::string_view> words = {"SCHEMA",   "PRINCIPAL", "TENANT", "POLICY", "VIEW",   "FUNCTION",
                                                        "STREAM",   "TEST",      "TABLE",  "TYPE",   "DOMAIN", "INDEX"};
    return words;
  }

  // Whether more errors were found than anybody will be shown: then explaining them is wasted time.
  bool Weary() const { return diagnostics_.error_count() > limits::ErrorsReportedMax; }

  bool Parse(const RawStatement& raw, ast::Statement& statement) {
    parser_.SetText(TextOf(raw), raw.begin, mode_ == Mode::Dump);
    parser_.set_explain(!Weary());
    if (!Nested()) return Break(raw, statement);
    if (mode_ == Mode::Rules && ExplainCharacters(parser_, place_, diagnostics_)) return Break(raw, statement);
    auto* entry = parser_.Parse(&BulkheadParser::statementEntry);
    while (entry == nullptr && mode_ == Mode::Dump && RescueExpression(parser_))
      entry = parser_.Parse(&BulkheadParser::statementEntry);
    if (entry == nullptr) {
      if (mode_ == Mode::Dump && raw.kind == StatementKind::Index) return false;
      if (mode_ == Mode::Rules || !ExplainCharacters(parser_, place_, diagnostics_))
        ExplainFailure(parser_, MakeBuilder(), diagnostics_, "the statement");
      return Break(raw, statement);
    }
    Builder builder = MakeBuilder();
    statement.kind = builder.Statement(entry->statement());
    statement.keywords = builder.Keywords();
    return true;
  }

  bool Nested() {
    const antlr4::Token* deep = parser_.TooDeep();
    if (deep == nullptr) return true;
    diagnostics_.Report<DiagKind::NestingTooDeep>(place_.Map(parser_.Begin(deep), parser_.End(deep)),
                                                  limits::ExpressionDepthMax);
    return false;
  }

  bool Break(const RawStatement& raw, ast::Statement& statement) {
    ast::Broken broken;
    switch (raw.kind) {
      case StatementKind::Table: broken.kind = ast::BrokenKind::Table; break;
      case StatementKind::View: broken.kind = ast::BrokenKind::View; break;
      case StatementKind::Function: broken.kind = ast::BrokenKind::Function; break;
      case StatementKind::Stream: broken.kind = ast::BrokenKind::Stream; break;
      default: break;
    }
    if (broken.kind != ast::BrokenKind::Other) broken.name = DeclaredName(raw);
    statement.kind = std::move(broken);
    return true;
  }

  // The name after CREATE … TABLE|VIEW|FUNCTION|STREAM [IF NOT EXISTS].
  ast::QualifiedName DeclaredName(const RawStatement& raw) const {
    static const std::set<std::string> objects = {"TABLE", "VIEW", "FUNCTION", "STREAM"};
    static const std::set<std::string> between = {"IF", "NOT", "EXISTS"};
    std::string_view text = place_.text().substr(0, raw.end);
    ast::QualifiedName name;
    bool found = false, dot = false;
    for (uint32_t at = raw.begin;;) {
      ScannedPiece piece = ScanPiece(text, at);
      at = piece.end;
      std::string_view part = text.substr(piece.begin, piece.end - piece.begin);
      bool word = piece.kind == PieceKind::Word;
      if (!found && word) {
        found = objects.contains(Upper(part));
      } else if (found && !name.HasValue() && word && between.contains(Upper(part))) {
        continue;
      } else if (found && (word || piece.kind == PieceKind::QuotedName) && (!name.HasValue() || dot)) {
        bool quoted = !word && part.size() > 2;
        name.schema = name.name;
        name.name = {quoted ? std::string(part.substr(1, part.size() - 2)) : Lower(part),
                     place_.Map(piece.begin, piece.end), quoted};
        name.span = name.name.span;
        dot = false;
      } else if (part == ".") {
        dot = true;
      } else if (piece.kind == PieceKind::End || found) {
        return name;
      }
    }
  }

  template <typename Entry>
  Entry* Whole(Entry* (BulkheadParser::*rule)(), std::string_view what) {
    if (!Terminated()) return nullptr;
    parser_.SetText(place_.text(), 0, false);
    if (!Nested() || ExplainCharacters(parser_, place_, diagnostics_)) return nullptr;
    Entry* entry = parser_.Parse(rule);
    if (entry == nullptr) ExplainFailure(parser_, MakeBuilder(), diagnostics_, what);
    return entry;
  }

  // Whether every quote and comment of the piece is closed; the lexer relies on it.
  bool Terminated() {
    for (uint32_t at = 0;;) {
      ScannedPiece piece = ScanPiece(place_.text(), at);
      if (piece.kind == PieceKind::End) return true;
      at = piece.end;
      if (!piece.unterminated) continue;
      SplitError error = piece.kind == PieceKind::Text         ? SplitError::UnterminatedText
                         : piece.kind == PieceKind::QuotedName ? SplitError::UnterminatedName
                         : piece.kind == PieceKind::DollarText ? SplitError::UnterminatedDollar
                                                               : SplitError::UnterminatedComment;
      ReportProblem({error, piece.begin, piece.end}, place_, diagnostics_);
      return false;
    }
  }

  ast::Tree& tree_;
  Place place_;
  Diagnostics& diagnostics_;
  Mode mode_;
  GrammarParser parser_;
};

// Bytes that are no text. In a dump they matter only inside a statement that is kept: rows of COPY may be anything.
void ReportBadBytes(const source::File& text, const ast::File& file, Diagnostics& diagnostics, Mode mode) {
  auto matters = [&](uint32_t at) {
    if (mode == Mode::Rules) return true;
    auto next = std::upper_bound(file.statements.begin(), file.statements.end(), at,
                                 [](uint32_t offset, const ast::Statement& s) { return offset < s.span.begin; });
    return next != file.statements.begin() && at < std::prev(next)->span.end;
  };
  std::vector<uint32_t> bad;
  for (uint32_t at : text.replaced_bytes)
    if (matters(at)) bad.push_back(at);
  if (!bad.empty()) {
    auto& diagnostic = diagnostics.Report<DiagKind::InvalidUtf8>({file.source, bad[0], bad[0] + 3});
    if (bad.size() > 1) diagnostic.Note(fmt::format("{} more such bytes follow in this file", bad.size() - 1));
    diagnostic.Help("save the file as UTF-8");
  }
  size_t nul = text.text.find('\0');
  auto is_told = [&](const source::Diagnostic& d) { return d.primary.span.file == file.source && d.primary.span.begin == nul; };
  if (nul != std::string::npos && mode == Mode::Rules && std::ranges::none_of(diagnostics.all(), is_told))
    diagnostics.Report<DiagKind::UnknownCharacter>({file.source, static_cast<uint32_t>(nul), static_cast<uint32_t>(nul + 1)},
                                                   "a NUL byte");
}

}  // namespace

ast::File ParseFile(ast::Tree& tree, const source::Sources& sources, source::FileId file, Diagnostics& diagnostics,
                    Mode mode) {
  Piece piece{sources[file].text, file, {{0, 0}}};
  ast::File parsed = Reader(tree, piece, diagnostics, mode).File();
  ReportBadBytes(sources[file], parsed, diagnostics, mode);
  return parsed;
}

Piece PieceOf(const source::Sources& sources, source::Span span) {
  return {sources.Text(span), span.file, {{0, span.begin}}};
}

ast::QueryId ParseQuery(ast::Tree& tree, const Piece& piece, Diagnostics& diagnostics) {
  return Reader(tree, piece, diagnostics, Mode::Rules).Query();
}

ast::ExprId ParseExpr(ast::Tree& tree, const Piece& piece, Diagnostics& diagnostics) {
  return Reader(tree, piece, diagnostics, Mode::Rules).Expr();
}

bool IsReservedWord(std::string_view word) {
  static const std::set<std::string> words = [] {
    ByteStream nothing("");
    generated::BulkheadLexer lexer(&nothing);
    antlr4::CommonTokenStream stream(&lexer);
    BulkheadParser parser(&stream);
    const auto& automaton = parser.getATN();
    std::set<std::string> out;
    for (ssize_t type : automaton.nextTokens(automaton.ruleToStartState[BulkheadParser::RuleReserved]).toList()) {
      std::string name = parser.getVocabulary().getSymbolicName(static_cast<size_t>(type));
      if (name.ends_with('_')) name.pop_back();
      out.insert(name);
    }
    return out;
  }();
  return words.contains(Upper(word));
}

}  // namespace bulkhead::syntax
