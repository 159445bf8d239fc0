#include "compiler/source/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "runtime/base/limits.h"

namespace bulkhead::source {
namespace {

constexpr std::string_view Replacement = "\xEF\xBF\xBD";
constexpr std::string_view ByteOrderMark = "\xEF\xBB\xBF";

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// The shortest code point that needs `length` bytes: anything below is an overlong form.
char32_t ShortestOf(size_t length) {
  constexpr char32_t Least[] = {0, 0, 0x80, 0x800, 0x10000};
  return Least[length];
}

size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Copies the valid runs of `text` and puts U+FFFD in place of every other byte.
void Sanitise(std::string_view text, File& file) {
  size_t valid_from = 0;
  for (size_t at = 0; at < text.size();) {
    char32_t code_point;
    if (size_t length = DecodeUtf8(text, at, &code_point)) {
      at += length;
      continue;
    }
    file.text.append(text, valid_from, at - valid_from);
    file.replaced_bytes.push_back(static_cast<uint32_t>(file.text.size()));
    file.text.append(Replacement);
    valid_from = ++at;
  }
  file.text.append(text, valid_from);
}

bool IsValidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    char32_t code_point;
    size_t length = DecodeUtf8(text, at, &code_point);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

Position PositionOf(const File& file, uint32_t offset) {
  auto next = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), offset);
  uint32_t line_start = *std::prev(next);
  auto begin = file.text.begin() + line_start;
  auto end = file.text.begin() + std::min<size_t>(offset, file.text.size());
  auto characters = std::count_if(begin, end, [](char c) { return !IsContinuation(static_cast<unsigned char>(c)); });
  return {static_cast<uint32_t>(next - file.line_starts.begin()), static_cast<uint32_t>(characters + 1)};
}

}  // namespace

size_t DecodeUtf8(std::string_view text, size_t at, char32_t* code_point) {
  auto lead = static_cast<unsigned char>(text[at]);
  size_t length = SequenceLength(lead);
  if (length == 0 || at + length > text.size()) return 0;
  char32_t value = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    auto byte = static_cast<unsigned char>(text[at + i]);
    if (!IsContinuation(byte)) return 0;
    value = value << 6 | (byte & 0x3F);
  }
  if (value < ShortestOf(length) || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
  *code_point = value;
  return length;
}

Span Cover(Span a, Span b) {
  if (!a.HasValue()) return b;
  if (!b.HasValue()) return a;
  CHECK_INVARIANT(a.file == b.file, "spans of two files cannot be covered by one");
  return {a.file, std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

FileId Sources::Add(std::string name, std::string text) {
  CHECK_INVARIANT(text.size() < UINT32_MAX / 3, "the caller bounds the size of a file");
  File file;
  file.name = std::move(name);
  if (text.starts_with(ByteOrderMark)) text.erase(0, ByteOrderMark.size());
  if (IsValidUtf8(text)) {
    file.text = std::move(text);
  } else {
    Sanitise(text, file);
  }
  file.line_starts.push_back(0);
  for (size_t at = file.text.find('\n'); at != std::string::npos; at = file.text.find('\n', at + 1))
    file.line_starts.push_back(static_cast<uint32_t>(at + 1));
  return files_.Add(std::move(file));
}

Result<FileId> Sources::Load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Code::NotFound, fmt::format("cannot read `{}`", path)};
  std::string text;
  std::string block(1 << 16, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block, 0, static_cast<size_t>(in.gcount()));
    if (text.size() > limits::SourceFileBytesMax)
      return Error{Code::LimitExceeded,
                   fmt::format("`{}` is larger than {} MiB", path, limits::SourceFileBytesMax >> 20)};
  }
  if (in.bad() || (!in.eof() && in.fail())) return Error{Code::NotFound, fmt::format("cannot read `{}`", path)};
  return Add(path, std::move(text));
}

std::string_view Sources::Text(Span span) const {
  std::string_view text = files_[span.file].text;
  uint32_t begin = std::min<uint32_t>(span.begin, static_cast<uint32_t>(text.size()));
  return text.substr(begin, span.end - begin);
}

Position Sources::Start(Span span) const { return PositionOf(files_[span.file], span.begin); }
Position Sources::End(Span span) const { return PositionOf(files_[span.file], span.end); }

}  // namespace bulkhead::source
