#include "runtime/vm/tree.h"

#include <algorithm>

#include "runtime/base/id.h"
#include "runtime/value/convert.h"
#include "runtime/vm/operations.h"

namespace bulkhead::vm {
namespace {

class Walker {
 public:
  Walker(const Inputs& inputs, Context& context) : inputs_(inputs), context_(context) {}

  // NULL once the evaluation has failed.
  Value Of(const Expr& expr) {
    if (context_.failed()) return {};
    Value v = std::visit(Match{
                             [&](const Literal& e) { return e.value.view(); },
                             [&](const Column& e) { return At(inputs_.columns, e.slot); },
                             [&](const Expand& e) { return At(inputs_.expands, e.slot()); },
                             [&](const Binding& e) { return At(inputs_.bindings, e.index); },
                             [&](const Request& e) { return inputs_.request[static_cast<size_t>(e.part)]; },
                             [&](const Call& e) { return OfCall(e); },
                         },
                         expr.node);
    return context_.failed() ? Value() : v;
  }

 private:
  static Value At(std::span<const Value> values, size_t index) { return index < values.size() ? values[index] : Value(); }
  std::optional<bool> TruthOf(const Expr& expr) { return value::Truth(Of(expr)); }

  Value OfCall(const Call& call) {
    if (!call.callee.is_operator()) return OfFunction(call.callee.function(), call.args);
    Operator op = call.callee.op();
    const std::vector<Expr>& args = call.args;
    switch (op) {
      case Operator::And: return OfLogic(args, false);
      case Operator::Or: return OfLogic(args, true);
      case Operator::Case: return OfCase(args);
      case Operator::CaseOf: return OfCaseOf(args);
      case Operator::InList: return OfInList(args);
      default: break;
    }
    Value a = Of(args[0]);
    Value b = args.size() > 1 ? Of(args[1]) : Value();
    Value c = args.size() > 2 ? Of(args[2]) : Value();
    return context_.failed() ? Value() : OfStrict(op, a, b, c);
  }

  Value OfStrict(Operator op, Value a, Value b, Value c) {
    using namespace value;  // NOLINT: the operators' own names are meant below.
    switch (op) {
      case Operator::Eq: return FromBool(Equal(a, b));
      case Operator::Ne: return FromBool(Not3(Equal(a, b)));
      case Operator::Lt: return FromBool(Less(a, b));
      case Operator::Le: return FromBool(LessOrEqual(a, b));
      case Operator::Gt: return FromBool(Less(b, a));
      case Operator::Ge: return FromBool(LessOrEqual(b, a));
      case Operator::Is: return Value::Bool(Same(a, b));
      case Operator::IsNot: return Value::Bool(!Same(a, b));
      case Operator::Between: return vm::Between(a, b, c);
      case Operator::Not: return FromBool(Not3(Truth(a)));
      case Operator::IsNull: return Value::Bool(a.is_null());
      case Operator::IsNotNull: return Value::Bool(!a.is_null());
      case Operator::IsTrue: return Value::Bool(Truth(a) == true);
      case Operator::IsFalse: return Value::Bool(Truth(a) == false);
      case Operator::IsNotTrue: return Value::Bool(Truth(a) != true);
      case Operator::IsNotFalse: return Value::Bool(Truth(a) != false);
      case Operator::Add: return vm::Add(a, b);
      case Operator::Sub: return vm::Sub(a, b);
      case Operator::Mul: return vm::Mul(a, b);
      case Operator::Div: return vm::Div(a, b);
      case Operator::Mod: return vm::Mod(a, b);
      case Operator::Neg: return vm::Neg(a);
      case Operator::Concat: return vm::Concat(a, b, context_);
      case Operator::BitAnd: return vm::BitAnd(a, b);
      case Operator::BitOr: return vm::BitOr(a, b);
      case Operator::ShiftLeft: return vm::ShiftLeft(a, b);
      case Operator::ShiftRight: return vm::ShiftRight(a, b);
      case Operator::BitNot: return vm::BitNot(a);
      case Operator::JsonArrow: return vm::JsonArrow(a, b, context_);
      case Operator::JsonArrowText: return vm::JsonArrowText(a, b, context_);
      case Operator::CastText: return vm::CastText(a, context_);
      case Operator::CastInteger: return CastInteger(a);
      case Operator::CastReal: return CastReal(a);
      case Operator::CastNumeric: return CastNumeric(a);
      case Operator::CastBlob: return vm::CastBlob(a, context_);
      case Operator::ApplyNumeric: return ApplyNumeric(a);
      case Operator::ApplyText: return vm::ApplyText(a, context_);
      case Operator::FoldNocase: return vm::FoldNocase(a, context_);
      case Operator::InJson: return Take(value::InJson(a, b, context_.arena()), context_);
      case Operator::Overlap: return Take(value::Overlap(a, b, context_.arena()), context_);
      case Operator::And:
      case Operator::Or:
      case Operator::Case:
      case Operator::CaseOf:
      case Operator::InList: break;
    }
    CHECK_INVARIANT(false, "handled before their operands are evaluated");
    return {};
  }

