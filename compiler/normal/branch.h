// Queries as unions of conjunctive branches (planner.md §1).
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/ir.h"

namespace bulkhead::normal {

using ir::ExprId;
using ir::OccurrenceId;
using source::Span;

// What an expression reads, directly: occurrences (indices into Branch::occurrences, ascending) and the
// request.
struct Reads {
  std::vector<uint32_t> occurrences;
  bool request = false;
  bool Constant() const { return occurrences.empty() && !request; }
  friend bool operator==(const Reads&, const Reads&) = default;
};

// Expressions that are equal and not NULL in every result. Each member reads exactly one occurrence, or the
// request alone, or nothing. At least two members; no two are structurally equal.
struct EqualityClass {
  struct Member {
    ExprId expr;
    Reads reads;
  };
  std::vector<Member> members;
  Span span;  // the first equality that made it
};

// A predicate that must be TRUE (not NULL), filed under what it reads.
struct Residual {
  ExprId expr;
  Reads reads;
};

// All occurrences are joined; those other than `root` (and functions feeding its output) only by existence.
struct Branch {
  std::vector<OccurrenceId> occurrences;
  uint32_t root = 0;  // index into occurrences
  std::vector<EqualityClass> classes;
  std::vector<Residual> residuals;
  std::vector<ir::OutputColumn> outputs;
  std::string output_table;
  ExprId output_id;
  Span span;
};

struct Query {
  std::vector<Branch> branches;  // no branch: the query can never give a row
  Span span;
};

struct Stream {
  const ir::Stream* stream = nullptr;  // owned by the Module
  std::vector<Query> queries;
};

}  // namespace bulkhead::normal
