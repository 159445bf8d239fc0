// NOT moves inward: NOT (a AND b) = NOT a OR NOT b, NOT (a = b) = a <> b, NOT NOT a = a. All hold in Kleene's
// three-valued logic for "is the result TRUE", which is the only question a WHERE asks.
#include <array>
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

class Pusher {
 public:
  explicit Pusher(PassContext& context) : context_(context) {}

  ExprId Push(ExprId id, bool negate) {
    const ir::CallExpr* call = context_.AsCall(id);
    if (!call) return PushLeaf(id, negate);
    if (call->callee == "not") return Push(call->args[0], !negate);
    if (call->callee == "and" || call->callee == "or") return PushConnective(id, negate);
    if (!negate) return PushPositive(id);
    std::string_view opposite = OppositeOf(call->callee);
    if (!opposite.empty()) return Push(Call(std::string(opposite), id), false);
    return Not(id);
  }

  // Subqueries in positive places; each select is visited once.
  void PushSelect(ir::SelectId id) {
    if (!selects_.emplace(id, true).second) return;
    ExprId where = context_.module.selects[id].where;
    if (where.HasValue()) context_.module.selects[id].where = Push(where, false);
  }

 private:
  ExprId Call(std::string callee, ExprId like) {
    return context_.AddCall(std::move(callee), context_.AsCall(like)->args, context_.module.exprs[like].span);
  }
  ExprId Not(ExprId id) { return context_.AddCall("not", {id}, context_.module.exprs[id].span); }

  ExprId PushLeaf(ExprId id, bool negate) {
    const auto& kind = context_.module.exprs[id].kind;
    if (const auto* exists = std::get_if<ir::ExistsExpr>(&kind)) {
      if (!negate)
        for (ir::SelectId arm : exists->arms) PushSelect(arm);
    } else if (const auto* in = std::get_if<ir::InSelectExpr>(&kind)) {
      if (!negate)
        for (ir::SelectId arm : in->arms) PushSelect(arm);
    }
    return negate ? Not(id) : id;
  }

  ExprId PushConnective(ExprId id, bool negate) {
    const ir::CallExpr call = *context_.AsCall(id);
    bool is_and = call.callee == "and";
    std::vector<ExprId> args;
    for (ExprId arg : call.args) args.push_back(Push(arg, negate));
    return context_.AddCall(is_and != negate ? "and" : "or", std::move(args), context_.module.exprs[id].span);
  }

  // `x IN (a, b)` and `x IS y` over different sources become what can be bound: x = a OR x = b;
  // x = y OR (x IS NULL AND y IS NULL).
  ExprId PushPositive(ExprId id) {
    const ir::CallExpr call = *context_.AsCall(id);
    Span span = context_.module.exprs[id].span;
    if (call.callee == "is_true") {
      Sources sources = SourcesOf(context_.module, call.args[0]);
      return sources.Single() ? id : Push(call.args[0], false);
    }
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
    for (ExprId& conjunct : draft.conjuncts) conjunct = pusher.Push(conjunct, false);
}

}  // namespace bulkhead::normal
