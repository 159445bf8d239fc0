#include <fmt/format.h>

#include "compiler/ast/print.h"
#include "compiler/ast/printer.h"

namespace bulkhead::ast {

std::string_view Spelling(BinaryOp op) {
  switch (op) {
    case BinaryOp::Equal: return "=";
    case BinaryOp::NotEqual: return "<>";
    case BinaryOp::Less: return "<";
    case BinaryOp::LessEqual: return "<=";
    case BinaryOp::Greater: return ">";
    case BinaryOp::GreaterEqual: return ">=";
    case BinaryOp::Is: return "IS";
    case BinaryOp::IsNot: return "IS NOT";
    case BinaryOp::Add: return "+";
    case BinaryOp::Subtract: return "-";
    case BinaryOp::Multiply: return "*";
    case BinaryOp::Divide: return "/";
    case BinaryOp::Modulo: return "%";
    case BinaryOp::Concat: return "||";
    case BinaryOp::BitAnd: return "&";
    case BinaryOp::BitOr: return "|";
    case BinaryOp::ShiftLeft: return "<<";
    case BinaryOp::ShiftRight: return ">>";
    case BinaryOp::JsonGet: return "->";
    case BinaryOp::JsonGetText: return "->>";
    case BinaryOp::Overlaps: return "&&";
    case BinaryOp::Other: return "";
  }
  return "";
}

std::string_view Spelling(UnaryOp op) {
  switch (op) {
    case UnaryOp::Minus: return "-";
    case UnaryOp::Plus: return "+";
    case UnaryOp::BitNot: return "~";
    case UnaryOp::Not: return "NOT";
  }
  return "";
}

std::string_view Spelling(LikeOp op) {
  switch (op) {
    case LikeOp::Like: return "LIKE";
    case LikeOp::ILike: return "ILIKE";
    case LikeOp::Glob: return "GLOB";
    case LikeOp::Regexp: return "REGEXP";
    case LikeOp::Match: return "MATCH";
    case LikeOp::SimilarTo: return "SIMILAR TO";
  }
  return "";
}

std::string_view Spelling(IsTest test) {
  switch (test) {
    case IsTest::Null: return "NULL";
    case IsTest::True: return "TRUE";
    case IsTest::False: return "FALSE";
    case IsTest::Unknown: return "UNKNOWN";
  }
  return "";
}

std::string_view Spelling(SetOp op) {
  switch (op) {
    case SetOp::None: return "";
    case SetOp::Union: return "UNION";
    case SetOp::UnionAll: return "UNION ALL";
    case SetOp::Except: return "EXCEPT";
    case SetOp::ExceptAll: return "EXCEPT ALL";
    case SetOp::Intersect: return "INTERSECT";
    case SetOp::IntersectAll: return "INTERSECT ALL";
  }
  return "";
}

namespace {

// The shortest text that reads back as the same number, and never as an integer.
std::string Real(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

}  // namespace

Sexpr Printer::Of(const Name& name) const {
  if (!name.HasValue()) return Sexpr::Atom("_");
  bool plain = !(name.text[0] >= '0' && name.text[0] <= '9');
  for (char c : name.text)
    plain &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  return Sexpr::Atom(plain ? name.text : fmt::format("\"{}\"", name.text));
}

Sexpr Printer::Of(const QualifiedName& name) const {
  if (!name.schema.HasValue()) return Of(name.name);
  return Sexpr::Atom(Of(name.schema).atom + "." + Of(name.name).atom);
}

Sexpr Printer::Of(const TypeName& type) const {
  std::string text = type.schema.HasValue() ? type.schema.text + "." + type.name : type.name;
  for (size_t i = 0; i < type.arguments.size(); ++i) text += (i == 0 ? "(" : ",") + type.arguments[i];
  if (!type.arguments.empty()) text += ")";
  for (uint32_t i = 0; i < type.array_dimensions; ++i) text += "[]";
  return Sexpr::Atom(text.find(' ') == std::string::npos ? text : fmt::format("\"{}\"", text));
}

Sexpr Printer::Of(const InTarget& target) const {
  return std::visit(Match{
      [&](const InList& in) { return Listed("list", in.items); },
      [&](const InQuery& in) { return Of(in.query); },
      [&](const InValue& in) { return Sexpr::List("value").Add(Of(in.value)); },
  }, target);
}

Sexpr Printer::Of(const OrderTerm& term) const {
  if (!term.descending && !term.nulls_first) return Of(term.expr);
  Sexpr out = Sexpr::List(term.descending ? "desc" : "asc").Add(Of(term.expr));
  if (term.nulls_first) out.Add(*term.nulls_first ? "nulls-first" : "nulls-last");
  return out;
}

Sexpr Printer::Of(const Window& window) const {
  Sexpr out = Sexpr::List("over");
  if (window.base.HasValue()) out.Add(Of(window.base));
  AddList(out, "partition", window.partition_by);
  AddList(out, "order", window.order_by);
  if (!window.frame.empty()) out.Add(QuoteAtom(window.frame));
  return out;
}

Sexpr Printer::Call(const CallExpr& call) const {
  Sexpr out = Sexpr::List(call.bare ? "keyword" : "call").Add(Of(call.function));
  out.AddIf(call.star, "*").AddIf(call.distinct, "distinct");
  for (ExprId arg : call.args) out.Add(Of(arg));
  AddList(out, "order", call.order_by);
  AddExpr(out, "filter", call.filter);
  if (call.over) out.Add(Of(*call.over));
  return out;
}

Sexpr Printer::Of(ExprId id) const {
  if (!id.HasValue()) return Sexpr::Atom("_");
  auto negated = [](bool not_, std::string head) { return Sexpr::List(not_ ? "not-" + head : head); };
  auto lower = [](std::string_view text) {
    std::string out;
    for (char c : text) out += c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  };
  auto binary = [&](BinaryOp op, const std::string& other) {
    return op == BinaryOp::Other ? QuoteAtom(other) : lower(Spelling(op));
  };
  return std::visit(Match{
      [&](const NullExpr&) { return Sexpr::Atom("NULL"); },
      [&](const BooleanExpr& e) { return Sexpr::Atom(e.value ? "TRUE" : "FALSE"); },
      [&](const IntegerExpr& e) { return Sexpr::Atom(fmt::format("{}", e.value)); },
      [&](const RealExpr& e) { return Sexpr::Atom(Real(e.value)); },
      [&](const TextExpr& e) { return Sexpr::Atom(QuoteAtom(e.value)); },
      [&](const BlobExpr& e) {
        std::string hex;
        for (char c : e.bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
        return Sexpr::Atom("x'" + hex + "'");
      },
      [&](const IntervalExpr& e) { return Sexpr::List("interval").Add(QuoteAtom(e.value)); },
      [&](const ParameterExpr& e) { return Sexpr::Atom(":" + e.name.text); },
      [&](const ColumnExpr& e) {
        std::string text = Of(e.column).atom;
        if (e.table.HasValue()) text = Of(e.table).atom + "." + text;
        if (e.schema.HasValue()) text = Of(e.schema).atom + "." + text;
        return Sexpr::Atom(text);
      },
      [&](const UnaryExpr& e) { return Sexpr::List(lower(Spelling(e.op))).Add(Of(e.operand)); },
      [&](const BinaryExpr& e) { return Sexpr::List(binary(e.op, e.other)).Add(Of(e.lhs)).Add(Of(e.rhs)); },
      [&](const LogicalExpr& e) { return Listed(e.op == LogicalOp::And ? "and" : "or", e.args); },
      [&](const IsTestExpr& e) {
        return Sexpr::List((e.negated ? "is-not-" : "is-") + lower(Spelling(e.test))).Add(Of(e.operand));
      },
      [&](const LikeExpr& e) {
        Sexpr out = negated(e.negated, lower(Spelling(e.op))).Add(Of(e.value)).Add(Of(e.pattern));
        AddExpr(out, "escape", e.escape);
        return out;
      },
      [&](const BetweenExpr& e) {
        return negated(e.negated, "between").Add(Of(e.value)).Add(Of(e.low)).Add(Of(e.high));
      },
      [&](const InExpr& e) { return negated(e.negated, "in").Add(Of(e.value)).Add(Of(e.target)); },
      [&](const QuantifiedExpr& e) {
        Sexpr out = Sexpr::List(binary(e.op, e.other) + (e.quantifier == Quantifier::Any ? "-any" : "-all"));
        return out.Add(Of(e.lhs)).Add(std::visit([&](auto rhs) { return Of(rhs); }, e.rhs));
      },
      [&](const ExistsExpr& e) { return Sexpr::List("exists").Add(Of(e.query)); },
      [&](const ScalarQueryExpr& e) { return Sexpr::List("scalar").Add(Of(e.query)); },
      [&](const RowExpr& e) { return Listed("row", e.items); },
      [&](const ArrayExpr& e) { return Listed("array", e.items); },
      [&](const ArrayQueryExpr& e) { return Sexpr::List("array-of").Add(Of(e.query)); },
      [&](const CaseExpr& e) {
        Sexpr out = Sexpr::List("case");
        if (e.operand.HasValue()) out.Add(Of(e.operand));
        for (const CaseArm& arm : e.arms) out.Add(Sexpr::List("when").Add(Of(arm.when)).Add(Of(arm.then)));
        AddExpr(out, "else", e.otherwise);
        return out;
      },
      [&](const CastExpr& e) { return Sexpr::List("cast").Add(Of(e.operand)).Add(Of(e.type)); },
      [&](const CollateExpr& e) { return Sexpr::List("collate").Add(Of(e.operand)).Add(Of(e.collation)); },
      [&](const SubscriptExpr& e) { return Sexpr::List("subscript").Add(Of(e.operand)).Add(Of(e.index)); },
      [&](const CallExpr& e) { return Call(e); },
      [&](const RawExpr& e) { return Sexpr::List("raw").Add(QuoteAtom(e.text)); },
      [&](const ErrorExpr&) { return Sexpr::Atom("<error>"); },
  }, tree_[id].kind);
}

// ---- Queries -------------------------------------------------------------------------------------------------------

Sexpr Printer::Of(const SelectItem& item) const {
  return std::visit(Match{
      [&](const StarItem& star) {
        return Sexpr::Atom(star.table.HasValue() ? Of(star.table).atom + ".*" : "*");
      },
      [&](const ExprItem& expr) {
        if (!expr.alias.HasValue()) return Of(expr.expr);
        return Sexpr::List("as").Add(Of(expr.expr)).Add(Of(expr.alias));
      },
  }, item.kind);
}

Sexpr Printer::Of(FromId id) const {
  const FromItem& item = tree_[id];
  auto join_head = [](const JoinItem& join) {
    std::string head = join.natural ? "natural-" : "";
    switch (join.kind) {
      case JoinKind::Inner: return head + "join";
      case JoinKind::Left: return head + "left-join";
      case JoinKind::Right: return head + "right-join";
      case JoinKind::Full: return head + "full-join";
      case JoinKind::Cross: return head + "cross-join";
    }
    return head;
  };
  Sexpr out = std::visit(Match{
      [&](const TableItem& table) { return Sexpr::List("table").Add(Of(table.table)); },
      [&](const FunctionItem& function) {
        return Sexpr::List("function").Add(Of(function.call)).AddIf(function.with_ordinality, "with-ordinality");
      },
      [&](const SubqueryItem& subquery) { return Sexpr::List("subquery").Add(Of(subquery.query)); },
      [&](const JoinItem& join) {
        Sexpr list = Sexpr::List(join_head(join)).Add(Of(join.lhs)).Add(Of(join.rhs));
        AddExpr(list, "on", join.on);
        AddList(list, "using", join.using_columns);
        return list;
      },
  }, item.kind);
  out.AddIf(item.lateral, "lateral");
  if (item.alias.HasValue()) out.Add(Sexpr::List("as").Add(Of(item.alias)));
  AddList(out, "columns", item.columns);
  return out;
}

Sexpr Printer::Of(const Select& select) const {
  Sexpr out = Sexpr::List("select");
  out.AddIf(select.distinct, "distinct").Add(Listed("items", select.items));
  if (select.into.HasValue()) out.Add(Sexpr::List("into").Add(Of(select.into)));
  AddList(out, "from", select.from);
  AddExpr(out, "where", select.where);
  AddList(out, "group", select.group_by);
  AddExpr(out, "having", select.having);
  for (const NamedWindow& window : select.windows)
    out.Add(Sexpr::List("window").Add(Of(window.name)).Add(Of(window.window)));
  return out;
}

Sexpr Printer::Rows(std::string head, const std::vector<std::vector<ExprId>>& rows) const {
  Sexpr out = Sexpr::List(std::move(head));
  for (const auto& row : rows) out.Add(Listed("row", row));
  return out;
}

Sexpr Printer::Of(const QueryArm& arm) const {
  Sexpr body = std::visit(Match{
      [&](const Select& select) { return Of(select); },
      [&](const Values& values) { return Rows("values", values.rows); },
      [&](QueryId query) { return Sexpr::List("nested").Add(Of(query)); },
  }, arm.body);
  if (arm.op == SetOp::None) return body;
  std::string head(Spelling(arm.op));
  for (char& c : head) c = c == ' ' ? '-' : static_cast<char>(c + 32);
  return Sexpr::List(head).Add(std::move(body));
}

Sexpr Printer::Of(const Cte& cte) const {
  Sexpr out = Sexpr::List("cte").Add(Of(cte.name));
  AddList(out, "columns", cte.columns);
  return out.Add(Of(cte.query));
}

Sexpr Printer::Of(QueryId id) const {
  const Query& query = tree_[id];
  Sexpr out = Sexpr::List("query");
  if (!query.with.empty()) out.Add(Listed(query.recursive ? "with-recursive" : "with", query.with));
  for (const QueryArm& arm : query.arms) out.Add(Of(arm));
  AddList(out, "order", query.order_by);
  AddExpr(out, "limit", query.limit);
  AddExpr(out, "offset", query.offset);
  AddList(out, "per", query.per);
  return out.items.size() == 2 ? out.items[1] : out;
}

std::string Print(const Tree& tree, ExprId id) { return Layout(Printer(tree).Of(id)); }
std::string Print(const Tree& tree, QueryId id) { return Layout(Printer(tree).Of(id)); }

}  // namespace bulkhead::ast
