#include "runtime/postgres/literal.h"

#include <algorithm>

namespace bulkhead::postgres {
namespace {

constexpr std::string_view Space = " \t\n\v\f\r";

bool EqualsUpper(std::string_view text, std::string_view upper) {
  auto same = [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - 'a' + 'A' == b); };
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(), same);
}

bool Contains(std::string_view text, std::string_view special) {
  return text.find_first_of(special) != std::string_view::npos ||
         text.find_first_of(Space) != std::string_view::npos;
}

// Composites and ranges double quotes and backslashes.
void AppendDoubled(std::string& out, std::string_view text, std::string_view special) {
  bool quotes = text.empty() || Contains(text, special);
  if (quotes) out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += c;
    out += c;
  }
  if (quotes) out += '"';
}

}  // namespace

void AppendElement(std::string& out, std::string_view text, char delimiter) {
  const char special[] = {'"', '\\', '{', '}', delimiter};
  if (!text.empty() && !EqualsUpper(text, "NULL") && !Contains(text, {special, sizeof special})) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void AppendField(std::string& out, std::string_view text) {
  AppendDoubled(out, text, "\"\\(),");
}
void AppendBound(std::string& out, std::string_view text) {
  AppendDoubled(out, text, "\"\\()[],");
}

bool Token::is_null(std::string_view word) const {
  return !quoted && EqualsUpper(text, word);
}

std::optional<Token> TakeToken(std::string_view& rest, std::string_view ends, value::Arena& arena) {
  Token token;
  bool inside = false, escapes = false;
  size_t size = 0;
  for (; size < rest.size(); ++size) {
    char c = rest[size];
    if (c == '\\')
      escapes = true, ++size;
    else if (c == '"')
      inside = !inside, token.quoted = true;
    else if (!inside && ends.find(c) != std::string_view::npos)
      break;
  }
  if (size >= rest.size()) return std::nullopt;
  token.text = rest.substr(0, size);
  rest.remove_prefix(size);
  if (!token.quoted && !escapes) return token;
  char* out = arena.Allocate(size);
  if (!out) return std::nullopt;
  char* end = out;
  for (size_t i = 0; i < size; ++i) {
    char c = token.text[i];
    if (c == '\\') {
      *end++ = token.text[++i];
    } else if (c != '"') {
      *end++ = c;
    } else if (inside && i + 1 < size && token.text[i + 1] == '"') {
      *end++ = token.text[++i];
    } else {
      inside = !inside;
    }
  }
  token.text = {out, static_cast<size_t>(end - out)};
  return token;
}

}  // namespace bulkhead::postgres
