// The nodes of a row pipeline over several tables: weighted deltas in, weighted deltas out.
//
//   Law, tested for every operator: after any history, the sum of all that Push gave equals Recompute of the
//   sums of all that it was given (tests/property/dataflow_test.cpp).
//
// The way of DBSP (Budiu et al., 2023) and differential dataflow (McSherry et al., 2013), over bags of rows
// with non-negative weights. Fields of a row are numbered; expressions read field i as column "i". A row on
// which an expression fails is left out, and reported.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/dataflow/arrangement.h"
#include "runtime/dataflow/delta.h"
#include "runtime/vm/expr.h"

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

// Rows for which the filter is true, with other fields; the outputs read the input's. O(1) a row, no state.
struct MapSpec {
  uint32_t width = 0;
  std::optional<vm::Expr> filter;
  std::vector<vm::Expr> outputs;
};
// Pairs of rows whose keys are equal (a NULL equals nothing) and for which the filter is true: the fields of
// the left row, then those of the right. Push costs, for each changed row, the rows of its key on the other
// side.
struct JoinSpec {
  uint32_t left_width = 0, right_width = 0;
  std::vector<uint32_t> left_key, right_key;  // fields; as many on both sides
  std::optional<vm::Expr> filter;             // reads the pair
};
// Left rows that have a partner as JoinSpec says; `anti`: that have none. Push costs, for each key that
// changed on the right, its left rows (with a filter: times its right rows).
struct SemiJoinSpec {
  JoinSpec join;
  bool anti = false;
};
// Each row once. O(1) a row.
struct DistinctSpec {};
// The rows of all inputs. O(1) a row, no state.
struct UnionSpec {};

enum class AggregateFunction : uint8_t { CountRows, Count, Sum, Total, Avg, Min, Max };
struct AggregateCall {
  AggregateFunction function = AggregateFunction::CountRows;
  uint32_t field = 0;     // of CountRows: not read
  bool distinct = false;  // each value once
};
// One row for each group that has rows: the group's fields, then the aggregates; without group fields, always
// exactly one row. Values are SQLite's; the sum of integers that overflows fails its group, which is reported
// and left out. Sums of reals are added up in order of size, so that they do not depend on the history. Push
// costs, for each changed group, O(1) for counts, sums of integers, least and greatest, and its different
// values for sums of reals.
struct AggregateSpec {
  uint32_t width = 0;
  std::vector<uint32_t> group;
  std::vector<AggregateCall> calls;
};

struct OrderTerm {
  uint32_t field = 0;
  bool descending = false;
  bool nulls_last = false;
};
// Of each partition the rows in places [offset, offset + limit). Rows that the order leaves equal are in the
// order of their bytes. Push costs, for each changed partition, O(offset + limit) and a logarithm of its
// size.
struct TopSpec {
  std::vector<uint32_t> partition;
  std::vector<OrderTerm> order;
  uint64_t limit = 0, offset = 0;
};

// InvalidPlan for fields out of range and expressions that do not compile.
Result<std::unique_ptr<Operator>> MakeMap(const MapSpec& spec, Place place);
Result<std::unique_ptr<Operator>> MakeJoin(const JoinSpec& spec, Place place);
Result<std::unique_ptr<Operator>> MakeSemiJoin(const SemiJoinSpec& spec, Place place);
std::unique_ptr<Operator> MakeDistinct(Place place);
std::unique_ptr<Operator> MakeUnion();
Result<std::unique_ptr<Operator>> MakeAggregate(const AggregateSpec& spec, Place place);
std::unique_ptr<Operator> MakeTop(const TopSpec& spec, Place place);

}  // namespace bulkhead::dataflow
