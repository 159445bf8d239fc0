#include "runtime/plan/wildcard.h"

#include "runtime/plan/plan.h"

namespace bulkhead::plan {
namespace {

bool Begins(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('%')) return name == pattern;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

TableName SplitTableName(std::string_view qualified_name) {
  size_t dot = qualified_name.find('.');
  if (dot == std::string_view::npos) return {"public", std::string(qualified_name)};
  return {std::string(qualified_name.substr(0, dot)), std::string(qualified_name.substr(dot + 1))};
}

std::array<std::string, 3> MetadataOf(std::string_view wildcard_name, const TableName& table) {
  std::string suffix;
  if (wildcard_name.ends_with('%') && table.name.size() >= wildcard_name.size() - 1)
    suffix = table.name.substr(wildcard_name.size() - 1);
  return {table.schema, table.name, std::move(suffix)};
}

std::string Table::QualifiedName() const {
  if (!connection.empty()) return connection + "." + (schema.empty() ? "public" : schema) + "." + name;
  return schema.empty() ? name : schema + "." + name;
}

TableName Table::Named(std::string_view qualified_name) const {
  if (!connection.empty() && qualified_name.starts_with(connection + "."))
    qualified_name.remove_prefix(connection.size() + 1);
  return SplitTableName(qualified_name);
}

bool Table::Matches(std::string_view qualified_name) const {
  if (!wildcard) return qualified_name == QualifiedName();
  if (!connection.empty() && !qualified_name.starts_with(connection + ".")) return false;
  TableName table = Named(qualified_name);
  return Begins(table.schema, schema.empty() ? "public" : schema) && Begins(table.name, name);
}

}  // namespace bulkhead::plan
