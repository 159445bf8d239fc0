#include "tests/property/query_maker.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/check.h"
#include "tests/property/case_values.h"

namespace bulkhead::testing {
namespace {

bool Joins(const CaseColumn& a, const CaseColumn& b) {
  bool linkable = a.domain.kind == Kind::Key || a.domain.kind == Kind::Person || a.domain.kind == Kind::Word ||
                  a.domain.kind == Kind::Number;
  return linkable && a.domain == b.domain;
}

void Replace(std::string& text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

Alias QueryMaker::NewAlias(size_t table) {
  if (c_.tables[table].name.front() == '"') Use(Feature::QuotedName);
  return {fmt::format("{}{}", c_.tables[table].name.front() == '"' ? 'x' : c_.tables[table].name[0], ++aliases_), table};
}

std::optional<std::pair<const CaseColumn*, const CaseColumn*>> QueryMaker::Pairing(const Alias& x, size_t table) {
  std::vector<std::pair<const CaseColumn*, const CaseColumn*>> links, others;
  for (const CaseColumn& a : TableOf(x).columns)
    for (const CaseColumn& b : c_.tables[table].columns)
      if (Joins(a, b)) (a.domain.kind == Kind::Key ? links : others).push_back({&a, &b});
  auto& from = !links.empty() && (others.empty() || !random_.OneIn(4)) ? links : others;
  if (from.empty()) return std::nullopt;
  return from[random_.Below(from.size())];
}

// ---- Subqueries ----

// What a subquery asks of its own table, besides the link to the outer one.
std::vector<Pred> QueryMaker::InnerPreds(Scope& scope) {
  std::vector<Pred> preds;
  const Alias y = scope.own.back();
  if (!random_.OneIn(5)) preds.push_back(random_.OneIn(4) ? RowInClaim(y) : RequestEqual(y));
  if (random_.OneIn(6)) preds.push_back(RowPred(y));
  if (random_.OneIn(10)) preds.push_back(RequestCompared(scope));
  if (random_.OneIn(12)) preds.push_back(RequestOnly());
  if (random_.OneIn(12)) preds.push_back(random_.OneIn(2) ? ClaimInRow(y) : Overlap(y));
  if (random_.OneIn(8)) preds.push_back(Group(Pred::Form::Or, {RequestEqual(y), RowPred(y)}));
  if (scope.depth < 3 && random_.OneIn(4)) {
    Use(Feature::Nested);
    preds.push_back(SubqueryPred(scope, random_.OneIn(2) ? "IN" : "EXISTS"));
  }
  return preds;
}

Pred QueryMaker::SubqueryPred(Scope& scope, const std::string& form) {
  const Alias x = scope.own[random_.Below(scope.own.size())];
  size_t table = random_.Below(c_.tables.size());
  auto pairing = Pairing(x, table);
  CHECK_INVARIANT(pairing.has_value(), "every two tables have a person and a word");
  Alias y = NewAlias(table);
  Scope inner{{y}, scope.own, false, scope.depth + 1};
  CaseSelect select;
  select.from = c_.tables[table].name + " " + y.name;
  select.where = InnerPreds(inner);
  std::string lhs = Ref(x, *pairing->first), rhs = Ref(y, *pairing->second);
  if (random_.OneIn(8)) {
    Use(Feature::JsonEachRow);
    const CaseColumn& array = *ColumnOf(y, Kind::Array);
    std::string element = fmt::format("j{}", ++aliases_);
    select.joined.push_back(fmt::format(", json_each({}) {}", Ref(y, array), element));
    select.where.push_back(Leaf(fmt::format("{}.value = {}", element, RequestValue(ElementOf(array.domain)))));
  }
  if (form == "CORRELATED") {
    Use(Feature::Correlated);
    auto second = Pairing(x, table);
    select.where.push_back(Leaf(fmt::format("{} = {}", Ref(y, *second->second), Ref(x, *second->first))));
  }
  if (form == "EXISTS") {
    Use(Feature::Exists);
    select.items = "1";
    select.where.insert(select.where.begin(), Leaf(fmt::format("{} = {}", rhs, lhs)));
    return Sub("EXISTS", std::move(select));
  }
  Use(Feature::InSelect);
  select.items = rhs;
  if (random_.OneIn(8)) select.items = "DISTINCT " + rhs;
  bool any = random_.OneIn(6);
  if (any) Use(Feature::Any);
  return Sub(lhs + (any ? " = ANY" : " IN"), std::move(select));
}

Pred QueryMaker::ExcludedPred(Scope& scope) {
  Use(Feature::Excluded);
  const Alias x = scope.own[0];
  size_t table = random_.Below(c_.tables.size());
  auto pairing = Pairing(x, table);
  Alias y = NewAlias(table);
  Scope inner{{y}, scope.own, false, scope.depth + 1};
  std::string lhs = Ref(x, *pairing->first), rhs = Ref(y, *pairing->second);
  CaseSelect select;
  select.from = c_.tables[table].name + " " + y.name;
  if (!random_.OneIn(3)) select.where.push_back(RowPred(y));
  if (random_.OneIn(4)) {
    Use(Feature::ExcludedJoin);
    size_t other = random_.Below(c_.tables.size());
    auto link = Pairing(y, other);
    Alias z = NewAlias(other);
    select.joined.push_back(fmt::format(", {} {}", c_.tables[other].name, z.name));
    select.where.push_back(Leaf(fmt::format("{} = {}", Ref(y, *link->first), Ref(z, *link->second))));
    if (random_.OneIn(2)) select.where.push_back(RowPred(z));
  }
  if (scope.depth < 2 && random_.OneIn(3)) {
    Use(Feature::ExcludedNested);
    select.where.push_back(ExcludedPred(inner));
  }
  if (random_.OneIn(6)) select.where.push_back(Group(Pred::Form::Or, {RowPred(y), RowPred(y)}));
  if (random_.OneIn(2)) {
    select.items = "1";
    auto second = Pairing(x, table);
    select.where.push_back(Leaf(fmt::format("{} = {}", rhs, lhs)));
    if (random_.OneIn(3)) select.where.push_back(Leaf(fmt::format("{} <> {}", Ref(y, *second->second), Ref(x, *second->first))));
    return Sub("NOT EXISTS", std::move(select));
  }
  select.items = rhs;
  return Sub(lhs + (random_.OneIn(6) ? " <> ALL" : " NOT IN"), std::move(select));
}

Pred QueryMaker::RowValuesPred(Scope& scope) {
  const Alias x = scope.own[0];
  Use(Feature::RowValues);
  if (random_.OneIn(3)) {
    const CaseColumn &a = *EqualityColumn(x), &b = *EqualityColumn(x);
    return Leaf(fmt::format("({}, {}) = ({}, {})", Ref(x, a), Ref(x, b), RequestValue(a.domain),
                            random_.OneIn(2) ? Literal(b.domain) : RequestValue(b.domain)));
  }
  size_t table = random_.Below(c_.tables.size());
  auto first = Pairing(x, table), second = Pairing(x, table);
  Alias y = NewAlias(table);
  Scope inner{{y}, scope.own, false, scope.depth + 1};
  CaseSelect select;
  select.from = c_.tables[table].name + " " + y.name;
  select.items = Ref(y, *first->second) + ", " + Ref(y, *second->second);
  select.where = InnerPreds(inner);
  return Sub(fmt::format("({}, {}) IN", Ref(x, *first->first), Ref(x, *second->first)), std::move(select));
}

Pred QueryMaker::InRelation(Scope& scope, const KeyRelation& relation) {
  std::vector<std::string> lhs;
  for (const Alias& x : scope.own)
    for (const CaseColumn& column : TableOf(x).columns)
      if (column.domain == relation.domain) lhs.push_back(Ref(x, column));
  if (lhs.empty()) return RequestEqual(scope.own[0]);
  const std::string& ref = lhs[random_.Below(lhs.size())];
  if (relation.of_view) Use(Feature::ViewOfView);
  std::string alias = fmt::format("w{}", ++aliases_);
  switch (random_.Below(4)) {
    case 0: return Leaf(fmt::format("{} IN (SELECT id FROM {})", ref, relation.name));
    case 1: return Leaf(fmt::format("EXISTS (SELECT 1 FROM {} {} WHERE {}.id = {})", relation.name, alias, alias, ref));
    case 2: return Leaf(fmt::format("{} IN (SELECT {}.id FROM {} {})", ref, alias, relation.name, alias));
    default: Use(Feature::InView); return Leaf(fmt::format("{} IN {}", ref, relation.name));
  }
}

Pred QueryMaker::RelationPred(Scope& scope, const std::vector<KeyRelation>& relations, Feature feature) {
  if (relations.empty()) return RequestEqual(scope.own[0]);
  Pred pred = InRelation(scope, relations[random_.Below(relations.size())]);
  Use(feature);
  return pred;
}

Pred QueryMaker::JsonEachPred(Scope& scope, bool of_row) {
  const Alias x = scope.own[random_.Below(scope.own.size())];
  std::string element = fmt::format("j{}", ++aliases_);
  if (of_row) {
    Use(Feature::JsonEachRow);
    const CaseColumn& array = *ColumnOf(x, Kind::Array);
    return Leaf(fmt::format("EXISTS (SELECT 1 FROM json_each({}) {} WHERE {}.value = {})", Ref(x, array), element, element,
                            RequestValue(ElementOf(array.domain))));
  }
  Use(Feature::JsonEachRequest);
  const CaseColumn& column = *EqualityColumn(x);
  return Leaf(fmt::format("{} IN (SELECT value FROM json_each({}))", Ref(x, column), RequestArray(column.domain)));
}

// ---- Combinations ----

Pred QueryMaker::AnyPred(Scope& scope, bool positive_only) {
  const Alias x = scope.own[0];
  if (!positive_only) return random_.OneIn(3) ? RequestOnly() : RowPred(x);
  switch (random_.Below(8)) {
    case 0: return RowPred(x);
    case 1: return RequestOnly();
    case 2: return SubqueryPred(scope, random_.OneIn(2) ? "IN" : "EXISTS");
    case 3: return RowInClaim(x);
    case 4: return Group(Pred::Form::And, {RequestEqual(x), RowPred(x)});
    case 5: return Group(Pred::Form::And, {RequestOnly(), RowPred(x)});
    case 6: return RelationPred(scope, views.empty() ? ctes : views, views.empty() ? Feature::Cte : Feature::View);
    default: return RequestEqual(x);
  }
}

Pred QueryMaker::OrPred(Scope& scope) {
  Use(Feature::Or);
  std::vector<Pred> args;
  for (size_t i = 2 + random_.Below(2); i > 0; --i) args.push_back(AnyPred(scope, true));
  return Group(Pred::Form::Or, std::move(args));
}

Pred QueryMaker::NotPred(Scope& scope) {
  Use(Feature::Not);
  auto negate = [&](Pred pred) { return Group(Pred::Form::Not, {std::move(pred)}); };
  switch (random_.Below(4)) {
    case 0: return negate(AnyPred(scope, false));
    case 1: return negate(Group(random_.OneIn(2) ? Pred::Form::Or : Pred::Form::And, {AnyPred(scope, false), RowPred(scope.own[0])}));
    case 2:
      Use(Feature::DoubleNot);
      return negate(negate(AnyPred(scope, true)));
    default:
      Use(Feature::DoubleNot);
      return negate(Group(Pred::Form::And, {negate(AnyPred(scope, true)), negate(AnyPred(scope, true))}));
  }
}

Pred QueryMaker::PredFor(Feature feature, Scope& scope) {
  const Alias x = scope.own[0];
  switch (feature) {
    case Feature::InSelect: return SubqueryPred(scope, "IN");
    case Feature::Exists: return SubqueryPred(scope, "EXISTS");
    case Feature::Correlated: return SubqueryPred(scope, "CORRELATED");
    case Feature::Excluded: return ExcludedPred(scope);
    case Feature::Nested: {
      Scope outer = scope;
      Pred pred = SubqueryPred(outer, "IN");
      // The inner subquery stands in the outer one's WHERE, over its table.
      size_t table = random_.Below(c_.tables.size());
      Alias y = NewAlias(table), z = scope.own[0];
      auto pairing = Pairing(z, table);
      Scope inner{{y}, scope.own, false, scope.depth + 1};
      CaseSelect select;
      select.items = Ref(y, *pairing->second);
      select.from = c_.tables[table].name + " " + y.name;
      select.where.push_back(SubqueryPred(inner, random_.OneIn(2) ? "IN" : "EXISTS"));
      Use(Feature::Nested);
      return Sub(Ref(z, *pairing->first) + " IN", std::move(select));
    }
    case Feature::Or: return OrPred(scope);
    case Feature::Not: return NotPred(scope);
    case Feature::View: return RelationPred(scope, views, Feature::View);
    case Feature::Cte: return RelationPred(scope, ctes, Feature::Cte);
    case Feature::Function: return FunctionPred(x);
    case Feature::JsonEachRow: return JsonEachPred(scope, true);
    case Feature::JsonEachRequest: return JsonEachPred(scope, false);
    case Feature::RowInClaim: return RowInClaim(x);
    case Feature::ClaimInRow: return ClaimInRow(x);
    case Feature::Overlap: return Overlap(x);
    case Feature::RowValues: return RowValuesPred(scope);
    case Feature::Document: return DocumentPred(x);
    case Feature::RequestOnly: return RequestOnly();
    case Feature::RequestCompared: return RequestCompared(scope);
    default: return RequestEqual(x);
  }
}

// ---- FROM ----

void QueryMaker::AddJoin(CaseSelect& select, Scope& scope, const std::string& style, std::optional<size_t> table,
                         size_t from) {
  const Alias x = scope.own[from];
  size_t target = table.value_or(random_.Below(c_.tables.size()));
  auto pairing = Pairing(x, target);
  Alias y = NewAlias(target);
  std::string on = fmt::format("{} = {}", Ref(x, *pairing->first), Ref(y, *pairing->second));
  std::string name = c_.tables[target].name + " " + y.name;
  if (style == ",") {
    select.joined.push_back(", " + name);
    select.where.push_back(Leaf(on));
  } else {
    select.joined.push_back(fmt::format(" {} {} ON {}", style, name, on));
  }
  scope.own.push_back(y);
  Scope inner{{y}, {}, false, scope.depth};
  if (!random_.OneIn(3)) select.where.push_back(random_.OneIn(3) ? RowPred(y) : RequestEqual(y));
}

bool QueryMaker::AddUsing(CaseSelect& select, Scope& scope) {
  const Alias x = scope.own[0];
  size_t target = random_.Below(c_.tables.size());
  for (const CaseColumn& a : TableOf(x).columns)
    for (const CaseColumn& b : c_.tables[target].columns) {
      if (a.name != b.name || !Joins(a, b) || random_.OneIn(2)) continue;
      Alias y = NewAlias(target);
      select.joined.push_back(fmt::format(" JOIN {} {} USING ({})", c_.tables[target].name, y.name, a.name));
      scope.own.push_back(y);
      select.where.push_back(RequestEqual(y));
      Use(Feature::Using);
      return true;
    }
  return false;
}

void QueryMaker::AddFromSubquery(CaseSelect& select, Scope& scope) {
  const Alias x = scope.own[0];
  size_t table = random_.Below(c_.tables.size());
  auto pairing = Pairing(x, table);
  Alias y = NewAlias(table);
  Scope inner{{y}, {}, false, scope.depth + 1};
  CaseSelect sub;
  sub.items = Ref(y, *pairing->second) + " AS key";
  sub.from = c_.tables[table].name + " " + y.name;
  sub.where = InnerPreds(inner);
  std::string alias = fmt::format("s{}", ++aliases_);
  select.joined.push_back(fmt::format(" JOIN ({}) {} ON {}.key = {}", PrintSelect(sub), alias, alias, Ref(x, *pairing->first)));
  Use(Feature::FromSubquery);
}

void QueryMaker::AddTables(CaseSelect& select, Scope& scope, const Features& wanted) {
  if (wanted.count(Feature::Using) && scope.own[0].table < c_.tables.size()) AddUsing(select, scope);
  if (wanted.count(Feature::Join)) {
    AddJoin(select, scope, random_.OneIn(3) ? "INNER JOIN" : "JOIN", std::nullopt, 0);
    Use(Feature::Join);
  }
  if (wanted.count(Feature::JoinChain)) {
    AddJoin(select, scope, "JOIN", std::nullopt, scope.own.size() - 1);
    Use(Feature::JoinChain);
  }
  if (wanted.count(Feature::FromSubquery)) AddFromSubquery(select, scope);
  if (wanted.count(Feature::SelfJoin)) {
    AddJoin(select, scope, random_.OneIn(2) ? "JOIN" : ",", scope.own[0].table, 0);
    Use(Feature::SelfJoin);
  }
  if (wanted.count(Feature::CommaJoin)) {
    AddJoin(select, scope, ",", std::nullopt, 0);
    Use(Feature::CommaJoin);
  }
}

// ---- Whole queries ----

std::string QueryMaker::ItemsFor(const Projection& projection, const Scope& scope) {
  std::string items = projection.items;
  if (items == "{a}.*" && scope.own.size() == 1 && random_.OneIn(2)) return "*";
  Replace(items, "{a}", scope.own[0].name);
  return items;
}

void QueryMaker::AddPredicates(CaseSelect& select, Scope& scope, const Features& wanted) {
  const Alias root = scope.own[0];
  Scope root_only{{root}, {}, true, scope.depth};
  for (Feature feature : wanted) {
    static constexpr Feature InFrom[] = {Feature::Join, Feature::SelfJoin, Feature::CommaJoin, Feature::JoinChain,
                                         Feature::Using, Feature::FromSubquery, Feature::Union, Feature::Parameter};
    if (std::find(std::begin(InFrom), std::end(InFrom), feature) != std::end(InFrom)) continue;
    if (feature == Feature::JsonEachRow && random_.OneIn(2)) {
      const CaseColumn& array = *ColumnOf(root, Kind::Array);
      std::string element = fmt::format("j{}", ++aliases_);
      select.joined.push_back(fmt::format(", json_each({}) {}", Ref(root, array), element));
      select.where.push_back(Leaf(fmt::format("{}.value = {}", element, RequestValue(ElementOf(array.domain)))));
      Use(feature);
    } else if (feature == Feature::JsonEachRequest && random_.OneIn(2)) {
      const CaseColumn& column = *EqualityColumn(root);
      std::string element = fmt::format("j{}", ++aliases_);
      select.joined.push_back(fmt::format(", json_each({}) {}", RequestArray(column.domain), element));
      select.where.push_back(Leaf(fmt::format("{}.value = {}", element, Ref(root, column))));
      Use(feature);
    } else {
      select.where.push_back(PredFor(feature, feature == Feature::RequestCompared ? scope : root_only));
    }
  }
  if (wanted.count(Feature::Parameter)) {
    for (int attempt = 0; attempt < 8 && !used_.count(Feature::Parameter); ++attempt) {
      std::vector<Pred> kept = select.where;
      select.where.push_back(random_.OneIn(2) ? RequestEqual(root) : RowInClaim(root));
      if (!used_.count(Feature::Parameter)) select.where = kept;
    }
  }
  if (random_.OneIn(4)) select.where.push_back(RowPred(root));
  if (select.where.empty() || random_.OneIn(8)) select.where.push_back(RequestEqual(root));
}

CaseSelect QueryMaker::MakeArm(size_t table, const Projection& projection, const Features& wanted) {
  CaseSelect select;
  Alias root = NewAlias(table);
  Scope scope{{root}, {}, true, 0};
  select.from = c_.tables[table].name + " " + root.name;
  if (!row_views.empty() && projection.into.empty() && random_.OneIn(3)) {
    const auto& [name, of_table] = row_views[random_.Below(row_views.size())];
    if (of_table == table) {
      select.from = name + " " + root.name;
      Use(Feature::RowsView);
      Use(Feature::View);
    }
  }
  select.into = projection.into;
  AddTables(select, scope, wanted);
  AddPredicates(select, scope, wanted);
  select.items = ItemsFor(projection, scope);
  if (!select.joined.empty() && select.items == "*") select.items = root.name + ".*";
  return select;
}

CaseQuery QueryMaker::MakeQuery(const std::vector<std::vector<Projection>>& projections, const Features& wanted,
                                Features& used) {
  used_.clear();
  CaseQuery query;
  size_t table = random_.Below(c_.tables.size());
  const Projection& projection = projections[table][random_.Below(projections[table].size())];
  if (wanted.count(Feature::Union)) {
    Features first, second;
    for (Feature feature : wanted) (random_.OneIn(2) ? first : second).insert(feature);
    query.arms = {MakeArm(table, projection, first), MakeArm(table, projection, second)};
    query.set_operator = random_.OneIn(2) ? "UNION" : "UNION ALL";
    Use(Feature::Union);
  } else {
    query.arms = {MakeArm(table, projection, wanted)};
  }
  used_.insert(projection.features.begin(), projection.features.end());
  used = used_;
  return query;
}

CaseSelect QueryMaker::MakeKeySelect(Domain& domain, const KeyRelation* over) {
  used_.clear();
  size_t table = random_.Below(c_.tables.size());
  Alias y = NewAlias(table);
  Scope scope{{y}, {}, false, 2};
  CaseSelect select;
  const CaseColumn& column = *EqualityColumn(y);
  domain = column.domain;
  select.from = c_.tables[table].name + " " + y.name;
  select.items = Ref(y, column) + " AS id";
  select.where = InnerPreds(scope);
  if (over) select.where.push_back(InRelation(scope, *over));
  return select;
}

}  // namespace bulkhead::testing
