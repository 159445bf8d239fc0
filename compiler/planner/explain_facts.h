// What EXPLAIN says, in all its formats.
#pragma once

#include <string>
#include <vector>

#include "compiler/planner/explain.h"

namespace bulkhead::planner {

// The rows of one pipeline.
struct RowsFacts {
  std::string table, output_table;
  std::vector<std::string> expansions, keys, columns;
  std::string filter;
  std::vector<std::string> made_of;  // of a derived table: its nodes as a tree
};
struct StepFacts {
  std::string text;  // "members where role = 'admin'"
  std::vector<std::string> inputs, outputs;
  std::string filter;  // on the tuples after this step
};
struct BucketFacts {
  std::string stream, bucket;
  std::vector<RowsFacts> rows;
  std::string condition;  // on the request alone
  std::vector<StepFacts> steps;
  std::vector<std::string> key;
  std::vector<const BranchReport*> branches;  // with their cuts; empty when none are to be shown
};

BucketFacts FactsOf(const Explained& what, const plan::Stream& stream, const plan::Querier& querier);

std::string Joined(const std::vector<std::string>& parts, std::string_view separator = ", ");

}  // namespace bulkhead::planner
