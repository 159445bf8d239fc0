// Scalars that are lists of something.
#include <fmt/format.h>

#include <iterator>

#include "runtime/postgres/numbers.h"
#include "runtime/postgres/print.h"

namespace bulkhead::postgres {
namespace {

// With the quote or backslash doubled as `escape` says.
void AppendQuoted(std::string& out, std::string_view text, char quote, bool double_quote) {
  out += quote;
  for (char c : text) {
    if (c == quote) out += double_quote ? quote : '\\';
    if (c == '\\') out += '\\';
    out += c;
  }
  out += quote;
}

// An array of one dimension without NULLs, as the old vector types are sent.
template <typename Number>
void PrintNumbers(Reader& reader, std::string& out) {
  int32_t dimensions = reader.Take<int32_t>(), nulls = reader.Take<int32_t>();
  reader.Take<int32_t>();  // The element's type.
  int32_t count = reader.Take<int32_t>();
  reader.Take<int32_t>();  // The first index.
  constexpr int64_t ElementBytes = sizeof(int32_t) + sizeof(Number);
  if (dimensions != 1 || nulls || count * ElementBytes != static_cast<int64_t>(reader.size()))
    return reader.Fail();
  for (int32_t i = 0; i < count; ++i) {
    if (reader.Take<int32_t>() != sizeof(Number)) return reader.Fail();
    fmt::format_to(std::back_inserter(out), "{}{}", i ? " " : "", reader.Take<Number>());
  }
}

}  // namespace

void PrintTextSearch(Reader& reader, std::string& out) {
  constexpr size_t LexemeBytesMin = 3;
  constexpr uint16_t PlaceMask = 0x3fff;
  size_t count = reader.TakeCount(LexemeBytesMin);
  for (size_t i = 0; i < count; ++i) {
    if (i) out += ' ';
    AppendQuoted(out, reader.TakeText(), '\'', true);
    size_t places = reader.TakeCount<int16_t>(sizeof(uint16_t));
    for (size_t place = 0; place < places; ++place) {
      uint16_t word = reader.Take<uint16_t>();
      fmt::format_to(std::back_inserter(out), "{}{}", place ? ',' : ':', word & PlaceMask);
      static constexpr char Weights[] = "DCBA";
      if (word > PlaceMask) out += Weights[word >> 14];
    }
  }
}

void PrintKeyValues(Reader& reader, std::string& out) {
  constexpr size_t PairBytesMin = 8;
  auto text = [&](int32_t size) {
    if (size < 0) reader.Fail();
    return size < 0 ? std::string_view() : reader.TakeBytes(static_cast<size_t>(size));
  };
  size_t count = reader.TakeCount(PairBytesMin);
  for (size_t i = 0; i < count && !reader.bad(); ++i) {
    if (i) out += ", ";
    AppendQuoted(out, text(reader.Take<int32_t>()), '"', false);
    out += "=>";
    int32_t size = reader.Take<int32_t>();
    if (size == -1)
      out += "NULL";
    else
      AppendQuoted(out, text(size), '"', false);
  }
}

void PrintVector(Reader& reader, std::string& out) {
  int16_t count = reader.Take<int16_t>();
  reader.Take<int16_t>();
  if (count < 0 || static_cast<size_t>(count) * sizeof(float) != reader.size()) return reader.Fail();
  out += '[';
  for (int16_t i = 0; i < count; ++i) {
    if (i) out += ',';
    AppendReal(out, reader.TakeFloat());
  }
  out += ']';
}

void PrintSnapshot(Reader& reader, std::string& out) {
  int32_t count = reader.Take<int32_t>();
  uint64_t smallest = reader.Take<uint64_t>(), largest = reader.Take<uint64_t>();
  if (count < 0 || static_cast<size_t>(count) != reader.size() / sizeof(uint64_t)) return reader.Fail();
  fmt::format_to(std::back_inserter(out), "{}:{}:", smallest, largest);
  for (int32_t i = 0; i < count; ++i)
    fmt::format_to(std::back_inserter(out), "{}{}", i ? "," : "", reader.Take<uint64_t>());
}

void PrintInt2Vector(Reader& reader, std::string& out) {
  PrintNumbers<int16_t>(reader, out);
}
void PrintOidVector(Reader& reader, std::string& out) {
  PrintNumbers<uint32_t>(reader, out);
}

}  // namespace bulkhead::postgres
