// The parameter side: from a request to the keys of buckets. Private to the engine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/dataflow/scalar.h"
#include "runtime/plan/plan.h"
#include "runtime/store/store.h"

namespace bulkhead::engine {

struct CompiledStage {
  std::optional<uint32_t> lookup;       // in Plan::lookups; none: json_each
  std::vector<dataflow::Scalar> inputs; // of the lookup, or the one of json_each
  std::optional<dataflow::Scalar> filter;
  uint32_t width_before = 0, width = 0; // bindings of a tuple before and after
  std::vector<uint32_t> dead;           // bindings that nothing reads from here on: forgotten, to see equal tuples
};

struct CompiledQuerier {
  uint32_t bucket = 0;
  std::optional<dataflow::Scalar> request_filter;
  std::vector<CompiledStage> stages;
  std::vector<dataflow::Scalar> key;
};

Result<CompiledQuerier> CompileQuerier(const plan::Plan& plan, const plan::Querier& querier);

// Names one key of one lookup, for watching it.
std::string LookupKey(store::NameRef lookup, std::string_view key);

// Reads lookups through a cache that lasts as long as the reader's snapshot.
class LookupReader {
 public:
  LookupReader(store::Reader& reader, const std::vector<store::NameRef>& refs) : reader_(reader), refs_(refs) {}
  store::NameRef RefOf(uint32_t lookup) const { return refs_[lookup]; }
  // The distinct outputs. Stays valid.
  Result<const std::vector<std::string>*> Read(const std::string& lookup_key);

 private:
  store::Reader& reader_;
  const std::vector<store::NameRef>& refs_;  // by Plan::lookups
  std::unordered_map<std::string, std::vector<std::string>> cache_;
};

struct QuerierLimits {
  size_t rows_max = 0;     // distinct tuples at one stage
  size_t buckets_max = 0;  // distinct keys
};

// What an evaluation reads and leaves.
struct QuerierRun {
  value::Value request[vm::RequestParts] = {};
  LookupReader& lookups;
  QuerierLimits limits;
  std::vector<std::string> watched = {};       // every lookup key asked for, with repeats
  std::vector<std::string> bucket_names = {};  // distinct within one querier
  std::string failure = {};                    // why this cannot be answered; empty when it was
};

// Appends to `run`. Only a storage failure is an Error.
Status RunQuerier(const plan::Plan& plan, const CompiledQuerier& querier, QuerierRun& run);

}  // namespace bulkhead::engine
