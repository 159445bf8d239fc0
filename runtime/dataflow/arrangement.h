// What operators remember: rows by key, each with how often it is there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace bulkhead::dataflow {

// All arrangements of one pipeline, by the operators' numbers. Within a transaction reads see its own
// adjustments.
class Arrangements {
 public:
  virtual ~Arrangements() = default;
  // The weight from now on; a row of weight 0 is forgotten. A weight below 0 is StorageFailed: somebody took
  // out what was not there.
  virtual Result<int64_t> Adjust(uint32_t arrangement, std::string_view key, std::string_view row,
                                 int64_t by) = 0;
  // Each row of the key, in byte order; `visit` returns false to stop. What it is given is valid only during
  // the call, in which it must not adjust anything.
  using Visit = std::function<bool(std::string_view row, int64_t weight)>;
  virtual Status Read(uint32_t arrangement, std::string_view key, const Visit& visit) = 0;
};

class MemoryArrangements final : public Arrangements {
 public:
  Result<int64_t> Adjust(uint32_t arrangement, std::string_view key, std::string_view row,
                         int64_t by) override;
  Status Read(uint32_t arrangement, std::string_view key, const Visit& visit) override;
  bool empty() const { return keys_.empty(); }

 private:
  std::map<std::pair<uint32_t, std::string>, std::map<std::string, int64_t, std::less<>>> keys_;
};

}  // namespace bulkhead::dataflow
