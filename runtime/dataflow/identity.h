// Names and hashes of what the row side makes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/hash.h"
#include "runtime/value/value.h"

namespace bulkhead::dataflow {

// The first half of SHA-256 of "put.<type>.<id>.<data>": equal hashes are taken for equal rows.
using RowHash = std::array<uint8_t, 16>;

// Which source row an operation comes from: `tasks/["t1"]`, or the SHA-256 of that in hex when it is long. Equal
// keys (IS) give equal subkeys.
std::string Subkey(std::string_view table, std::span<const value::Value> key);
inline constexpr size_t SubkeyBytesMax = 200;

// First four bytes, little endian: the checksum on the wire.
inline uint32_t ChecksumOf(const Digest& digest) {
  return static_cast<uint32_t>(digest[0]) | static_cast<uint32_t>(digest[1]) << 8 |
         static_cast<uint32_t>(digest[2]) << 16 | static_cast<uint32_t>(digest[3]) << 24;
}
// Of the operation that takes a row out of a bucket.
uint32_t RemoveChecksum(std::string_view subkey);

// `b7f3["w1",10]`: the id of a bucket definition and the values of its keys.
std::string BucketName(std::string_view bucket_id, std::span<const value::Value> key);

}  // namespace bulkhead::dataflow
