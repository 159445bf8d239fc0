#include "runtime/wire/json_reader.h"

#include <fmt/format.h>

#include <bitset>
#include <cstring>

#include "runtime/value/utf8.h"

namespace bulkhead::wire {
namespace {

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Nonzero when one of eight bytes is a quote, a backslash, a control character or not ASCII.
bool HasSpecial(const char* at) {
  constexpr uint64_t Ones = 0x0101010101010101u, Highs = 0x8080808080808080u;
  uint64_t word;
  std::memcpy(&word, at, 8);
  uint64_t quote = word ^ (Ones * '"'), backslash = word ^ (Ones * '\\');
  uint64_t found = ((quote - Ones) & ~quote) | ((backslash - Ones) & ~backslash) | (word - Ones * 0x20) | word;
  return (found & Highs) != 0;
}

// The four hex digits at `at`, or -1.
int32_t HexUnit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    char c = at[i];
    int digit = IsDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

// The character a one-letter escape stands for; 0 for other letters.
char SimpleEscape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/': return letter;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

}  // namespace

void JsonReader::Reset(std::string_view text) {
  begin_ = at_ = text.data();
  end_ = begin_ + text.size();
  first_ = false;
  problem_ = nullptr;
  buffer_at_ = buffer_.get();
}

std::string JsonReader::problem() const {
  return problem_ ? fmt::format("{} at byte {}", problem_, at_ - begin_) : "";
}

bool JsonReader::Refuse(const char* what) {
  if (!problem_) problem_ = what;
  return false;
}

void JsonReader::SkipSpace() {
  while (at_ < end_ && IsSpace(*at_)) ++at_;
}

JsonKind JsonReader::Peek() {
  if (problem_) return JsonKind::Nothing;
  SkipSpace();
  if (at_ == end_) return JsonKind::Nothing;
  switch (*at_) {
    case '{': return JsonKind::Object;
    case '[': return JsonKind::Array;
    case '"': return JsonKind::String;
    case 't':
    case 'f': return JsonKind::Boolean;
    case 'n': return JsonKind::Null;
    default: return *at_ == '-' || IsDigit(*at_) ? JsonKind::Number : JsonKind::Nothing;
  }
}

bool JsonReader::BeginObject() {
  if (Peek() != JsonKind::Object) return Refuse("expected an object");
  ++at_;
  return first_ = true;
}

bool JsonReader::BeginArray() {
  if (Peek() != JsonKind::Array) return Refuse("expected an array");
  ++at_;
  return first_ = true;
}

// Moves to the next item of a container; false at its end, which is passed.
bool JsonReader::Separator(char close) {
  if (problem_) return false;
  SkipSpace();
  if (at_ < end_ && *at_ == close) {
    ++at_;
    first_ = false;
    return false;
  }
  if (first_) {
    first_ = false;
    return true;
  }
  if (at_ == end_ || *at_ != ',') return Refuse(close == '}' ? "expected `,` or `}`" : "expected `,` or `]`");
  ++at_;
  return true;
}

bool JsonReader::NextElement() {
  return Separator(']');
}

bool JsonReader::NextMember(std::string_view& name) {
  if (!Separator('}') || !String(name)) return false;
  SkipSpace();
  if (at_ == end_ || *at_ != ':') return Refuse("expected `:`");
  ++at_;
  return true;
}

// Writes the character of the escape at `at_` (a backslash) and moves behind it.
bool JsonReader::Unescape(const char*& out) {
  char* to = const_cast<char*>(out);  // always inside buffer_
  if (end_ - at_ < 2) return Refuse("unfinished escape");
  if (at_[1] != 'u') {
    char c = SimpleEscape(at_[1]);
    if (c == 0) return Refuse("unknown escape");
    *to++ = c;
    at_ += 2;
    out = to;
    return true;
  }
  int32_t unit = HexUnit(at_ + 2, end_);
  if (unit < 0) return Refuse("expected four hexadecimal digits");
  size_t length = 6;
  uint32_t character = static_cast<uint32_t>(unit);
  if (unit >= 0xD800 && unit < 0xE000) {
    bool pair = unit < 0xDC00 && end_ - at_ >= 12 && at_[6] == '\\' && at_[7] == 'u';
    int32_t low = pair ? HexUnit(at_ + 8, end_) : -1;
    if (low < 0xDC00 || low >= 0xE000) return Refuse("half of a surrogate pair");
    character = 0x10000 + ((static_cast<uint32_t>(unit) - 0xD800) << 10) + (static_cast<uint32_t>(low) - 0xDC00);
    length = 12;
  }
  out = value::WriteUtf8(to, character);
  at_ += length;
  return true;
}

// Moves over characters that stand for themselves, up to a quote or a backslash.
bool JsonReader::ScanString() {
  for (;;) {
    while (end_ - at_ >= 8 && !HasSpecial(at_)) at_ += 8;
    if (at_ == end_) return Refuse("unfinished string");
    auto c = static_cast<unsigned char>(*at_);
    if (c == '"' || c == '\\') return true;
    if (c < 0x20) return Refuse("control character in a string");
    size_t length = c < 0x80 ? 1 : value::Utf8SequenceBytes({at_, static_cast<size_t>(end_ - at_)});
    if (length == 0) return Refuse("string is not UTF-8");
    at_ += length;
  }
}

bool JsonReader::String(std::string_view& value) {
  if (Peek() != JsonKind::String) return Refuse("expected a string");
  const char* start = ++at_;
  if (!ScanString()) return false;
  if (*at_ == '"') {
    value = {start, static_cast<size_t>(at_++ - start)};
    return true;
  }
  size_t text_size = static_cast<size_t>(end_ - begin_);
  if (buffer_size_ < text_size) {
    buffer_.reset(new char[text_size]);
    buffer_size_ = text_size;
    buffer_at_ = buffer_.get();
  }
  const char* out = buffer_at_;
  for (;;) {
    size_t plain = static_cast<size_t>(at_ - start);
    std::memcpy(const_cast<char*>(out), start, plain);
    out += plain;
    if (*at_ == '"') break;
    if (!Unescape(out)) return false;
    start = at_;
    if (!ScanString()) return false;
  }
  ++at_;
  value = {buffer_at_, static_cast<size_t>(out - buffer_at_)};
  buffer_at_ = const_cast<char*>(out);
  return true;
}

bool JsonReader::Number(std::string_view& text, bool& whole) {
  if (Peek() != JsonKind::Number) return Refuse("expected a number");
  const char* start = at_;
  auto digits = [&] {
    const char* from = at_;
    while (at_ < end_ && IsDigit(*at_)) ++at_;
    return at_ > from;
  };
  whole = true;
  if (*at_ == '-') ++at_;
  bool zero = at_ < end_ && *at_ == '0';
  if (zero ? (++at_, at_ < end_ && IsDigit(*at_)) : !digits()) return Refuse("malformed number");
  if (at_ < end_ && *at_ == '.') {
    ++at_;
    whole = false;
    if (!digits()) return Refuse("malformed number");
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    whole = false;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return Refuse("malformed number");
  }
  text = {start, static_cast<size_t>(at_ - start)};
  return true;
}

bool JsonReader::Literal(std::string_view word) {
  if (static_cast<size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word)
    return Refuse("unknown word");
  at_ += word.size();
  return true;
}

bool JsonReader::Boolean(bool& value) {
  if (Peek() != JsonKind::Boolean) return Refuse("expected true or false");
  value = *at_ == 't';
  return Literal(value ? "true" : "false");
}

bool JsonReader::Null() {
  if (Peek() != JsonKind::Null) return Refuse("expected null");
  return Literal("null");
}

bool JsonReader::SkipScalar() {
  std::string_view text;
  bool flag;
  switch (Peek()) {
    case JsonKind::Null: return Null();
    case JsonKind::Boolean: return Boolean(flag);
    case JsonKind::Number: return Number(text, flag);
    case JsonKind::String: return String(text);
    default: return Refuse("expected a value");
  }
}

bool JsonReader::Skip(std::string_view& raw) {
  std::bitset<limits::JsonDepthMax> in_object;
  size_t depth = 0;
  JsonKind kind = Peek();
  const char* start = at_;
  for (;;) {
    // A value is due.
    kind = Peek();
    if (kind == JsonKind::Array || kind == JsonKind::Object) {
      if (depth == limits::JsonDepthMax) return Refuse("nested too deeply");
      in_object[depth++] = kind == JsonKind::Object;
      ++at_;
      first_ = true;
    } else if (!SkipScalar()) {
      return false;
    }
    // Close what ends here, then move to the next value.
    std::string_view name;
    while (depth > 0 && !(in_object[depth - 1] ? NextMember(name) : NextElement())) {
      if (problem_) return false;
      --depth;
    }
    if (depth == 0) break;
  }
  raw = {start, static_cast<size_t>(at_ - start)};
  return true;
}

bool JsonReader::Finish() {
  if (problem_) return false;
  SkipSpace();
  return at_ == end_ || Refuse("text after the value");
}

}  // namespace bulkhead::wire
