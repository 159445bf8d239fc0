#include "runtime/vm/vm.h"

#include "runtime/value/convert.h"
#include "runtime/vm/operations.h"

namespace bulkhead::vm {
namespace {

// Stacks up to this size live in the C++ frame; larger ones (long IN lists) in the arena.
constexpr size_t FrameStackMax = 32;

Value CompareAt(const Instruction& at, Value a, Value b) { return ApplyComparison(static_cast<Comparison>(at.a), a, b); }

// Runs a verified program. `top` points at the newest value; the slot below the first is never read.
Value Run(const Program& program, const Inputs& inputs, Context& context, Value* top) {
  const Instruction* code = program.code.data();
  auto truth = [&] { return value::Truth(*top); };
  auto binary = [&](Value (*apply)(Value, Value)) {
    --top;
    top[0] = apply(top[0], top[1]);
  };
  auto binary_failing = [&](Value (*apply)(Value, Value, Context&)) {
    --top;
    top[0] = apply(top[0], top[1], context);
    return context.failed();
  };
  auto unary_failing = [&](Value (*apply)(Value, Context&)) {
    *top = apply(*top, context);
    return context.failed();
  };
  for (const Instruction* at = code;; ++at) {
    switch (at->op) {
      case Op::PushConstant: *++top = program.constants[at->c].view(); break;
      case Op::PushColumn: *++top = inputs.columns[at->c]; break;
      case Op::PushExpand: *++top = inputs.expands[at->c]; break;
      case Op::PushBinding: *++top = inputs.bindings[at->c]; break;
      case Op::PushRequest: *++top = inputs.request[at->c]; break;
      case Op::Pop: --top; break;
      case Op::Compare:
        --top;
        top[0] = CompareAt(*at, top[0], top[1]);
        break;
      case Op::CompareColumnConstant:
        *++top = CompareAt(*at, inputs.columns[at->b], program.constants[at->c].view());
        break;
      case Op::CompareColumnColumn: *++top = CompareAt(*at, inputs.columns[at->b], inputs.columns[at->c]); break;
      case Op::CompareColumnBinding: *++top = CompareAt(*at, inputs.columns[at->b], inputs.bindings[at->c]); break;
      case Op::And:
        --top;
        top[0] = value::FromBool(And3(value::Truth(top[0]), value::Truth(top[1])));
        break;
      case Op::Or:
        --top;
        top[0] = value::FromBool(Or3(value::Truth(top[0]), value::Truth(top[1])));
        break;
      case Op::Not: *top = value::FromBool(Not3(truth())); break;
      case Op::Truth: *top = value::FromBool(truth()); break;
      case Op::IsNull: *top = Value::Bool(top->is_null()); break;
      case Op::IsNotNull: *top = Value::Bool(!top->is_null()); break;
      case Op::IsTrue: *top = Value::Bool(truth() == true); break;
      case Op::IsFalse: *top = Value::Bool(truth() == false); break;
      case Op::IsNotTrue: *top = Value::Bool(truth() != true); break;
      case Op::IsNotFalse: *top = Value::Bool(truth() != false); break;
      case Op::Add: binary(Add); break;
      case Op::Sub: binary(Sub); break;
      case Op::Mul: binary(Mul); break;
      case Op::Div: binary(Div); break;
      case Op::Mod: binary(Mod); break;
      case Op::Neg: *top = Neg(*top); break;
      case Op::BitAnd: binary(BitAnd); break;
      case Op::BitOr: binary(BitOr); break;
      case Op::ShiftLeft: binary(ShiftLeft); break;
      case Op::ShiftRight: binary(ShiftRight); break;
      case Op::BitNot: *top = BitNot(*top); break;
      case Op::CastInteger: *top = value::CastInteger(*top); break;
      case Op::CastReal: *top = value::CastReal(*top); break;
      case Op::CastNumeric: *top = value::CastNumeric(*top); break;
      case Op::ApplyNumeric: *top = value::ApplyNumeric(*top); break;
      case Op::Concat: if (binary_failing(Concat)) return {}; break;
      case Op::JsonArrow: if (binary_failing(JsonArrow)) return {}; break;
      case Op::JsonArrowText: if (binary_failing(JsonArrowText)) return {}; break;
      case Op::CastText: if (unary_failing(CastText)) return {}; break;
      case Op::CastBlob: if (unary_failing(CastBlob)) return {}; break;
      case Op::ApplyText: if (unary_failing(ApplyText)) return {}; break;
      case Op::FoldNocase: if (unary_failing(FoldNocase)) return {}; break;
      case Op::Between:
        top -= 2;
        top[0] = Between(top[0], top[1], top[2]);
        break;
      case Op::InSet: *top = InSet(*top, program.sets[at->c]); break;
      case Op::InValues:
        top -= at->b;
        top[0] = InValues(top[0], {top + 1, at->b});
        break;
      case Op::InJson:
        --top;
        top[0] = Take(value::InJson(top[0], top[1], context.arena()), context);
        if (context.failed()) return {};
        break;
      case Op::Overlap:
        --top;
        top[0] = Take(value::Overlap(top[0], top[1], context.arena()), context);
        if (context.failed()) return {};
        break;
      case Op::Call:
        top -= at->b;
        top[1] = functions::Apply(*program.functions[at->c], context, {top + 1, at->b});
        ++top;
        if (context.failed()) return {};
        break;
      case Op::Duplicate:
        top[1] = top[0];
        ++top;
        break;
      case Op::Jump: at = code + at->c - 1; break;
      case Op::JumpIfFalse:
        if (truth() == false) {
          *top = Value::Bool(false);
          at = code + at->c - 1;
        }
        break;
      case Op::JumpIfTrue:
        if (truth() == true) {
          *top = Value::Bool(true);
          at = code + at->c - 1;
        }
        break;
      case Op::JumpIfNotTrue:
        if (!value::IsTrue(*top--)) at = code + at->c - 1;
        break;
      case Op::JumpIfNotNull:
        if (!top->is_null()) at = code + at->c - 1;
        break;
      case Op::Return: return *top;
    }
  }
}

}  // namespace

Value Eval(const Program& program, const Inputs& inputs, Context& context) {
  // Raw bytes: a Value array would be cleared for each row.
  alignas(Value) unsigned char frame[FrameStackMax * sizeof(Value)];
  if (program.stack <= FrameStackMax) return Run(program, inputs, context, reinterpret_cast<Value*>(frame) - 1);
  Value* stack = context.arena().AllocateValues(program.stack);
  if (!stack) return context.Fail(value::Describe(value::JsonStatus::Full));
  return Run(program, inputs, context, stack - 1);
}

bool EvalTrue(const Program& program, const Inputs& inputs, Context& context) {
  return value::IsTrue(Eval(program, inputs, context)) && !context.failed();
}

}  // namespace bulkhead::vm
