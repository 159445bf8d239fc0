#include <algorithm>

#include "compiler/sema/binder.h"

namespace bulkhead::sema {
namespace {

constexpr std::string_view Comparisons[] = {
    "=", "<>", "<", "<=", ">", ">=", "and", "or", "not", "between", "in_list"};
constexpr std::string_view NeverNull[] = {"is",      "is_not",   "is_null",     "is_not_null",
                                          "is_true", "is_false", "is_not_true", "is_not_false"};
constexpr std::string_view Integers[] = {"&", "|", "<<", ">>", "~"};
constexpr std::string_view Arithmetic[] = {"+", "-", "*", "/", "%", "neg"};

template <size_t N>
bool OneOf(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

// Storage of a call's result, but for NULL; none when only its arguments tell.
std::optional<uint8_t> ResultStorage(std::string_view callee) {
  if (OneOf(Comparisons, callee) || OneOf(NeverNull, callee) || OneOf(Integers, callee))
    return storage::Integer;
  if (OneOf(Arithmetic, callee)) return storage::Number;
  if (callee == "||" || callee == "cast_text" || callee == "->") return storage::Text;
  if (callee == "->>") return storage::Number | storage::Text;
  if (callee == "cast_integer") return storage::Integer;
  if (callee == "cast_real") return storage::Real;
  if (callee == "cast_numeric") return storage::Number;
  if (callee == "cast_blob") return storage::Blob;
  if (callee == "in_json" || callee == "overlap") return storage::Integer;
  return std::nullopt;
}

// Calls that are NULL only when an argument is.
bool NullOnlyFromArguments(std::string_view callee) {
  return OneOf(Comparisons, callee) || OneOf(Integers, callee) || callee == "||" ||
         callee.starts_with("cast_");
}

}  // namespace

ir::Facts Binder::CallFacts(std::string_view callee, const std::vector<ExprId>& args) const {
  uint8_t united = 0;
  for (ExprId arg : args) united |= At(arg).facts.storage;
  ir::Facts facts;
  if (auto known = ResultStorage(callee)) {
    bool null = !OneOf(NeverNull, callee) && (!NullOnlyFromArguments(callee) || (united & storage::Null));
    facts.storage = *known | (null ? storage::Null : 0);
  } else if (callee == "apply_numeric" && (united & storage::Text)) {
    facts.storage = united | storage::Number;
  } else if (callee == "apply_text") {
    facts.storage = (united & ~storage::Number) | (united & storage::Number ? storage::Text : 0);
  } else if (callee == "fold_nocase" || callee == "apply_numeric") {
    facts = At(args[0]).facts;
  }
  return facts;
}

ExprId Binder::Add(ir::Expr expr, NodeInfo info) {
  Span span = expr.span;
  if (info.depth > limits::ExpressionTreeDepthMax) {
    TooLarge(fmt::format("{} levels of nesting", limits::ExpressionTreeDepthMax));
    return Error(span);
  }
  if (info.size > limits::ExpressionNodesPerQueryMax) {
    TooLarge(fmt::format("{} terms", limits::ExpressionNodesPerQueryMax));
    return Error(span);
  }
  ExprId id = out_->module.exprs.Add(std::move(expr));
  out_->nodes.push_back(info);
  return id;
}

ExprId Binder::Literal(value::Value value, Span span) {
  ir::Facts facts;
  facts.storage = static_cast<uint8_t>(1 << static_cast<int>(value.type()));
  return Add({ir::LiteralExpr{value::OwnedValue(value)}, facts, span});
}

ExprId Binder::Call(std::string_view callee, std::vector<ExprId> args, Span span) {
  NodeInfo info;
  for (ExprId arg : args) {
    if (IsError(arg)) return Error(span);
    const NodeInfo& below = Info(arg);
    info.size = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{info.size} + below.size, UINT32_MAX));
    info.depth = std::max<uint16_t>(info.depth, below.depth + 1);
    if (below.collate_written && !info.collate_written) {
      info.collation = below.collation;
      info.collate_written = true;
    }
  }
  if (args.size() > limits::CallArgumentsMax) {
    TooLarge(fmt::format("{} arguments in one place", limits::CallArgumentsMax));
    return Error(span);
  }
  if (!Spend(1)) return Error(span);
  // A cast keeps its column's collation.
  if (!info.collate_written && callee.starts_with("cast_")) info.collation = Info(args[0]).collation;
  ir::Facts facts = CallFacts(callee, args);
  return Add({ir::CallExpr{std::string(callee), std::move(args)}, std::move(facts), span}, info);
}

