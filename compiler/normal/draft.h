// What the passes work on: a branch in the making.
#pragma once

#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "compiler/source/diagnostic.h"

namespace bulkhead::normal {

struct Draft {
  const ir::Select* select = nullptr;     // the arm it comes from: root and outputs
  ir::SelectId arm;                       // the same
  std::vector<OccurrenceId> occurrences;  // without duplicates, the arm's own first
  std::vector<ExprId> conjuncts;          // all must be TRUE
  std::vector<Beside> excluded;           // filled by `distribute`
  std::vector<EqualityClass> classes;     // filled by `equalities`, which empties `conjuncts`
  std::vector<Residual> residuals;
};

struct PassContext {
  ir::Module& module;
  source::Diagnostics& diagnostics;
  bool failed = false;  // A diagnostic was given: the query has no branches.

  ExprId AddCall(std::string callee, std::vector<ExprId> args, Span span);
  ExprId AddColumn(OccurrenceId occurrence, std::string column, Span span);
  const ir::CallExpr* AsCall(ExprId id) const;
  const ir::CallExpr* AsCall(ExprId id, std::string_view callee) const;
};

using Drafts = std::vector<Draft>;

// The passes, one per file; passes.cpp has their table.
void PushNot(PassContext& context, Drafts& drafts);
void Distribute(PassContext& context, Drafts& drafts);
void ExpandJson(PassContext& context, Drafts& drafts);
void CheckExcluded(PassContext& context, Drafts& drafts);
void MergeEqualities(PassContext& context, Drafts& drafts);
void Simplify(PassContext& context, Drafts& drafts);
void Deduplicate(PassContext& context, Drafts& drafts);

// For dumps between passes.
std::string PrintDrafts(const ir::Module& module, const Drafts& drafts);

// Occurrences an expression reads, over the module's occurrences; `subquery` if it holds EXISTS or IN
// (SELECT).
struct Sources {
  std::vector<OccurrenceId> occurrences;  // ascending by index, unique
  bool request = false;
  bool subquery = false;
  bool Single() const { return !subquery && occurrences.size() + (request ? 1 : 0) <= 1; }
  bool Constant() const { return !subquery && !request && occurrences.empty(); }
  friend bool operator==(const Sources&, const Sources&) = default;
};
Sources SourcesOf(const ir::Module& module, ExprId expr);
void Merge(Sources& into, const Sources& from);

// The same of all that an excluded row depends on, without the occurrences that are its own.
Sources SourcesOf(const ir::Module& module, const Beside& beside);

// Text that is equal iff the expressions are structurally equal (same occurrences, same literals by type and
// value).
std::string StructureOf(const ir::Module& module, ExprId expr);
// The same for excluded rows; the order of conjuncts does not matter.
std::string StructureOf(const ir::Module& module, const Beside& beside);

}  // namespace bulkhead::normal