  // `decisive` ends it: false for AND, true for OR.
  Value OfLogic(const std::vector<Expr>& args, bool decisive) {
    bool unknown = false;
    for (const Expr& arg : args) {
      std::optional<bool> truth = TruthOf(arg);
      if (truth == decisive) return Value::Bool(decisive);
      if (!truth) unknown = true;
      if (context_.failed()) return {};
    }
    return unknown ? Value::Null() : Value::Bool(!decisive);
  }

  Value OfCase(const std::vector<Expr>& args) {
    size_t i = 0;
    for (; i + 1 < args.size(); i += 2) {
      if (TruthOf(args[i]) == true) return Of(args[i + 1]);
    }
    return i < args.size() ? Of(args[i]) : Value();
  }

  Value OfCaseOf(const std::vector<Expr>& args) {
    Value base = Of(args[0]);
    size_t i = 1;
    for (; i + 1 < args.size(); i += 2) {
      if (value::Equal(base, Of(args[i])) == true) return Of(args[i + 1]);
    }
    return i < args.size() ? Of(args[i]) : Value();
  }

  Value OfInList(const std::vector<Expr>& args) {
    Value x = Of(args[0]);
    std::optional<bool> in = false;
    for (size_t i = 1; i < args.size(); ++i) in = Or3(in, value::Equal(x, Of(args[i])));
    return value::FromBool(in);
  }

  Value OfFunction(const functions::Function& function, const std::vector<Expr>& args) {
    if (function.lowering == functions::Lowering::Case) return OfCase(args);
    if (function.lowering == functions::Lowering::Coalesce) {
      for (const Expr& arg : args) {
        Value v = Of(arg);
        if (!v.is_null() || context_.failed()) return v;
      }
      return {};
    }
    std::vector<Value> values;
    for (const Expr& arg : args) values.push_back(Of(arg));
    return context_.failed() ? Value() : functions::Apply(function, context_, values);
  }

