#include <algorithm>

#include "compiler/schema/schema.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {

using schema::DefaultSchemaAsEmpty;
using schema::SameName;

void Binder::BindFrom(ast::FromId id, size_t& index, Scope& scope, Draft& draft) {
  const ast::FromItem& item = tree_[id];
  if (!Spend(1)) return AddRelation(BrokenRelation(item), scope);
  std::visit(
      Match{
          [&](const ast::TableItem& table) { BindTable(item, table, index, scope, draft); },
          [&](const ast::FunctionItem& function) { BindTableFunction(item, function, scope, draft); },
          [&](const ast::SubqueryItem& subquery) { BindFromQuery(item, subquery, index, scope, draft); },
          [&](const ast::JoinItem& join) { BindJoin(item, join, index, scope, draft); },
      },
      item.kind);
}

Relation Binder::BrokenRelation(const ast::FromItem& item) {
  Relation relation;
  relation.alias = item.alias.text;
  relation.span = item.span;
  relation.broken = true;
  return relation;
}

void Binder::AddRelation(Relation relation, Scope& scope) {
  auto same = [&](const Relation& other) {
    return !relation.alias.empty() && SameName(other.alias, relation.alias) && other.schema == relation.schema;
  };
  if (auto first = std::ranges::find_if(scope.relations, same); first != scope.relations.end()) {
    Report<DiagKind::DuplicateAlias>(relation.span, relation.alias)
        .Label(first->span, "the first")
        .Help(fmt::format("give one of them an alias: {} AS other", relation.description));
    relation.broken = true;
  }
  scope.relations.push_back(std::move(relation));
}

// The arm that `index` names: each item of FROM takes its share off it.
static size_t TakeArm(size_t& index, size_t count) {
  size_t arm = index % count;
  index /= count;
  return arm;
}

void Binder::BindTable(const ast::FromItem& item, const ast::TableItem& table, size_t& index, Scope& scope,
                       Draft& draft) {
  Relation relation;
  if (Definition* definition = FindRelation(table.table, scope.env)) {
    size_t arm = TakeArm(index, CountDefinition(*definition));
    relation =
        DerivedRelation(ExpandDefinition(*definition, arm, table.table.span, draft), item.columns, item.span);
    relation.description = definition->name;
  } else {
    relation = TableRelation(table.table, item.alias.text, scope.env, draft);
    if (!item.columns.empty() && !relation.broken) RenameTable(relation, item.columns);
  }
  relation.renamed = item.alias.HasValue();
  relation.alias = relation.renamed ? item.alias.text : table.table.name.text;
  relation.schema = relation.renamed ? "" : DefaultSchemaAsEmpty(table.table.schema.text);
  relation.span = item.span;
  AddRelation(std::move(relation), scope);
}

Relation Binder::TableRelation(const ast::QualifiedName& name, std::string alias, const Env* env,
                               Draft& draft) {
  Relation relation;
  relation.span = name.span;
  relation.description = name.Text();
  ir::TableSource source;
  source.schema_name = DefaultSchemaAsEmpty(name.schema.text);
  source.name = name.name.text;
  source.wildcard = name.name.text.ends_with('%') || name.schema.text.ends_with('%');
  if (!Resolve(name, source, relation, env)) {
    relation.broken = true;
    return relation;
  }
  if (alias.empty()) alias = source.name;
  relation.occurrence = AddOccurrence({std::move(alias), std::move(source), name.span}, draft);
  if (!relation.table) relation.open.push_back(relation.occurrence);
  return relation;
}

