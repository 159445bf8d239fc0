// Groups and their aggregates.
#include <cmath>
#include <map>

#include "runtime/dataflow/fields.h"
#include "runtime/dataflow/operator.h"
#include "runtime/dataflow/ordered.h"
#include "runtime/value/compare.h"
#include "runtime/value/convert.h"

namespace bulkhead::dataflow {
namespace {

using plan::AggregateCall;
using plan::AggregateFunction;
using value::Type;
using value::Value;
using Wide = __int128;

// What a group adds up to, but for its different values, which are in an arrangement of their own.
struct Sums {
  int64_t count = 0;    // arguments that are not NULL
  int64_t inexact = 0;  // of those, how many are not integers
  Wide integers = 0;    // the sum of the others
};
struct Group {
  int64_t rows = 0;
  std::vector<Sums> sums;  // one for each call
};

// SQLite adds text that is a number as that number, and other text as what it begins with.
Value Addend(Value v) {
  if (v.type() == Type::Text) {
    value::ParsedNumber number = value::ParseNumber(v.bytes());
    if (number.whole) return number.value;
  }
  return v.is_number() ? v : value::CastReal(v);
}

bool NeedsValues(const AggregateCall& call) {
  return call.distinct ||
         (call.function != AggregateFunction::CountRows && call.function != AggregateFunction::Count);
}

// A sum of reals with Neumaier's compensation; the result depends on the order of the addends a little.
class RealSum {
 public:
  void Add(double v) {
    const double sum = sum_ + v;
    rest_ += std::abs(sum_) >= std::abs(v) ? (sum_ - sum) + v : (v - sum) + sum_;
    sum_ = sum;
  }
  double Total() const {
    const double total = sum_ + rest_;
    return std::isfinite(total) ? total : sum_;
  }

 private:
  double sum_ = 0, rest_ = 0;
};

void AppendRaw(std::string& out, const void* bytes, size_t size) {
  out.append(static_cast<const char*>(bytes), size);
}
template <typename T>
bool TakeRaw(std::string_view& in, T& v) {
  if (in.size() < sizeof v) return false;
  std::memcpy(&v, in.data(), sizeof v);
  in.remove_prefix(sizeof v);
  return true;
}

std::string Encode(const Group& group) {
  std::string out;
  AppendRaw(out, &group.rows, sizeof group.rows);
  for (const Sums& sums : group.sums) {
    AppendRaw(out, &sums.count, sizeof sums.count);
    AppendRaw(out, &sums.inexact, sizeof sums.inexact);
    AppendRaw(out, &sums.integers, sizeof sums.integers);
  }
  return out;
}
bool Decode(std::string_view in, Group& group) {
  bool whole = TakeRaw(in, group.rows);
  for (Sums& sums : group.sums)
    whole = whole && TakeRaw(in, sums.count) && TakeRaw(in, sums.inexact) && TakeRaw(in, sums.integers);
  return whole && in.empty();
}

// The different values of one call's argument in one group, in order, each with how often it is there.
using Different = std::function<Status(const std::function<bool(Value v, int64_t weight)>& visit)>;

class Aggregate final : public Operator {
 public:
  Aggregate(const plan::Aggregate& spec, uint32_t width, Place place)
      : spec_(spec), width_(width), place_(std::move(place)) {}
  Status Check() const {
    BULKHEAD_CHECK_OK(CheckFields(spec_.group, width_));
    for (const AggregateCall& call : spec_.calls) {
      if (call.function != AggregateFunction::CountRows)
        BULKHEAD_CHECK_OK(CheckFields({call.field}, width_));
    }
    return Ok();
  }

