#include "stdlib/functions/wkb.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#include "runtime/base/limits.h"

namespace bulkhead::functions {
namespace {

using value::Value;

// Numbered as in WKB, from 1.
enum class Kind : uint8_t {
  Point = 1,
  LineString,
  Polygon,
  MultiPoint,
  MultiLineString,
  MultiPolygon,
  Collection
};

struct KindRow {
  std::string_view geojson, wkt;
};
constexpr KindRow Kinds[] = {
    {"Point", "POINT"},
    {"LineString", "LINESTRING"},
    {"Polygon", "POLYGON"},
    {"MultiPoint", "MULTIPOINT"},
    {"MultiLineString", "MULTILINESTRING"},
    {"MultiPolygon", "MULTIPOLYGON"},
    {"GeometryCollection", "GEOMETRYCOLLECTION"},
};

// What EWKB adds to the type's number; ISO adds 1000 for Z, 2000 for M, 3000 for both.
constexpr uint32_t FlagZ = 0x80000000, FlagM = 0x40000000, FlagSrid = 0x20000000;
constexpr uint32_t IsoStep = 1000, IsoDimensionsMax = 3;

// The least bytes of what a count announces, so that a wrong count is found before anything is printed.
constexpr size_t GeometryBytesMin = 9, RingBytesMin = 4;

struct Header {
  Kind kind;
  bool z, m, big_endian;
  size_t dimensions() const { return 2u + z + m; }
};

class Walk {
 public:
  Walk(std::string_view bytes, GeometryStyle style, value::JsonWriter& out)
      : rest_(bytes), style_(style), out_(out) {}

  GeometryResult Run() {
    if (Whole(0) && !rest_.empty()) Fail("a geometry has bytes after its end");
    return result_;
  }

 private:
  bool Fail(std::string_view problem) {
    if (result_.problem.empty()) result_.problem = problem;
    return false;
  }
  bool Truncated() { return Fail("a geometry ends too early"); }
  bool Json() const { return style_ == GeometryStyle::GeoJson; }
  bool Wkt() const { return style_ == GeometryStyle::Wkt; }
  void Print(std::string_view json, std::string_view wkt) {
    if (Json()) out_.Raw(json);
    if (Wkt()) out_.Raw(wkt);
  }
  bool Fits() { return out_.view().size() <= limits::ValueBytesMax || Fail("a value is too large"); }

