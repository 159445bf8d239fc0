// Geometries from anywhere: no crash, what is printed is well-formed, and the four functions agree on what is
// a geometry.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "stdlib/functions/function.h"

using namespace bulkhead;
using value::OwnedValue;
using value::Value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

struct Answer {
  bool failed;
  OwnedValue value;
};
Answer Call(const char* function, Value argument) {
  value::Arena arena;
  functions::Context context(arena);
  Value v = functions::Apply(*functions::Find(function, 1), context, {&argument, 1});
  return {context.failed(), context.failed() ? OwnedValue() : OwnedValue(v)};
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes)
    text +=
        {"0123456789abcdef"[static_cast<uint8_t>(c) >> 4], "0123456789abcdef"[static_cast<uint8_t>(c) & 15]};
  return text;
}

void TryGeometry(Value v) {
  Answer geojson = Call("st_asgeojson", v), wkt = Call("st_astext", v), x = Call("st_x", v),
         y = Call("st_y", v);
  Require(geojson.failed == wkt.failed && wkt.failed == x.failed && x.failed == y.failed);
  if (wkt.failed) return;
  Require(value::JsonValid(geojson.value.view()));
  std::string_view text = wkt.value.view().bytes();
  bool point = text.starts_with("POINT") && !text.ends_with("EMPTY");
  Require(point || (x.value.is_null() && y.value.is_null()));
  if (v.type() == value::Type::Text) return;
  // The same bytes as text are the same geometry.
  Require(Call("st_astext", Value::Text(Hex(v.bytes()))).value == wkt.value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  TryGeometry(Value::Blob(bytes));
  TryGeometry(Value::Text(bytes));
  return 0;
}
