#include <algorithm>

#include "compiler/schema/schema.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {

using schema::SameName;

namespace {

// "a, b or c" of quoted names.
std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += "`" + names[i] + "`";
  }
  return out;
}

// The pair of that name: exact, else case-insensitive.
const ExprId* FindNamed(const std::vector<std::pair<std::string, ExprId>>& named, std::string_view name) {
  const ExprId* found = nullptr;
  for (const auto& [other, value] : named) {
    if (other == name) return &value;
    if (SameName(other, name)) found = &value;
  }
  return found;
}

// NULL may arrive in a NOT NULL column of these types: a value that SQLite cannot hold (NaN, a date out of
// range).
bool NullByMapping(TypeKind kind) {
  return kind == TypeKind::Real || kind == TypeKind::Timestamp || kind == TypeKind::Date ||
         kind == TypeKind::Any;
}

}  // namespace

ExprId Binder::BindColumn(const ast::ColumnExpr& column, Span span, const Scope& scope) {
  return column.table.HasValue() ? BindQualified(column, span, scope)
                                 : BindUnqualified(column.column, span, scope);
}

const Relation* Binder::FindAlias(const ast::Name& schema, const ast::Name& alias, const Scope& start) const {
  for (const Scope* scope = &start; scope; scope = scope->outer) {
    const Relation* found = nullptr;
    for (const Relation& relation : scope->relations) {
      if (schema.HasValue()) {
        bool same_schema = !relation.renamed && relation.schema == schema::DefaultSchemaAsEmpty(schema.text);
        if (!same_schema) continue;
      }
      if (relation.alias == alias.text) return &relation;
      if (SameName(relation.alias, alias.text)) found = &relation;
    }
    if (found) return found;
  }
  return nullptr;
}

void Binder::ReportUnknownAlias(const ast::Name& schema, const ast::Name& alias, const Scope& start) {
  if (!IsNews(DiagKind::UnknownAlias, alias.span)) return;
  std::vector<std::string> known;
  std::string help;
  for (const Scope* scope = &start; scope; scope = scope->outer) {
    for (const Relation& relation : scope->relations) {
      if (relation.broken && relation.alias.empty()) return;
      known.push_back(relation.alias);
      if (relation.renamed && SameName(relation.description, alias.text)) {
        help = fmt::format("`{}` is called `{}` here", relation.description, relation.alias);
      }
    }
  }
  if (help.empty()) help = DidYouMean(alias.text, known);
  Span span = schema.HasValue() ? Cover(schema.span, alias.span) : alias.span;
  auto& report = Report<DiagKind::UnknownAlias>(span, alias.text).Help(std::move(help));
  if (report.help.empty() && FindRelation({{}, alias, alias.span}, start.env)) {
    report.Help(fmt::format("add `{}` to FROM, or use `IN {}`", alias.text, alias.text));
  }
}

ExprId Binder::BindQualified(const ast::ColumnExpr& column, Span span, const Scope& scope) {
  const Relation* relation = FindAlias(column.schema, column.table, scope);
  if (!relation) {
    ReportUnknownAlias(column.schema, column.table, scope);
    return Error(span);
  }
  ExprId found = FindColumn(*relation, column.column.text, span);
  if (!found.HasValue()) found = OpenColumn(*relation, column.column.text, span);
  if (found.HasValue()) return found;
  return ReportUnknownColumn(*relation, column.column, span);
}

// Innermost FROM first. A column that certainly exists goes before one of a table without a schema, which
// might; and so does an argument of the function whose body this is.
ExprId Binder::BindUnqualified(const ast::Name& name, Span span, const Scope& start) {
  for (const Scope* scope = &start; scope; scope = scope->outer) {
    if (const ExprId* merged = FindNamed(scope->merged, name.text)) return *merged;
    if (const ExprId* argument = FindNamed(scope->arguments, name.text)) return *argument;
    std::vector<std::string> candidates;
    ExprId found;
    auto take = [&](const Relation& relation, ExprId column) {
      if (!column.HasValue()) return;
      candidates.push_back(relation.alias + "." + name.text);
      found = column;
    };
    auto merged_away = [&](const Relation& relation) {
      return std::ranges::any_of(relation.merged_away,
                                 [&](auto& other) { return SameName(other, name.text); });
    };
    bool broken = false;
    for (const Relation& relation : scope->relations) {
      broken |= relation.broken;
      if (!merged_away(relation)) take(relation, FindColumn(relation, name.text, span));
    }
    if (candidates.empty() && broken) return Error(span);
    const bool open =
        std::ranges::any_of(scope->relations, [](auto& relation) { return !relation.open.empty(); });
    if (candidates.empty() && open) {
      if (const ExprId* argument = FindArgument(scope->outer, name.text)) return *argument;
      for (const Relation& relation : scope->relations) {
        if (!merged_away(relation)) take(relation, OpenColumn(relation, name.text, span));
      }
    }
    if (candidates.size() == 1) return found;
    if (candidates.size() > 1) {
      Report<DiagKind::AmbiguousColumn>(span, name.text, Listed(candidates))
          .Help(fmt::format("write `{}`", candidates[0]));
      return Error(span);
    }
  }
  if (lenient_ && start.relations.size() == 1 && start.relations[0].table)
    return UndeclaredColumn(start.relations[0], name, span);
  ReportUnknownName(name, span, start);
  return Error(span);
}

