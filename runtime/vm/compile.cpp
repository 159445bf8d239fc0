#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>

#include "runtime/base/check.h"
#include "runtime/base/id.h"
#include "runtime/base/limits.h"
#include "runtime/value/compare.h"
#include "runtime/vm/operations.h"
#include "runtime/vm/vm.h"

namespace bulkhead::vm {
namespace {

// Operators that evaluate their operands in order and are one instruction.
std::optional<Op> PlainOp(Operator op) {
  switch (op) {
#define PLAIN(name) \
  case Operator::name: return Op::name;
    PLAIN(Not) PLAIN(IsNull) PLAIN(IsNotNull) PLAIN(IsTrue) PLAIN(IsFalse) PLAIN(IsNotTrue) PLAIN(IsNotFalse)
    PLAIN(Add) PLAIN(Sub) PLAIN(Mul) PLAIN(Div) PLAIN(Mod) PLAIN(Neg) PLAIN(Concat)
    PLAIN(BitAnd) PLAIN(BitOr) PLAIN(ShiftLeft) PLAIN(ShiftRight) PLAIN(BitNot)
    PLAIN(JsonArrow) PLAIN(JsonArrowText) PLAIN(CastText) PLAIN(CastInteger) PLAIN(CastReal) PLAIN(CastNumeric)
    PLAIN(CastBlob) PLAIN(ApplyNumeric) PLAIN(ApplyText) PLAIN(FoldNocase) PLAIN(Between) PLAIN(InJson) PLAIN(Overlap)
#undef PLAIN
    default: return std::nullopt;
  }
}

std::optional<Comparison> ComparisonOf(Operator op) {
  switch (op) {
    case Operator::Eq: return Comparison::Eq;
    case Operator::Ne: return Comparison::Ne;
    case Operator::Lt: return Comparison::Lt;
    case Operator::Le: return Comparison::Le;
    case Operator::Gt: return Comparison::Gt;
    case Operator::Ge: return Comparison::Ge;
    case Operator::Is: return Comparison::Is;
    case Operator::IsNot: return Comparison::IsNot;
    default: return std::nullopt;
  }
}

Comparison Swapped(Comparison comparison) {
  switch (comparison) {
    case Comparison::Lt: return Comparison::Gt;
    case Comparison::Le: return Comparison::Ge;
    case Comparison::Gt: return Comparison::Lt;
    case Comparison::Ge: return Comparison::Le;
    default: return comparison;
  }
}

class Compiler {
 public:
  explicit Compiler(const Layout& layout) : layout_(layout) {
    for (size_t i = layout.columns.size(); i-- > 0;) slots_[layout.columns[i]] = static_cast<uint32_t>(i);
  }

  Result<Program> Finish(const Expr& expr) {
    program_.columns = static_cast<uint32_t>(layout_.columns.size());
    program_.expand_slots = layout_.expands * ExpandOutputs;
    program_.bindings = layout_.bindings;
    BULKHEAD_CHECK_OK(Emit(expr, 0));
    Add(Op::Return);
    if (program_.code.size() > limits::ProgramInstructionsMax) {
      return Error{Code::LimitExceeded, "an expression compiles to too many instructions"};
    }
    program_.stack = height_max_;
    program_.bytes = std::move(bytes_);
    CHECK_INVARIANT(Verify(program_), "the compiler makes valid programs");
    return std::move(program_);
  }

 private:
  // Appends an instruction and follows the stack's height.
  size_t Add(Op op, uint8_t a = 0, uint16_t b = 0, uint32_t c = 0);
  void Land(size_t jump) { program_.code[jump].c = static_cast<uint32_t>(program_.code.size()); }

