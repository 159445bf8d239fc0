#include "compiler/schema/types.h"

#include <algorithm>

namespace bulkhead::schema {
namespace {

struct Spelled {
  std::string_view name;
  TypeKind kind;
};

// One row per spelling without arguments. Types of PostgreSQL that arrive as plain text (inet, xml, …) are
// text.
constexpr Spelled KnownSpellings[] = {
    {"int", TypeKind::Integer},
    {"integer", TypeKind::Integer},
    {"int2", TypeKind::Integer},
    {"int4", TypeKind::Integer},
    {"int8", TypeKind::Integer},
    {"smallint", TypeKind::Integer},
    {"bigint", TypeKind::Integer},
    {"tinyint", TypeKind::Integer},
    {"mediumint", TypeKind::Integer},
    {"unsigned big int", TypeKind::Integer},
    {"int unsigned", TypeKind::Integer},
    {"serial", TypeKind::Integer},
    {"bigserial", TypeKind::Integer},
    {"smallserial", TypeKind::Integer},
    {"serial2", TypeKind::Integer},
    {"serial4", TypeKind::Integer},
    {"serial8", TypeKind::Integer},
    {"oid", TypeKind::Integer},
    {"real", TypeKind::Real},
    {"float", TypeKind::Real},
    {"float4", TypeKind::Real},
    {"float8", TypeKind::Real},
    {"double", TypeKind::Real},
    {"double precision", TypeKind::Real},
    {"numeric", TypeKind::Numeric},
    {"decimal", TypeKind::Numeric},
    {"dec", TypeKind::Numeric},
    {"boolean", TypeKind::Boolean},
    {"bool", TypeKind::Boolean},
    {"text", TypeKind::Text},
    {"varchar", TypeKind::Text},
    {"character varying", TypeKind::Text},
    {"char", TypeKind::Text},
    {"character", TypeKind::Text},
    {"bpchar", TypeKind::Text},
    {"citext", TypeKind::Text},
    {"clob", TypeKind::Text},
    {"nchar", TypeKind::Text},
    {"nvarchar", TypeKind::Text},
    {"string", TypeKind::Text},
    {"native character", TypeKind::Text},
    {"varying character", TypeKind::Text},
    {"name", TypeKind::Text},
    {"inet", TypeKind::Text},
    {"cidr", TypeKind::Text},
    {"macaddr", TypeKind::Text},
    {"macaddr8", TypeKind::Text},
    {"xml", TypeKind::Text},
    {"bit", TypeKind::Text},
    {"bit varying", TypeKind::Text},
    {"varbit", TypeKind::Text},
    {"money", TypeKind::Text},
    {"tsvector", TypeKind::Text},
    {"tsquery", TypeKind::Text},
    {"ltree", TypeKind::Text},
    {"pg_lsn", TypeKind::Text},
    {"blob", TypeKind::Blob},
    {"bytea", TypeKind::Blob},
    {"binary", TypeKind::Blob},
    {"varbinary", TypeKind::Blob},
    {"uuid", TypeKind::Uuid},
    {"timestamp", TypeKind::Timestamp},
    {"timestamptz", TypeKind::Timestamp},
    {"datetime", TypeKind::Timestamp},
    {"timestamp with time zone", TypeKind::Timestamp},
    {"timestamp without time zone", TypeKind::Timestamp},
    {"date", TypeKind::Date},
    {"time", TypeKind::Time},
    {"timetz", TypeKind::Time},
    {"time with time zone", TypeKind::Time},
    {"time without time zone", TypeKind::Time},
    {"interval", TypeKind::Interval},
    {"json", TypeKind::Json},
    {"jsonb", TypeKind::Json},
    {"geometry", TypeKind::Geometry},
    {"geography", TypeKind::Geometry},
    {"any", TypeKind::Any},
    {"anyelement", TypeKind::Any},
};

std::optional<TypeKind> KindOfSpelling(std::string_view name) {
  const auto* found = std::ranges::find(KnownSpellings, name, &Spelled::name);
  return found == std::end(KnownSpellings) ? std::nullopt : std::optional(found->kind);
}

// SQLite's rules for the affinity of a declared type, in their order.
TypeKind KindByAffinity(std::string_view name) {
  auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (has("int") && !has("point")) return TypeKind::Integer;
  if (has("char") || has("clob") || has("text")) return TypeKind::Text;
  if (has("blob")) return TypeKind::Blob;
  if (has("real") || has("floa") || has("doub")) return TypeKind::Real;
  return TypeKind::Any;
}

bool OfPostgres(std::string_view schema) {
  return schema == "pg_catalog" || DefaultSchemaAsEmpty(schema).empty();
}

std::optional<Type> ElementType(const Catalog& catalog, const ast::TypeName& type) {
  const std::string_view schema = type.schema.text;
  if (EnumId id = catalog.FindEnum(schema, type.name); id.HasValue()) return Type{TypeKind::Enum, {}, id, {}};
  if (const Domain* domain = catalog.FindDomain(schema, type.name)) return domain->type;
  if (!OfPostgres(schema)) {
    // Extensions live in schemas of their own: extensions.citext.
    if (auto kind = KindOfSpelling(type.name)) return Type{*kind, {}, {}, {}};
    return std::nullopt;
  }
  if (auto kind = KindOfSpelling(type.name)) return Type{*kind, {}, {}, {}};
  return std::nullopt;
}

Type AsArray(Type element, const ast::TypeName& type) {
  if (type.array_dimensions == 0) return element;
  // An array of arrays is an array: its elements are then not known.
  TypeKind inner =
      type.array_dimensions > 1 || element.kind == TypeKind::Array ? TypeKind::Any : element.kind;
  return Type{TypeKind::Array, {}, inner == TypeKind::Enum ? element.enum_id : EnumId{}, inner};
}

}  // namespace

std::string Spelling(const ast::TypeName& type) {
  std::string out = type.schema.HasValue() ? type.schema.text + "." + type.name : type.name;
  for (size_t i = 0; i < type.arguments.size(); ++i) out += (i == 0 ? "(" : ", ") + type.arguments[i];
  if (!type.arguments.empty()) out += ")";
  for (uint32_t i = 0; i < type.array_dimensions; ++i) out += "[]";
  return out;
}

std::optional<Type> KnownType(const Catalog& catalog, const ast::TypeName& type) {
  if (!type.HasValue()) return Type{};
  std::optional<Type> element = ElementType(catalog, type);
  if (!element) return std::nullopt;
  Type result = AsArray(std::move(*element), type);
  result.spelling = Spelling(type);
  return result;
}

Type ResolveType(const Catalog& catalog, const ast::TypeName& type) {
  if (auto known = KnownType(catalog, type)) return *known;
  Type result = AsArray({KindByAffinity(type.name), {}, {}, {}}, type);
  result.spelling = Spelling(type);
  return result;
}

std::vector<std::string_view> TypeNames(const Catalog& catalog) {
  std::vector<std::string_view> names;
  for (const Spelled& row : KnownSpellings) names.push_back(row.name);
  for (const EnumType& type : catalog.enums) names.push_back(type.name);
  for (const Domain& domain : catalog.domains) names.push_back(domain.name);
  return names;
}

}  // namespace bulkhead::schema
