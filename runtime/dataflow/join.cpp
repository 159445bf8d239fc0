// Join, semijoin and antijoin.
#include <map>

#include "runtime/dataflow/fields.h"
#include "runtime/dataflow/operator.h"

namespace bulkhead::dataflow {
namespace {

// When two rows are partners.
class Pairing {
 public:
  Pairing(const JoinSpec& spec, Place place) : spec_(spec), place_(std::move(place)) {}
  Status Compile() {
    if (spec_.left_key.size() != spec_.right_key.size())
      return Error{Code::InvalidPlan, "the keys of a join differ in size"};
    BULKHEAD_CHECK_OK(CheckFields(spec_.left_key, spec_.left_width));
    BULKHEAD_CHECK_OK(CheckFields(spec_.right_key, spec_.right_width));
    if (!spec_.filter) return Ok();
    BULKHEAD_TRY(filter_, FieldReader::Compile(*spec_.filter, spec_.left_width + spec_.right_width));
    return Ok();
  }

  // Whether the row can have partners at all, and then its key.
  Result<bool> Key(bool left, std::string_view row, std::string& key) {
    if (!ReadRow(row, row_) || row_.size() != (left ? spec_.left_width : spec_.right_width)) return NotARow();
    return KeyOf(row_, left ? spec_.left_key : spec_.right_key, key);
  }
  // Whether the filter is true of two rows whose keys are equal.
  bool Passes(std::string_view left, std::string_view right) {
    if (!filter_) return true;
    pair_.assign(left);
    pair_ += right;
    if (!ReadRow(pair_, row_)) return false;
    reader_.Start();
    const bool passes = reader_.IsTrue(*filter_, row_);
    if (reader_.failed() && place_.on_problem) place_.on_problem(reader_.reason());
    return passes && !reader_.failed();
  }
  bool filtered() const { return filter_.has_value(); }
  uint32_t left() const { return place_.arrangement; }
  uint32_t right() const { return place_.arrangement + 1; }

 private:
  JoinSpec spec_;
  Place place_;
  std::optional<Scalar> filter_;
  FieldReader reader_;
  Values row_;
  std::string pair_;
};

class Join final : public Operator {
 public:
  Join(const JoinSpec& spec, Place place) : pairing_(spec, std::move(place)) {}
  Status Compile() { return pairing_.Compile(); }

  // ΔL ⋈ R, then (L + ΔL) ⋈ ΔR.
  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    BULKHEAD_CHECK_OK(PushSide(true, inputs[0], state, out));
    return PushSide(false, inputs[1], state, out);
  }

  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    std::string left_key, right_key;
    for (const WeightedRow& left : all[0].rows()) {
      for (const WeightedRow& right : all[1].rows()) {
        BULKHEAD_TRY(bool left_keyed, pairing_.Key(true, left.row, left_key));
        BULKHEAD_TRY(bool right_keyed, pairing_.Key(false, right.row, right_key));
        if (left_keyed && right_keyed && left_key == right_key && pairing_.Passes(left.row, right.row))
          out.Add(left.row + right.row, left.weight * right.weight);
      }
    }
    out.Consolidate();
    return out;
  }

 private:
  Status PushSide(bool left, const Delta& delta, Arrangements& state, Delta& out) {
    const uint32_t own = left ? pairing_.left() : pairing_.right();
    const uint32_t other = left ? pairing_.right() : pairing_.left();
    for (const auto& [row, weight] : delta.rows()) {
      BULKHEAD_TRY(bool keyed, pairing_.Key(left, row, key_));
      if (!keyed) continue;
      BULKHEAD_CHECK_OK(
          state.Read(other, key_, [&, &row = row, &weight = weight](std::string_view partner, int64_t times) {
            const std::string_view first = left ? row : partner, second = left ? partner : row;
            if (pairing_.Passes(first, second)) out.Add(std::string(first).append(second), weight * times);
            return true;
          }));
      BULKHEAD_CHECK_OK(state.Adjust(own, key_, row, weight));
    }
    return Ok();
  }

  Pairing pairing_;
  std::string key_;
};

