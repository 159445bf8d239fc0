// The types of one database: the built-in ones, and those that its own catalogue describes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/postgres/types.h"

namespace bulkhead::postgres {

struct Field {
  std::string name;
  uint32_t type = 0;
};

struct Type {
  uint32_t oid = 0;
  std::string name;
  Kind kind = Kind::Base;
  TextRule text = TextRule::Verbatim;
  BinaryRule binary = BinaryRule::None;
  uint32_t element = 0;       // Array, Range: of what. Domain: over what. Multirange: its range.
  char delimiter = ',';       // Array: between elements; `;` for boxes.
  std::vector<Field> fields;  // Composite.
};

// Names the types a connection may meet that are not built in; run it when a connection begins, and again
// when an unknown oid turns up. Rows go to AddRow. For PostgreSQL 14 and later.
inline constexpr std::string_view TypesQuery =
    "SELECT t.oid, t.typname, CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN 'a' ELSE t.typtype END, "
    "coalesce(nullif(t.typbasetype, 0), r.rngsubtype, m.rngtypid, t.typelem), "
    "coalesce(e.typdelim, ','), a.attname, a.atttypid FROM pg_catalog.pg_type t "
    "LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_catalog.pg_range m ON "
    "m.rngmultitypid = t.oid "
    "LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem "
    "LEFT JOIN pg_catalog.pg_attribute a ON t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 "
    "AND NOT a.attisdropped WHERE t.oid >= 16384 AND t.typtype IN ('b', 'c', 'd', 'e', 'm', 'r') ORDER BY "
    "t.oid, a.attnum";
inline constexpr size_t TypesQueryColumns = 7;

class Catalog {
 public:
  Catalog();

  // Adds or replaces a type that is not built in. A Base type gets the rules of the extension's type of that
  // name, else it is text. What it refers to may be added later. InvalidData for a built-in oid,
  // LimitExceeded.
  Status Add(Type type);
  // A row of TypesQuery in text format, NULL as empty; the rows of one type follow each other.
  Status AddRow(std::span<const std::string_view> columns);

  // The type; for an oid that nobody described one that is text. The reference stays good until the oid is
  // added again; adding others does not move it.
  const Type& Find(uint32_t oid) const;
  // Whether the type is one that only `custom_postgres_types` takes apart: not built in, or a range, or made
  // of such.
  bool IsCustom(const Type& type) const;

 private:
  void AddBuiltin(Type type);

  std::unordered_map<uint32_t, Type> types_;
  Type unknown_;
  uint32_t last_row_oid_ = 0;
  size_t fields_ = 0;
};

}  // namespace bulkhead::postgres
