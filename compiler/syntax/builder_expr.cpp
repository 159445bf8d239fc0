// Operators, by level; what they join is in builder_atom.cpp.
#include <limits>

#include "compiler/source/scanner.h"
#include "compiler/syntax/builder.h"
#include "runtime/base/limits.h"

namespace bulkhead::syntax {


using antlr4::Token;
using ast::BinaryOp;
using ast::ExprId;
using source::DiagKind;

ExprId Builder::Add(source::Span span, ast::Expr::Kind kind, uint32_t depth) {
  if (depth > limits::ExpressionDepthMax) {
    if (!reported_deep_) diagnostics_.Report<DiagKind::NestingTooDeep>(span, limits::ExpressionDepthMax);
    reported_deep_ = true;
    kind = ast::ErrorExpr{};
    depth = 1;
  }
  deepest_ = std::max(deepest_, depth);
  depths_.push_back(static_cast<uint16_t>(depth));
  return tree_.exprs.Add({span, std::move(kind)});
}

ExprId Builder::Add(source::Span span, ast::Expr::Kind kind, std::initializer_list<ExprId> children) {
  uint32_t depth = 0;
  for (ExprId child : children) depth = std::max(depth, DepthOf(child));
  return Add(span, std::move(kind), depth + 1);
}

uint32_t Builder::DepthOf(ExprId id) const { return id.HasValue() ? depths_[id.index - first_expr_] : 0; }

uint32_t Builder::DepthOf(const std::vector<ExprId>& ids) const {
  uint32_t depth = 0;
  for (ExprId id : ids) depth = std::max(depth, DepthOf(id));
  return depth;
}

std::vector<ExprId> Builder::Exprs(const std::vector<P::ExprContext*>& contexts) {
  std::vector<ExprId> ids;
  for (auto* context : contexts) ids.push_back(Expr(context));
  return ids;
}

// ---- OR, AND, NOT --------------------------------------------------------------------------------------------------

ExprId Builder::Logical(source::Span span, ast::LogicalOp op, std::vector<ExprId> args) {
  std::vector<ExprId> flat;
  for (ExprId arg : args) {
    const auto* inner = tree_.As<ast::LogicalExpr>(arg);
    if (inner != nullptr && inner->op == op) {
      flat.insert(flat.end(), inner->args.begin(), inner->args.end());
    } else {
      flat.push_back(arg);
    }
  }
  uint32_t depth = DepthOf(flat) + 1;
  return Add(span, ast::LogicalExpr{op, std::move(flat)}, depth);
}

ExprId Builder::Expr(P::ExprContext* context) {
  if (context->arms.size() == 1) return Conjunction(context->arms[0]);
  std::vector<ExprId> arms;
  for (auto* arm : context->arms) arms.push_back(Conjunction(arm));
  return Logical(SpanOf(context), ast::LogicalOp::Or, std::move(arms));
}

ExprId Builder::Conjunction(P::ConjunctionContext* context) {
  if (context->arms.size() == 1) return Negation(context->arms[0]);
  std::vector<ExprId> arms;
  for (auto* arm : context->arms) arms.push_back(Negation(arm));
  return Logical(SpanOf(context), ast::LogicalOp::And, std::move(arms));
}

ExprId Builder::Negation(P::NegationContext* context) {
  if (context->plain) return Comparison(context->plain);
  ExprId operand = Negation(context->inner);
  return Add(SpanOf(context), ast::UnaryExpr{ast::UnaryOp::Not, operand}, {operand});
}

// ---- Comparisons ---------------------------------------------------------------------------------------------------

namespace {

BinaryOp ComparatorOf(const Token* token) {
  switch (token->getType()) {
    case BulkheadParser::EQUAL: return BinaryOp::Equal;
    case BulkheadParser::NOT_EQUAL: return BinaryOp::NotEqual;
    case BulkheadParser::LESS: return BinaryOp::Less;
    case BulkheadParser::LESS_EQUAL: return BinaryOp::LessEqual;
    case BulkheadParser::GREATER: return BinaryOp::Greater;
    default: return BinaryOp::GreaterEqual;
  }
}

bool BindsTighter(BinaryOp op) { return op != BinaryOp::Equal && op != BinaryOp::NotEqual; }

ast::LikeOp LikeOpOf(const Token* token) {
  switch (token->getType()) {
    case BulkheadParser::ILIKE: return ast::LikeOp::ILike;
    case BulkheadParser::GLOB: return ast::LikeOp::Glob;
    case BulkheadParser::REGEXP: return ast::LikeOp::Regexp;
    case BulkheadParser::MATCH: return ast::LikeOp::Match;
    case BulkheadParser::SIMILAR: return ast::LikeOp::SimilarTo;
    default: return ast::LikeOp::Like;
  }
}

}  // namespace

struct Builder::OpenComparison {
  enum Kind { None, Compare, Is, Like, Between } kind = None;
  ExprId lhs;
  ExprId middle;  // BETWEEN's low
  BinaryOp op = BinaryOp::Equal;
  source::Span op_span;
  bool negated = false;
  bool distinct = false;  // IS [NOT] DISTINCT FROM
  ast::LikeOp like = ast::LikeOp::Like;
};

ExprId Builder::Close(const OpenComparison& open, ExprId last) {
  if (open.kind == OpenComparison::None) return last;
  source::Span span = Cover(SpanOf(open.lhs), SpanOf(last));
  switch (open.kind) {
    case OpenComparison::Compare:
      return Add(span, ast::BinaryExpr{open.op, open.lhs, last, open.op_span, ""}, {open.lhs, last});
    case OpenComparison::Like:
      return Add(span, ast::LikeExpr{open.like, open.negated, open.lhs, last, {}}, {open.lhs, last});
    case OpenComparison::Between:
      return Add(span, ast::BetweenExpr{open.negated, open.lhs, open.middle, last}, {open.lhs, open.middle, last});
    case OpenComparison::Is: {
      auto test = [&](ast::IsTest kind) {
        return Add(span, ast::IsTestExpr{kind, open.negated, open.lhs}, {open.lhs});
      };
      const auto* boolean = tree_.As<ast::BooleanExpr>(last);
      const auto* column = tree_.As<ast::ColumnExpr>(last);
      if (!open.distinct && tree_.As<ast::NullExpr>(last)) return test(ast::IsTest::Null);
      if (!open.distinct && boolean) return test(boolean->value ? ast::IsTest::True : ast::IsTest::False);
      if (!open.distinct && column && column->column.text == "unknown" && !column->column.quoted &&
          !column->table.HasValue())
        return test(ast::IsTest::Unknown);
      // a IS DISTINCT FROM b is a IS NOT b.
      BinaryOp op = open.negated != open.distinct ? BinaryOp::IsNot : BinaryOp::Is;
      return Add(span, ast::BinaryExpr{op, open.lhs, last, open.op_span, ""}, {open.lhs, last});
    }
    case OpenComparison::None: break;
  }
  return last;
}

ExprId Builder::ComparisonOperand(P::ComparisonOperandContext* context) {
  if (context->plain) return Operand(context->plain);
  ExprId operand = Negation(context->inner);
  return Add(SpanOf(context), ast::UnaryExpr{ast::UnaryOp::Not, operand}, {operand});
}

ExprId Builder::Quantified(source::Span span, BinaryOp op, std::string other, ExprId lhs, const Token* quantifier,
                           P::QueryContext* query, P::ExprContext* array) {
  ast::QuantifiedExpr expr{op, quantifier->getType() == P::ALL ? ast::Quantifier::All : ast::Quantifier::Any, lhs, {},
                           std::move(other)};
  if (query != nullptr) {
    uint32_t depth = 0;
    expr.rhs = InnerQuery(query, &depth);
    return Add(span, std::move(expr), std::max(depth, DepthOf(lhs)) + 1);
  }
  ExprId rhs = Expr(array);
  expr.rhs = rhs;
  return Add(span, std::move(expr), {lhs, rhs});
}

ast::QueryId Builder::InnerQuery(P::QueryContext* query, uint32_t* depth) {
  uint32_t outer = std::exchange(deepest_, 0);
  ast::QueryId id = Query(query);
  *depth = deepest_;
  deepest_ = std::max(outer, deepest_);
  return id;
}

// The grammar reads a chain of comparisons flat. `left` is the operand that is still growing, `open` the comparison
// that waits for it.
ExprId Builder::Comparison(P::ComparisonContext* context) {
  ExprId left = Operand(context->first);
  OpenComparison open;
  auto close = [&] {
    left = Close(open, left);
    open = {};
  };
  for (auto* suffix : context->suffixes) {
    source::Span span = Cover(SpanOf(left), SpanOf(suffix));
    if (auto* compare = As<P::CompareSuffixContext>(suffix)) {
      BinaryOp op = ComparatorOf(compare->comparator()->start);
      source::Span op_span = SpanOf(compare->comparator());
      if (!BindsTighter(op) || compare->quantifier) close();
      if (compare->quantifier) {
        left = Quantified(span, op, "", left, compare->quantifier, compare->query(), compare->array);
      } else if (BindsTighter(op)) {
        ExprId rhs = ComparisonOperand(compare->rhs);
        left = Add(Cover(SpanOf(left), SpanOf(rhs)), ast::BinaryExpr{op, left, rhs, op_span, ""}, {left, rhs});
      } else {
        open = {.kind = OpenComparison::Compare, .lhs = left, .middle = {}, .op = op, .op_span = op_span};
        left = ComparisonOperand(compare->rhs);
      }
      continue;
    }
    close();
    span = Cover(SpanOf(left), SpanOf(suffix));
    if (auto* is = As<P::IsSuffixContext>(suffix)) {
      open = {.kind = OpenComparison::Is, .lhs = left, .middle = {}, .op_span = SpanOf(is->start),
              .negated = is->NOT() != nullptr, .distinct = is->DISTINCT() != nullptr};
      left = Operand(is->rhs);
    } else if (auto* in = As<P::InSuffixContext>(suffix)) {
      bool negated = in->NOT() != nullptr;
      uint32_t outer = std::exchange(deepest_, 0);
      ast::InTarget target = InTargetOf(in->inTarget());
      uint32_t depth = std::max(deepest_, DepthOf(left)) + 1;
      deepest_ = std::max(outer, deepest_);
      left = Add(span, ast::InExpr{negated, left, std::move(target)}, depth);
    } else if (auto* between = As<P::BetweenSuffixContext>(suffix)) {
      open = {.kind = OpenComparison::Between, .lhs = left, .middle = Operand(between->low), .op_span = {},
              .negated = between->NOT() != nullptr};
      left = Operand(between->high);
    } else if (auto* like = As<P::LikeSuffixContext>(suffix)) {
      bool negated = like->NOT() != nullptr;
      ast::LikeOp op = LikeOpOf(like->likeOperator()->start);
      ExprId pattern = Operand(like->pattern);
      if (like->escape) {
        ExprId escape = Operand(like->escape);
        left = Add(span, ast::LikeExpr{op, negated, left, pattern, escape}, {left, pattern, escape});
      } else {
        open = {.kind = OpenComparison::Like, .lhs = left, .middle = {}, .op_span = {}, .negated = negated, .like = op};
        left = pattern;
      }
    } else if (auto* null = As<P::NullSuffixContext>(suffix)) {
      left = Add(span, ast::IsTestExpr{ast::IsTest::Null, null->ISNULL() == nullptr, left}, {left});
    }
  }
  close();
  return left;
}

ast::InTarget Builder::InTargetOf(P::InTargetContext* context) {
  if (context->query()) return ast::InQuery{Query(context->query())};
  if (context->inValue()) return ast::InValue{InValueOf(context->inValue())};
  return ast::InList{Exprs(context->items)};
}

ExprId Builder::InValueOf(P::InValueContext* context) {
  ExprId value = Simple(context->simple());
  for (auto* cast : context->casts) {
    ast::CastExpr expr{value, Type(cast), ast::CastStyle::Colons};
    value = Add(Cover(SpanOf(value), SpanOf(cast)), std::move(expr), {value});
  }
  for (size_t i = 0; i < context->args.size(); ++i) {
    size_t type = context->op[i]->getType();
    BinaryOp op = type == P::ARROW ? BinaryOp::JsonGet : type == P::CONCAT ? BinaryOp::Concat : BinaryOp::JsonGetText;
    ExprId rhs = Primary(context->args[i]);
    value = Add(Cover(SpanOf(value), SpanOf(rhs)), ast::BinaryExpr{op, value, rhs, SpanOf(context->op[i]), ""},
                {value, rhs});
  }
  return value;
}

// ---- Arithmetic and the like ---------------------------------------------------------------------------------------

namespace {

BinaryOp BinaryOpOf(const Token* token) {
  switch (token->getType()) {
    case BulkheadParser::PLUS: return BinaryOp::Add;
    case BulkheadParser::MINUS: return BinaryOp::Subtract;
    case BulkheadParser::STAR: return BinaryOp::Multiply;
    case BulkheadParser::SLASH: return BinaryOp::Divide;
    case BulkheadParser::PERCENT: return BinaryOp::Modulo;
    case BulkheadParser::CONCAT: return BinaryOp::Concat;
    case BulkheadParser::ARROW: return BinaryOp::JsonGet;
    case BulkheadParser::LONG_ARROW: return BinaryOp::JsonGetText;
    case BulkheadParser::AMPERSAND: return BinaryOp::BitAnd;
    case BulkheadParser::BAR: return BinaryOp::BitOr;
    case BulkheadParser::SHIFT_LEFT: return BinaryOp::ShiftLeft;
    case BulkheadParser::SHIFT_RIGHT: return BinaryOp::ShiftRight;
    case BulkheadParser::OVERLAPS: return BinaryOp::Overlaps;
    default: return BinaryOp::Other;
  }
}

// pg_dump writes LIKE as ~~.
std::optional<std::pair<ast::LikeOp, bool>> LikeAsOperator(std::string_view text) {
  if (text == "~~") return std::pair(ast::LikeOp::Like, false);
  if (text == "~~*") return std::pair(ast::LikeOp::ILike, false);
  if (text == "!~~") return std::pair(ast::LikeOp::Like, true);
  if (text == "!~~*") return std::pair(ast::LikeOp::ILike, true);
  return std::nullopt;
}

ast::UnaryOp UnaryOpOf(const Token* token) {
  if (token->getType() == BulkheadParser::MINUS) return ast::UnaryOp::Minus;
  return token->getType() == BulkheadParser::PLUS ? ast::UnaryOp::Plus : ast::UnaryOp::BitNot;
}

}  // namespace

ExprId Builder::BinaryLink(P::BinaryOperandContext* context, ExprId lhs) {
  std::string_view text = TextOf(context->op);
  BinaryOp op = BinaryOpOf(context->op);
  std::string other = op == BinaryOp::Other ? std::string(text) : "";
  source::Span span = Cover(SpanOf(lhs), SpanOf(context->stop));
  ExprId rhs = Operand(context->rhs);
  if (auto like = LikeAsOperator(text))
    return Add(span, ast::LikeExpr{like->first, like->second, lhs, rhs, {}}, {lhs, rhs});
  return Add(span, ast::BinaryExpr{op, lhs, rhs, SpanOf(context->op), other}, {lhs, rhs});
}

// Left-associative chains are as long as their author likes, so their links are collected and then built from the
// inside out, without recursion.
ExprId Builder::Operand(P::OperandContext* context) {
  std::vector<P::OperandContext*> links;
  P::OperandContext* at = context;
  for (;;) {
    P::OperandContext* next = nullptr;
    if (auto* binary = As<P::BinaryOperandContext>(at)) next = binary->lhs;
    else if (auto* collate = As<P::CollateOperandContext>(at)) next = collate->operand();
    else if (auto* zone = As<P::ZoneOperandContext>(at)) next = zone->lhs;
    else if (auto* quantified = As<P::QuantifiedOperandContext>(at)) next = quantified->lhs;
    if (next == nullptr) break;
    links.push_back(at);
    at = next;
  }
  ExprId value;
  if (auto* primary = As<P::PrimaryOperandContext>(at)) {
    value = Primary(primary->first);
  } else {
    auto* unary = static_cast<P::UnaryOperandContext*>(at);
    value = Unary(unary);
  }
  for (auto link = links.rbegin(); link != links.rend(); ++link) value = Link(*link, value);
  return value;
}

ExprId Builder::Link(P::OperandContext* context, ExprId lhs) {
  if (auto* binary = As<P::BinaryOperandContext>(context)) return BinaryLink(binary, lhs);
  source::Span span = Cover(SpanOf(lhs), SpanOf(context->stop));
  if (auto* collate = As<P::CollateOperandContext>(context))
    return Add(span, ast::CollateExpr{lhs, Qualified(collate->qualifiedName())}, {lhs});
  if (auto* quantified = As<P::QuantifiedOperandContext>(context))
    return Quantified(span, ast::BinaryOp::Other, std::string(TextOf(quantified->op)), lhs, quantified->quantifier,
                      quantified->query(), quantified->array);
  // PostgreSQL's own meaning of x AT TIME ZONE z.
  ExprId zone = Operand(static_cast<P::ZoneOperandContext*>(context)->rhs);
  ast::CallExpr call;
  call.function.name.text = "timezone";
  call.function.name.span = call.function.span = span;
  call.args = {zone, lhs};
  return Add(span, std::move(call), {zone, lhs});
}

static int TightnessOf(const Token* op) {
  switch (op->getType()) {
    case BulkheadParser::CONCAT: return 2;
    case BulkheadParser::PLUS: case BulkheadParser::MINUS: return 0;
    default: return 1;
  }
}

ExprId Builder::DefaultOperand(P::DefaultOperandContext* context, size_t& next, int least) {
  ExprId value = DefaultTerm(context->terms[next]);
  while (next < context->ops.size() && TightnessOf(context->ops[next]) >= least) {
    const Token* op = context->ops[next++];
    ExprId rhs = DefaultOperand(context, next, TightnessOf(op) + 1);
    value = Add(Cover(SpanOf(value), SpanOf(rhs)), ast::BinaryExpr{BinaryOpOf(op), value, rhs, SpanOf(op), ""},
                {value, rhs});
  }
  return value;
}

ExprId Builder::DefaultTerm(P::DefaultTermContext* context) {
  if (context->plain) return Primary(context->plain);
  return Signed(SpanOf(context), context->op, TextOf(context->inner), DefaultTerm(context->inner));
}

ExprId Builder::Unary(P::UnaryOperandContext* context) {
  return Signed(SpanOf(context), context->op, TextOf(context->operand()), Operand(context->operand()));
}

ExprId Builder::Signed(source::Span span, const Token* op, std::string_view text, ExprId operand) {
  constexpr std::string_view LeastInteger = "9223372036854775808";
  if (op->getType() == P::MINUS && text == LeastInteger)
    return Add(span, ast::IntegerExpr{std::numeric_limits<int64_t>::min()});
  ExprId inner = Add(span, ast::UnaryExpr{UnaryOpOf(op), operand}, {operand});
  if (op->getType() != P::DOUBLE_TILDE) return inner;
  return Add(span, ast::UnaryExpr{ast::UnaryOp::BitNot, inner}, {inner});
}

}  // namespace bulkhead::syntax
