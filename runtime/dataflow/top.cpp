// The first rows of each partition.
#include <map>

#include "runtime/dataflow/fields.h"
#include "runtime/dataflow/operator.h"
#include "runtime/dataflow/ordered.h"

namespace bulkhead::dataflow {
namespace {

constexpr size_t SizeBytes = 4;

class Top final : public Operator {
 public:
  Top(const plan::Top& spec, uint32_t width, Place place)
      : spec_(spec), width_(width), place_(std::move(place)) {}
  Status Check() const {
    BULKHEAD_CHECK_OK(CheckFields(spec_.partition, width_));
    for (const plan::OrderTerm& term : spec_.order) BULKHEAD_CHECK_OK(CheckFields({term.field}, width_));
    return Ok();
  }

  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    std::map<std::string, std::vector<std::pair<std::string, int64_t>>> partitions;
    for (const auto& [row, weight] : inputs[0].rows()) {
      if (!ReadRow(row, values_) || values_.size() != width_) return NotARow();
      GroupOf(values_, spec_.partition, key_);
      partitions[key_].emplace_back(Entry(row), weight);
    }
    for (const auto& [key, entries] : partitions) {
      BULKHEAD_CHECK_OK(Window(key, -1, state, out));
      for (const auto& [entry, weight] : entries)
        BULKHEAD_CHECK_OK(state.Adjust(place_.arrangement, key, entry, weight));
      BULKHEAD_CHECK_OK(Window(key, +1, state, out));
    }
    return Ok();
  }

  Result<Delta> Recompute(std::span<const Delta> all) override {
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> partitions;
    for (const auto& [row, weight] : all[0].rows()) {
      if (!ReadRow(row, values_) || values_.size() != width_) return NotARow();
      GroupOf(values_, spec_.partition, key_);
      for (int64_t i = 0; i < weight; ++i) partitions[key_].emplace_back(Entry(row), row);
    }
    Delta out;
    for (auto& [key, rows] : partitions) {
      std::sort(rows.begin(), rows.end());
      for (size_t i = spec_.offset; i < rows.size() && i - spec_.offset < spec_.limit; ++i)
        out.Add(rows[i].second, 1);
    }
    out.Consolidate();
    return out;
  }

 private:
  // Bytes in the order of the rows, from which the row can be taken again: the terms, the row, the row's
  // size.
  std::string Entry(const std::string& row) const {
    std::string entry;
    for (const plan::OrderTerm& term : spec_.order)
      AppendOrdered(entry, values_[term.field], term.descending, term.nulls_last);
    entry += row;
    for (size_t i = SizeBytes; i-- > 0;) entry.push_back(static_cast<char>(row.size() >> (8 * i)));
    return entry;
  }
  static std::string_view RowOf(std::string_view entry) {
    size_t size = 0;
    for (size_t i = entry.size() - SizeBytes; i < entry.size(); ++i)
      size = size << 8 | static_cast<uint8_t>(entry[i]);
    return entry.substr(entry.size() - SizeBytes - size, size);
  }
  // Adds the rows in the window, with this sign.
  Status Window(const std::string& key, int64_t sign, Arrangements& state, Delta& out) {
    uint64_t skip = spec_.offset, left = spec_.limit;
    return state.Read(place_.arrangement, key, [&](std::string_view entry, int64_t weight) {
      const uint64_t skipped = std::min<uint64_t>(skip, weight);
      const uint64_t taken = std::min<uint64_t>(left, weight - skipped);
      skip -= skipped;
      left -= taken;
      if (taken > 0) out.Add(RowOf(entry), sign * static_cast<int64_t>(taken));
      return left > 0;
    });
  }

  plan::Top spec_;
  uint32_t width_;
  Place place_;
  Values values_;
  std::string key_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeTop(const plan::Top& spec, uint32_t width, Place place) {
  auto top = std::make_unique<Top>(spec, width, std::move(place));
  BULKHEAD_CHECK_OK(top->Check());
  return std::unique_ptr<Operator>(std::move(top));
}

}  // namespace bulkhead::dataflow
