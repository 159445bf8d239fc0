#include "runtime/engine/record.h"

#include <cstring>

#include "runtime/engine/bytes.h"

namespace bulkhead::engine {
namespace {

std::string_view BytesOf(const dataflow::RowHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

bool ReadMembership(std::string_view& bytes, StoredMembership& m) {
  std::string_view hash;
  if (!ReadNumber(bytes, m.bucket) || !ReadNumber(bytes, m.type) || !ReadSized(bytes, m.object_id)) return false;
  if (!ReadBytes(bytes, m.hash.size(), hash)) return false;
  std::memcpy(m.hash.data(), hash.data(), hash.size());
  return true;
}

}  // namespace

void EncodeRecord(const Record& record, std::string& bytes) {
  bytes.clear();
  AppendNumber(bytes, record.epoch);
  AppendNumber(bytes, record.memberships.size());
  for (const StoredMembership& m : record.memberships) {
    AppendNumber(bytes, m.bucket);
    AppendNumber(bytes, m.type);
    AppendSized(bytes, m.object_id);
    bytes += BytesOf(m.hash);
  }
  for (const StoredLookup& l : record.lookups) {
    AppendNumber(bytes, l.lookup);
    AppendSized(bytes, l.key);
    AppendSized(bytes, l.output);
  }
}

bool DecodeRecord(std::string_view bytes, Record& record) {
  record.Clear();
  uint64_t count = 0;
  if (!ReadNumber(bytes, record.epoch) || !ReadNumber(bytes, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (!ReadMembership(bytes, record.memberships.emplace_back())) return false;
  }
  while (!bytes.empty()) {
    StoredLookup& l = record.lookups.emplace_back();
    if (!ReadNumber(bytes, l.lookup) || !ReadSized(bytes, l.key) || !ReadSized(bytes, l.output)) return false;
  }
  return true;
}

bool DecodeEpoch(std::string_view bytes, uint32_t& epoch) { return ReadNumber(bytes, epoch); }

}  // namespace bulkhead::engine
