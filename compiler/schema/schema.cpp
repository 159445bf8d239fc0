#include "compiler/schema/schema.h"

#include <algorithm>

#include "compiler/schema/builder.h"
#include "compiler/schema/types.h"

namespace bulkhead::schema {

using source::DiagKind;

namespace {

std::string SchemaName(const ast::QualifiedName& name) {
  return std::string(DefaultSchemaAsEmpty(name.schema.text));
}

std::string_view CommandName(ast::PolicyCommand command) {
  switch (command) {
    case ast::PolicyCommand::All:
      return "ALL";
    case ast::PolicyCommand::Select:
      return "SELECT";
    case ast::PolicyCommand::Insert:
      return "INSERT";
    case ast::PolicyCommand::Update:
      return "UPDATE";
    case ast::PolicyCommand::Delete:
      return "DELETE";
  }
  return "ALL";
}

// Calls `use` with each statement of type T.
template <typename T, typename F>
void ForEach(const std::vector<const ast::Statement*>& statements, F use) {
  for (const ast::Statement* statement : statements) {
    if (const T* kind = std::get_if<T>(&statement->kind)) use(*statement, *kind);
  }
}

}  // namespace

std::string DidYouMean(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view nearest = source::Nearest(name, candidates);
  return nearest.empty() ? "" : fmt::format("did you mean `{}`?", nearest);
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  return DidYouMean(name, std::vector<std::string_view>(candidates.begin(), candidates.end()));
}

Catalog BuildCatalog(ast::Tree& tree, source::Sources& sources, const std::vector<ast::File>& files,
                     source::Diagnostics& diagnostics) {
  return Builder(tree, sources, diagnostics).Build(files);
}

// Types come before the tables that use them, tables before what alters them, and foreign keys last.
Catalog Builder::Build(const std::vector<ast::File>& files) {
  Collect(files);
  ForEach<ast::CreateEnum>(statements_, [&](auto& at, auto& kind) { AddEnum(at, kind); });
  ForEach<ast::AlterEnum>(statements_, [&](auto&, auto& kind) { AlterEnum(kind); });
  ForEach<ast::CreateDomain>(statements_, [&](auto& at, auto& kind) { AddDomain(at, kind); });
  ForEach<ast::CreateTable>(statements_, [&](auto& at, auto& kind) { AddTable(at, kind); });
  ForEach<ast::Broken>(statements_, [&](auto& at, auto& kind) { AddBrokenTable(at, kind); });
  ForEach<ast::AlterTable>(statements_, [&](auto&, auto& kind) { Alter(kind); });
  ForEach<ast::CreateIndex>(statements_, [&](auto&, auto& kind) { AddIndex(kind); });
  ForEach<ast::CreatePolicy>(statements_, [&](auto& at, auto& kind) { AddPolicy(at, kind); });
  ForEach<ast::CreateRawFunction>(statements_, [&](auto& at, auto& kind) { AddFunction(at, kind); });
  ResolveForeignKeys();
  return std::move(catalog_);
}

void Builder::AddEnum(const ast::Statement& at, const ast::CreateEnum& statement) {
  EnumId known = catalog_.FindEnum(statement.name.schema.text, statement.name.name.text);
  if (known.HasValue()) {
    diagnostics_.Report<DiagKind::DuplicateType>(statement.name.span, statement.name.Text())
        .Label(catalog_.enums[known].span, "first declared here");
    return;
  }
  EnumType type{SchemaName(statement.name), statement.name.name.text, {}, at.span};
  for (const ast::TextLiteral& label : statement.labels) type.labels.push_back(label.value);
  catalog_.Add(std::move(type));
}

void Builder::AlterEnum(const ast::AlterEnum& statement) {
  EnumId id = catalog_.FindEnum(statement.name.schema.text, statement.name.name.text);
  if (!id.HasValue()) {
    diagnostics_.Report<DiagKind::UnknownType>(statement.name.span, statement.name.Text())
        .Help(IsShown() ? DidYouMean(statement.name.name.text, TypeNames(catalog_)) : "");
    return;
  }
  std::vector<std::string>& labels = catalog_.enums[id].labels;
  if (std::ranges::find(labels, statement.label.value) != labels.end()) return;
  auto place = labels.end();
  if (statement.before) place = std::ranges::find(labels, statement.before->value);
  if (statement.after) {
    place = std::ranges::find(labels, statement.after->value);
    if (place != labels.end()) ++place;
  }
  labels.insert(place, statement.label.value);
}

void Builder::AddDomain(const ast::Statement& at, const ast::CreateDomain& statement) {
  const ast::QualifiedName& name = statement.name;
  if (const Domain* known = catalog_.FindDomain(name.schema.text, name.name.text)) {
    diagnostics_.Report<DiagKind::DuplicateType>(name.span, name.Text())
        .Label(known->span, "first declared here");
    return;
  }
  catalog_.Add(Domain{SchemaName(name), name.name.text, ResolveType(catalog_, statement.type),
                      statement.not_null, at.span});
}

void Builder::AddPolicy(const ast::Statement& at, const ast::CreatePolicy& statement) {
  if (!FindTable(statement.table).HasValue()) return;
  Policy policy{statement.name.text,
                SchemaName(statement.table),
                statement.table.name.text,
                !statement.permissive,
                std::string(CommandName(statement.command)),
                {},
                {},
                at.span};
  for (const ast::Name& role : statement.roles) policy.roles.push_back(role.text);
  if (statement.using_condition.HasValue()) policy.using_span = tree_[statement.using_condition].span;
  catalog_.policies.push_back(std::move(policy));
}

void Builder::AddFunction(const ast::Statement& at, const ast::CreateRawFunction& statement) {
  catalog_.functions.push_back({SchemaName(statement.name), statement.name.name.text, statement.language,
                                statement.body, statement.security_definer, at.span});
}

TableId Builder::FindTable(const ast::QualifiedName& name) {
  TableId id = catalog_.Find(name.schema.text, name.name.text);
  // A policy or index without any table is about a schema that was not given: nothing to look up in.
  const bool silent =
      catalog_.tables.size() == 0 || catalog_.incomplete || dump_files_.contains(name.span.file);
  if (id.HasValue() || silent) return id;
  diagnostics_.Report<DiagKind::UnknownTable>(name.span, name.Text())
      .Help(IsShown() ? DidYouMean(name.Text(), catalog_.TableNames()) : "");
  return {};
}

std::string Builder::Text(ast::ExprId expr) const {
  return std::string(sources_.Text(tree_[expr].span));
}

}  // namespace bulkhead::schema
