#include <algorithm>

#include "runtime/value/compare.h"
#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/value/json_element.h"
#include "runtime/value/json_scan.h"

namespace bulkhead::value {
namespace {

constexpr size_t NestedLoopPairsMax = 256;

// Elements as values, NULLs left out, in arena memory. False: status says why.
struct Elements {
  Value* values = nullptr;
  size_t count = 0;
  JsonStatus status = JsonStatus::Missing;
};

Elements ReadElements(Value json, Arena& arena) {
  Elements elements;
  JsonEachRow row;
  size_t rows = 0;
  JsonEach counter(json, arena);
  while (counter.Next(row)) ++rows;
  elements.status = counter.status();
  if (elements.status != JsonStatus::Missing) return elements;
  elements.values = arena.AllocateValues(rows);
  if (!elements.values) {
    elements.status = JsonStatus::Full;
    return elements;
  }
  JsonEach each(json, arena);
  while (each.Next(row)) {
    if (!row.value.is_null()) elements.values[elements.count++] = row.value;
  }
  elements.status = each.status();
  return elements;
}

bool Less(Value a, Value b) { return Compare(a, b) < 0; }

bool AnyCommon(Elements a, Elements b) {
  if (a.count * b.count <= NestedLoopPairsMax) {
    return std::any_of(a.values, a.values + a.count, [&](Value x) {
      return std::any_of(b.values, b.values + b.count, [&](Value y) { return Same(x, y); });
    });
  }
  std::sort(b.values, b.values + b.count, Less);
  return std::any_of(a.values, a.values + a.count,
                     [&](Value x) { return std::binary_search(b.values, b.values + b.count, x, Less); });
}

}  // namespace

JsonEach::JsonEach(Value json, Arena& arena) : arena_(arena) {
  if (json.is_null()) return;
  std::string_view text = ToBytes(json, arena);
  JsonScanner scanner(text);
  JsonSpan root;
  if (!scanner.ReadValue(root) || !scanner.Finish()) {
    status_ = JsonStatus::Malformed;
    return;
  }
  shape_ = root.first() == '{' ? Shape::Object : root.first() == '[' ? Shape::Array : Shape::Scalar;
  at_ = root.text.data();
  end_ = at_ + root.text.size();
}

bool JsonEach::Next(JsonEachRow& row) {
  if (shape_ == Shape::Done) return false;
  JsonScanner scanner(at_, end_);
  JsonSpan label, element;
  row = {};
  // The text was checked as a whole: skipping cannot fail here.
  if (shape_ != Shape::Scalar) {
    scanner.Skip();  // The bracket, or the comma after the row before.
    scanner.SkipSpace();
    if (scanner.Peek() == ']' || scanner.Peek() == '}') {
      shape_ = Shape::Done;
      return false;
    }
  }
  JsonResult key;
  if (shape_ == Shape::Object) {
    scanner.ReadLabel(label);
    key = Unescape(label.text.substr(1, label.text.size() - 2), label.escaped, arena_);
  } else if (shape_ == Shape::Array) {
    key.value = Value::Integer(index_++);
  }
  scanner.ReadValue(element);
  JsonResult value = ElementValue(element, arena_);
  if (key.is_error() || value.is_error()) {
    status_ = key.is_error() ? key.status : value.status;
    shape_ = Shape::Done;
    return false;
  }
  row.key = key.value;
  row.value = value.value;
  row.type = Value::Text(ElementType(element));
  if (element.first() != '{' && element.first() != '[') row.atom = row.value;
  if (shape_ == Shape::Scalar) {
    shape_ = Shape::Done;
    return true;
  }
  scanner.SkipSpace();
  at_ = scanner.at();
  if (scanner.Peek() != ',') shape_ = Shape::Done;
  return true;
}

JsonResult InJson(Value x, Value json, Arena& arena) {
  if (json.is_null()) return {JsonStatus::Found, {}};
  bool any = false, any_null = x.is_null();
  JsonEach each(json, arena);
  JsonEachRow row;
  while (each.Next(row)) {
    any = true;
    if (row.value.is_null()) any_null = true;
    else if (Same(x, row.value)) return {JsonStatus::Found, Value::Bool(true)};
  }
  if (each.status() != JsonStatus::Missing) return {each.status(), {}};
  return {JsonStatus::Found, any && any_null ? Value::Null() : Value::Bool(false)};
}

JsonResult Overlap(Value a, Value b, Arena& arena) {
  if (a.is_null() || b.is_null()) return {JsonStatus::Found, {}};
  Elements left = ReadElements(a, arena), right = ReadElements(b, arena);
  if (left.status != JsonStatus::Missing) return {left.status, {}};
  if (right.status != JsonStatus::Missing) return {right.status, {}};
  return {JsonStatus::Found, Value::Bool(AnyCommon(left, right))};
}

JsonResult JsonKeys(Value json, Arena& arena, JsonWriter& writer) {
  JsonEach each(json, arena);
  if (each.status() != JsonStatus::Missing) return {each.status(), {}};
  if (json.is_null()) return {};
  JsonEachRow row;
  if (JsonType(json, std::nullopt, arena).value.bytes() != "object") return {JsonStatus::NotObject, {}};
  writer.Clear();
  writer.Raw('[');
  for (bool first = true; each.Next(row); first = false) {
    if (!first) writer.Raw(',');
    writer.Text(row.key.bytes());
  }
  writer.Raw(']');
  if (each.status() != JsonStatus::Missing) return {each.status(), {}};
  std::string_view text = arena.Copy(writer.view());
  if (!text.data()) return {JsonStatus::Full, {}};
  return {JsonStatus::Found, Value::Text(text)};
}

}  // namespace bulkhead::value
