#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <limits>

#include "compiler/ast/print.h"
#include "compiler/ast/sql_printer.h"

namespace bulkhead::ast {
namespace {

Binding BindingOfOp(BinaryOp op) {
  switch (op) {
    case BinaryOp::Equal: case BinaryOp::NotEqual: case BinaryOp::Is: case BinaryOp::IsNot: return Binding::Equality;
    case BinaryOp::Less: case BinaryOp::LessEqual: case BinaryOp::Greater: case BinaryOp::GreaterEqual:
      return Binding::Relation;
    case BinaryOp::Add: case BinaryOp::Subtract: return Binding::Sum;
    case BinaryOp::Multiply: case BinaryOp::Divide: case BinaryOp::Modulo: return Binding::Product;
    case BinaryOp::Concat: case BinaryOp::JsonGet: case BinaryOp::JsonGetText: return Binding::Concat;
    default: return Binding::Bits;
  }
}

Binding Tighter(Binding binding) { return static_cast<Binding>(static_cast<int>(binding) + 1); }

std::string Real(const RealExpr& real) {
  if (!real.text.empty()) return real.text;
  if (std::isinf(real.value)) return real.value > 0 ? "9e999" : "-9e999";
  std::string text = fmt::format("{}", real.value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// A literal is negative only as the least integer, or when it was written in hexadecimal.
bool IsHexadecimal(int64_t value) { return value < 0 && value != std::numeric_limits<int64_t>::min(); }

std::string Integer(int64_t value) {
  return IsHexadecimal(value) ? fmt::format("{:#x}", static_cast<uint64_t>(value)) : fmt::format("{}", value);
}

std::string Blob(const BlobExpr& blob) {
  std::string out = "X'";
  for (char c : blob.bytes) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return out + "'";
}

// "1 day 2 hours" as the modifiers of SQLite's date functions: '+1 day', '+2 hours'.
std::string Modifiers(std::string_view interval, char sign) {
  std::string out;
  for (size_t at = 0; at < interval.size();) {
    size_t number = interval.find_first_of("0123456789.", at);
    if (number == std::string_view::npos) break;
    size_t unit = interval.find_first_not_of("0123456789. ", number);
    size_t end = std::min(interval.find_first_of(" ", std::min(unit, interval.size())), interval.size());
    std::string text(interval.substr(number, end - number));
    bool negative = number > 0 && interval[number - 1] == '-';
    out += fmt::format(", '{}{}'", negative ? (sign == '+' ? '-' : '+') : sign, text);
    at = end;
  }
  return out;
}

}  // namespace

Binding SqlPrinter::BindingOf(const Expr& expr) const {
  if (const auto* logical = std::get_if<LogicalExpr>(&expr.kind))
    return logical->op == LogicalOp::Or ? Binding::Or : Binding::And;
  if (const auto* unary = std::get_if<UnaryExpr>(&expr.kind))
    return unary->op == UnaryOp::Not ? Binding::Not : Binding::Unary;
  if (const auto* binary = std::get_if<BinaryExpr>(&expr.kind)) {
    bool call = sqlite_ && (binary->op == BinaryOp::Overlaps || tree_.As<IntervalExpr>(binary->rhs));
    return call ? Binding::Atom : BindingOfOp(binary->op);
  }
  if (const auto* quantified = std::get_if<QuantifiedExpr>(&expr.kind)) return BindingOfOp(quantified->op);
  if (const auto* integer = std::get_if<IntegerExpr>(&expr.kind))
    return integer->value < 0 && !IsHexadecimal(integer->value) ? Binding::Unary : Binding::Atom;
  if (const auto* cast = std::get_if<CastExpr>(&expr.kind))
    return cast->style == CastStyle::Colons && !sqlite_ ? Binding::Cast : Binding::Atom;
  bool test = std::holds_alternative<IsTestExpr>(expr.kind) || std::holds_alternative<LikeExpr>(expr.kind) ||
              std::holds_alternative<BetweenExpr>(expr.kind) || std::holds_alternative<InExpr>(expr.kind);
  if (test) return Binding::Equality;
  if (std::holds_alternative<CollateExpr>(expr.kind)) return Binding::Collate;
  if (std::holds_alternative<SubscriptExpr>(expr.kind)) return Binding::Cast;
  return Binding::Atom;
}

std::string SqlPrinter::At(ExprId id, Binding needed) {
  if (options_.replace)
    if (auto text = options_.replace(id)) {
      bool atom = text->find_first_of(" (-+") == std::string::npos || (text->front() == '\'' && text->back() == '\'');
      return atom || needed == Binding::Or ? *text : "(" + *text + ")";
    }
  const Expr& expr = tree_[id];
  std::string body = Body(expr);
  return BindingOf(expr) < needed ? "(" + body + ")" : body;
}

std::string SqlPrinter::List(const std::vector<ExprId>& ids) {
  std::string out;
  for (size_t i = 0; i < ids.size(); ++i) out += (i ? ", " : "") + Of(ids[i]);
  return out;
}

std::string SqlPrinter::Of(const QualifiedName& name) const {
  return name.schema.HasValue() ? Of(name.schema) + "." + Of(name.name) : Of(name.name);
}

std::string SqlPrinter::Names(const std::vector<Name>& names) const {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) out += (i ? ", " : "") + Of(names[i]);
  return names.empty() ? "" : "(" + out + ")";
}

std::string SqlPrinter::Body(const Expr& expr) {
  return std::visit(Match{
      [&](const NullExpr&) { return std::string("NULL"); },
      [&](const BooleanExpr& e) { return std::string(e.value ? "TRUE" : "FALSE"); },
      [&](const IntegerExpr& e) { return Integer(e.value); },
      [&](const RealExpr& e) { return Real(e); },
      [&](const TextExpr& e) { return QuoteText(e.value); },
      [&](const BlobExpr& e) { return Blob(e); },
      [&](const IntervalExpr& e) { return "interval " + QuoteText(e.value); },
      [&](const ParameterExpr& e) { return ":" + e.name.text; },
      [&](const ColumnExpr& e) { return Column(e); },
      [&](const UnaryExpr& e) { return Unary(e); },
      [&](const BinaryExpr& e) { return Binary(e); },
      [&](const LogicalExpr& e) { return Logical(e); },
      [&](const IsTestExpr& e) {
        bool unknown = sqlite_ && e.test == IsTest::Unknown;
        return fmt::format("{} IS {}{}", At(e.operand, Binding::Equality), e.negated ? "NOT " : "",
                           unknown ? "NULL" : Spelling(e.test));
      },
      [&](const LikeExpr& e) { return Like(e); },
      [&](const BetweenExpr& e) {
        return fmt::format("{} {}BETWEEN {} AND {}", At(e.value, Binding::Equality), e.negated ? "NOT " : "",
                           At(e.low, Binding::Bits), At(e.high, Binding::Bits));
      },
      [&](const InExpr& e) { return In(e); },
      [&](const QuantifiedExpr& e) { return sqlite_ ? QuantifiedSqlite(e) : Quantified(e); },
      [&](const ExistsExpr& e) { return "EXISTS (" + Of(e.query) + ")"; },
      [&](const ScalarQueryExpr& e) { return "(" + Of(e.query) + ")"; },
      [&](const RowExpr& e) { return (e.explicit_row && !sqlite_ ? "ROW(" : "(") + List(e.items) + ")"; },
      [&](const ArrayExpr& e) { return sqlite_ ? "json_array(" + List(e.items) + ")" : "ARRAY[" + List(e.items) + "]"; },
      [&](const ArrayQueryExpr& e) {
        if (!sqlite_) return "ARRAY(" + Of(e.query) + ")";
        return fmt::format("(WITH q(c) AS ({}) SELECT json_group_array(c) FROM q)", Of(e.query));
      },
      [&](const CaseExpr& e) { return Case(e); },
      [&](const CastExpr& e) { return Cast(e); },
      [&](const CollateExpr& e) { return At(e.operand, Binding::Collate) + " COLLATE " + Of(e.collation); },
      [&](const SubscriptExpr& e) { return At(e.operand, Binding::Cast) + "[" + Of(e.index) + "]"; },
      [&](const CallExpr& e) { return Call(e); },
      [&](const RawExpr& e) { return e.text; },
      [&](const ErrorExpr&) { return std::string("NULL"); },
  }, expr.kind);
}

std::string SqlPrinter::Column(const ColumnExpr& column) const {
  auto renamed = renamed_.find({column.table.text, column.column.text});
  if (renamed != renamed_.end()) return renamed->second;
  std::string out = Of(column.column);
  if (column.table.HasValue()) out = Of(column.table) + "." + out;
  if (column.schema.HasValue()) out = Of(column.schema) + "." + out;
  return out;
}

std::string SqlPrinter::Unary(const UnaryExpr& expr) {
  if (expr.op == UnaryOp::Not) return "NOT " + At(expr.operand, Binding::Not);
  std::string operand = At(expr.operand, Binding::Unary);
  // Two minus signs would begin a comment, two tildes are another operator.
  bool sign = operand[0] == '-' || operand[0] == '+' || operand[0] == '~';
  return std::string(Spelling(expr.op)) + (sign ? " " : "") + operand;
}

std::string SqlPrinter::Binary(const BinaryExpr& expr) {
  if (sqlite_ && expr.op == BinaryOp::Overlaps) return Overlaps(expr);
  bool sum = expr.op == BinaryOp::Add || expr.op == BinaryOp::Subtract;
  if (const auto* interval = tree_.As<IntervalExpr>(expr.rhs); sqlite_ && sum && interval) return Interval(expr, *interval);
  Binding own = BindingOfOp(expr.op);
  std::string op = expr.op == BinaryOp::Other ? expr.other : std::string(Spelling(expr.op));
  std::string rhs = At(expr.rhs, Tighter(own));
  // IS with a literal would read back as a test: IS DISTINCT FROM NULL is kept apart.
  if (own == Binding::Equality && !sqlite_ && (expr.op == BinaryOp::Is || expr.op == BinaryOp::IsNot))
    op = expr.op == BinaryOp::Is ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM";
  return At(expr.lhs, own) + " " + op + " " + rhs;
}

std::string SqlPrinter::Interval(const BinaryExpr& expr, const IntervalExpr& interval) {
  return fmt::format("datetime({}{})", Of(expr.lhs), Modifiers(interval.value, expr.op == BinaryOp::Add ? '+' : '-'));
}

// The elements of an array expression, or the rows of a query, as something that can follow IN.
std::string SqlPrinter::Elements(ExprId array) {
  if (const auto* query = tree_.As<ScalarQueryExpr>(array)) return "(" + Of(query->query) + ")";
  if (const auto* list = tree_.As<ArrayExpr>(array)) return "(" + List(list->items) + ")";
  if (const auto* row = tree_.As<RowExpr>(array)) return "(" + List(row->items) + ")";
  return "(SELECT value FROM json_each(" + Of(array) + "))";
}

std::string SqlPrinter::Overlaps(const BinaryExpr& expr) {
  ExprId left = expr.lhs, right = expr.rhs;
  if (tree_.As<ScalarQueryExpr>(left)) std::swap(left, right);
  if (const auto* both = tree_.As<ScalarQueryExpr>(left))
    return fmt::format("EXISTS (WITH q(c) AS ({}) SELECT 1 FROM q WHERE c IN {})", Of(both->query), Elements(right));
  return fmt::format("EXISTS (SELECT 1 FROM json_each({}) AS e WHERE e.value IN {})", Of(left), Elements(right));
}

std::string SqlPrinter::Logical(const LogicalExpr& expr) {
  bool any = expr.op == LogicalOp::Or;
  std::string out;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    // AND inside OR needs no parentheses, but a reader does.
    bool nested = tree_.As<LogicalExpr>(expr.args[i]) != nullptr;
    out += (i ? (any ? " OR " : " AND ") : "") + At(expr.args[i], nested ? Binding::Atom : Binding::Not);
  }
  return out;
}

std::string SqlPrinter::Like(const LikeExpr& expr) {
  bool ilike = sqlite_ && expr.op == LikeOp::ILike;
  std::string out = fmt::format("{} {}{} {}", At(expr.value, Binding::Equality), expr.negated ? "NOT " : "",
                                ilike ? "LIKE" : Spelling(expr.op), At(expr.pattern, Binding::Bits));
  if (expr.escape.HasValue()) out += " ESCAPE " + At(expr.escape, Binding::Bits);
  return out;
}

std::string SqlPrinter::In(const InExpr& expr) {
  std::string out = At(expr.value, Binding::Equality) + (expr.negated ? " NOT IN " : " IN ");
  return out + std::visit(Match{
      [&](const InList& in) { return "(" + List(in.items) + ")"; },
      [&](const InQuery& in) { return "(" + Of(in.query) + ")"; },
      [&](const InValue& in) { return sqlite_ ? InSqlite(in.value) : At(in.value, Binding::Concat); },
  }, expr.target);
}

std::string SqlPrinter::InSqlite(ExprId value) {
  if (const auto* column = tree_.As<ColumnExpr>(value)) {
    bool replaced = options_.replace && options_.replace(value);
    bool relation = options_.is_relation ? options_.is_relation(*column) : !column->table.HasValue();
    if (relation || replaced) return Of(value);
  }
  if (const auto* call = tree_.As<CallExpr>(value); call && !call->function.schema.HasValue()) {
    const std::string& name = call->function.name.text;
    if (name == "json_each" || name == "unnest") return "(SELECT value FROM json_each(" + List(call->args) + "))";
    if (name == "generate_series") return Series(*call, "value");
  }
  return Elements(value);
}

std::string SqlPrinter::Quantified(const QuantifiedExpr& expr) {
  std::string op = expr.op == BinaryOp::Other ? expr.other : std::string(Spelling(expr.op));
  std::string rhs = std::visit([&](auto id) { return Of(id); }, expr.rhs);
  return fmt::format("{} {} {} ({})", At(expr.lhs, BindingOfOp(expr.op)), op,
                     expr.quantifier == Quantifier::Any ? "ANY" : "ALL", rhs);
}

// = ANY is IN and <> ALL is NOT IN; the others count how the comparison turned out, NULL included.
std::string SqlPrinter::QuantifiedSqlite(const QuantifiedExpr& expr) {
  bool any = expr.quantifier == Quantifier::Any;
  const auto* query = std::get_if<QueryId>(&expr.rhs);
  std::string rows = query ? "(" + Of(*query) + ")" : Elements(std::get<ExprId>(expr.rhs));
  if (any && expr.op == BinaryOp::Equal) return At(expr.lhs, Binding::Equality) + " IN " + rows;
  if (!any && expr.op == BinaryOp::NotEqual) return At(expr.lhs, Binding::Equality) + " NOT IN " + rows;
  if (!query) rows = "(SELECT value FROM json_each(" + Of(std::get<ExprId>(expr.rhs)) + "))";
  std::string test = fmt::format("{} {} q.c", At(expr.lhs, Binding::Bits),
                                 expr.op == BinaryOp::Other ? expr.other : Spelling(expr.op));
  return fmt::format("(WITH q(c) AS {0} SELECT CASE WHEN {1}({2}) = {3} THEN {3} WHEN count(*) > count({2}) THEN NULL "
                     "ELSE {4} END FROM q)", rows, any ? "max" : "min", test, any ? 1 : 0, any ? 0 : 1);
}

std::string SqlPrinter::Case(const CaseExpr& expr) {
  std::string out = "CASE";
  if (expr.operand.HasValue()) out += " " + Of(expr.operand);
  for (const CaseArm& arm : expr.arms) out += " WHEN " + Of(arm.when) + " THEN " + Of(arm.then);
  if (expr.otherwise.HasValue()) out += " ELSE " + Of(expr.otherwise);
  return out + " END";
}

namespace {

// SQLite reads a type's affinity from its name; these would become numbers. Types of a schema are enums, mostly.
bool IsText(const TypeName& type) {
  for (std::string_view name : {"uuid", "json", "jsonb", "citext", "name"})
    if (type.name == name) return true;
  return type.array_dimensions > 0 || type.schema.HasValue();
}

}  // namespace

std::string SqlPrinter::Cast(const CastExpr& expr) {
  std::string type = sqlite_ && IsText(expr.type) ? "TEXT" : Spelling(expr.type);
  if (options_.cast_type) type = options_.cast_type(expr.type);
  if (sqlite_ || expr.style == CastStyle::Cast) return fmt::format("CAST({} AS {})", Of(expr.operand), type);
  if (expr.style == CastStyle::TypedLiteral) return type + " " + Of(expr.operand);
  return At(expr.operand, Binding::Cast) + "::" + type;
}

std::string SqlPrinter::Order(const std::vector<OrderTerm>& terms) {
  std::string out;
  for (size_t i = 0; i < terms.size(); ++i) {
    out += (i ? ", " : "") + Of(terms[i].expr) + (terms[i].descending ? " DESC" : "");
    if (terms[i].nulls_first) out += *terms[i].nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  return out;
}

std::string SqlPrinter::Of(const Window& window) {
  std::vector<std::string> parts;
  if (window.base.HasValue()) parts.push_back(Of(window.base));
  if (!window.partition_by.empty()) parts.push_back("PARTITION BY " + List(window.partition_by));
  if (!window.order_by.empty()) parts.push_back("ORDER BY " + Order(window.order_by));
  if (!window.frame.empty()) parts.push_back(window.frame);
  return fmt::format("({})", fmt::join(parts, " "));
}

std::string SqlPrinter::Call(const CallExpr& call) {
  std::string name = Of(call.function);
  if (call.bare) {
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name.front() == '"' ? name.substr(1, name.size() - 2) : name;
  }
  // left and right are reserved, yet functions.
  if (call.function.name.text == "left" || call.function.name.text == "right") name = call.function.name.text;
  std::string out = name + "(" + (call.star ? "*" : "") + (call.distinct ? "DISTINCT " : "") + List(call.args);
  if (!call.order_by.empty()) out += " ORDER BY " + Order(call.order_by);
  out += ")";
  if (call.filter.HasValue()) out += " FILTER (WHERE " + Of(call.filter) + ")";
  if (!call.over) return out;
  bool named = call.over->base.HasValue() && call.over->partition_by.empty() && call.over->order_by.empty() &&
               call.over->frame.empty();
  return out + " OVER " + (named ? Of(call.over->base) : Of(*call.over));
}

std::string Sql(const Tree& tree, ExprId id, const SqlOptions& options) { return SqlPrinter(tree, options).Of(id); }
std::string Sql(const Tree& tree, QueryId id, const SqlOptions& options) { return SqlPrinter(tree, options).Of(id); }

}  // namespace bulkhead::ast
