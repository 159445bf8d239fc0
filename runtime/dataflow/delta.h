// What a transaction changes in a relation: rows with how many times more, or fewer, they are there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/base/result.h"
#include "runtime/dataflow/tuple.h"

namespace bulkhead::dataflow {

// A row is its values as bytes (AppendTuple of each), so that equal bytes are equal rows.
struct WeightedRow {
  std::string row;
  int64_t weight = 0;
  friend bool operator==(const WeightedRow&, const WeightedRow&) = default;
};

class Delta {
 public:
  void Add(std::string_view row, int64_t weight) {
    if (weight == 0) return;
    rows_.push_back({std::string(row), weight});
    bytes_ += sizeof(WeightedRow) + row.size();
  }
  void Add(const Delta& other) {
    rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
    bytes_ += other.bytes_;
  }
  void Clear() {
    rows_.clear();
    bytes_ = 0;
  }
  size_t bytes() const { return bytes_; }
  // LimitExceeded when it holds too much, or a row too often: joins multiply both.
  Status CheckSize() const;

  // Each row once, by bytes, none with weight 0: what came and went within the transaction is gone. O(n log
  // n).
  void Consolidate() {
    std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
    size_t kept = 0;
    for (size_t i = 0; i < rows_.size();) {
      __int128 sum = 0;
      size_t end = i;
      for (; end < rows_.size() && rows_[end].row == rows_[i].row; ++end) sum += rows_[end].weight;
      const auto weight = static_cast<int64_t>(std::clamp<__int128>(sum, INT64_MIN, INT64_MAX));
      if (weight != 0) {
        if (kept != i) rows_[kept].row = std::move(rows_[i].row);
        rows_[kept++].weight = weight;
      }
      i = end;
    }
    rows_.resize(kept);
  }

  const std::vector<WeightedRow>& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  friend bool operator==(const Delta& a, const Delta& b) { return a.rows_ == b.rows_; }

 private:
  std::vector<WeightedRow> rows_;
  size_t bytes_ = 0;  // about what was added
};

inline Status Delta::CheckSize() const {
  if (bytes_ > limits::DeltaBytesMax)
    return Error{Code::LimitExceeded, "one transaction changes too many rows of several tables"};
  for (const WeightedRow& each : rows_) {
    if (each.weight > limits::RowWeightMax || each.weight < -limits::RowWeightMax)
      return Error{Code::LimitExceeded, "a row of several tables is there too often"};
  }
  return Ok();
}

// The values of a row, as views of it; false for bytes that are none.
inline bool ReadRow(std::string_view row, std::vector<value::Value>& values) {
  values.clear();
  while (!row.empty()) {
    value::Value v;
    if (!ReadTuple(row, v)) return false;
    values.push_back(v);
  }
  return true;
}

}  // namespace bulkhead::dataflow
