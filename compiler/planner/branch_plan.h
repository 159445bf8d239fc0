// One branch under one cut, as the parts of a plan before sharing.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/planner/cut.h"

namespace bulkhead::planner {

// Tables and lookups are shared through the builder; the rest stands alone.
class PlanBuilder {
 public:
  explicit PlanBuilder(plan::Plan& plan) : plan_(plan) {}
  uint32_t AddTable(const Input& input, const ir::TableSource& source);
  // An equal lookup is given once: equality of all fields.
  uint32_t AddLookup(plan::Lookup lookup);
  uint32_t AddPipeline(plan::Pipeline pipeline);
  // An equal node is given once.
  uint32_t AddNode(plan::Node node);
  // Named after `what` and the content of its node.
  uint32_t AddDerivedTable(plan::Table table, std::string_view what);
  const plan::Table& table(uint32_t index) const { return plan_.tables[index]; }
  // Equal for nodes that compute the same, in every plan.
  const std::string& NodeDigest(uint32_t node) const { return node_digests_[node]; }

 private:
  std::string ContentOf(const plan::Node& node) const;

  plan::Plan& plan_;
  std::unordered_map<std::string, uint32_t> tables_, lookups_, pipelines_, nodes_;
  std::vector<std::string> node_digests_;
};

// Columns by occurrence (its index in the module) and name.
using ColumnKey = std::pair<uint32_t, std::string>;

// The row side as a table of its own: relation.h makes it.
struct RowRelation {
  uint32_t table = 0;  // derived, in Plan::tables
  std::map<ColumnKey, std::string> columns;  // what a column is called there
};

struct BranchPlan {
  plan::Pipeline pipeline;     // keys in the order of `querier.key`
  plan::Querier querier;       // `bucket` is not set
  std::string parameter_text;  // equal iff request filter, stages and key are equal
};

// `relation` stands for node 0 of the cut, when that is more than one table and its functions.
BranchPlan PlanBranch(const Input& input, const normal::Branch& branch, const Cut& cut, PlanBuilder& builder,
                      const RowRelation* relation);

// Conjuncts in a stable order, so that their order in the rules does not matter; none for none.
std::optional<vm::Expr> SortedConjunction(std::vector<vm::Expr> conjuncts);

// Stable texts of parts, for sharing and ids: equal iff the parts are.
std::string TextOf(const std::optional<vm::Expr>& expr);
std::string TextOf(const std::vector<vm::Expr>& exprs);
std::string TextOf(const std::vector<plan::Expansion>& expansions);
std::string TextOf(const plan::Pipeline& pipeline, const plan::Plan& plan);
std::string TextOf(const plan::Lookup& lookup);

}  // namespace bulkhead::planner
