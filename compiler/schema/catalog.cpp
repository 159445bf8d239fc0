#include "compiler/schema/catalog.h"

#include <algorithm>

namespace bulkhead::schema {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = Lower(c);
  return out;
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

std::string_view DefaultSchemaAsEmpty(std::string_view schema) {
  return schema == "public" || schema == "main" ? std::string_view() : schema;
}

std::string_view TypeKindName(TypeKind kind) {
  switch (kind) {
    case TypeKind::Any:
      return "any";
    case TypeKind::Integer:
      return "integer";
    case TypeKind::Real:
      return "real";
    case TypeKind::Numeric:
      return "numeric";
    case TypeKind::Boolean:
      return "boolean";
    case TypeKind::Text:
      return "text";
    case TypeKind::Blob:
      return "blob";
    case TypeKind::Uuid:
      return "uuid";
    case TypeKind::Timestamp:
      return "timestamp";
    case TypeKind::Date:
      return "date";
    case TypeKind::Time:
      return "time";
    case TypeKind::Interval:
      return "interval";
    case TypeKind::Json:
      return "json";
    case TypeKind::Enum:
      return "enum";
    case TypeKind::Array:
      return "array";
    case TypeKind::Geometry:
      return "geometry";
  }
  return "any";
}

std::vector<uint32_t> Table::RowKey() const {
  if (!primary_key.empty()) return primary_key;
  auto can_be_null = [&](uint32_t column) { return !columns[column].not_null; };
  const std::vector<uint32_t>* best = nullptr;
  for (const auto& key : uniques) {
    if (std::ranges::none_of(key, can_be_null) && (!best || key.size() < best->size())) best = &key;
  }
  if (best) return *best;
  std::optional<uint32_t> id = FindColumn("id");
  return id ? std::vector{*id} : std::vector<uint32_t>();
}

std::optional<uint32_t> Table::FindColumn(std::string_view column) const {
  std::optional<uint32_t> found;
  bool several = false;
  for (uint32_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return i;
    if (!SameName(columns[i].name, column)) continue;
    several = found.has_value();
    found = i;
  }
  return several ? std::nullopt : found;
}

// Exact, else case-insensitive when unique.
template <typename Container>
std::optional<uint32_t> Catalog::Lookup(const Container& items, const Index& index, std::string_view schema,
                                        std::string_view name) {
  schema = DefaultSchemaAsEmpty(schema);
  std::optional<uint32_t> found;
  bool several = false;
  bool exact = false;
  auto consider = [&](uint32_t i) {
    const auto& item = *(items.begin() + i);
    if (exact || !SameName(item.name, name) || !SameName(item.schema, schema)) return;
    exact = item.name == name && item.schema == schema;
    several = found.has_value() && !exact;
    found = i;
  };
  if (index.count == items.size()) {
    auto entry = index.by_name.find(LowerCase(name));
    if (entry == index.by_name.end()) return std::nullopt;
    for (uint32_t i : entry->second) consider(i);
  } else {
    for (uint32_t i = 0; i < items.size(); ++i) consider(i);
  }
  return several ? std::nullopt : found;
}

TableId Catalog::Add(Table table) {
  table_index_.by_name[LowerCase(table.name)].push_back(tables.size());
  ++table_index_.count;
  return tables.Add(std::move(table));
}

EnumId Catalog::Add(EnumType type) {
  enum_index_.by_name[LowerCase(type.name)].push_back(enums.size());
  ++enum_index_.count;
  return enums.Add(std::move(type));
}

void Catalog::Add(Domain domain) {
  domain_index_.by_name[LowerCase(domain.name)].push_back(static_cast<uint32_t>(domains.size()));
  ++domain_index_.count;
  domains.push_back(std::move(domain));
}

TableId Catalog::Find(std::string_view schema, std::string_view name) const {
  auto found = Lookup(tables, table_index_, schema, name);
  return found ? TableId{*found} : TableId{};
}

EnumId Catalog::FindEnum(std::string_view schema, std::string_view name) const {
  auto found = Lookup(enums, enum_index_, schema, name);
  return found ? EnumId{*found} : EnumId{};
}

const Domain* Catalog::FindDomain(std::string_view schema, std::string_view name) const {
  auto found = Lookup(domains, domain_index_, schema, name);
  return found ? &domains[*found] : nullptr;
}

std::vector<std::string> Catalog::TableNames() const {
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const Table& table : tables) names.push_back(table.QualifiedName());
  return names;
}

}  // namespace bulkhead::schema
