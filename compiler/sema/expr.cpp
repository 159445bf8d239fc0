#include "compiler/schema/schema.h"
#include "compiler/schema/types.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {
namespace {

std::string_view CalleeOf(ast::BinaryOp op) {
  switch (op) {
    case ast::BinaryOp::Equal:
      return "=";
    case ast::BinaryOp::NotEqual:
      return "<>";
    case ast::BinaryOp::Less:
      return "<";
    case ast::BinaryOp::LessEqual:
      return "<=";
    case ast::BinaryOp::Greater:
      return ">";
    case ast::BinaryOp::GreaterEqual:
      return ">=";
    case ast::BinaryOp::Is:
      return "is";
    case ast::BinaryOp::IsNot:
      return "is_not";
    case ast::BinaryOp::Add:
      return "+";
    case ast::BinaryOp::Subtract:
      return "-";
    case ast::BinaryOp::Multiply:
      return "*";
    case ast::BinaryOp::Divide:
      return "/";
    case ast::BinaryOp::Modulo:
      return "%";
    case ast::BinaryOp::Concat:
      return "||";
    case ast::BinaryOp::BitAnd:
      return "&";
    case ast::BinaryOp::BitOr:
      return "|";
    case ast::BinaryOp::ShiftLeft:
      return "<<";
    case ast::BinaryOp::ShiftRight:
      return ">>";
    case ast::BinaryOp::JsonGet:
      return "->";
    case ast::BinaryOp::JsonGetText:
      return "->>";
    case ast::BinaryOp::Overlaps:
      return "overlap";
    case ast::BinaryOp::Other:
      return "";
  }
  return "";
}

bool IsComparison(ast::BinaryOp op) {
  return op <= ast::BinaryOp::IsNot;
}

std::string_view CalleeOf(const ast::IsTestExpr& expr) {
  switch (expr.test) {
    case ast::IsTest::Null:
    case ast::IsTest::Unknown:
      return expr.negated ? "is_not_null" : "is_null";  // A value's truth is unknown iff it is NULL.
    case ast::IsTest::True:
      return expr.negated ? "is_not_true" : "is_true";
    case ast::IsTest::False:
      return expr.negated ? "is_not_false" : "is_false";
  }
  return "is_null";
}

}  // namespace

ExprId Binder::BindExpr(ast::ExprId id, const Scope& scope, Need need) {
  if (!id.HasValue()) return Error({});
  const ast::Expr& expr = tree_[id];
  if (!Spend(1)) return Error(expr.span);
  if (nesting_ > 2 * limits::ExpressionDepthMax) {
    TooLarge(fmt::format("{} levels of nesting", limits::ExpressionDepthMax));
    return Error(expr.span);
  }
  ++nesting_;
  ExprId bound = BindKind(expr, scope, need);
  --nesting_;
  return bound;
}

