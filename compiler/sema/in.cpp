#include <algorithm>

#include "compiler/sema/binder.h"

namespace bulkhead::sema {

ExprId Binder::BindIn(const ast::InExpr& expr, Span span, const Scope& scope, Need need) {
  if (expr.negated) need = Need::Value;
  ExprId in = BindInTarget(expr.target, expr.value, expr.negated, span, scope, need);
  return expr.negated ? Call("not", {in}, span) : in;
}

ExprId Binder::BindInTarget(const ast::InTarget& target, ast::ExprId value, bool negated, Span span,
                            const Scope& scope, Need need) {
  return std::visit(
      Match{
          [&](const ast::InList& list) { return BindInList(list.items, value, span, scope); },
          [&](const ast::InQuery& query) {
            return BindInQuery(query.query, value, negated, span, scope, need);
          },
          [&](const ast::InValue& in) { return BindInValue(in.value, value, negated, span, scope, need); },
      },
      target);
}

// The list's items have no affinity of their own; the value's is applied to both.
ExprId Binder::BindInList(const std::vector<ast::ExprId>& items, ast::ExprId value, Span span,
                          const Scope& scope) {
  if (IsRow(value)) return BindInRows(items, value, span, scope);
  ExprId lhs = BindExpr(value, scope);
  std::vector<ExprId> args{lhs};
  if (IsError(lhs)) return lhs;
  Conversion conversion;
  conversion.affinity = Info(lhs).affinity == Affinity::Blob ? Affinity::None : Info(lhs).affinity;
  conversion.fold_nocase = Info(lhs).collation == Collation::Nocase;
  args[0] = Convert(lhs, conversion);
  for (ast::ExprId item : items) {
    ExprId bound = BindExpr(item, scope);
    if (IsError(bound)) return bound;
    if (conversion.affinity == Affinity::None) CheckComparison("=", lhs, bound, tree_[item].span);
    args.push_back(Convert(bound, conversion));
  }
  return Call("in_list", std::move(args), span);
}

// (a, b) IN ((1, 2), (3, 4)): one of the rows is equal.
ExprId Binder::BindInRows(const std::vector<ast::ExprId>& items, ast::ExprId value, Span span,
                          const Scope& scope) {
  std::vector<ExprId> parts;
  for (ast::ExprId item : items)
    parts.push_back(BindRowComparison("=", value, item, tree_[item].span, scope));
  if (parts.empty()) return Literal(value::Value::Bool(false), span);
  return AnyOf(std::move(parts), span);
}

// `IN name` is a relation if there is one of that name, else a JSON array.
ExprId Binder::BindInValue(ast::ExprId target, ast::ExprId value, bool negated, Span span, const Scope& scope,
                           Need need) {
  if (const auto* name = tree_.As<ast::ColumnExpr>(target); name && !name->schema.HasValue()) {
    ast::QualifiedName relation{name->table, name->column, tree_[target].span};
    if (Definition* definition = FindRelation(relation, scope.env)) {
      return BindInDefinition(*definition, relation.span, value, negated, span, scope, need);
    }
    const bool column = name->table.HasValue() ? FindAlias({}, name->table, scope) != nullptr
                                               : CouldBeColumn(name->column, scope);
    if (!catalog_.open && catalog_.Find(name->table.text, name->column.text).HasValue()) {
      return BindInTable(relation, value, negated, span, scope, need);
    }
    if (!column && !name->table.HasValue() && !lenient_) {
      ReportUnknownTable(relation, scope.env);
      return Error(span);
    }
    if (catalog_.open && !name->table.HasValue()) {
      std::vector<std::string_view> known;
      for (const auto& [view, definition] : views_) known.push_back(view);
      for (const Env* env = scope.env; env; env = env->outer) known.push_back(env->definition->name);
      std::string_view nearest = source::Nearest(name->column.text, known);
      if (!nearest.empty()) {
        Report<DiagKind::ReadAsColumn>(relation.span, name->column.text)
            .Help(fmt::format("did you mean `{}`?", nearest));
      }
    }
  }
  // unnest(a) is the array itself.
  if (const auto* call = tree_.As<ast::CallExpr>(target); call && call->args.size() == 1 &&
                                                          !call->function.schema.HasValue() &&
                                                          (call->function.name.text == "unnest")) {
    target = call->args[0];
  }
  if (const auto* array = tree_.As<ast::ArrayExpr>(target))
    return BindInList(array->items, value, span, scope);
  // IN ROW(…) is PowerSync's spelling of a list.
  if (const auto* row = tree_.As<ast::RowExpr>(target); row && row->explicit_row && !IsRow(value))
    return BindInList(row->items, value, span, scope);
  ExprId json = BindExpr(target, scope);
  return InJson(value, json, span, scope);
}

ExprId Binder::InJson(ast::ExprId value, ExprId json, Span span, const Scope& scope) {
  if (IsRow(value)) {
    Report<DiagKind::MisplacedRow>(tree_[value].span);
    return Error(span);
  }
  ExprId lhs = BindExpr(value, scope);
  if (IsError(lhs) || IsError(json)) return Error(span);
  CheckInJson(lhs, json, span);
  if (Info(lhs).collation == Collation::Nocase) {
    Report<DiagKind::UnknownCollation>(At(lhs).span, "NOCASE beside a JSON array")
        .Help("compare lower(…) with lower-case elements");
    return Error(span);
  }
  return Call("in_json", {lhs, json}, span);
}

// ---- Subqueries
// --------------------------------------------------------------------------------------------------

std::optional<std::vector<ExprId>> Binder::BindAll(const std::vector<ast::ExprId>& exprs,
                                                   const Scope& scope) {
  std::vector<ExprId> bound;
  bool error = false;
  for (ast::ExprId expr : exprs) {
    bound.push_back(BindExpr(expr, scope));
    error |= IsError(bound.back());
  }
  return error ? std::nullopt : std::optional(std::move(bound));
}

// The values of the arm's outputs; none after a diagnostic. Any width will do when none is asked for.
std::optional<std::vector<ExprId>> Binder::Outputs(const BoundArm& arm, std::optional<size_t> width,
                                                   Span span) {
  std::vector<ExprId> values;
  if (arm.broken) return std::nullopt;
  if (!width) return values;
  for (const OutputItem& item : arm.outputs) {
    if (!item.value.HasValue()) {
      Report<DiagKind::ColumnCountMismatch>(span, "`*` of a table without a schema", *width)
          .Help("name the column");
      return std::nullopt;
    }
    values.push_back(item.value);
  }
  if (values.size() == *width) return values;
  Report<DiagKind::ColumnCountMismatch>(span, Counted(values.size(), "column"), *width);
  return std::nullopt;
}

std::optional<std::vector<Binder::SubqueryArm>> Binder::BindSubquery(ast::QueryId query,
                                                                     std::optional<size_t> width,
                                                                     const Scope& scope) {
  if (!query.HasValue()) return std::nullopt;
  const size_t count = CountArms(query, scope.env);
  if (count > limits::BranchesPerQueryMax) {
    TooLarge(fmt::format("{} arms of UNION", limits::BranchesPerQueryMax));
    return std::nullopt;
  }
  std::vector<SubqueryArm> arms;
  bool error = false;
  for (size_t i = 0; i < count; ++i) {
    SubqueryArm arm;
    BoundArm bound = BindArm(query, i, &scope, scope.env, arm.draft);
    if (bound.select && bound.select->into.HasValue()) Report<DiagKind::BadInto>(bound.select->into.span);
    auto outputs = Outputs(bound, width, tree_[query].span);
    error |= !outputs;
    if (outputs) arm.outputs = std::move(*outputs);
    arms.push_back(std::move(arm));
  }
  return error ? std::nullopt : std::optional(std::move(arms));
}

ExprId Binder::BindInQuery(ast::QueryId query, ast::ExprId value, bool negated, Span span, const Scope& scope,
                           Need need) {
  auto lhs = BindAll(RowItems(value), scope);
  auto arms = BindSubquery(query, RowItems(value).size(), scope);
  if (!lhs || !arms) return Error(span);
  return InSubquery(std::move(*arms), *lhs, negated, span, need);
}

ExprId Binder::BindInDefinition(Definition& definition, Span mention, ast::ExprId value, bool negated,
                                Span span, const Scope& scope, Need need) {
  auto lhs = BindAll(RowItems(value), scope);
  const size_t count = CountDefinition(definition);
  if (count > limits::BranchesPerQueryMax) {
    TooLarge(fmt::format("{} arms of UNION", limits::BranchesPerQueryMax));
    return Error(span);
  }
  std::vector<SubqueryArm> arms;
  for (size_t i = 0; i < count; ++i) {
    SubqueryArm arm;
    auto outputs =
        Outputs(ExpandDefinition(definition, i, mention, arm.draft), RowItems(value).size(), mention);
    if (!outputs) return Error(span);
    arm.outputs = std::move(*outputs);
    arms.push_back(std::move(arm));
  }
  return lhs ? InSubquery(std::move(arms), *lhs, negated, span, need) : Error(span);
}

ExprId Binder::BindInTable(const ast::QualifiedName& table, ast::ExprId value, bool negated, Span span,
                           const Scope& scope, Need need) {
  auto lhs = BindAll(RowItems(value), scope);
  SubqueryArm arm;
  BoundArm bound;
  ExpandRelation(TableRelation(table, "", scope.env, arm.draft), table.span, bound);
  auto outputs = Outputs(bound, RowItems(value).size(), table.span);
  if (!lhs || !outputs) return Error(span);
  arm.outputs = std::move(*outputs);
  std::vector<SubqueryArm> arms;
  arms.push_back(std::move(arm));
  return InSubquery(std::move(arms), *lhs, negated, span, need);
}

// Where only truth matters, a row that is equal exists. Else NULLs on either side count, which InSelectExpr
// keeps.
ExprId Binder::InSubquery(std::vector<SubqueryArm> arms, const std::vector<ExprId>& lhs, bool negated,
                          Span span, Need need) {
  if (negated) CheckNullable(arms, span);
  const std::vector<Conversion> conversions = InConversions(arms, lhs);
  if (need == Need::Truth) {
    for (SubqueryArm& arm : arms) {
      for (size_t i = 0; i < lhs.size(); ++i) {
        ExprId equal = CompareAs(conversions[i], "=", lhs[i], arm.outputs[i], span);
        if (IsError(equal)) return equal;
        AddConjunct(equal, arm.draft);
      }
    }
    return ExistsAny(std::move(arms), span, need);
  }
  // IN over a union is the OR of the INs.
  std::vector<ExprId> parts;
  for (SubqueryArm& arm : arms) parts.push_back(InArm(std::move(arm), lhs, conversions, span));
  return AnyOf(std::move(parts), span);
}

// SQLite collects the rows of all arms in one table, which is made for the last one.
std::vector<Conversion> Binder::InConversions(const std::vector<SubqueryArm>& arms,
                                              const std::vector<ExprId>& lhs) const {
  std::vector<Conversion> conversions(lhs.size());
  if (arms.empty()) return conversions;
  for (size_t i = 0; i < lhs.size(); ++i) conversions[i] = ConversionOf(lhs[i], arms.back().outputs[i]);
  return conversions;
}

ExprId Binder::InArm(SubqueryArm arm, const std::vector<ExprId>& lhs,
                     const std::vector<Conversion>& conversions, Span span) {
  if (arm.draft.from.empty()) {
    // No tables, as in VALUES: one row if the conditions hold.
    std::vector<ExprId> parts;
    for (ExprId condition : arm.draft.conjuncts) parts.push_back(Call("is_true", {condition}, span));
    for (size_t i = 0; i < lhs.size(); ++i)
      parts.push_back(CompareAs(conversions[i], "=", lhs[i], arm.outputs[i], span));
    return All(std::move(parts), span);
  }
  ir::InSelectExpr in;
  std::vector<ir::OutputColumn> outputs;
  NodeInfo info;
  for (size_t i = 0; i < lhs.size(); ++i) {
    CheckComparison("=", lhs[i], arm.outputs[i], span);
    in.lhs.push_back(Convert(lhs[i], conversions[i]));
    outputs.push_back({"", Convert(arm.outputs[i], conversions[i]), {}, At(arm.outputs[i]).span});
    if (IsError(in.lhs.back()) || IsError(outputs.back().value)) return Error(span);
    info.size += Info(in.lhs.back()).size;
    info.depth = std::max<uint16_t>(info.depth, Info(in.lhs.back()).depth + 1);
  }
  SelectId select = AddSelect(std::move(arm.draft), std::move(outputs), span);
  info.size += out_->selects[select.index].size;
  info.depth = std::max<uint16_t>(info.depth, out_->selects[select.index].depth + 1);
  in.arms.push_back(select);
  ir::Facts facts;
  facts.storage = storage::Integer | storage::Null;
  return Add({std::move(in), facts, span}, info);
}

ExprId Binder::BindExists(ast::QueryId query, Span span, const Scope& scope, Need need) {
  exists_queries_.insert(query);
  auto arms = BindSubquery(query, std::nullopt, scope);
  return arms ? ExistsAny(std::move(*arms), span, need) : Error(span);
}

ExprId Binder::ExistsAny(std::vector<SubqueryArm> arms, Span span, Need need) {
  ir::ExistsExpr exists;
  NodeInfo info;
  std::vector<ExprId> parts;
  for (SubqueryArm& arm : arms) {
    if (arm.draft.from.empty()) {
      // Without tables there is a row exactly if the conditions hold.
      if (arm.draft.conjuncts.empty()) return Literal(value::Value::Bool(true), span);
      ExprId condition = All(std::move(arm.draft.conjuncts), span);
      parts.push_back(need == Need::Truth ? condition : Call("is_true", {condition}, span));
      continue;
    }
    SelectId select = AddSelect(std::move(arm.draft), {}, span);
    const NodeInfo& below = out_->selects[select.index];
    info.size = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{info.size} + below.size, UINT32_MAX));
    info.depth = std::max<uint16_t>(info.depth, below.depth + 1);
    exists.arms.push_back(select);
  }
  if (!exists.arms.empty()) {
    ir::Facts facts;
    facts.storage = storage::Integer;
    parts.insert(parts.begin(), Add({std::move(exists), facts, span}, info));
  }
  return AnyOf(std::move(parts), span);
}