// n-ary `and` and `or` are kept flat, so that spelling does not matter.
ExprId Binder::All(std::vector<ExprId> conjuncts, Span span) {
  std::vector<ExprId> flat;
  for (ExprId id : conjuncts) {
    if (const ir::CallExpr* call = AsCall(id, "and"))
      flat.insert(flat.end(), call->args.begin(), call->args.end());
    else
      flat.push_back(id);
  }
  return flat.size() == 1 ? flat[0] : Call("and", std::move(flat), span);
}

ExprId Binder::AnyOf(std::vector<ExprId> disjuncts, Span span) {
  std::vector<ExprId> flat;
  for (ExprId id : disjuncts) {
    if (const ir::CallExpr* call = AsCall(id, "or"))
      flat.insert(flat.end(), call->args.begin(), call->args.end());
    else
      flat.push_back(id);
  }
  return flat.size() == 1 ? flat[0] : Call("or", std::move(flat), span);
}

void Binder::AddConjunct(ExprId condition, Draft& draft) {
  if (const ir::CallExpr* call = AsCall(condition, "and")) {
    draft.conjuncts.insert(draft.conjuncts.end(), call->args.begin(), call->args.end());
  } else {
    draft.conjuncts.push_back(condition);
  }
}

ExprId Binder::Error(Span span) {
  ExprId id = out_->module.exprs.Add({ir::ErrorExpr{}, {}, span});
  out_->nodes.push_back({});
  return id;
}

bool Binder::IsError(ExprId id) const {
  return std::holds_alternative<ir::ErrorExpr>(At(id).kind);
}

const ir::CallExpr* Binder::AsCall(ExprId id, std::string_view callee) const {
  const auto* call = std::get_if<ir::CallExpr>(&At(id).kind);
  return call && call->callee == callee ? call : nullptr;
}

std::optional<std::string_view> Binder::AsText(ExprId id) const {
  const auto* literal = std::get_if<ir::LiteralExpr>(&At(id).kind);
  if (!literal || literal->value.type() != value::Type::Text) return std::nullopt;
  // The bytes belong to the literal in the store, whose elements do not move.
  return literal->value.view().bytes();
}

OccurrenceId Binder::AddOccurrence(ir::Occurrence occurrence, Draft& draft) {
  Spend(1);
  if (draft.from.size() == limits::OccurrencesPerBranchMax) {
    TooLarge(fmt::format("{} tables", limits::OccurrencesPerBranchMax));
  }
  OccurrenceId id = out_->module.occurrences.Add(std::move(occurrence));
  draft.from.push_back(id);
  return id;
}

bool Binder::Spend(size_t nodes) {
  query_nodes_ += nodes;
  module_nodes_ += nodes;
  if (module_nodes_ > limits::ExpressionNodesPerModuleMax) {
    TooLarge(fmt::format("its share of {} terms in all rules", limits::ExpressionNodesPerModuleMax));
    return false;
  }
  if (query_nodes_ > limits::ExpressionNodesPerQueryMax) {
    TooLarge(fmt::format("{} terms", limits::ExpressionNodesPerQueryMax));
    return false;
  }
  return true;
}

void Binder::StartQuery(Span span) {
  query_span_ = span;
  query_nodes_ = 0;
}

// One message a query: what follows from it is of no interest.
void Binder::TooLarge(const std::string& what) {
  query_nodes_ = std::max(query_nodes_, limits::ExpressionNodesPerQueryMax + 1);
  std::string key = fmt::format("too large {} {}", query_span_.file.index, query_span_.begin);
  if (!reported_.insert(std::move(key)).second) return;
  diagnostics_.Report<DiagKind::QueryTooLarge>(query_span_, what)
      .Note("views, WITH queries and functions are put in place of their names");
}

bool Binder::IsNews(DiagKind kind, Span at) {
  return !Silent(kind) && news_.emplace(kind, at.file.index, at.begin).second;
}

bool Binder::Silent(DiagKind kind) const {
  if (!names_only_) return false;
  return kind != DiagKind::UnknownTable && kind != DiagKind::UnknownColumn && kind != DiagKind::UnknownName &&
         kind != DiagKind::UnknownAlias && kind != DiagKind::AmbiguousColumn;
}

}  // namespace bulkhead::sema
