// PostgreSQL's types: one row each, with the rules that read its two formats.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bulkhead::postgres {

// What a type is made of.
enum class Kind : uint8_t { Base, Enum, Domain, Composite, Array, Range, Multirange };

// How a value's text becomes a SQLite value.
enum class TextRule : uint8_t {
  Verbatim,  // TEXT as it is.
  Bool,      // INTEGER 0 or 1.
  Int2,      // INTEGER, checked against the type's range.
  Int4,
  Int8,
  Oid,
  Real,         // REAL; NaN is NULL.
  Bytea,        // BLOB.
  Date,         // TEXT; infinity is a date at the calendar's end.
  Timestamp,    // TEXT as the options say.
  TimestampTz,  // The same, in UTC.
  Json,         // TEXT as it is; nested in arrays and composites, not quoted.
  Lsn,          // TEXT that sorts: both halves with 8 digits.
};

// How a value's binary format is printed as the server prints the text format.
enum class BinaryRule : uint8_t {
  None,       // Not possible from the bytes alone (names of tables) or not known: ask for the text format.
  Text,       // The bytes are the text.
  Versioned,  // A byte 1, then the text.
  Bool,
  Char,
  Int2,
  Int4,
  Int8,
  UInt4,
  UInt8,
  Float4,
  Float8,
  Numeric,
  Money,
  Bytea,
  Geometry,  // Bytes in upper-case hexadecimal.
  Uuid,
  Date,
  Time,
  TimeTz,
  Timestamp,
  TimestampTz,
  Interval,
  Inet,
  MacAddress,
  Bits,
  Point,
  Segment,
  Path,
  Box,
  Polygon,
  Line,
  Circle,
  RowPlace,
  Lsn,
  Snapshot,
  TextSearch,
  Int2Vector,
  OidVector,
  KeyValues,
  Vector,
  Record,
};

// A type with the same oid in every database, or (oid 0) an extension's type, which is known by name.
struct BuiltinType {
  uint32_t oid;
  uint32_t array_oid;  // 0: there are no arrays of it.
  std::string_view name;
  TextRule text;
  BinaryRule binary;
  std::string_view doc;
};
struct BuiltinRange {
  uint32_t oid, array_oid;
  std::string_view name;
  uint32_t element;
  uint32_t multirange_oid, multirange_array_oid;
  std::string_view multirange_name;
};

std::span<const BuiltinType> BuiltinTypes();  // by oid
std::span<const BuiltinType> ExtensionTypes();
std::span<const BuiltinRange> BuiltinRanges();

}  // namespace bulkhead::postgres
