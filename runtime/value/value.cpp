#include "runtime/value/value.h"

namespace bulkhead::value {

bool operator==(const OwnedValue& a, const OwnedValue& b) {
  Value x = a.view(), y = b.view();
  if (x.type() != y.type()) return false;
  switch (x.type()) {
    case Type::Null: return true;
    case Type::Integer: return x.integer() == y.integer();
    case Type::Real: return x.real() == y.real();
    case Type::Text:
    case Type::Blob: return x.bytes() == y.bytes();
  }
  return false;
}

}  // namespace bulkhead::value
