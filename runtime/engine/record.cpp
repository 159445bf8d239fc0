#include "runtime/engine/record.h"

#include <cstring>

#include "runtime/base/limits.h"
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

bool ReadScans(std::string_view bytes, std::vector<StoredScan>& scans) {
  while (!bytes.empty()) {
    StoredScan& s = scans.emplace_back();
    uint64_t weight = 0;
    if (!ReadNumber(bytes, s.node) || !ReadSized(bytes, s.row) || !ReadNumber(bytes, weight)) return false;
    if (weight == 0 || weight > limits::RowWeightMax) return false;
    s.weight = static_cast<int64_t>(weight);
  }
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
  if (record.scans.empty()) return;
  AppendNumber(bytes, ScansFollow);
  for (const StoredScan& s : record.scans) {
    AppendNumber(bytes, s.node);
    AppendSized(bytes, s.row);
    AppendNumber(bytes, static_cast<uint64_t>(s.weight));
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
    StoredLookup l;
    if (!ReadNumber(bytes, l.lookup)) return false;
    if (l.lookup == ScansFollow) return ReadScans(bytes, record.scans);
    if (!ReadSized(bytes, l.key) || !ReadSized(bytes, l.output)) return false;
    record.lookups.push_back(l);
  }
  return true;
}

bool DecodeEpoch(std::string_view bytes, uint32_t& epoch) { return ReadNumber(bytes, epoch); }

}  // namespace bulkhead::engine