  Result<uint32_t> SlotOf(const Column& column) const {
    auto found = slots_.find(column.name);
    if (found == slots_.end()) return Error{Code::NotFound, fmt::format("no column `{}`", column.name)};
    return found->second;
  }
  static Status InRange(uint32_t index, uint32_t count, std::string_view what) {
    if (index < count) return Ok();
    return Error{Code::InvalidPlan, fmt::format("{} {} of {}", what, index, count)};
  }
  uint32_t ConstantIndex(Value v) {
    auto& all = program_.constants;
    auto same = [&](Value other) { return other.type() == v.type() && value::Same(other, v); };
    auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) found = all.insert(all.end(), Kept(v));
    return static_cast<uint32_t>(found - all.begin());
  }
  // The value, with its bytes in the program.
  Value Kept(Value v) {
    bytes_->emplace_back(v);
    return bytes_->back().view();
  }

  Status Emit(const Expr& expr, size_t depth);
  Status EmitLeaf(const Expr& expr);
  Status EmitOperator(Operator op, const std::vector<Expr>& args, size_t depth);
  Status EmitFunction(const functions::Function& function, const std::vector<Expr>& args, size_t depth);
  Status EmitComparison(Comparison comparison, const std::vector<Expr>& args, size_t depth);
  bool EmitFusedComparison(Comparison comparison, const Expr& left, const Expr& right);
  Status EmitLogic(Operator op, const std::vector<Expr>& args, size_t depth);
  Status EmitCase(const std::vector<Expr>& args, size_t depth);
  Status EmitCaseOf(const std::vector<Expr>& args, size_t depth);
  Status EmitCoalesce(const std::vector<Expr>& args, size_t depth);
  Status EmitInList(const std::vector<Expr>& args, size_t depth);
  Status EmitAll(const std::vector<Expr>& args, size_t depth) {
    for (const Expr& arg : args) BULKHEAD_CHECK_OK(Emit(arg, depth));
    return Ok();
  }

