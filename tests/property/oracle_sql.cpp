#include "tests/property/oracle_sql.h"

#include <fmt/format.h>

#include "compiler/ast/print.h"

namespace bulkhead::testing {
namespace {

using namespace ast;

std::string Doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (char c : text) out += c == quote ? std::string(2, quote) : std::string(1, c);
  return out + quote;
}

// The storage class a cast converts to; SQLite itself would read `uuid` as NUMERIC.
std::string CastType(const TypeName& type) {
  auto has = [&](const char* word) { return type.name.find(word) != std::string::npos; };
  if (type.array_dimensions > 0 || has("json") || has("uuid") || has("char") || has("text") || has("clob")) return "TEXT";
  if (has("int") || has("serial")) return "INTEGER";
  if (has("real") || has("double") || has("float")) return "REAL";
  if (has("numeric") || has("decimal")) return "NUMERIC";
  if (has("blob") || has("bytea")) return "BLOB";
  return "TEXT";
}

}  // namespace

// SQLite takes an unknown "name" for text, but never an unknown `name`.
std::string SqlName(const std::string& name) { return Doubled(name, '`'); }
std::string SqlText(const std::string& text) { return Doubled(text, '\''); }

std::string OracleSql::Of(const IntegerExpr& e) {
  // -9223372036854775808 is not a literal in SQLite either, but an expression of the right value.
  return e.value == INT64_MIN ? "(-9223372036854775807 - 1)" : fmt::format("{}", e.value);
}

