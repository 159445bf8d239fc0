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
  // In the rows' order, each with how often it is there.
  using Entries = std::vector<std::pair<std::string, int64_t>>;

  Top(const plan::Top& spec, uint32_t width, Place place)
      : spec_(spec), width_(width), place_(std::move(place)) {}
  Status Check() const {
    BULKHEAD_CHECK_OK(CheckFields(spec_.partition, width_));
    for (const plan::OrderTerm& term : spec_.order) BULKHEAD_CHECK_OK(CheckFields({term.field}, width_));
    return Ok();
  }

  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    std::map<std::string, Entries> partitions;
    for (const auto& [row, weight] : inputs[0].rows()) {
      if (!ReadRow(row, values_) || values_.size() != width_) return NotARow();
      GroupOf(values_, spec_.partition, key_);
      partitions[key_].emplace_back(Entry(row), weight);
    }
    for (auto& [key, entries] : partitions) BULKHEAD_CHECK_OK(PushPartition(key, entries, state, out));
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
  Status PushPartition(const std::string& key, Entries& changes, Arrangements& state, Delta& out) {
    BULKHEAD_TRY(Entries before, First(key, state));
    bool only_added = true;
    for (const auto& [entry, weight] : changes) {
      BULKHEAD_CHECK_OK(state.Adjust(place_.arrangement, key, entry, weight));
      only_added = only_added && weight > 0;
    }
    // What comes can only push others out; what goes lets others in, which are to be read.
    Entries after;
    if (only_added) {
      after = Merged(before, changes);
    } else {
      BULKHEAD_TRY(after, First(key, state));
    }
    AddDifference(Window(before), Window(after), out);
    return Ok();
  }
  // As many as the window reaches.
  Result<Entries> First(const std::string& key, Arrangements& state) const {
    Entries entries;
    uint64_t skip = spec_.offset, left = spec_.limit;
    BULKHEAD_CHECK_OK(state.Read(place_.arrangement, key, [&](std::string_view entry, int64_t weight) {
      entries.emplace_back(entry, weight);
      (void)Taken(weight, skip, left);
      return left > 0;
    }));
    return entries;
  }
  static Entries Merged(const Entries& before, Entries& changes) {
    std::sort(changes.begin(), changes.end());
    Entries merged;
    std::merge(before.begin(), before.end(), changes.begin(), changes.end(), std::back_inserter(merged));
    size_t kept = 0;
    for (size_t i = 0; i < merged.size(); ++i) {
      if (kept > 0 && merged[kept - 1].first == merged[i].first) merged[kept - 1].second += merged[i].second;
      else if (kept++ != i) merged[kept - 1] = std::move(merged[i]);
    }
    merged.resize(kept);
    return merged;
  }
  static uint64_t Taken(int64_t weight, uint64_t& skip, uint64_t& left) {
    const uint64_t skipped = std::min<uint64_t>(skip, weight);
    const uint64_t taken = std::min<uint64_t>(left, weight - skipped);
    skip -= skipped;
    left -= taken;
    return taken;
  }
  // The entries in the window.
  Entries Window(const Entries& entries) const {
    Entries window;
    uint64_t skip = spec_.offset, left = spec_.limit;
    for (const auto& [entry, weight] : entries) {
      if (const uint64_t taken = Taken(weight, skip, left)) window.emplace_back(entry, taken);
      if (left == 0) break;
    }
    return window;
  }
  static void AddDifference(const Entries& before, const Entries& after, Delta& out) {
    size_t b = 0, a = 0;
    while (b < before.size() || a < after.size()) {
      const int order = b == before.size() ? 1 : a == after.size() ? -1 : before[b].first.compare(after[a].first);
      const std::string& entry = order <= 0 ? before[b].first : after[a].first;
      const int64_t had = order <= 0 ? before[b++].second : 0;
      const int64_t has = order >= 0 ? after[a++].second : 0;
      out.Add(RowOf(entry), has - had);
    }
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