const ExprId* Binder::FindArgument(const Scope* scope, std::string_view name) {
  for (; scope; scope = scope->outer) {
    if (const ExprId* argument = FindNamed(scope->arguments, name)) return argument;
  }
  return nullptr;
}

ExprId Binder::FindColumn(const Relation& relation, const std::string& name, Span span) {
  if (relation.broken) return {};
  if (relation.table) {
    auto index = relation.table->FindColumn(name);
    return index ? AddColumn(relation.occurrence, relation.table, index, name, span) : ExprId{};
  }
  ExprId found;
  size_t matches = 0;
  for (const DerivedColumn& column : relation.columns) {
    // A later output of a name hides an earlier one, as in the client's row.
    if (column.name == name && !name.empty())
      found = column.value, matches = 1;
    else if (SameName(column.name, name) && matches == 0)
      found = column.value;
  }
  return found;
}

ExprId Binder::OpenColumn(const Relation& relation, const std::string& name, Span span) {
  if (relation.broken) return Error(span);
  // Of several tables behind one subquery's `*` it could be any: the first stands for the rest.
  return relation.open.empty() ? ExprId{} : AddColumn(relation.open[0], nullptr, std::nullopt, name, span);
}

ExprId Binder::AddColumn(OccurrenceId occurrence, const schema::Table* table, std::optional<uint32_t> index,
                         const std::string& name, Span span) {
  if (!Spend(1)) return Error(span);
  ir::Facts facts;
  const NodeInfo info{1, 1, Affinity::Blob, Collation::Binary};
  if (!table) return Add({ir::ColumnExpr{occurrence, name}, facts, span}, info);
  const schema::Column& column = table->columns[*index];
  if (lenient_) return Add({ir::ColumnExpr{occurrence, column.name}, facts, span}, info);
  facts.declared = column.type;
  if (column.not_null && !NullByMapping(column.type.kind)) facts.storage &= ~storage::Null;
  return Add({ir::ColumnExpr{occurrence, column.name}, std::move(facts), span}, info);
}

std::vector<std::string_view> Binder::ColumnNames(const Relation& relation) const {
  std::vector<std::string_view> names;
  if (relation.table) {
    for (const schema::Column& column : relation.table->columns) names.push_back(column.name);
  }
  for (const DerivedColumn& column : relation.columns) names.push_back(column.name);
  return names;
}

ExprId Binder::UndeclaredColumn(const Relation& relation, const ast::Name& name, Span span) {
  Report<DiagKind::UnknownColumnAdvice>(name.span, relation.description, name.text)
      .Label(relation.table->name_span, "declared here")
      .Help(DidYouMean(name.text, ColumnNames(relation)));
  std::get<ir::TableSource>(out_->module.occurrences[relation.occurrence].source).undeclared = true;
  return AddColumn(relation.occurrence, nullptr, std::nullopt, name.text, span);
}

ExprId Binder::ReportUnknownColumn(const Relation& relation, const ast::Name& name, Span span) {
  if (relation.broken) return Error(span);
  if (lenient_ && relation.table) return UndeclaredColumn(relation, name, span);
  if (!IsNews(DiagKind::UnknownColumn, name.span)) return Error(span);
  auto& report = Report<DiagKind::UnknownColumn>(name.span, relation.description, name.text);
  if (relation.table) report.Label(relation.table->name_span, "declared here");
  report.Help(DidYouMean(name.text, ColumnNames(relation)));
  return Error(span);
}

void Binder::ReportUnknownName(const ast::Name& name, Span span, const Scope& start) {
  if (!IsNews(DiagKind::UnknownName, span)) return;
  std::vector<std::string_view> known;
  for (const Scope* scope = &start; scope && IsShown(); scope = scope->outer) {
    for (const Relation& relation : scope->relations) {
      for (std::string_view column : ColumnNames(relation)) known.push_back(column);
    }
    for (const auto& [argument, value] : scope->arguments) known.push_back(argument);
  }
  std::string help = DidYouMean(name.text, known);
  if (help.empty() && name.quoted) help = fmt::format("text is written in single quotes: '{}'", name.text);
  if (help.empty() && stream_) {
    for (const ir::Parameter& parameter : stream_->parameters) {
      if (parameter.name == name.text) help = fmt::format("the parameter is written `:{}`", name.text);
    }
  }
  Report<DiagKind::UnknownName>(span, name.text).Help(std::move(help));
}

bool Binder::CouldBeColumn(const ast::Name& name, const Scope& start) {
  for (const Scope* scope = &start; scope; scope = scope->outer) {
    if (FindNamed(scope->merged, name.text) || FindNamed(scope->arguments, name.text)) return true;
    for (const Relation& relation : scope->relations) {
      if (relation.broken || !relation.open.empty()) return true;
      for (std::string_view column : ColumnNames(relation)) {
        if (SameName(column, name.text)) return true;
      }
    }
  }
  return false;
}

}  // namespace bulkhead::sema
