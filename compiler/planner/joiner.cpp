#include "compiler/planner/joiner.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ir/walk.h"
#include "compiler/planner/lower.h"

namespace bulkhead::planner {

using ir::ExprId;
using ir::OccurrenceId;
using normal::Beside;

std::set<uint32_t> OccurrencesOf(const ir::Module& module, ExprId id) {
  std::set<uint32_t> occurrences;
  for (OccurrenceId read : ir::ReadsOf(module, id).occurrences) occurrences.insert(read.index);
  return occurrences;
}

void CollectColumns(const ir::Module& module, ExprId id, std::set<FieldKey>& columns) {
  ir::Visit(module, id, ir::Subqueries::Enter, [&](ExprId, const ir::Expr& expr) {
    if (const auto* column = std::get_if<ir::ColumnExpr>(&expr.kind))
      columns.emplace(column->occurrence.index, column->column);
  });
}

void CollectColumns(const ir::Module& module, const Beside& beside, std::set<FieldKey>& columns) {
  for (ExprId id : beside.conjuncts) CollectColumns(module, id, columns);
  for (const Beside& inner : beside.excluded) CollectColumns(module, inner, columns);
}
Relation Joiner::Join() {
  AttachFunctions();
  FileEqualities();
  FileConditions();
  CollectWanted();
  std::set<uint32_t> visited;
  std::optional<Relation> all;
  for (uint32_t start : Starts()) {
    if (visited.contains(start)) continue;
    Relation tree = Tree(start, visited);
    if (all)
      Combine(*all, std::move(tree));
    else
      all = std::move(tree);
  }
  for (const Beside& beside : *Or(problem_.left)) AddLeft(*all, beside);
  ApplyRest(*all);
  for (const Beside& beside : *Or(problem_.excluded)) Exclude(*all, beside);
  return std::move(*all);
}

void Joiner::Project(Relation& relation, const std::vector<FieldKey>& fields) {
  if (relation.fields == fields) return;
  plan::Map map;
  for (const FieldKey& field : fields) map.outputs.push_back(FieldOf(*relation.Find(field)));
  relation.node = builder_.AddNode({{relation.node}, std::move(map)});
  relation.fields = fields;
}

vm::Expr Joiner::LowerOver(const Relation& relation, ExprId id) const {
  return Lower(module_, id, [&](const ir::ColumnExpr& column) {
    auto at = relation.Find({column.occurrence.index, column.column});
    CHECK_INVARIANT(at.has_value(), "a relation has the columns that are read of it");
    return FieldOf(*at);
  });
}

bool Joiner::IsSet(const Relation& relation) const {
  return relation.identity && std::ranges::all_of(*relation.identity, [&](const FieldKey& key) {
           return relation.Find(key).has_value();
         });
}

const std::vector<Beside>* Joiner::Or(const std::vector<Beside>* besides) {
  static const std::vector<Beside> None;
  return besides ? besides : &None;
}

const ir::FunctionSource* Joiner::FunctionOf(uint32_t occurrence) const {
  return std::get_if<ir::FunctionSource>(&module_.occurrences[OccurrenceId{occurrence}].source);
}

uint32_t Joiner::OwnerOf(uint32_t occurrence) const {
  auto at = owner_.find(occurrence);
  return at == owner_.end() ? occurrence : at->second;
}

std::set<uint32_t> Joiner::OwnersOf(ExprId id) const {
  std::set<uint32_t> owners;
  for (uint32_t occurrence : OccurrencesOf(module_, id)) owners.insert(OwnerOf(occurrence));
  return owners;
}

// ---- Who reads what ----

void Joiner::AttachFunctions() {
  for (OccurrenceId id : problem_.occurrences) owner_[id.index] = id.index;
  for (bool again = true; again;) {
    again = false;
    for (OccurrenceId id : problem_.occurrences) {
      const ir::FunctionSource* function = FunctionOf(id.index);
      if (!function || owner_[id.index] != id.index) continue;
      std::set<uint32_t> owners = OwnersOf(function->input);
      uint32_t owner = owners.empty() ? FirstTable() : *owners.begin();
      CHECK_INVARIANT(owners.size() <= 1, "the cut leaves no function over several tables");
      if (FunctionOf(owner)) continue;
      owner_[id.index] = owner;
      functions_[owner].push_back(id.index);
      again = true;
    }
  }
}

uint32_t Joiner::FirstTable() const {
  for (OccurrenceId id : problem_.occurrences)
    if (!FunctionOf(id.index)) return id.index;
  CHECK_INVARIANT(false, "a table function stands beside a table");
  return 0;
}

void Joiner::FileEqualities() {
  for (const std::vector<ExprId>& members : problem_.equal) {
    std::vector<ExprId> constants;
    std::map<uint32_t, std::vector<ExprId>> by_owner;
    for (ExprId id : members) {
      std::set<uint32_t> owners = OwnersOf(id);
      if (owners.empty())
        constants.push_back(id);
      else
        by_owner[*owners.begin()].push_back(id);
    }
    Link link;
    for (auto& [owner, ids] : by_owner) {
      std::ranges::sort(ids, {}, [&](ExprId id) { return TextOfMember(id); });
      for (size_t i = 1; i < ids.size(); ++i) equal_[owner].emplace_back(ids[0], ids[i]);
      if (!constants.empty()) equal_[owner].emplace_back(ids[0], constants[0]);
      link[owner] = ids[0];
    }
    if (link.size() > 1 && constants.empty()) links_.push_back(std::move(link));
  }
}

std::string Joiner::TextOfMember(ExprId id) const {
  return vm::Print(Lower(module_, id, [&](const ir::ColumnExpr& e) {
    return vm::ColumnOf(fmt::format("{}.{}", e.occurrence.index, e.column));
  }));
}

FieldKey Joiner::KeyOfMember(ExprId id) const {
  if (const auto* column = std::get_if<ir::ColumnExpr>(&module_.exprs[id].kind))
    return {column->occurrence.index, column->column};
  return {*OwnersOf(id).begin(), "=" + TextOfMember(id)};
}

void Joiner::FileConditions() {
  for (ExprId id : problem_.conditions) {
    std::set<uint32_t> owners = OwnersOf(id);
    bool local = owners.size() <= 1 && (owners.empty() || owner_.contains(*owners.begin()));
    if (local)
      local_[owners.empty() ? OwnerOf(problem_.occurrences[0].index) : *owners.begin()].push_back(id);
    else
      pending_.push_back(id);
  }
}

void Joiner::CollectWanted() {
  always_ = problem_.wanted;
  for (const Beside& beside : *Or(problem_.left)) CollectColumns(module_, beside, always_);
  for (const Beside& beside : *Or(problem_.excluded)) CollectColumns(module_, beside, always_);
}

std::set<FieldKey> Joiner::WantedOf(const std::set<uint32_t>& occurrences) const {
  std::set<FieldKey> wanted;
  for (const FieldKey& key : always_)
    if (occurrences.contains(OwnerOf(key.first))) wanted.insert(key);
  for (ExprId id : pending_) {
    std::set<FieldKey> columns;
    CollectColumns(module_, id, columns);
    for (const FieldKey& key : columns)
      if (occurrences.contains(OwnerOf(key.first))) wanted.insert(key);
  }
  for (const Link& link : links_) {
    bool open =
        std::ranges::any_of(link, [&](const auto& side) { return !occurrences.contains(side.first); });
    if (!open) continue;
    for (const auto& [owner, id] : link)
      if (occurrences.contains(owner)) wanted.insert(KeyOfMember(id));
  }
  return wanted;
}

// ---- Scans ----

Relation Joiner::Leaf(uint32_t occurrence) {
  const auto& source = module_.occurrences[OccurrenceId{occurrence}].source;
  return std::holds_alternative<ir::TableSource>(source) ? ScanOf(occurrence) : QueryOf(occurrence);
}

vm::Expr Joiner::LowerAtScan(uint32_t owner, ExprId id) const {
  return Lower(module_, id, [&](const ir::ColumnExpr& column) { return ColumnAtScan(owner, column); });
}

vm::Expr Joiner::ColumnAtScan(uint32_t owner, const ir::ColumnExpr& column) const {
  if (column.occurrence.index == owner) return vm::ColumnOf(column.column);
  const auto& functions = functions_.at(owner);
  auto at = std::find(functions.begin(), functions.end(), column.occurrence.index);
  CHECK_INVARIANT(at != functions.end(), "a scan reads its own table");
  auto output = vm::ExpandOutputNamed(column.column);
  CHECK_INVARIANT(output.has_value(), "sema knows the columns of table functions");
  return vm::ExpandOf(static_cast<uint32_t>(at - functions.begin()), *output);
}

std::optional<vm::Expr> Joiner::FilterOf(uint32_t owner) const {
  std::vector<vm::Expr> conjuncts;
  if (auto at = local_.find(owner); at != local_.end())
    for (ExprId id : at->second) conjuncts.push_back(LowerAtScan(owner, id));
  if (auto at = equal_.find(owner); at != equal_.end())
    for (const auto& [a, b] : at->second)
      conjuncts.push_back(vm::Apply(vm::Operator::Eq, LowerAtScan(owner, a), LowerAtScan(owner, b)));
  return SortedConjunction(std::move(conjuncts));
}

std::vector<std::pair<FieldKey, vm::Expr>> Joiner::OutputsOf(uint32_t owner) const {
  std::map<std::string, std::pair<FieldKey, vm::Expr>> by_text;
  for (const FieldKey& key : WantedOf({owner})) {
    if (key.second.starts_with('=')) continue;
    vm::Expr value = ColumnAtScan(owner, {OccurrenceId{key.first}, key.second});
    by_text.emplace(vm::Print(value), std::pair(key, value));
  }
  for (const Link& link : links_) {
    auto side = link.find(owner);
    if (side == link.end()) continue;
    vm::Expr value = LowerAtScan(owner, side->second);
    by_text.emplace(vm::Print(value), std::pair(KeyOfMember(side->second), value));
  }
  std::vector<std::pair<FieldKey, vm::Expr>> outputs;
  for (auto& [text, output] : by_text) outputs.push_back(std::move(output));
  return outputs;
}

Relation Joiner::ScanOf(uint32_t owner) {
  plan::Scan scan;
  scan.table =
      builder_.AddTable(input_, std::get<ir::TableSource>(module_.occurrences[OccurrenceId{owner}].source));
  Relation relation;
  relation.occurrences = {owner};
  if (auto at = functions_.find(owner); at != functions_.end()) {
    for (uint32_t id : at->second)
      scan.expansions.push_back({FunctionOf(id)->function, LowerAtScan(owner, FunctionOf(id)->input)});
  } else {
    relation.identity.emplace();
    for (const std::string& column : builder_.table(scan.table).key)
      relation.identity->emplace(owner, column);
  }
  scan.filter = FilterOf(owner);
  for (auto& [key, value] : OutputsOf(owner)) {
    relation.fields.push_back(key);
    scan.outputs.push_back(std::move(value));
  }
  relation.node = builder_.AddNode({{}, std::move(scan)});
  return relation;
}

Relation Joiner::QueryOf(uint32_t owner) {
  Relation relation;
  relation.occurrences = {owner};
  relation.node = queries_.NodeOfQuery(OccurrenceId{owner});
  relation.identity = IdentityOfQuery(owner);
  plan::Map map;
  map.filter = FilterOf(owner);
  for (auto& [key, value] : OutputsOf(owner)) {
    relation.fields.push_back(key);
    map.outputs.push_back(std::move(value));
  }
  relation.node = builder_.AddNode({{relation.node}, std::move(map)});
  return relation;
}

std::optional<std::set<FieldKey>> Joiner::IdentityOfQuery(uint32_t owner) const {
  if (functions_.contains(owner)) return std::nullopt;
  const auto& query = std::get<ir::QuerySource>(module_.occurrences[OccurrenceId{owner}].source);
  const auto* grouping = std::get_if<ir::Grouping>(&query.head);
  if (!grouping && !query.distinct) return std::nullopt;
  const size_t count = grouping ? grouping->keys : module_.selects[query.arms[0]].outputs.size();
  std::set<FieldKey> identity;
  for (size_t i = 0; i < count; ++i) identity.emplace(owner, fmt::format("{}", i));
  return identity;
}

}  // namespace bulkhead::planner