  Status Begin(Arrangements& state, Delta& out) override {
    return spec_.group.empty() ? AddRow("", EmptyGroup(), state, +1, out) : Ok();
  }

  Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) override {
    std::map<std::string, std::vector<const WeightedRow*>> groups;
    for (const WeightedRow& each : inputs[0].rows()) {
      if (!ReadRow(each.row, values_) || values_.size() != width_) return NotARow();
      GroupOf(values_, spec_.group, key_);
      groups[key_].push_back(&each);
    }
    for (const auto& [key, rows] : groups) BULKHEAD_CHECK_OK(PushGroup(key, rows, state, out));
    return Ok();
  }

  Result<Delta> Recompute(std::span<const Delta> all) override {
    Delta out;
    MemoryArrangements state;
    BULKHEAD_CHECK_OK(Begin(state, out));
    BULKHEAD_CHECK_OK(Push(all, state, out));
    out.Consolidate();
    return out;
  }

 private:
  Group EmptyGroup() const { return {0, std::vector<Sums>(spec_.calls.size())}; }
  uint32_t groups() const { return place_.arrangement; }
  uint32_t different() const { return place_.arrangement + 1; }
  static std::string ValuesKey(const std::string& key, uint32_t call) {
    std::string out(reinterpret_cast<const char*>(&call), sizeof call);
    return out += key;
  }

  Status PushGroup(const std::string& key, const std::vector<const WeightedRow*>& rows, Arrangements& state,
                   Delta& out) {
    Group group = EmptyGroup();
    std::string before;
    BULKHEAD_CHECK_OK(state.Read(groups(), key, [&](std::string_view bytes, int64_t) {
      before = bytes;
      return false;
    }));
    if (!before.empty() && !Decode(before, group)) return NotARow();
    BULKHEAD_CHECK_OK(AddRow(key, group, state, -1, out));
    for (const WeightedRow* each : rows) BULKHEAD_CHECK_OK(Take(*each, key, group, state));
    if (!before.empty()) BULKHEAD_CHECK_OK(state.Adjust(groups(), key, before, -1));
    if (group.rows > 0) BULKHEAD_CHECK_OK(state.Adjust(groups(), key, Encode(group), +1));
    return AddRow(key, group, state, +1, out);
  }

  Status Take(const WeightedRow& each, const std::string& key, Group& group, Arrangements& state) {
    if (!ReadRow(each.row, values_)) return NotARow();
    group.rows += each.weight;
    for (uint32_t i = 0; i < spec_.calls.size(); ++i) {
      const AggregateCall& call = spec_.calls[i];
      if (call.function == AggregateFunction::CountRows || values_[call.field].is_null()) continue;
      int64_t weight = each.weight;
      // DISTINCT takes 1 and 1.0 for one.
      const Value v = call.distinct ? value::Canonical(values_[call.field]) : values_[call.field];
      if (NeedsValues(call)) {
        BULKHEAD_TRY(int64_t now, state.Adjust(different(), ValuesKey(key, i), Entry(call, v), weight));
        if (call.distinct) weight = (now > 0) - (now - weight > 0);
      }
      Count(v, weight, group.sums[i]);
    }
    return Ok();
  }
  static void Count(Value v, int64_t weight, Sums& sums) {
    sums.count += weight;
    Value addend = Addend(v);
    if (addend.type() == Type::Integer)
      sums.integers += static_cast<Wide>(addend.integer()) * weight;
    else
      sums.inexact += weight;
  }
  // Least first; for the greatest, greatest first.
  static std::string Entry(const AggregateCall& call, Value v) {
    std::string entry;
    AppendOrdered(entry, v, call.function == AggregateFunction::Max, false);
    const std::string::size_type ordered = entry.size();
    AppendTuple(entry, v);
    const uint32_t size = static_cast<uint32_t>(entry.size() - ordered);
    AppendRaw(entry, &size, sizeof size);
    return entry;
  }
  static Value ValueOf(std::string_view entry) {
    uint32_t size = 0;
    std::memcpy(&size, entry.data() + entry.size() - sizeof size, sizeof size);
    std::string_view tuple = entry.substr(entry.size() - sizeof size - size, size);
    Value v;
    ReadTuple(tuple, v);
    return v;
  }

