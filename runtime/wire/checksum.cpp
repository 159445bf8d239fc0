#include "runtime/base/hash.h"
#include "runtime/wire/line.h"

namespace bulkhead::wire {
namespace {

uint32_t FirstBytes(const Digest& digest) {
  return static_cast<uint32_t>(digest[0]) | static_cast<uint32_t>(digest[1]) << 8 |
         static_cast<uint32_t>(digest[2]) << 16 | static_cast<uint32_t>(digest[3]) << 24;
}

}  // namespace

uint32_t PutChecksum(std::string_view object_type, std::string_view object_id, std::string_view data) {
  return FirstBytes(Sha256({"put.", object_type, ".", object_id, ".", data}));
}

uint32_t RemoveChecksum(std::string_view subkey) {
  return FirstBytes(Sha256({"delete.", subkey}));
}

}  // namespace bulkhead::wire
