#include "runtime/postgres/print.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "runtime/postgres/moment.h"
#include "runtime/postgres/numbers.h"

namespace bulkhead::postgres {
namespace {

template <typename Integer>
void PrintInteger(Reader& reader, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}", reader.Take<Integer>());
}

void PrintBool(Reader& reader, std::string& out) {
  uint8_t v = reader.Take<uint8_t>();
  if (v > 1) return reader.Fail();
  out += v ? 't' : 'f';
}

void PrintChar(Reader& reader, std::string& out) {
  uint8_t c = reader.Take<uint8_t>();
  if (c >= 0x80)
    fmt::format_to(std::back_inserter(out), "\\{:03o}", c);
  else if (c)
    out += static_cast<char>(c);
}

void PrintVersioned(Reader& reader, std::string& out) {
  if (reader.Take<uint8_t>() != 1) return reader.Fail();
  out += reader.TakeRest();
}

void PrintNumeric(Reader& reader, std::string& out) {
  constexpr uint16_t Negative = 0x4000, NotANumber = 0xc000, Infinite = 0xd000, MinusInfinite = 0xf000;
  constexpr uint16_t Base = 10'000, ScaleMax = 0x3fff;
  std::vector<uint16_t> digits(static_cast<uint16_t>(reader.Take<int16_t>()));
  int16_t weight = reader.Take<int16_t>();
  uint16_t sign = reader.Take<uint16_t>(), scale = reader.Take<uint16_t>();
  if (digits.size() * sizeof(uint16_t) != reader.size() || scale > ScaleMax) return reader.Fail();
  for (uint16_t& digit : digits) {
    digit = reader.Take<uint16_t>();
    if (digit >= Base) return reader.Fail();
  }
  if (sign == NotANumber)
    out += "NaN";
  else if (sign == Infinite)
    out += "Infinity";
  else if (sign == MinusInfinite)
    out += "-Infinity";
  else if (sign != 0 && sign != Negative)
    reader.Fail();
  else
    AppendNumeric(out, {weight, scale, sign == Negative, digits});
}

void PrintUuid(Reader& reader, std::string& out) {
  std::string_view bytes = reader.TakeBytes(16);
  for (size_t i = 0; i < bytes.size(); i += 2) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    AppendHex(out, bytes.substr(i, 2), false);
  }
}

// Whether it is a time of day, midnight at its end included.
bool IsTimeOfDay(int64_t microseconds) {
  return microseconds >= 0 && microseconds <= MicrosecondsPerDay;
}

void PrintTime(Reader& reader, std::string& out) {
  int64_t microseconds = reader.Take<int64_t>();
  if (!IsTimeOfDay(microseconds)) return reader.Fail();
  AppendTimeOfDay(out, static_cast<uint64_t>(microseconds));
}

void PrintTimeTz(Reader& reader, std::string& out) {
  constexpr int32_t WestMax = 16 * 3600;
  PrintTime(reader, out);
  int32_t west = reader.Take<int32_t>();
  if (west < -WestMax || west > WestMax) return reader.Fail();
  AppendZone(out, -west);
}

void PrintInterval(Reader& reader, std::string& out) {
  int64_t microseconds = reader.Take<int64_t>();
  int32_t days = reader.Take<int32_t>();
  AppendInterval(out, microseconds, days, reader.Take<int32_t>());
}

void PrintBits(Reader& reader, std::string& out) {
  int32_t bits = reader.Take<int32_t>();
  std::string_view bytes = reader.TakeRest();
  if (bits < 0 || (static_cast<size_t>(bits) + 7) / 8 != bytes.size()) return reader.Fail();
  for (size_t i = 0; i < static_cast<size_t>(bits); ++i) {
    out += static_cast<uint8_t>(bytes[i / 8]) >> (7 - i % 8) & 1 ? '1' : '0';
  }
}

void PrintLsn(Reader& reader, std::string& out) {
  uint32_t high = reader.Take<uint32_t>();
  fmt::format_to(std::back_inserter(out), "{:X}/{:X}", high, reader.Take<uint32_t>());
}

