// NOT moves inward: NOT (a AND b) = NOT a OR NOT b, NOT (a = b) = a <> b, NOT NOT a = a. All hold in Kleene's
// three-valued logic for "is the result TRUE", which is the only question a WHERE asks. NOT IN becomes NOT
// EXISTS.
#include <array>
#include <optional>
#include <unordered_map>

#include "compiler/normal/draft.h"

namespace bulkhead::normal {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> Opposites = {{
    {"=", "<>"},
    {"<", ">="},
    {">", "<="},
    {"is", "is_not"},
    {"is_null", "is_not_null"},
    {"is_true", "is_not_true"},
    {"is_false", "is_not_false"},
}};

std::string_view OppositeOf(std::string_view callee) {
  for (auto [a, b] : Opposites) {
    if (callee == a) return b;
    if (callee == b) return a;
  }
  return {};
}

// What is asked of a condition. It is NULL in NotTrue and NotFalse, too.
enum class Wanted : uint8_t { True, False, NotTrue, NotFalse };

Wanted Negated(Wanted wanted) {
  constexpr std::array Table = {Wanted::False, Wanted::True, Wanted::NotFalse, Wanted::NotTrue};
  return Table[static_cast<size_t>(wanted)];
}

Wanted Complement(Wanted wanted) {
  constexpr std::array Table = {Wanted::NotTrue, Wanted::NotFalse, Wanted::True, Wanted::False};
  return Table[static_cast<size_t>(wanted)];
}

// `e IS TRUE` and its kin, as what they want of e.
std::optional<Wanted> TestOf(std::string_view callee) {
  if (callee == "is_true") return Wanted::True;
  if (callee == "is_false") return Wanted::False;
  if (callee == "is_not_true") return Wanted::NotTrue;
  if (callee == "is_not_false") return Wanted::NotFalse;
  return std::nullopt;
}

class Pusher {
 public:
  explicit Pusher(PassContext& context) : context_(context) {}

  ExprId Push(ExprId id, Wanted wanted) {
    const ir::CallExpr* call = context_.AsCall(id);
    if (!call) return PushLeaf(id, wanted);
    if (call->callee == "not") return Push(call->args[0], Negated(wanted));
    if (call->callee == "and" || call->callee == "or") return PushConnective(id, wanted);
    if (auto test = TestOf(call->callee); test && !SourcesOf(context_.module, call->args[0]).Single()) {
      // A test is never NULL: what is not true of it is false.
      const bool holds = wanted == Wanted::True || wanted == Wanted::NotFalse;
      return Push(call->args[0], holds ? *test : Complement(*test));
    }
    return PushCall(id, wanted);
  }

  // Subqueries; each select is visited once.
  void PushSelect(ir::SelectId id) {
    if (!selects_.emplace(id, true).second) return;
    ExprId where = context_.module.selects[id].where;
    if (where.HasValue()) context_.module.selects[id].where = Push(where, Wanted::True);
  }

 private:
  ExprId Call(std::string callee, ExprId like) {
    return context_.AddCall(std::move(callee), context_.AsCall(like)->args, context_.module.exprs[like].span);
  }
  ExprId Wrap(std::string callee, ExprId id) {
    return context_.AddCall(std::move(callee), {id}, context_.module.exprs[id].span);
  }

  ExprId PushLeaf(ExprId id, Wanted wanted) {
    const auto kind = context_.module.exprs[id].kind;
    if (const auto* exists = std::get_if<ir::ExistsExpr>(&kind)) {
      for (ir::SelectId arm : exists->arms) PushSelect(arm);
      return wanted == Wanted::True || wanted == Wanted::NotFalse ? id : Wrap("not", id);
    }
    if (const auto* in = std::get_if<ir::InSelectExpr>(&kind)) return PushIn(id, *in, wanted);
    return PushCall(id, wanted);
  }

  // What has nothing inside to push into.
  ExprId PushCall(ExprId id, Wanted wanted) {
    if (wanted == Wanted::NotTrue) return Wrap("is_not_true", id);
    if (wanted == Wanted::NotFalse) return Wrap("is_not_false", id);
    const ir::CallExpr* call = context_.AsCall(id);
    if (wanted == Wanted::True) return call ? PushPositive(id) : id;
    std::string_view opposite = call ? OppositeOf(call->callee) : "";
    if (!opposite.empty()) return Push(Call(std::string(opposite), id), Wanted::True);
    return Wrap("not", id);
  }

