// Verify and Disassemble: both read opcodes.def.
#include <fmt/format.h>

#include "runtime/base/limits.h"
#include "runtime/value/compare.h"
#include "runtime/vm/operations.h"
#include "runtime/vm/vm.h"

namespace bulkhead::vm {
namespace {

enum class Operand : uint8_t {
  None, Constant, Column, Expand, Binding, Request, Jump, Call, Count, Set, Compare, ColumnConstant, ColumnColumn, ColumnBinding
};
struct OpInfo {
  std::string_view name;
  Operand operand;
  uint8_t pops, pushes;
  std::string_view effect;
};
constexpr OpInfo Ops[] = {
#define OP(name, operand, pops, pushes, effect) {#name, Operand::operand, pops, pushes, effect},
#include "runtime/vm/opcodes.def"
#undef OP
};
static_assert(std::size(Ops) <= 256, "an Op is one byte");

constexpr std::string_view ComparisonNames[] = {"=", "<>", "<", "<=", ">", ">=", "is", "is not"};
static_assert(std::size(ComparisonNames) == Comparisons);

// Why an instruction's operands are wrong; empty when they are right.
std::string_view OperandFault(const Program& program, size_t pc) {
  const Instruction& at = program.code[pc];
  auto in = [](uint64_t index, size_t count) { return index < count; };
  bool comparison = in(at.a, Comparisons);
  switch (Ops[static_cast<size_t>(at.op)].operand) {
    case Operand::None:
    case Operand::Count: return "";
    case Operand::Constant: return in(at.c, program.constants.size()) ? "" : "bad constant";
    case Operand::Column: return in(at.c, program.columns) ? "" : "bad column";
    case Operand::Expand: return in(at.c, program.expand_slots) ? "" : "bad table function output";
    case Operand::Binding: return in(at.c, program.bindings) ? "" : "bad binding";
    case Operand::Request: return in(at.c, RequestParts) ? "" : "bad request part";
    case Operand::Set: return in(at.c, program.sets.size()) ? "" : "bad set";
    case Operand::Jump: return at.c > pc && in(at.c, program.code.size()) ? "" : "bad jump";
    case Operand::Compare: return comparison ? "" : "bad comparison";
    case Operand::ColumnConstant:
      return comparison && in(at.b, program.columns) && in(at.c, program.constants.size()) ? "" : "bad comparison";
    case Operand::ColumnColumn:
      return comparison && in(at.b, program.columns) && in(at.c, program.columns) ? "" : "bad comparison";
    case Operand::ColumnBinding:
      return comparison && in(at.b, program.columns) && in(at.c, program.bindings) ? "" : "bad comparison";
    case Operand::Call: break;
  }
  if (!in(at.c, program.functions.size()) || !program.functions[at.c]) return "bad function";
  const functions::Function& function = *program.functions[at.c];
  if (!function.eval) return "function cannot be called";
  return at.b >= function.args_min && at.b <= function.args_max ? "" : "wrong number of arguments";
}

bool SetsAreSorted(const Program& program) {
  for (const auto& set : program.sets) {
    for (size_t i = 1; i < set.size(); ++i) {
      if (value::Compare(set[i - 1], set[i]) >= 0) return false;
    }
  }
  return true;
}

std::string OperandText(const Program& program, const Instruction& at) {
  auto compare = [&](std::string_view left, std::string_view right) {
    return fmt::format("{} {} {}", left, ComparisonNames[at.a], right);
  };
  auto column = [](uint32_t slot) { return fmt::format("column {}", slot); };
  auto constant = [&](uint32_t c) { return PrintLiteral(program.constants[c]); };
  switch (Ops[static_cast<size_t>(at.op)].operand) {
    case Operand::None: return "";
    case Operand::Constant: return constant(at.c);
    case Operand::Column: return column(at.c);
    case Operand::Expand:
      return fmt::format("{} of {}", Name(static_cast<ExpandOutput>(at.c % ExpandOutputs)), at.c / ExpandOutputs);
    case Operand::Binding: return fmt::format("binding {}", at.c);
    case Operand::Request: return std::string(Name(static_cast<RequestPart>(at.c)));
    case Operand::Jump: return fmt::format("-> {}", at.c);
    case Operand::Call: return fmt::format("{}/{}", program.functions[at.c]->name, at.b);
    case Operand::Count: return std::to_string(at.b);
    case Operand::Compare: return std::string(ComparisonNames[at.a]);
    case Operand::ColumnConstant: return compare(column(at.b), constant(at.c));
    case Operand::ColumnColumn: return compare(column(at.b), column(at.c));
    case Operand::ColumnBinding: return compare(column(at.b), fmt::format("binding {}", at.c));
    case Operand::Set: break;
  }
  std::string items;
  for (Value item : program.sets[at.c]) items += (items.empty() ? "" : ", ") + PrintLiteral(item);
  return "{" + items + "}";
}

}  // namespace

Status Verify(const Program& program) {
  auto invalid = [](size_t pc, std::string_view why) {
    return Error{Code::InvalidPlan, fmt::format("instruction {}: {}", pc, why)};
  };
  constexpr int64_t Unknown = -1;
  size_t size = program.code.size();
  if (size == 0) return invalid(0, "missing Return");
  if (size > limits::ProgramInstructionsMax) return invalid(size, "program too long");
  if (!SetsAreSorted(program)) return invalid(0, "a set is not sorted");
  std::vector<int64_t> heights(size + 1, Unknown);
  heights[0] = 0;
  for (size_t pc = 0; pc < size; ++pc) {
    const Instruction& at = program.code[pc];
    if (static_cast<size_t>(at.op) >= std::size(Ops)) return invalid(pc, "unknown opcode");
    const OpInfo& info = Ops[static_cast<size_t>(at.op)];
    if (std::string_view fault = OperandFault(program, pc); !fault.empty()) return invalid(pc, fault);
    if (heights[pc] == Unknown) return invalid(pc, "unreachable");
    bool counted = info.operand == Operand::Call || info.operand == Operand::Count;
    int64_t pops = info.pops + (counted ? at.b : 0);
    if (heights[pc] < pops) return invalid(pc, "stack underflow");
    int64_t height = heights[pc] - pops + info.pushes;
    if (height > static_cast<int64_t>(program.stack)) return invalid(pc, "stack overflow");
    if (at.op == Op::Return && heights[pc] != 1) return invalid(pc, "values left on the stack");
    if (info.operand == Operand::Jump) {
      if (heights[at.c] != Unknown && heights[at.c] != height) return invalid(pc, "stack heights differ at the target");
      heights[at.c] = height;
    }
    if (at.op == Op::Return || at.op == Op::Jump) continue;
    if (heights[pc + 1] != Unknown && heights[pc + 1] != height) return invalid(pc + 1, "stack heights differ");
    heights[pc + 1] = height;
  }
  return heights[size] == Unknown ? Ok() : invalid(size, "missing Return");
}

std::string Disassemble(const Program& program) {
  std::string text;
  for (size_t pc = 0; pc < program.code.size(); ++pc) {
    const Instruction& at = program.code[pc];
    std::string line = fmt::format("{:3}  {:<21} {}", pc, Ops[static_cast<size_t>(at.op)].name, OperandText(program, at));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace bulkhead::vm