void PrintRowPlace(Reader& reader, std::string& out) {
  uint32_t block = reader.Take<uint32_t>();
  fmt::format_to(std::back_inserter(out), "({},{})", block, reader.Take<uint16_t>());
}

void PrintBytea(Reader& reader, std::string& out) {
  out += "\\x";
  AppendHex(out, reader.TakeRest(), false);
}

void PrintText(Reader& reader, std::string& out) {
  out += reader.TakeRest();
}
void PrintGeometry(Reader& reader, std::string& out) {
  AppendHex(out, reader.TakeRest(), true);
}
void PrintFloat4(Reader& reader, std::string& out) {
  AppendReal(out, reader.TakeFloat());
}
void PrintFloat8(Reader& reader, std::string& out) {
  AppendReal(out, reader.TakeDouble());
}
void PrintMoney(Reader& reader, std::string& out) {
  AppendMoney(out, reader.Take<int64_t>());
}
void PrintDate(Reader& reader, std::string& out) {
  AppendDate(out, reader.Take<int32_t>());
}
template <bool with_zone>
void PrintTimestamp(Reader& reader, std::string& out) {
  AppendTimestamp(out, reader.Take<int64_t>(), with_zone);
}

struct Printing {
  BinaryRule rule;
  void (*print)(Reader& reader, std::string& out);
};
// In the order of BinaryRule, without what is not scalar.
constexpr Printing Printings[] = {
    {BinaryRule::Text, PrintText},
    {BinaryRule::Versioned, PrintVersioned},
    {BinaryRule::Bool, PrintBool},
    {BinaryRule::Char, PrintChar},
    {BinaryRule::Int2, PrintInteger<int16_t>},
    {BinaryRule::Int4, PrintInteger<int32_t>},
    {BinaryRule::Int8, PrintInteger<int64_t>},
    {BinaryRule::UInt4, PrintInteger<uint32_t>},
    {BinaryRule::UInt8, PrintInteger<uint64_t>},
    {BinaryRule::Float4, PrintFloat4},
    {BinaryRule::Float8, PrintFloat8},
    {BinaryRule::Numeric, PrintNumeric},
    {BinaryRule::Money, PrintMoney},
    {BinaryRule::Bytea, PrintBytea},
    {BinaryRule::Geometry, PrintGeometry},
    {BinaryRule::Uuid, PrintUuid},
    {BinaryRule::Date, PrintDate},
    {BinaryRule::Time, PrintTime},
    {BinaryRule::TimeTz, PrintTimeTz},
    {BinaryRule::Timestamp, PrintTimestamp<false>},
    {BinaryRule::TimestampTz, PrintTimestamp<true>},
    {BinaryRule::Interval, PrintInterval},
    {BinaryRule::Inet, PrintInet},
    {BinaryRule::MacAddress, PrintMacAddress},
    {BinaryRule::Bits, PrintBits},
    {BinaryRule::Point, PrintPoint},
    {BinaryRule::Segment, PrintSegment},
    {BinaryRule::Path, PrintPath},
    {BinaryRule::Box, PrintBox},
    {BinaryRule::Polygon, PrintPolygon},
    {BinaryRule::Line, PrintLine},
    {BinaryRule::Circle, PrintCircle},
    {BinaryRule::RowPlace, PrintRowPlace},
    {BinaryRule::Lsn, PrintLsn},
    {BinaryRule::Snapshot, PrintSnapshot},
    {BinaryRule::TextSearch, PrintTextSearch},
    {BinaryRule::Int2Vector, PrintInt2Vector},
    {BinaryRule::OidVector, PrintOidVector},
    {BinaryRule::KeyValues, PrintKeyValues},
    {BinaryRule::Vector, PrintVector},
};
constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(Printings); ++i) {
    if (static_cast<size_t>(Printings[i].rule) != i + 1) return false;
  }
  return BinaryRule::Record > Printings[std::size(Printings) - 1].rule;
}
static_assert(InOrder());

}  // namespace

void PrintScalar(BinaryRule rule, Reader& reader, std::string& out) {
  if (rule == BinaryRule::None || rule == BinaryRule::Record) return reader.Fail();
  Printings[static_cast<size_t>(rule) - 1].print(reader, out);
}

}  // namespace bulkhead::postgres
