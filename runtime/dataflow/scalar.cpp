#include "runtime/dataflow/scalar.h"

#include <algorithm>

namespace bulkhead::dataflow {
namespace {

// The expression with NULL for what the layout lacks.
vm::Expr WithoutMissing(const vm::Expr& expr, const vm::Layout& layout, std::vector<std::string>& missing) {
  vm::Expr known = expr;
  vm::VisitMutable(known, [&](vm::Expr& e) {
    const auto* column = e.As<vm::Column>();
    if (!column || std::find(layout.columns.begin(), layout.columns.end(), column->name) != layout.columns.end()) {
      return;
    }
    missing.push_back(column->name);
    e = vm::Null();
  });
  return known;
}

}  // namespace

Result<Scalar> Scalar::Make(const vm::Expr& expr, const vm::Layout& layout, std::vector<std::string>& missing) {
  vm::Expr known = WithoutMissing(expr, layout, missing);
  Scalar made;
  if (const auto* literal = known.As<vm::Literal>()) {
    made.constant_ = literal->value;
    return made;
  }
  if (const auto* column = known.As<vm::Column>()) {
    auto at = std::find(layout.columns.begin(), layout.columns.end(), column->name);
    return OfSlot(static_cast<uint32_t>(at - layout.columns.begin()));
  }
  made.kind_ = Kind::Program;
  BULKHEAD_TRY(made.program_, vm::Compile(known, layout));
  return made;
}

}  // namespace bulkhead::dataflow
