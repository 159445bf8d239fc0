// The nodes of a row pipeline over several tables: weighted deltas in, weighted deltas out.
//
//   Law, tested for every operator: after any history, the sum of all that Push gave equals Recompute of the
//   sums of all that it was given (tests/property/dataflow_test.cpp).
//
// The way of DBSP (Budiu et al., 2023) and differential dataflow (McSherry et al., 2013), over bags of rows
// with non-negative weights. Fields of a row are numbered; expressions read field i as column "i". A row on
// which an expression fails is left out, and reported.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/dataflow/arrangement.h"
#include "runtime/dataflow/delta.h"
#include "runtime/plan/relation.h"

namespace bulkhead::dataflow {

// One thread at a time. What it remembers is in the arrangements alone, so an operator can be made anew at
// any time.
class Operator {
 public:
  virtual ~Operator() = default;
  // What there is before any row: once, when the arrangements are new.
  virtual Status Begin(Arrangements& state, Delta& out);
  // One consolidated delta for each input, of one transaction; the output is not consolidated. After a
  // failure the transaction must be given up.
  virtual Status Push(std::span<const Delta> inputs, Arrangements& state, Delta& out) = 0;
  // The executable specification: everything at once, without state. Consolidated.
  virtual Result<Delta> Recompute(std::span<const Delta> all) = 0;
};

// What an operator is told apart from its rows.
struct Place {
  uint32_t arrangement = 0;  // the first of its numbers; it uses at most ArrangementsPerOperator
  std::function<void(std::string_view reason)> on_problem;
};
inline constexpr uint32_t ArrangementsPerOperator = 2;

// Operators of the specifications in runtime/plan/relation.h, which say what they mean; here is what Push
// costs. `width` and so on are how many fields the rows of the inputs have. InvalidPlan for fields out of
// range and expressions that do not compile.

// O(1) a row, no state.
Result<std::unique_ptr<Operator>> MakeMap(const plan::Map& spec, uint32_t width, Place place);
// For each changed row, the rows of its key on the other side.
Result<std::unique_ptr<Operator>> MakeJoin(const plan::Join& spec, uint32_t left_width, uint32_t right_width,
                                           Place place);
// For each key that changed on the right, its left rows (with a filter: times its right rows).
Result<std::unique_ptr<Operator>> MakeSemiJoin(const plan::SemiJoin& spec, uint32_t left_width,
                                               uint32_t right_width, Place place);
// O(1) a row.
std::unique_ptr<Operator> MakeDistinct(Place place);
// O(1) a row, no state.
std::unique_ptr<Operator> MakeUnion();
// Values are SQLite's; the sum of integers that overflows fails its group, which is reported and left out.
// Sums of reals are added up in order of size, so that they do not depend on the history. For each changed
// group, O(1) for counts, sums of integers, least and greatest, and its different values for sums of reals.
Result<std::unique_ptr<Operator>> MakeAggregate(const plan::Aggregate& spec, uint32_t width, Place place);
// For each changed partition, O(offset + limit) and a logarithm of its size.
Result<std::unique_ptr<Operator>> MakeTop(const plan::Top& spec, uint32_t width, Place place);

}  // namespace bulkhead::dataflow
