#include "compiler/syntax/explain.h"

#include "compiler/source/scanner.h"

#include <algorithm>
#include <set>


namespace bulkhead::syntax {

using source::Lower;
using source::Upper;

using antlr4::Token;
using source::DiagKind;
using source::Diagnostic;
using P = BulkheadParser;

namespace {

constexpr size_t FoundTextMax = 40;
constexpr size_t ExpectedListMax = 5;

// ---- Kinds of tokens -----------------------------------------------------------------------------------------------

const antlr4::dfa::Vocabulary& Words() {
  static ByteStream nothing("");
  static generated::BulkheadLexer lexer(&nothing);
  return lexer.getVocabulary();
}

std::string KeywordText(size_t type) {
  std::string text = Words().getSymbolicName(type);
  if (text.ends_with('_')) text.pop_back();
  return text;
}

const std::set<size_t>& ReservedTypes() {
  static const std::set<size_t> types = [] {
    std::set<size_t> out;
    for (size_t type = P::SELECT; type <= P::ASSUME; ++type)
      if (IsReservedWord(KeywordText(type))) out.insert(type);
    return out;
  }();
  return types;
}
bool IsReserved(size_t type) { return ReservedTypes().contains(type); }
bool IsName(size_t type) {
  return type == P::IDENTIFIER || type == P::QUOTED_NAME || (IsKeyword(type) && !IsReserved(type));
}
bool IsLiteral(size_t type) {
  return type == P::STRING || type == P::ESCAPE_STRING || type == P::DOLLAR_STRING || type == P::INTEGER ||
         type == P::REAL || type == P::BLOB;
}
// Whether an operand can end here, so that what follows is an operator, a comma or the next clause.
bool EndsOperand(size_t type) {
  return IsName(type) || IsLiteral(type) || type == P::RPAREN || type == P::RBRACKET || type == P::PARAMETER ||
         type == P::END || type == P::NULL_ || type == P::TRUE || type == P::FALSE || type == P::STAR;
}

const std::set<size_t> Operators = {
    P::EQUAL, P::NOT_EQUAL, P::LESS, P::LESS_EQUAL, P::GREATER, P::GREATER_EQUAL, P::PLUS, P::MINUS, P::STAR, P::SLASH,
    P::PERCENT, P::CONCAT, P::ARROW, P::LONG_ARROW, P::AMPERSAND, P::BAR, P::SHIFT_LEFT, P::SHIFT_RIGHT, P::OVERLAPS,
    P::TILDE, P::DOUBLE_TILDE, P::COLONS, P::OTHER_OPERATOR, P::LBRACKET, P::COLLATE, P::AT, P::IS, P::IN, P::LIKE,
    P::ILIKE, P::GLOB, P::REGEXP, P::MATCH, P::SIMILAR, P::BETWEEN, P::ISNULL, P::NOTNULL, P::NOT, P::AND, P::OR,
    P::ESCAPE};

std::string PunctuationText(size_t type) {
  switch (type) {
    case P::EQUAL: return "=";
    case P::NOT_EQUAL: return "<>";
    default: break;
  }
  std::string literal = Words().getLiteralName(type);
  return literal.size() > 2 ? literal.substr(1, literal.size() - 2) : Words().getSymbolicName(type);
}

std::string Describe(size_t type, std::string_view whole) {
  if (type == Token::EOF) return fmt::format("the end of {}", whole);
  if (IsKeyword(type)) return "`" + KeywordText(type) + "`";
  switch (type) {
    case P::IDENTIFIER: case P::QUOTED_NAME: return "a name";
    case P::STRING: case P::ESCAPE_STRING: case P::DOLLAR_STRING: return "text in quotes";
    case P::INTEGER: return "a whole number";
    case P::REAL: return "a number";
    case P::PARAMETER: return "a parameter";
    default: return "`" + PunctuationText(type) + "`";
  }
}

// ---- One failure ---------------------------------------------------------------------------------------------------

class Explainer {
 public:
  Explainer(const GrammarParser& parser, const Builder& builder, source::Diagnostics& diagnostics,
            std::string_view whole)
      : parser_(parser), builder_(builder), diagnostics_(diagnostics), whole_(whole),
        at_(parser.failure().token_index),
        expected_(parser.failure().expected.begin(), parser.failure().expected.end()) {}

  void Report() {
    if (TrailingComma() || TextExpected() || DistinctOn() || Placeholder()) return;
    Diagnostic& diagnostic =
        diagnostics_.Report<DiagKind::UnexpectedToken>(builder_.SpanOf(Found()), Expected(), FoundText());
    LabelOpenParenthesis(diagnostic);
    Suggest(diagnostic);
  }

