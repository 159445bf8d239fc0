#include "runtime/postgres/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.h"

namespace bulkhead::postgres {
namespace {

constexpr uint32_t BuiltinOidEnd = 16384;  // PostgreSQL's FirstNormalObjectId.
constexpr uint32_t BoxOid = 603;

Type Array(uint32_t oid, std::string_view element_name, uint32_t element) {
  Type type{oid, fmt::format("{}[]", element_name), Kind::Array, {}, {}, element, ',', {}};
  if (element == BoxOid) type.delimiter = ';';
  return type;
}

Result<uint32_t> ReadOid(std::string_view text) {
  uint32_t oid = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), oid);
  if (problem != std::errc() || end != text.data() + text.size()) {
    return Error{Code::InvalidData, fmt::format("`{}` is no oid", text.substr(0, 20))};
  }
  return oid;
}

Result<Kind> ReadKind(std::string_view letter) {
  struct Row {
    std::string_view letter;
    Kind kind;
  };
  static constexpr Row Kinds[] = {{"a", Kind::Array},     {"b", Kind::Base}, {"c", Kind::Composite},
                                  {"d", Kind::Domain},    {"e", Kind::Enum}, {"r", Kind::Range},
                                  {"m", Kind::Multirange}};
  for (const Row& row : Kinds) {
    if (row.letter == letter) return row.kind;
  }
  return Error{Code::InvalidData, fmt::format("`{}` is no kind of type", letter.substr(0, 20))};
}

}  // namespace

Catalog::Catalog() {
  unknown_.name = "unknown";
  for (const BuiltinType& row : BuiltinTypes()) {
    AddBuiltin({row.oid, std::string(row.name), Kind::Base, row.text, row.binary, 0, ',', {}});
    if (row.array_oid) AddBuiltin(Array(row.array_oid, row.name, row.oid));
  }
  for (const BuiltinRange& row : BuiltinRanges()) {
    AddBuiltin({row.oid, std::string(row.name), Kind::Range, {}, {}, row.element, ',', {}});
    AddBuiltin(
        {row.multirange_oid, std::string(row.multirange_name), Kind::Multirange, {}, {}, row.oid, ',', {}});
    AddBuiltin(Array(row.array_oid, row.name, row.oid));
    AddBuiltin(Array(row.multirange_array_oid, row.multirange_name, row.multirange_oid));
  }
}

void Catalog::AddBuiltin(Type type) {
  uint32_t oid = type.oid;
  types_.emplace(oid, std::move(type));
}

Status Catalog::Add(Type type) {
  if (type.oid < BuiltinOidEnd) return Error{Code::InvalidData, fmt::format("oid {} is built in", type.oid)};
  auto old = types_.find(type.oid);
  if (old != types_.end()) fields_ -= old->second.fields.size();
  fields_ += type.fields.size();
  if (types_.size() + fields_ > limits::PostgresTypesMax)
    return Error{Code::LimitExceeded, "the database has too many types"};
  type.text = TextRule::Verbatim;
  type.binary = type.kind == Kind::Enum ? BinaryRule::Text : BinaryRule::None;
  for (const BuiltinType& row : ExtensionTypes()) {
    if (type.kind == Kind::Base && row.name == type.name) type.text = row.text, type.binary = row.binary;
  }
  uint32_t oid = type.oid;
  types_[oid] = std::move(type);
  return Ok();
}

Status Catalog::AddRow(std::span<const std::string_view> columns) {
  if (columns.size() != TypesQueryColumns)
    return Error{Code::InvalidData, "a type has another number of columns"};
  Type type;
  BULKHEAD_TRY(type.oid, ReadOid(columns[0]));
  type.name = columns[1];
  BULKHEAD_TRY(type.kind, ReadKind(columns[2]));
  BULKHEAD_TRY(type.element, ReadOid(columns[3]));
  if (columns[4].size() != 1)
    return Error{Code::InvalidData, fmt::format("type `{}` has no delimiter", type.name)};
  type.delimiter = columns[4][0];
  if (type.oid == last_row_oid_) type.fields = Find(type.oid).fields;
  last_row_oid_ = type.oid;
  if (!columns[5].empty()) {
    Field field{std::string(columns[5]), 0};
    BULKHEAD_TRY(field.type, ReadOid(columns[6]));
    type.fields.push_back(std::move(field));
  }
  if (type.fields.size() > limits::ColumnsPerRowMax)
    return Error{Code::LimitExceeded, "a type has too many fields"};
  return Add(std::move(type));
}

const Type& Catalog::Find(uint32_t oid) const {
  auto found = types_.find(oid);
  return found == types_.end() ? unknown_ : found->second;
}

bool Catalog::IsCustom(const Type& type) const {
  if (type.kind == Kind::Array) return Find(type.element).kind == Kind::Array || IsCustom(Find(type.element));
  return type.oid >= BuiltinOidEnd || type.kind == Kind::Range || type.kind == Kind::Multirange;
}

}  // namespace bulkhead::postgres