// ---- ANY and ALL
// -------------------------------------------------------------------------------------------------

ExprId Binder::BindQuantified(const ast::QuantifiedExpr& expr, Span span, const Scope& scope, Need need) {
  const bool any = expr.quantifier == ast::Quantifier::Any;
  const bool in = any && expr.op == ast::BinaryOp::Equal;
  const bool not_in = !any && expr.op == ast::BinaryOp::NotEqual;
  const auto* query = std::get_if<ast::QueryId>(&expr.rhs);
  if (in || not_in) {
    Need inner = not_in ? Need::Value : need;
    ExprId bound = query ? BindInQuery(*query, expr.lhs, not_in, span, scope, inner)
                         : BindInArray(std::get<ast::ExprId>(expr.rhs), expr.lhs, span, scope);
    return not_in ? Call("not", {bound}, span) : bound;
  }
  std::string_view op = OrderOperator(expr.op);
  if (any && query && need == Need::Truth && !op.empty() && !IsRow(expr.lhs)) {
    ExprId lhs = BindExpr(expr.lhs, scope);
    auto arms = BindSubquery(*query, 1, scope);
    if (!arms || IsError(lhs)) return Error(span);
    for (SubqueryArm& arm : *arms) AddConjunct(Compare(op, lhs, arm.outputs[0], span), arm.draft);
    return ExistsAny(std::move(*arms), span, need);
  }
  Report<DiagKind::QuantifierUnsupported>(span,
                                          any ? "this comparison with ANY" : "this comparison with ALL");
  return Error(span);
}

std::string_view Binder::OrderOperator(ast::BinaryOp op) {
  switch (op) {
    case ast::BinaryOp::NotEqual:
      return "<>";
    case ast::BinaryOp::Less:
      return "<";
    case ast::BinaryOp::LessEqual:
      return "<=";
    case ast::BinaryOp::Greater:
      return ">";
    case ast::BinaryOp::GreaterEqual:
      return ">=";
    default:
      return "";
  }
}

ExprId Binder::BindInArray(ast::ExprId array, ast::ExprId value, Span span, const Scope& scope) {
  if (const auto* items = tree_.As<ast::ArrayExpr>(array))
    return BindInList(items->items, value, span, scope);
  return InJson(value, BindExpr(array, scope), span, scope);
}

}  // namespace bulkhead::sema
