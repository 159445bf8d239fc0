// The expressions and queries of a tree, visited with leave to change them.
#pragma once

#include <functional>
#include <vector>

#include "compiler/ast/ast.h"

namespace bulkhead::powersync {

// What stands directly below an expression, by reference.
void ForEachChild(ast::Expr& expr, const std::function<void(ast::ExprId&)>& child,
                  const std::function<void(ast::QueryId&)>& query);

// Calls `expr` for each expression in the query, parents first, and `select` for each SELECT, outer ones
// first. Both may change what they get and add to the tree.
struct Visitor {
  std::function<void(ast::ExprId)> expr = [](ast::ExprId) {};
  std::function<void(ast::Select&)> select = [](ast::Select&) {};
  std::function<void(ast::FromItem&)> from = [](ast::FromItem&) {};
  bool subqueries = true;  // of expressions too, not only those in FROM
};
void Walk(ast::Tree& tree, ast::QueryId query, const Visitor& visitor);
void Walk(ast::Tree& tree, ast::ExprId expr, const Visitor& visitor);

// The only SELECT of a query, or null when it is something else.
ast::Select* SelectOf(ast::Tree& tree, ast::QueryId query);

// FROM without its joins: tables, table functions and subqueries in written order.
std::vector<ast::FromId> FlatFrom(const ast::Tree& tree, const ast::Select& select);

}  // namespace bulkhead::powersync
