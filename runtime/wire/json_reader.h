// A strict pull reader over JSON text that nobody has checked (RFC 8259, UTF-8). Nothing recurses, nothing is built:
// the caller asks for what it expects.
//
//   JsonReader reader(text);
//   std::string_view name, title;
//   for (bool more = reader.BeginObject(); more && reader.NextMember(name);)
//     if (name == "title") more = reader.String(title); else more = reader.Skip();
//   if (!reader.Finish()) …  // reader.problem() says what and where
//
// The first thing that is not as asked makes the reader fail; every later call then answers false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/limits.h"

namespace bulkhead::wire {

enum class JsonKind : uint8_t { Null, Boolean, Number, String, Array, Object, Nothing };

class JsonReader {
 public:
  JsonReader() = default;
  explicit JsonReader(std::string_view text) { Reset(text); }
  // Starts over with another text, which must outlive the reading. Keeps the buffer for unescaped strings.
  void Reset(std::string_view text);

  // What comes next; Nothing at the end and where no value can start. Does not move.
  JsonKind Peek();

  // BeginObject, then NextMember until it answers false (the end, or a failure). After each name its value must be
  // read or skipped. The same for arrays.
  bool BeginObject();
  bool NextMember(std::string_view& name);
  bool BeginArray();
  bool NextElement();

  // Strings are views of the text, or of the reader's buffer when they had escapes: valid until Reset. Every escape
  // must name a character, so a lone surrogate is refused.
  bool String(std::string_view& value);
  // A number as it is written; `whole` says that it has neither point nor exponent.
  bool Number(std::string_view& text, bool& whole);
  bool Boolean(bool& value);
  bool Null();
  // Any value, checked, at most limits::JsonDepthMax deep; `raw` is its text.
  bool Skip(std::string_view& raw);
  bool Skip() {
    std::string_view raw;
    return Skip(raw);
  }

  // Nothing but space is left and nothing failed.
  bool Finish();
  bool failed() const { return problem_ != nullptr; }
  // "expected a string at byte 17".
  std::string problem() const;
  // Makes the reader fail: the value is JSON, but not one the caller can take. `what` is a literal.
  bool Refuse(const char* what);

 private:
  void SkipSpace();
  bool Literal(std::string_view word);
  bool Separator(char close);
  bool Unescape(const char*& out);
  bool ScanString();
  bool SkipScalar();

  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool first_ = false;  // just after an opening bracket: no comma is due
  const char* problem_ = nullptr;
  std::unique_ptr<char[]> buffer_;  // unescaped strings, never longer than the text itself
  size_t buffer_size_ = 0;
  char* buffer_at_ = nullptr;
};

}  // namespace bulkhead::wire