  const Inputs& inputs_;
  Context& context_;
};

// ---- Folding ----

// Whether evaluation may fail; unknown counts as may.
bool CanFail(const Expr& expr) {
  const Call* call = expr.As<Call>();
  if (!call) return false;
  if (!call->callee.is_operator()) return true;
  switch (call->callee.op()) {
    case Operator::Concat:
    case Operator::JsonArrow:
    case Operator::JsonArrowText:
    case Operator::CastText:
    case Operator::CastBlob:
    case Operator::ApplyText:
    case Operator::FoldNocase:
    case Operator::InJson:
    case Operator::Overlap: return true;
    default: return std::any_of(call->args.begin(), call->args.end(), CanFail);
  }
}

// Whether the value is always 1, 0 or NULL.
bool IsLogical(const Expr& expr) {
  const Call* call = expr.As<Call>();
  if (!call || !call->callee.is_operator()) return false;
  Operator op = call->callee.op();
  return op <= Operator::IsNotFalse || op >= Operator::InList;
}
static_assert(Operator::Not < Operator::IsNotFalse && Operator::Overlap > Operator::InList, "order of operators.def");

Expr FoldLogic(Operator op, std::vector<Expr> args) {
  bool decisive = op == Operator::Or;
  std::vector<Expr> kept;
  for (Expr& arg : args) {
    const Literal* literal = arg.As<Literal>();
    std::optional<bool> truth = literal ? value::Truth(literal->value.view()) : std::nullopt;
    if (truth == !decisive) continue;
    if (truth == decisive) {
      if (std::none_of(kept.begin(), kept.end(), CanFail)) return Integer(decisive);
      kept.push_back(std::move(arg));
      break;
    }
    kept.push_back(std::move(arg));
  }
  if (kept.empty()) return Integer(!decisive);
  if (kept.size() == 1 && IsLogical(kept.front())) return std::move(kept.front());
  return Apply(op, std::move(kept));
}

// For `case` and functions that are one.
Expr FoldCase(Callee callee, std::vector<Expr> args) {
  std::vector<Expr> kept;
  size_t i = 0;
  bool decided = false;
  for (; i + 1 < args.size() && !decided; i += 2) {
    if (const Literal* condition = args[i].As<Literal>()) {
      if (!value::IsTrue(condition->value.view())) continue;
      decided = true;
    } else {
      kept.push_back(std::move(args[i]));
    }
    kept.push_back(std::move(args[i + 1]));
  }
  if (!decided && i < args.size()) kept.push_back(std::move(args[i]));
  if (kept.empty()) return Null();
  if (kept.size() == 1) return std::move(kept.front());
  bool fits = kept.size() >= callee.args_min() && kept.size() <= callee.args_max();
  return Apply(fits ? callee : Callee(Operator::Case), std::move(kept));
}

Expr FoldCoalesce(Callee callee, std::vector<Expr> args) {
  std::vector<Expr> kept;
  for (Expr& arg : args) {
    const Literal* literal = arg.As<Literal>();
    if (literal && literal->value.is_null()) continue;
    kept.push_back(std::move(arg));
    if (literal) break;
  }
  if (kept.empty()) return Null();
  if (kept.size() == 1) return std::move(kept.front());
  return Apply(callee, std::move(kept));
}

std::optional<Expr> Evaluated(const Call& call) {
  bool constant = std::all_of(call.args.begin(), call.args.end(), [](const Expr& arg) { return arg.As<Literal>(); });
  bool refused = !call.callee.is_operator() && call.callee.function().purity == functions::Purity::Refused;
  if (!constant || refused) return std::nullopt;
  value::Arena arena;
  Context context(arena);
  Expr expr{call};  // Outlives the value, which may be a view of one of its literals.
  Value v = EvalTree(expr, {}, context);
  // A constant would lose the mark that this text is JSON.
  if (context.failed() || v.is_json()) return std::nullopt;
  return Constant(v);
}

}  // namespace

Value EvalTree(const Expr& expr, const Inputs& inputs, Context& context) { return Walker(inputs, context).Of(expr); }

Expr Fold(const Expr& expr) {
  const Call* call = expr.As<Call>();
  if (!call) return expr;
  Call folded{call->callee, {}};
  for (const Expr& arg : call->args) folded.args.push_back(Fold(arg));
  if (std::optional<Expr> constant = Evaluated(folded)) return *constant;
  Callee callee = folded.callee;
  if (callee.Is(Operator::And) || callee.Is(Operator::Or)) return FoldLogic(callee.op(), std::move(folded.args));
  if (callee.Is(Operator::Case)) return FoldCase(callee, std::move(folded.args));
  if (callee.is_operator()) return {std::move(folded)};
  functions::Lowering lowering = callee.function().lowering;
  if (lowering == functions::Lowering::Case) return FoldCase(callee, std::move(folded.args));
  if (lowering == functions::Lowering::Coalesce) return FoldCoalesce(callee, std::move(folded.args));
  return {std::move(folded)};
}

}  // namespace bulkhead::vm
