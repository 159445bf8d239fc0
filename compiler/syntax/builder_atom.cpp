// What operators join: literals, names, calls, CASE, things in parentheses.
#include <charconv>
#include <cstdlib>

#include "compiler/source/scanner.h"
#include "compiler/syntax/builder.h"

namespace bulkhead::syntax {

using source::Lower;

using antlr4::Token;
using ast::ExprId;
using source::DiagKind;

ExprId Builder::Primary(P::PrimaryContext* context) {
  ExprId value = context->plain ? Simple(context->plain) : Parenthesised(context->parenthesised());
  for (auto* postfix : context->suffixes) {
    source::Span span = Cover(SpanOf(context->start), SpanOf(postfix));
    if (auto* cast = postfix->castType()) {
      value = Add(span, ast::CastExpr{value, Type(cast), ast::CastStyle::Colons}, {value});
    } else {
      ExprId index = Expr(postfix->subscript);
      value = Add(span, ast::SubscriptExpr{value, index}, {value, index});
    }
  }
  return value;
}

ExprId Builder::Parenthesised(P::ParenthesisedContext* context) {
  if (auto* query = context->query()) {
    uint32_t depth = 0;
    ast::QueryId id = InnerQuery(query, &depth);
    return Add(SpanOf(context), ast::ScalarQueryExpr{id}, depth + 1);
  }
  if (context->items.size() == 1) return Expr(context->items[0]);
  std::vector<ExprId> items = Exprs(context->items);
  uint32_t depth = DepthOf(items) + 1;
  return Add(SpanOf(context), ast::RowExpr{std::move(items), false}, depth);
}

ExprId Builder::Simple(P::SimpleContext* context) {
  source::Span span = SpanOf(context);
  if (context->constant) return Literal(context->start);
  if (context->named) return NameOrCall(context->named);
  if (context->CASE()) return Case(context);
  if (context->PARAMETER()) {
    ast::Name name;
    name.text = Lower(TextOf(context->start).substr(1));
    name.span = span;
    return Add(span, ast::ParameterExpr{std::move(name)});
  }
  if (context->PLACEHOLDER()) {
    diagnostics_.Report<DiagKind::Placeholder>(span, TextOf(context->start))
        .Help("name the parameter after CREATE STREAM, as in `(list_id text)`, and write `:list_id` here");
    return Add(span, ast::ErrorExpr{});
  }
  if (context->RAW_EXPRESSION()) return Add(span, ast::RawExpr{std::string(TextOf(context))});
  if (context->INTERVAL()) {
    std::string value = StringValue(context->STRING()->getSymbol());
    if (auto* unit = context->intervalUnit()) value += " " + Lower(TextOf(unit));
    return Add(span, ast::IntervalExpr{std::move(value)});
  }
  if (context->CAST()) {
    ExprId operand = Expr(context->value);
    return Add(span, ast::CastExpr{operand, Type(context->columnType()), ast::CastStyle::Cast}, {operand});
  }
  if (context->query()) {
    uint32_t depth = 0;
    ast::QueryId id = InnerQuery(context->query(), &depth);
    if (context->EXISTS()) return Add(span, ast::ExistsExpr{id}, depth + 1);
    return Add(span, ast::ArrayQueryExpr{id}, depth + 1);
  }
  if (context->ARRAY()) {
    std::vector<ExprId> items = Exprs(context->items);
    uint32_t depth = DepthOf(items) + 1;
    return Add(span, ast::ArrayExpr{std::move(items)}, depth);
  }
  ast::QualifiedName function;
  if (context->functionCall()) {
    function.name = NameOf(context->keyword);
    function.span = function.name.span;
    return Call(std::move(function), context->functionCall(), context->start);
  }
  function.name = {Lower(TextOf(context->keyword)), span, false};
  function.span = span;
  ast::CallExpr call;
  call.function = std::move(function);
  call.bare = true;
  return Add(span, std::move(call));
}

ExprId Builder::Literal(const Token* token) {
  source::Span span = SpanOf(token);
  switch (token->getType()) {
    case P::NULL_: return Add(span, ast::NullExpr{});
    case P::TRUE: return Add(span, ast::BooleanExpr{true});
    case P::FALSE: return Add(span, ast::BooleanExpr{false});
    case P::INTEGER: return Integer(token);
    case P::BLOB: return Blob(token);
    case P::REAL: {
      std::string text(TextOf(token));
      return Add(span, ast::RealExpr{std::strtod(text.c_str(), nullptr), text});
    }
    case P::MALFORMED_NUMBER:
      diagnostics_.Report<DiagKind::MalformedNumber>(span, TextOf(token)).Help("put a space between a number and a word");
      return Add(span, ast::ErrorExpr{});
    default: return Add(span, ast::TextExpr{StringValue(token)});
  }
}

ExprId Builder::Integer(const Token* token) {
  source::Span span = SpanOf(token);
  std::string_view text = TextOf(token);
  bool hex = text.size() > 1 && (text[1] == 'x' || text[1] == 'X');
  const char* end = text.data() + text.size();
  if (hex) {
    uint64_t bits = 0;
    if (std::from_chars(text.data() + 2, end, bits, 16).ec == std::errc())
      return Add(span, ast::IntegerExpr{static_cast<int64_t>(bits)});
    diagnostics_.Report<DiagKind::MalformedNumber>(span, text).Help("a hexadecimal integer has at most 16 digits");
    return Add(span, ast::ErrorExpr{});
  }
  int64_t value = 0;
  if (std::from_chars(text.data(), end, value).ec == std::errc()) return Add(span, ast::IntegerExpr{value});
  return Add(span, ast::RealExpr{std::strtod(std::string(text).c_str(), nullptr), std::string(text)});
}

ExprId Builder::Blob(const Token* token) {
  source::Span span = SpanOf(token);
  std::string_view digits = TextOf(token).substr(2);
  digits.remove_suffix(1);
  std::string bytes;
  bool good = digits.size() % 2 == 0;
  for (size_t i = 0; good && i < digits.size(); i += 2) {
    unsigned byte = 0;
    auto parsed = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    good = parsed.ec == std::errc() && parsed.ptr == digits.data() + i + 2;
    bytes += static_cast<char>(byte);
  }
  if (good) return Add(span, ast::BlobExpr{std::move(bytes)});
  diagnostics_.Report<DiagKind::MalformedBlob>(span).Help("write two hexadecimal digits for each byte, as in `X'0AFF'`");
  return Add(span, ast::ErrorExpr{});
}

ExprId Builder::Case(P::SimpleContext* context) {
  ast::CaseExpr expr;
  expr.operand = OptionalExpr(context->subject);
  uint32_t depth = DepthOf(expr.operand);
  for (auto* arm : context->arms) {
    ExprId when = Expr(arm->condition);
    ExprId then = Expr(arm->result);
    expr.arms.push_back({when, then});
    depth = std::max({depth, DepthOf(when), DepthOf(then)});
  }
  expr.otherwise = OptionalExpr(context->otherwise);
  depth = std::max(depth, DepthOf(expr.otherwise));
  return Add(SpanOf(context), std::move(expr), depth + 1);
}

ExprId Builder::NameOrCall(P::NameOrCallContext* context) {
  std::vector<ast::Name> parts = {NameOf(context->first)};
  for (auto* label : context->rest) parts.push_back(NameOf(label));
  source::Span span = SpanOf(context);
  source::Span name_span = Cover(parts.front().span, parts.back().span);
  if (context->call) return Call(QualifiedOf(parts, name_span), context->call, context->start);
  if (context->text) {
    ExprId text = Add(SpanOf(context->stop), ast::TextExpr{StringValue(context->stop)});
    ast::TypeName type;
    type.name = parts.back().text;
    type.span = name_span;
    if (parts.size() > 1) type.schema = parts[parts.size() - 2];
    return Add(span, ast::CastExpr{text, std::move(type), ast::CastStyle::TypedLiteral}, {text});
  }
  ast::ColumnExpr column;
  column.column = parts.back();
  if (parts.size() > 1) column.table = parts[parts.size() - 2];
  if (parts.size() > 2) column.schema = parts[0];
  return Add(span, std::move(column));
}

ExprId Builder::Call(ast::QualifiedName function, P::FunctionCallContext* context, const Token* first) {
  ast::CallExpr call;
  call.function = std::move(function);
  CallArguments(call, context->functionArguments());
  if (context->filter) call.filter = Expr(context->filter);
  if (context->window()) {
    call.over = WindowOf(context->window());
  } else if (context->windowName) {
    call.over = ast::Window{};
    call.over->base = NameOf(context->windowName);
    call.over->span = call.over->base.span;
  }
  return FinishCall(std::move(call), Cover(SpanOf(first), SpanOf(context)));
}

// The forms of standard SQL that spell arguments with words become plain calls: extract(field FROM x) is
// date_part('field', x), substring(x FROM a FOR b) is substring(x, a, b), substring(x FOR b) is substring(x, 1, b),
// position(a IN x) is position(a, x), trim(BOTH c FROM x) is trim(x, c).
void Builder::CallArguments(ast::CallExpr& call, P::FunctionArgumentsContext* context) {
  call.star = context->STAR() != nullptr;
  call.distinct = context->DISTINCT() != nullptr;
  const std::string& name = call.function.name.text;
  for (auto* argument : context->args) {
    ExprId first = Expr(argument->expr(0));
    if (argument->from && name == "trim") {
      first = TrimmedCharacters(call, first);
      call.args.push_back(Expr(argument->from));
      call.args.push_back(first);
      continue;
    }
    const auto* field = tree_.As<ast::ColumnExpr>(first);
    if (argument->from && name == "extract" && field && !field->table.HasValue()) {
      call.function.name.text = "date_part";
      first = Add(SpanOf(first), ast::TextExpr{field->column.text});
    }
    const auto* in = tree_.As<ast::InExpr>(first);
    const auto* list = in ? std::get_if<ast::InList>(&in->target) : nullptr;
    const auto* text = in ? std::get_if<ast::InValue>(&in->target) : nullptr;
    bool position = name == "position" && (text || (list && list->items.size() == 1));
    if (position) {
      call.args = {in->value, text ? text->value : list->items[0]};
      continue;
    }
    call.args.push_back(first);
    if (argument->from) call.args.push_back(Expr(argument->from));
    bool from_start = argument->length && !argument->from && (name == "substring" || name == "substr");
    if (from_start) call.args.push_back(Add(SpanOf(first), ast::IntegerExpr{1}));
    if (argument->length) call.args.push_back(Expr(argument->length));
  }
  if (context->orderTerms()) call.order_by = OrderTerms(context->orderTerms());
}

// BOTH 'c' reads as a literal of a type `both`, perhaps inside a cast: the word says which trim it is.
ExprId Builder::TrimmedCharacters(ast::CallExpr& call, ExprId characters) {
  const auto* cast = tree_.As<ast::CastExpr>(characters);
  if (cast && cast->style == ast::CastStyle::Colons) cast = tree_.As<ast::CastExpr>(cast->operand);
  if (cast == nullptr || cast->style != ast::CastStyle::TypedLiteral) return characters;
  if (cast->type.name == "leading") call.function.name.text = "ltrim";
  if (cast->type.name == "trailing") call.function.name.text = "rtrim";
  return cast->operand;
}

ExprId Builder::FinishCall(ast::CallExpr call, source::Span span) {
  uint32_t depth = std::max(DepthOf(call.args), DepthOf(call.filter));
  auto count_terms = [&](const std::vector<ast::OrderTerm>& terms) {
    for (const ast::OrderTerm& term : terms) depth = std::max(depth, DepthOf(term.expr));
  };
  count_terms(call.order_by);
  if (call.over) {
    depth = std::max(depth, DepthOf(call.over->partition_by));
    count_terms(call.over->order_by);
  }
  bool row = call.function.name.text == "row" && !call.function.name.quoted && !call.function.schema.HasValue();
  if (row && !call.star && !call.distinct && !call.over) return Add(span, ast::RowExpr{std::move(call.args), true}, depth + 1);
  return Add(span, std::move(call), depth + 1);
}

ast::Window Builder::WindowOf(P::WindowContext* context) {
  ast::Window window;
  window.span = SpanOf(context);
  if (context->base) window.base = NameOf(context->base);
  window.partition_by = Exprs(context->partitions);
  if (context->orderTerms()) window.order_by = OrderTerms(context->orderTerms());
  if (context->frame()) window.frame = std::string(TextOf(context->frame()));
  return window;
}

std::vector<ast::OrderTerm> Builder::OrderTerms(P::OrderTermsContext* context) {
  std::vector<ast::OrderTerm> terms;
  for (auto* term : context->terms) {
    ast::OrderTerm& added = terms.emplace_back();
    added.expr = Expr(term->expr());
    added.descending = term->DESC() != nullptr;
    if (term->NULLS()) added.nulls_first = term->FIRST() != nullptr;
    added.span = SpanOf(term);
  }
  return terms;
}

}  // namespace bulkhead::syntax