ExprId Binder::BindKind(const ast::Expr& expr, const Scope& scope, Need need) {
  const Span span = expr.span;
  using value::Value;
  return std::visit(Match{
                        [&](const ast::NullExpr&) { return Literal(Value::Null(), span); },
                        [&](const ast::BooleanExpr& e) { return Literal(Value::Bool(e.value), span); },
                        [&](const ast::IntegerExpr& e) { return Literal(Value::Integer(e.value), span); },
                        [&](const ast::RealExpr& e) { return Literal(Value::Real(e.value), span); },
                        [&](const ast::TextExpr& e) { return Literal(Value::Text(e.value), span); },
                        [&](const ast::BlobExpr& e) { return Literal(Value::Blob(e.bytes), span); },
                        [&](const ast::IntervalExpr&) {
                          Report<DiagKind::TimeUnsupported>(span, "an interval");
                          return Error(span);
                        },
                        [&](const ast::ParameterExpr& e) { return BindParameter(e, span); },
                        [&](const ast::ColumnExpr& e) { return BindColumn(e, span, scope); },
                        [&](const ast::UnaryExpr& e) { return BindUnary(e, span, scope); },
                        [&](const ast::BinaryExpr& e) { return BindBinary(e, span, scope, need); },
                        [&](const ast::LogicalExpr& e) { return BindLogical(e, span, scope, need); },
                        [&](const ast::IsTestExpr& e) { return BindIsTest(e, span, scope); },
                        [&](const ast::LikeExpr& e) { return BindLike(e, span, scope); },
                        [&](const ast::BetweenExpr& e) { return BindBetween(e, span, scope); },
                        [&](const ast::InExpr& e) { return BindIn(e, span, scope, need); },
                        [&](const ast::QuantifiedExpr& e) { return BindQuantified(e, span, scope, need); },
                        [&](const ast::ExistsExpr& e) { return BindExists(e.query, span, scope, need); },
                        [&](const ast::ScalarQueryExpr&) {
                          Report<DiagKind::ScalarSubqueryUnsupported>(span).Help(
                              "ask with `IN (SELECT …)` instead of `= (SELECT …)`");
                          return Error(span);
                        },
                        [&](const ast::RowExpr& e) {
                          if (e.items.size() == 1) return BindExpr(e.items[0], scope, need);
                          Report<DiagKind::MisplacedRow>(span);
                          return Error(span);
                        },
                        [&](const ast::ArrayExpr& e) { return BindArray(e, span, scope); },
                        [&](const ast::ArrayQueryExpr&) {
                          Report<DiagKind::NestedQueryUnsupported>(span, "ARRAY (SELECT …)");
                          return Error(span);
                        },
                        [&](const ast::CaseExpr& e) { return BindCase(e, span, scope); },
                        [&](const ast::CastExpr& e) { return BindCast(e, span, scope); },
                        [&](const ast::CollateExpr& e) { return BindCollate(e, span, scope); },
                        [&](const ast::SubscriptExpr&) { return Unavailable(span, "a subscript `[…]`"); },
                        [&](const ast::CallExpr& e) { return BindCall(e, span, scope, need); },
                        [&](const ast::RawExpr&) { return Unavailable(span, "this expression"); },
                        [&](const ast::ErrorExpr&) { return Error(span); },
                    },
                    expr.kind);
}

ExprId Binder::Unavailable(Span span, std::string what) {
  Report<DiagKind::UnavailableOperator>(span, std::move(what));
  return Error(span);
}

void Binder::BindCondition(ast::ExprId condition, Scope& scope, std::string_view clause, Draft& draft) {
  scope.clause = clause;
  ExprId bound = BindExpr(condition, scope, Need::Truth);
  scope.clause = {};
  if (!IsError(bound)) AddConjunct(bound, draft);
}

ExprId Binder::BindUnary(const ast::UnaryExpr& expr, Span span, const Scope& scope) {
  ExprId operand = BindExpr(expr.operand, scope);
  if (IsError(operand)) return operand;
  switch (expr.op) {
    case ast::UnaryOp::Not:
      return Call("not", {operand}, span);
    case ast::UnaryOp::BitNot:
      return Call("~", {operand}, span);
    case ast::UnaryOp::Plus: {
      // Changes nothing but that the result has no affinity.
      NodeInfo info = Info(operand);
      info.affinity = Affinity::None;
      return Add(At(operand), info);
    }
    case ast::UnaryOp::Minus:
      break;
  }
  if (const auto* literal = std::get_if<ir::LiteralExpr>(&At(operand).kind)) {
    value::Value v = literal->value.view();
    if (v.type() == value::Type::Integer && v.integer() > 0)
      return Literal(value::Value::Integer(-v.integer()), span);
    if (v.type() == value::Type::Real) return Literal(value::Value::Real(-v.real()), span);
  }
  return Call("neg", {operand}, span);
}

ExprId Binder::BindBinary(const ast::BinaryExpr& expr, Span span, const Scope& scope, Need need) {
  if (expr.op == ast::BinaryOp::Other)
    return Unavailable(expr.op_span, fmt::format("operator `{}`", expr.other));
  if (expr.op == ast::BinaryOp::Overlaps) return BindOverlap(expr, span, scope, need);
  std::string_view callee = CalleeOf(expr.op);
  if (IsComparison(expr.op)) return BindComparison(callee, expr.lhs, expr.rhs, span, scope);
  ExprId lhs = BindExpr(expr.lhs, scope);
  ExprId rhs = BindExpr(expr.rhs, scope);
  if (callee != "->>" || IsError(lhs) || IsError(rhs)) return Call(callee, {lhs, rhs}, span);
  // auth.parameters() ->> 'k' is auth.parameter('k').
  const auto* request = std::get_if<ir::RequestExpr>(&At(lhs).kind);
  return request ? RequestValue(request->part, rhs, span) : Call(callee, {lhs, rhs}, span);
}

