#include "compiler/planner/relation.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ir/walk.h"
#include "compiler/planner/joiner.h"
#include "compiler/planner/lower.h"

namespace bulkhead::planner {
namespace {

using ir::ExprId;
using ir::OccurrenceId;

Problem ProblemOf(const ir::Module& module, const normal::Branch& branch, const std::set<uint32_t>& rows) {
  Problem problem;
  std::set<uint32_t> outside;
  for (uint32_t i = 0; i < branch.occurrences.size(); ++i) {
    if (rows.contains(i))
      problem.occurrences.push_back(branch.occurrences[i]);
    else
      outside.insert(branch.occurrences[i].index);
  }
  auto is_inside = [&](ExprId id) {
    ir::ReadSet reads = ir::ReadsOf(module, id);
    return !reads.request &&
           std::ranges::none_of(reads.occurrences, [&](OccurrenceId o) { return outside.contains(o.index); });
  };
  for (const normal::EqualityClass& cls : branch.classes) {
    std::vector<ExprId> members;
    for (const auto& member : cls.members)
      if (is_inside(member.expr)) members.push_back(member.expr);
    if (members.size() > 1) problem.equal.push_back(std::move(members));
  }
  for (const normal::Residual& residual : branch.residuals)
    if (!ir::ReadsOf(module, residual.expr).occurrences.empty() && is_inside(residual.expr))
      problem.conditions.push_back(residual.expr);
  problem.left = &branch.left;
  problem.excluded = &branch.excluded;
  return problem;
}

// The part of the names of derived columns that a person recognises.
std::string NameOf(const ir::Module& module, const FieldKey& key) {
  const ir::Occurrence& occurrence = module.occurrences[OccurrenceId{key.first}];
  if (const auto* table = std::get_if<ir::TableSource>(&occurrence.source))
    return table->name + "." + key.second;
  if (const auto* function = std::get_if<ir::FunctionSource>(&occurrence.source))
    return function->function + "." + key.second;
  return "query." + key.second;
}

// What a person calls the rows of an occurrence, however it is named in the query.
std::string WhatOf(const ir::Module& module, OccurrenceId id) {
  const auto* table = std::get_if<ir::TableSource>(&module.occurrences[id].source);
  return table ? table->name : "query";
}

}  // namespace

RowRelation RelationPlanner::Plan(const normal::Branch& branch, const std::set<uint32_t>& rows,
                                  const std::vector<ExprId>& needed) {
  Problem problem = ProblemOf(input_.module, branch, rows);
  OccurrenceId root = branch.occurrences[branch.root];
  problem.root = root.index;
  std::set<FieldKey> kept;
  for (ExprId id : needed) CollectColumns(input_.module, id, kept);
  if (const auto* source = std::get_if<ir::TableSource>(&input_.module.occurrences[root].source)) {
    for (const std::string& column : builder_.table(builder_.AddTable(input_, *source)).key)
      kept.emplace(root.index, column);
  }
  problem.wanted = kept;
  Joiner joiner(input_, builder_, *this, std::move(problem));
  Relation relation = joiner.Join();
  std::vector<FieldKey> fields;
  for (const FieldKey& key : relation.fields)
    if (kept.contains(key)) fields.push_back(key);
  joiner.Project(relation, fields);
  const bool is_set = joiner.IsSet(relation);
  if (!is_set) relation.node = builder_.AddNode({{relation.node}, plan::Distinct{}});

  RowRelation result;
  plan::Table table;
  table.node = relation.node;
  std::map<std::string, int> uses;
  for (const FieldKey& key : fields) {
    std::string name = NameOf(input_.module, key);
    if (int use = ++uses[name]; use > 1) name += fmt::format(":{}", use);
    if (!is_set || relation.identity->contains(key)) table.key.push_back(name);
    table.columns.push_back(name);
    result.columns[key] = std::move(name);
  }
  if (table.key.empty()) table.key = table.columns;
  result.table = builder_.AddDerivedTable(std::move(table), WhatOf(input_.module, root));
  return result;
}

uint32_t RelationPlanner::NodeOfQuery(OccurrenceId occurrence) {
  if (auto at = nodes_.find(occurrence.index); at != nodes_.end()) return at->second;
  const auto& source = std::get<ir::QuerySource>(input_.module.occurrences[occurrence].source);
  auto derived = std::ranges::find(query_.derived, occurrence, &normal::DerivedSource::occurrence);
  CHECK_INVARIANT(derived != query_.derived.end(),
                  "normalisation gives the branches of every query it mentions");
  std::map<uint32_t, std::vector<const normal::Branch*>> by_arm;
  for (const normal::Branch& branch : derived->branches) by_arm[branch.arm.index].push_back(&branch);
  std::vector<uint32_t> arms;
  for (const auto& [arm, branches] : by_arm) arms.push_back(NodeOfArm(branches));
  uint32_t node = arms.size() == 1 ? arms[0] : builder_.AddNode({arms, plan::Union{}});
  if (source.distinct) node = builder_.AddNode({{node}, plan::Distinct{}});
  if (const auto* grouping = std::get_if<ir::Grouping>(&source.head)) node = NodeOfGrouping(*grouping, node);
  if (const auto* top = std::get_if<ir::Top>(&source.head)) node = NodeOfTop(*top, node);
  return nodes_[occurrence.index] = node;
}

// The rows of the arm's FROM, each as often as it is there: an OR makes several branches of it, which may
// meet.
uint32_t RelationPlanner::NodeOfArm(const std::vector<const normal::Branch*>& branches) {
  std::vector<uint32_t> nodes;
  size_t width = 0;
  bool sets = true;
  for (const normal::Branch* branch : branches) {
    std::set<uint32_t> rows;
    for (uint32_t i = 0; i < branch->occurrences.size(); ++i) rows.insert(i);
    Problem problem = ProblemOf(input_.module, *branch, rows);
    std::vector<FieldKey> identity;
    for (OccurrenceId id : branch->counted) {
      problem.counted.insert(id.index);
      for (FieldKey& key : IdentityOf(id)) identity.push_back(std::move(key));
    }
    problem.wanted.insert(identity.begin(), identity.end());
    for (const ir::OutputColumn& output : branch->outputs)
      CollectColumns(input_.module, output.value, problem.wanted);
    Joiner joiner(input_, builder_, *this, std::move(problem));
    Relation relation = joiner.Join();
    sets &= joiner.IsSet(relation);
    plan::Map map;
    for (const ir::OutputColumn& output : branch->outputs)
      map.outputs.push_back(joiner.LowerOver(relation, output.value));
    for (const FieldKey& key : identity)
      map.outputs.push_back(vm::ColumnOf(fmt::format("{}", *relation.Find(key))));
    width = branch->outputs.size();
    nodes.push_back(builder_.AddNode({{relation.node}, std::move(map)}));
  }
  uint32_t node = nodes.size() == 1 ? nodes[0] : builder_.AddNode({nodes, plan::Union{}});
  if (nodes.size() > 1 || !sets) node = builder_.AddNode({{node}, plan::Distinct{}});
  plan::Map outputs;
  for (size_t i = 0; i < width; ++i) outputs.outputs.push_back(vm::ColumnOf(fmt::format("{}", i)));
  return builder_.AddNode({{node}, std::move(outputs)});
}

std::vector<ColumnKey> RelationPlanner::IdentityOf(OccurrenceId id) {
  std::vector<ColumnKey> identity;
  const auto& source = input_.module.occurrences[id].source;
  if (const auto* table = std::get_if<ir::TableSource>(&source)) {
    for (const std::string& column : builder_.table(builder_.AddTable(input_, *table)).key)
      identity.emplace_back(id.index, column);
  } else if (const auto* query = std::get_if<ir::QuerySource>(&source)) {
    const auto* grouping = std::get_if<ir::Grouping>(&query->head);
    size_t count = grouping ? grouping->keys : input_.module.selects[query->arms[0]].outputs.size();
    for (size_t i = 0; i < count; ++i) identity.emplace_back(id.index, fmt::format("{}", i));
  } else {
    for (const char* column : {"key", "value"}) identity.emplace_back(id.index, column);
  }
  return identity;
}

uint32_t RelationPlanner::NodeOfGrouping(const ir::Grouping& grouping, uint32_t input) {
  static const std::map<std::string, plan::AggregateFunction, std::less<>> Functions = {
      {"count_rows", plan::AggregateFunction::CountRows},
      {"count", plan::AggregateFunction::Count},
      {"sum", plan::AggregateFunction::Sum},
      {"total", plan::AggregateFunction::Total},
      {"avg", plan::AggregateFunction::Avg},
      {"min", plan::AggregateFunction::Min},
      {"max", plan::AggregateFunction::Max}};
  plan::Aggregate aggregate;
  for (uint32_t i = 0; i < grouping.keys; ++i) aggregate.group.push_back(i);
  for (const ir::AggregateCall& call : grouping.calls)
    aggregate.calls.push_back({Functions.at(call.function), call.field, call.distinct});
  return builder_.AddNode({{input}, std::move(aggregate)});
}

uint32_t RelationPlanner::NodeOfTop(const ir::Top& top, uint32_t input) {
  plan::Top node{top.partition, {}, top.limit, top.offset};
  for (const ir::OrderTerm& term : top.order)
    node.order.push_back({term.field, term.descending, term.nulls_last});
  return builder_.AddNode({{input}, std::move(node)});
}

normal::Branch SessionSideOf(const ir::Module& module, const normal::Branch& branch,
                             const std::set<uint32_t>& rows) {
  auto inside = [&](const normal::Reads& reads) {
    return !reads.occurrences.empty() && rows.contains(reads.occurrences[0]);
  };
  auto text = [&](ExprId id) {
    return vm::Print(Lower(module, id, [&](const ir::ColumnExpr& e) {
      return vm::ColumnOf(NameOf(module, {e.occurrence.index, e.column}));
    }));
  };
  normal::Branch session = branch;
  session.left.clear();
  session.excluded.clear();
  session.classes.clear();
  for (normal::EqualityClass cls : branch.classes) {
    const auto& members = cls.members;
    bool constant = std::ranges::any_of(members, [](const auto& member) { return member.reads.Constant(); });
    std::optional<normal::EqualityClass::Member> first;
    for (const auto& member : members)
      if (inside(member.reads) && !constant && (!first || text(member.expr) < text(first->expr)))
        first = member;
    std::erase_if(cls.members, [&](const auto& member) { return inside(member.reads); });
    if (cls.members.empty() || (!first && cls.members.size() < 2)) continue;
    if (first) cls.members.push_back(*first);
    session.classes.push_back(std::move(cls));
  }
  std::erase_if(session.residuals, [&](const normal::Residual& residual) {
    auto reads = ir::ReadsOf(module, residual.expr).occurrences;
    return std::ranges::any_of(reads, [&](OccurrenceId id) {
      auto at = std::ranges::find(branch.occurrences, id);
      return at == branch.occurrences.end() ||
             rows.contains(static_cast<uint32_t>(at - branch.occurrences.begin()));
    });
  });
  return session;
}

}  // namespace bulkhead::planner
