#include <algorithm>

#include "compiler/sema/binder.h"

namespace bulkhead::sema {
namespace {

// One more than the limit stands for any number beyond it.
size_t Saturate(size_t count) {
  return std::min(count, limits::BranchesPerQueryMax + 1);
}

std::string_view SetOpName(ast::SetOp op) {
  bool except = op == ast::SetOp::Except || op == ast::SetOp::ExceptAll;
  return except ? "EXCEPT" : "INTERSECT";
}

bool IsUnion(ast::SetOp op) {
  return op == ast::SetOp::None || op == ast::SetOp::Union || op == ast::SetOp::UnionAll;
}

}  // namespace

// ---- WITH
// --------------------------------------------------------------------------------------------------------

// Made once for each query of the tree: its place, and so what it can see, never changes.
const Env* Binder::EnvOf(const ast::Query& query, const Env* outer) {
  if (query.with.empty()) return outer;
  auto [entry, inserted] = query_envs_.try_emplace(&query, nullptr);
  if (!inserted) return entry->second;
  const Env* env = outer;
  std::set<std::string_view> names;
  for (const ast::Cte& cte : query.with) {
    if (!names.insert(cte.name.text).second) Report<DiagKind::DuplicateName>(cte.name.span, cte.name.text);
    Definition& definition = definitions_.emplace_back();
    definition.kind = Definition::Kind::Cte;
    definition.name = cte.name.text;
    definition.name_span = cte.name.span;
    definition.statement_span = cte.span;
    definition.lenient = lenient_;
    if (lenient_ && !catalog_.open && catalog_.Find("", cte.name.text).HasValue())
      Report<DiagKind::CteShadowsTable>(cte.name.span, cte.name.text);
    definition.columns = cte.columns;
    definition.query = cte.query;
    definition.broken = !cte.query.HasValue();
    const Env* next = &envs_.emplace_back(Env{env, &definition});
    definition.env = query.recursive ? next : env;
    env = next;
  }
  return query_envs_[&query] = env;
}

// ---- How many arms a query becomes
// -------------------------------------------------------------------------------

size_t Binder::CountArms(ast::QueryId query, const Env* env) {
  return query.HasValue() ? CountArms(tree_[query], env) : 1;
}

size_t Binder::CountArms(const ast::Query& query, const Env* outer) {
  const Env* env = EnvOf(query, outer);
  size_t count = 0;
  for (const ast::QueryArm& arm : query.arms) count = Saturate(count + CountBody(arm, env));
  return count;
}

size_t Binder::CountBody(const ast::QueryArm& arm, const Env* env) {
  if (const auto* values = std::get_if<ast::Values>(&arm.body)) return Saturate(values->rows.size());
  if (const auto* query = std::get_if<ast::QueryId>(&arm.body)) return CountArms(*query, env);
  size_t count = 1;
  for (ast::FromId item : std::get<ast::Select>(arm.body).from)
    count = Saturate(count * CountFrom(item, env));
  return count;
}

size_t Binder::CountFrom(ast::FromId id, const Env* env) {
  const ast::FromItem& item = tree_[id];
  if (const auto* table = std::get_if<ast::TableItem>(&item.kind)) {
    Definition* definition = FindRelation(table->table, env);
    return definition ? CountDefinition(*definition) : 1;
  }
  if (const auto* subquery = std::get_if<ast::SubqueryItem>(&item.kind))
    return CountArms(subquery->query, env);
  if (const auto* join = std::get_if<ast::JoinItem>(&item.kind)) {
    return Saturate(CountFrom(join->lhs, env) * CountFrom(join->rhs, env));
  }
  return 1;
}

size_t Binder::CountDefinition(Definition& definition) {
  if (definition.arm_count > 0) return definition.arm_count;
  // A definition that is being expanded, or nested too deeply, is diagnosed when it is bound.
  if (definition.active || definition.broken || nesting_ > limits::ExpressionDepthMax) return 1;
  definition.active = true;
  ++nesting_;
  size_t count = CountArms(definition.query, definition.env);
  --nesting_;
  definition.active = false;
  return definition.arm_count = std::max<size_t>(count, 1);
}

// ---- Arms
// --------------------------------------------------------------------------------------------------------

void Binder::CheckShape(const ast::Query& query, bool exists) {
  auto unsupported = [&](ast::ExprId at, std::string_view what) {
    return &Report<DiagKind::OrderLimitUnsupported>(tree_[at].span, what);
  };
  if (!query.order_by.empty()) {
    Report<DiagKind::OrderLimitUnsupported>(query.order_by[0].span, "ORDER BY")
        .Help("leave ORDER BY out: the rows of a client's table have no order");
  }
  if (query.limit.HasValue()) {
    // LIMIT 1 changes nothing about whether there is a row.
    const auto* limit = tree_.As<ast::IntegerExpr>(query.limit);
    if (!exists || !limit || limit->value < 1) unsupported(query.limit, "LIMIT");
  }
  if (query.offset.HasValue()) unsupported(query.offset, "OFFSET");
  if (!query.per.empty()) unsupported(query.per[0], "PER");
  for (const ast::QueryArm& arm : query.arms) {
    if (!IsUnion(arm.op)) Report<DiagKind::SetOperationUnsupported>(arm.span, SetOpName(arm.op));
  }
}

void Binder::CheckShape(const ast::Select& select) {
  if (!select.group_by.empty()) {
    Report<DiagKind::AggregateUnsupported>(tree_[select.group_by[0]].span, "GROUP BY");
  }
  if (select.having.HasValue()) Report<DiagKind::AggregateUnsupported>(tree_[select.having].span, "HAVING");
  if (!select.windows.empty()) Report<DiagKind::WindowUnsupported>(select.windows[0].window.span);
}

BoundArm Binder::BindArm(ast::QueryId id, size_t index, const Scope* outer, const Env* outer_env,
                         Draft& draft) {
  BoundArm broken;
  broken.broken = true;
  if (!id.HasValue() || !Spend(1)) return broken;
  if (nesting_ > 2 * limits::ExpressionDepthMax) {
    TooLarge(fmt::format("{} levels of nesting", limits::ExpressionDepthMax));
    return broken;
  }
  const ast::Query& query = tree_[id];
  CheckShape(query, exists_queries_.contains(id));
  const Env* env = EnvOf(query, outer_env);
  for (const Env* e = env; e != outer_env; e = e->outer) e->definition->outer = outer;
  ++nesting_;
  BoundArm bound = broken;
  for (const ast::QueryArm& arm : query.arms) {
    const size_t count = CountBody(arm, env);
    if (index >= count) {
      index -= count;
      continue;
    }
    if (!IsUnion(arm.op)) break;
    if (const auto* select = std::get_if<ast::Select>(&arm.body)) {
      bound = BindSelect(*select, index, outer, env, draft);
    } else if (const auto* values = std::get_if<ast::Values>(&arm.body)) {
      bound = BindValues(*values, index, outer, env);
    } else {
      bound = BindArm(std::get<ast::QueryId>(arm.body), index, outer, env, draft);
    }
    if (&arm != &query.arms[0]) TakeNames(query, outer, env, arm.span, bound);
    break;
  }
  --nesting_;
  return bound;
}

// All arms of a UNION have the first one's names.
void Binder::TakeNames(const ast::Query& query, const Scope* outer, const Env* env, Span span,
                       BoundArm& arm) {
  Draft unused;
  BoundArm first;
  if (const auto* select = std::get_if<ast::Select>(&query.arms[0].body)) {
    first = BindSelect(*select, 0, outer, env, unused);
  } else if (const auto* values = std::get_if<ast::Values>(&query.arms[0].body)) {
    first = BindValues(*values, 0, outer, env);
  } else {
    first = BindArm(std::get<ast::QueryId>(query.arms[0].body), 0, outer, env, unused);
  }
  auto open = [](const BoundArm& a) {
    return a.broken ||
           std::ranges::any_of(a.outputs, [](const OutputItem& item) { return !item.value.HasValue(); });
  };
  if (open(first) || open(arm)) return;
  if (first.outputs.size() != arm.outputs.size()) {
    Report<DiagKind::ColumnCountMismatch>(span, Counted(arm.outputs.size(), "column"), first.outputs.size())
        .Label(query.arms[0].span, "UNION gives all arms the columns of the first");
    arm.broken = true;
    return;
  }
  for (size_t i = 0; i < arm.outputs.size(); ++i) arm.outputs[i].name = first.outputs[i].name;
}

BoundArm Binder::BindSelect(const ast::Select& select, size_t index, const Scope* outer, const Env* env,
                            Draft& draft) {
  CheckShape(select);
  Scope scope;
  scope.outer = outer;
  scope.env = env;
  for (ast::FromId item : select.from) BindFrom(item, index, scope, draft);
  if (select.where.HasValue()) BindCondition(select.where, scope, "WHERE", draft);
  BoundArm arm;
  arm.select = &select;
  for (const ast::SelectItem& item : select.items) BindItem(item, scope, arm);
  for (const Relation& relation : scope.relations) arm.broken |= relation.broken;
  return arm;
}

BoundArm Binder::BindValues(const ast::Values& values, size_t index, const Scope* outer, const Env* env) {
  Scope scope;
  scope.outer = outer;
  scope.env = env;
  BoundArm arm;
  if (index >= values.rows.size()) return arm;
  for (ast::ExprId item : values.rows[index]) {
    std::string name = fmt::format("column{}", arm.outputs.size() + 1);
    arm.outputs.push_back({std::move(name), BindExpr(item, scope), {}, false, tree_[item].span});
  }
  return arm;
}

void Binder::BindItem(const ast::SelectItem& item, const Scope& scope, BoundArm& arm) {
  if (const auto* star = std::get_if<ast::StarItem>(&item.kind))
    return BindStar(*star, item.span, scope, arm);
  const auto& expr = std::get<ast::ExprItem>(item.kind);
  OutputItem output;
  output.span = item.span;
  output.value = BindExpr(expr.expr, scope);
  output.name = expr.alias.text;
  if (const auto* column = tree_.As<ast::ColumnExpr>(expr.expr); column && output.name.empty()) {
    output.name = column->column.text;
  }
  arm.broken |= IsError(output.value);
  arm.outputs.push_back(std::move(output));
}

void Binder::BindStar(const ast::StarItem& star, Span span, const Scope& scope, BoundArm& arm) {
  if (!star.table.HasValue()) {
    if (scope.relations.empty()) {
      Report<DiagKind::NoTable>(span);
      arm.broken = true;
    }
    for (const Relation& relation : scope.relations) ExpandRelation(relation, span, arm, star.legacy);
    return;
  }
  if (const Relation* relation = FindAlias(star.table.schema, star.table.name, scope)) {
    return ExpandRelation(*relation, span, arm, star.legacy);
  }
  ReportUnknownAlias(star.table.schema, star.table.name, scope);
  arm.broken = true;
}

void Binder::ExpandRelation(const Relation& relation, Span span, BoundArm& arm, bool legacy) {
  arm.broken |= relation.broken;
  auto merged_away = [&](std::string_view name) {
    return std::ranges::any_of(relation.merged_away,
                               [&](auto& other) { return schema::SameName(other, name); });
  };
  if (relation.table) {
    for (uint32_t i = 0; i < relation.table->columns.size(); ++i) {
      const std::string& name = relation.table->columns[i].name;
      if (merged_away(name) || (legacy && name.starts_with('_'))) continue;
      arm.outputs.push_back(
          {name, AddColumn(relation.occurrence, relation.table, i, name, span), {}, true, span, legacy});
    }
  }
  for (OccurrenceId open : relation.open) arm.outputs.push_back({"", {}, open, true, span, legacy});
  for (const DerivedColumn& column : relation.columns) {
    if (!merged_away(column.name)) arm.outputs.push_back({column.name, column.value, {}, true, span});
  }
}

SelectId Binder::AddSelect(Draft draft, std::vector<ir::OutputColumn> outputs, Span span) {
  NodeInfo info;
  auto include = [&](ExprId id) {
    const NodeInfo& below = Info(id);
    info.size = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{info.size} + below.size, UINT32_MAX));
    info.depth = std::max<uint16_t>(info.depth, below.depth + 1);
  };
  ir::Select select;
  for (OccurrenceId id : draft.from) {
    const auto* function = std::get_if<ir::FunctionSource>(&out_->module.occurrences[id].source);
    if (function) include(function->input);
  }
  if (!draft.conjuncts.empty()) {
    select.where = All(std::move(draft.conjuncts), span);
    include(select.where);
  }
  for (const ir::OutputColumn& output : outputs) {
    if (output.value.HasValue()) include(output.value);
  }
  select.from = std::move(draft.from);
  select.outputs = std::move(outputs);
  select.span = span;
  SelectId id = out_->module.selects.Add(std::move(select));
  out_->selects.push_back(info);
  return id;
}

}  // namespace bulkhead::sema
