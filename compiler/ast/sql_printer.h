// The parts of the SQL printer, shared by its files. Use sql.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/ast/sql.h"

namespace bulkhead::ast {

// How tightly an expression binds, loosest first; the levels of the grammar.
enum class Binding : uint8_t { Or, And, Not, Equality, Relation, Bits, Sum, Product, Concat, Collate, Unary, Cast, Atom };

class SqlPrinter {
 public:
  SqlPrinter(const Tree& tree, const SqlOptions& options)
      : tree_(tree), options_(options), sqlite_(options.dialect == Dialect::Sqlite) {}

  std::string Of(ExprId id) { return At(id, Binding::Or); }
  std::string Of(QueryId id);

 private:
  // The expression, in parentheses when it binds more loosely than its place needs.
  std::string At(ExprId id, Binding needed);
  Binding BindingOf(const Expr& expr) const;
  std::string Body(const Expr& expr);
  std::string List(const std::vector<ExprId>& ids);

  std::string Of(const Name& name) const { return QuoteName(name.text); }
  std::string Of(const QualifiedName& name) const;
  std::string Names(const std::vector<Name>& names) const;  // (a, b), or "" for none
  std::string Column(const ColumnExpr& column) const;
  std::string Unary(const UnaryExpr& expr);
  std::string Binary(const BinaryExpr& expr);
  std::string Interval(const BinaryExpr& expr, const IntervalExpr& interval);
  std::string Overlaps(const BinaryExpr& expr);
  std::string Logical(const LogicalExpr& expr);
  std::string Like(const LikeExpr& expr);
  std::string In(const InExpr& expr);
  std::string InSqlite(ExprId value);
  std::string Quantified(const QuantifiedExpr& expr);
  std::string QuantifiedSqlite(const QuantifiedExpr& expr);
  std::string Case(const CaseExpr& expr);
  std::string Cast(const CastExpr& expr);
  std::string Call(const CallExpr& call);
  std::string Of(const Window& window);
  std::string Order(const std::vector<OrderTerm>& terms);
  std::string Elements(ExprId array);

  // Queries (sql_query.cpp).
  std::string With(const Query& query);
  std::string Of(const QueryArm& arm, bool only);
  std::string Of(const Select& select);
  std::string Rank(const Query& query);
  std::string Of(const SelectItem& item);
  std::string Of(FromId id);
  std::string Of(const JoinItem& join);
  std::string Table(const FromItem& item, const std::string& body);
  std::string Function(const FromItem& item, const FunctionItem& function);
  std::string Series(const CallExpr& call, const std::string& column);
  std::string Alias(const FromItem& item) const;
  std::string Renamed(const FromItem& item, const std::string& rows) const;
  // Columns that a table function has under another name in SQLite, while its query is printed.
  void Rename(FromId id);

  const Tree& tree_;
  const SqlOptions& options_;
  bool sqlite_;
  std::string rank_;  // the rank column to add to the next select list
  std::map<std::pair<std::string, std::string>, std::string> renamed_;  // (alias or "", column) -> SQL
};

}  // namespace bulkhead::ast
