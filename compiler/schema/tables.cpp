#include "compiler/schema/builder.h"
#include "compiler/schema/types.h"
#include "runtime/base/limits.h"

namespace bulkhead::schema {

using source::DiagKind;

namespace {

// NULL never arrives in the column: declared so by type, by the column, or by a key it belongs to.
bool IsNotNull(const Catalog& catalog, const ast::ColumnDef& column) {
  if (column.not_null || column.primary_key) return true;
  const Domain* domain = catalog.FindDomain(column.type.schema.text, column.type.name);
  return domain && domain->not_null && column.type.array_dimensions == 0;
}

bool Covers(Span outer, Span inner) {
  return outer.file == inner.file && outer.begin <= inner.begin && inner.end <= outer.end;
}

}  // namespace

void Builder::AddTable(const ast::Statement& at, const ast::CreateTable& statement) {
  catalog_.open = false;
  if (statement.temporary) return;
  TableId known = catalog_.Find(statement.name.schema.text, statement.name.name.text);
  if (known.HasValue() && catalog_.tables[known].name == statement.name.name.text) {
    if (statement.if_not_exists) return;
    diagnostics_.Report<DiagKind::DuplicateTable>(statement.name.span, statement.name.Text())
        .Label(catalog_.tables[known].name_span, "first declared here");
    return;
  }
  Table table;
  table.schema = DefaultSchemaAsEmpty(statement.name.schema.text);
  table.name = statement.name.name.text;
  table.span = at.span;
  table.name_span = statement.name.span;
  table.incomplete = table.is_virtual = statement.virtual_table;
  AddInheritedColumns(table, statement);
  for (const ast::ColumnDef& column : statement.columns) AddColumn(table, column);
  AddConstraints(catalog_.Add(std::move(table)), statement);
}

void Builder::AddBrokenTable(const ast::Statement& at, const ast::Broken& statement) {
  if (statement.kind != ast::BrokenKind::Table) return;
  catalog_.open = false;
  catalog_.incomplete |= !statement.name.HasValue();
  if (!statement.name.HasValue()) return;
  if (catalog_.Find(statement.name.schema.text, statement.name.name.text).HasValue()) return;
  Table table;
  table.schema = DefaultSchemaAsEmpty(statement.name.schema.text);
  table.name = statement.name.name.text;
  table.span = at.span;
  table.name_span = statement.name.span;
  table.incomplete = true;
  catalog_.Add(std::move(table));
}

void Builder::AddInheritedColumns(Table& table, const ast::CreateTable& statement) {
  auto inherit = [&](const ast::QualifiedName& name) {
    TableId parent = FindTable(name);
    if (!parent.HasValue()) {
      table.incomplete = true;
      return;
    }
    for (const Column& column : catalog_.tables[parent].columns) {
      if (!table.FindColumn(column.name)) table.columns.push_back(column);
    }
  };
  if (statement.partition_of.HasValue()) inherit(statement.partition_of);
  for (const ast::QualifiedName& parent : statement.inherits) inherit(parent);
}

void Builder::AddColumn(Table& table, const ast::ColumnDef& column) {
  if (table.columns.size() >= limits::ColumnsPerRowMax) {
    if (!table.incomplete) {
      diagnostics_.Report<DiagKind::TooManyColumns>(column.name.span, table.QualifiedName(),
                                                    limits::ColumnsPerRowMax);
    }
    table.incomplete = true;
    return;
  }
  // PostgreSQL tells "Name" from name.
  if (auto known = table.FindColumn(column.name.text);
      known && table.columns[*known].name == column.name.text) {
    // PostgreSQL merges a column that is declared again under INHERITS; anything else is a mistake.
    if (!Covers(table.span, table.columns[*known].span)) return;
    diagnostics_.Report<DiagKind::DuplicateColumn>(column.name.span, column.name.text, table.QualifiedName())
        .Label(table.columns[*known].span, "first declared here");
    return;
  }
  table.columns.push_back(
      {column.name.text, ResolveType(catalog_, column.type), IsNotNull(catalog_, column), column.name.span});
}

void Builder::AddConstraints(TableId id, const ast::CreateTable& statement) {
  for (const ast::ColumnDef& column : statement.columns) AddColumnConstraints(id, column);
  for (const ast::TableConstraint& constraint : statement.constraints) AddConstraint(id, constraint);
}

void Builder::AddColumnConstraints(TableId id, const ast::ColumnDef& column) {
  Table& table = catalog_.tables[id];
  auto index = table.FindColumn(column.name.text);
  if (!index) return;  // Past the limit, which is diagnosed.
  if (column.primary_key) SetPrimaryKey(table, {*index}, column.span);
  if (column.unique) AddUnique(table, {*index});
  for (ast::ExprId check : column.checks) table.checks.push_back({"", Text(check), tree_[check].span});
  if (column.references)
    pending_.push_back({id, &*column.references, {*index}, column.references->table.span});
}

void Builder::AddConstraint(TableId id, const ast::TableConstraint& constraint) {
  Table& table = catalog_.tables[id];
  std::visit(Match{
                 [&](const ast::PrimaryKey& key) {
                   if (auto columns = KeyColumns(table, key.columns)) {
                     SetPrimaryKey(table, std::move(*columns), constraint.span);
                   }
                 },
                 [&](const ast::UniqueKey& key) {
                   if (auto columns = KeyColumns(table, key.columns)) AddUnique(table, std::move(*columns));
                 },
                 [&](const ast::Check& check) {
                   // Rows that were there before a NOT VALID constraint may break it.
                   if (constraint.not_valid) return;
                   table.checks.push_back({constraint.name.text, Text(check.condition), constraint.span});
                 },
                 [&](const ast::ForeignKey& key) {
                   if (constraint.not_valid) return;
                   auto columns = KeyColumns(table, key.columns);
                   if (columns) pending_.push_back({id, &key, std::move(*columns), constraint.span});
                 },
                 [&](const ast::OtherConstraint&) {},
             },
             constraint.kind);
}

void Builder::Alter(const ast::AlterTable& statement) {
  TableId id = FindTable(statement.table);
  if (!id.HasValue()) return;
  Table& table = catalog_.tables[id];
  for (const ast::Alteration& action : statement.actions) {
    std::visit(Match{
                   [&](const ast::AddConstraint& add) { AddConstraint(id, add.constraint); },
                   [&](const ast::AddColumn& add) {
                     AddColumn(table, add.column);
                     AddColumnConstraints(id, add.column);
                   },
                   [&](const ast::SetRowSecurity& set) {
                     if (set.mode == ast::RowSecurity::Enable) table.row_security = true;
                     if (set.mode == ast::RowSecurity::Disable) table.row_security = false;
                     if (set.mode == ast::RowSecurity::Force) table.row_security_forced = true;
                     if (set.mode == ast::RowSecurity::NoForce) table.row_security_forced = false;
                   },
                   [&](const ast::SetReplicaIdentity&) {},
                   [&](const ast::AlterColumn& change) { AlterColumn(id, change); },
                   [&](const ast::AttachPartition&) {},
                   [&](const ast::OtherAlteration&) {},
               },
               action);
  }
}

void Builder::AlterColumn(TableId id, const ast::AlterColumn& change) {
  Table& table = catalog_.tables[id];
  auto index = KeyColumns(table, {change.column});
  if (!index) return;
  Column& column = table.columns[index->front()];
  switch (change.kind) {
    case ast::AlterColumnKind::SetNotNull:
      column.not_null = true;
      break;
    case ast::AlterColumnKind::DropNotNull:
      column.not_null = false;
      break;
    case ast::AlterColumnKind::SetType:
      column.type = ResolveType(catalog_, change.type);
      break;
    case ast::AlterColumnKind::SetDefault:
    case ast::AlterColumnKind::DropDefault:
    case ast::AlterColumnKind::Other:
      break;
  }
}

void Builder::AddIndex(const ast::CreateIndex& statement) {
  // A partial unique index is no key of the whole table; one over expressions is no key of columns.
  if (!statement.unique || statement.where.HasValue()) return;
  TableId id = FindTable(statement.table);
  if (!id.HasValue()) return;
  std::vector<ast::Name> names;
  for (ast::ExprId expr : statement.columns) {
    const auto* column = tree_.As<ast::ColumnExpr>(expr);
    if (!column) return;
    names.push_back(column->column);
  }
  Table& table = catalog_.tables[id];
  if (auto columns = KeyColumns(table, names)) AddUnique(table, std::move(*columns));
}

}  // namespace bulkhead::schema
