// One canonical byte form per list of SQL values: lookup keys, record keys, bucket keys.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/json.h"
#include "runtime/value/value.h"

namespace bulkhead::value {

// The representative of all values that `IS` v: a Real equal to a 64-bit integer becomes that Integer (so -0.0 is 0).
Value Canonical(Value v);

// Appends v's canonical encoding: self-delimiting, and two encodings are equal bytes iff the values are the same
// (`IS`). Not an order: compare decoded values for that.
//   00 NULL · 01 INTEGER zigzag varint · 02 REAL 8 bytes big-endian · 03 TEXT varint size, bytes · 04 BLOB likewise
void AppendKey(std::string& out, Value v);
void AppendKey(std::string& out, std::span<const Value> values);
std::string EncodeKey(std::span<const Value> values);

// Reads values back until the bytes end; text and blobs are views of `key`. InvalidData for any other bytes,
// also for encodings that are not canonical.
Result<std::vector<Value>> DecodeKey(std::string_view key);
// Reads one value off the front of `key`, without allocating; false when malformed.
bool ReadKey(std::string_view& key, Value& v);

// The JSON array that names a bucket: ["w1",10,{"$blob":"00ff"}]; text that is not UTF-8 as {"$text":"hex"}.
// Equal keys give equal text and the reverse.
void WriteKeyText(JsonWriter& out, std::span<const Value> values);
std::string KeyText(std::span<const Value> values);

}  // namespace bulkhead::value
