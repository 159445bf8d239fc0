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

// Rows of other tables beside those of a branch: a combination of `occurrences` for which all conjuncts are TRUE and
// none of `excluded` exists. Conjuncts also read the branch's occurrences; none reads the request.
struct Beside {
  std::vector<OccurrenceId> occurrences;
  std::vector<ExprId> conjuncts;
  std::vector<Beside> excluded;
  Span span;
};

// All occurrences are joined. Those that no output reads count only by existence.
// Then each of `left` in order: as many rows as exist beside it, or one of NULLs. Then the residuals, which may read all
// of that. Then rows beside which any of `excluded` exists are out.
struct Branch {
  std::vector<OccurrenceId> occurrences;
  std::vector<Beside> left;
  std::vector<Beside> excluded;
  uint32_t root = 0;  // index into occurrences: the table that is synced, or the query
  // Where duplicates count, as under count(*): each combination of rows of these, the arm's own FROM, is one row; the
  // branches of one arm may give it several times.
  std::vector<OccurrenceId> counted;
  ir::SelectId arm;
  std::vector<EqualityClass> classes;
  std::vector<Residual> residuals;
  std::vector<ir::OutputColumn> outputs;
  std::string output_table;
  ExprId output_id;
  Span span;
};

// An occurrence that is a query (ir::QuerySource): its arms as branches without root, output_table and output_id.
struct DerivedSource {
  OccurrenceId occurrence;
  std::vector<Branch> branches;
};

struct Query {
  std::vector<Branch> branches;  // no branch: the query can never give a row
  std::vector<DerivedSource> derived;  // those the branches mention, inner ones first
  Span span;
};

struct Stream {
  const ir::Stream* stream = nullptr;  // owned by the Module
  std::vector<Query> queries;
};

}  // namespace bulkhead::normal
