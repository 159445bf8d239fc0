// Makes one query (or view) at a time. Private to the generator.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/rules_generator.h"

namespace bulkhead::testing {

struct Alias {
  std::string name;
  size_t table = 0;
};
// The tables of one SELECT. The root's row is matched on the row side: against the request and other tables by
// equality alone, unless a case is made to be refused.
struct Scope {
  std::vector<Alias> own;
  std::vector<Alias> outer;
  bool root = false;
  size_t depth = 0;  // of nesting
};

// A named relation of one column.
struct KeyRelation {
  std::string name;
  Domain domain;
  bool of_view = false;  // a view over another view
};

class QueryMaker {
 public:
  // Names are unique over a case: `aliases` counts them.
  QueryMaker(Random& random, const Case& c, size_t& aliases) : random_(random), c_(c), aliases_(aliases) {}

  // What may be used besides tables.
  std::vector<KeyRelation> views, ctes;
  std::vector<std::string> functions;                  // names: boolean (text, text) -> is equal or first is NULL
  std::vector<std::pair<std::string, size_t>> row_views;  // name, table
  const CaseStream* stream = nullptr;                  // null inside views

  CaseQuery MakeQuery(const std::vector<std::vector<Projection>>& projections, const Features& wanted, Features& used);
  // SELECT column AS id FROM table WHERE …: the body of views and CTEs. `over` is a relation it must use.
  CaseSelect MakeKeySelect(Domain& domain, const KeyRelation* over);
  // A condition over one row alone.
  Pred RowPred(const Alias& x);

 private:
  using Maker = Pred (QueryMaker::*)(Scope&);

  CaseSelect MakeArm(size_t table, const Projection& projection, const Features& wanted);
  void AddTables(CaseSelect& select, Scope& scope, const Features& wanted);
  void AddJoin(CaseSelect& select, Scope& scope, const std::string& style, std::optional<size_t> table, size_t from);
  bool AddUsing(CaseSelect& select, Scope& scope);
  void AddFromSubquery(CaseSelect& select, Scope& scope);
  void AddPredicates(CaseSelect& select, Scope& scope, const Features& wanted);
  std::string ItemsFor(const Projection& projection, const Scope& scope);

  Pred PredFor(Feature feature, Scope& scope);
  Pred AnyPred(Scope& scope, bool positive_only);
  Pred OrPred(Scope& scope);
  Pred NotPred(Scope& scope);
  Pred SubqueryPred(Scope& scope, const std::string& form);
  std::vector<Pred> InnerPreds(Scope& scope);
  // Rows beside which others exist are out. Reads no request: the server decides it once for all.
  Pred ExcludedPred(Scope& scope);
  Pred InRelation(Scope& scope, const KeyRelation& relation);
  Pred RelationPred(Scope& scope, const std::vector<KeyRelation>& relations, Feature feature);
  Pred RequestEqual(const Alias& x);
  Pred RequestCompared(Scope& scope);
  Pred RequestOnly();
  Pred RowInClaim(const Alias& x);
  Pred ClaimInRow(const Alias& x);
  Pred Overlap(const Alias& x);
  Pred JsonEachPred(Scope& scope, bool of_row);
  Pred FunctionPred(const Alias& x);
  Pred RowValuesPred(Scope& scope);
  Pred DocumentPred(const Alias& x);
  Pred IsDistinctPred(const Alias& x);
  std::optional<Pred> TypedRowPred(const Alias& x, Feature feature);

  // A value of the request with that domain, an array of such values.
  std::string RequestValue(const Domain& domain);
  std::string RequestArray(const Domain& element);
  const CaseParameter* ParameterOf(const Domain& domain, bool array);

  const CaseTable& TableOf(const Alias& x) const { return c_.tables[x.table]; }
  const CaseColumn* ColumnWhere(const Alias& x, const std::function<bool(const CaseColumn&)>& is);
  const CaseColumn* ColumnOf(const Alias& x, Kind kind);
  const CaseColumn* EqualityColumn(const Alias& x);  // of a domain that requests and other tables have too
  // Two columns of one domain; keys and links are preferred.
  std::optional<std::pair<const CaseColumn*, const CaseColumn*>> Pairing(const Alias& x, size_t table);
  std::string Ref(const Alias& x, const CaseColumn& column) { return x.name + "." + column.name; }
  std::string Literal(const Domain& domain);
  Alias NewAlias(size_t table);
  Pred Leaf(std::string text) { return {Pred::Form::Leaf, std::move(text), {}, {}}; }
  Pred Group(Pred::Form form, std::vector<Pred> args) { return {form, "", std::move(args), {}}; }
  Pred Sub(std::string text, CaseSelect select) { return {Pred::Form::Sub, std::move(text), {}, {std::move(select)}}; }
  void Use(Feature feature) { used_.insert(feature); }

  Random& random_;
  const Case& c_;
  size_t& aliases_;
  Features used_;
};

}  // namespace bulkhead::testing
