// Join, semijoin and antijoin.
#include <map>

#include "runtime/dataflow/fields.h"
#include "runtime/dataflow/operator.h"

namespace bulkhead::dataflow {
namespace {

// When two rows are partners.
class Pairing {
 public:
  Pairing(const plan::Join& spec, uint32_t left_width, uint32_t right_width, Place place)
      : spec_(spec), left_width_(left_width), right_width_(right_width), place_(std::move(place)) {}
  Status Compile() {
    if (spec_.left_key.size() != spec_.right_key.size())
      return Error{Code::InvalidPlan, "the keys of a join differ in size"};
    BULKHEAD_CHECK_OK(CheckFields(spec_.left_key, left_width_));
    BULKHEAD_CHECK_OK(CheckFields(spec_.right_key, right_width_));
    if (!spec_.filter) return Ok();
    BULKHEAD_TRY(filter_, FieldReader::Compile(*spec_.filter, left_width_ + right_width_));
    return Ok();
  }

  // Whether the row can have partners at all, and then its key.
  Result<bool> Key(bool left, std::string_view row, std::string& key) {
    if (!ReadRow(row, row_) || row_.size() != (left ? left_width_ : right_width_)) return NotARow();
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
  plan::Join spec_;
  uint32_t left_width_, right_width_;
  Place place_;
  std::optional<Scalar> filter_;
  FieldReader reader_;
  Values row_;
  std::string pair_;
};

class Join final : public Operator {
 public:
  explicit Join(std::unique_ptr<Pairing> pairing) : pairing_(std::move(pairing)) {}

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
        BULKHEAD_TRY(bool left_keyed, pairing_->Key(true, left.row, left_key));
        BULKHEAD_TRY(bool right_keyed, pairing_->Key(false, right.row, right_key));
        if (left_keyed && right_keyed && left_key == right_key && pairing_->Passes(left.row, right.row))
          out.Add(left.row + right.row, left.weight * right.weight);
      }
    }
    out.Consolidate();
    return out;
  }

 private:
  Status PushSide(bool left, const Delta& delta, Arrangements& state, Delta& out) {
    const uint32_t own = left ? pairing_->left() : pairing_->right();
    const uint32_t other = left ? pairing_->right() : pairing_->left();
    for (const auto& [row, weight] : delta.rows()) {
      BULKHEAD_TRY(bool keyed, pairing_->Key(left, row, key_));
      if (!keyed) continue;
      BULKHEAD_CHECK_OK(
          state.Read(other, key_, [&, &row = row, &weight = weight](std::string_view partner, int64_t times) {
            const std::string_view first = left ? row : partner, second = left ? partner : row;
            if (pairing_->Passes(first, second)) out.Add(std::string(first).append(second), weight * times);
            return true;
          }));
      BULKHEAD_CHECK_OK(state.Adjust(own, key_, row, weight));
      if (out.bytes() > limits::DeltaBytesMax) return out.CheckSize();
    }
    return Ok();
  }

  std::unique_ptr<Pairing> pairing_;
  std::string key_;
};

class SemiJoin final : public Operator {
 public:
  SemiJoin(bool anti, std::unique_ptr<Pairing> pairing) : anti_(anti), pairing_(std::move(pairing)) {}

  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    BULKHEAD_CHECK_OK(PushRight(inputs[1], state, out));
    for (const auto& [row, weight] : inputs[0].rows()) {
      BULKHEAD_TRY(bool keyed, pairing_->Key(true, row, key_));
      bool exists = false;
      if (keyed) {
        BULKHEAD_TRY(exists, HasPartner(row, key_, state));
        BULKHEAD_CHECK_OK(state.Adjust(pairing_->left(), key_, row, weight));
      }
      if (exists != anti_) out.Add(row, weight);
    }
    return Ok();
  }

  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    std::string left_key, right_key;
    for (const WeightedRow& left : all[0].rows()) {
      BULKHEAD_TRY(bool keyed, pairing_->Key(true, left.row, left_key));
      bool exists = false;
      for (const WeightedRow& right : all[1].rows()) {
        if (!keyed || exists) break;
        BULKHEAD_TRY(bool right_keyed, pairing_->Key(false, right.row, right_key));
        exists =
            right.weight > 0 && right_keyed && left_key == right_key && pairing_->Passes(left.row, right.row);
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
      BULKHEAD_TRY(bool keyed, pairing_->Key(false, row, key_));
      if (keyed) by_key[key_].Add(row, weight);
    }
    for (const auto& [key, changes] : by_key) {
      BULKHEAD_TRY(std::vector<LeftRow> lefts, LeftRows(key, state));
      for (const auto& [row, weight] : changes.rows())
        BULKHEAD_CHECK_OK(state.Adjust(pairing_->right(), key, row, weight));
      BULKHEAD_CHECK_OK(Compare(key, lefts, state, out));
    }
    return Ok();
  }
  Result<std::vector<LeftRow>> LeftRows(const std::string& key, Arrangements& state) {
    std::vector<LeftRow> lefts;
    BULKHEAD_CHECK_OK(state.Read(pairing_->left(), key, [&](std::string_view row, int64_t weight) {
      lefts.push_back({std::string(row), weight, false});
      return true;
    }));
    return Look(key, std::move(lefts), state);
  }
  Result<std::vector<LeftRow>> Look(const std::string& key, std::vector<LeftRow> lefts, Arrangements& state) {
    for (size_t i = 0; i < lefts.size(); ++i) {
      // Without a filter all rows of a key have the same partners.
      if (i > 0 && !pairing_->filtered()) {
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
    BULKHEAD_CHECK_OK(state.Read(pairing_->right(), key, [&](std::string_view partner, int64_t) {
      found = pairing_->Passes(row, partner);
      return !found;
    }));
    return found;
  }

  bool anti_;
  std::unique_ptr<Pairing> pairing_;
  std::string key_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeJoin(const plan::Join& spec, uint32_t left_width, uint32_t right_width,
                                           Place place) {
  auto pairing = std::make_unique<Pairing>(spec, left_width, right_width, std::move(place));
  BULKHEAD_CHECK_OK(pairing->Compile());
  return std::unique_ptr<Operator>(std::make_unique<Join>(std::move(pairing)));
}

Result<std::unique_ptr<Operator>> MakeSemiJoin(const plan::SemiJoin& spec, uint32_t left_width,
                                               uint32_t right_width, Place place) {
  auto pairing = std::make_unique<Pairing>(spec.join, left_width, right_width, std::move(place));
  BULKHEAD_CHECK_OK(pairing->Compile());
  return std::unique_ptr<Operator>(std::make_unique<SemiJoin>(spec.anti, std::move(pairing)));
}

}  // namespace bulkhead::dataflow