// Finds the declared table, if it is one. False when there should be one and is none.
bool Binder::Resolve(const ast::QualifiedName& name, ir::TableSource& source, Relation& relation,
                     const Env* env) {
  // "connection.schema".table
  if (size_t dot = name.schema.text.find('.'); dot != std::string::npos) {
    source.connection = name.schema.text.substr(0, dot);
    source.schema_name = DefaultSchemaAsEmpty(std::string_view(name.schema.text).substr(dot + 1));
    if (source.connection == "default") source.connection.clear();
  }
  if (catalog_.open || !source.connection.empty() || source.wildcard) return true;
  source.table = catalog_.Find(source.schema_name, name.name.text);
  if (!source.table.HasValue()) {
    ReportUnknownTable(name, env);
    return lenient_;
  }
  relation.table = &catalog_.tables[source.table];
  relation.broken = relation.table->incomplete;
  if (relation.table->is_virtual)
    Report<DiagKind::VirtualTable>(name.span, name.Text()).Label(relation.table->name_span, "declared here");
  source.schema_name = relation.table->schema;
  source.name = relation.table->name;
  return true;
}

// FROM t AS x (a, b): the first columns get other names.
void Binder::RenameTable(Relation& relation, const std::vector<ast::Name>& columns) {
  BoundArm arm;
  ExpandRelation(relation, relation.span, arm);
  Span span = Cover(columns.front().span, columns.back().span);
  Relation derived = DerivedRelation(std::move(arm), columns, span);
  relation.table = nullptr;
  relation.open = std::move(derived.open);
  relation.columns = std::move(derived.columns);
  relation.broken = derived.broken;
}

Relation Binder::DerivedRelation(BoundArm arm, const std::vector<ast::Name>& columns, Span span) {
  Relation relation;
  relation.span = span;
  relation.description = "this subquery";
  relation.broken = arm.broken;
  for (OutputItem& item : arm.outputs) {
    if (item.value.HasValue())
      relation.columns.push_back({std::move(item.name), AsColumn(item.value), item.span});
    else
      relation.open.push_back(item.star);
  }
  if (columns.empty() || relation.broken) return relation;
  if (!relation.open.empty() || columns.size() > relation.columns.size()) {
    std::string there = relation.open.empty() ? Counted(relation.columns.size(), "column")
                                              : "`*` of a table without a schema";
    Report<DiagKind::ColumnCountMismatch>(Cover(columns.front().span, columns.back().span), there,
                                          columns.size());
    relation.broken = true;
    return relation;
  }
  for (size_t i = 0; i < columns.size(); ++i) relation.columns[i].name = columns[i].text;
  return relation;
}

BoundArm Binder::ExpandDefinition(Definition& definition, size_t index, Span mention, Draft& draft) {
  BoundArm broken;
  broken.broken = true;
  if (marking_ || definition.kind == Definition::Kind::Cte) definition.used = true;
  if (definition.active) {
    Report<DiagKind::RecursiveDefinition>(mention, definition.name)
        .Label(definition.name_span, "defined here");
    return broken;
  }
  if (definition.broken || !Spend(1)) return broken;
  definition.active = true;
  const bool inside = inside_definition_;
  inside_definition_ |= definition.kind == Definition::Kind::View;
  BoundArm arm = BindArm(definition.query, index, definition.outer, definition.env, draft);
  inside_definition_ = inside;
  definition.active = false;
  for (OutputItem& item : arm.outputs) item.value = AsColumn(item.value);
  if (definition.columns.empty() || arm.broken) return arm;
  // The names it gives its columns.
  Relation named = DerivedRelation(std::move(arm), definition.columns, definition.statement_span);
  BoundArm renamed;
  renamed.broken = named.broken;
  for (DerivedColumn& column : named.columns) {
    renamed.outputs.push_back({std::move(column.name), column.value, {}, true, column.span});
  }
  if (renamed.outputs.size() != definition.columns.size() && !named.broken) {
    Report<DiagKind::ColumnCountMismatch>(
        Cover(definition.columns.front().span, definition.columns.back().span),
        Counted(definition.columns.size(), "name"), renamed.outputs.size());
    renamed.broken = true;
  }
  return renamed;
}