  // The group's row as it is now, with this sign; none for a group without rows.
  Status AddRow(const std::string& key, const Group& group, Arrangements& state, int64_t sign, Delta& out) {
    if (group.rows == 0 && !spec_.group.empty()) return Ok();
    std::string row;
    std::string_view fields = key;
    for (Value v; !fields.empty();) {
      if (!value::ReadKey(fields, v)) return NotARow();
      AppendTuple(row, v);
    }
    for (uint32_t i = 0; i < spec_.calls.size(); ++i) {
      auto visit_all = [&](const std::function<bool(Value, int64_t)>& visit) {
        return state.Read(different(), ValuesKey(key, i), [&](std::string_view entry, int64_t weight) {
          return visit(ValueOf(entry), weight);
        });
      };
      failed_ = false;
      BULKHEAD_CHECK_OK(AppendResult(spec_.calls[i], group.rows, group.sums[i], visit_all, row));
      if (!failed_) continue;
      if (sign > 0 && place_.on_problem) place_.on_problem("integer overflow in sum");
      return Ok();
    }
    out.Add(row, sign);
    return Ok();
  }

  Status AppendResult(const AggregateCall& call, int64_t rows, const Sums& sums, const Different& values,
                      std::string& row) {
    switch (call.function) {
      case AggregateFunction::CountRows:
        AppendTuple(row, Value::Integer(rows));
        return Ok();
      case AggregateFunction::Count:
        AppendTuple(row, Value::Integer(sums.count));
        return Ok();
      case AggregateFunction::Min:
      case AggregateFunction::Max: {
        bool found = false;
        BULKHEAD_CHECK_OK(values([&](Value v, int64_t) {
          AppendTuple(row, v);
          found = true;
          return false;
        }));
        if (!found) AppendTuple(row, Value::Null());
        return Ok();
      }
      case AggregateFunction::Sum:
      case AggregateFunction::Total:
      case AggregateFunction::Avg:
        return AppendSum(call, sums, values, row);
    }
    return Ok();
  }

  Status AppendSum(const AggregateCall& call, const Sums& sums, const Different& values, std::string& row) {
    const bool exact = sums.inexact == 0;
    if (sums.count == 0) {
      AppendTuple(row, call.function == AggregateFunction::Total ? Value::Real(0) : Value::Null());
      return Ok();
    }
    if (exact && call.function == AggregateFunction::Sum) {
      failed_ = sums.integers > INT64_MAX || sums.integers < INT64_MIN;
      AppendTuple(row, Value::Integer(static_cast<int64_t>(sums.integers)));
      return Ok();
    }
    double total = static_cast<double>(sums.integers);
    if (!exact) BULKHEAD_CHECK_OK(AddUp(call, values, total));
    if (call.function == AggregateFunction::Avg) total /= static_cast<double>(sums.count);
    AppendTuple(row, Value::Real(total));
    return Ok();
  }
  static Status AddUp(const AggregateCall& call, const Different& values, double& total) {
    RealSum sum;
    BULKHEAD_CHECK_OK(values([&](Value v, int64_t weight) {
      const double addend = value::CastReal(Addend(v)).real();
      sum.Add(call.distinct ? addend : addend * static_cast<double>(weight));
      return true;
    }));
    total = sum.Total();
    return Ok();
  }

  plan::Aggregate spec_;
  uint32_t width_;
  Place place_;
  Values values_;
  std::string key_;
  bool failed_ = false;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeAggregate(const plan::Aggregate& spec, uint32_t width, Place place) {
  auto aggregate = std::make_unique<Aggregate>(spec, width, std::move(place));
  BULKHEAD_CHECK_OK(aggregate->Check());
  return std::unique_ptr<Operator>(std::move(aggregate));
}

}  // namespace bulkhead::dataflow
