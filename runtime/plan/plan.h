// The plan: the only thing that crosses from the compiler to the runtime. Plain data; loading, verification,
// canonical JSON and the digest are in load.h.
//
//   source row --pipeline--> (bucket key, output row)*     what is in a bucket
//   source row --lookup----> (input key, outputs)*         what a session can look up
//   request ----querier----> bucket key*                   which buckets a session has
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/hash.h"
#include "runtime/plan/relation.h"
#include "runtime/plan/wildcard.h"
#include "runtime/vm/expr.h"

namespace bulkhead::plan {

// A place in a rules file, for messages and EXPLAIN. Empty when `file` is UINT32_MAX.
struct Span {
  uint32_t file = UINT32_MAX;  // index into Plan::files
  uint32_t line = 0, column = 0, end_line = 0, end_column = 0;  // 1-based, in characters; end exclusive
  friend bool operator==(const Span&, const Span&) = default;
};

struct Table {
  std::string schema;                // empty: the source's default schema
  std::string name;
  std::vector<std::string> key;      // never empty; the record table's key
  std::vector<std::string> columns;  // declared columns in order; empty and `open` without a schema
  bool open = false;                 // columns are taken as they come
  std::string connection = {};       // empty: the default one
  // Name or schema end in %, and every table that begins alike is meant. Its rows have three more columns,
  // "schema()", "table_name()" and "table_suffix()", which `*` leaves out; rows of two tables are never one row.
  bool wildcard = false;
  // A derived table: the rows of that node in Plan::nodes, each once. `columns` name its fields in order, `key` those
  // that tell its rows apart; `name` is derived from the node's content and is no table of the source.
  std::optional<uint32_t> node = {};
  // "tasks", "billing.invoices" or "archive.public.notes".
  std::string QualifiedName() const;
  // Whether rows of that table, so named, are this table's.
  bool Matches(std::string_view qualified_name) const;
  // The parts of such a table's name, without the connection.
  TableName Named(std::string_view qualified_name) const;
};

// One item of the output row. No `value`: every column of the (open) table, in the row's order.
// An item whose name was already given replaces the earlier value in its place.
struct OutputColumn {
  std::string name;
  std::optional<vm::Expr> value;
  // Without `value`: columns whose names begin with _ are left out, and earlier items stay.
  bool legacy = false;
};

// Row side of a cut: of the synced table alone, or of the derived table that the tables on the row side make.
// For each combination of `expansions` for which `filter` is true and no key is NULL: the row is in the bucket with
// that key. Expressions read columns and expansions, never the request or bindings.
struct Pipeline {
  uint32_t table = 0;
  std::vector<Expansion> expansions;
  std::optional<vm::Expr> filter;
  std::vector<vm::Expr> keys;
  std::string output_table;  // the client's table; empty, for a wildcard: the name of the row's table
  vm::Expr output_id;        // must not be NULL or a blob at run time; numbers become text
  std::vector<OutputColumn> output;
};

// Parameter side: an index over one table. For each combination of `expansions` for which `filter` is true and no
// input is NULL: inputs -> outputs. Outputs may be NULL. Equal entries of different rows are counted.
struct Lookup {
  uint32_t table = 0;
  std::vector<Expansion> expansions;
  std::optional<vm::Expr> filter;
  std::vector<vm::Expr> inputs;   // may be empty: every row is found
  std::vector<vm::Expr> outputs;  // may be empty: existence
};

struct Bucket {
  std::string id;                  // stable: derived from its content, not from names of streams
  uint32_t key_size = 0;
  std::vector<uint32_t> pipelines; // all with `key_size` keys; never empty
};

// A querier evaluates its stages over binding tuples, starting from one empty tuple: each stage extends every tuple
// by each of its results (Binding(i) counts outputs over all stages so far), then `filter` keeps some.
// Stage expressions read bindings of earlier stages and the request; `filter` also its own stage's.
struct LookupStage {
  uint32_t lookup = 0;
  std::vector<vm::Expr> inputs;  // as many as the lookup's; a NULL finds nothing
};
struct ExpandStage {
  std::string function;  // "json_each": appends key, value, type, atom
  vm::Expr input;
};
struct Stage {
  std::variant<LookupStage, ExpandStage> source;
  std::optional<vm::Expr> filter;
};

// Which keys of one bucket a subscription has: the distinct keys over the surviving tuples (NULL keys dropped).
struct Querier {
  uint32_t bucket = 0;
  std::optional<vm::Expr> request_filter;  // reads the request alone; evaluated once, before any stage
  std::vector<Stage> stages;
  std::vector<vm::Expr> key;               // bindings, request, constants; Bucket::key_size of them
  Span span;                               // the query it comes from
};

enum class ParameterType : uint8_t { Any, Integer, Real, Text, Boolean, Json };
struct Parameter {
  std::string name;
  ParameterType type = ParameterType::Any;
  bool not_null = false;
  // Read when the subscription leaves the parameter out; reads nothing.
  std::optional<vm::Expr> default_value;
};

struct Stream {
  std::string name;
  bool auto_subscribe = false;
  uint8_t priority = 3;                // 0 (first) to 3
  std::vector<Parameter> parameters;   // declared ones; others are legal when none is declared
  std::vector<Querier> queriers;
  Span span;
};

// A declared claim (CREATE PRINCIPAL); checked when a session opens.
struct Claim {
  std::string name;
  ParameterType type = ParameterType::Any;
  bool not_null = false;
};

struct Plan {
  std::vector<std::string> files;
  std::vector<Claim> claims;
  std::vector<Table> tables;
  std::vector<Node> nodes;
  std::vector<Pipeline> pipelines;
  std::vector<Lookup> lookups;
  std::vector<Bucket> buckets;
  std::vector<Stream> streams;
  Digest digest{};  // SHA-256 of the canonical JSON without files and spans; set by Finish and Load
};

}  // namespace bulkhead::plan
