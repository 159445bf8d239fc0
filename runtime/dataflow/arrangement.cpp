#include "runtime/dataflow/arrangement.h"

namespace bulkhead::dataflow {

Result<int64_t> MemoryArrangements::Adjust(uint32_t arrangement, std::string_view key, std::string_view row,
                                           int64_t by) {
  auto rows = keys_.try_emplace({arrangement, std::string(key)}).first;
  auto at = rows->second.try_emplace(std::string(row), 0).first;
  if ((at->second += by) < 0)
    return Error{Code::StorageFailed, "a row is taken out of an arrangement that lacks it"};
  const int64_t weight = at->second;
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
