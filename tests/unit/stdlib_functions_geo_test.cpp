// Geometries from WKB and EWKB: every type, dimension and byte order, printed and refused.

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>

#include "stdlib/functions/function.h"

using namespace bulkhead;
using value::OwnedValue;
using value::Value;

namespace {

// Builds WKB piece by piece, in either byte order.
struct Wkb {
  bool big = false;
  std::string bytes = {};

  Wkb& Number(uint64_t v, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(v >> 8 * (big ? size - 1 - i : i));
    return *this;
  }
  Wkb& Head(uint32_t type) { return bytes += static_cast<char>(!big), Number(type, 4); }
  Wkb& Count(uint32_t count) { return Number(count, 4); }
  Wkb& Reals(std::initializer_list<double> reals) {
    for (double v : reals) {
      uint64_t bits;
      std::memcpy(&bits, &v, sizeof bits);
      Number(bits, 8);
    }
    return *this;
  }
  Wkb& Point(double x, double y) { return Head(1).Reals({x, y}); }
};

std::string Hex(std::string_view bytes, const char* digits) {
  std::string text;
  for (char c : bytes) text += {digits[static_cast<uint8_t>(c) >> 4], digits[static_cast<uint8_t>(c) & 15]};
  return text;
}

// The result as text, or `error: …`.
std::string Call(std::string_view function, Value argument) {
  value::Arena arena;
  functions::Context context(arena);
  Value v = functions::Apply(*functions::Find(function, 1), context, {&argument, 1});
  if (context.failed()) return "error: " + std::string(context.message());
  if (v.is_null()) return "NULL";
  if (v.type() == value::Type::Real) return std::to_string(v.real());
  return std::string(v.bytes());
}
std::string Wkt(const Wkb& wkb) { return Call("st_astext", Value::Blob(wkb.bytes)); }
std::string GeoJson(const Wkb& wkb) { return Call("st_asgeojson", Value::Blob(wkb.bytes)); }

const double NaN = std::numeric_limits<double>::quiet_NaN(), Infinite = std::numeric_limits<double>::infinity();

// Every type with content, in one byte order; the dimensions come from `flags` (EWKB) or `iso` alike.
struct Case {
  std::string_view wkt, geojson;
  Wkb wkb;
};
std::vector<Case> Cases(bool big) {
  auto make = [&] { return Wkb{big}; };
  return {
      {"POINT(1 -2.5)", R"({"type":"Point","coordinates":[1.0,-2.5]})", make().Point(1, -2.5)},
      {"LINESTRING(0 0,1e+21 1e-7)", R"({"type":"LineString","coordinates":[[0.0,0.0],[1e+21,1e-7]]})",
       make().Head(2).Count(2).Reals({-0.0, 0, 1e21, 1e-7})},
      {"POLYGON((0 0,4 0,0 4,0 0),(1 1,2 1,1 2,1 1))",
       R"({"type":"Polygon","coordinates":[[[0.0,0.0],[4.0,0.0],[0.0,4.0],[0.0,0.0]],[[1.0,1.0],[2.0,1.0],[1.0,2.0],[1.0,1.0]]]})",
       make().Head(3).Count(2).Count(4).Reals({0, 0, 4, 0, 0, 4, 0, 0}).Count(4).Reals({1, 1, 2, 1, 1, 2, 1, 1})},
      {"MULTIPOINT(1 2,EMPTY,3 4)", R"({"type":"MultiPoint","coordinates":[[1.0,2.0],[],[3.0,4.0]]})",
       make().Head(4).Count(3).Point(1, 2).Point(NaN, NaN).Point(3, 4)},
      {"MULTILINESTRING((1 2,3 4),EMPTY)", R"({"type":"MultiLineString","coordinates":[[[1.0,2.0],[3.0,4.0]],[]]})",
       make().Head(5).Count(2).Head(2).Count(2).Reals({1, 2, 3, 4}).Head(2).Count(0)},
      {"MULTIPOLYGON(((0 0,1 0,0 1,0 0)),EMPTY)",
       R"({"type":"MultiPolygon","coordinates":[[[[0.0,0.0],[1.0,0.0],[0.0,1.0],[0.0,0.0]]],[]]})",
       make().Head(6).Count(2).Head(3).Count(1).Count(4).Reals({0, 0, 1, 0, 0, 1, 0, 0}).Head(3).Count(0)},
      {"GEOMETRYCOLLECTION(POINT(1 2),LINESTRING EMPTY,GEOMETRYCOLLECTION EMPTY)",
       R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.0,2.0]},)"
       R"({"type":"LineString","coordinates":[]},{"type":"GeometryCollection","geometries":[]}]})",
       make().Head(7).Count(3).Point(1, 2).Head(2).Count(0).Head(7).Count(0)},
  };
}

}  // namespace

