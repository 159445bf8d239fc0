// Expressions compiled to bytecode: what the runtime evaluates per row.
//
//   BULKHEAD_TRY(vm::Program program, vm::Compile(expr, {.columns = table.columns}));     // once
//   context.Reset();                                                                       // per row
//   if (vm::EvalTrue(program, {.columns = row}, context)) …
//   if (context.failed()) …                                                                // malformed JSON, limits
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/value.h"
#include "runtime/vm/expr.h"
#include "stdlib/functions/function.h"

namespace bulkhead::vm {

using functions::Context;
using value::Value;

enum class Op : uint8_t {
#define OP(name, operand, pops, pushes, effect) name,
#include "runtime/vm/opcodes.def"
#undef OP
};

// 8 bytes. What a, b and c mean is in opcodes.def.
struct Instruction {
  Op op;
  uint8_t a = 0;
  uint16_t b = 0;
  uint32_t c = 0;
};

// What an expression may read, and where it is found.
struct Layout {
  std::vector<std::string> columns;  // Names; a name's position is its slot.
  uint32_t expands = 0;              // Table functions attached to the row.
  uint32_t bindings = 0;
};

// Immutable after Verify; shared by threads.
struct Program {
  std::vector<Instruction> code;
  std::vector<Value> constants;
  std::vector<const functions::Function*> functions;
  std::vector<std::vector<Value>> sets;  // Of in_list: distinct, sorted by Compare.
  std::shared_ptr<const void> bytes;     // What constants and sets point to; copies of the program share it.
  uint32_t columns = 0;        // Inputs an evaluation must bring: at least so many values each.
  uint32_t expand_slots = 0;   // expands × ExpandOutputs
  uint32_t bindings = 0;
  uint32_t stack = 0;          // Values the evaluation stack holds at most.
};

// One row's inputs. Spans are at least as long as the program says; everything they point to outlives the result.
struct Inputs {
  std::span<const Value> columns;
  std::span<const Value> expands;   // Output o of table function f is at f × ExpandOutputs + o.
  std::span<const Value> bindings;
  Value request[RequestParts];      // JSON texts; NULL when absent.
};

// Checked and ready to run. NotFound for a column the layout lacks, InvalidPlan for an index out of it or a refused
// function, LimitExceeded for a program that is too long or nested too deeply.
Result<Program> Compile(const Expr& expr, const Layout& layout);

// Whether the program can run: operands in range, the stack never under- or overflows and has one height per
// instruction, jumps go forwards (so every program ends), it returns one value. Compile does this itself; it is for
// programs from anywhere else.
Status Verify(const Program& program);

// The expression's value; NULL when context.failed(). The value's bytes live in an input, the program or the
// context's arena. Allocates nothing outside the arena.
Value Eval(const Program& program, const Inputs& inputs, Context& context);

// Whether the value is true (neither false nor unknown nor failed).
bool EvalTrue(const Program& program, const Inputs& inputs, Context& context);

// One line per instruction with operands resolved: `  3  JumpIfFalse  -> 6`.
std::string Disassemble(const Program& program);

}  // namespace bulkhead::vm