  const Layout& layout_;
  std::map<std::string_view, uint32_t> slots_;
  Program program_;
  std::shared_ptr<std::deque<value::OwnedValue>> bytes_ = std::make_shared<std::deque<value::OwnedValue>>();
  uint32_t height_ = 0;
  uint32_t height_max_ = 0;
};

size_t Compiler::Add(Op op, uint8_t a, uint16_t b, uint32_t c) {
  static constexpr struct { uint8_t pops, pushes; } Effects[] = {
#define OP(name, operand, pops, pushes, effect) {pops, pushes},
#include "runtime/vm/opcodes.def"
#undef OP
  };
  auto [pops, pushes] = Effects[static_cast<size_t>(op)];
  height_ -= pops + (op == Op::Call || op == Op::InValues ? b : 0);
  height_ += pushes;
  height_max_ = std::max(height_max_, height_);
  program_.code.push_back({op, a, b, c});
  return program_.code.size() - 1;
}

Status Compiler::Emit(const Expr& expr, size_t depth) {
  if (depth >= limits::ExpressionTreeDepthMax) return Error{Code::LimitExceeded, "an expression is nested too deeply"};
  const Call* call = expr.As<Call>();
  if (!call) return EmitLeaf(expr);
  if (call->args.size() < call->callee.args_min() || call->args.size() > call->callee.args_max()) {
    return Error{Code::InvalidPlan, fmt::format("`{}` has {} arguments", call->callee.name(), call->args.size())};
  }
  if (call->callee.is_operator()) return EmitOperator(call->callee.op(), call->args, depth + 1);
  return EmitFunction(call->callee.function(), call->args, depth + 1);
}

Status Compiler::EmitLeaf(const Expr& expr) {
  if (auto* e = expr.As<Literal>()) {
    Add(Op::PushConstant, 0, 0, ConstantIndex(e->value.view()));
  } else if (auto* e = expr.As<Column>()) {
    BULKHEAD_TRY(uint32_t slot, SlotOf(*e));
    Add(Op::PushColumn, 0, 0, slot);
  } else if (auto* e = expr.As<Expand>()) {
    BULKHEAD_CHECK_OK(InRange(e->function, layout_.expands, "table function"));
    Add(Op::PushExpand, 0, 0, e->slot());
  } else if (auto* e = expr.As<Binding>()) {
    BULKHEAD_CHECK_OK(InRange(e->index, layout_.bindings, "binding"));
    Add(Op::PushBinding, 0, 0, e->index);
  } else if (auto* e = expr.As<Request>()) {
    Add(Op::PushRequest, 0, 0, static_cast<uint32_t>(e->part));
  }
  return Ok();
}

Status Compiler::EmitOperator(Operator op, const std::vector<Expr>& args, size_t depth) {
  if (std::optional<Comparison> comparison = ComparisonOf(op)) return EmitComparison(*comparison, args, depth);
  if (std::optional<Op> plain = PlainOp(op)) {
    BULKHEAD_CHECK_OK(EmitAll(args, depth));
    Add(*plain);
    return Ok();
  }
  switch (op) {
    case Operator::And:
    case Operator::Or: return EmitLogic(op, args, depth);
    case Operator::Case: return EmitCase(args, depth);
    case Operator::CaseOf: return EmitCaseOf(args, depth);
    case Operator::InList: return EmitInList(args, depth);
    default: CHECK_INVARIANT(false, "every operator is compiled"); return Ok();
  }
}

Status Compiler::EmitFunction(const functions::Function& function, const std::vector<Expr>& args, size_t depth) {
  if (function.purity == functions::Purity::Refused) {
    return Error{Code::InvalidPlan, fmt::format("function `{}` is refused: {}", function.name, function.doc)};
  }
  if (function.lowering == functions::Lowering::Coalesce) return EmitCoalesce(args, depth);
  if (function.lowering == functions::Lowering::Case) return EmitCase(args, depth);
  BULKHEAD_CHECK_OK(EmitAll(args, depth));
  auto& all = program_.functions;
  auto found = std::find(all.begin(), all.end(), &function);
  if (found == all.end()) found = all.insert(all.end(), &function);
  Add(Op::Call, 0, static_cast<uint16_t>(args.size()), static_cast<uint32_t>(found - all.begin()));
  return Ok();
}

// Columns against constants, columns and bindings are most of all filters.
bool Compiler::EmitFusedComparison(Comparison comparison, const Expr& left, const Expr& right) {
  const Column* column = left.As<Column>();
  auto slot = column ? SlotOf(*column) : Result<uint32_t>(Error{});
  if (!slot || *slot > std::numeric_limits<uint16_t>::max()) return false;
  auto add = [&](Op op, uint32_t c) { Add(op, static_cast<uint8_t>(comparison), static_cast<uint16_t>(*slot), c); };
  if (auto* literal = right.As<Literal>()) {
    add(Op::CompareColumnConstant, ConstantIndex(literal->value.view()));
    return true;
  }
  if (auto* other = right.As<Column>()) {
    auto other_slot = SlotOf(*other);
    if (other_slot) add(Op::CompareColumnColumn, *other_slot);
    return static_cast<bool>(other_slot);
  }
  if (auto* binding = right.As<Binding>(); binding && binding->index < layout_.bindings) {
    add(Op::CompareColumnBinding, binding->index);
    return true;
  }
  return false;
}

Status Compiler::EmitComparison(Comparison comparison, const std::vector<Expr>& args, size_t depth) {
  if (EmitFusedComparison(comparison, args[0], args[1])) return Ok();
  if (!args[1].As<Column>() || args[0].As<Column>()) {
    BULKHEAD_CHECK_OK(EmitAll(args, depth));
    Add(Op::Compare, static_cast<uint8_t>(comparison));
    return Ok();
  }
  if (EmitFusedComparison(Swapped(comparison), args[1], args[0])) return Ok();
  BULKHEAD_CHECK_OK(EmitAll(args, depth));
  Add(Op::Compare, static_cast<uint8_t>(comparison));
  return Ok();
}

Status Compiler::EmitLogic(Operator op, const std::vector<Expr>& args, size_t depth) {
  bool is_and = op == Operator::And;
  BULKHEAD_CHECK_OK(Emit(args[0], depth));
  if (args.size() == 1) Add(Op::Truth);
  std::vector<size_t> jumps;
  for (size_t i = 1; i < args.size(); ++i) {
    jumps.push_back(Add(is_and ? Op::JumpIfFalse : Op::JumpIfTrue));
    BULKHEAD_CHECK_OK(Emit(args[i], depth));
    Add(is_and ? Op::And : Op::Or);
  }
  for (size_t jump : jumps) Land(jump);
  return Ok();
}

Status Compiler::EmitCase(const std::vector<Expr>& args, size_t depth) {
  std::vector<size_t> ends;
  size_t i = 0;
  for (; i + 1 < args.size(); i += 2) {
    BULKHEAD_CHECK_OK(Emit(args[i], depth));
    size_t skip = Add(Op::JumpIfNotTrue);
    BULKHEAD_CHECK_OK(Emit(args[i + 1], depth));
    ends.push_back(Add(Op::Jump));
    --height_;  // The next branch starts without this one's value.
    Land(skip);
  }
  BULKHEAD_CHECK_OK(Emit(i < args.size() ? args[i] : Null(), depth));
  for (size_t end : ends) Land(end);
  return Ok();
}

Status Compiler::EmitCaseOf(const std::vector<Expr>& args, size_t depth) {
  BULKHEAD_CHECK_OK(Emit(args[0], depth));
  std::vector<size_t> ends;
  size_t i = 1;
  for (; i + 1 < args.size(); i += 2) {
    Add(Op::Duplicate);
    BULKHEAD_CHECK_OK(Emit(args[i], depth));
    Add(Op::Compare, static_cast<uint8_t>(Comparison::Eq));
    size_t skip = Add(Op::JumpIfNotTrue);
    Add(Op::Pop);
    BULKHEAD_CHECK_OK(Emit(args[i + 1], depth));
    ends.push_back(Add(Op::Jump));
    Land(skip);
  }
  Add(Op::Pop);
  BULKHEAD_CHECK_OK(Emit(i < args.size() ? args[i] : Null(), depth));
  for (size_t end : ends) Land(end);
  return Ok();
}

Status Compiler::EmitCoalesce(const std::vector<Expr>& args, size_t depth) {
  std::vector<size_t> ends;
  for (size_t i = 0; i < args.size(); ++i) {
    BULKHEAD_CHECK_OK(Emit(args[i], depth));
    if (i + 1 == args.size()) break;
    ends.push_back(Add(Op::JumpIfNotNull));
    Add(Op::Pop);
  }
  for (size_t end : ends) Land(end);
  return Ok();
}

Status Compiler::EmitInList(const std::vector<Expr>& args, size_t depth) {
  BULKHEAD_CHECK_OK(Emit(args[0], depth));
  bool constant = std::all_of(args.begin() + 1, args.end(), [](const Expr& item) { return item.As<Literal>(); });
  if (!constant) {
    for (size_t i = 1; i < args.size(); ++i) BULKHEAD_CHECK_OK(Emit(args[i], depth));
    Add(Op::InValues, 0, static_cast<uint16_t>(args.size() - 1));
    return Ok();
  }
  std::vector<Value> set;
  for (size_t i = 1; i < args.size(); ++i) set.push_back(Kept(args[i].As<Literal>()->value.view()));
  std::sort(set.begin(), set.end(), [](Value x, Value y) { return value::Compare(x, y) < 0; });
  set.erase(std::unique(set.begin(), set.end(), [](Value x, Value y) { return value::Same(x, y); }), set.end());
  program_.sets.push_back(std::move(set));
  Add(Op::InSet, 0, 0, static_cast<uint32_t>(program_.sets.size() - 1));
  return Ok();
}

}  // namespace

Result<Program> Compile(const Expr& expr, const Layout& layout) { return Compiler(layout).Finish(expr); }

}  // namespace bulkhead::vm
