// One forward pass over untrusted JSON text, validating as it goes. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/limits.h"

namespace bulkhead::value {

// Where an element is in the text.
struct JsonSpan {
  std::string_view text;  // From its first to its last byte; a string includes its quotes.
  bool spaced = false;    // Has insignificant space inside.
  bool escaped = false;   // A string with a backslash.
  char first() const { return text[0]; }
};

// A position in a text. Methods that skip return false when the text is malformed there; then nothing else may be
// called. RFC 8259, nesting up to limits::JsonDepthMax.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}
  JsonScanner(const char* at, const char* end) : at_(at), end_(end) {}

  const char* at() const { return at_; }
  // The next byte, NUL at the end.
  char Peek() const { return at_ < end_ ? *at_ : '\0'; }
  void SkipSpace() {
    while (at_ < end_ && IsSpace(*at_)) {
      ++at_;
      ++spaces_;
    }
  }
  // Goes over `c`, which Peek() saw.
  void Skip() { ++at_; }

  // Enters the container whose bracket is next; the caller then reads its entries.
  bool Enter();
  // In an array or object after Enter or after an entry (`first` tells which): goes to the next entry, or over the closing
  // bracket and out. `more` says which.
  bool NextEntry(bool first, bool& more);
  // At an entry of an object: reads `"label":` and stands before the value.
  bool ReadLabel(JsonSpan& label);
  // Skips the value, with what is in it.
  bool SkipValue();
  // The same, and says where it is.
  bool ReadValue(JsonSpan& value);
  // Skips the rest of every container entered, and whatever may follow the document.
  bool Finish();

 private:
  enum class State : uint8_t { Value, After };

  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  bool Run(State state, uint32_t base);
  bool SkipString(bool& escaped);
  bool Push(bool object);
  bool in_object() const { return (kinds_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64)) & 1; }

  const char* at_;
  const char* end_;
  uint32_t depth_ = 0;
  uint32_t spaces_ = 0;
  uint64_t kinds_[(limits::JsonDepthMax + 63) / 64];  // Bit per open container: object or array.
};

}  // namespace bulkhead::value
