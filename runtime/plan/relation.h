// Relations over several tables: a graph of operators that the runtime keeps up to date row by row.
//
// Every node gives rows of `width` numbered fields, each with how often it is there. Expressions of a Scan
// read columns and expansions of its table; those of other nodes read field i as column "i". What each
// operator means is in runtime/dataflow/operator.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/vm/expr.h"

namespace bulkhead::plan {

// A table function attached to each row: one more row per element. Its columns (key, value, type, atom) are
// read with Expr::Expand(index, column). Several multiply. `input` reads the row and earlier expansions.
struct Expansion {
  std::string function;  // "json_each"
  vm::Expr input;
};

// For each combination of `expansions` for which `filter` is true: a row. No inputs.
struct Scan {
  uint32_t table = 0;  // not a derived one
  std::vector<Expansion> expansions;
  std::optional<vm::Expr> filter;
  std::vector<vm::Expr> outputs;
};

// Rows for which the filter is true, with other fields. One input.
struct Map {
  std::optional<vm::Expr> filter;
  std::vector<vm::Expr> outputs;
};

// Pairs of rows whose keys are equal (a NULL equals nothing) and for which the filter is true: the fields of
// the left row, then those of the right. Two inputs.
struct Join {
  std::vector<uint32_t> left_key, right_key;  // fields; as many on both sides
  std::optional<vm::Expr> filter;             // reads the pair
};

// Left rows that have a partner as Join says; `anti`: that have none. Two inputs.
struct SemiJoin {
  Join join;
  bool anti = false;
};

// Each row once. One input.
struct Distinct {};
// The rows of all inputs, at least one; all of one width.
struct Union {};

enum class AggregateFunction : uint8_t { CountRows, Count, Sum, Total, Avg, Min, Max };
struct AggregateCall {
  AggregateFunction function = AggregateFunction::CountRows;
  uint32_t field = 0;     // of CountRows: not read
  bool distinct = false;  // each value once
};
// One row for each group that has rows: the group's fields, then the aggregates; without group fields, always
// exactly one row. One input.
struct Aggregate {
  std::vector<uint32_t> group;
  std::vector<AggregateCall> calls;
};

struct OrderTerm {
  uint32_t field = 0;
  bool descending = false;
  bool nulls_last = false;
};
// Of each partition the rows in places [offset, offset + limit). Rows that the order leaves equal are in the
// order of their bytes. One input.
struct Top {
  std::vector<uint32_t> partition;
  std::vector<OrderTerm> order;
  uint64_t limit = 0, offset = 0;
};

struct Node {
  std::vector<uint32_t> inputs;  // earlier nodes of Plan::nodes
  std::variant<Scan, Map, Join, SemiJoin, Distinct, Union, Aggregate, Top> kind;
};

// Of each kind, in the variant's order.
struct NodeKind {
  std::string_view name;  // in JSON and dumps
  size_t inputs_min, inputs_max;
};
inline constexpr NodeKind NodeKinds[] = {
    {"scan", 0, 0},     {"map", 1, 1},          {"join", 2, 2},      {"semijoin", 2, 2},
    {"distinct", 1, 1}, {"union", 1, SIZE_MAX}, {"aggregate", 1, 1}, {"top", 1, 1},
};
static_assert(std::size(NodeKinds) == std::variant_size_v<decltype(Node::kind)>);
inline const NodeKind& KindOf(const Node& node) {
  return NodeKinds[node.kind.index()];
}

// In the order of AggregateFunction.
inline constexpr std::string_view AggregateFunctionNames[] = {"count_rows", "count", "sum", "total",
                                                              "avg",        "min",   "max"};

// How many fields the node's rows have, given those of the nodes before it. Its inputs are among them.
size_t WidthOf(const Node& node, std::span<const uint32_t> widths);

}  // namespace bulkhead::plan