// a && b over JSON arrays; `tags && (SELECT …)` asks for a row whose value is among the tags.
ExprId Binder::BindOverlap(const ast::BinaryExpr& expr, Span span, const Scope& scope, Need need) {
  auto query_of = [&](ast::ExprId side) { return tree_.As<ast::ScalarQueryExpr>(side); };
  if (!query_of(expr.lhs) && !query_of(expr.rhs)) {
    ExprId lhs = BindExpr(expr.lhs, scope);
    return Call("overlap", {lhs, BindExpr(expr.rhs, scope)}, span);
  }
  if (need != Need::Truth || (query_of(expr.lhs) && query_of(expr.rhs))) {
    Report<DiagKind::NestedQueryUnsupported>(span, "this use of `&&` with a subquery");
    return Error(span);
  }
  const bool query_first = query_of(expr.lhs);
  ExprId array = BindExpr(query_first ? expr.rhs : expr.lhs, scope);
  auto arms = BindSubquery(query_of(query_first ? expr.lhs : expr.rhs)->query, 1, scope);
  if (!arms || IsError(array)) return Error(span);
  for (SubqueryArm& arm : *arms) AddConjunct(Call("in_json", {arm.outputs[0], array}, span), arm.draft);
  return ExistsAny(std::move(*arms), span, need);
}

ExprId Binder::BindLogical(const ast::LogicalExpr& expr, Span span, const Scope& scope, Need need) {
  std::vector<ExprId> args;
  for (ast::ExprId arg : expr.args) args.push_back(BindExpr(arg, scope, need));
  return expr.op == ast::LogicalOp::And ? All(std::move(args), span) : AnyOf(std::move(args), span);
}

ExprId Binder::BindIsTest(const ast::IsTestExpr& expr, Span span, const Scope& scope) {
  return Call(CalleeOf(expr), {BindExpr(expr.operand, scope)}, span);
}

ExprId Binder::BindLike(const ast::LikeExpr& expr, Span span, const Scope& scope) {
  std::string_view callee;
  switch (expr.op) {
    case ast::LikeOp::Like:
      callee = "like";
      break;
    case ast::LikeOp::ILike:
      callee = "ilike";
      break;
    case ast::LikeOp::Glob:
      callee = "glob";
      break;
    case ast::LikeOp::Regexp:
      return Unavailable(span, "REGEXP");
    case ast::LikeOp::Match:
      return Unavailable(span, "MATCH");
    case ast::LikeOp::SimilarTo:
      return Unavailable(span, "SIMILAR TO");
  }
  std::vector<ExprId> args{BindExpr(expr.pattern, scope), BindExpr(expr.value, scope)};
  if (expr.escape.HasValue()) {
    if (callee == "glob") return Unavailable(span, "ESCAPE with GLOB");
    args.push_back(BindExpr(expr.escape, scope));
  }
  ExprId like = Call(callee, std::move(args), span);
  return expr.negated ? Call("not", {like}, span) : like;
}

ExprId Binder::BindBetween(const ast::BetweenExpr& expr, Span span, const Scope& scope) {
  ExprId value = BindExpr(expr.value, scope);
  ExprId low = BindExpr(expr.low, scope);
  ExprId high = BindExpr(expr.high, scope);
  if (IsError(value) || IsError(low) || IsError(high)) return Error(span);
  CheckComparison(">=", value, low, span);
  CheckComparison("<=", value, high, span);
  ExprId between;
  if (ConversionOf(value, low) == Conversion{} && ConversionOf(value, high) == Conversion{}) {
    between = Call("between", {value, low, high}, span);
  } else {
    between = All({Compare(">=", value, low, span), Compare("<=", value, high, span)}, span);
  }
  return expr.negated ? Call("not", {between}, span) : between;
}

