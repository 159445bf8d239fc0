// The rules' queries as SQL that SQLite runs: what the oracle asks. Deliberately apart from the product's own printers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"

namespace bulkhead::testing {

// What the rules around a query define, and what stands for the request in it.
struct SqlContext {
  std::map<std::string, const ast::CreateFunction*> functions;
  std::set<std::string> relations;  // tables, views and WITH queries: what IN looks for before columns
  // "auth", "user_id", "" or "auth", "parameter", "k": a SQL literal.
  std::function<std::string(const std::string& document, const std::string& function, const std::string& key)> request;
  std::function<std::string(const std::string& name)> parameter;
};

class OracleSql {
 public:
  OracleSql(const ast::Tree& tree, const SqlContext& context) : tree_(tree), context_(context) {}

  std::string Query(ast::QueryId id);
  std::string Select(const ast::Select& select);
  // "name (columns) AS (query)".
  std::string Cte(const ast::Cte& cte);
  std::string Expr(ast::ExprId id);
  // What had no spelling, for the oracle's error; empty when all was printed.
  const std::string& problem() const { return problem_; }

 private:
  std::string Of(const ast::NullExpr&) { return "NULL"; }
  std::string Of(const ast::BooleanExpr& e) { return e.value ? "1" : "0"; }
  std::string Of(const ast::IntegerExpr& e);
  std::string Of(const ast::RealExpr& e);
  std::string Of(const ast::TextExpr& e);
  std::string Of(const ast::BlobExpr& e);
  std::string Of(const ast::IntervalExpr&) { return Problem("interval"); }
  std::string Of(const ast::ParameterExpr& e) { return context_.parameter(e.name.text); }
  std::string Of(const ast::ColumnExpr& e);
  std::string Of(const ast::UnaryExpr& e);
  std::string Of(const ast::BinaryExpr& e);
  std::string Of(const ast::LogicalExpr& e);
  std::string Of(const ast::IsTestExpr& e);
  std::string Of(const ast::LikeExpr& e);
  std::string Of(const ast::BetweenExpr& e);
  std::string Of(const ast::InExpr& e);
  std::string Of(const ast::QuantifiedExpr& e);
  std::string Of(const ast::ExistsExpr& e) { return "EXISTS (" + Query(e.query) + ")"; }
  std::string Of(const ast::ScalarQueryExpr& e) { return "(" + Query(e.query) + ")"; }
  std::string Of(const ast::RowExpr& e) { return "(" + List(e.items) + ")"; }
  std::string Of(const ast::ArrayExpr&) { return Problem("ARRAY"); }
  std::string Of(const ast::ArrayQueryExpr&) { return Problem("ARRAY"); }
  std::string Of(const ast::CaseExpr& e);
  std::string Of(const ast::CastExpr& e);
  std::string Of(const ast::CollateExpr& e);
  std::string Of(const ast::SubscriptExpr&) { return Problem("subscript"); }
  std::string Of(const ast::CallExpr& e);
  std::string Of(const ast::RawExpr&) { return Problem("raw expression"); }
  std::string Of(const ast::ErrorExpr&) { return Problem("error"); }

  std::string From(ast::FromId id);
  std::string FromTable(const ast::FromItem& item, const std::string& text, const std::string& name);
  std::string InJson(const std::string& lhs, const std::string& json, bool negated);
  std::string List(const std::vector<ast::ExprId>& items);
  std::string Inline(const ast::CreateFunction& function, const ast::CallExpr& call);
  std::string Problem(const std::string& what) {
    problem_ = what;
    return "NULL";
  }

  const ast::Tree& tree_;
  const SqlContext& context_;
  std::vector<std::map<std::string, std::string>> arguments_;  // of the functions being inlined, innermost last
  std::set<std::string> unnested_;                             // aliases of unnest(): a column of that name
  size_t names_ = 0;
  std::string problem_;
};

// Views and WITH queries by name, for finding the table whose rows a query gives.
using Relations = std::map<std::string, ast::QueryId>;
// The source table that the query's outputs come from; empty when it cannot be told.
std::string OutputTableOf(const ast::Tree& tree, const ast::Select& select, const Relations& relations);

// A name and a text in their quotes.
std::string SqlName(const std::string& name);
std::string SqlText(const std::string& text);

}  // namespace bulkhead::testing
