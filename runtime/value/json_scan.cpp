#include "runtime/value/json_scan.h"

#include <array>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bulkhead::value {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Bytes that neither end a string nor need a look.
constexpr auto PlainInString = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 256; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

}  // namespace

bool JsonScanner::Push(bool object) {
  if (depth_ == limits::JsonDepthMax) return false;
  uint64_t bit = uint64_t{1} << (depth_ % 64);
  uint64_t& word = kinds_[depth_ / 64];
  word = depth_ % 64 == 0 ? uint64_t{object} : object ? word | bit : word & ~bit;
  ++depth_;
  return true;
}

bool JsonScanner::SkipEscape() {
  ++at_;
  if (at_ == end_) return false;
  char c = *at_++;
  if (c != 'u') return c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
  if (end_ - at_ < 4) return false;
  for (int i = 0; i < 4; ++i) {
    if (!IsHex(*at_++)) return false;
  }
  return true;
}

// At the opening quote.
bool JsonScanner::SkipString(bool& escaped) {
  const char* at = at_ + 1;
  for (;;) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
    while (end_ - at >= 16) {
      __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
      found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
      if (int mask = _mm_movemask_epi8(found)) {
        at += __builtin_ctz(static_cast<unsigned>(mask));
        break;
      }
      at += 16;
    }
#endif
    while (at < end_ && PlainInString[static_cast<uint8_t>(*at)]) ++at;
    at_ = at;
    if (at == end_) return false;
    if (*at == '"') {
      at_ = at + 1;
      return true;
    }
    if (*at != '\\') return false;
    escaped = true;
    if (!SkipEscape()) return false;
    at = at_;
  }
}

bool JsonScanner::SkipNumber() {
  const char* at = at_;
  const char* end = end_;
  auto digits = [&] {
    const char* start = at;
    while (at < end && IsDigit(*at)) ++at;
    return at > start;
  };
  if (*at == '-') ++at;
  if (at < end && *at == '0') {
    ++at;
    if (at < end && IsDigit(*at)) return false;
  } else if (!digits()) {
    return false;
  }
  if (at < end && *at == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return false;
  }
  at_ = at;
  return true;
}

bool JsonScanner::SkipWord(std::string_view word) {
  if (static_cast<size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) return false;
  at_ += word.size();
  return true;
}

bool JsonScanner::SkipScalar() {
  bool escaped = false;
  char c = Peek();
  if (c == '"') return SkipString(escaped);
  if (c == '-' || IsDigit(c)) return SkipNumber();
  if (c == 't') return SkipWord("true");
  if (c == 'f') return SkipWord("false");
  if (c == 'n') return SkipWord("null");
  return false;
}

// The pushdown automaton: from `state` until the value at depth `base` is complete.
bool JsonScanner::Run(State state, uint32_t base) {
  bool escaped;
  switch (state) {
    case State::Value: goto value;
    case State::Label: goto label;
    case State::After: goto after;
  }
value:
  SkipSpace();
  if (char c = Peek(); c == '{' || c == '[') {
    if (!Push(c == '{')) return false;
    ++at_;
    SkipSpace();
    if (Peek() == c + 2) {  // '{' + 2 is '}', '[' + 2 is ']'.
      ++at_;
      --depth_;
      goto after;
    }
    if (c == '[') goto value;
    goto label;
  }
  if (!SkipScalar()) return false;
after:
  if (depth_ == base) return true;
  SkipSpace();
  if (bool object = in_object(); Peek() == ',') {
    ++at_;
    if (!object) goto value;
  } else if (Peek() == (object ? '}' : ']')) {
    ++at_;
    --depth_;
    goto after;
  } else {
    return false;
  }
label:
  SkipSpace();
  if (Peek() != '"' || !SkipString(escaped)) return false;
  SkipSpace();
  if (Peek() != ':') return false;
  ++at_;
  goto value;
}

bool JsonScanner::Enter() {
  if (!Push(*at_ == '{')) return false;
  ++at_;
  return true;
}

bool JsonScanner::NextEntry(bool first, bool& more) {
  SkipSpace();
  char close = in_object() ? '}' : ']';
  more = Peek() != close;
  if (!more) {
    ++at_;
    --depth_;
    return true;
  }
  if (!first) {
    if (Peek() != ',') return false;
    ++at_;
    SkipSpace();
  }
  return true;
}

bool JsonScanner::ReadLabel(JsonSpan& label) {
  const char* start = at_;
  label = {};
  if (Peek() != '"' || !SkipString(label.escaped)) return false;
  label.text = {start, static_cast<size_t>(at_ - start)};
  SkipSpace();
  if (Peek() != ':') return false;
  ++at_;
  return true;
}

bool JsonScanner::SkipValue() { return Run(State::Value, depth_); }

bool JsonScanner::ReadValue(JsonSpan& value) {
  SkipSpace();
  const char* start = at_;
  uint32_t spaces = spaces_;
  value = {};
  if (!(Peek() == '"' ? SkipString(value.escaped) : SkipValue())) return false;
  value.text = {start, static_cast<size_t>(at_ - start)};
  value.spaced = spaces_ != spaces;
  return true;
}

bool JsonScanner::Finish() {
  if (!Run(State::After, 0)) return false;
  SkipSpace();
  return Peek() == '\0';  // The end, or the embedded NUL that ends the text for SQLite.
}

}  // namespace bulkhead::value
