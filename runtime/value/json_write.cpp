#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/value/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bulkhead::value {
namespace {

// Free bytes that Reserve keeps behind what was asked for, so that short copies may write whole words.
constexpr size_t Slack = 64;

constexpr uint64_t Ones = 0x0101010101010101u;
constexpr uint64_t Highs = 0x8080808080808080u;

constexpr uint64_t HasZero(uint64_t word) { return (word - Ones) & ~word & Highs; }

// Non-zero iff one of the 8 bytes must be escaped.
constexpr uint64_t NeedsEscape(uint64_t word) {
  uint64_t control = (word - Ones * 0x20) & ~word & Highs;
  return control | HasZero(word ^ (Ones * '"')) | HasZero(word ^ (Ones * '\\'));
}

// Copies text to `out` (which has Slack behind it) and reports what kinds of bytes were seen.
struct Seen {
  bool escapes = false;
  bool non_ascii = false;
};

void CopyWord(char* out, const char* in, size_t size, uint64_t& escapes, uint64_t& highs) {
  uint64_t word = Ones * ' ';
  std::memcpy(&word, in, size);
  std::memcpy(out, &word, sizeof word);
  escapes |= NeedsEscape(word);
  highs |= word & Highs;
}

Seen CopyText(char* out, std::string_view text) {
  const char* in = text.data();
  size_t size = text.size();
  uint64_t escapes = 0, highs = 0;
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  __m128i special = _mm_setzero_si128(), high = _mm_setzero_si128();
  for (; size >= 16; size -= 16, in += 16, out += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    special = _mm_or_si128(special, found);
    high = _mm_or_si128(high, bytes);
  }
  escapes |= static_cast<uint64_t>(_mm_movemask_epi8(special));
  highs |= static_cast<uint64_t>(_mm_movemask_epi8(high));
#endif
  for (; size >= 8; size -= 8, in += 8, out += 8) CopyWord(out, in, 8, escapes, highs);
  if (size & 4) CopyWord(out, in, 4, escapes, highs), in += 4, out += 4;
  if (size & 2) CopyWord(out, in, 2, escapes, highs), in += 2, out += 2;
  if (size & 1) CopyWord(out, in, 1, escapes, highs);
  return {escapes != 0, highs != 0};
}

char* WriteEscape(char* out, uint8_t c) {
  *out++ = '\\';
  switch (c) {
    case '"': *out++ = '"'; return out;
    case '\\': *out++ = '\\'; return out;
    case '\b': *out++ = 'b'; return out;
    case '\f': *out++ = 'f'; return out;
    case '\n': *out++ = 'n'; return out;
    case '\r': *out++ = 'r'; return out;
    case '\t': *out++ = 't'; return out;
  }
  static constexpr char Digits[] = "0123456789abcdef";
  std::memcpy(out, "u00", 3);
  out[3] = Digits[c >> 4];
  out[4] = Digits[c & 15];
  return out + 5;
}

// Any text; `out` has 6 bytes for each of its bytes.
char* WriteEscaped(char* out, std::string_view text, bool repair) {
  while (!text.empty()) {
    uint8_t c = static_cast<uint8_t>(text[0]);
    size_t size = 1;
    if (c < 0x20 || c == '"' || c == '\\') {
      out = WriteEscape(out, c);
    } else if (c < 0x80 || !repair) {
      *out++ = static_cast<char>(c);
    } else if (size = Utf8SequenceBytes(text); size > 0) {
      std::memcpy(out, text.data(), size);
      out += size;
    } else {
      size = 1;
      out = WriteUtf8(out, 0xfffd);
    }
    text.remove_prefix(size);
  }
  return out;
}

// JavaScript's layout of a finite number's shortest digits.
char* WriteShortest(char* out, double v) {
  char scientific[32];
  char* end = std::to_chars(scientific, scientific + sizeof scientific, v, std::chars_format::scientific).ptr;
  char* mark = std::find(scientific, end, 'e');
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
  char digits[24];
  int count = 0;
  for (char* at = scientific; at < mark; ++at) {
    if (*at != '.') digits[count++] = *at;
  }
  auto copy = [&](int from, int to) {
    std::memcpy(out, digits + from, static_cast<size_t>(to - from));
    out += to - from;
  };
  auto zeros = [&](int n) {
    std::memset(out, '0', static_cast<size_t>(n));
    out += n;
  };
  int whole = exponent + 1;  // Digits before the point.
  if (whole > 21 || whole <= -6) {
    copy(0, 1);
    if (count > 1) *out++ = '.', copy(1, count);
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    return std::to_chars(out, out + 4, exponent < 0 ? -exponent : exponent).ptr;
  }
  if (whole <= 0) {
    *out++ = '0', *out++ = '.';
    zeros(-whole);
    copy(0, count);
  } else if (count <= whole) {
    copy(0, count);
    zeros(whole - count);
  } else {
    copy(0, whole);
    *out++ = '.';
    copy(whole, count);
  }
  return out;
}

}  // namespace