 private:
  const Token* At(size_t index) const { return parser_.tokens()[std::min(index, parser_.tokens().size() - 1)]; }
  const Token* Found() const { return At(at_); }
  size_t Type() const { return Found()->getType(); }
  // The token `back` places before the failing one; EOF's type before the first.
  size_t Before(size_t back) const { return at_ >= back ? At(at_ - back)->getType() : Token::EOF; }
  std::string_view TextBefore(size_t back) const { return at_ >= back ? parser_.Text(At(at_ - back)) : ""; }
  bool Expects(size_t type) const { return expected_.contains(type); }

  std::string FoundText() const {
    if (Type() == Token::EOF) return fmt::format("the end of {}", whole_);
    std::string text(parser_.Text(Found()));
    if (text.size() > FoundTextMax) {
      size_t cut = FoundTextMax;
      while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
      text = text.substr(0, cut) + "…";
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    return "`" + text + "`";
  }

  // Groups what could follow into words a person uses.
  std::string Expected() const {
    std::set<size_t> rest = expected_;
    std::vector<std::string> parts;
    bool expression = Expects(P::INTEGER) && Expects(P::STRING) && Expects(P::LPAREN) && Expects(P::CASE);
    bool name = Expects(P::IDENTIFIER);
    bool operand_ended = Expects(P::AND) && Expects(P::OR) && !expression;
    // After a name more of it could always follow; nobody wants to read that.
    if (Before(1) == P::IDENTIFIER || Before(1) == P::QUOTED_NAME) {
      rest.erase(P::DOT);
      rest.erase(P::STRING);
    }
    if (expression) {
      parts.push_back("an expression");
      std::erase_if(rest, [](size_t type) { return StartsExpression(type); });
      if (rest.contains(P::SELECT)) parts.push_back("a query");
      std::erase_if(rest, [](size_t type) { return type == P::SELECT || type == P::WITH || type == P::VALUES; });
    } else if (name && !operand_ended) {
      parts.push_back("a name");
    }
    if (expression || name) std::erase_if(rest, [](size_t type) { return IsName(type); });
    if (operand_ended) std::erase_if(rest, [](size_t type) { return Operators.contains(type) || type == P::LPAREN; });
    AppendTokens(parts, rest, operand_ended);
    return Join(parts);
  }

  static bool StartsExpression(size_t type) {
    return IsName(type) || IsLiteral(type) || type == P::LPAREN || type == P::PARAMETER || type == P::PLACEHOLDER ||
           type == P::RAW_EXPRESSION || type == P::MALFORMED_NUMBER || type == P::CASE || type == P::CAST ||
           type == P::EXISTS || type == P::ARRAY || type == P::NULL_ || type == P::TRUE || type == P::FALSE ||
           type == P::NOT || type == P::PLUS || type == P::MINUS || type == P::TILDE || type == P::DOUBLE_TILDE ||
           type == P::CURRENT_DATE || type == P::CURRENT_TIME || type == P::CURRENT_TIMESTAMP ||
           type == P::CURRENT_USER || type == P::SESSION_USER || type == P::LEFT || type == P::RIGHT ||
           type == P::LIKE || type == P::GLOB;
  }

  // Punctuation first, then keywords; too many of them are no help.
  void AppendTokens(std::vector<std::string>& parts, const std::set<size_t>& types, bool operand_ended) const {
    std::vector<std::string> punctuation, words;
    for (size_t type : types)
      if (type != Token::EOF) (IsKeyword(type) ? words : punctuation).push_back(Describe(type, whole_));
    if (operand_ended) parts.push_back("an operator");
    if (punctuation.size() <= ExpectedListMax) parts.insert(parts.end(), punctuation.begin(), punctuation.end());
    size_t room = ExpectedListMax > parts.size() ? ExpectedListMax - parts.size() : 0;
    if (words.size() <= room) parts.insert(parts.end(), words.begin(), words.end());
    else if (operand_ended) parts.push_back("the next clause");
    else if (parts.empty()) parts.push_back(Join({words.begin(), words.begin() + ExpectedListMax}) + " …");
    if (types.contains(Token::EOF)) parts.push_back(Describe(Token::EOF, whole_));
    if (parts.empty()) parts.push_back("something else");
  }

  static std::string Join(const std::vector<std::string>& parts) {
    std::string out;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) out += i + 1 == parts.size() ? " or " : ", ";
      out += parts[i];
    }
    return out;
  }

  // ---- Mistakes with a code of their own ----

