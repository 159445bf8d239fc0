// Geometries in WKB and EWKB, checked and printed. Internal to stdlib/functions.
#pragma once

#include <string_view>

#include "runtime/value/json.h"

namespace bulkhead::functions {

enum class GeometryStyle : uint8_t {
  None,     // Only checks.
  GeoJson,  // {"type":"Point","coordinates":[1.0,2.0]}; no M, no SRID, null for what is not finite.
  Wkt,      // POINT(1 2), LINESTRING Z (1 2 3,4 5 6), MULTIPOINT(1 2,3 4), POINT EMPTY; no SRID.
};

struct GeometryResult {
  std::string_view
      problem;            // One lower-case sentence; empty when the bytes are one geometry and nothing else.
  bool is_point = false;  // A point that is not empty: these are its coordinates.
  double x = 0, y = 0;
};

// Reads one geometry (either byte order, Z and M by EWKB's flags or by ISO's numbers, SRID ignored) and
// appends it to `out`. The bytes are untrusted: time and memory are linear in them, collections nest
// limits::GeometryDepthMax deep.
GeometryResult PrintGeometry(std::string_view bytes, GeometryStyle style, value::JsonWriter& out);

}  // namespace bulkhead::functions
