// SQLite's five storage classes as a 16-byte view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::value {

enum class Type : uint8_t { Null, Integer, Real, Text, Blob };

// A non-owning SQL value; trivially copyable, pass by value. Text and blob bytes belong to a row, a constant
// table or an Arena that outlives the Value. Text is valid UTF-8 (sources refuse other rows) and may hold NUL.
// A Real is never NaN (NaN is NULL, as in SQLite); infinities are legal.
class Value {
 public:
  constexpr Value() = default;
  static constexpr Value Null() { return {}; }
  static constexpr Value Integer(int64_t v) { Value x; x.type_ = Type::Integer; x.integer_ = v; return x; }
  static constexpr Value Bool(bool v) { return Integer(v ? 1 : 0); }
  static Value Real(double v) {
    if (v != v) return {};
    Value x; x.type_ = Type::Real; x.real_ = v; return x;
  }
  static constexpr Value Text(std::string_view v) { return Bytes(Type::Text, v); }
  // Text that a JSON function made: JSON functions nest it instead of quoting it, as with SQLite's subtype. Everything else
  // sees plain text, and owning it forgets the mark.
  static constexpr Value Json(std::string_view v) { Value x = Text(v); x.json_ = true; return x; }
  static constexpr Value Blob(std::string_view v) { return Bytes(Type::Blob, v); }

  constexpr Type type() const { return type_; }
  constexpr bool is_null() const { return type_ == Type::Null; }
  constexpr bool is_number() const { return type_ == Type::Integer || type_ == Type::Real; }
  constexpr bool is_json() const { return json_; }
  constexpr bool is_bytes() const { return type_ >= Type::Text; }
  constexpr int64_t integer() const { return integer_; }     // only for Integer
  constexpr double real() const { return real_; }            // only for Real
  constexpr std::string_view bytes() const { return {bytes_, size_}; }  // only for Text and Blob

 private:
  static constexpr Value Bytes(Type type, std::string_view v) {
    Value x; x.type_ = type; x.size_ = static_cast<uint32_t>(v.size()); x.bytes_ = v.data(); return x;
  }
  Type type_ = Type::Null;
  bool json_ = false;
  uint32_t size_ = 0;
  union {
    int64_t integer_ = 0;
    double real_;
    const char* bytes_;
  };
};
static_assert(sizeof(Value) == 16);

// An owning value, for constants, states and tests: not for hot paths.
class OwnedValue {
 public:
  OwnedValue() = default;
  OwnedValue(Value v) : view_(v) { if (v.is_bytes()) storage_ = v.bytes(); }
  Value view() const {
    if (view_.type() == Type::Text) return Value::Text(storage_);
    if (view_.type() == Type::Blob) return Value::Blob(storage_);
    return view_;
  }
  Type type() const { return view_.type(); }
  bool is_null() const { return view_.is_null(); }

 private:
  Value view_;
  std::string storage_;
};
// Same type and same payload (1 and 1.0 differ; for SQL equality see compare.h).
bool operator==(const OwnedValue& a, const OwnedValue& b);

using OwnedRow = std::vector<OwnedValue>;

}  // namespace bulkhead::value