char* WritePlainReal(char* out, double v) {
  if (v < 0) *out++ = '-', v = -v;
  if (std::isinf(v)) {
    std::memcpy(out, "9e999", 5);
    return out + 5;
  }
  if (v < 9007199254740992.0 && v == std::floor(v)) return WriteInteger(out, static_cast<int64_t>(v));
  return WriteShortest(out, v);
}

char* WriteJsonReal(char* out, double v) {
  char* end = WritePlainReal(out, v);
  if (v == std::floor(v) && v < 1e21 && v > -1e21) *end++ = '.', *end++ = '0';
  return end;
}

char* JsonWriter::Reserve(size_t bytes) {
  if (capacity_ - size_ < bytes + Slack || !buffer_) {
    size_t capacity = std::max({size_t{1024}, 2 * capacity_, size_ + bytes + Slack});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_) std::memcpy(larger.get(), buffer_.get(), size_);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }
  return buffer_.get() + size_;
}

void JsonWriter::Raw(std::string_view bytes) {
  char* out = Reserve(bytes.size());
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void JsonWriter::Raw(char c) {
  *Reserve(1) = c;
  ++size_;
}

void JsonWriter::Text(std::string_view text) {
  char* out = Reserve(text.size() + 2);
  *out = '"';
  Seen seen = CopyText(out + 1, text);
  bool repair = bad_text_ == BadText::Repair;
  if (!seen.escapes && (!seen.non_ascii || !repair || IsUtf8(text))) {
    out[text.size() + 1] = '"';
    size_ += text.size() + 2;
    return;
  }
  out = Reserve(6 * text.size() + 2);
  *out++ = '"';
  out = WriteEscaped(out, text, repair);
  *out++ = '"';
  size_ = static_cast<size_t>(out - buffer_.get());
}

void JsonWriter::Add(Value v) {
  if (v.type() != Type::Real) return AddPlain(v);
  char* out = Reserve(NumberTextBytesMax);
  size_ = static_cast<size_t>(WriteJsonReal(out, v.real()) - buffer_.get());
}

void JsonWriter::AddPlain(Value v) {
  switch (v.type()) {
    case Type::Null: return Raw("null");
    case Type::Text: return Text(v.bytes());
    case Type::Integer: {
      char* out = Reserve(NumberTextBytesMax);
      size_ = static_cast<size_t>(WriteInteger(out, v.integer()) - buffer_.get());
      return;
    }
    case Type::Real: {
      char* out = Reserve(NumberTextBytesMax);
      size_ = static_cast<size_t>(WritePlainReal(out, v.real()) - buffer_.get());
      return;
    }
    case Type::Blob: {
      static constexpr char Digits[] = "0123456789abcdef";
      Raw("{\"$blob\":\"");
      char* out = Reserve(2 * v.bytes().size());
      for (char c : v.bytes()) {
        *out++ = Digits[static_cast<uint8_t>(c) >> 4];
        *out++ = Digits[static_cast<uint8_t>(c) & 15];
      }
      size_ = static_cast<size_t>(out - buffer_.get());
      return Raw("\"}");
    }
  }
}

// Copies whole words: up to 15 bytes past `size` are read and written.
static void CopyShort(char* out, const char* in, size_t size) {
  constexpr size_t Word = 16;
  for (size_t i = 0; i < size; i += Word) std::memcpy(out + i, in + i, Word);
}

JsonRowShape::JsonRowShape(std::span<const std::string> names) {
  JsonWriter writer;
  for (const std::string& name : names) {
    writer.Raw(',');
    writer.Text(name);
    writer.Raw(':');
    ends_.push_back(writer.view().size());
  }
  prefixes_ = writer.str() + std::string(Slack, ' ');
}

void JsonRowShape::Write(JsonWriter& out, std::span<const Value> values) const {
  size_t row_start = out.size_, start = 0;
  for (size_t i = 0; i < ends_.size(); start = ends_[i++]) {
    if (values[i].type() == Type::Blob) continue;
    size_t size = ends_[i] - start;
    CopyShort(out.Reserve(size), prefixes_.data() + start, size);
    out.size_ += size;
    out.Add(values[i]);
  }
  if (out.size_ == row_start) return out.Raw("{}");
  out.buffer_[row_start] = '{';  // In place of the first comma.
  out.Raw('}');
}

}  // namespace bulkhead::value
