#include <algorithm>
#include <cstring>

#include "runtime/value/convert.h"
#include "runtime/value/decimal.h"
#include "runtime/value/json.h"
#include "runtime/value/json_element.h"
#include "runtime/value/json_path.h"
#include "runtime/value/json_scan.h"

namespace bulkhead::value {
namespace {

// The element at the path, after checking the whole text unless that was done.
JsonStatus Lookup(std::string_view json, JsonPath path, bool checked, JsonSpan& element) {
  JsonScanner scanner(json);
  for (;;) {
    scanner.SkipSpace();
    if (!path.Fits(scanner.Peek())) {
      return scanner.SkipValue() && scanner.Finish() ? JsonStatus::Missing : JsonStatus::Malformed;
    }
    JsonStep step;
    JsonPath::Next next = path.Take(step);
    if (next == JsonPath::Next::End) {
      if (!scanner.ReadValue(element) || !(checked || scanner.Finish())) return JsonStatus::Malformed;
      return JsonStatus::Found;
    }
    if (next == JsonPath::Next::Bad) {
      // Malformed text is reported rather than the path; a step that could not be taken is no mistake.
      if (!scanner.SkipValue() || !scanner.Finish()) return JsonStatus::Malformed;
      return JsonStatus::BadPath;
    }
    bool found;
    if (!FindElement(scanner, step, found)) return JsonStatus::Malformed;
    if (!found) return scanner.Finish() ? JsonStatus::Missing : JsonStatus::Malformed;
  }
}

// json and path as text; false when the answer is in `result` already.
struct Asked {
  std::string_view json;
  JsonSpan element;
  JsonResult result;
  bool found = false;
};

Asked Ask(Value json, const JsonPath& path, Arena& arena) {
  Asked asked;
  if (json.is_null()) return asked;
  asked.json = ToBytes(json, arena);
  asked.result.status = Lookup(asked.json, path, arena.IsCheckedJson(asked.json), asked.element);
  if (asked.result.status != JsonStatus::Malformed) arena.SetCheckedJson(asked.json);
  asked.found = asked.result.status == JsonStatus::Found;
  return asked;
}

// The part of the text that is asked for by a `$…` path; the whole for none.
Asked AskPath(Value json, std::optional<Value> path, Arena& arena) {
  if (path && path->is_null()) {
    Asked asked = Ask(json, JsonPath::Of(std::string_view()), arena);
    asked.found = false;
    if (asked.result.status == JsonStatus::Found) asked.result.status = JsonStatus::Missing;
    return asked;
  }
  std::string_view text = path ? ToBytes(*path, arena) : "$";
  if (text.empty() || text[0] != '$') {
    Asked asked = Ask(json, JsonPath::Of(std::string_view()), arena);
    asked.found = false;
    if (asked.result.status == JsonStatus::Found) asked.result.status = JsonStatus::BadPath;
    return asked;
  }
  return Ask(json, JsonPath::Of(text.substr(1)), arena);
}

Asked AskKey(Value json, Value key, Arena& arena) {
  if (key.is_null()) return AskPath(json, key, arena);
  JsonStep step;
  if (key.type() == Type::Integer) {
    bool from_end = key.integer() < 0;
    step.kind = from_end ? JsonStep::Kind::IndexFromEnd : JsonStep::Kind::Index;
    step.index = from_end ? 0 - static_cast<uint64_t>(key.integer()) : static_cast<uint64_t>(key.integer());
    return Ask(json, JsonPath::Of(step), arena);
  }
  std::string_view text = ToBytes(key, arena);
  if (!text.empty() && text[0] == '$') return AskPath(json, key, arena);
  if (text.size() >= 3 && text[0] == '[' && text.back() == ']') return Ask(json, JsonPath::Of(text), arena);
  step.label = text;
  return Ask(json, JsonPath::Of(step), arena);
}

bool IsArray(const JsonSpan& element) { return element.first() == '['; }

}  // namespace

std::string_view Describe(JsonStatus status) {
  switch (status) {
    case JsonStatus::Found:
    case JsonStatus::Missing: return "";
    case JsonStatus::Malformed: return "malformed JSON";
    case JsonStatus::NotObject: return "a JSON object is needed";
    case JsonStatus::BadPath: return "bad JSON path";
    case JsonStatus::Full: return "evaluation needs too much memory";
  }
  return "";
}

JsonResult JsonArrow(Value json, Value key, Arena& arena) {
  Asked asked = AskKey(json, key, arena);
  return asked.found ? ElementText(asked.element, arena) : asked.result;
}

JsonResult JsonArrowText(Value json, Value key, Arena& arena) {
  Asked asked = AskKey(json, key, arena);
  return asked.found ? ElementValue(asked.element, arena) : asked.result;
}

JsonResult JsonExtract(Value json, Value path, Arena& arena) {
  Asked asked = AskPath(json, path, arena);
  if (!asked.found) return asked.result;
  JsonResult result = ElementValue(asked.element, arena);
  bool container = asked.element.first() == '{' || asked.element.first() == '[';
  if (container && !result.is_error()) result.value = Value::Json(result.value.bytes());
  return result;
}

JsonResult JsonExtractText(Value json, Value path, Arena& arena) {
  Asked asked = AskPath(json, path, arena);
  return asked.found ? ElementText(asked.element, arena) : asked.result;
}

JsonResult JsonArrayLength(Value json, std::optional<Value> path, Arena& arena) {
  Asked asked = AskPath(json, path, arena);
  if (!asked.found) return asked.result;
  uint64_t count = 0;
  if (IsArray(asked.element)) CountElements(JsonScanner(asked.element.text), count);
  return {JsonStatus::Found, Value::Integer(static_cast<int64_t>(count))};
}

JsonResult JsonType(Value json, std::optional<Value> path, Arena& arena) {
  Asked asked = AskPath(json, path, arena);
  if (!asked.found) return asked.result;
  return {JsonStatus::Found, Value::Text(ElementType(asked.element))};
}

bool JsonValid(Value json) {
  char number[NumberTextBytesMax];
  std::string_view text = json.is_bytes() ? json.bytes() : std::string_view(number, 0);
  if (json.type() == Type::Integer) return true;
  if (json.type() == Type::Real) text = {number, static_cast<size_t>(WriteReal(number, json.real()) - number)};
  JsonScanner scanner(text);
  return scanner.SkipValue() && scanner.Finish();
}

JsonResult JsonMinify(Value json, Arena& arena) {
  Asked asked = AskPath(json, std::nullopt, arena);
  return asked.found ? ElementText(asked.element, arena) : asked.result;
}

}  // namespace bulkhead::value
