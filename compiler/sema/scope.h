// What names mean at a place in a query. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/ir/ir.h"

namespace bulkhead::sema {

using ir::ExprId;
using ir::OccurrenceId;
using ir::SelectId;
using source::Span;

struct Scope;

// A view, a WITH query or a function: something that is put in place of its name.
struct Definition {
  enum class Kind : uint8_t { View, Cte, Function };
  Kind kind = Kind::View;
  std::string schema, name;
  Span name_span;
  Span statement_span;
  std::vector<ast::Name> columns;                 // of a view or WITH query, when written
  ast::QueryId query;                             // of a view or WITH query
  const ast::CreateFunction* function = nullptr;  // of a function
  const struct Env* env = nullptr;                // what its own body sees
  const Scope* outer = nullptr;                   // tables of enclosing queries that its body sees
  size_t arm_count = 0;                           // of its query, once counted
  bool active = false;                            // being expanded: a mention now is recursion
  bool used = false;
  bool library = false;  // bound only where it is used
  bool broken = false;  // did not parse: every use of it is silently wrong
  bool lenient = false;  // ast::File::lenient
};

// WITH queries in sight, innermost first.
struct Env {
  const Env* outer = nullptr;
  Definition* definition = nullptr;
};

// One column of a subquery, view or table function in FROM.
struct DerivedColumn {
  std::string name;  // empty: an expression without a name
  ExprId value;
  Span span;
};

// One item of FROM, after joins are flattened.
struct Relation {
  std::string alias;        // the name before a dot
  std::string schema;       // of a table that has no alias
  std::string description;  // "tasks", for messages
  bool renamed = false;     // has an alias that hides its name
  Span span;
  OccurrenceId occurrence;               // of a table
  const schema::Table* table = nullptr;  // declared tables
  std::vector<DerivedColumn> columns;    // of anything but a table
  std::vector<OccurrenceId> open;  // tables of unknown columns whose `*` this holds: any name may be theirs
  std::vector<std::string> merged_away;  // columns that USING gave to an earlier relation
  bool broken = false;                   // already diagnosed: every column of it is silently wrong
};

struct Scope {
  const Scope* outer = nullptr;
  const Env* env = nullptr;
  std::vector<Relation> relations;
  std::vector<std::pair<std::string, ExprId>> merged;     // columns that USING made one
  std::vector<std::pair<std::string, ExprId>> arguments;  // of the function whose body this is
  std::string_view clause;                                // "WHERE": where aggregates are a mistake
};

// What FROM and WHERE of one arm have gathered; subqueries in FROM add to their parent's.
struct Draft {
  std::vector<OccurrenceId> from;
  std::vector<ExprId> conjuncts;
};

// One item of a select list, `*` expanded as far as columns are known.
struct OutputItem {
  std::string name;
  ExprId value;  // None: every column of `star`
  OccurrenceId star;
  bool from_star = false;
  Span span;
  bool legacy = false;  // from a star: ast::StarItem::legacy
};

// "1 column", "2 columns".
inline std::string Counted(size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// One arm of a query: its outputs. What it reads went into a Draft.
struct BoundArm {
  std::vector<OutputItem> outputs;
  const ast::Select* select = nullptr;  // null for VALUES
  bool broken = false;
};

}  // namespace bulkhead::sema