TEST_CASE("geometries: every type in both byte orders, as blob and as hexadecimal text of either case") {
  for (bool big : {false, true}) {
    for (const Case& c : Cases(big)) {
      INFO(c.wkt);
      CHECK(Wkt(c.wkb) == c.wkt);
      CHECK(GeoJson(c.wkb) == c.geojson);
      CHECK(Call("st_astext", Value::Text(Hex(c.wkb.bytes, "0123456789abcdef"))) == c.wkt);
      CHECK(Call("st_astext", Value::Text(Hex(c.wkb.bytes, "0123456789ABCDEF"))) == c.wkt);
      bool point = c.wkt.starts_with("POINT");
      CHECK(Call("st_x", Value::Blob(c.wkb.bytes)) == (point ? "1.000000" : "NULL"));
      CHECK(Call("st_y", Value::Blob(c.wkb.bytes)) == (point ? "-2.500000" : "NULL"));
    }
  }
}

TEST_CASE("geometries: Z, M and SRID as EWKB and as ISO say them") {
  for (bool big : {false, true}) {
    auto make = [&] { return Wkb{big}; };
    CHECK(Wkt(make().Head(0x80000001).Reals({1, 2, 3})) == "POINT Z (1 2 3)");
    CHECK(Wkt(make().Head(1001).Reals({1, 2, 3})) == "POINT Z (1 2 3)");
    CHECK(Wkt(make().Head(0x40000001).Reals({1, 2, 3})) == "POINT M (1 2 3)");
    CHECK(Wkt(make().Head(2001).Reals({1, 2, 3})) == "POINT M (1 2 3)");
    CHECK(Wkt(make().Head(0xc0000001).Reals({1, 2, 3, 4})) == "POINT ZM (1 2 3 4)");
    CHECK(Wkt(make().Head(3001).Reals({1, 2, 3, 4})) == "POINT ZM (1 2 3 4)");
    CHECK(Wkt(make().Head(0xe0000002).Count(4326).Count(1).Reals({1, 2, 3, 4})) == "LINESTRING ZM (1 2 3 4)");
    CHECK(Wkt(make().Head(0x20000001).Count(4326).Reals({1, 2})) == "POINT(1 2)");
    CHECK(GeoJson(make().Head(3001).Reals({1, 2, 3, 4})) == R"({"type":"Point","coordinates":[1.0,2.0,3.0]})");
    CHECK(GeoJson(make().Head(2002).Count(1).Reals({1, 2, 3})) == R"({"type":"LineString","coordinates":[[1.0,2.0]]})");
    CHECK(Wkt(make().Head(1004).Count(1).Head(1001).Reals({1, 2, 3})) == "MULTIPOINT Z (1 2 3)");
    CHECK(Wkt(make().Head(1007).Count(1).Head(1001).Reals({1, 2, 3})) == "GEOMETRYCOLLECTION Z (POINT Z (1 2 3))");
    CHECK(Wkt(make().Head(1004).Count(1).Point(1, 2)) == "error: a geometry's part is of another type than the geometry");
  }
}

