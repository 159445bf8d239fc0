#include "compiler/syntax/builder.h"
#include "runtime/base/limits.h"

namespace bulkhead::syntax {

using source::DiagKind;

ast::QueryId Builder::Query(P::QueryContext* context) {
  return QueryBody(context->withClause(), context->queryBody(), SpanOf(context));
}

ast::QueryId Builder::QueryBody(P::WithClauseContext* with, P::QueryBodyContext* body, source::Span span) {
  ast::Query query;
  query.span = span;
  if (with) {
    query.recursive = with->RECURSIVE() != nullptr;
    query.with = With(with);
  }
  query.arms.push_back(Arm(body->first));
  for (auto* rest : body->rest) {
    ast::QueryArm arm = Arm(rest->queryArm());
    auto* op = rest->setOperator();
    bool all = op->ALL() != nullptr;
    if (op->UNION()) arm.op = all ? ast::SetOp::UnionAll : ast::SetOp::Union;
    else if (op->EXCEPT()) arm.op = all ? ast::SetOp::ExceptAll : ast::SetOp::Except;
    else arm.op = all ? ast::SetOp::IntersectAll : ast::SetOp::Intersect;
    query.arms.push_back(std::move(arm));
  }
  if (body->orderTerms()) query.order_by = OrderTerms(body->orderTerms());
  for (auto* clause : body->limits) Limit(query, clause);
  return tree_.queries.Add(std::move(query));
}

// LIMIT ALL is no limit; LIMIT a, b skips a and keeps b.
void Builder::Limit(ast::Query& query, P::LimitClauseContext* context) {
  auto once = [&](bool given, std::string_view what) {
    if (given) diagnostics_.Report<DiagKind::GivenTwice>(SpanOf(context->start), what);
  };
  if (context->OFFSET()) {
    once(query.offset.HasValue(), "OFFSET");
    query.offset = Operand(context->offset);
    return;
  }
  once(query.limit.HasValue(), "LIMIT");
  if (context->second) {
    once(query.offset.HasValue(), "OFFSET");
    query.offset = Operand(context->count);
    query.limit = Operand(context->second);
  } else if (context->count) {
    query.limit = Operand(context->count);
  }
  query.per = Exprs(context->per);
}

std::vector<ast::Cte> Builder::With(P::WithClauseContext* context) {
  std::vector<ast::Cte> ctes;
  for (auto* cte : context->ctes)
    ctes.push_back({NameOf(cte->word()), Columns(cte->columnList()), Query(cte->query()), SpanOf(cte)});
  return ctes;
}

ast::QueryArm Builder::Arm(P::QueryArmContext* context) {
  ast::QueryArm arm;
  arm.span = SpanOf(context);
  if (context->select()) {
    arm.body = Select(context->select());
  } else if (context->rows()) {
    arm.body = ast::Values{Rows(context->rows())};
  } else {
    arm.body = Query(context->query());
  }
  return arm;
}

std::vector<std::vector<ast::ExprId>> Builder::Rows(P::RowsContext* context) {
  std::vector<std::vector<ast::ExprId>> rows;
  for (auto* row : context->list) rows.push_back(Exprs(row->items));
  return rows;
}

ast::Select Builder::Select(P::SelectContext* context) {
  ast::Select select;
  select.span = SpanOf(context);
  select.distinct = context->DISTINCT() != nullptr;
  for (auto* item : context->items) select.items.push_back(Item(item));
  if (context->into) select.into = NameOf(context->into);
  for (auto* item : context->tables) select.from.push_back(From(item));
  select.where = OptionalExpr(context->where);
  select.group_by = Exprs(context->groups);
  select.having = OptionalExpr(context->having);
  for (auto* window : context->windows) select.windows.push_back({NameOf(window->word()), WindowOf(window->window())});
  return select;
}

ast::SelectItem Builder::Item(P::SelectItemContext* context) {
  ast::SelectItem item;
  item.span = SpanOf(context);
  if (context->STAR()) {
    ast::StarItem star;
    if (context->word()) {
      std::vector<ast::Name> parts = {NameOf(context->word())};
      if (context->label()) parts.push_back(NameOf(context->label()));
      star.table = QualifiedOf(parts, Cover(parts.front().span, parts.back().span));
    }
    item.kind = std::move(star);
    return item;
  }
  ast::ExprItem expr{Expr(context->expr()), {}};
  if (context->label()) expr.alias = NameOf(context->label());
  if (context->bareAlias()) expr.alias = NameOf(context->bareAlias());
  item.kind = std::move(expr);
  return item;
}

ast::FromId Builder::From(P::FromItemContext* context) {
  ast::FromId item = FromPrimary(context->fromPrimary());
  for (size_t i = 0; i < context->joins.size(); ++i) {
    if (i == limits::ExpressionDepthMax) {
      diagnostics_.Report<DiagKind::NestingTooDeep>(SpanOf(context->joins[i]), limits::ExpressionDepthMax);
      break;
    }
    item = Join(context->joins[i], item);
  }
  return item;
}

ast::FromId Builder::Join(P::JoinPartContext* context, ast::FromId lhs) {
  ast::JoinItem join;
  join.lhs = lhs;
  join.natural = context->NATURAL() != nullptr;
  if (context->CROSS()) join.kind = ast::JoinKind::Cross;
  if (auto* kind = context->joinKind()) {
    if (kind->LEFT()) join.kind = ast::JoinKind::Left;
    if (kind->RIGHT()) join.kind = ast::JoinKind::Right;
    if (kind->FULL()) join.kind = ast::JoinKind::Full;
  }
  join.rhs = FromPrimary(context->fromPrimary());
  join.on = OptionalExpr(context->on);
  join.using_columns = Columns(context->columnList());
  ast::FromItem item;
  item.span = Cover(tree_[lhs].span, SpanOf(context));
  item.kind = std::move(join);
  return tree_.from_items.Add(std::move(item));
}

ast::FromId Builder::FromPrimary(P::FromPrimaryContext* context) {
  ast::FromItem item;
  if (context->fromItem()) {
    ast::FromId inner = From(context->fromItem());
    if (!context->tableAlias()) return inner;
    // (a JOIN b) AS t: a query of everything in it.
    ast::Select all;
    all.items.push_back({SpanOf(context), ast::StarItem{}});
    all.from = {inner};
    all.span = SpanOf(context);
    ast::Query query;
    query.span = all.span;
    query.arms.push_back({ast::SetOp::None, all.span, std::move(all)});
    item.kind = ast::SubqueryItem{tree_.queries.Add(std::move(query))};
  } else if (context->query()) {
    item.kind = ast::SubqueryItem{Query(context->query())};
  } else {
    std::vector<ast::Name> parts = {NameOf(context->word())};
    if (context->label()) parts.push_back(NameOf(context->label()));
    ast::QualifiedName name = QualifiedOf(parts, Cover(parts.front().span, parts.back().span));
    if (auto* arguments = context->functionArguments()) {
      ast::CallExpr call;
      call.function = std::move(name);
      CallArguments(call, arguments);
      ast::ExprId id = FinishCall(std::move(call), Cover(parts.front().span, SpanOf(arguments)));
      item.kind = ast::FunctionItem{id, context->ORDINALITY() != nullptr};
    } else {
      item.kind = ast::TableItem{std::move(name)};
    }
  }
  item.span = SpanOf(context);
  item.lateral = context->LATERAL() != nullptr;
  if (auto* alias = context->tableAlias()) {
    item.alias = alias->word() ? NameOf(alias->word()) : NameOf(alias->bareAlias());
    item.columns = Columns(alias->columnList());
  }
  return tree_.from_items.Add(std::move(item));
}

}  // namespace bulkhead::syntax
