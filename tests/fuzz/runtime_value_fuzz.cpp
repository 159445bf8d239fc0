// JSON and key bytes from anywhere: no crash, no hang, and what was accepted is consistent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/value/json_edit.h"
#include "runtime/value/key.h"

using namespace bulkhead::value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void TryJson(std::string_view json, std::string_view path) {
  Arena arena;
  Value text = Value::Text(json), key = Value::Text(path);
  bool valid = JsonValid(text);
  JsonResult element = JsonArrow(text, key, arena);
  Require(valid == (element.status != JsonStatus::Malformed));
  Require(JsonArrowText(text, key, arena).status == element.status);
  if (element.status == JsonStatus::Found) Require(JsonValid(element.value));
  JsonResult minified = JsonMinify(text, arena);
  Require(valid == (minified.status == JsonStatus::Found));
  if (valid) Require(JsonMinify(minified.value, arena).value.bytes() == minified.value.bytes());
  JsonEach each(text, arena);
  JsonEachRow row;
  while (each.Next(row)) {
  }
  Require(valid == (each.status() != JsonStatus::Malformed));
  InJson(key, text, arena);
  Overlap(text, text, arena);
  JsonWriter writer;
  JsonKeys(text, arena, writer);
}

// What edits make of JSON is JSON without insignificant space.
void TryEdits(std::string_view json, std::string_view path) {
  Arena arena;
  JsonWriter writer;
  JsonResult minified = JsonMinify(Value::Text(json), arena);
  if (minified.status != JsonStatus::Found) return;
  std::string_view text = minified.value.bytes();
  auto check = [&](const JsonResult& result) {
    if (result.status != JsonStatus::Found) return;
    JsonResult again = JsonMinify(result.value, arena);
    Require(again.status == JsonStatus::Malformed || again.value.bytes() == result.value.bytes());
    // Only depth can make an edited document malformed.
    if (again.status == JsonStatus::Malformed) Require(text.size() + path.size() > 500);
  };
  for (JsonEdit edit : {JsonEdit::Insert, JsonEdit::Replace, JsonEdit::Set, JsonEdit::Remove}) {
    check(EditJson(text, Value::Text(path), edit, "[1,{\"a\":2}]", arena, writer));
  }
  check(MergeJson(text, text, arena, writer));
  check(MergeJson("{\"a\":{\"b\":1}}", text, arena, writer));
  Require(JsonMinify(PrettyJson(text, " ", arena, writer).value, arena).value.bytes() == text);
}

void TryKey(std::string_view bytes) {
  auto values = DecodeKey(bytes);
  if (values) Require(EncodeKey(*values) == bytes);
}

}  // namespace

// The first byte says where the path ends.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view all(reinterpret_cast<const char*>(data), size);
  if (all.empty()) return 0;
  TryKey(all);
  size_t path_bytes = static_cast<uint8_t>(all[0]) % 32;
  std::string_view rest = all.substr(1);
  std::string_view path = rest.substr(0, path_bytes);
  TryJson(rest.substr(path.size()), path);
  TryEdits(rest.substr(path.size()), path);
  ParseNumber(rest);
  JsonWriter writer;
  writer.Text(rest);
  Require(JsonValid(Value::Text(writer.view())));
  return 0;
}
