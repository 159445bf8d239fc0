#include "runtime/dataflow/tuple.h"

namespace bulkhead::dataflow {
namespace {

template <typename T>
void AppendRaw(std::string& out, T v) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &v, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <typename T>
bool ReadRaw(std::string_view& bytes, T& v) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&v, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return true;
}

}  // namespace

using value::Type;
using value::Value;

void AppendTuple(std::string& out, Value v) {
  out.push_back(static_cast<char>(v.type()));
  if (v.type() == Type::Integer) AppendRaw(out, v.integer());
  if (v.type() == Type::Real) AppendRaw(out, v.real());
  if (v.is_bytes()) {
    AppendRaw(out, static_cast<uint32_t>(v.bytes().size()));
    out += v.bytes();
  }
}

bool ReadTuple(std::string_view& bytes, Value& v) {
  uint8_t type = 0;
  if (!ReadRaw(bytes, type) || type > static_cast<uint8_t>(Type::Blob)) return false;
  switch (static_cast<Type>(type)) {
    case Type::Null: v = Value::Null(); return true;
    case Type::Integer: {
      int64_t integer = 0;
      if (!ReadRaw(bytes, integer)) return false;
      v = Value::Integer(integer);
      return true;
    }
    case Type::Real: {
      double real = 0;
      if (!ReadRaw(bytes, real)) return false;
      v = Value::Real(real);
      return true;
    }
    case Type::Text:
    case Type::Blob: break;
  }
  uint32_t size = 0;
  if (!ReadRaw(bytes, size) || bytes.size() < size) return false;
  v = static_cast<Type>(type) == Type::Text ? Value::Text(bytes.substr(0, size)) : Value::Blob(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return true;
}

}  // namespace bulkhead::dataflow
