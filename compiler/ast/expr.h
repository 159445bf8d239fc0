// Expressions and queries as written: nothing is resolved here. Every family is a closed std::variant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/source/source.h"
#include "runtime/base/id.h"

namespace bulkhead::ast {

using source::Span;

struct Expr;
struct Query;
struct FromItem;
using ExprId = Id<Expr>;    // None = absent
using QueryId = Id<Query>;  // None = absent
using FromId = Id<FromItem>;

// An identifier after folding: unquoted ones are lower case, "quoted" ones as written. Empty text = absent.
struct Name {
  std::string text;
  Span span;
  bool quoted = false;
  bool HasValue() const { return !text.empty(); }
};

// [schema.]name of a table, view, type or function.
struct QualifiedName {
  Name schema;  // absent when not written
  Name name;
  Span span;
  bool HasValue() const { return name.HasValue(); }
  std::string Text() const { return schema.HasValue() ? schema.text + "." + name.text : name.text; }
};

// 'text' where the grammar wants text and no expression: file names, test names, enum labels.
struct TextLiteral {
  std::string value;  // quotes removed, '' undone
  Span span;
};

// A type as written: `name` in lower case with single spaces ("character varying", "timestamp with time zone",
// "unsigned big int"), `arguments` as written ("20" or "10", "2"), one array dimension per []. An empty name means
// that a column was declared without a type.
struct TypeName {
  Name schema;  // public.my_enum; absent otherwise
  std::string name;
  std::vector<std::string> arguments;
  uint32_t array_dimensions = 0;
  Span span;
  bool HasValue() const { return !name.empty(); }
};

// ---- Expressions ----------------------------------------------------------------------------------------------

struct NullExpr {};
struct BooleanExpr {
  bool value = false;
};
// `value` as SQLite reads the literal: decimal too large for int64 is a real (then RealExpr), hex wraps to int64.
// A minus directly before 9223372036854775808 is part of the literal.
struct IntegerExpr {
  int64_t value = 0;
};
struct RealExpr {
  double value = 0;
  std::string text;  // as written
};
struct TextExpr {
  std::string value;  // after '' and, for E'…', backslashes are undone
};
struct BlobExpr {
  std::string bytes;
};
// interval '30 days'; `value` is the text between the quotes (with a trailing unit word appended, if written).
struct IntervalExpr {
  std::string value;
};
// :name
struct ParameterExpr {
  Name name;
};
// [[schema.]table.]column. Also how a bare view name after IN arrives: see InValue.
struct ColumnExpr {
  Name schema;
  Name table;
  Name column;
};

enum class UnaryOp : uint8_t { Minus, Plus, BitNot, Not };
struct UnaryExpr {
  UnaryOp op = UnaryOp::Not;
  ExprId operand;
};

enum class BinaryOp : uint8_t {
  Equal,              // = and ==
  NotEqual,           // <> and !=
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Is,                 // IS expr; also IS NOT DISTINCT FROM
  IsNot,              // IS NOT expr; also IS DISTINCT FROM
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Concat,             // ||
  BitAnd,
  BitOr,
  ShiftLeft,
  ShiftRight,
  JsonGet,            // ->
  JsonGetText,        // ->>
  Overlaps,           // &&
  Other,              // an operator of PostgreSQL that only dumps hold (~, @>, #>>, …): BinaryExpr::other
};
struct BinaryExpr {
  BinaryOp op = BinaryOp::Equal;
  ExprId lhs;
  ExprId rhs;
  Span op_span;
  std::string other;  // only for BinaryOp::Other
};

// AND and OR are n-ary: a chain of one operator is one node (parentheses around an inner chain of the same operator
// are flattened too). At least two arguments, in written order.
enum class LogicalOp : uint8_t { And, Or };
struct LogicalExpr {
  LogicalOp op = LogicalOp::And;
  std::vector<ExprId> args;
};

// operand IS [NOT] NULL|TRUE|FALSE|UNKNOWN; also ISNULL, NOTNULL and postfix NOT NULL.
enum class IsTest : uint8_t { Null, True, False, Unknown };
struct IsTestExpr {
  IsTest test = IsTest::Null;
  bool negated = false;
  ExprId operand;
};

enum class LikeOp : uint8_t { Like, ILike, Glob, Regexp, Match, SimilarTo };
struct LikeExpr {
  LikeOp op = LikeOp::Like;
  bool negated = false;
  ExprId value;
  ExprId pattern;
  ExprId escape;  // None = not written
};

struct BetweenExpr {
  bool negated = false;
  ExprId value;
  ExprId low;
  ExprId high;
};

// What may stand right of IN (and after VISIBLE TO).
struct InList {
  std::vector<ExprId> items;  // may be empty: IN ()
};
struct InQuery {
  QueryId query;
};
// `IN name` or `IN expression`. A view, CTE or table arrives as a ColumnExpr whose `column` is its name (and `table` its
// schema, if written): sema looks for a relation first, then for a column. A table function arrives as a CallExpr.
struct InValue {
  ExprId value;
};
using InTarget = std::variant<InList, InQuery, InValue>;
struct InExpr {
  bool negated = false;
  ExprId value;
  InTarget target;
};

// lhs op ANY|ALL (query) or lhs op ANY|ALL (array expression). SOME is ANY.
enum class Quantifier : uint8_t { Any, All };
struct QuantifiedExpr {
  BinaryOp op = BinaryOp::Equal;
  Quantifier quantifier = Quantifier::Any;
  ExprId lhs;
  std::variant<QueryId, ExprId> rhs;
  std::string other;  // only for BinaryOp::Other
};

struct ExistsExpr {
  QueryId query;
};
struct ScalarQueryExpr {
  QueryId query;
};
// (a, b) or ROW(a, b)
struct RowExpr {
  std::vector<ExprId> items;
  bool explicit_row = false;
};
// ARRAY[a, b]
struct ArrayExpr {
  std::vector<ExprId> items;
};
// ARRAY(SELECT …)
struct ArrayQueryExpr {
  QueryId query;
};

struct CaseArm {
  ExprId when;
  ExprId then;
};
struct CaseExpr {
  ExprId operand;  // None for the searched form
  std::vector<CaseArm> arms;
  ExprId otherwise;  // None = no ELSE
};

enum class CastStyle : uint8_t { Cast, Colons, TypedLiteral };  // CAST(x AS t), x::t, t 'x'
struct CastExpr {
  ExprId operand;
  TypeName type;
  CastStyle style = CastStyle::Cast;
};

struct CollateExpr {
  ExprId operand;
  QualifiedName collation;
};
// operand[index]; of dumps only.
struct SubscriptExpr {
  ExprId operand;
  ExprId index;
};

struct OrderTerm {
  ExprId expr;
  bool descending = false;
  std::optional<bool> nulls_first;
  Span span;
};

struct Window {
  Name base;  // a name of the WINDOW clause this one refines, or absent
  std::vector<ExprId> partition_by;
  std::vector<OrderTerm> order_by;
  std::string frame;  // the frame clause as written, "" = none
  Span span;
};

// Any function, aggregate, window or table function. `auth.user_id()` has schema "auth". Keywords that act as calls
// (CURRENT_TIMESTAMP, CURRENT_USER) have `bare` set and no arguments.
struct CallExpr {
  QualifiedName function;
  std::vector<ExprId> args;
  bool star = false;      // count(*)
  bool distinct = false;  // count(DISTINCT x)
  bool bare = false;
  std::vector<OrderTerm> order_by;  // group_concat(x ORDER BY y)
  ExprId filter;                    // FILTER (WHERE …)
  std::optional<Window> over;       // OVER (…) or OVER name (only `base` set)
};

// An expression of a dump that this grammar does not know, as written. Never made from rules.
struct RawExpr {
  std::string text;
};
// Already diagnosed: later stages propagate it silently.
struct ErrorExpr {};

struct Expr {
  using Kind =
      std::variant<NullExpr, BooleanExpr, IntegerExpr, RealExpr, TextExpr, BlobExpr, IntervalExpr, ParameterExpr,
                   ColumnExpr, UnaryExpr, BinaryExpr, LogicalExpr, IsTestExpr, LikeExpr, BetweenExpr, InExpr,
                   QuantifiedExpr, ExistsExpr, ScalarQueryExpr, RowExpr, ArrayExpr, ArrayQueryExpr, CaseExpr, CastExpr,
                   CollateExpr, SubscriptExpr, CallExpr, RawExpr, ErrorExpr>;
  Span span;
  Kind kind;
};

// ---- Queries --------------------------------------------------------------------------------------------------

// * or table.* (or schema.table.*)
struct StarItem {
  QualifiedName table;  // absent for a plain *
  // As in PowerSync's editions 1 and 2: without columns whose names begin with _, and what was named before stays.
  bool legacy = false;
};
struct ExprItem {
  ExprId expr;
  Name alias;  // absent when not written
};
struct SelectItem {
  Span span;
  std::variant<StarItem, ExprItem> kind;
};

// One item of FROM. `alias` and `columns` are what AS says: AS t (a, b).
struct TableItem {
  QualifiedName table;
};
struct FunctionItem {
  ExprId call;  // a CallExpr: json_each(…), unnest(…), generate_series(…)
  bool with_ordinality = false;
};
struct SubqueryItem {
  QueryId query;
};
enum class JoinKind : uint8_t { Inner, Left, Right, Full, Cross };
struct JoinItem {
  JoinKind kind = JoinKind::Inner;
  bool natural = false;
  FromId lhs;
  FromId rhs;
  ExprId on;                        // None unless ON was written
  std::vector<Name> using_columns;  // empty unless USING was written
};
struct FromItem {
  Span span;
  bool lateral = false;
  Name alias;
  std::vector<Name> columns;
  std::variant<TableItem, FunctionItem, SubqueryItem, JoinItem> kind;
};

struct NamedWindow {
  Name name;
  Window window;
};

struct Select {
  Span span;
  bool distinct = false;
  std::vector<SelectItem> items;
  Name into;                 // the client's table; absent = that of the output's id
  std::vector<FromId> from;  // comma joins: one entry each
  ExprId where;
  std::vector<ExprId> group_by;
  ExprId having;
  std::vector<NamedWindow> windows;
};
struct Values {
  std::vector<std::vector<ExprId>> rows;
};

enum class SetOp : uint8_t { None, Union, UnionAll, Except, ExceptAll, Intersect, IntersectAll };
struct QueryArm {
  SetOp op = SetOp::None;  // None for the first arm, how it joins the arms before it for the others
  Span span;
  std::variant<Select, Values, QueryId> body;  // QueryId: a query in parentheses
};

struct Cte {
  Name name;
  std::vector<Name> columns;
  QueryId query;
  Span span;
};

struct Query {
  Span span;
  bool recursive = false;
  std::vector<Cte> with;
  std::vector<QueryArm> arms;  // at least one; applied left to right
  std::vector<OrderTerm> order_by;
  ExprId limit;
  ExprId offset;
  std::vector<ExprId> per;  // LIMIT n PER (cols)

  // The only Select of a query without set operations, else null.
  const Select* AsSelect() const { return arms.size() == 1 ? std::get_if<Select>(&arms[0].body) : nullptr; }
};

}  // namespace bulkhead::ast
