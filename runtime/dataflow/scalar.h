// One compiled expression; plain columns and constants, which most are, skip the VM.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/compare.h"
#include "runtime/vm/vm.h"

namespace bulkhead::dataflow {

class Scalar {
 public:
  Scalar() = default;  // NULL
  // A column that `layout` lacks reads as NULL; its name is appended to `missing`.
  static Result<Scalar> Make(const vm::Expr& expr, const vm::Layout& layout, std::vector<std::string>& missing);
  // For a plain reference to that slot.
  static Scalar OfSlot(uint32_t slot) {
    Scalar made;
    made.kind_ = Kind::Slot;
    made.slot_ = slot;
    return made;
  }

  value::Value Get(const vm::Inputs& inputs, functions::Context& context) const {
    switch (kind_) {
      case Kind::Slot: return inputs.columns[slot_];
      case Kind::Constant: return constant_.view();
      case Kind::Program: return vm::Eval(program_, inputs, context);
    }
    return value::Value::Null();
  }
  bool IsTrue(const vm::Inputs& inputs, functions::Context& context) const {
    if (kind_ == Kind::Program) return vm::EvalTrue(program_, inputs, context);
    return value::IsTrue(Get(inputs, context));
  }
  bool IsSlot(uint32_t slot) const { return kind_ == Kind::Slot && slot_ == slot; }

 private:
  enum class Kind : uint8_t { Slot, Constant, Program };
  Kind kind_ = Kind::Constant;
  uint32_t slot_ = 0;
  value::OwnedValue constant_;
  vm::Program program_;
};

}  // namespace bulkhead::dataflow
