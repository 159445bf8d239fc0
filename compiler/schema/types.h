// Types by their spelling: PostgreSQL's, SQLite's, and the enums and domains of the schema.
#pragma once

#include <optional>

#include "compiler/ast/ast.h"
#include "compiler/schema/catalog.h"

namespace bulkhead::schema {

// The type a spelling names; an absent one is Any. None when neither PostgreSQL nor SQLite nor the catalog
// knows it.
std::optional<Type> KnownType(const Catalog& catalog, const ast::TypeName& type);
// The same, but an unknown spelling is read by SQLite's affinity rules ("LONGVARCHAR" is text, "FOO" is Any).
Type ResolveType(const Catalog& catalog, const ast::TypeName& type);

// As the rules would write it: "character varying(20)[]".
std::string Spelling(const ast::TypeName& type);

// Names worth suggesting for a misspelt type.
std::vector<std::string_view> TypeNames(const Catalog& catalog);

}  // namespace bulkhead::schema
