#include "compiler/planner/relation.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "compiler/ir/walk.h"
#include "compiler/planner/lower.h"

namespace bulkhead::planner {
namespace {

using ir::ExprId;
using ir::OccurrenceId;
using normal::Beside;

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

// What is to be joined: a branch's row side, or what stands beside it.
struct Problem {
  std::vector<OccurrenceId> occurrences;
  std::optional<uint32_t> root;            // where the joins end; none: the first occurrence
  std::vector<std::vector<ExprId>> equal;  // members read one occurrence each, or nothing
  std::vector<ExprId> conditions;
  const std::vector<Beside>* left = nullptr;
  const std::vector<Beside>* excluded = nullptr;
  std::set<FieldKey> wanted;
  std::set<uint32_t> counted;  // occurrences of which every row counts, not only that there is one
  bool bag = false;            // whether it matters how often a row is there
};

class Joiner {
 public:
  Joiner(const Input& input, PlanBuilder& builder, RelationPlanner& queries, Problem problem)
      : input_(input),
        module_(input.module),
        builder_(builder),
        queries_(queries),
        problem_(std::move(problem)) {}

  Relation Join() {
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

  // The same rows with exactly these fields.
  void Project(Relation& relation, const std::vector<FieldKey>& fields) {
    if (relation.fields == fields) return;
    plan::Map map;
    for (const FieldKey& field : fields) map.outputs.push_back(FieldOf(*relation.Find(field)));
    relation.node = builder_.AddNode({{relation.node}, std::move(map)});
    relation.fields = fields;
  }

  vm::Expr LowerOver(const Relation& relation, ExprId id) const {
    return Lower(module_, id, [&](const ir::ColumnExpr& column) {
      auto at = relation.Find({column.occurrence.index, column.column});
      CHECK_INVARIANT(at.has_value(), "a relation has the columns that are read of it");
      return FieldOf(*at);
    });
  }

  bool IsSet(const Relation& relation) const {
    return relation.identity && std::ranges::all_of(*relation.identity, [&](const FieldKey& key) {
             return relation.Find(key).has_value();
           });
  }

 private:
  // Members of one class in different occurrences, by occurrence.
  using Link = std::map<uint32_t, ExprId>;

  static vm::Expr FieldOf(uint32_t field) { return vm::ColumnOf(fmt::format("{}", field)); }
  static const std::vector<Beside>* Or(const std::vector<Beside>* besides) {
    static const std::vector<Beside> None;
    return besides ? besides : &None;
  }
  const ir::FunctionSource* FunctionOf(uint32_t occurrence) const {
    return std::get_if<ir::FunctionSource>(&module_.occurrences[OccurrenceId{occurrence}].source);
  }
  uint32_t OwnerOf(uint32_t occurrence) const {
    auto at = owner_.find(occurrence);
    return at == owner_.end() ? occurrence : at->second;
  }
  std::set<uint32_t> OwnersOf(ExprId id) const {
    std::set<uint32_t> owners;
    for (uint32_t occurrence : OccurrencesOf(module_, id)) owners.insert(OwnerOf(occurrence));
    return owners;
  }

  // ---- Who reads what ----

  // A table function belongs to the table that it reads; inputs may read functions attached before.
  void AttachFunctions() {
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
  uint32_t FirstTable() const {
    for (OccurrenceId id : problem_.occurrences)
      if (!FunctionOf(id.index)) return id.index;
    CHECK_INVARIANT(false, "a table function stands beside a table");
    return 0;
  }

  void FileEqualities() {
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

  std::string TextOfMember(ExprId id) const {
    return vm::Print(Lower(module_, id, [&](const ir::ColumnExpr& e) {
      return vm::ColumnOf(fmt::format("{}.{}", e.occurrence.index, e.column));
    }));
  }
  FieldKey KeyOfMember(ExprId id) const {
    if (const auto* column = std::get_if<ir::ColumnExpr>(&module_.exprs[id].kind))
      return {column->occurrence.index, column->column};
    return {*OwnersOf(id).begin(), "=" + TextOfMember(id)};
  }

  void FileConditions() {
    for (ExprId id : problem_.conditions) {
      std::set<uint32_t> owners = OwnersOf(id);
      bool local = owners.size() <= 1 && (owners.empty() || owner_.contains(*owners.begin()));
      if (local)
        local_[owners.empty() ? OwnerOf(problem_.occurrences[0].index) : *owners.begin()].push_back(id);
      else
        pending_.push_back(id);
    }
  }

  // Everything that is read later than in a scan's own filter.
  void CollectWanted() {
    always_ = problem_.wanted;
    for (const Beside& beside : *Or(problem_.left)) CollectColumns(module_, beside, always_);
    for (const Beside& beside : *Or(problem_.excluded)) CollectColumns(module_, beside, always_);
  }

  // Of the fields of these occurrences, those that something still reads.
  std::set<FieldKey> WantedOf(const std::set<uint32_t>& occurrences) const {
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

  Relation Leaf(uint32_t occurrence) {
    const auto& source = module_.occurrences[OccurrenceId{occurrence}].source;
    return std::holds_alternative<ir::TableSource>(source) ? ScanOf(occurrence) : QueryOf(occurrence);
  }

  vm::Expr LowerAtScan(uint32_t owner, ExprId id) const {
    return Lower(module_, id, [&](const ir::ColumnExpr& column) { return ColumnAtScan(owner, column); });
  }
  vm::Expr ColumnAtScan(uint32_t owner, const ir::ColumnExpr& column) const {
    if (column.occurrence.index == owner) return vm::ColumnOf(column.column);
    const auto& functions = functions_.at(owner);
    auto at = std::find(functions.begin(), functions.end(), column.occurrence.index);
    CHECK_INVARIANT(at != functions.end(), "a scan reads its own table");
    auto output = vm::ExpandOutputNamed(column.column);
    CHECK_INVARIANT(output.has_value(), "sema knows the columns of table functions");
    return vm::ExpandOf(static_cast<uint32_t>(at - functions.begin()), *output);
  }

  std::optional<vm::Expr> FilterOf(uint32_t owner) const {
    std::vector<vm::Expr> conjuncts;
    if (auto at = local_.find(owner); at != local_.end())
      for (ExprId id : at->second) conjuncts.push_back(LowerAtScan(owner, id));
    if (auto at = equal_.find(owner); at != equal_.end())
      for (const auto& [a, b] : at->second)
        conjuncts.push_back(vm::Apply(vm::Operator::Eq, LowerAtScan(owner, a), LowerAtScan(owner, b)));
    return SortedConjunction(std::move(conjuncts));
  }

  // What later nodes read of it, each with the expression that gives it; by text, so that the order does not
  // depend on how the query was spelled.
  std::vector<std::pair<FieldKey, vm::Expr>> OutputsOf(uint32_t owner) const {
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

  Relation ScanOf(uint32_t owner) {
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

  // The columns of a query are its fields, so expressions over them need no other names.
  Relation QueryOf(uint32_t owner) {
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

  std::optional<std::set<FieldKey>> IdentityOfQuery(uint32_t owner) const {
    if (functions_.contains(owner)) return std::nullopt;
    const auto& query = std::get<ir::QuerySource>(module_.occurrences[OccurrenceId{owner}].source);
    const auto* grouping = std::get_if<ir::Grouping>(&query.head);
    if (!grouping && !query.distinct) return std::nullopt;
    const size_t count = grouping ? grouping->keys : module_.selects[query.arms[0]].outputs.size();
    std::set<FieldKey> identity;
    for (size_t i = 0; i < count; ++i) identity.emplace(owner, fmt::format("{}", i));
    return identity;
  }

  // ---- Joins ----

  std::vector<uint32_t> Starts() const {
    std::vector<uint32_t> starts;
    if (problem_.root) starts.push_back(OwnerOf(*problem_.root));
    for (OccurrenceId id : problem_.occurrences) starts.push_back(OwnerOf(id.index));
    return starts;
  }

  // Joins end at `start`: what lies further away is joined first, so that a change at the start meets one
  // relation for each of its neighbours.
  Relation Tree(uint32_t start, std::set<uint32_t>& visited) {
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

  std::vector<uint32_t> Neighbours(uint32_t of, const std::set<uint32_t>& visited) const {
    std::set<uint32_t> neighbours;
    for (const Link& link : links_) {
      if (!link.contains(of)) continue;
      for (const auto& [owner, id] : link)
        if (!visited.contains(owner)) neighbours.insert(owner);
    }
    return {neighbours.begin(), neighbours.end()};
  }

  void Combine(Relation& left, Relation right) {
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

  // Joins with `right`, or only asks whether it has a row when nothing else of it is read.
  void Connect(Relation& left, Relation right, plan::Join join) {
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

  // A side whose identity the key covers adds at most one row, so the other side's identity is enough.
  static std::optional<std::set<FieldKey>> JoinedIdentity(const Relation& left, const Relation& right,
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

  // Conditions that can be decided now, over the pair's fields.
  std::optional<vm::Expr> TakePending(const Relation& left, const Relation& right,
                                      const std::set<uint32_t>& both) {
    std::vector<vm::Expr> conjuncts;
    std::erase_if(pending_, [&](ExprId id) {
      bool ready = std::ranges::all_of(OwnersOf(id), [&](uint32_t owner) { return both.contains(owner); });
      if (ready) conjuncts.push_back(LowerOverPair(left, right, id));
      return ready;
    });
    return SortedConjunction(std::move(conjuncts));
  }
  vm::Expr LowerOverPair(const Relation& left, const Relation& right, ExprId id) const {
    return Lower(module_, id, [&](const ir::ColumnExpr& column) {
      FieldKey key{column.occurrence.index, column.column};
      if (auto at = left.Find(key)) return FieldOf(*at);
      auto at = right.Find(key);
      CHECK_INVARIANT(at.has_value(), "a pair has the columns that are read of it");
      return FieldOf(static_cast<uint32_t>(left.fields.size()) + *at);
    });
  }

  void Prune(Relation& relation, const std::set<FieldKey>& wanted) {
    std::vector<FieldKey> kept;
    for (const FieldKey& key : relation.fields)
      if (wanted.contains(key) && std::find(kept.begin(), kept.end(), key) == kept.end()) kept.push_back(key);
    Project(relation, kept);
  }

  // Conditions over what was left-joined.
  void ApplyRest(Relation& relation) {
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

  struct Attached {
    Relation relation;
    plan::Join join;
  };

  // The rows beside, and how they meet the rows of `outer`; `wanted` are columns of theirs that are read
  // later.
  Attached AttachBeside(Relation& outer, const Beside& beside, const std::set<FieldKey>& wanted) {
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

  void CollectInside(ExprId id, const std::set<uint32_t>& inside, std::set<FieldKey>& wanted) const {
    std::set<FieldKey> columns;
    CollectColumns(module_, id, columns);
    for (const FieldKey& key : columns)
      if (inside.contains(key.first)) wanted.insert(key);
  }

  // `outer = inner`, when that is what the conjunct says.
  std::optional<std::pair<ExprId, ExprId>> MeetOf(ExprId id, const std::set<uint32_t>& inside) const {
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

  bool TakeEquality(Problem& problem, ExprId id) const {
    const auto* call = std::get_if<ir::CallExpr>(&module_.exprs[id].kind);
    if (!call || call->callee != "=") return false;
    std::set<uint32_t> a = OccurrencesOf(module_, call->args[0]), b = OccurrencesOf(module_, call->args[1]);
    if (a.size() != 1 || b.size() != 1 || a == b) return false;
    problem.equal.push_back({call->args[0], call->args[1]});
    return true;
  }

  // The field that holds the expression, made when there is none.
  uint32_t Ensure(Relation& relation, ExprId id) {
    FieldKey key = KeyOfAny(id);
    if (auto at = relation.Find(key)) return *at;
    plan::Map map;
    for (uint32_t i = 0; i < relation.fields.size(); ++i) map.outputs.push_back(FieldOf(i));
    map.outputs.push_back(LowerOver(relation, id));
    relation.node = builder_.AddNode({{relation.node}, std::move(map)});
    relation.fields.push_back(std::move(key));
    return static_cast<uint32_t>(relation.fields.size() - 1);
  }
  FieldKey KeyOfAny(ExprId id) const {
    if (const auto* column = std::get_if<ir::ColumnExpr>(&module_.exprs[id].kind))
      return {column->occurrence.index, column->column};
    return {OccurrencesOf(module_, id).empty() ? 0 : *OccurrencesOf(module_, id).begin(),
            "=" + TextOfMember(id)};
  }

  void Exclude(Relation& relation, const Beside& beside) {
    Attached attached = AttachBeside(relation, beside, {});
    relation.node = builder_.AddNode(
        {{relation.node, attached.relation.node}, plan::SemiJoin{std::move(attached.join), true}});
  }

  // The pairs, and with NULLs the rows that have none.
  void AddLeft(Relation& relation, const Beside& beside) {
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
  void CollectBesides(std::set<FieldKey>& columns) const {
    for (const Beside& beside : *Or(problem_.left)) CollectColumns(module_, beside, columns);
    for (const Beside& beside : *Or(problem_.excluded)) CollectColumns(module_, beside, columns);
  }

  const Input& input_;
  const ir::Module& module_;
  PlanBuilder& builder_;
  RelationPlanner& queries_;
  Problem problem_;
  std::map<uint32_t, uint32_t> owner_;                   // of each occurrence: the table it belongs to
  std::map<uint32_t, std::vector<uint32_t>> functions_;  // by table, in the order of evaluation
  std::map<uint32_t, std::vector<std::pair<ExprId, ExprId>>> equal_;  // by table: equalities within it
  std::map<uint32_t, std::vector<ExprId>> local_;                     // by table: conditions on it alone
  std::vector<Link> links_;
  std::vector<ExprId> pending_;  // conditions over several tables
  std::set<FieldKey> always_;
};

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
