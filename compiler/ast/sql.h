// The tree back as SQL text.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "compiler/ast/ast.h"

namespace bulkhead::ast {

enum class Dialect : uint8_t {
  Native,  // reads back as the same tree
  Sqlite,  // runs in SQLite 3.40, where the language's own forms are spelled out
};

// Sqlite: arrays are JSON text. `a && b` is true when an element of a is one of b; `x = ANY (array)` and `x IN value`
// look among the elements; ILIKE is LIKE; INTO is dropped; unnest and generate_series become json_each and a recursive
// query; LIMIT n PER (cols) wraps the query and adds a last column `bulkhead_rank`.
struct SqlOptions {
  Dialect dialect = Dialect::Native;
  // What to write instead of an expression (request functions, :parameters, views' names after IN), or nothing. Asked
  // for every expression before it is printed; the answer is put in parentheses unless it is a literal or name.
  std::function<std::optional<std::string>(ExprId)> replace = {};
  // The type to write in CAST; by default the type as written.
  std::function<std::string(const TypeName&)> cast_type = {};
  // Whether `x IN name` means a relation of that name; by default every name without a table does.
  std::function<bool(const ColumnExpr&)> is_relation = {};
};

std::string Sql(const Tree& tree, ExprId id, const SqlOptions& options = {});
std::string Sql(const Tree& tree, QueryId id, const SqlOptions& options = {});

// 'text' with quotes doubled; "name" when it needs quotes to be read back as itself, else the name.
std::string QuoteText(std::string_view text);
std::string QuoteName(std::string_view name);
// The type as it is written in a declaration: "numeric(10, 2)[]".
std::string Spelling(const TypeName& type);

// Words that are no names unless quoted, upper case, sorted. A superset of the grammar's reserved words: SQLite's too.
bool NeedsQuotes(std::string_view name);

}  // namespace bulkhead::ast