  bool TrailingComma() {
    bool ends = Type() == P::RPAREN || Type() == P::FROM || Type() == P::WHERE || Type() == Token::EOF ||
                Type() == P::SEMICOLON || Type() == P::ORDER || Type() == P::GROUP || Type() == P::LIMIT ||
                Type() == P::BY || Type() == P::END || Type() == P::INTO;
    if (!ends || Before(1) != P::COMMA) return false;
    diagnostics_.Report<DiagKind::TrailingComma>(builder_.SpanOf(At(at_ - 1))).Help("remove the comma");
    return true;
  }

  bool TextExpected() {
    if (Type() != P::QUOTED_NAME || !Expects(P::STRING) || Expects(P::IDENTIFIER)) return false;
    std::string_view text = parser_.Text(Found());
    diagnostics_.Report<DiagKind::TextExpected>(builder_.SpanOf(Found()), text)
        .Help(fmt::format("write '{}'", text.substr(1, text.size() - 2)));
    return true;
  }

  bool DistinctOn() {
    if (Type() != P::ON || Before(1) != P::DISTINCT) return false;
    diagnostics_.Report<DiagKind::DistinctOn>(builder_.SpanOf(At(at_ - 1), Found()))
        .Help("write ORDER BY … LIMIT 1 PER (columns)");
    return true;
  }

  bool Placeholder() {
    if (parser_.Text(Found()) != "?" || !Expects(P::PLACEHOLDER)) return false;
    diagnostics_.Report<DiagKind::Placeholder>(builder_.SpanOf(Found()), "?")
        .Help("name the parameter after CREATE STREAM, as in `(list_id text)`, and write `:list_id` here");
    return true;
  }

  // ---- Help ----

  void LabelOpenParenthesis(Diagnostic& diagnostic) const {
    if (Type() == P::RPAREN && !Expects(P::RPAREN)) return;
    bool at_end = Type() == Token::EOF || Type() == P::SEMICOLON;
    if (!at_end) return;
    std::vector<const Token*> open;
    for (size_t i = 0; i < at_; ++i) {
      if (At(i)->getType() == P::LPAREN) open.push_back(At(i));
      if (At(i)->getType() == P::RPAREN && !open.empty()) open.pop_back();
    }
    if (!open.empty()) diagnostic.Label(builder_.SpanOf(open.back()), "this parenthesis is not closed");
  }

  void Suggest(Diagnostic& diagnostic) const {
    std::string help = Help();
    if (!help.empty()) diagnostic.Help(std::move(help));
  }

  std::string Help() const {
    bool query = Type() == P::SELECT || Type() == P::WITH || Type() == P::BEGIN;
    if (query && Expects(P::AS)) return "write AS before the query";
    if (query && Expects(P::LPAREN)) return "put the query in parentheses";
    if (Type() == P::RPAREN && !Expects(P::RPAREN) && NoneOpen()) return "no parenthesis is open here: remove it";
    bool comment = parser_.Text(Found()).starts_with('#') || (Type() == P::SLASH && Before(1) == P::SLASH);
    if (comment) return "a comment begins with --";
    if (auto word = Misspelled(); !word.empty()) return word;
    if (Before(1) == P::STAR && IsName(Type()) && Expects(P::FROM)) return "write FROM before the table";
    if (Type() == P::EQUAL && Before(1) == P::EQUAL) return "write one =";
    if (Type() == P::MALFORMED_NUMBER) return "a name that begins with a digit must be in double quotes";
    if (Before(1) == P::PER && IsName(Type())) return "put the columns in parentheses";
    if (IsReserved(Type()) && !StartsOther() && Expects(P::IDENTIFIER))
      return fmt::format("{} is a reserved word; as a name it is written \"{}\"", KeywordText(Type()),
                         Lower(parser_.Text(Found())));
    if (EndsOperand(Before(1)) && StartsOperand()) return Between();
    return "";
  }

  // Words that are hardly ever meant as a name.
  bool StartsOther() const {
    return Type() == P::SELECT || Type() == P::FROM || Type() == P::WHERE || Type() == P::AND || Type() == P::OR ||
           Type() == P::JOIN || Type() == P::WITH || Type() == P::CREATE || Type() == P::NOT || Type() == P::AS;
  }

  bool StartsOperand() const { return IsName(Type()) || IsLiteral(Type()) || Type() == P::LPAREN || Type() == P::PARAMETER; }

  bool NoneOpen() const {
    int open = 0;
    for (size_t i = 0; i < at_; ++i) {
      if (At(i)->getType() == P::LPAREN) ++open;
      if (At(i)->getType() == P::RPAREN) --open;
    }
    return open <= 0;
  }