  template <typename T>
  T Take(bool big_endian) {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      size_t shift = 8 * (big_endian ? sizeof(T) - 1 - i : i);
      value |= static_cast<T>(static_cast<uint8_t>(rest_[i])) << shift;
    }
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  double TakeReal(bool big_endian) {
    uint64_t bits = Take<uint64_t>(big_endian);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  bool TakeHeader(Header& header) {
    if (rest_.size() < GeometryBytesMin) return Truncated();
    uint8_t order = Take<uint8_t>(false);
    if (order > 1) return Fail("not a geometry: it does not begin with a byte order");
    header.big_endian = order == 0;
    uint32_t type = Take<uint32_t>(header.big_endian);
    bool has_srid = type & FlagSrid;
    uint32_t number = type & ~(FlagZ | FlagM | FlagSrid), iso = number / IsoStep, kind = number % IsoStep;
    if (iso > IsoDimensionsMax || kind < 1 || kind > std::size(Kinds))
      return Fail("a geometry of an unknown type");
    header.kind = static_cast<Kind>(kind);
    header.z = (type & FlagZ) || (iso & 1);
    header.m = (type & FlagM) || (iso & 2);
    if (!has_srid) return true;
    Take<uint32_t>(header.big_endian);
    return rest_.size() >= sizeof(uint32_t) || Truncated();
  }
  // How many parts of at least `bytes_min` follow.
  bool TakeCount(const Header& header, size_t bytes_min, uint32_t& count) {
    if (rest_.size() < sizeof count) return Truncated();
    count = Take<uint32_t>(header.big_endian);
    return count <= rest_.size() / bytes_min || Truncated();
  }

  // A geometry with its name.
  bool Whole(size_t depth) {
    Header header;
    if (depth > limits::GeometryDepthMax) return Fail("a geometry is nested too deeply");
    if (!TakeHeader(header)) return false;
    const KindRow& row = Kinds[static_cast<size_t>(header.kind) - 1];
    bool collection = header.kind == Kind::Collection;
    Print("{\"type\":\"", row.wkt);
    Print(row.geojson, header.z ? header.m ? " ZM " : " Z " : header.m ? " M " : "");
    Print(collection ? "\",\"geometries\":" : "\",\"coordinates\":", "");
    bool named = !header.z && !header.m;
    if (!Body(header, depth, named ? " EMPTY" : "EMPTY")) return false;
    Print("}", "");
    return true;
  }
  // What follows a geometry's name; `empty` is its WKT when there is nothing.
  bool Body(const Header& header, size_t depth, std::string_view empty) {
    switch (header.kind) {
      case Kind::Point:
        return Point(header, depth, empty);
      case Kind::LineString:
        return Coordinates(header, empty);
      case Kind::Polygon:
        return List(header, RingBytesMin, empty, [&] { return Coordinates(header, "EMPTY"); });
      case Kind::MultiPoint:
        return Parts(header, Kind::Point, depth, empty);
      case Kind::MultiLineString:
        return Parts(header, Kind::LineString, depth, empty);
      case Kind::MultiPolygon:
        return Parts(header, Kind::Polygon, depth, empty);
      case Kind::Collection:
        break;
    }
    return List(header, GeometryBytesMin, empty, [&] { return Whole(depth + 1); });
  }
  bool Parts(const Header& header, Kind kind, size_t depth, std::string_view empty) {
    return List(header, GeometryBytesMin, empty, [&] {
      Header part;
      if (!TakeHeader(part)) return false;
      if (part.kind != kind || part.z != header.z || part.m != header.m) {
        return Fail("a geometry's part is of another type than the geometry");
      }
      // A point among points has no parentheses of its own.
      return kind == Kind::Point ? Point(part, depth + 1, "EMPTY", "", "") : Body(part, depth + 1, "EMPTY");
    });
  }
  bool Coordinates(const Header& header, std::string_view empty) {
    return List(header, 8 * header.dimensions(), empty, [&] {
      double c[4];
      TakeCoordinate(header, c);
      PrintCoordinate(header, c);
      return true;
    });
  }
  template <typename Part>
  bool List(const Header& header, size_t bytes_min, std::string_view empty, const Part& part) {
    uint32_t count = 0;
    if (!TakeCount(header, bytes_min, count)) return false;
    Print("[", count ? "(" : empty);
    for (uint32_t i = 0; i < count; ++i) {
      if (i) Print(",", ",");
      if (!part() || !Fits()) return false;
    }
    Print("]", count ? ")" : "");
    return true;
  }

  // An empty point has no coordinates, which WKB says with NaN.
  bool Point(const Header& header, size_t depth, std::string_view empty, std::string_view open = "(",
             std::string_view close = ")") {
    if (rest_.size() < 8 * header.dimensions()) return Truncated();
    double c[4];
    TakeCoordinate(header, c);
    if (std::isnan(c[0]) && std::isnan(c[1])) {
      Print("[]", empty);
      return true;
    }
    if (depth == 0) result_.is_point = true, result_.x = c[0], result_.y = c[1];
    Print("", open);
    PrintCoordinate(header, c);
    Print("", close);
    return true;
  }
  void TakeCoordinate(const Header& header, double* c) {
    for (size_t i = 0; i < header.dimensions(); ++i) c[i] = TakeReal(header.big_endian);
  }
  void PrintCoordinate(const Header& header, const double* c) {
    if (style_ == GeometryStyle::None) return;
    size_t count = Json() ? 2u + header.z : header.dimensions();
    Print("[", "");
    for (size_t i = 0; i < count; ++i) {
      if (i) Print(",", " ");
      PrintNumber(c[i]);
    }
    Print("]", "");
  }
  void PrintNumber(double v) {
    if (Json()) return out_.Add(std::isfinite(v) ? Value::Real(v) : Value::Null());
    if (std::isfinite(v)) return out_.AddPlain(Value::Real(v));
    out_.Raw(std::isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
  }

  std::string_view rest_;
  GeometryStyle style_;
  value::JsonWriter& out_;
  GeometryResult result_;
};

}  // namespace

GeometryResult PrintGeometry(std::string_view bytes, GeometryStyle style, value::JsonWriter& out) {
  return Walk(bytes, style, out).Run();
}

}  // namespace bulkhead::functions
