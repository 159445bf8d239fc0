// What the record table holds for one source row: where its outputs are, so that they can be taken back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "runtime/dataflow/identity.h"
#include "runtime/store/store.h"

namespace bulkhead::engine {

struct StoredMembership {
  store::BucketRef bucket = 0;
  store::NameRef type = 0;
  std::string_view object_id;
  dataflow::RowHash hash{};
  auto Identity() const { return std::tie(bucket, type, object_id); }
};

struct StoredLookup {
  store::NameRef lookup = 0;
  std::string_view key, output;
  auto Identity() const { return std::tie(lookup, key, output); }
};

// What the row gives to a node that scans its table.
struct StoredScan {
  store::NameRef node = 0;
  std::string_view row;
  int64_t weight = 1;
  auto Identity() const { return std::tie(node, row); }
};

// All lists are sorted by Identity and hold each once.
struct Record {
  uint32_t epoch = 0;  // the load the row was last seen in (store::Head::load_epoch)
  std::vector<StoredMembership> memberships;
  std::vector<StoredLookup> lookups;
  std::vector<StoredScan> scans;
  bool empty() const { return memberships.empty() && lookups.empty() && scans.empty(); }
  void Clear() {
    epoch = 0;
    memberships.clear();
    lookups.clear();
    scans.clear();
  }
};

// Where the lookups of encoded lists end and scans follow: no name has this number.
inline constexpr store::NameRef ScansFollow = UINT32_MAX;

// Replaces `bytes`. Varints, so that a row in one bucket takes about 25 bytes and its id.
void EncodeRecord(const Record& record, std::string& bytes);
// Views of `bytes`; false when they are not a record.
bool DecodeRecord(std::string_view bytes, Record& record);
// The epoch alone.
bool DecodeEpoch(std::string_view bytes, uint32_t& epoch);

}  // namespace bulkhead::engine