TEST_CASE("geometries: what is empty or not finite") {
  const char* names[] = {"LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"};
  for (uint32_t i = 0; i < 6; ++i) {
    CHECK(Wkt(Wkb{}.Head(i + 2).Count(0)) == std::string(names[i]) + " EMPTY");
    CHECK(Wkt(Wkb{}.Head(i + 1002).Count(0)) == std::string(names[i]) + " Z EMPTY");
  }
  CHECK(Wkt(Wkb{}.Point(NaN, NaN)) == "POINT EMPTY");
  CHECK(Wkt(Wkb{}.Head(1001).Reals({NaN, NaN, NaN})) == "POINT Z EMPTY");
  CHECK(GeoJson(Wkb{}.Point(NaN, NaN)) == R"({"type":"Point","coordinates":[]})");
  CHECK(Wkt(Wkb{}.Point(Infinite, -Infinite)) == "POINT(Infinity -Infinity)");
  CHECK(GeoJson(Wkb{}.Point(Infinite, NaN)) == R"({"type":"Point","coordinates":[null,null]})");
  CHECK(Wkt(Wkb{}.Head(3).Count(1).Count(0)) == "POLYGON(EMPTY)");
  CHECK(Call("st_x", Value::Blob(Wkb{}.Point(NaN, NaN).bytes)) == "NULL");
  CHECK(Call("st_y", Value::Blob(Wkb{}.Point(0, 0.5).bytes)) == "0.500000");
}

TEST_CASE("geometries: cut off anywhere, too long, mistyped, nested too deeply") {
  for (bool big : {false, true}) {
    for (const Case& c : Cases(big)) {
      INFO(c.wkt);
      for (size_t size = 0; size < c.wkb.bytes.size(); ++size) {
        CHECK(Wkt(Wkb{big, c.wkb.bytes.substr(0, size)}) == "error: a geometry ends too early");
      }
      CHECK(Wkt(Wkb{big, c.wkb.bytes + '\1'}) == "error: a geometry has bytes after its end");
    }
  }
  CHECK(Wkt(Wkb{}.Head(2).Count(0xffffffff)) == "error: a geometry ends too early");
  CHECK(Wkt(Wkb{}.Head(7).Count(0x10000000)) == "error: a geometry ends too early");
  for (uint32_t type : {0u, 8u, 17u, 1000u, 4001u, 0x10000001u}) {
    CHECK(Wkt(Wkb{}.Head(type).Count(0)) == "error: a geometry of an unknown type");
  }
  CHECK(Wkt(Wkb{false, std::string("\2\1\0\0\0\0\0\0\0", 9)}).starts_with("error: not a geometry"));
  CHECK(Wkt(Wkb{}.Head(4).Count(1).Head(2).Count(0).Count(0).Count(0).Count(0)).starts_with("error: a geometry's part"));
  auto nested = [](size_t depth) {
    Wkb wkb;
    for (size_t i = 0; i < depth; ++i) wkb.Head(7).Count(1);
    return wkb.Head(7).Count(0);
  };
  CHECK(Wkt(nested(200)).starts_with("GEOMETRYCOLLECTION(GEOMETRYCOLLECTION("));
  CHECK(Wkt(nested(201)) == "error: a geometry is nested too deeply");
  CHECK(Wkt(nested(1'000'000)) == "error: a geometry is nested too deeply");
  CHECK(Call("st_x", Value::Blob(nested(201).bytes)) == "error: a geometry is nested too deeply");
  for (std::string_view text : {"0", "01g1", "POINT(1 2)", "0101000000000000000000f03f000000000000004"}) {
    CHECK(Call("st_astext", Value::Text(text)) == "error: a geometry in text is hexadecimal");
  }
  CHECK(Call("st_astext", Value::Text("")) == "error: a geometry ends too early");
  CHECK(Call("st_astext", Value::Real(1.5)) == "NULL");
}

TEST_CASE("geometries: what is printed stays within the limit of a value") {
  // A collection of empty collections prints five times its size.
  Wkb wkb;
  uint32_t count = 2'500'000;
  wkb.Head(7).Count(count);
  std::string empty = Wkb{}.Head(7).Count(0).bytes;
  for (uint32_t i = 0; i < count; ++i) wkb.bytes += empty;
  CHECK(GeoJson(wkb) == "error: a value is too large");
  CHECK(Call("st_x", Value::Blob(wkb.bytes)) == "NULL");
}
