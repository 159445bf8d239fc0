// The relational schema as the rules see it: tables, columns, types, keys, checks, policies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/source/source.h"
#include "runtime/base/id.h"

namespace bulkhead::schema {

using source::Span;

enum class TypeKind : uint8_t {
  Any,  // no type given, or one we know nothing about
  Integer,
  Real,
  Numeric,
  Boolean,
  Text,
  Blob,
  Uuid,
  Timestamp,
  Date,
  Time,
  Interval,
  Json,
  Enum,
  Array,
  Geometry,
};
std::string_view TypeKindName(TypeKind kind);  // "integer"

struct EnumType {
  std::string schema, name;
  std::vector<std::string> labels;
  Span span;
};
using EnumId = Id<EnumType>;

// Names are equal without regard to case and to the default schema, which "", "public" and "main" all name.
bool SameName(std::string_view a, std::string_view b);
std::string_view DefaultSchemaAsEmpty(std::string_view schema);

struct Type {
  TypeKind kind = TypeKind::Any;
  std::string spelling;              // as declared: "character varying(20)"
  EnumId enum_id;                    // for Enum, and for Array of Enum
  TypeKind element = TypeKind::Any;  // for Array
};

// CREATE DOMAIN: another name of `type`.
struct Domain {
  std::string schema, name;
  Type type;
  bool not_null = false;
  Span span;
};

struct Column {
  std::string name;
  Type type;
  bool not_null = false;
  Span span;
};

struct ForeignKey {
  std::vector<uint32_t> columns;  // indices into Table::columns
  std::string target_schema, target_table;
  std::vector<std::string> target_columns;  // resolved to the target's primary key when not written
  Span span;
};

// Text kept for the prover; parsed by syntax on demand.
struct Check {
  std::string name, expression;
  Span span;
};

struct Table {
  std::string schema;  // empty: the default schema ("public", "main")
  std::string name;
  std::vector<Column> columns;
  std::vector<uint32_t> primary_key;           // indices; empty: none declared
  std::vector<std::vector<uint32_t>> uniques;  // besides the primary key; NULLs are distinct
  std::vector<ForeignKey> foreign_keys;
  std::vector<Check> checks;
  bool row_security = false;
  bool row_security_forced = false;
  bool incomplete = false;  // its definition was wrong and is diagnosed: columns may be missing
  bool is_virtual = false;  // SQLite's CREATE VIRTUAL TABLE: no columns, and not to be followed
  Span span;                // the statement that declares it
  Span name_span;
  std::string QualifiedName() const { return schema.empty() ? name : schema + "." + name; }
  std::optional<uint32_t> FindColumn(
      std::string_view column) const;  // exact, else case-insensitive when unique
  // What tells its rows apart: the primary key, else the shortest UNIQUE key without NULLs, else `id`; empty:
  // nothing.
  std::vector<uint32_t> RowKey() const;
};
using TableId = Id<Table>;

// PostgreSQL row-level security, kept for the prover.
struct Policy {
  std::string name, table_schema, table_name;
  bool restrictive = false;
  std::string command = "ALL";     // ALL SELECT INSERT UPDATE DELETE
  std::vector<std::string> roles;  // empty: PUBLIC
  Span using_span;                 // no value when there is no USING
  Span span;
};

// A SQL function of a dump that a policy may call, kept raw.
struct DumpFunction {
  std::string schema, name, language, body;
  bool security_definer = false;
  Span span;
};

struct Catalog {
  // No schema at all was given: tables and columns are taken as they come, keyed by `id`.
  bool open = true;
  // Part of the schema could not be read, which is diagnosed: what is not found may be there.
  bool incomplete = false;
  Store<Table> tables;
  Store<EnumType> enums;
  std::vector<Domain> domains;
  std::vector<Policy> policies;
  std::vector<DumpFunction> functions;

  // `schema` empty means the default schema. Exact, else case-insensitive when unique. None when there is no
  // such table.
  TableId Find(std::string_view schema, std::string_view name) const;
  // As the rules would write them: "tasks", "billing.invoices".
  std::vector<std::string> TableNames() const;

  EnumId FindEnum(std::string_view schema, std::string_view name) const;
  const Domain* FindDomain(std::string_view schema, std::string_view name) const;

  // What is added this way is found in constant time; what is put into the members directly is found too, but
  // slowly.
  TableId Add(Table table);
  EnumId Add(EnumType type);
  void Add(Domain domain);

 private:
  // Indices into a member by name in lower case.
  struct Index {
    std::unordered_map<std::string, std::vector<uint32_t>> by_name;
    uint32_t count = 0;
  };
  Index table_index_, enum_index_, domain_index_;

  template <typename Container>
  static std::optional<uint32_t> Lookup(const Container& items, const Index& index, std::string_view schema,
                                        std::string_view name);
};

}  // namespace bulkhead::schema