  // The failing word, or the name before it (then read as an alias), when it is nearly a keyword that fits.
  std::string Misspelled() const {
    std::vector<std::string> words;
    for (size_t type : expected_)
      if (IsKeyword(type)) words.push_back(KeywordText(type));
    std::vector<std::string_view> candidates(words.begin(), words.end());
    for (size_t back : {0, 1}) {
      if (Before(back) != P::IDENTIFIER) continue;
      std::string_view near = source::Nearest(TextBefore(back), candidates);
      bool similar = near.size() > 2 || (near.size() == TextBefore(back).size() && near[0] == Upper(TextBefore(back))[0]);
      if (near.empty() || !similar) continue;
      return fmt::format("did you mean `{}` instead of `{}`?", near, TextBefore(back));
    }
    return "";
  }

  // Two operands side by side: what is missing depends on the clause they stand in.
  std::string Between() const {
    int depth = 0;
    for (size_t i = at_; i-- > 0;) {
      size_t type = At(i)->getType();
      if (type == P::RPAREN) ++depth;
      if (type == P::LPAREN && depth-- == 0) return Expects(P::COMMA) ? "separate the items with a comma" : "";
      if (depth > 0) continue;
      bool conditions = type == P::WHERE || type == P::ON || type == P::HAVING || type == P::WHEN;
      if (conditions && Expects(P::AND)) return "join the conditions with AND or OR";
      bool list = type == P::SELECT || type == P::BY || type == P::FROM || type == P::VALUES || type == P::SHARE ||
                  type == P::ISOLATE;
      if (list) return Expects(P::COMMA) ? "separate the items with a comma" : "";
    }
    return "";
  }

  const GrammarParser& parser_;
  const Builder& builder_;
  source::Diagnostics& diagnostics_;
  std::string_view whole_;
  size_t at_;
  std::set<size_t> expected_;
};

// ---- Characters ----------------------------------------------------------------------------------------------------

struct Lookalike {
  char32_t character;
  const char* name;
  const char* help;
};
constexpr Lookalike Lookalikes[] = {
    {0x2018, "a typographic quote", "write a plain single quote"},
    {0x2019, "a typographic quote", "write a plain single quote"},
    {0x201C, "a typographic quote", "write a plain single quote for text, a plain double quote for a name"},
    {0x201D, "a typographic quote", "write a plain single quote for text, a plain double quote for a name"},
    {0x00A0, "a no-break space", "write a plain space"},
    {0x202F, "a no-break space", "write a plain space"},
    {0x2009, "a thin space", "write a plain space"},
    {0x3000, "a wide space", "write a plain space"},
    {0x200B, "an invisible space", "remove it"},
    {0x200D, "an invisible joiner", "remove it"},
    {0xFEFF, "a byte order mark", "remove it: it belongs at the very start of a file only"},
    {0x2013, "a long dash", "write a plain minus"},
    {0x2014, "a long dash", "write a plain minus"},
    {0x2212, "a typographic minus", "write a plain minus"},
};

const Lookalike* FindLookalike(char32_t character) {
  for (const Lookalike& row : Lookalikes)
    if (row.character == character) return &row;
  return nullptr;
}

}  // namespace

void ExplainFailure(const GrammarParser& parser, const Builder& builder, source::Diagnostics& diagnostics,
                    std::string_view whole) {
  Explainer(parser, builder, diagnostics, whole).Report();
}

bool ExplainCharacters(const GrammarParser& parser, const Place& place, source::Diagnostics& diagnostics) {
  for (const Token* token : parser.tokens()) {
    uint32_t begin = parser.Begin(token);
    if (token->getType() == P::UNKNOWN_CHARACTER) {
      auto byte = static_cast<unsigned char>(place.text()[begin]);
      std::string name = byte < 0x20 || byte == 0x7F ? fmt::format("the control character {:#04x}", byte)
                                                     : fmt::format("`{}`", parser.Text(token));
      diagnostics.Report<DiagKind::UnknownCharacter>(place.Map(begin, begin + 1), name);
      return true;
    }
    if (token->getType() != P::IDENTIFIER) continue;
    std::string_view text = parser.Text(token);
    for (size_t i = 0; i < text.size(); ++i) {
      if (static_cast<unsigned char>(text[i]) < 0x80) continue;
      char32_t character = 0;
      size_t length = source::DecodeUtf8(text, i, &character);
      if (length == 0) continue;
      if (const Lookalike* row = FindLookalike(character)) {
        auto at = static_cast<uint32_t>(begin + i);
        diagnostics.Report<DiagKind::UnknownCharacter>(place.Map(at, at + static_cast<uint32_t>(length)), row->name)
            .Help(row->help);
        return true;
      }
      i += length - 1;
    }
  }
  return false;
}

}  // namespace bulkhead::syntax
