#include "compiler/powersync/walk.h"

namespace bulkhead::powersync {
namespace {

using ast::ExprId;
using ast::QueryId;

class Children {
 public:
  Children(const std::function<void(ExprId&)>& child, const std::function<void(QueryId&)>& query)
      : child_(child), query_(query) {}

  void One(ExprId& id) {
    if (id.HasValue()) child_(id);
  }
  void Many(std::vector<ExprId>& ids) {
    for (ExprId& id : ids) One(id);
  }
  void Query(QueryId& id) {
    if (id.HasValue()) query_(id);
  }
  void Terms(std::vector<ast::OrderTerm>& terms) {
    for (ast::OrderTerm& term : terms) One(term.expr);
  }

  void operator()(ast::UnaryExpr& e) { One(e.operand); }
  void operator()(ast::BinaryExpr& e) { One(e.lhs), One(e.rhs); }
  void operator()(ast::LogicalExpr& e) { Many(e.args); }
  void operator()(ast::IsTestExpr& e) { One(e.operand); }
  void operator()(ast::LikeExpr& e) { One(e.value), One(e.pattern), One(e.escape); }
  void operator()(ast::BetweenExpr& e) { One(e.value), One(e.low), One(e.high); }
  void operator()(ast::InExpr& e) {
    One(e.value);
    if (auto* list = std::get_if<ast::InList>(&e.target)) Many(list->items);
    if (auto* in = std::get_if<ast::InValue>(&e.target)) One(in->value);
    if (auto* query = std::get_if<ast::InQuery>(&e.target)) Query(query->query);
  }
  void operator()(ast::QuantifiedExpr& e) {
    One(e.lhs);
    if (auto* rhs = std::get_if<ExprId>(&e.rhs)) One(*rhs);
    if (auto* rhs = std::get_if<QueryId>(&e.rhs)) Query(*rhs);
  }
  void operator()(ast::ExistsExpr& e) { Query(e.query); }
  void operator()(ast::ScalarQueryExpr& e) { Query(e.query); }
  void operator()(ast::ArrayQueryExpr& e) { Query(e.query); }
  void operator()(ast::RowExpr& e) { Many(e.items); }
  void operator()(ast::ArrayExpr& e) { Many(e.items); }
  void operator()(ast::CaseExpr& e) {
    One(e.operand);
    for (ast::CaseArm& arm : e.arms) One(arm.when), One(arm.then);
    One(e.otherwise);
  }
  void operator()(ast::CastExpr& e) { One(e.operand); }
  void operator()(ast::CollateExpr& e) { One(e.operand); }
  void operator()(ast::SubscriptExpr& e) { One(e.operand), One(e.index); }
  void operator()(ast::CallExpr& e) {
    Many(e.args);
    Terms(e.order_by);
    One(e.filter);
    if (e.over) Many(e.over->partition_by), Terms(e.over->order_by);
  }
  template <typename Leaf>
  void operator()(Leaf&) {}

 private:
  const std::function<void(ExprId&)>& child_;
  const std::function<void(QueryId&)>& query_;
};

class Walker {
 public:
  Walker(ast::Tree& tree, const Visitor& visitor) : tree_(tree), visitor_(visitor) {}

  void Expr(ExprId id) {
    if (!id.HasValue()) return;
    visitor_.expr(id);
    ForEachChild(
        tree_.exprs[id], [&](ExprId& child) { Expr(child); },
        [&](QueryId& query) {
          if (visitor_.subqueries) Query(query);
        });
  }

  void Query(QueryId id) {
    if (!id.HasValue()) return;
    ast::Query& query = tree_.queries[id];
    for (ast::Cte& cte : query.with) Query(cte.query);
    for (ast::QueryArm& arm : query.arms) {
      if (auto* select = std::get_if<ast::Select>(&arm.body)) Select(*select);
      if (auto* inner = std::get_if<QueryId>(&arm.body)) Query(*inner);
      if (auto* values = std::get_if<ast::Values>(&arm.body)) {
        for (auto& row : values->rows) Exprs(row);
      }
    }
    for (ast::OrderTerm& term : query.order_by) Expr(term.expr);
    Expr(query.limit);
    Expr(query.offset);
    Exprs(query.per);
  }

 private:
  void Exprs(const std::vector<ExprId>& ids) {
    for (ExprId id : ids) Expr(id);
  }

  void Select(ast::Select& select) {
    visitor_.select(select);
    for (ast::FromId id : std::vector(select.from)) From(id);
    for (const ast::SelectItem& item : std::vector(select.items)) {
      if (const auto* expr = std::get_if<ast::ExprItem>(&item.kind)) Expr(expr->expr);
    }
    Expr(select.where);
    Exprs(select.group_by);
    Expr(select.having);
  }

  void From(ast::FromId id) {
    ast::FromItem& item = tree_.from_items[id];
    visitor_.from(item);
    if (auto* function = std::get_if<ast::FunctionItem>(&item.kind)) Expr(function->call);
    if (auto* subquery = std::get_if<ast::SubqueryItem>(&item.kind)) Query(subquery->query);
    if (auto* join = std::get_if<ast::JoinItem>(&item.kind)) {
      From(join->lhs);
      From(join->rhs);
      Expr(join->on);
    }
  }

  ast::Tree& tree_;
  const Visitor& visitor_;
};

void AddFlat(const ast::Tree& tree, ast::FromId id, std::vector<ast::FromId>& flat) {
  if (const auto* join = std::get_if<ast::JoinItem>(&tree[id].kind)) {
    AddFlat(tree, join->lhs, flat);
    AddFlat(tree, join->rhs, flat);
  } else {
    flat.push_back(id);
  }
}

}  // namespace

void ForEachChild(ast::Expr& expr, const std::function<void(ExprId&)>& child,
                  const std::function<void(QueryId&)>& query) {
  std::visit(Children(child, query), expr.kind);
}

void Walk(ast::Tree& tree, QueryId query, const Visitor& visitor) {
  Walker(tree, visitor).Query(query);
}
void Walk(ast::Tree& tree, ExprId expr, const Visitor& visitor) {
  Walker(tree, visitor).Expr(expr);
}

ast::Select* SelectOf(ast::Tree& tree, QueryId query) {
  if (!query.HasValue()) return nullptr;
  auto& arms = tree.queries[query].arms;
  return arms.size() == 1 ? std::get_if<ast::Select>(&arms[0].body) : nullptr;
}

std::vector<ast::FromId> FlatFrom(const ast::Tree& tree, const ast::Select& select) {
  std::vector<ast::FromId> flat;
  for (ast::FromId id : select.from) AddFlat(tree, id, flat);
  return flat;
}

}  // namespace bulkhead::powersync
