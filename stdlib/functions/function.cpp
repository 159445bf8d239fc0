#include "stdlib/functions/function.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

std::vector<const Function*> Sorted() {
  std::vector<const Function*> all;
  for (std::span<const Function> table : {NullFunctions(), NumberFunctions(), TextFunctions(), PatternFunctions(),
                                          ByteFunctions(), JsonFunctions(), JsonEditFunctions(),
                                          MathFunctions(), FormatFunctions(), DateFunctions(), PostgresTextFunctions(),
                                          PostgresDateFunctions(), PostgresJsonFunctions(), RefusedFunctions(),
                                          ToCharFunctions(), GeoFunctions()}) {
    for (const Function& function : table) all.push_back(&function);
  }
  std::sort(all.begin(), all.end(), [](const Function* a, const Function* b) {
    return a->name != b->name ? a->name < b->name : a->args_min < b->args_min;
  });
  return all;
}

}  // namespace

char* Context::Allocate(size_t bytes) {
  if (bytes > limits::ValueBytesMax) {
    Fail("a value is too large");
    return nullptr;
  }
  char* memory = arena_->Allocate(bytes);
  if (!memory) Fail("evaluation needs too much memory");
  return memory;
}

Value Context::CopyText(std::string_view bytes) {
  char* out = Allocate(bytes.size());
  if (!out) return {};
  std::copy(bytes.begin(), bytes.end(), out);
  return Value::Text({out, bytes.size()});
}

Value Context::CopyBlob(std::string_view bytes) {
  Value text = CopyText(bytes);
  return text.is_null() ? text : Value::Blob(text.bytes());
}

std::span<const Function* const> All() {
  static const std::vector<const Function*> all = Sorted();
  return all;
}

const Function* FindName(std::string_view name) {
  auto all = All();
  auto found = std::lower_bound(all.begin(), all.end(), name,
                                [](const Function* f, std::string_view wanted) { return f->name < wanted; });
  return found != all.end() && (*found)->name == name ? *found : nullptr;
}

const Function* Find(std::string_view name, size_t args) {
  auto all = All();
  auto found = std::lower_bound(all.begin(), all.end(), name,
                                [](const Function* f, std::string_view wanted) { return f->name < wanted; });
  for (; found != all.end() && (*found)->name == name; ++found) {
    if (args >= (*found)->args_min && args <= (*found)->args_max) return *found;
  }
  return nullptr;
}

size_t FindBytes(std::string_view text, std::string_view wanted, size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (wanted.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found ? static_cast<size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(CharacterBytes(text));
  return count;
}

// Byte position of the character at index `characters` (or the end).
size_t ByteOffset(std::string_view text, uint64_t characters) {
  size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) at += CharacterBytes(text.substr(at));
  return at;
}

uint32_t TakeCodePoint(std::string_view& text) {
  uint32_t c = static_cast<uint8_t>(text[0]);
  size_t size = CharacterBytes(text);
  if (c >= 0xc0) {
    c &= c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : c < 0xf8 ? 7 : c < 0xfc ? 3 : c < 0xfe ? 1 : 0;
    for (size_t i = 1; i < size; ++i) c = c << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
    if (c < 0x80 || (c & 0xfffff800) == 0xd800 || (c & 0xfffffffe) == 0xfffe) c = 0xfffd;
  }
  text.remove_prefix(size);
  return c;
}

}  // namespace bulkhead::functions