  ExprId PushConnective(ExprId id, Wanted wanted) {
    const ir::CallExpr call = *context_.AsCall(id);
    // TRUE and NOT FALSE need all of an AND; FALSE and NOT TRUE need one.
    const bool positive = wanted == Wanted::True || wanted == Wanted::NotFalse;
    std::vector<ExprId> args;
    for (ExprId arg : call.args) args.push_back(Push(arg, wanted));
    return context_.AddCall((call.callee == "and") == positive ? "and" : "or", std::move(args),
                            context_.module.exprs[id].span);
  }

  // IN is true if a row is equal, false if every row certainly differs, else NULL: so it is certain of `true`
  // and of `not true` by rows that are equal, of the others by rows that may be.
  ExprId PushIn(ExprId id, const ir::InSelectExpr& in, Wanted wanted) {
    const bool maybe = wanted == Wanted::False || wanted == Wanted::NotFalse;
    if (wanted == Wanted::True) {
      for (ir::SelectId arm : in.arms) PushSelect(arm);
      return id;
    }
    Span span = context_.module.exprs[id].span;
    ir::ExistsExpr exists;
    for (ir::SelectId arm : in.arms) exists.arms.push_back(Matching(arm, in.lhs, maybe, span));
    ir::Expr found;
    found.kind = std::move(exists);
    found.span = span;
    return Push(context_.module.exprs.Add(std::move(found)), wanted);
  }

  // The arm's rows that equal `lhs`, or that may equal it: where a side is NULL nothing is certain.
  ir::SelectId Matching(ir::SelectId arm, const std::vector<ExprId>& lhs, bool maybe, Span span) {
    ir::Select select = context_.module.selects[arm];
    std::vector<ExprId> conjuncts;
    for (size_t i = 0; i < lhs.size(); ++i) {
      ExprId rhs = select.outputs[i].value;
      std::vector<ExprId> ways = {context_.AddCall("=", {lhs[i], rhs}, span)};
      for (ExprId side : {rhs, lhs[i]})
        if (maybe && context_.module.exprs[side].facts.CanBeNull())
          ways.push_back(context_.AddCall("is_null", {side}, span));
      conjuncts.push_back(ways.size() == 1 ? ways[0] : context_.AddCall("or", std::move(ways), span));
    }
    if (select.where.HasValue()) conjuncts.push_back(select.where);
    select.where = conjuncts.size() == 1 ? conjuncts[0] : context_.AddCall("and", std::move(conjuncts), span);
    select.outputs.clear();
    return context_.module.selects.Add(std::move(select));
  }

  // `x IN (a, b)` and `x IS y` over different sources become what can be bound: x = a OR x = b;
  // x = y OR (x IS NULL AND y IS NULL).
  ExprId PushPositive(ExprId id) {
    const ir::CallExpr call = *context_.AsCall(id);
    Span span = context_.module.exprs[id].span;
    if (call.callee != "in_list" && call.callee != "is") return id;
    if (SourcesOf(context_.module, id).Single()) return id;
    std::vector<ExprId> arms;
    for (size_t i = 1; i < call.args.size(); ++i)
      arms.push_back(context_.AddCall("=", {call.args[0], call.args[i]}, span));
    if (call.callee == "is") {
      ExprId lhs = context_.AddCall("is_null", {call.args[0]}, span);
      ExprId rhs = context_.AddCall("is_null", {call.args[1]}, span);
      arms.push_back(context_.AddCall("and", {lhs, rhs}, span));
    }
    return arms.size() == 1 ? arms[0] : context_.AddCall("or", std::move(arms), span);
  }

  PassContext& context_;
  std::unordered_map<ir::SelectId, bool> selects_;
};

}  // namespace

void PushNot(PassContext& context, Drafts& drafts) {
  Pusher pusher(context);
  for (Draft& draft : drafts)
    for (ExprId& conjunct : draft.conjuncts) conjunct = pusher.Push(conjunct, Wanted::True);
}

}  // namespace bulkhead::normal
