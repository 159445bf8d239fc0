// The resolved, typed form of the rules. Names are gone: columns belong to occurrences, views, functions, CTEs and
// FROM-subqueries are inlined, affinity and collation are explicit calls, request functions are JSON reads.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/schema/catalog.h"
#include "compiler/source/source.h"
#include "runtime/base/id.h"
#include "runtime/value/value.h"

namespace bulkhead::ir {

using source::Span;

struct Expr;
struct Select;
struct Occurrence;
using ExprId = Id<Expr>;
using SelectId = Id<Select>;
using OccurrenceId = Id<Occurrence>;

// What is known of an expression's value before running. `storage` is a set of value::Type bits (1 << Type).
struct Facts {
  uint8_t storage = 0x1f;
  schema::Type declared;  // Any when nothing is declared
  bool CanBeNull() const { return storage & 1; }
};

// A table, or one row of a table function, in some FROM. Each mention is its own occurrence.
struct TableSource {
  schema::TableId table;  // None in an open catalog: `schema_name`.`name` as written
  std::string schema_name, name;
  std::string connection;  // of "connection.schema".name; empty: the default one
  // A name or schema that ends in % stands for all that begin alike. Rows then have the columns "schema()",
  // "table_name()" and "table_suffix()" too, which `*` leaves out.
  bool wildcard = false;
  bool undeclared = false;  // of a declared table: columns are read that the schema lacks
  // "tasks", "billing.invoices" or "archive.public.notes".
  std::string QualifiedName() const {
    if (!connection.empty()) return connection + "." + (schema_name.empty() ? "public" : schema_name) + "." + name;
    return schema_name.empty() ? name : schema_name + "." + name;
  }
};
struct FunctionSource {
  std::string function;  // "json_each", also for unnest; columns key, value, type, atom
  ExprId input;          // reads earlier occurrences or the request
};
struct AggregateCall {
  std::string function;   // "count_rows", "count", "sum", "total", "avg", "min", "max"
  uint32_t field = 0;     // an output of the arms; of "count_rows": not read
  bool distinct = false;  // each value once
};
// One row for each group that has rows; without keys, always exactly one.
struct Grouping {
  uint32_t keys = 0;  // the arms' first outputs
  std::vector<AggregateCall> calls;
};
struct OrderTerm {
  uint32_t field = 0;
  bool descending = false;
  bool nulls_last = false;
};
// Of each partition the rows in places [offset, offset + limit).
struct Top {
  std::vector<uint32_t> partition;
  std::vector<OrderTerm> order;
  uint64_t limit = 0, offset = 0;
};
// Rows made by a query of its own. Its arms read their own occurrences and the request, nothing of the outer query. Its
// columns are named "0", "1", …: the arms' outputs, which all have values; with `grouping`, the keys and then the calls.
struct QuerySource {
  std::vector<SelectId> arms;
  bool distinct = false;  // each row once; else the arms' rows are added up
  std::variant<std::monostate, Grouping, Top> head;
};
struct Occurrence {
  std::string alias;  // as written, for messages and the text form; not unique
  std::variant<TableSource, FunctionSource, QuerySource> source;
  Span span;
};

enum class RequestPart : uint8_t { Auth, Connection, Subscription };

struct LiteralExpr { value::OwnedValue value; };
struct ColumnExpr { OccurrenceId occurrence; std::string column; };
// The whole JSON document as text; parts are read with the `->>` and `->` calls.
struct RequestExpr { RequestPart part; };
// An operator or function of the runtime's tables (runtime/vm/operators.def, stdlib/functions): "and", "or" (both n-ary),
// "not", "=", "case", "cast_text", "apply_numeric", "in_list", "in_json", "overlap", "lower", …
struct CallExpr { std::string callee; std::vector<ExprId> args; };
// EXISTS (select): two-valued. `x IN (select)` and `x = ANY (select)` when only its truth matters are
// Exists over the select with the equalities added.
struct ExistsExpr { std::vector<SelectId> arms; };
// x [NOT] IN (select) whose NULL-ness matters (under NOT, or used as a value). Same number of `lhs` as outputs.
struct InSelectExpr { std::vector<ExprId> lhs; std::vector<SelectId> arms; };
struct ErrorExpr {};  // Already diagnosed.

struct Expr {
  std::variant<LiteralExpr, ColumnExpr, RequestExpr, CallExpr, ExistsExpr, InSelectExpr, ErrorExpr> kind;
  Facts facts;
  Span span;
};

struct OutputColumn {
  std::string name;
  ExprId value;   // None: every column of `star` (an open table)
  OccurrenceId star;
  Span span;
  bool legacy = false;  // of a star: ast::StarItem::legacy
};

// A LEFT JOIN: where no combination of its occurrences' rows makes `on` true, their columns are NULL.
struct LeftJoin {
  std::vector<OccurrenceId> occurrences;
  ExprId on;  // reads `from`, earlier left joins and its own
};

// SELECT outputs FROM occurrences (inner joins; ON conditions are in `where`) LEFT JOIN left, in order, WHERE where. For
// streams' own queries the output's id comes from `root`, a table or a query; outputs may read every occurrence.
struct Select {
  std::vector<OccurrenceId> from;
  std::vector<LeftJoin> left;
  ExprId where;  // None: true
  std::vector<OutputColumn> outputs;
  OccurrenceId root;          // of a stream's query; None in subqueries
  std::string output_table;   // the client's table, for a stream's query; empty: the name the wildcard stands for
  ExprId output_id;           // the `id` output, for a stream's query
  Span span;
};

// One query of a stream: the union of its arms.
struct Query {
  std::vector<SelectId> arms;
  Span span;
};

struct Parameter {
  std::string name;
  schema::Type type;
  bool not_null = false;
  ExprId default_value;  // None: NULL
  Span span;
};

struct Stream {
  std::string name;
  bool auto_subscribe = false;
  uint8_t priority = 3;
  std::vector<Parameter> parameters;
  std::vector<Query> queries;
  Span span;       // the whole statement
  Span name_span;
};

struct Claim {
  std::string name;
  schema::Type type;
  bool not_null = false;
  Span span;
};

struct Module {
  Store<Expr> exprs;
  Store<Select> selects;
  Store<Occurrence> occurrences;
  std::vector<Claim> claims;
  std::vector<Stream> streams;
};

}  // namespace bulkhead::ir
