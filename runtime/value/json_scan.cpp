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

// The functions below take a position and the end, and return the position after what they skip, or null when it is
// malformed. Positions stay in registers that way, which is most of this file's speed.
namespace {

using Position = const char*;

inline Position AfterSpace(Position at, Position end) {
  while (at < end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
  return at;
}
inline char ByteAt(Position at, Position end) { return at < end ? *at : '\0'; }

// At a backslash.
Position AfterEscape(Position at, Position end) {
  ++at;
  if (at == end) return nullptr;
  char c = *at++;
  if (c != 'u') return c != '\0' && std::strchr("\"\\/bfnrt", c) ? at : nullptr;
  if (end - at < 4) return nullptr;
  for (int i = 0; i < 4; ++i) {
    if (!IsHex(*at++)) return nullptr;
  }
  return at;
}

// Goes on at the byte that ended a run of plain ones in a string: past the closing quote, or past an escape with `more` set.
inline Position AfterSpecial(Position at, Position end, bool& more) {
  more = *at == '\\';
  if (more) return AfterEscape(at, end);
  return *at == '"' ? at + 1 : nullptr;
}

// At the opening quote.
[[gnu::always_inline]] inline Position AfterString(Position at, Position end, bool& escaped) {
  ++at;
  for (bool more = false;; escaped = true) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
    for (; end - at >= 16; at += 16) {
      __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
      found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
      int mask = _mm_movemask_epi8(found);
      if (mask == 0) continue;
      at += __builtin_ctz(static_cast<unsigned>(mask));
      if (*at == '"') return at + 1;
      goto special;
    }
#endif
    while (at < end && PlainInString[static_cast<uint8_t>(*at)]) ++at;
    if (at == end) return nullptr;
#ifdef __SSE2__
  special:
#endif
    at = AfterSpecial(at, end, more);
    if (!more || !at) return at;
  }
}

// Eight bytes at a time: most numbers end in the first eight, and whether a loop goes on is what costs.
inline Position AfterDigits(Position at, Position end) {
  for (; end - at >= 8; at += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    // High bit of each byte that is below '0', above '9' or not ASCII. Only the first such byte counts, and a carry goes
    // to later ones only.
    uint64_t other = ((bytes + 0x4646464646464646u) | (bytes - 0x3030303030303030u) | bytes) & 0x8080808080808080u;
    if (other != 0) return at + __builtin_ctzll(other) / 8;
  }
  while (at < end && IsDigit(*at)) ++at;
  return at;
}

inline Position AfterNumber(Position at, Position end) {
  if (*at == '-') ++at;
  Position digits = at;
  at = AfterDigits(at, end);
  if (at == digits || (*digits == '0' && at - digits > 1)) return nullptr;
  if (ByteAt(at, end) == '.') {
    digits = ++at;
    at = AfterDigits(at, end);
    if (at == digits) return nullptr;
  }
  if (char c = ByteAt(at, end); c == 'e' || c == 'E') {
    ++at;
    if (char sign = ByteAt(at, end); sign == '+' || sign == '-') ++at;
    digits = at;
    at = AfterDigits(at, end);
    if (at == digits) return nullptr;
  }
  return at;
}

template <size_t N>
Position AfterWord(Position at, Position end, const char (&word)[N]) {
  bool there = static_cast<size_t>(end - at) >= N - 1 && std::memcmp(at, word, N - 1) == 0;
  return there ? at + N - 1 : nullptr;
}

// A scalar that is not a string.
inline Position AfterScalar(Position at, Position end) {
  char c = ByteAt(at, end);
  if (IsDigit(c) || c == '-') return AfterNumber(at, end);
  switch (c) {
    case 't': return AfterWord(at, end, "true");
    case 'f': return AfterWord(at, end, "false");
    case 'n': return AfterWord(at, end, "null");
    default: return nullptr;
  }
}

}  // namespace

bool JsonScanner::SkipString(bool& escaped) {
  Position after = AfterString(at_, end_, escaped);
  if (after) at_ = after;
  return after != nullptr;
}

// The pushdown automaton: from `state` until the value at depth `base` is complete. Everything it needs is in locals; the
// bits of the containers around are read only when one closes.
bool JsonScanner::Run(State state, uint32_t base) {
  const Position end = end_;
  Position at = at_;
  uint32_t depth = depth_, spaces = 0;
  bool object = depth > 0 && in_object(), escaped = false;
  auto next = [&] {  // The next byte that is not space.
    char c = ByteAt(at, end);
    if (c > ' ') return c;
    Position after = AfterSpace(at, end);
    spaces += static_cast<uint32_t>(after - at);
    at = after;
    return ByteAt(at, end);
  };
  auto close = [&] {
    ++at;
    depth_ = --depth;
    object = depth > 0 && in_object();
  };
  if (state == State::After) goto after;
value:
  if (char c = next(); c == '"') {
    at = AfterString(at, end, escaped);
    if (!at) return false;
  } else if (c == '{' || c == '[') {
    object = c == '{';
    if (!Push(object)) return false;
    ++depth;
    ++at;
    char first = next();
    if (first != c + 2) {  // '{' + 2 is '}', '[' + 2 is ']'.
      if (object) goto label;
      goto value;
    }
    close();
  } else {
    at = AfterScalar(at, end);
    if (!at) return false;
  }
after:
  while (depth != base) {
    char c = next();
    if (c == ',') {
      ++at;
      if (!object) goto value;
      next();
      goto label;
    }
    if (c != (object ? '}' : ']')) return false;
    close();
  }
  at_ = at;
  spaces_ += spaces;
  return true;
label:
  if (ByteAt(at, end) != '"') return false;
  at = AfterString(at, end, escaped);
  if (!at || next() != ':') return false;
  ++at;
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
