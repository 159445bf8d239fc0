// One branch under one cut, as the parts of a plan before sharing.
#pragma once

#include <string>
#include <unordered_map>

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

 private:
  plan::Plan& plan_;
  std::unordered_map<std::string, uint32_t> tables_, lookups_, pipelines_;
};

struct BranchPlan {
  plan::Pipeline pipeline;     // keys in the order of `querier.key`
  plan::Querier querier;       // `bucket` is not set
  std::string parameter_text;  // equal iff request filter, stages and key are equal
};

BranchPlan PlanBranch(const Input& input, const normal::Branch& branch, const Cut& cut, PlanBuilder& builder);

// Stable texts of parts, for sharing and ids: equal iff the parts are.
std::string TextOf(const std::optional<vm::Expr>& expr);
std::string TextOf(const std::vector<vm::Expr>& exprs);
std::string TextOf(const std::vector<plan::Expansion>& expansions);
std::string TextOf(const plan::Pipeline& pipeline, const plan::Plan& plan);
std::string TextOf(const plan::Lookup& lookup);

}  // namespace bulkhead::planner
