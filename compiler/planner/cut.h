// How one branch is divided between row side and session (planner.md §2).
#pragma once

#include <optional>
#include <vector>

#include "compiler/planner/planner.h"

namespace bulkhead::planner {

// Where each occurrence of a branch is evaluated.
//   node 0          the row side: the root and the table functions over it
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
};

// None, with a diagnostic, when no legal cut exists: something on the row side would have to read the
// session.
std::optional<Cut> ChooseCut(const Input& input, const normal::Branch& branch,
                             source::Diagnostics& diagnostics);

}  // namespace bulkhead::planner
