#include <algorithm>

#include "compiler/schema/builder.h"
#include "runtime/base/limits.h"

namespace bulkhead::schema {

using source::DiagKind;

namespace {

std::vector<std::string_view> ColumnNames(const Table& table) {
  std::vector<std::string_view> names;
  for (const Column& column : table.columns) names.push_back(column.name);
  return names;
}

}  // namespace

std::optional<std::vector<uint32_t>> Builder::KeyColumns(const Table& table,
                                                         const std::vector<ast::Name>& names) {
  std::vector<uint32_t> columns;
  for (const ast::Name& name : names) {
    auto index = table.FindColumn(name.text);
    if (!index) {
      if (table.incomplete) return std::nullopt;
      diagnostics_.Report<DiagKind::UnknownColumn>(name.span, table.QualifiedName(), name.text)
          .Label(table.name_span, "declared here")
          .Help(IsShown() ? DidYouMean(name.text, ColumnNames(table)) : "");
      return std::nullopt;
    }
    columns.push_back(*index);
  }
  return columns;
}

void Builder::SetPrimaryKey(Table& table, std::vector<uint32_t> columns, Span span) {
  if (!table.primary_key.empty()) {
    diagnostics_.Report<DiagKind::SecondPrimaryKey>(span, table.QualifiedName());
    return;
  }
  for (uint32_t column : columns) table.columns[column].not_null = true;
  table.primary_key = std::move(columns);
}

void Builder::AddUnique(Table& table, std::vector<uint32_t> columns) {
  if (columns.empty() || table.uniques.size() >= limits::KeysPerTableMax) return;
  std::ranges::sort(columns);
  if (std::ranges::find(table.uniques, columns) == table.uniques.end())
    table.uniques.push_back(std::move(columns));
}

void Builder::ResolveForeignKeys() {
  for (const PendingKey& pending : pending_) ResolveForeignKey(pending);
}

void Builder::ResolveForeignKey(const PendingKey& pending) {
  const ast::QualifiedName& name = pending.key->table;
  TableId target_id = catalog_.Find(name.schema.text, name.name.text);
  if (!target_id.HasValue()) {
    if (catalog_.incomplete) return;
    diagnostics_.Report<DiagKind::ForeignKeyUnknownTable>(name.span, name.Text())
        .Help(IsShown() ? DidYouMean(name.Text(), catalog_.TableNames()) : "");
    return;
  }
  const Table& target = catalog_.tables[target_id];
  auto columns = ReferencedColumns(pending, target);
  if (!columns) return;
  catalog_.tables[pending.table].foreign_keys.push_back(
      {pending.columns, target.schema, target.name, std::move(*columns), pending.span});
}

std::optional<std::vector<std::string>> Builder::ReferencedColumns(const PendingKey& pending,
                                                                   const Table& target) {
  std::vector<uint32_t> indices = target.primary_key;
  if (!pending.key->referenced.empty()) {
    auto named = KeyColumns(target, pending.key->referenced);
    if (!named) return std::nullopt;
    indices = std::move(*named);
  } else if (indices.empty()) {
    if (!target.incomplete) {
      diagnostics_.Report<DiagKind::ForeignKeyWithoutTarget>(pending.span, target.QualifiedName())
          .Label(target.name_span, "declared here without a primary key");
    }
    return std::nullopt;
  }
  if (indices.size() != pending.columns.size()) {
    diagnostics_.Report<DiagKind::ForeignKeyColumnCount>(pending.span, pending.columns.size(),
                                                         indices.size());
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (uint32_t index : indices) names.push_back(target.columns[index].name);
  return names;
}

}  // namespace bulkhead::schema
