// Expression text and bytecode from anywhere: what parses prints the same again, both evaluators agree, and
// what the verifier accepts runs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "runtime/vm/tree.h"
#include "runtime/vm/vm.h"

using namespace bulkhead;
using value::OwnedValue;
using value::Value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

const vm::Layout Fields{{"a", "b"}, 1, 1};
const Value Row[] = {Value::Text("{\"a\":[1,2.5,\"x\"]}"), Value::Integer(-7)};
const Value Expands[] = {Value::Text("k"), Value::Real(0.5), Value::Text("real"), Value::Null()};
const Value Bindings[] = {Value::Blob("b")};
const vm::Inputs Fixed{
    Row, Expands, Bindings, {Value::Text("{\"sub\":\"u\"}"), Value::Null(), Value::Null()}};

OwnedValue Run(value::Arena& arena, bool& failed, auto evaluate) {
  vm::Context context(arena);
  OwnedValue v(evaluate(context));
  failed = context.failed();
  return failed ? OwnedValue() : v;
}

void TryText(std::string_view text) {
  auto expr = vm::Parse(text);
  if (!expr) return;
  std::string printed = vm::Print(*expr);
  auto again = vm::Parse(printed);
  Require(again && *again == *expr && vm::Print(*again) == printed);
  auto program = vm::Compile(*expr, Fields);
  if (!program) return;
  Require(static_cast<bool>(vm::Bind(*expr, Fields.columns)));
  value::Arena arena;
  bool vm_failed, tree_failed;
  OwnedValue vm =
      Run(arena, vm_failed, [&](vm::Context& context) { return vm::Eval(*program, Fixed, context); });
  OwnedValue tree =
      Run(arena, tree_failed, [&](vm::Context& context) { return vm::EvalTree(*expr, Fixed, context); });
  Require(vm_failed == tree_failed && vm == tree);
}

void TryCode(std::string_view bytes) {
  vm::Program program;
  program.columns = 2;
  program.expand_slots = 4;
  program.bindings = 1;
  program.stack = 20;
  program.constants = {Value::Integer(3), Value::Text("x"), Value::Null()};
  program.functions = {functions::Find("lower", 1), functions::Find("substr", 3),
                       functions::Find("concat", 2)};
  program.sets = {{Value::Null(), Value::Integer(1), Value::Text("x")}};
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    program.code.push_back({static_cast<vm::Op>(byte(0)), byte(1), byte(2), byte(3)});
  }
  if (!vm::Verify(program)) return;
  vm::Disassemble(program);
  value::Arena arena;
  bool failed;
  Run(arena, failed, [&](vm::Context& context) { return vm::Eval(program, Fixed, context); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TryText(bytes);
  TryCode(bytes);
  return 0;
}
