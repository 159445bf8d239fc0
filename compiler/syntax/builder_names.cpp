#include <algorithm>

#include "compiler/source/scanner.h"
#include "compiler/syntax/builder.h"

namespace bulkhead::syntax {

using source::Lower;

using antlr4::Token;

namespace {

// `quoted` without its first and last character, with doubled quotes undone.
std::string Unquote(std::string_view quoted) {
  std::string out;
  if (quoted.size() < 2) return out;
  char quote = quoted.back();
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    out += quoted[i];
    if (quoted[i] == quote && i + 2 < quoted.size() && quoted[i + 1] == quote) ++i;
  }
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void AppendUtf8(std::string& out, uint32_t code_point) {
  auto byte = [&](uint32_t bits) { out += static_cast<char>(bits); };
  if (code_point < 0x80) return byte(code_point);
  if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      byte(0xE0 | code_point >> 12);
    } else {
      byte(0xF0 | code_point >> 18);
      byte(0x80 | (code_point >> 12 & 0x3F));
    }
    byte(0x80 | (code_point >> 6 & 0x3F));
  }
  byte(0x80 | (code_point & 0x3F));
}

// Reads up to `max` hexadecimal digits at `at`; moves `at` behind them.
uint32_t ReadHex(std::string_view text, size_t& at, size_t max) {
  uint32_t value = 0;
  for (size_t n = 0; n < max && at < text.size() && HexDigit(text[at]) >= 0; ++n, ++at)
    value = value << 4 | static_cast<uint32_t>(HexDigit(text[at]));
  return value;
}

bool IsScalar(uint32_t code_point) {
  return code_point > 0 && code_point <= 0x10FFFF && !(code_point >= 0xD800 && code_point <= 0xDFFF);
}

// The escapes of PostgreSQL's E'…'. A character that cannot be encoded becomes U+FFFD.
void AppendEscape(std::string& out, std::string_view text, size_t& at) {
  char c = text[at++];
  switch (c) {
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'n': out += '\n'; return;
    case 'r': out += '\r'; return;
    case 't': out += '\t'; return;
    case 'x': case 'u': case 'U': {
      uint32_t code_point = ReadHex(text, at, c == 'x' ? 2 : c == 'u' ? 4 : 8);
      AppendUtf8(out, IsScalar(code_point) ? code_point : 0xFFFD);
      return;
    }
    default: out += c; return;
  }
}

std::string UnquoteEscaped(std::string_view body) {
  std::string out;
  for (size_t at = 0; at < body.size();) {
    char c = body[at++];
    if (c == '\\' && at < body.size()) {
      AppendEscape(out, body, at);
    } else {
      out += c;
      if (c == '\'' && at < body.size() && body[at] == '\'') ++at;
    }
  }
  return out;
}

}  // namespace

source::Span Builder::SpanOf(const Token* first, const Token* last) const {
  uint32_t begin = parser_.Begin(first);
  // An empty rule ends before it starts.
  uint32_t end = last == nullptr ? begin : parser_.End(last);
  return place_.Map(begin, std::max(begin, end));
}

std::string_view Builder::TextBetween(const Token* first, const Token* last) const {
  if (last == nullptr || parser_.End(last) < parser_.Begin(first)) return "";
  return place_.text().substr(parser_.Begin(first), parser_.End(last) - parser_.Begin(first));
}

std::string_view Builder::TextOf(const ParserRule* context) const {
  return TextBetween(context->start, context->stop);
}

ast::Name Builder::NameOf(const Token* token) const {
  ast::Name name;
  name.span = SpanOf(token);
  std::string_view text = TextOf(token);
  name.quoted = token->getType() == P::QUOTED_NAME;
  if (IsKeyword(token->getType())) names_.push_back(token->getTokenIndex());
  if (name.quoted) {
    name.text = text.front() == '[' ? std::string(text.substr(1, text.size() - 2)) : Unquote(text);
    if (name.text.empty()) {
      diagnostics_.Report<source::DiagKind::UnexpectedToken>(name.span, "a name", "an empty one");
      name.text = "?";
    }
  } else {
    name.text = Lower(text);
  }
  return name;
}

std::vector<uint32_t> Builder::Keywords() const {
  std::sort(names_.begin(), names_.end());
  std::vector<uint32_t> keywords;
  auto name = names_.begin();
  for (const Token* token : parser_.tokens()) {
    if (!IsKeyword(token->getType())) continue;
    name = std::find_if(name, names_.end(), [&](size_t index) { return index >= token->getTokenIndex(); });
    bool is_name = name != names_.end() && *name == token->getTokenIndex();
    if (!is_name) keywords.push_back(SpanOf(token).begin);
  }
  return keywords;
}

std::vector<ast::Name> Builder::Columns(P::ColumnListContext* context) const {
  return context ? NamesOf(context->columns) : std::vector<ast::Name>{};
}

ast::QualifiedName Builder::QualifiedOf(const std::vector<ast::Name>& parts, source::Span span) const {
  ast::QualifiedName name;
  name.span = span;
  name.name = parts.back();
  if (parts.size() > 1) name.schema = parts[parts.size() - 2];
  return name;
}

ast::QualifiedName Builder::Qualified(P::QualifiedNameContext* context) const {
  std::vector<ast::Name> parts = {NameOf(context->word())};
  for (auto* label : context->label()) parts.push_back(NameOf(label));
  return QualifiedOf(parts, SpanOf(context));
}

std::string Builder::StringValue(const Token* token) const {
  std::string_view text = TextOf(token);
  if (token->getType() == P::ESCAPE_STRING) return UnquoteEscaped(text.substr(2, text.size() - 3));
  if (token->getType() == P::DOLLAR_STRING) return std::string(text.substr(2, text.size() - 4));
  return Unquote(text);
}

ast::TextLiteral Builder::TextLiteralOf(const Token* token) const { return {StringValue(token), SpanOf(token)}; }

void Builder::AddTypeArguments(ast::TypeName& type, P::TypeArgumentsContext* context) const {
  if (context == nullptr) return;
  for (auto* argument : context->args) type.arguments.emplace_back(TextOf(argument));
}

ast::TypeName Builder::Type(P::ColumnTypeContext* context) const {
  ast::TypeName type;
  if (context == nullptr) return type;
  type.span = SpanOf(context);
  ast::Name first = NameOf(context->typeWord());
  type.name = first.text;
  if (auto* label = context->label()) {
    type.schema = std::move(first);
    type.name = NameOf(label).text;
  }
  for (auto* part : context->typePart()) {
    if (auto* word = part->typeWord()) {
      type.name += " " + NameOf(word).text;
    } else if (part->typeArguments()) {
      AddTypeArguments(type, part->typeArguments());
    } else {
      type.name += " with time zone";
    }
  }
  type.array_dimensions = static_cast<uint32_t>(context->arraySuffix().size());
  return type;
}

ast::TypeName Builder::Type(P::CastTypeContext* context) const {
  ast::TypeName type;
  type.span = SpanOf(context);
  // A single token, except where the grammar joins two words.
  type.name = NameOf(context->start).text;
  if (context->PRECISION()) type.name += " precision";
  if (context->VARYING()) type.name += " varying";
  if (auto* label = context->label()) {
    type.schema = NameOf(context->start);
    type.name = NameOf(label).text;
  }
  AddTypeArguments(type, context->typeArguments());
  if (context->ZONE()) type.name += context->WITH() ? " with time zone" : " without time zone";
  type.array_dimensions = static_cast<uint32_t>(context->arraySuffix().size());
  return type;
}

}  // namespace bulkhead::syntax
