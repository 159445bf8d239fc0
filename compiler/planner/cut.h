// How one branch is divided between row side and session (planner.md §2 and §3).
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "compiler/planner/planner.h"

namespace bulkhead::planner {

// Where each occurrence of a branch is evaluated.
//   node 0          the row side: the root, the tables joined to it there, and the table functions over them
//   node 1, 2, …    the session's side: a table with the functions over it (one lookup each), or a table
//   function
//                   over the request or over values looked up before (an expansion of the session)
struct Node {
  std::vector<uint32_t>
      occurrences;  // indices into Branch::occurrences; the table first, then its functions in order
  bool expands_session = false;  // one function occurrence, evaluated per binding tuple
};

struct Cut {
  std::vector<Node> nodes;
  std::vector<uint32_t> node_of;  // by occurrence index
  // Whether the row side is a relation of its own (relation.h) rather than the rows of one table.
  bool has_relation = false;
  Cost cost;

  std::set<uint32_t> RowSide() const { return {nodes[0].occurrences.begin(), nodes[0].occurrences.end()}; }
};

// All legal cuts, the cheapest first; of equal ones the one with fewer tables on the row side. Row sides are
// grown from the smallest legal one along equalities: all of them up to RowSidesMax, then no further. None,
// with a diagnostic, when no cut is legal.
std::vector<Cut> LegalCuts(const Input& input, const normal::Branch& branch,
                           source::Diagnostics& diagnostics);
inline constexpr size_t RowSidesMax = 512;

// The cost of one cut, from estimates of the tables.
Cost CostOf(const Input& input, const normal::Branch& branch, const Cut& cut);

}  // namespace bulkhead::planner
