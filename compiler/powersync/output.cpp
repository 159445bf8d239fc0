// The client's table: in PowerSync an alias of the synced table is its name there.
#include <algorithm>

#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"
#include "compiler/source/scanner.h"

namespace bulkhead::powersync {
namespace {

using source::Lower;

class OutputTable {
 public:
  OutputTable(const ast::Tree& tree, const std::vector<ast::Cte>& with,
              const std::map<std::string, QueryId>& views)
      : tree_(tree), with_(with), views_(views) {}

  // The alias that the table of the outputs has, or none.
  ast::Name Find(const ast::Select& select) {
    if (++depth_ > 50) return {};
    std::vector<ast::FromId> from = FlatFrom(tree_, select);
    for (const ast::SelectItem& item : select.items) {
      auto column = ColumnOf(item);
      if (!column) continue;
      for (ast::FromId id : from) {
        const ast::FromItem& candidate = tree_[id];
        if (column->HasValue() ? Lower(NameOf(candidate).text) == Lower(column->text)
                               : !IsFunction(candidate))
          return AliasOf(candidate);
      }
    }
    for (ast::FromId id : from) {
      if (!IsFunction(tree_[id])) return AliasOf(tree_[id]);
    }
    return {};
  }

 private:
  static bool IsFunction(const ast::FromItem& item) {
    return std::holds_alternative<ast::FunctionItem>(item.kind);
  }

  static ast::Name NameOf(const ast::FromItem& item) {
    const auto* table = std::get_if<ast::TableItem>(&item.kind);
    return table && !item.alias.HasValue() ? table->table.name : item.alias;
  }

  // What stands before the dot of the first column in the item (absent without a dot); none when it has no
  // column.
  std::optional<ast::Name> ColumnOf(const ast::SelectItem& item) const {
    if (const auto* star = std::get_if<ast::StarItem>(&item.kind)) return star->table.name;
    return ColumnIn(std::get<ast::ExprItem>(item.kind).expr);
  }
  std::optional<ast::Name> ColumnIn(ExprId id) const {
    if (const auto* column = tree_.As<ast::ColumnExpr>(id)) return column->table;
    std::optional<ast::Name> found;
    ast::Expr copy = tree_[id];
    ForEachChild(
        copy,
        [&](ExprId& child) {
          if (!found) found = ColumnIn(child);
        },
        [](QueryId&) {});
    return found;
  }

  ast::Name AliasOf(const ast::FromItem& item) {
    QueryId inner;
    if (const auto* subquery = std::get_if<ast::SubqueryItem>(&item.kind)) inner = subquery->query;
    const auto* table = std::get_if<ast::TableItem>(&item.kind);
    if (table && !table->table.schema.HasValue()) inner = DefinitionOf(table->table.name.text);
    if (!inner.HasValue()) return item.alias;
    const ast::Select* select = tree_[inner].AsSelect();
    return select ? Find(*select) : ast::Name{};
  }

  QueryId DefinitionOf(const std::string& name) const {
    for (const ast::Cte& cte : with_) {
      if (cte.name.text == name) return cte.query;
    }
    auto view = views_.find(name);
    return view == views_.end() ? QueryId{} : view->second;
  }

  const ast::Tree& tree_;
  const std::vector<ast::Cte>& with_;
  const std::map<std::string, QueryId>& views_;
  int depth_ = 0;
};

}  // namespace

void Reader::NameOutputTable(QueryId query, const std::vector<ast::Cte>& with) {
  for (ast::QueryArm& arm : tree_.queries[query].arms) {
    auto* select = std::get_if<ast::Select>(&arm.body);
    if (!select || select->into.HasValue()) continue;
    ast::Name alias = OutputTable(tree_, with, views_).Find(*select);
    if (!alias.HasValue()) continue;
    const bool joined = FlatFrom(tree_, *select).size() > 1;
    if (joined && !alias.quoted && !config_.legacy())
      Report<DiagKind::AliasIsTable>(alias.span, alias.text)
          .Help(
              fmt::format("leave the alias out, or write it as \"{}\" to say that it is meant", alias.text));
    select->into = alias;
  }
}

// table_suffix() of a table that is no pattern.
void Reader::CheckSuffixes(QueryId query) {
  std::vector<std::string> patterns;
  Visitor tables;
  tables.from = [&](ast::FromItem& item) {
    const auto* table = std::get_if<ast::TableItem>(&item.kind);
    if (table && table->table.name.text.ends_with('%'))
      patterns.push_back(Lower(item.alias.HasValue() ? item.alias.text : table->table.name.text));
  };
  Walk(tree_, query, tables);
  Visitor calls;
  calls.expr = [&](ExprId id) {
    const auto* call = tree_.As<ast::CallExpr>(id);
    if (!call || call->function.name.text != "table_suffix" || !call->function.schema.HasValue()) return;
    if (std::find(patterns.begin(), patterns.end(), Lower(call->function.schema.text)) == patterns.end())
      Report<DiagKind::SuffixOfNothing>(tree_[id].span, call->function.schema.text);
  };
  Walk(tree_, query, calls);
}

}  // namespace bulkhead::powersync
