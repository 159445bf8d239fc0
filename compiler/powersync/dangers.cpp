// Values that any client may send, where nothing the token says stands beside them.
#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"
#include "compiler/source/scanner.h"

namespace bulkhead::powersync {
namespace {

enum class Trust : uint8_t { None, Signed, Client };

Trust TrustOf(const ast::Expr& expr) {
  const auto* call = std::get_if<ast::CallExpr>(&expr.kind);
  if (!call) return Trust::None;
  const std::string& schema = call->function.schema.text;
  if (schema == "auth") return Trust::Signed;
  return schema == "connection" || schema == "subscription" ? Trust::Client : Trust::None;
}

class Dangers {
 public:
  // `guarded`: global WITH queries that are. Those in `with` go before them.
  Dangers(ast::Tree& tree, const std::set<std::string>& guarded, const std::vector<ast::Cte>& with)
      : tree_(tree), guarded_(guarded) {
    for (const ast::Cte& cte : with) local_.emplace(cte.name.text, Guarded(cte.query));
  }

  // Every row the query can give was asked for by something signed.
  bool Guarded(QueryId id) {
    if (!id.HasValue()) return false;
    ast::Query& query = tree_.queries[id];
    for (const ast::QueryArm& arm : query.arms) {
      const auto* select = std::get_if<ast::Select>(&arm.body);
      if (!select || !Guarded(*select)) return false;
    }
    return true;
  }

  std::vector<Span> ClientValues(QueryId id) {
    std::vector<Span> spans;
    Visitor visitor;
    visitor.expr = [&](ExprId expr) {
      if (TrustOf(tree_[expr]) == Trust::Client) spans.push_back(tree_[expr].span);
    };
    Walk(tree_, id, visitor);
    return spans;
  }

 private:
  bool IsGuarded(const std::string& name) const {
    auto local = local_.find(name);
    return local == local_.end() ? guarded_.contains(name) : local->second;
  }

  bool Guarded(const ast::Select& select) {
    if (Guarded(select.where)) return true;
    for (ast::FromId id : select.from) {
      if (Guarded(id)) return true;
    }
    return false;
  }

  bool Guarded(ast::FromId id) {
    const ast::FromItem& item = tree_[id];
    if (const auto* table = std::get_if<ast::TableItem>(&item.kind)) return IsGuarded(table->table.name.text);
    if (const auto* query = std::get_if<ast::SubqueryItem>(&item.kind)) return Guarded(query->query);
    if (const auto* function = std::get_if<ast::FunctionItem>(&item.kind)) return Mentions(function->call);
    const auto& join = std::get<ast::JoinItem>(item.kind);
    return Guarded(join.lhs) || Guarded(join.rhs) || Guarded(join.on);
  }

  bool Guarded(ExprId id) {
    if (!id.HasValue()) return false;
    if (const auto* logical = tree_.As<ast::LogicalExpr>(id)) {
      const bool all = logical->op == ast::LogicalOp::Or;
      for (ExprId arg : logical->args) {
        if (Guarded(arg) != all) return !all;
      }
      return all;
    }
    if (const auto* in = tree_.As<ast::InExpr>(id)) {
      const auto* query = std::get_if<ast::InQuery>(&in->target);
      if (query && !in->negated && Guarded(query->query)) return true;
      const auto* value = std::get_if<ast::InValue>(&in->target);
      const auto* name = value ? tree_.As<ast::ColumnExpr>(value->value) : nullptr;
      if (name && IsGuarded(name->column.text)) return true;
    }
    return Mentions(id);
  }

  bool Mentions(ExprId id) {
    bool found = false;
    Visitor visitor;
    visitor.subqueries = false;
    visitor.expr = [&](ExprId expr) { found |= TrustOf(tree_[expr]) == Trust::Signed; };
    Walk(tree_, id, visitor);
    return found;
  }

  ast::Tree& tree_;
  const std::set<std::string>& guarded_;
  std::map<std::string, bool> local_;
};

}  // namespace

void Reader::NoteGuarded(const std::vector<ast::Cte>& with) {
  Dangers dangers(tree_, guarded_, {});
  for (const ast::Cte& cte : with) {
    if (dangers.Guarded(cte.query)) guarded_.insert(cte.name.text);
  }
}

void Reader::CheckDangers(const std::vector<Sql>& queries, const std::vector<ast::Cte>& with) {
  Dangers dangers(tree_, guarded_, with);
  for (const Sql& sql : queries) {
    std::vector<Span> spans = dangers.ClientValues(sql.query);
    if (spans.empty() || dangers.Guarded(sql.query)) continue;
    Report<DiagKind::ClientValue>(spans[0]).Help(
        "add a condition on auth.user_id() or auth.parameter('…'), or `accept_potentially_dangerous_queries: "
        "true`");
  }
}

void Reader::CheckClientValues(const Parameters& parameters, const Node& node) {
  Dangers dangers(tree_, guarded_, {});
  if (dangers.ClientValues(parameters.sql.query).empty()) return;
  bool signed_output = false;
  if (const ast::Select* select = SelectOf(tree_, parameters.sql.query)) {
    for (const ast::SelectItem& item : select->items) {
      Visitor visitor;
      visitor.expr = [&](ExprId expr) { signed_output |= TrustOf(tree_[expr]) == Trust::Signed; };
      if (const auto* expr = std::get_if<ast::ExprItem>(&item.kind)) Walk(tree_, expr->expr, visitor);
    }
  }
  if (signed_output || dangers.Guarded(parameters.sql.query)) return;
  Report<DiagKind::ClientValue>(node.span).Help(
      "compare with something the token says, or write `accept_potentially_dangerous_queries: true`");
}

}  // namespace bulkhead::powersync
