// Addresses.
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "runtime/postgres/print.h"

namespace bulkhead::postgres {
namespace {

constexpr uint8_t FamilyIp4 = 2, FamilyIp6 = 3;  // As PostgreSQL numbers them on every system.

void AppendIp4(std::string& out, std::string_view bytes) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", byte(0), byte(1), byte(2), byte(3));
}

struct Run {
  size_t start = 0, size = 0;
};
// The first of the longest runs of at least two zero words.
Run LongestZeros(const std::array<uint16_t, 8>& words) {
  Run best, run;
  for (size_t i = 0; i < words.size(); ++i) {
    run = words[i] ? Run{i + 1, 0} : Run{run.start, run.size + 1};
    if (run.size > best.size && run.size >= 2) best = run;
  }
  return best;
}

void AppendIp6(std::string& out, std::string_view bytes) {
  std::array<uint16_t, 8> words;
  Reader reader(bytes);
  for (uint16_t& word : words) word = reader.Take<uint16_t>();
  Run zeros = LongestZeros(words);
  // ::1.2.3.4 and ::ffff:1.2.3.4
  bool embeds = zeros.start == 0 && (zeros.size == 6 || (zeros.size == 5 && words[5] == 0xffff));
  size_t plain = embeds ? 6 : 8;
  for (size_t i = 0; i < plain; ++i) {
    if (zeros.size && i >= zeros.start && i < zeros.start + zeros.size) {
      if (i == zeros.start) out += ':';
      continue;
    }
    if (i) out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", words[i]);
  }
  if (zeros.size && zeros.start + zeros.size == 8) out += ':';
  if (!embeds) return;
  out += ':';
  AppendIp4(out, bytes.substr(12));
}

}  // namespace

void PrintInet(Reader& reader, std::string& out) {
  uint8_t family = reader.Take<uint8_t>(), bits = reader.Take<uint8_t>(), is_cidr = reader.Take<uint8_t>();
  size_t size = reader.Take<uint8_t>(), wanted = family == FamilyIp4 ? 4 : 16;
  std::string_view bytes = reader.TakeBytes(size);
  if ((family != FamilyIp4 && family != FamilyIp6) || bytes.size() != wanted || bits > 8 * wanted)
    return reader.Fail();
  if (family == FamilyIp4)
    AppendIp4(out, bytes);
  else
    AppendIp6(out, bytes);
  if (is_cidr || bits < 8 * wanted) fmt::format_to(std::back_inserter(out), "/{}", bits);
}

void PrintMacAddress(Reader& reader, std::string& out) {
  if (reader.size() != 6 && reader.size() != 8) return reader.Fail();
  for (bool first = true; reader.size(); first = false) {
    fmt::format_to(std::back_inserter(out), "{}{:02x}", first ? "" : ":", reader.Take<uint8_t>());
  }
}

}  // namespace bulkhead::postgres
