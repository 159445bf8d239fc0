#include <fmt/format.h>

#include "compiler/ast/print.h"
#include "compiler/ast/sql_printer.h"

namespace bulkhead::ast {

std::string SqlPrinter::With(const Query& query) {
  if (query.with.empty()) return "";
  std::string out = query.recursive ? "WITH RECURSIVE " : "WITH ";
  for (size_t i = 0; i < query.with.size(); ++i) {
    const Cte& cte = query.with[i];
    std::string columns = Names(cte.columns);
    out += (i ? ", " : "") + Of(cte.name) + (columns.empty() ? "" : " " + columns) + " AS (" + Of(cte.query) + ")";
  }
  return out + " ";
}

std::string SqlPrinter::Rank(const Query& query) {
  std::string order = query.order_by.empty() ? "" : " ORDER BY " + Order(query.order_by);
  return fmt::format("row_number() OVER (PARTITION BY {}{}) AS bulkhead_rank", List(query.per), order);
}

std::string SqlPrinter::Of(QueryId id) {
  const Query& query = tree_[id];
  auto outer = renamed_;
  if (sqlite_)
    for (const QueryArm& arm : query.arms)
      if (const auto* select = std::get_if<Select>(&arm.body))
        for (FromId item : select->from) Rename(item);
  bool ranked = sqlite_ && !query.per.empty() && query.limit.HasValue();
  if (ranked) rank_ = Rank(query);
  std::string out = With(query);
  if (ranked) out += "SELECT * FROM (";
  for (const QueryArm& arm : query.arms) out += Of(arm, query.arms.size() == 1);
  if (ranked) {
    std::string first = query.offset.HasValue() ? Of(query.offset) : "0";
    out += fmt::format(") WHERE bulkhead_rank > {0} AND bulkhead_rank <= {0} + {1}", first,
                       At(query.limit, Binding::Product));
  } else {
    if (!query.order_by.empty()) out += " ORDER BY " + Order(query.order_by);
    if (query.limit.HasValue()) out += " LIMIT " + Of(query.limit);
    if (!query.per.empty() && query.limit.HasValue()) out += " PER (" + List(query.per) + ")";
    // SQLite knows OFFSET only after LIMIT.
    bool unlimited = sqlite_ && !query.limit.HasValue();
    if (query.offset.HasValue()) out += (unlimited ? " LIMIT -1 OFFSET " : " OFFSET ") + Of(query.offset);
  }
  renamed_ = std::move(outer);
  return out;
}

std::string SqlPrinter::Of(const QueryArm& arm, bool only) {
  std::string op = arm.op == SetOp::None ? "" : fmt::format(" {} ", Spelling(arm.op));
  return op + std::visit(Match{
      [&](const Select& select) { return Of(select); },
      [&](const Values& values) {
        std::string rows;
        for (const auto& row : values.rows) rows += (rows.empty() ? "(" : ", (") + List(row) + ")";
        return "VALUES " + rows;
      },
      [&](QueryId query) {
        if (!sqlite_) return "(" + Of(query) + ")";
        return only ? Of(query) : "SELECT * FROM (" + Of(query) + ")";
      },
  }, arm.body);
}

std::string SqlPrinter::Of(const SelectItem& item) {
  return std::visit(Match{
      [&](const StarItem& star) {
        if (!star.table.HasValue()) return std::string("*");
        return (sqlite_ ? Of(star.table.name) : Of(star.table)) + ".*";
      },
      [&](const ExprItem& expr) {
        std::string text = Of(expr.expr);
        if (expr.alias.HasValue()) return text + " AS " + Of(expr.alias);
        // A column that SQLite calls otherwise keeps its name in the output.
        const auto* column = tree_.As<ColumnExpr>(expr.expr);
        bool renamed = column && renamed_.contains({column->table.text, column->column.text});
        return renamed ? text + " AS " + Of(column->column) : text;
      },
  }, item.kind);
}

std::string SqlPrinter::Of(const Select& select) {
  std::string rank = std::exchange(rank_, "");
  std::string out = select.distinct ? "SELECT DISTINCT " : "SELECT ";
  for (size_t i = 0; i < select.items.size(); ++i) out += (i ? ", " : "") + Of(select.items[i]);
  if (!rank.empty()) out += ", " + rank;
  if (select.into.HasValue() && !sqlite_) out += " INTO " + Of(select.into);
  for (size_t i = 0; i < select.from.size(); ++i) out += (i ? ", " : " FROM ") + Of(select.from[i]);
  if (select.where.HasValue()) out += " WHERE " + Of(select.where);
  if (!select.group_by.empty()) out += " GROUP BY " + List(select.group_by);
  if (select.having.HasValue()) out += " HAVING " + Of(select.having);
  for (size_t i = 0; i < select.windows.size(); ++i)
    out += (i ? ", " : " WINDOW ") + Of(select.windows[i].name) + " AS " + Of(select.windows[i].window);
  return out;
}

// ---- FROM ----------------------------------------------------------------------------------------------------------

std::string SqlPrinter::Alias(const FromItem& item) const {
  std::string out = item.alias.HasValue() ? " AS " + Of(item.alias) : "";
  std::string columns = Names(item.columns);
  return sqlite_ || columns.empty() ? out : out + " " + columns;
}

// SQLite has no column list after an alias: a WITH of its own names the columns.
std::string SqlPrinter::Renamed(const FromItem& item, const std::string& rows) const {
  return fmt::format("(WITH renamed{} AS ({}) SELECT * FROM renamed)", Names(item.columns), rows);
}

std::string SqlPrinter::Table(const FromItem& item, const std::string& body) {
  bool renamed = sqlite_ && !item.columns.empty();
  return (renamed ? Renamed(item, "SELECT * FROM " + body) : body) + Alias(item);
}

std::string SqlPrinter::Of(FromId id) {
  const FromItem& item = tree_[id];
  std::string lateral = item.lateral && !sqlite_ ? "LATERAL " : "";
  return lateral + std::visit(Match{
      [&](const TableItem& table) { return Table(item, Of(table.table)); },
      [&](const FunctionItem& function) { return Function(item, function); },
      [&](const SubqueryItem& subquery) { return Table(item, "(" + Of(subquery.query) + ")"); },
      [&](const JoinItem& join) { return Of(join); },
  }, item.kind);
}

std::string SqlPrinter::Of(const JoinItem& join) {
  static constexpr const char* Kinds[] = {" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " CROSS JOIN "};
  std::string rhs = Of(join.rhs);
  if (std::holds_alternative<JoinItem>(tree_[join.rhs].kind)) rhs = "(" + rhs + ")";
  std::string out = Of(join.lhs) + (join.natural ? " NATURAL" : "") + Kinds[static_cast<size_t>(join.kind)] + rhs;
  if (join.on.HasValue()) out += " ON " + Of(join.on);
  if (!join.using_columns.empty()) out += " USING " + Names(join.using_columns);
  return out;
}

namespace {

bool IsFunction(const CallExpr& call, std::string_view name) {
  return call.function.name.text == name && !call.function.schema.HasValue();
}

}  // namespace

std::string SqlPrinter::Function(const FromItem& item, const FunctionItem& function) {
  const auto& call = std::get<CallExpr>(tree_[function.call].kind);
  if (!sqlite_) return Of(function.call) + (function.with_ordinality ? " WITH ORDINALITY" : "") + Alias(item);
  std::string alias = " AS " + QuoteName(item.alias.HasValue() ? item.alias.text : call.function.name.text);
  if (IsFunction(call, "generate_series")) return Series(call, "value") + alias;
  if (IsFunction(call, "unnest")) return "json_each(" + List(call.args) + ")" + alias;
  return Of(function.call) + alias;
}

std::string SqlPrinter::Series(const CallExpr& call, const std::string& column) {
  if (call.args.size() < 2) return "(SELECT NULL AS " + column + " WHERE FALSE)";
  std::string from = At(call.args[0], Binding::Product), to = At(call.args[1], Binding::Bits);
  std::string step = call.args.size() > 2 ? At(call.args[2], Binding::Product) : "1";
  return fmt::format("(WITH RECURSIVE series({0}) AS (SELECT {1} WHERE CASE WHEN {3} > 0 THEN {1} <= {2} ELSE {1} >= {2} END "
                     "UNION ALL SELECT {0} + {3} FROM series WHERE CASE WHEN {3} > 0 THEN {0} + {3} <= {2} ELSE {0} + {3} >= "
                     "{2} END) SELECT {0} FROM series)", column, from, to, step);
}

// json_each has its own column names; those that AS gives, and PostgreSQL's names for unnest and generate_series, are
// written as json_each's.
void SqlPrinter::Rename(FromId id) {
  const FromItem& item = tree_[id];
  if (const auto* join = std::get_if<JoinItem>(&item.kind)) {
    Rename(join->lhs);
    Rename(join->rhs);
    return;
  }
  const auto* function = std::get_if<FunctionItem>(&item.kind);
  if (function == nullptr) return;
  const auto& call = std::get<CallExpr>(tree_[function->call].kind);
  std::string alias = item.alias.HasValue() ? item.alias.text : call.function.name.text;
  auto rename = [&](const std::string& column, const std::string& real) {
    renamed_[{alias, column}] = QuoteName(alias) + "." + real;
    renamed_[{"", column}] = QuoteName(alias) + "." + real;
  };
  bool scalar = IsFunction(call, "unnest") || IsFunction(call, "generate_series");
  if (scalar && item.columns.empty()) rename(alias, "value");
  static constexpr const char* EachColumns[] = {"key", "value", "type", "atom", "id", "parent", "fullkey", "path"};
  for (size_t i = 0; i < item.columns.size() && i < std::size(EachColumns); ++i) {
    bool ordinal = scalar && i == 1;
    rename(item.columns[i].text, scalar && i == 0 ? "value" : ordinal ? "key + 1" : EachColumns[i]);
  }
}

}  // namespace bulkhead::ast
