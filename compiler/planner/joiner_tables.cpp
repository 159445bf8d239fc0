// How relations meet: joins, and rows that stand beside others.
#include <algorithm>

#include "compiler/ir/walk.h"
#include "compiler/planner/joiner.h"
#include "compiler/planner/lower.h"

namespace bulkhead::planner {

using ir::ExprId;
using ir::OccurrenceId;
using normal::Beside;

// ---- Joins ----

std::vector<uint32_t> Joiner::Starts() const {
  std::vector<uint32_t> starts;
  if (problem_.root) starts.push_back(OwnerOf(*problem_.root));
  for (OccurrenceId id : problem_.occurrences) starts.push_back(OwnerOf(id.index));
  return starts;
}

Relation Joiner::Tree(uint32_t start, std::set<uint32_t>& visited) {
  visited.insert(start);
  std::vector<uint32_t> children = Neighbours(start, visited);
  visited.insert(children.begin(), children.end());
  std::vector<std::pair<std::string, Relation>> trees;
  for (uint32_t child : children) {
    Relation tree = Tree(child, visited);
    trees.emplace_back(builder_.NodeDigest(tree.node), std::move(tree));
  }
  std::ranges::sort(trees, {}, [](const auto& tree) { return tree.first; });
  Relation relation = Leaf(start);
  for (auto& [digest, tree] : trees) Combine(relation, std::move(tree));
  return relation;
}

std::vector<uint32_t> Joiner::Neighbours(uint32_t of, const std::set<uint32_t>& visited) const {
  std::set<uint32_t> neighbours;
  for (const Link& link : links_) {
    if (!link.contains(of)) continue;
    for (const auto& [owner, id] : link)
      if (!visited.contains(owner)) neighbours.insert(owner);
  }
  return {neighbours.begin(), neighbours.end()};
}

void Joiner::Combine(Relation& left, Relation right) {
  plan::Join join;
  std::vector<std::tuple<uint32_t, uint32_t>> keys;
  for (const Link& link : links_) {
    auto in = [&](const Relation& relation) {
      return std::ranges::find_if(
          link, [&](const auto& side) { return relation.occurrences.contains(side.first); });
    };
    auto l = in(left), r = in(right);
    if (l == link.end() || r == link.end()) continue;
    keys.emplace_back(*left.Find(KeyOfMember(l->second)), *right.Find(KeyOfMember(r->second)));
  }
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  for (const auto& [l, r] : keys) {
    join.left_key.push_back(l);
    join.right_key.push_back(r);
  }
  Connect(left, std::move(right), std::move(join));
}

void Joiner::Connect(Relation& left, Relation right, plan::Join join) {
  std::set<uint32_t> both = left.occurrences;
  both.insert(right.occurrences.begin(), right.occurrences.end());
  join.filter = TakePending(left, right, both);
  std::set<FieldKey> wanted = WantedOf(both);
  bool existence =
      std::ranges::none_of(right.fields, [&](const FieldKey& key) { return wanted.contains(key); }) &&
      std::ranges::none_of(right.occurrences, [&](uint32_t o) { return problem_.counted.contains(o); });
  if (existence) {
    left.node = builder_.AddNode({{left.node, right.node}, plan::SemiJoin{std::move(join), false}});
  } else {
    left.identity = JoinedIdentity(left, right, join);
    left.node = builder_.AddNode({{left.node, right.node}, std::move(join)});
    left.fields.insert(left.fields.end(), right.fields.begin(), right.fields.end());
  }
  left.occurrences = std::move(both);
  Prune(left, wanted);
}

std::optional<std::set<FieldKey>> Joiner::JoinedIdentity(const Relation& left, const Relation& right,
                                                         const plan::Join& join) {
  if (!left.identity || !right.identity) return std::nullopt;
  auto covered = [](const Relation& relation, const std::vector<uint32_t>& key) {
    return std::ranges::all_of(*relation.identity, [&](const FieldKey& part) {
      return std::ranges::any_of(key, [&](uint32_t field) { return relation.fields[field] == part; });
    });
  };
  if (covered(right, join.right_key)) return left.identity;
  if (covered(left, join.left_key)) return right.identity;
  std::set<FieldKey> identity = *left.identity;
  identity.insert(right.identity->begin(), right.identity->end());
  return identity;
}

std::optional<vm::Expr> Joiner::TakePending(const Relation& left, const Relation& right,
                                            const std::set<uint32_t>& both) {
  std::vector<vm::Expr> conjuncts;
  std::erase_if(pending_, [&](ExprId id) {
    bool ready = std::ranges::all_of(OwnersOf(id), [&](uint32_t owner) { return both.contains(owner); });
    if (ready) conjuncts.push_back(LowerOverPair(left, right, id));
    return ready;
  });
  return SortedConjunction(std::move(conjuncts));
}

vm::Expr Joiner::LowerOverPair(const Relation& left, const Relation& right, ExprId id) const {
  return Lower(module_, id, [&](const ir::ColumnExpr& column) {
    FieldKey key{column.occurrence.index, column.column};
    if (auto at = left.Find(key)) return FieldOf(*at);
    auto at = right.Find(key);
    CHECK_INVARIANT(at.has_value(), "a pair has the columns that are read of it");
    return FieldOf(static_cast<uint32_t>(left.fields.size()) + *at);
  });
}

void Joiner::Prune(Relation& relation, const std::set<FieldKey>& wanted) {
  std::vector<FieldKey> kept;
  for (const FieldKey& key : relation.fields)
    if (wanted.contains(key) && std::find(kept.begin(), kept.end(), key) == kept.end()) kept.push_back(key);
  Project(relation, kept);
}

void Joiner::ApplyRest(Relation& relation) {
  if (pending_.empty()) return;
  plan::Map map;
  std::vector<vm::Expr> conjuncts;
  for (ExprId id : pending_) conjuncts.push_back(LowerOver(relation, id));
  pending_.clear();
  map.filter = SortedConjunction(std::move(conjuncts));
  for (uint32_t i = 0; i < relation.fields.size(); ++i) map.outputs.push_back(FieldOf(i));
  relation.node = builder_.AddNode({{relation.node}, std::move(map)});
}

// ---- Beside ----

Joiner::Attached Joiner::AttachBeside(Relation& outer, const Beside& beside,
                                      const std::set<FieldKey>& wanted) {
  std::set<uint32_t> inside;
  for (OccurrenceId id : beside.occurrences) inside.insert(id.index);
  Problem problem;
  problem.occurrences = beside.occurrences;
  problem.excluded = &beside.excluded;
  problem.wanted = wanted;
  std::vector<std::pair<ExprId, ExprId>> meets;  // outer, inner
  std::vector<ExprId> filters;
  for (ExprId id : beside.conjuncts) {
    std::set<uint32_t> reads = OccurrencesOf(module_, id);
    bool all_inside = std::ranges::all_of(reads, [&](uint32_t o) { return inside.contains(o); });
    if (auto meet = MeetOf(id, inside))
      meets.push_back(*meet);
    else if (!all_inside)
      filters.push_back(id);
    else if (!TakeEquality(problem, id))
      problem.conditions.push_back(id);
  }
  for (const auto& [out, in] : meets) CollectInside(in, inside, problem.wanted);
  for (ExprId id : filters) CollectInside(id, inside, problem.wanted);
  Joiner joiner(input_, builder_, queries_, std::move(problem));
  Attached attached{joiner.Join(), {}};
  for (const auto& [out, in] : meets) {
    attached.join.left_key.push_back(Ensure(outer, out));
    attached.join.right_key.push_back(Ensure(attached.relation, in));
  }
  std::vector<vm::Expr> conjuncts;
  for (ExprId id : filters) conjuncts.push_back(LowerOverPair(outer, attached.relation, id));
  attached.join.filter = SortedConjunction(std::move(conjuncts));
  return attached;
}

void Joiner::CollectInside(ExprId id, const std::set<uint32_t>& inside, std::set<FieldKey>& wanted) const {
  std::set<FieldKey> columns;
  CollectColumns(module_, id, columns);
  for (const FieldKey& key : columns)
    if (inside.contains(key.first)) wanted.insert(key);
}

std::optional<std::pair<ExprId, ExprId>> Joiner::MeetOf(ExprId id, const std::set<uint32_t>& inside) const {
  const auto* call = std::get_if<ir::CallExpr>(&module_.exprs[id].kind);
  if (!call || call->callee != "=") return std::nullopt;
  auto side = [&](ExprId e) {
    std::set<uint32_t> reads = OccurrencesOf(module_, e);
    auto in = std::ranges::count_if(reads, [&](uint32_t o) { return inside.contains(o); });
    return std::pair(static_cast<size_t>(in), reads.size());
  };
  auto [a_in, a] = side(call->args[0]);
  auto [b_in, b] = side(call->args[1]);
  if (a > 0 && a_in == 0 && b > 0 && b_in == b) return std::pair(call->args[0], call->args[1]);
  if (b > 0 && b_in == 0 && a > 0 && a_in == a) return std::pair(call->args[1], call->args[0]);
  return std::nullopt;
}

bool Joiner::TakeEquality(Problem& problem, ExprId id) const {
  const auto* call = std::get_if<ir::CallExpr>(&module_.exprs[id].kind);
  if (!call || call->callee != "=") return false;
  std::set<uint32_t> a = OccurrencesOf(module_, call->args[0]), b = OccurrencesOf(module_, call->args[1]);
  if (a.size() != 1 || b.size() != 1 || a == b) return false;
  problem.equal.push_back({call->args[0], call->args[1]});
  return true;
}

uint32_t Joiner::Ensure(Relation& relation, ExprId id) {
  FieldKey key = KeyOfAny(id);
  if (auto at = relation.Find(key)) return *at;
  plan::Map map;
  for (uint32_t i = 0; i < relation.fields.size(); ++i) map.outputs.push_back(FieldOf(i));
  map.outputs.push_back(LowerOver(relation, id));
  relation.node = builder_.AddNode({{relation.node}, std::move(map)});
  relation.fields.push_back(std::move(key));
  return static_cast<uint32_t>(relation.fields.size() - 1);
}

FieldKey Joiner::KeyOfAny(ExprId id) const {
  if (const auto* column = std::get_if<ir::ColumnExpr>(&module_.exprs[id].kind))
    return {column->occurrence.index, column->column};
  return {OccurrencesOf(module_, id).empty() ? 0 : *OccurrencesOf(module_, id).begin(),
          "=" + TextOfMember(id)};
}

void Joiner::Exclude(Relation& relation, const Beside& beside) {
  Attached attached = AttachBeside(relation, beside, {});
  relation.node = builder_.AddNode(
      {{relation.node, attached.relation.node}, plan::SemiJoin{std::move(attached.join), true}});
}

void Joiner::AddLeft(Relation& relation, const Beside& beside) {
  std::set<FieldKey> read = problem_.wanted, wanted;
  for (ExprId id : pending_) CollectColumns(module_, id, read);
  CollectBesides(read);
  for (OccurrenceId id : beside.occurrences) {
    for (const FieldKey& key : read)
      if (key.first == id.index) wanted.insert(key);
  }
  Attached attached = AttachBeside(relation, beside, wanted);
  uint32_t alone =
      builder_.AddNode({{relation.node, attached.relation.node}, plan::SemiJoin{attached.join, true}});
  plan::Map pad;
  for (uint32_t i = 0; i < relation.fields.size(); ++i) pad.outputs.push_back(FieldOf(i));
  for (size_t i = 0; i < attached.relation.fields.size(); ++i) pad.outputs.push_back(vm::Null());
  alone = builder_.AddNode({{alone}, std::move(pad)});
  std::optional<std::set<FieldKey>> identity = JoinedIdentity(relation, attached.relation, attached.join);
  uint32_t pairs = builder_.AddNode({{relation.node, attached.relation.node}, std::move(attached.join)});
  relation.identity = std::move(identity);
  relation.node = builder_.AddNode({{pairs, alone}, plan::Union{}});
  relation.fields.insert(relation.fields.end(), attached.relation.fields.begin(),
                         attached.relation.fields.end());
  for (OccurrenceId id : beside.occurrences) relation.occurrences.insert(id.index);
}

void Joiner::CollectBesides(std::set<FieldKey>& columns) const {
  for (const Beside& beside : *Or(problem_.left)) CollectColumns(module_, beside, columns);
  for (const Beside& beside : *Or(problem_.excluded)) CollectColumns(module_, beside, columns);
}

}  // namespace bulkhead::planner
