#include "runtime/dataflow/identity.h"

#include "runtime/value/json.h"
#include "runtime/value/key.h"

namespace bulkhead::dataflow {

std::string Subkey(std::string_view table, std::span<const value::Value> key) {
  std::string subkey(table);
  subkey += '/';
  subkey += value::KeyText(key);
  return subkey.size() <= SubkeyBytesMax ? subkey : HexLower(Sha256({subkey}));
}

uint32_t RemoveChecksum(std::string_view subkey) { return ChecksumOf(Sha256({"delete.", subkey})); }

std::string BucketName(std::string_view bucket_id, std::span<const value::Value> key) {
  return std::string(bucket_id) + value::KeyText(key);
}

}  // namespace bulkhead::dataflow