void Binder::BindFromQuery(const ast::FromItem& item, const ast::SubqueryItem& subquery, size_t& index,
                           Scope& scope, Draft& draft) {
  if (!subquery.query.HasValue()) return AddRelation(BrokenRelation(item), scope);
  const Scope* outer = item.lateral ? &scope : scope.outer;
  size_t arm = TakeArm(index, std::max<size_t>(1, CountArms(subquery.query, scope.env)));
  Relation relation =
      DerivedRelation(BindArm(subquery.query, arm, outer, scope.env, draft), item.columns, item.span);
  relation.alias = item.alias.text;
  relation.renamed = true;
  AddRelation(std::move(relation), scope);
}

void Binder::BindTableFunction(const ast::FromItem& item, const ast::FunctionItem& function, Scope& scope,
                               Draft& draft) {
  const auto* call = tree_.As<ast::CallExpr>(function.call);
  if (!call) return AddRelation(BrokenRelation(item), scope);
  const std::string& name = call->function.name.text;
  Span span = tree_[function.call].span;
  Relation relation = BrokenRelation(item);
  relation.alias = item.alias.HasValue() ? item.alias.text : name;
  relation.description = name;
  const bool known = !call->function.schema.HasValue() && (name == "json_each" || name == "unnest");
  if (name == "generate_series" || function.with_ordinality || (known && call->args.size() > 1)) {
    std::string what = name == "generate_series"  ? "generate_series"
                       : function.with_ordinality ? "WITH ORDINALITY"
                                                  : fmt::format("`{}` of several arguments", name);
    Report<DiagKind::TableFunctionUnsupported>(span, what);
  } else if (!known) {
    Report<DiagKind::UnknownTableFunction>(call->function.span, call->function.Text())
        .Help(name.find("json") != std::string::npos ? "json_each(…) gives the elements of arrays and objects"
                                                     : "FROM takes json_each(…) and unnest(…)");
  } else if (call->args.empty()) {
    Report<DiagKind::WrongArgumentCount>(span, name, "1 argument", 0);
  } else {
    AddElements(item, name, BindExpr(call->args[0], scope), relation, draft);
  }
  AddRelation(std::move(relation), scope);
}

// The columns of json_each; unnest's one column is named by its alias.
void Binder::AddElements(const ast::FromItem& item, const std::string& function, ExprId input,
                         Relation& relation, Draft& draft) {
  if (IsError(input)) return;
  relation.broken = false;
  OccurrenceId id = AddOccurrence({relation.alias, ir::FunctionSource{"json_each", input}, item.span}, draft);
  auto column = [&](std::string name, const char* source, uint8_t bits) {
    ir::Facts facts;
    facts.storage = bits;
    ExprId value =
        Add({ir::ColumnExpr{id, source}, facts, item.span}, {1, 1, Affinity::Blob, Collation::Binary});
    relation.columns.push_back({std::move(name), value, item.span});
  };
  if (function == "unnest") {
    column(item.columns.empty() ? relation.alias : item.columns[0].text, "value",
           storage::Any & ~storage::Blob);
  }
  column("key", "key", storage::Null | storage::Integer | storage::Text);
  column("value", "value", storage::Any & ~storage::Blob);
  column("type", "type", storage::Text);
  column("atom", "atom", storage::Any & ~storage::Blob);
  if (function == "json_each" && !item.columns.empty()) {
    for (size_t i = 0; i < std::min<size_t>(4, item.columns.size()); ++i) {
      relation.columns[i].name = item.columns[i].text;
    }
  }
}

// ---- Joins
// -------------------------------------------------------------------------------------------------------

