// Geometries, as PostGIS and other databases send them: WKB or EWKB, as a blob or in hexadecimal.
#include <array>

#include "stdlib/functions/tables.h"
#include "stdlib/functions/wkb.h"

namespace bulkhead::functions {
namespace {

constexpr std::array<int8_t, 256> HexDigits = [] {
  std::array<int8_t, 256> digits{};
  digits.fill(-1);
  for (int i = 0; i < 10; ++i) digits[static_cast<size_t>('0' + i)] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    digits[static_cast<size_t>('a' + i)] = digits[static_cast<size_t>('A' + i)] = static_cast<int8_t>(10 + i);
  }
  return digits;
}();
int HexDigit(char c) { return HexDigits[static_cast<uint8_t>(c)]; }

// The geometry's bytes; false after failing.
bool GeometryBytes(Context& context, Value v, std::string_view& bytes) {
  bytes = v.bytes();
  if (v.type() == Type::Blob) return true;
  char* out = context.Allocate(bytes.size() / 2);
  if (!out) return false;
  int bad = bytes.size() % 2 ? -1 : 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    int high = HexDigit(bytes[i]), low = HexDigit(bytes[i + 1]);
    bad |= high | low;
    out[i / 2] = static_cast<char>(static_cast<unsigned>(high) << 4 | static_cast<unsigned>(low));
  }
  if (bad < 0) {
    context.Fail("a geometry in text is hexadecimal");
    return false;
  }
  bytes = {out, bytes.size() / 2};
  return true;
}

// Reads the geometry and prints it to `out`. False after failing, and for numbers, which are no geometries.
bool Read(Context& context, Value v, GeometryStyle style, value::JsonWriter& out, GeometryResult& result) {
  std::string_view bytes;
  if (!v.is_bytes() || !GeometryBytes(context, v, bytes)) return false;
  result = PrintGeometry(bytes, style, out);
  if (!result.problem.empty()) context.Fail(result.problem);
  return result.problem.empty();
}

Value AsGeoJson(Context& context, Args args) {
  value::JsonWriter& out = context.Scratch();
  GeometryResult result;
  if (!Read(context, args[0], GeometryStyle::GeoJson, out, result)) return {};
  Value text = context.CopyText(out.view());
  return text.is_null() ? text : Value::Json(text.bytes());
}

Value AsText(Context& context, Args args) {
  value::JsonWriter& out = context.Scratch();
  GeometryResult result;
  return Read(context, args[0], GeometryStyle::Wkt, out, result) ? context.CopyText(out.view()) : Value();
}

Value Coordinate(Context& context, Args args, double GeometryResult::*member) {
  GeometryResult result;
  bool read = Read(context, args[0], GeometryStyle::None, context.Scratch(), result);
  return read && result.is_point ? Value::Real(result.*member) : Value();
}

constexpr Example GeoJsonExamples[] = {
    {"st_asgeojson('0101000000000000000000f03f0000000000000040')", "'{\"type\":\"Point\",\"coordinates\":[1.0,2.0]}'"},
    {"st_asgeojson(X'0101000020e6100000000000000000f83f00000000000000c0')", "'{\"type\":\"Point\",\"coordinates\":[1.5,-2.0]}'"},
    {"st_asgeojson('010700000000000000')", "'{\"type\":\"GeometryCollection\",\"geometries\":[]}'"},
    {"st_asgeojson('0101')", "error"}, {"st_asgeojson(1)", "NULL"}};
constexpr Example TextExamples[] = {
    {"st_astext('0101000000000000000000f03f0000000000000040')", "'POINT(1 2)'"},
    {"st_astext('00800000023ff800000000000040000000000000003ff0000000000000')", "error"},
    {"st_astext('0080000002000000013ff800000000000040000000000000003ff0000000000000')", "'LINESTRING Z (1.5 2 1)'"},
    {"st_astext('010300000000000000')", "'POLYGON EMPTY'"}, {"st_astext('POINT(1 2)')", "error"}, {"st_astext(NULL)", "NULL"}};
constexpr Example XExamples[] = {{"st_x('0101000000000000000000f03f0000000000000040')", "1.0"}, {"st_x('010200000000000000')", "NULL"},
                                 {"st_x('0101000000000000000000f87f000000000000f87f')", "NULL"}, {"st_x(X'')", "error"}};
constexpr Example YExamples[] = {{"st_y('0101000000000000000000f03f0000000000000040')", "2.0"}, {"st_y('010200000000000000')", "NULL"}};

constexpr Function Table[] = {
    {.name = "st_asgeojson", .signature = "(geometry) -> json", .args_min = 1, .args_max = 1,
     .doc = "The geometry, a blob or hexadecimal text of WKB or EWKB, as GeoJSON with all its digits; without M values and SRID.",
     .examples = GeoJsonExamples, .eval = AsGeoJson},
    {.name = "st_astext", .signature = "(geometry) -> text", .args_min = 1, .args_max = 1,
     .doc = "The geometry, a blob or hexadecimal text of WKB or EWKB, as WKT with all its digits; without the SRID.",
     .examples = TextExamples, .eval = AsText},
    {.name = "st_x", .signature = "(geometry) -> real", .args_min = 1, .args_max = 1,
     .doc = "The X coordinate (longitude) of a point; NULL for other geometries and for the empty point.", .examples = XExamples,
     .eval = [](Context& context, Args args) { return Coordinate(context, args, &GeometryResult::x); }},
    {.name = "st_y", .signature = "(geometry) -> real", .args_min = 1, .args_max = 1,
     .doc = "The Y coordinate (latitude) of a point; NULL for other geometries and for the empty point.", .examples = YExamples,
     .eval = [](Context& context, Args args) { return Coordinate(context, args, &GeometryResult::y); }},
};

}  // namespace

std::span<const Function> GeoFunctions() { return Table; }

}  // namespace bulkhead::functions