class SemiJoin final : public Operator {
 public:
  SemiJoin(const SemiJoinSpec& spec, Place place) : anti_(spec.anti), pairing_(spec.join, std::move(place)) {}
  Status Compile() { return pairing_.Compile(); }

  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    BULKHEAD_CHECK_OK(PushRight(inputs[1], state, out));
    for (const auto& [row, weight] : inputs[0].rows()) {
      BULKHEAD_TRY(bool keyed, pairing_.Key(true, row, key_));
      bool exists = false;
      if (keyed) {
        BULKHEAD_TRY(exists, HasPartner(row, key_, state));
        BULKHEAD_CHECK_OK(state.Adjust(pairing_.left(), key_, row, weight));
      }
      if (exists != anti_) out.Add(row, weight);
    }
    return Ok();
  }

  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    std::string left_key, right_key;
    for (const WeightedRow& left : all[0].rows()) {
      BULKHEAD_TRY(bool keyed, pairing_.Key(true, left.row, left_key));
      bool exists = false;
      for (const WeightedRow& right : all[1].rows()) {
        if (!keyed || exists) break;
        BULKHEAD_TRY(bool right_keyed, pairing_.Key(false, right.row, right_key));
        exists =
            right.weight > 0 && right_keyed && left_key == right_key && pairing_.Passes(left.row, right.row);
      }
      if (exists != anti_) out.Add(left.row, left.weight);
    }
    out.Consolidate();
    return out;
  }

 private:
  struct LeftRow {
    std::string row;
    int64_t weight;
    bool had_partner;
  };

  // The left rows that were there before, by the keys that change on the right.
  Status PushRight(const Delta& delta, Arrangements& state, Delta& out) {
    std::map<std::string, Delta> by_key;
    for (const auto& [row, weight] : delta.rows()) {
      BULKHEAD_TRY(bool keyed, pairing_.Key(false, row, key_));
      if (keyed) by_key[key_].Add(row, weight);
    }
    for (const auto& [key, changes] : by_key) {
      BULKHEAD_TRY(std::vector<LeftRow> lefts, LeftRows(key, state));
      for (const auto& [row, weight] : changes.rows())
        BULKHEAD_CHECK_OK(state.Adjust(pairing_.right(), key, row, weight));
      BULKHEAD_CHECK_OK(Compare(key, lefts, state, out));
    }
    return Ok();
  }
  Result<std::vector<LeftRow>> LeftRows(const std::string& key, Arrangements& state) {
    std::vector<LeftRow> lefts;
    BULKHEAD_CHECK_OK(state.Read(pairing_.left(), key, [&](std::string_view row, int64_t weight) {
      lefts.push_back({std::string(row), weight, false});
      return true;
    }));
    return Look(key, std::move(lefts), state);
  }
  Result<std::vector<LeftRow>> Look(const std::string& key, std::vector<LeftRow> lefts, Arrangements& state) {
    for (size_t i = 0; i < lefts.size(); ++i) {
      // Without a filter all rows of a key have the same partners.
      if (i > 0 && !pairing_.filtered()) {
        lefts[i].had_partner = lefts[0].had_partner;
        continue;
      }
      BULKHEAD_TRY(lefts[i].had_partner, HasPartner(lefts[i].row, key, state));
    }
    return lefts;
  }
  Status Compare(const std::string& key, const std::vector<LeftRow>& before, Arrangements& state,
                 Delta& out) {
    BULKHEAD_TRY(std::vector<LeftRow> after, Look(key, before, state));
    for (size_t i = 0; i < before.size(); ++i) {
      if (before[i].had_partner == after[i].had_partner) continue;
      out.Add(before[i].row, after[i].had_partner != anti_ ? before[i].weight : -before[i].weight);
    }
    return Ok();
  }
  Result<bool> HasPartner(std::string_view row, const std::string& key, Arrangements& state) {
    bool found = false;
    BULKHEAD_CHECK_OK(state.Read(pairing_.right(), key, [&](std::string_view partner, int64_t) {
      found = pairing_.Passes(row, partner);
      return !found;
    }));
    return found;
  }

  bool anti_;
  Pairing pairing_;
  std::string key_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeJoin(const JoinSpec& spec, Place place) {
  auto join = std::make_unique<Join>(spec, std::move(place));
  BULKHEAD_CHECK_OK(join->Compile());
  return std::unique_ptr<Operator>(std::move(join));
}

Result<std::unique_ptr<Operator>> MakeSemiJoin(const SemiJoinSpec& spec, Place place) {
  auto join = std::make_unique<SemiJoin>(spec, std::move(place));
  BULKHEAD_CHECK_OK(join->Compile());
  return std::unique_ptr<Operator>(std::move(join));
}

}  // namespace bulkhead::dataflow
