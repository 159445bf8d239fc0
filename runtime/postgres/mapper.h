// PostgreSQL's values, in the text or the binary format of the wire, as the SQLite values that are synced.
//
// The same value maps to the same result in both formats, when the connection that made the text has
// SessionSettings. Bytes come from outside: a value that is not its type's is an InvalidData error with the
// reason, never a crash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/postgres/catalog.h"
#include "runtime/value/arena.h"
#include "runtime/value/json.h"
#include "runtime/value/value.h"

namespace bulkhead::postgres {

// What the text format depends on; as a connection's `options` or as SET commands.
struct Setting {
  std::string_view name, value;
};
inline constexpr Setting SessionSettings[] = {
    {"client_encoding", "UTF8"}, {"datestyle", "ISO"},    {"intervalstyle", "postgres"}, {"timezone", "UTC"},
    {"extra_float_digits", "1"}, {"bytea_output", "hex"}, {"xmlbinary", "base64"},
};

enum class TimestampPrecision : uint8_t { Seconds = 0, Milliseconds = 3, Microseconds = 6, Nanoseconds = 9 };

// The compatibility switches of rules, named as there.
struct Options {
  // 2024-02-29T13:47:12.500000Z; else 2024-02-29 13:47:12.5Z with the digits that the server printed.
  bool timestamps_iso8601 = true;
  // Digits after the point with timestamps_iso8601, at most the 6 that PostgreSQL has: filled up with zeros
  // and cut off.
  TimestampPrecision timestamp_max_precision = TimestampPrecision::Nanoseconds;
  // Domains as what they are over, composites and ranges as JSON objects, multiranges and arrays of such as
  // JSON arrays; else TEXT as the server prints it.
  bool custom_postgres_types = true;
};

// One thread at a time. Both formats cost time linear in the bytes, times the depth of nesting of the type.
//
// Arrays are JSON text of their elements' values. JSON has no binary: a BLOB is null in an array and left out
// of an object. json and jsonb are nested as JSON, not as text.
class Mapper {
 public:
  Mapper(const Catalog& catalog, Options options) : catalog_(catalog), options_(options) {}

  // A value that is not NULL. A query's own description (RowDescription) has domains as what they are over,
  // replication has them as themselves: take a column's type from pg_attribute where both must agree. The
  // result's bytes are in `bytes` or in the arena.
  Result<value::Value> FromText(const Type& type, std::string_view bytes, value::Arena& arena);
  Result<value::Value> FromBinary(const Type& type, std::string_view bytes, value::Arena& arena);

 private:
  Result<value::Value> FromScalar(const Type& type, std::string_view text, value::Arena& arena);
  Result<value::Value> FromMoment(std::string_view text, bool with_zone, value::Arena& arena);

  const Catalog& catalog_;
  Options options_;
  value::JsonWriter json_;
  std::string text_;  // What a binary value prints as.

  friend class JsonMapping;
};

// The binary value as the server would print it, appended to `out`. Unsupported for types without a rule.
Status PrintBinary(const Catalog& catalog, const Type& type, std::string_view bytes, std::string& out);

}  // namespace bulkhead::postgres
