#include "runtime/dataflow/arrangement.h"

namespace bulkhead::dataflow {
namespace {

Result<int64_t> AdjustedWeight(int64_t weight, int64_t by) {
  int64_t sum = 0;
  if (__builtin_add_overflow(weight, by, &sum))
    return Error{Code::LimitExceeded, "a row of several tables is there too often"};
  if (sum < 0) return Error{Code::StorageFailed, "a row is taken out of an arrangement that lacks it"};
  return sum;
}

}  // namespace

Result<int64_t> MemoryArrangements::Adjust(uint32_t arrangement, std::string_view key, std::string_view row,
                                           int64_t by) {
  auto rows = keys_.try_emplace({arrangement, std::string(key)}).first;
  auto at = rows->second.try_emplace(std::string(row), 0).first;
  BULKHEAD_TRY(const int64_t weight, AdjustedWeight(at->second, by));
  at->second = weight;
  if (weight == 0) rows->second.erase(at);
  if (rows->second.empty()) keys_.erase(rows);
  return weight;
}

Status MemoryArrangements::Read(uint32_t arrangement, std::string_view key, const Visit& visit) {
  auto rows = keys_.find({arrangement, std::string(key)});
  if (rows == keys_.end()) return Ok();
  for (const auto& [row, weight] : rows->second) {
    if (!visit(row, weight)) break;
  }
  return Ok();
}

}  // namespace bulkhead::dataflow
