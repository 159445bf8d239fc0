#include "runtime/vm/vm.h"

#include "runtime/value/convert.h"
#include "runtime/vm/operations.h"

namespace bulkhead::vm {
namespace {

// Stacks up to this size live in the C++ frame; larger ones (long IN lists) in the arena.
constexpr size_t FrameStackMax = 32;

Value CompareAt(const Instruction& at, Value a, Value b) { return ApplyComparison(static_cast<Comparison>(at.a), a, b); }

Value* Binary(Value* top, Value (*apply)(Value, Value)) {
  --top;
  top[0] = apply(top[0], top[1]);
  return top;
}
Value* Binary(Value* top, Value (*apply)(Value, Value, Context&), Context& context) {
  --top;
  top[0] = apply(top[0], top[1], context);
  return top;
}

// Runs a verified program. A failed operator gives NULL and evaluation goes on to its end, which is near. `top` points at
// the newest value; the slot below the first is never read.
Value Run(const Program& program, const Inputs& inputs, Context& context, Value* top) {
  const Instruction* code = program.code.data();
  for (const Instruction* at = code;; ++at) {
    switch (at->op) {
      case Op::PushConstant: *++top = program.constants[at->c]; break;
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
        *++top = CompareAt(*at, inputs.columns[at->b], program.constants[at->c]);
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
      case Op::Not: *top = value::FromBool(Not3(value::Truth(*top))); break;
      case Op::Truth: *top = value::FromBool(value::Truth(*top)); break;
      case Op::IsNull: *top = Value::Bool(top->is_null()); break;
      case Op::IsNotNull: *top = Value::Bool(!top->is_null()); break;
      case Op::IsTrue: *top = Value::Bool(value::Truth(*top) == true); break;
      case Op::IsFalse: *top = Value::Bool(value::Truth(*top) == false); break;
      case Op::IsNotTrue: *top = Value::Bool(value::Truth(*top) != true); break;
      case Op::IsNotFalse: *top = Value::Bool(value::Truth(*top) != false); break;
      case Op::Add: top = Binary(top, Add); break;
      case Op::Sub: top = Binary(top, Sub); break;
      case Op::Mul: top = Binary(top, Mul); break;
      case Op::Div: top = Binary(top, Div); break;
      case Op::Mod: top = Binary(top, Mod); break;
      case Op::Neg: *top = Neg(*top); break;
      case Op::BitAnd: top = Binary(top, BitAnd); break;
      case Op::BitOr: top = Binary(top, BitOr); break;
      case Op::ShiftLeft: top = Binary(top, ShiftLeft); break;
      case Op::ShiftRight: top = Binary(top, ShiftRight); break;
      case Op::BitNot: *top = BitNot(*top); break;
      case Op::CastInteger: *top = value::CastInteger(*top); break;
      case Op::CastReal: *top = value::CastReal(*top); break;
      case Op::CastNumeric: *top = value::CastNumeric(*top); break;
      case Op::ApplyNumeric: *top = value::ApplyNumeric(*top); break;
      case Op::Concat: top = Binary(top, Concat, context); break;
      case Op::JsonArrow: top = Binary(top, JsonArrow, context); break;
      case Op::JsonArrowText: top = Binary(top, JsonArrowText, context); break;
      case Op::CastText: *top = CastText(*top, context); break;
      case Op::CastBlob: *top = CastBlob(*top, context); break;
      case Op::ApplyText: *top = ApplyText(*top, context); break;
      case Op::FoldNocase: *top = FoldNocase(*top, context); break;
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
        break;
      case Op::Overlap:
        --top;
        top[0] = Take(value::Overlap(top[0], top[1], context.arena()), context);
        break;
      case Op::Call:
        top -= at->b;
        top[1] = functions::Apply(*program.functions[at->c], context, {top + 1, at->b});
        ++top;
        break;
      case Op::Duplicate:
        top[1] = top[0];
        ++top;
        break;
      case Op::Jump: at = code + at->c - 1; break;
      case Op::JumpIfFalse:
        if (value::Truth(*top) == false) {
          *top = Value::Bool(false);
          at = code + at->c - 1;
        }
        break;
      case Op::JumpIfTrue:
        if (value::Truth(*top) == true) {
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
      case Op::Return: return context.failed() ? Value() : *top;
    }
  }
}

}  // namespace

Value Eval(const Program& program, const Inputs& inputs, Context& context) {
  // Raw bytes: a Value array would be cleared for each row. One slot more: the top of an empty stack points there.
  alignas(Value) unsigned char frame[(FrameStackMax + 1) * sizeof(Value)];
  if (program.stack <= FrameStackMax) return Run(program, inputs, context, reinterpret_cast<Value*>(frame));
  Value* stack = context.arena().AllocateValues(program.stack + 1);
  if (!stack) return context.Fail(value::Describe(value::JsonStatus::Full));
  return Run(program, inputs, context, stack);
}

bool EvalTrue(const Program& program, const Inputs& inputs, Context& context) {
  return value::IsTrue(Eval(program, inputs, context)) && !context.failed();
}

}  // namespace bulkhead::vm