void Binder::BindJoin(const ast::FromItem& item, const ast::JoinItem& join, size_t& index, Scope& scope,
                      Draft& draft) {
  const size_t left_begin = scope.relations.size();
  BindFrom(join.lhs, index, scope, draft);
  const size_t right_begin = scope.relations.size();
  BindFrom(join.rhs, index, scope, draft);
  if (join.natural) Report<DiagKind::NaturalJoin>(item.span).Help("name the columns: JOIN … USING (column)");
  if (join.kind != ast::JoinKind::Inner && join.kind != ast::JoinKind::Cross) {
    std::string_view kind = join.kind == ast::JoinKind::Left    ? "LEFT JOIN"
                            : join.kind == ast::JoinKind::Right ? "RIGHT JOIN"
                                                                : "FULL JOIN";
    Report<DiagKind::OuterJoinUnsupported>(item.span, kind);
  }
  if (join.on.HasValue()) BindCondition(join.on, scope, "ON", draft);
  if (!join.using_columns.empty()) JoinUsing(join, left_begin, right_begin, scope, draft);
}

void Binder::JoinUsing(const ast::JoinItem& join, size_t left_begin, size_t right_begin, Scope& scope,
                       Draft& draft) {
  // Each side is looked at as if it were a FROM of its own.
  auto side = [&](size_t begin, size_t end) {
    Scope part;
    part.env = scope.env;
    part.relations.assign(scope.relations.begin() + begin, scope.relations.begin() + end);
    return part;
  };
  for (const ast::Name& name : join.using_columns) {
    Scope left = side(left_begin, right_begin);
    left.merged = scope.merged;
    ExprId lhs = BindUnqualified(name, name.span, left);
    ExprId rhs = BindUnqualified(name, name.span, side(right_begin, scope.relations.size()));
    ExprId equal = Compare("=", lhs, rhs, name.span);
    if (!IsError(equal)) AddConjunct(equal, draft);
    for (size_t i = right_begin; i < scope.relations.size(); ++i) {
      scope.relations[i].merged_away.push_back(name.text);
    }
    if (!IsError(lhs)) scope.merged.emplace_back(name.text, lhs);
  }
}

// ---- Names of relations
// ------------------------------------------------------------------------------------------

Definition* Binder::FindRelation(const ast::QualifiedName& name, const Env* env) {
  std::string_view schema = DefaultSchemaAsEmpty(name.schema.text);
  if (!name.schema.HasValue()) {
    for (; env; env = env->outer) {
      if (env->definition->name == name.name.text && !Inside(*env->definition)) return env->definition;
    }
  }
  auto view = views_.find(schema.empty() ? name.name.text : std::string(schema) + "." + name.name.text);
  return view == views_.end() || Inside(*view->second) ? nullptr : view->second;
}

bool Binder::InLibrary(Span span) const {
  return std::ranges::any_of(files_,
                             [&](const ast::File& file) { return file.library && file.source == span.file; });
}

// In PowerSync, a WITH query's own name inside it is the table.
bool Binder::Inside(const Definition& definition) const { return definition.lenient && definition.active; }

void Binder::ReportUnknownTable(const ast::QualifiedName& name, const Env* env) {
  if (catalog_.incomplete || !IsNews(DiagKind::UnknownTable, name.span)) return;
  if (!IsShown()) {
    Report<DiagKind::UnknownTable>(name.span, name.Text());
    return;
  }
  std::vector<std::string> known = catalog_.TableNames();
  std::string help;
  for (const std::string& table : known) {
    if (table.ends_with("." + name.name.text)) help = fmt::format("did you mean `{}`?", table);
  }
  for (; env; env = env->outer) known.push_back(env->definition->name);
  for (const auto& [view, definition] : views_) known.push_back(view);
  std::ranges::sort(known);
  if (InLibrary(name.span))
    help = fmt::format(
        "the library reads a table of this name; where yours is called otherwise: "
        "CREATE VIEW {} AS SELECT …",
        name.Text());
  if (help.empty()) help = DidYouMean(name.Text(), known);
  if (lenient_) {
    Report<DiagKind::UnknownTableAdvice>(name.span, name.Text()).Help(std::move(help));
    return;
  }
  Report<DiagKind::UnknownTable>(name.span, name.Text()).Help(std::move(help));
}

}  // namespace bulkhead::sema