std::string OracleSql::Of(const RealExpr& e) {
  std::string text = fmt::format("{:.17g}", e.value);
  if (text == "inf") return "9e999";
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string OracleSql::Of(const TextExpr& e) { return SqlText(e.value); }

std::string OracleSql::Of(const BlobExpr& e) {
  std::string text = "X'";
  for (unsigned char byte : e.bytes) text += fmt::format("{:02x}", byte);
  return text + "'";
}

std::string OracleSql::Of(const ColumnExpr& e) {
  if (!e.table.HasValue()) {
    if (!arguments_.empty()) {
      auto found = arguments_.back().find(e.column.text);
      if (found != arguments_.back().end()) return found->second;
    }
    if (unnested_.count(e.column.text)) return SqlName(e.column.text) + ".value";
    return SqlName(e.column.text);
  }
  if (unnested_.count(e.table.text) && e.column.text == e.table.text) return SqlName(e.table.text) + ".value";
  return SqlName(e.table.text) + "." + SqlName(e.column.text);
}

std::string OracleSql::Of(const UnaryExpr& e) {
  return fmt::format("({} {})", Spelling(e.op), Expr(e.operand));
}

std::string OracleSql::Of(const BinaryExpr& e) {
  if (e.op == BinaryOp::Other) return Problem(e.other);
  std::string lhs = Expr(e.lhs), rhs = Expr(e.rhs);
  if (e.op == BinaryOp::Overlaps) {
    std::string a = fmt::format("oracle{}", ++names_), b = fmt::format("oracle{}", ++names_);
    return fmt::format("(CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE EXISTS (SELECT 1 FROM json_each({0}) {2}, "
                       "json_each({1}) {3} WHERE {2}.value = {3}.value) END)", lhs, rhs, a, b);
  }
  return fmt::format("({} {} {})", lhs, Spelling(e.op), rhs);
}

std::string OracleSql::Of(const LogicalExpr& e) {
  std::string text;
  for (ExprId arg : e.args) text += (text.empty() ? "(" : e.op == LogicalOp::And ? " AND " : " OR ") + Expr(arg);
  return text + ")";
}

std::string OracleSql::Of(const IsTestExpr& e) {
  std::string_view test = e.test == IsTest::Unknown ? "NULL" : Spelling(e.test);
  return fmt::format("({} IS {}{})", Expr(e.operand), e.negated ? "NOT " : "", test);
}

std::string OracleSql::Of(const LikeExpr& e) {
  if (e.op != LikeOp::Like && e.op != LikeOp::ILike && e.op != LikeOp::Glob) return Problem(std::string(Spelling(e.op)));
  std::string text = fmt::format("({} {}{} {}", Expr(e.value), e.negated ? "NOT " : "",
                                 e.op == LikeOp::Glob ? "GLOB" : "LIKE", Expr(e.pattern));
  if (e.escape.HasValue()) text += " ESCAPE " + Expr(e.escape);
  return text + ")";
}

std::string OracleSql::Of(const BetweenExpr& e) {
  return fmt::format("({} {}BETWEEN {} AND {})", Expr(e.value), e.negated ? "NOT " : "", Expr(e.low), Expr(e.high));
}

// `x IN json`: unknown for a NULL array, else IN over its elements.
std::string OracleSql::InJson(const std::string& lhs, const std::string& json, bool negated) {
  return fmt::format("(CASE WHEN {0} IS NULL THEN NULL ELSE {1} {2}IN (SELECT value FROM json_each({0})) END)", json, lhs,
                     negated ? "NOT " : "");
}

std::string OracleSql::Of(const InExpr& e) {
  std::string lhs = Expr(e.value), negated = e.negated ? "NOT " : "";
  if (const auto* list = std::get_if<InList>(&e.target)) return fmt::format("({} {}IN ({}))", lhs, negated, List(list->items));
  if (const auto* query = std::get_if<InQuery>(&e.target)) return fmt::format("({} {}IN ({}))", lhs, negated, Query(query->query));
  ExprId target = std::get<InValue>(e.target).value;
  const auto* column = tree_.As<ColumnExpr>(target);
  if (column && context_.relations.count(column->column.text))
    return fmt::format("({} {}IN (SELECT * FROM {}))", lhs, negated, SqlName(column->column.text));
  return InJson(lhs, Expr(target), e.negated);
}

std::string OracleSql::Of(const QuantifiedExpr& e) {
  bool in = e.op == BinaryOp::Equal && e.quantifier == Quantifier::Any;
  bool not_in = e.op == BinaryOp::NotEqual && e.quantifier == Quantifier::All;
  const auto* query = std::get_if<QueryId>(&e.rhs);
  if (in || not_in) {
    if (!query) return InJson(Expr(e.lhs), Expr(std::get<ExprId>(e.rhs)), not_in);
    return fmt::format("({} {}IN ({}))", Expr(e.lhs), not_in ? "NOT " : "", Query(*query));
  }
  if (!query || e.quantifier != Quantifier::Any || e.op == BinaryOp::Other) return Problem("ANY or ALL");
  std::string name = fmt::format("oracle{}", ++names_);
  return fmt::format("EXISTS (WITH {0}(v) AS ({1}) SELECT 1 FROM {0} WHERE {2} {3} {0}.v)", name, Query(*query), Expr(e.lhs),
                     Spelling(e.op));
}

std::string OracleSql::Of(const CaseExpr& e) {
  std::string text = "(CASE";
  if (e.operand.HasValue()) text += " " + Expr(e.operand);
  for (const CaseArm& arm : e.arms) text += fmt::format(" WHEN {} THEN {}", Expr(arm.when), Expr(arm.then));
  if (e.otherwise.HasValue()) text += " ELSE " + Expr(e.otherwise);
  return text + " END)";
}

std::string OracleSql::Of(const CastExpr& e) { return fmt::format("CAST({} AS {})", Expr(e.operand), CastType(e.type)); }

std::string OracleSql::Of(const CollateExpr& e) {
  return fmt::format("({} COLLATE {})", Expr(e.operand), SqlName(e.collation.name.text));
}

std::string OracleSql::Inline(const CreateFunction& function, const CallExpr& call) {
  std::map<std::string, std::string> frame;
  for (size_t i = 0; i < function.parameters.size() && i < call.args.size(); ++i)
    frame[function.parameters[i].name.text] = "(" + Expr(call.args[i]) + ")";
  arguments_.push_back(std::move(frame));
  std::string text = "(" + Expr(function.body) + ")";
  arguments_.pop_back();
  return text;
}

std::string OracleSql::Of(const CallExpr& e) {
  const std::string &schema = e.function.schema.text, &name = e.function.name.text;
  if (schema == "auth" || schema == "connection" || schema == "subscription") {
    const auto* key = e.args.empty() ? nullptr : tree_.As<TextExpr>(e.args[0]);
    return context_.request(schema, name, key ? key->value : "");
  }
  auto function = context_.functions.find(name);
  if (schema.empty() && function != context_.functions.end()) return Inline(*function->second, e);
  if (e.bare || e.over || e.filter.HasValue()) return Problem("call of " + name);
  return fmt::format("{}({}{})", name, e.distinct ? "DISTINCT " : "", e.star ? "*" : List(e.args));
}

std::string OracleSql::Expr(ExprId id) {
  return std::visit([this](const auto& e) { return Of(e); }, tree_[id].kind);
}

std::string OracleSql::List(const std::vector<ExprId>& items) {
  std::string text;
  for (ExprId item : items) text += (text.empty() ? "" : ", ") + Expr(item);
  return text;
}

// ---- Queries ----

// `text` with the item's alias, and its columns renamed when the alias says so.
std::string OracleSql::FromTable(const FromItem& item, const std::string& text, const std::string& name) {
  std::string alias = item.alias.HasValue() ? item.alias.text : name;
  if (item.columns.empty()) return alias.empty() ? text : fmt::format("{} AS {}", text, SqlName(alias));
  std::string columns;
  for (const Name& column : item.columns) columns += (columns.empty() ? "" : ", ") + SqlName(column.text);
  return fmt::format("(WITH {0}({1}) AS (SELECT * FROM {2}) SELECT * FROM {0}) AS {0}", SqlName(alias), columns, text);
}

std::string OracleSql::From(FromId id) {
  const FromItem& item = tree_[id];
  if (const auto* table = std::get_if<TableItem>(&item.kind)) {
    const std::string &schema = table->table.schema.text, &name = table->table.name.text;
    std::string text = schema.empty() || schema == "public" ? SqlName(name) : SqlName(schema) + "." + SqlName(name);
    return FromTable(item, text, name);
  }
  if (const auto* function = std::get_if<FunctionItem>(&item.kind)) {
    const auto& call = *tree_.As<CallExpr>(function->call);
    bool unnest = call.function.name.text == "unnest";
    std::string alias = item.alias.HasValue() ? item.alias.text : call.function.name.text;
    if (unnest) unnested_.insert(item.columns.empty() ? alias : item.columns[0].text);
    else if (call.function.name.text != "json_each" || !item.columns.empty()) return Problem(call.function.name.text);
    return fmt::format("json_each({}) AS {}", List(call.args), SqlName(alias));
  }
  if (const auto* subquery = std::get_if<SubqueryItem>(&item.kind))
    return FromTable(item, "(" + Query(subquery->query) + ")", "");
  const auto& join = std::get<JoinItem>(item.kind);
  if (join.natural || (join.kind != JoinKind::Inner && join.kind != JoinKind::Cross)) return Problem("outer join");
  std::string rhs = From(join.rhs);
  if (std::holds_alternative<JoinItem>(tree_[join.rhs].kind)) rhs = "(" + rhs + ")";
  std::string text = fmt::format("{} {}JOIN {}", From(join.lhs), join.kind == JoinKind::Cross ? "CROSS " : "", rhs);
  if (join.on.HasValue()) text += " ON " + Expr(join.on);
  std::string columns;
  for (const Name& column : join.using_columns) columns += (columns.empty() ? " USING (" : ", ") + SqlName(column.text);
  return columns.empty() ? text : text + columns + ")";
}

std::string OracleSql::Select(const ast::Select& select) {
  // FROM first: it says which names are columns of unnest().
  std::string from, items;
  for (FromId item : select.from) from += (from.empty() ? " FROM " : ", ") + From(item);
  for (const SelectItem& item : select.items) {
    items += items.empty() ? "SELECT " : ", ";
    if (items == "SELECT " && select.distinct) items += "DISTINCT ";
    if (const auto* star = std::get_if<StarItem>(&item.kind)) {
      items += star->table.HasValue() ? SqlName(star->table.name.text) + ".*" : "*";
      continue;
    }
    const auto& expr = std::get<ExprItem>(item.kind);
    const auto* column = tree_.As<ColumnExpr>(expr.expr);
    items += Expr(expr.expr);
    if (expr.alias.HasValue()) items += " AS " + SqlName(expr.alias.text);
    else if (column) items += " AS " + SqlName(column->column.text);
  }
  std::string text = items + from;
  if (select.where.HasValue()) text += " WHERE " + Expr(select.where);
  if (!select.group_by.empty() || select.having.HasValue() || !select.windows.empty()) return Problem("GROUP BY");
  return text;
}

std::string OracleSql::Cte(const ast::Cte& cte) {
  std::string columns;
  for (const Name& column : cte.columns) columns += (columns.empty() ? "(" : ", ") + SqlName(column.text);
  if (!columns.empty()) columns += ")";
  return fmt::format("{}{} AS ({})", SqlName(cte.name.text), columns, Query(cte.query));
}

std::string OracleSql::Query(QueryId id) {
  const ast::Query& query = tree_[id];
  std::string text;
  for (const ast::Cte& cte : query.with) text += (text.empty() ? "WITH " : ", ") + Cte(cte);
  for (const QueryArm& arm : query.arms) {
    if (arm.op != SetOp::None) text += fmt::format(" {} ", Spelling(arm.op));
    else if (!text.empty()) text += " ";
    if (const auto* select = std::get_if<ast::Select>(&arm.body)) text += Select(*select);
    else if (const auto* nested = std::get_if<QueryId>(&arm.body)) text += "SELECT * FROM (" + Query(*nested) + ")";
    else
      for (const auto& row : std::get<Values>(arm.body).rows) text += (text.ends_with(")") ? ", (" : "VALUES (") + List(row) + ")";
  }
  if (query.limit.HasValue()) text += " LIMIT " + Expr(query.limit);
  return text;
}

}  // namespace bulkhead::testing
