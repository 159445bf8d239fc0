// The tree of one compilation as written: statements of every file, expressions and queries in stores.
// Nothing after this tree knows whether rules were written natively or in YAML.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/ast/expr.h"

namespace bulkhead::ast {

// ---- Tables and columns (inline DDL and dumps) -------------------------------------------------------------------

struct ForeignKey {
  std::vector<Name> columns;  // empty when written as a column constraint: that column
  QualifiedName table;
  std::vector<Name> referenced;  // empty = the other table's primary key
  std::string on_delete;         // lower case: "cascade", "set null", … or ""
  std::string on_update;
};
struct PrimaryKey {
  std::vector<Name> columns;
};
struct UniqueKey {
  std::vector<Name> columns;
  bool nulls_not_distinct = false;
};
struct Check {
  ExprId condition;
};
// EXCLUDE and whatever a later PostgreSQL invents.
struct OtherConstraint {};
struct TableConstraint {
  Span span;
  Name name;              // CONSTRAINT name; absent when not written
  bool not_valid = false;  // PostgreSQL's NOT VALID: existing rows were not checked
  std::variant<PrimaryKey, UniqueKey, Check, ForeignKey, OtherConstraint> kind;
};

// A column of a table, a claim of a principal, or an attribute of a type.
struct ColumnDef {
  Span span;
  Name name;
  TypeName type;
  bool not_null = false;
  bool primary_key = false;
  bool autoincrement = false;  // AUTOINCREMENT or GENERATED … AS IDENTITY
  bool unique = false;
  ExprId default_value;
  std::vector<ExprId> checks;
  std::optional<ForeignKey> references;
  ExprId generated;  // GENERATED ALWAYS AS (…) or AS (…)
  bool generated_stored = false;
  Name collation;
};

struct CreateTable {
  QualifiedName name;
  std::vector<ColumnDef> columns;
  std::vector<TableConstraint> constraints;
  bool temporary = false;
  bool if_not_exists = false;
  bool without_rowid = false;
  bool strict = false;
  bool virtual_table = false;   // SQLite's CREATE VIRTUAL TABLE: no columns known
  QualifiedName partition_of;   // PARTITION OF parent: its columns are the parent's
  std::vector<QualifiedName> inherits;
};
struct CreateEnum {
  QualifiedName name;
  std::vector<TextLiteral> labels;
};
struct CreateDomain {
  QualifiedName name;
  TypeName type;
  bool not_null = false;
  std::vector<ExprId> checks;  // VALUE arrives as a column named `value`
};

struct AddConstraint {
  TableConstraint constraint;
};
struct AddColumn {
  ColumnDef column;
};
enum class RowSecurity : uint8_t { Enable, Disable, Force, NoForce };
struct SetRowSecurity {
  RowSecurity mode = RowSecurity::Enable;
};
enum class ReplicaIdentityKind : uint8_t { Default, Full, Nothing, Index };
struct SetReplicaIdentity {
  ReplicaIdentityKind kind = ReplicaIdentityKind::Default;
  Name index;  // USING INDEX name
};
enum class AlterColumnKind : uint8_t { SetNotNull, DropNotNull, SetDefault, DropDefault, SetType, Other };
struct AlterColumn {
  Name column;
  AlterColumnKind kind = AlterColumnKind::Other;
  ExprId default_value;
  TypeName type;
};
struct AttachPartition {
  QualifiedName partition;
};
// OWNER TO, SET STATISTICS and the like: of no interest to rules.
struct OtherAlteration {};
using Alteration = std::variant<AddConstraint, AddColumn, SetRowSecurity, SetReplicaIdentity, AlterColumn,
                                AttachPartition, OtherAlteration>;
struct AlterTable {
  QualifiedName table;
  bool only = false;
  std::vector<Alteration> actions;
};
// ALTER TYPE name ADD VALUE 'label' [BEFORE|AFTER 'other']
struct AlterEnum {
  QualifiedName name;
  TextLiteral label;
  std::optional<TextLiteral> before;
  std::optional<TextLiteral> after;
};
struct CreateIndex {
  Name name;
  QualifiedName table;
  bool unique = false;
  std::vector<ExprId> columns;  // ColumnExpr for plain columns
  ExprId where;
};
// A function of PostgreSQL, kept as text: policies may call it.
struct CreateRawFunction {
  QualifiedName name;
  std::string parameters;  // as written, between the parentheses
  std::string returns;     // as written, after RETURNS
  std::string language;    // lower case; "" when not written
  std::string body;        // the text of AS '…' or AS $$…$$, or the SQL-standard body as written
  Span body_span;          // of the body's text in the file (inside the quotes), to parse it later
  bool security_definer = false;
};

// ---- Rules -------------------------------------------------------------------------------------------------------

// CREATE SCHEMA FROM 'file'
struct SchemaFrom {
  TextLiteral path;  // as written; relative to the file that names it
};
struct CreatePrincipal {
  std::vector<ColumnDef> claims;
};
// CREATE TENANT name ON table (key) VISIBLE TO (…)
struct CreateTenant {
  Name name;
  QualifiedName table;
  std::vector<Name> key;
  InTarget visible_to;
};
enum class IsolateBy : uint8_t { Columns, ForeignKey };  // BY, THROUGH
struct Isolate {
  std::vector<QualifiedName> tables;
  IsolateBy by = IsolateBy::Columns;
  std::vector<Name> columns;
};
struct Share {
  std::vector<QualifiedName> tables;
};
// CONFIDENTIAL table (columns); one statement per table when several are listed.
struct ConfidentialTable {
  QualifiedName table;
  std::vector<Name> columns;
};
struct Confidential {
  std::vector<ConfidentialTable> tables;
};
enum class PolicyCommand : uint8_t { All, Select, Insert, Update, Delete };
struct CreatePolicy {
  Name name;
  QualifiedName table;
  bool permissive = true;
  PolicyCommand command = PolicyCommand::All;
  std::vector<Name> roles;  // empty = PUBLIC
  ExprId using_condition;   // None = not written
  ExprId check_condition;
};
struct CreateView {
  QualifiedName name;
  std::vector<Name> columns;
  QueryId query;
};
// A parameter of a stream or of a function.
struct Parameter {
  Span span;
  Name name;
  TypeName type;  // may be absent on a stream
  bool not_null = false;
  ExprId default_value;
};
// CREATE FUNCTION of the rules: one expression.
struct CreateFunction {
  Name name;
  std::vector<Parameter> parameters;
  TypeName returns;  // may be absent
  ExprId body;
};

// key, key = value, or key (value, …) of a PLAN HINT (…). Values are names or literals.
struct Hint {
  Name key;
  std::vector<ExprId> values;
  Span span;
};
struct Priority {
  int64_t value = 0;
  Span span;
};
struct CreateStream {
  Name name;
  std::vector<Parameter> parameters;
  bool auto_subscribe = false;
  std::optional<Priority> priority;
  std::vector<Hint> hints;
  std::vector<Cte> with;  // WITH of a BEGIN … END block: seen by every query after it
  std::vector<QueryId> queries;
  bool block = false;  // written with BEGIN … END
};

// 'k' => value, or k => value
struct Argument {
  Name name;
  ExprId value;
};
struct InsertStep {
  QualifiedName table;
  std::vector<Name> columns;  // empty = not written: the table's columns in order
  std::vector<std::vector<ExprId>> rows;
};
struct Assignment {
  Name column;
  ExprId value;
};
struct UpdateStep {
  QualifiedName table;
  std::vector<Assignment> assignments;
  ExprId where;
};
struct DeleteStep {
  QualifiedName table;
  ExprId where;
};
struct Subscription {
  Name stream;
  std::vector<Argument> parameters;
  std::optional<Priority> priority;
  Span span;
};
// CONNECT AS ('sub', claim => value …) [WITH (parameter => value …)] [SUBSCRIBE stream (p => v), …]
struct ConnectStep {
  ExprId subject;
  std::vector<Argument> claims;
  std::vector<Argument> connection_parameters;
  std::vector<Subscription> subscriptions;
};
// EXPECT NOTHING
struct ExpectNothingStep {};
// EXPECT table (columns) VALUES …
struct ExpectStep {
  Name table;  // the client's table
  std::vector<Name> columns;
  std::vector<std::vector<ExprId>> rows;
};
struct TestStep {
  Span span;
  std::variant<InsertStep, UpdateStep, DeleteStep, ConnectStep, ExpectNothingStep, ExpectStep> kind;
};
struct CreateTest {
  TextLiteral name;
  std::vector<TestStep> steps;
};

// USE std.tenancy (library) or USE 'shared/common.sync' (path)
struct Use {
  std::vector<Name> library;  // empty when a file is named
  TextLiteral path;
};
// ASSUME table REFERENCES/UNIQUE/NOT NULL/CHECK: a constraint the source does not declare; checked on live data.
struct AssumeNotNull {
  std::vector<Name> columns;
};
struct Assume {
  QualifiedName table;
  std::variant<ForeignKey, UniqueKey, Check, AssumeNotNull> constraint;
};
// PLAN HINT stream (…)
struct PlanHint {
  Name stream;
  std::vector<Hint> hints;
};

// A statement with a syntax error, already diagnosed. What it would have declared, so that later stages do not
// report uses of it as unknown.
enum class BrokenKind : uint8_t { Table, View, Function, Stream, Other };
struct Broken {
  BrokenKind kind = BrokenKind::Other;
  QualifiedName name;  // absent when not readable
};

struct Comment {
  Span span;
  bool block = false;     // /* */ rather than --
  bool own_line = false;  // nothing but white space before it on its line
};

struct Statement {
  using Kind =
      std::variant<SchemaFrom, CreatePrincipal, CreateTenant, Isolate, Share, Confidential, CreatePolicy, CreateView,
                   CreateFunction, CreateStream, CreateTest, Use, Assume, PlanHint, CreateTable, CreateEnum,
                   CreateDomain, AlterTable, AlterEnum, CreateIndex, CreateRawFunction, Broken>;
  Span span;                       // from its first to its last token, without the semicolon
  std::vector<Comment> comments;   // between the statement before it and its own end
  std::vector<uint32_t> keywords;  // where a word is a keyword rather than a name: offsets into the file, sorted
  Kind kind;
};

// The statements of one file, in written order.
struct File {
  source::FileId source;
  std::vector<Statement> statements;
  std::vector<Comment> trailing_comments;  // after the last statement
  bool library = false;                    // its definitions yield to others of their name and need not be used
  uint32_t skipped_count = 0;              // statements of a dump that are of no interest to rules
  // PowerSync's: the schema is advice. Names it lacks are warnings, and its types prove nothing.
  bool lenient = false;
};

// Owns the expressions, queries and FROM items of every file of one compilation. References stay valid.
struct Tree {
  Store<Expr> exprs;
  Store<Query> queries;
  Store<FromItem> from_items;

  const Expr& operator[](ExprId id) const { return exprs[id]; }
  const Query& operator[](QueryId id) const { return queries[id]; }
  const FromItem& operator[](FromId id) const { return from_items[id]; }
  // The node when it is of that kind, else null: tree.As<CallExpr>(id).
  template <typename T>
  const T* As(ExprId id) const {
    return id.HasValue() ? std::get_if<T>(&exprs[id].kind) : nullptr;
  }
};

}  // namespace bulkhead::ast