ExprId Binder::BindCase(const ast::CaseExpr& expr, Span span, const Scope& scope) {
  ExprId operand;
  if (expr.operand.HasValue()) operand = BindExpr(expr.operand, scope);
  std::vector<ExprId> args;
  std::vector<ExprId> tests;
  bool plain = operand.HasValue() && !IsError(operand);
  for (const ast::CaseArm& arm : expr.arms) {
    ExprId when = BindExpr(arm.when, scope, operand.HasValue() ? Need::Value : Need::Truth);
    tests.push_back(when);
    plain = plain && !IsError(when) && ConversionOf(operand, when) == Conversion{};
    args.push_back(BindExpr(arm.then, scope));
  }
  std::vector<ExprId> all;
  if (plain) all.push_back(operand);
  for (size_t i = 0; i < tests.size(); ++i) {
    Span at = tree_[expr.arms[i].when].span;
    if (plain) CheckComparison("=", operand, tests[i], at);
    bool searched = plain || !operand.HasValue();
    all.push_back(searched ? tests[i] : Compare("=", operand, tests[i], at));
    all.push_back(args[i]);
  }
  if (expr.otherwise.HasValue()) all.push_back(BindExpr(expr.otherwise, scope));
  return Call(plain ? "case_of" : "case", std::move(all), span);
}

ExprId Binder::BindCast(const ast::CastExpr& expr, Span span, const Scope& scope) {
  ExprId operand = BindExpr(expr.operand, scope);
  auto type = schema::KnownType(catalog_, expr.type);
  if (!type) {
    Report<DiagKind::UnknownType>(expr.type.span, schema::Spelling(expr.type))
        .Help(DidYouMean(expr.type.name, schema::TypeNames(catalog_)));
    return Error(span);
  }
  std::string_view callee;
  Affinity affinity = Affinity::Numeric;
  switch (type->kind) {
    case TypeKind::Text:
    case TypeKind::Uuid:
    case TypeKind::Json:
    case TypeKind::Enum:
      callee = "cast_text";
      affinity = Affinity::Text;
      break;
    case TypeKind::Integer:
      callee = "cast_integer";
      break;
    case TypeKind::Real:
      callee = "cast_real";
      break;
    case TypeKind::Numeric:
      callee = "cast_numeric";
      break;
    case TypeKind::Blob:
      callee = "cast_blob";
      affinity = Affinity::Blob;
      break;
    default: {
      auto& report = Report<DiagKind::UnavailableCast>(expr.type.span, schema::Spelling(expr.type));
      if (tree_.As<ast::TextExpr>(expr.operand))
        report.Help("compare with the text itself, without the cast");
      return Error(span);
    }
  }
  ExprId cast = Call(callee, {operand}, span);
  if (IsError(cast)) return cast;
  out_->nodes[cast.index].affinity = affinity;
  if (type->kind != TypeKind::Text && affinity == Affinity::Text) {
    out_->module.exprs[cast].facts.declared = *type;
  }
  return cast;
}

ExprId Binder::BindCollate(const ast::CollateExpr& expr, Span span, const Scope& scope) {
  ExprId operand = BindExpr(expr.operand, scope);
  std::string_view name = expr.collation.name.text;
  Collation collation = Collation::Binary;
  if (schema::SameName(name, "nocase")) {
    collation = Collation::Nocase;
  } else if (!schema::SameName(name, "binary") && name != "C" && name != "POSIX" && name != "default" &&
             name != "c" && name != "posix") {
    Report<DiagKind::UnknownCollation>(expr.collation.span, name).Help("BINARY and NOCASE are available");
    return Error(span);
  }
  if (IsError(operand)) return operand;
  NodeInfo info = Info(operand);
  info.collation = collation;
  info.collate_written = true;
  return Add(At(operand), info);
}

// An array is its JSON text.
ExprId Binder::BindArray(const ast::ArrayExpr& expr, Span span, const Scope& scope) {
  std::vector<ExprId> items;
  for (ast::ExprId item : expr.items) items.push_back(BindExpr(item, scope));
  ExprId array = Call("json_array", std::move(items), span);
  if (!IsError(array)) out_->module.exprs[array].facts.declared.kind = TypeKind::Array;
  return array;
}

}  // namespace bulkhead::sema
