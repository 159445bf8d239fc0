// Which source table a query's rows come from: that names the client's table.
#include "tests/property/oracle_sql.h"

namespace bulkhead::testing {
namespace {

using namespace ast;

class TableFinder {
 public:
  TableFinder(const Tree& tree, Relations relations) : tree_(tree), relations_(std::move(relations)) {}

  std::string Of(const Select& select) {
    std::vector<const FromItem*> from;
    for (FromId id : select.from) Flatten(id, from);
    for (const SelectItem& item : select.items) {
      std::string found = OfItem(item, from);
      if (!found.empty()) return found;
    }
    for (const FromItem* item : from)
      if (std::string found = OfFrom(*item, from); !found.empty()) return found;
    return "";
  }

 private:
  void Flatten(FromId id, std::vector<const FromItem*>& into) {
    const auto* join = std::get_if<JoinItem>(&tree_[id].kind);
    if (!join) return into.push_back(&tree_[id]);
    Flatten(join->lhs, into);
    Flatten(join->rhs, into);
  }

  std::string OfItem(const SelectItem& item, const std::vector<const FromItem*>& from) {
    if (const auto* star = std::get_if<StarItem>(&item.kind)) {
      if (star->table.HasValue()) return OfAlias(star->table.name.text, from);
      return from.empty() ? "" : OfFrom(*from[0], from);
    }
    return OfExpr(std::get<ExprItem>(item.kind).expr, from);
  }

  static std::string NameOf(const FromItem& item) {
    if (item.alias.HasValue()) return item.alias.text;
    const auto* table = std::get_if<TableItem>(&item.kind);
    return table ? table->table.name.text : "";
  }

  std::string OfAlias(const std::string& alias, const std::vector<const FromItem*>& from) {
    for (const FromItem* item : from)
      if (NameOf(*item) == alias) return OfFrom(*item, from);
    return "";
  }

  std::string OfFrom(const FromItem& item, const std::vector<const FromItem*>& from) {
    if (const auto* table = std::get_if<TableItem>(&item.kind)) return OfTable(table->table);
    if (const auto* function = std::get_if<FunctionItem>(&item.kind)) return OfExpr(function->call, from);
    if (const auto* subquery = std::get_if<SubqueryItem>(&item.kind)) return OfQuery(subquery->query);
    return "";
  }

  std::string OfTable(const QualifiedName& name) {
    auto found = name.schema.HasValue() ? relations_.end() : relations_.find(name.name.text);
    if (found == relations_.end()) return name.name.text;
    QueryId query = found->second;
    // Inside its own definition the name means a table.
    auto hidden = relations_.extract(found);
    std::string table = OfQuery(query);
    relations_.insert(std::move(hidden));
    return table;
  }

  std::string OfQuery(QueryId id) {
    const Query& query = tree_[id];
    Relations saved = relations_;
    for (const Cte& cte : query.with) relations_[cte.name.text] = cte.query;
    const auto* select = std::get_if<Select>(&query.arms[0].body);
    const auto* nested = std::get_if<QueryId>(&query.arms[0].body);
    std::string table = select ? Of(*select) : nested ? OfQuery(*nested) : "";
    relations_ = std::move(saved);
    return table;
  }

  // The table of the first column in the expression.
  std::string OfExpr(ExprId id, const std::vector<const FromItem*>& from) {
    if (!id.HasValue()) return "";
    if (const auto* column = tree_.As<ColumnExpr>(id)) {
      if (column->table.HasValue()) return OfAlias(column->table.text, from);
      return from.size() == 1 ? OfFrom(*from[0], from) : "";
    }
    for (ExprId child : Children(id))
      if (std::string found = OfExpr(child, from); !found.empty()) return found;
    return "";
  }

  std::vector<ExprId> Children(ExprId id) {
    if (const auto* e = tree_.As<UnaryExpr>(id)) return {e->operand};
    if (const auto* e = tree_.As<BinaryExpr>(id)) return {e->lhs, e->rhs};
    if (const auto* e = tree_.As<LogicalExpr>(id)) return e->args;
    if (const auto* e = tree_.As<IsTestExpr>(id)) return {e->operand};
    if (const auto* e = tree_.As<LikeExpr>(id)) return {e->value, e->pattern};
    if (const auto* e = tree_.As<BetweenExpr>(id)) return {e->value, e->low, e->high};
    if (const auto* e = tree_.As<InExpr>(id)) return {e->value};
    if (const auto* e = tree_.As<CastExpr>(id)) return {e->operand};
    if (const auto* e = tree_.As<CollateExpr>(id)) return {e->operand};
    if (const auto* e = tree_.As<CallExpr>(id)) return e->args;
    std::vector<ExprId> children;
    if (const auto* e = tree_.As<CaseExpr>(id)) {
      children = {e->operand};
      for (const CaseArm& arm : e->arms) children.insert(children.end(), {arm.when, arm.then});
      children.push_back(e->otherwise);
    }
    return children;
  }

  const Tree& tree_;
  Relations relations_;
};

}  // namespace

std::string OutputTableOf(const Tree& tree, const Select& select, const Relations& relations) {
  return TableFinder(tree, relations).Of(select);
}

}  // namespace bulkhead::testing
