// Expressions and keys over numbered fields: what operators are made of. Private to runtime/dataflow.
#pragma once

#include <fmt/format.h>

#include <functional>

#include "runtime/dataflow/delta.h"
#include "runtime/dataflow/scalar.h"
#include "runtime/value/key.h"

namespace bulkhead::dataflow {

using Values = std::vector<value::Value>;

// Evaluates over one row at a time; remembers the failure of the last one.
class FieldReader {
 public:
  FieldReader() : context_(arena_) {}
  static Result<Scalar> Compile(const vm::Expr& expr, uint32_t width) {
    vm::Layout layout;
    for (uint32_t i = 0; i < width; ++i) layout.columns.push_back(fmt::format("{}", i));
    std::vector<std::string> missing;
    BULKHEAD_TRY(Scalar scalar, Scalar::Make(expr, layout, missing));
    if (!missing.empty()) return Error{Code::InvalidPlan, fmt::format("there is no field `{}`", missing[0])};
    return scalar;
  }

  void Start() { context_.Reset(); }
  value::Value Get(const Scalar& scalar, const Values& row) { return scalar.Get(InputsOf(row), context_); }
  bool IsTrue(const Scalar& scalar, const Values& row) { return scalar.IsTrue(InputsOf(row), context_); }
  bool failed() const { return context_.failed(); }
  std::string_view reason() const { return context_.message(); }

 private:
  static vm::Inputs InputsOf(const Values& row) { return {row, {}, {}, {}}; }
  value::Arena arena_;
  functions::Context context_;
};

// The key of the given fields; false when one of them is NULL, which equals nothing.
inline bool KeyOf(const Values& row, const std::vector<uint32_t>& fields, std::string& key) {
  key.clear();
  for (uint32_t field : fields) {
    if (row[field].is_null()) return false;
    value::AppendKey(key, row[field]);
  }
  return true;
}

// The same where NULLs are alike, as in GROUP BY.
inline void GroupOf(const Values& row, const std::vector<uint32_t>& fields, std::string& key) {
  key.clear();
  for (uint32_t field : fields) value::AppendKey(key, row[field]);
}

inline Status CheckFields(const std::vector<uint32_t>& fields, uint32_t width) {
  for (uint32_t field : fields) {
    if (field >= width) return Error{Code::InvalidPlan, fmt::format("there is no field `{}`", field)};
  }
  return Ok();
}

inline Error NotARow() {
  return {Code::StorageFailed, "the bytes of a row are malformed"};
}

}  // namespace bulkhead::dataflow
