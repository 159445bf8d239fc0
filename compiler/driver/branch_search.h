// Whether one branch gives a session one row, and if not, what keeps it out: the branch is searched over the
// rows themselves, condition by condition, without plan or engine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "runtime/value/value.h"
#include "runtime/vm/expr.h"

namespace bulkhead::driver {

struct TableRows {
  std::vector<std::string> columns;
  std::vector<value::OwnedRow> rows;
};

struct SearchInput {
  const ir::Module& module;
  // All rows of a table; they stay where they are.
  std::function<Result<const TableRows*>(const ir::TableSource&)> read;
  value::Value request[vm::RequestParts];
};

// A condition where the search ended, or the whole branch when it did not.
struct SearchedCondition {
  source::Span span;
  bool holds = false;  // alone, for some row that met all conditions before
};

struct SearchResult {
  bool found = false;       // rows of the synced table with that id
  bool admitted = false;    // and all conditions hold for one of them
  source::Span ended_at;    // the table that had no fitting row; the branch when the request alone decides
  std::string missing;      // a table of which no row meets all of `conditions`
  std::string excluded_by;  // when everything holds, but this exists beside it
  std::vector<SearchedCondition> conditions;  // decided at that place
  std::vector<std::string>
      witness;  // rows: "members (user_id = 'alice', workspace_id = 'w1')", as far as they go
};

// Unsupported for branches with queries in FROM. Cost: for each table one pass over its rows, and the
// matches; at most TuplesMax combinations are followed at a time.
Result<SearchResult> SearchBranch(const SearchInput& input, const normal::Branch& branch,
                                  std::string_view id);
inline constexpr size_t TuplesMax = 10'000;

}  // namespace bulkhead::driver
