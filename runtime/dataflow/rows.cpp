// The operators without keys: map, union, distinct.
#include "runtime/dataflow/fields.h"
#include "runtime/dataflow/operator.h"

namespace bulkhead::dataflow {

Status Operator::Begin(Arrangements&, Delta&) {
  return Ok();
}

namespace {

class Map final : public Operator {
 public:
  explicit Map(Place place) : place_(std::move(place)) {}
  Status Compile(const plan::Map& spec, uint32_t width) {
    width_ = width;
    if (spec.filter) {
      BULKHEAD_TRY(filter_, FieldReader::Compile(*spec.filter, width));
    }
    for (const vm::Expr& output : spec.outputs) {
      BULKHEAD_TRY(Scalar scalar, FieldReader::Compile(output, width));
      outputs_.push_back(std::move(scalar));
    }
    return Ok();
  }

  Status Push(std::span<const Delta> inputs, Arrangements&, Delta& out) override {
    for (const WeightedRow& each : inputs[0].rows()) {
      if (!ReadRow(each.row, row_) || row_.size() != width_) return NotARow();
      if (Evaluate(each.weight > 0)) out.Add(bytes_, each.weight);
    }
    return Ok();
  }
  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    MemoryArrangements none;
    BULKHEAD_CHECK_OK(Push(all, none, out));
    out.Consolidate();
    return out;
  }

 private:
  // The row's outputs in bytes_. A row that goes has been reported when it came.
  bool Evaluate(bool reports) {
    reader_.Start();
    bytes_.clear();
    const bool passes = !filter_ || reader_.IsTrue(*filter_, row_);
    if (passes) {
      for (const Scalar& output : outputs_) AppendTuple(bytes_, reader_.Get(output, row_));
    }
    if (reader_.failed() && reports && place_.on_problem) place_.on_problem(reader_.reason());
    return passes && !reader_.failed();
  }

  Place place_;
  uint32_t width_ = 0;
  std::optional<Scalar> filter_;
  std::vector<Scalar> outputs_;
  FieldReader reader_;
  Values row_;
  std::string bytes_;
};

class Union final : public Operator {
 public:
  Status Push(std::span<const Delta> inputs, Arrangements&, Delta& out) override {
    for (const Delta& input : inputs) out.Add(input);
    return Ok();
  }
  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    for (const Delta& input : all) out.Add(input);
    out.Consolidate();
    return out;
  }
};

class Distinct final : public Operator {
 public:
  explicit Distinct(Place place) : place_(std::move(place)) {}

  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    for (const auto& [row, weight] : inputs[0].rows()) {
      BULKHEAD_TRY(int64_t now, state.Adjust(place_.arrangement, row, "", weight));
      const bool was = now - weight > 0;
      if (was != (now > 0)) out.Add(row, was ? -1 : +1);
    }
    return Ok();
  }
  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    for (const auto& [row, weight] : all[0].rows()) {
      if (weight > 0) out.Add(row, 1);
    }
    out.Consolidate();
    return out;
  }

 private:
  Place place_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeMap(const plan::Map& spec, uint32_t width, Place place) {
  auto map = std::make_unique<Map>(std::move(place));
  BULKHEAD_CHECK_OK(map->Compile(spec, width));
  return std::unique_ptr<Operator>(std::move(map));
}

std::unique_ptr<Operator> MakeUnion() {
  return std::make_unique<Union>();
}

std::unique_ptr<Operator> MakeDistinct(Place place) {
  return std::make_unique<Distinct>(std::move(place));
}

}  // namespace bulkhead::dataflow
