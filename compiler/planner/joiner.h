// Joins the tables of one row side, or of what stands beside it, as nodes of the plan.
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/planner/relation.h"

namespace bulkhead::planner {

// Fields of a relation: columns, and expressions over one occurrence, whose key begins with "=".
using FieldKey = ColumnKey;

struct Relation {
  uint32_t node = 0;
  std::vector<FieldKey> fields;
  std::set<uint32_t> occurrences;  // whose rows it combines
  // Fields that tell its rows apart, also when they are not kept; none: a row may be there several times.
  std::optional<std::set<FieldKey>> identity;

  std::optional<uint32_t> Find(const FieldKey& key) const {
    auto at = std::find(fields.begin(), fields.end(), key);
    if (at == fields.end()) return std::nullopt;
    return static_cast<uint32_t>(at - fields.begin());
  }
};

// The occurrences that an expression reads.
std::set<uint32_t> OccurrencesOf(const ir::Module& module, ir::ExprId id);
// Adds the columns that it reads, also in its subqueries.
void CollectColumns(const ir::Module& module, ir::ExprId id, std::set<FieldKey>& columns);
void CollectColumns(const ir::Module& module, const normal::Beside& beside, std::set<FieldKey>& columns);

// What is to be joined: a branch's row side, or what stands beside it.
struct Problem {
  std::vector<ir::OccurrenceId> occurrences;
  std::optional<uint32_t> root;                // where the joins end; none: the first occurrence
  std::vector<std::vector<ir::ExprId>> equal;  // members read one occurrence each, or nothing
  std::vector<ir::ExprId> conditions;
  const std::vector<normal::Beside>* left = nullptr;
  const std::vector<normal::Beside>* excluded = nullptr;
  std::set<FieldKey> wanted;
  std::set<uint32_t> counted;  // occurrences of which every row counts, not only that there is one
};

class Joiner {
 public:
  Joiner(const Input& input, PlanBuilder& builder, RelationPlanner& queries, Problem problem)
      : input_(input),
        module_(input.module),
        builder_(builder),
        queries_(queries),
        problem_(std::move(problem)) {}

  Relation Join();

  // The same rows with exactly these fields.
  void Project(Relation& relation, const std::vector<FieldKey>& fields);

  vm::Expr LowerOver(const Relation& relation, ir::ExprId id) const;

  bool IsSet(const Relation& relation) const;

 private:
  // Members of one class in different occurrences, by occurrence.
  using Link = std::map<uint32_t, ir::ExprId>;

  static vm::Expr FieldOf(uint32_t field) { return vm::ColumnOf(fmt::format("{}", field)); }
  static const std::vector<normal::Beside>* Or(const std::vector<normal::Beside>* besides);
  const ir::FunctionSource* FunctionOf(uint32_t occurrence) const;
  uint32_t OwnerOf(uint32_t occurrence) const;
  std::set<uint32_t> OwnersOf(ir::ExprId id) const;

  // ---- Who reads what ----

  // A table function belongs to the table that it reads; inputs may read functions attached before.
  void AttachFunctions();
  uint32_t FirstTable() const;

  void FileEqualities();

  std::string TextOfMember(ir::ExprId id) const;
  FieldKey KeyOfMember(ir::ExprId id) const;

  void FileConditions();

  // Everything that is read later than in a scan's own filter.
  void CollectWanted();

  // Of the fields of these occurrences, those that something still reads.
  std::set<FieldKey> WantedOf(const std::set<uint32_t>& occurrences) const;

  // ---- Scans ----

  Relation Leaf(uint32_t occurrence);

  vm::Expr LowerAtScan(uint32_t owner, ir::ExprId id) const;
  vm::Expr ColumnAtScan(uint32_t owner, const ir::ColumnExpr& column) const;

  std::optional<vm::Expr> FilterOf(uint32_t owner) const;

  // What later nodes read of it, each with the expression that gives it; by text, so that the order does not
  // depend on how the query was spelled.
  std::vector<std::pair<FieldKey, vm::Expr>> OutputsOf(uint32_t owner) const;

  Relation ScanOf(uint32_t owner);

  // The columns of a query are its fields, so expressions over them need no other names.
  Relation QueryOf(uint32_t owner);

  std::optional<std::set<FieldKey>> IdentityOfQuery(uint32_t owner) const;

  // ---- Joins ----

  std::vector<uint32_t> Starts() const;

  // Joins end at `start`: what lies further away is joined first, so that a change at the start meets one
  // relation for each of its neighbours.
  Relation Tree(uint32_t start, std::set<uint32_t>& visited);

  std::vector<uint32_t> Neighbours(uint32_t of, const std::set<uint32_t>& visited) const;

  void Combine(Relation& left, Relation right);

  // Joins with `right`, or only asks whether it has a row when nothing else of it is read.
  void Connect(Relation& left, Relation right, plan::Join join);

  // A side whose identity the key covers adds at most one row, so the other side's identity is enough.
  static std::optional<std::set<FieldKey>> JoinedIdentity(const Relation& left, const Relation& right,
                                                          const plan::Join& join);

  // Conditions that can be decided now, over the pair's fields.
  std::optional<vm::Expr> TakePending(const Relation& left, const Relation& right,
                                      const std::set<uint32_t>& both);
  vm::Expr LowerOverPair(const Relation& left, const Relation& right, ir::ExprId id) const;

  void Prune(Relation& relation, const std::set<FieldKey>& wanted);

  // Conditions over what was left-joined.
  void ApplyRest(Relation& relation);

  // ---- Beside ----

  struct Attached {
    Relation relation;
    plan::Join join;
  };

  // The rows beside, and how they meet the rows of `outer`; `wanted` are columns of theirs that are read
  // later.
  Attached AttachBeside(Relation& outer, const normal::Beside& beside, const std::set<FieldKey>& wanted);

  void CollectInside(ir::ExprId id, const std::set<uint32_t>& inside, std::set<FieldKey>& wanted) const;

  // `outer = inner`, when that is what the conjunct says.
  std::optional<std::pair<ir::ExprId, ir::ExprId>> MeetOf(ir::ExprId id,
                                                          const std::set<uint32_t>& inside) const;

  bool TakeEquality(Problem& problem, ir::ExprId id) const;

  // The field that holds the expression, made when there is none.
  uint32_t Ensure(Relation& relation, ir::ExprId id);
  FieldKey KeyOfAny(ir::ExprId id) const;

  void Exclude(Relation& relation, const normal::Beside& beside);

  // The pairs, and with NULLs the rows that have none.
  void AddLeft(Relation& relation, const normal::Beside& beside);
  void CollectBesides(std::set<FieldKey>& columns) const;

  const Input& input_;
  const ir::Module& module_;
  PlanBuilder& builder_;
  RelationPlanner& queries_;
  Problem problem_;
  std::map<uint32_t, uint32_t> owner_;                   // of each occurrence: the table it belongs to
  std::map<uint32_t, std::vector<uint32_t>> functions_;  // by table, in the order of evaluation
  std::map<uint32_t, std::vector<std::pair<ir::ExprId, ir::ExprId>>>
      equal_;                                          // by table: equalities within it
  std::map<uint32_t, std::vector<ir::ExprId>> local_;  // by table: conditions on it alone
  std::vector<Link> links_;
  std::vector<ir::ExprId> pending_;  // conditions over several tables
  std::set<FieldKey> always_;
};

}  // namespace bulkhead::planner
