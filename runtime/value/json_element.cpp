#include "runtime/value/json_element.h"

#include <cstring>

#include "runtime/value/decimal.h"
#include "runtime/value/utf8.h"

namespace bulkhead::value {
namespace {

constexpr uint32_t HexDigit(char c) {
  return static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// Four hexadecimal digits, which are there: JSON text was checked, path labels say so themselves.
uint32_t HexQuad(const char* at) {
  uint32_t quad = 0;
  for (int i = 0; i < 4; ++i) quad = quad << 4 | HexDigit(at[i]);
  return quad;
}

// `\uXXXX` at the start of the text.
bool IsUnicodeEscape(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return false;
  for (char c : text.substr(2, 4)) {
    bool hex = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    if (!hex) return false;
  }
  return true;
}

// Takes one character off the text, undoing an escape; at most 4 bytes into `out`. Unknown escapes stand for their character.
// A surrogate without its other half is written as it is, as SQLite does.
char* TakeCharacter(std::string_view& text, bool escaped, char* out) {
  if (!escaped || text[0] != '\\' || text.size() == 1) {
    *out++ = text[0];
    text.remove_prefix(1);
    return out;
  }
  if (IsUnicodeEscape(text)) {
    uint32_t c = HexQuad(text.data() + 2);
    text.remove_prefix(6);
    if ((c & 0xfc00) == 0xd800 && IsUnicodeEscape(text)) {
      uint32_t low = HexQuad(text.data() + 2);
      if ((low & 0xfc00) == 0xdc00) {
        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
        text.remove_prefix(6);
      }
    }
    return WriteUtf8(out, c);
  }
  char c = text[1];
  text.remove_prefix(2);
  switch (c) {
    case 'b': c = '\b'; break;
    case 'f': c = '\f'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
  }
  *out++ = c;
  return out;
}

JsonResult Found(Value v) { return {JsonStatus::Found, v}; }

Value NumberValue(std::string_view text) {
  bool integer = text.find_first_of(".eE") == std::string_view::npos;
  if (integer) {
    IntegerPrefix prefix = ParseIntegerPrefix(text);
    if (!prefix.overflow) return Value::Integer(prefix.integer);
  }
  return Value::Real(ParseDecimal(text).real);
}

}  // namespace

JsonResult Unescape(std::string_view contents, bool escaped, Arena& arena) {
  if (!escaped) return Found(Value::Text(contents));
  char* start = arena.Allocate(contents.size());  // Every escape is at least as long as what it stands for.
  if (!start) return {JsonStatus::Full, {}};
  char* out = start;
  while (!contents.empty()) {
    size_t plain = std::min(contents.find('\\'), contents.size());
    std::memcpy(out, contents.data(), plain);
    out += plain;
    contents.remove_prefix(plain);
    if (!contents.empty()) out = TakeCharacter(contents, true, out);
  }
  size_t size = static_cast<size_t>(out - start);
  arena.Trim(start, size);
  return Found(Value::Text({start, size}));
}

bool SameLabel(std::string_view a, bool a_escaped, std::string_view b, bool b_escaped) {
  // Characters come in pieces of different sizes when one side has an escape and the other the bytes.
  char a_bytes[4], b_bytes[4];
  size_t a_at = 0, a_size = 0, b_at = 0, b_size = 0;
  for (;;) {
    if (a_at == a_size && !a.empty()) {
      a_size = static_cast<size_t>(TakeCharacter(a, a_escaped, a_bytes) - a_bytes);
      a_at = 0;
    }
    if (b_at == b_size && !b.empty()) {
      b_size = static_cast<size_t>(TakeCharacter(b, b_escaped, b_bytes) - b_bytes);
      b_at = 0;
    }
    bool a_ends = a_at == a_size, b_ends = b_at == b_size;
    if (a_ends || b_ends) return a_ends && b_ends;
    if (a_bytes[a_at++] != b_bytes[b_at++]) return false;
  }
}

JsonResult ElementText(const JsonSpan& element, Arena& arena) {
  if (!element.spaced) return Found(Value::Text(element.text));
  char* start = arena.Allocate(element.text.size());
  if (!start) return {JsonStatus::Full, {}};
  char* out = start;
  bool in_string = false;
  for (size_t i = 0; i < element.text.size(); ++i) {
    char c = element.text[i];
    if (in_string && c == '\\') {
      *out++ = c;
      c = element.text[++i];
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
      continue;
    }
    *out++ = c;
  }
  size_t size = static_cast<size_t>(out - start);
  arena.Trim(start, size);
  return Found(Value::Text({start, size}));
}

JsonResult ElementValue(const JsonSpan& element, Arena& arena) {
  switch (element.first()) {
    case 'n': return Found(Value::Null());
    case 't': return Found(Value::Integer(1));
    case 'f': return Found(Value::Integer(0));
    case '"': return Unescape(element.text.substr(1, element.text.size() - 2), element.escaped, arena);
    case '{':
    case '[': return ElementText(element, arena);
    default: return Found(NumberValue(element.text));
  }
}

std::string_view ElementType(const JsonSpan& element) {
  switch (element.first()) {
    case 'n': return "null";
    case 't': return "true";
    case 'f': return "false";
    case '"': return "text";
    case '{': return "object";
    case '[': return "array";
    default: return element.text.find_first_of(".eE") == std::string_view::npos ? "integer" : "real";
  }
}

}  // namespace bulkhead::value
