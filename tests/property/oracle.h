// The truth: SQLite itself answers each query of the rules over the source's current rows.
//
// Shares only the parser with the product: rules become SQL text, request functions and parameters become literals,
// views become WITH queries, and the rows that come out are what a client must hold.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/driver/host.h"
#include "runtime/engine/engine.h"
#include "runtime/value/value.h"

namespace bulkhead::testing {

// Columns by name, without BLOBs.
using OracleRow = std::map<std::string, value::OwnedValue>;
// By client table, by id. More than one row under one id: the rules broke the language's contract.
using Extent = std::map<std::string, std::map<std::string, OracleRow>>;

class QueryOracle {
 public:
  // The tree outlives the oracle.
  QueryOracle(const ast::Tree& tree, const std::vector<ast::File>& files);
  ~QueryOracle();
  QueryOracle(const QueryOracle&) = delete;

  // A table ("tasks", "billing.invoices") with its columns, of no type; the first `key_size` are the key.
  // Repeated calls add columns.
  Status DeclareTable(const std::string& name, const std::vector<std::string>& columns, const std::vector<std::string>& key);
  Status Apply(const std::vector<driver::RowChange>& changes);

  // What a client with that request must hold. Fails for SQL that SQLite refuses and for two different rows of one id.
  Result<Extent> ExtentOf(const engine::Request& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a client holds, in the same form.
Extent ExtentOf(const std::vector<client::DumpedTable>& tables);
// "" when equal, else the first differences, one per line. `absent_is_null`: a column that one side lacks counts as
// NULL there (tables without a schema whose rows differ in their columns).
std::string Difference(const Extent& expected, const Extent& actual, bool absent_is_null = false);
// The extent as `replay` prints "tables".
std::string ToJson(const Extent& extent);

}  // namespace bulkhead::testing
