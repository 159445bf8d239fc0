// Files of text and places in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/id.h"
#include "runtime/base/result.h"

namespace bulkhead::source {

struct File {
  std::string name;  // as the person wrote it: "rules/workspace.sync", or "<stdin>"
  std::string text;  // valid UTF-8 without a byte order mark; each invalid byte was replaced by U+FFFD
  std::vector<uint32_t> line_starts;     // byte offset of each line's first byte; never empty
  std::vector<uint32_t> replaced_bytes;  // where in `text` U+FFFD stands for an invalid byte; parsers report these
};
using FileId = Id<File>;

// Bytes [begin, end) of one file. An empty span is a place between two bytes.
struct Span {
  FileId file;
  uint32_t begin = 0;
  uint32_t end = 0;
  bool HasValue() const { return file.HasValue(); }
  friend bool operator==(const Span&, const Span&) = default;
};
// The smallest span that covers both; they must be of one file.
Span Cover(Span a, Span b);

// A 1-based line and a 1-based column counted in characters (code points).
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

// Length in bytes of the UTF-8 character that begins at text[at], or 0 when the bytes there are not valid UTF-8
// (overlong forms, surrogates and cut sequences included). `*code_point` is set only on success.
size_t DecodeUtf8(std::string_view text, size_t at, char32_t* code_point);

// Owns the text of one compilation's files. References and views stay valid while it lives.
class Sources {
 public:
  FileId Add(std::string name, std::string text);
  // Reads a file of at most limits::SourceFileBytesMax. NotFound or LimitExceeded otherwise.
  Result<FileId> Load(const std::string& path);
  const File& operator[](FileId id) const { return files_[id]; }
  std::string_view Text(Span span) const;
  Position Start(Span span) const;
  Position End(Span span) const;
  uint32_t size() const { return files_.size(); }

 private:
  Store<File> files_;
};

}  // namespace bulkhead::source
