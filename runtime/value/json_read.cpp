#include <algorithm>
#include <cstring>

#include "runtime/value/convert.h"
#include "runtime/value/decimal.h"
#include "runtime/value/json.h"
#include "runtime/value/json_element.h"
#include "runtime/value/json_scan.h"

namespace bulkhead::value {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// One step of a path.
struct Step {
  enum class Kind : uint8_t { Label, Index, IndexFromEnd } kind = Kind::Label;
  std::string_view label;
  bool label_escaped = false;
  uint64_t index = 0;  // FromEnd: 1 is the last element, 0 the one after it.
};

// Where to look: a single step, or the steps of `$…` one after the other. As in SQLite a mistake in a path shows only when
// the search gets there.
class Path {
 public:
  static Path Of(Step step) { return Path(step); }
  static Path Of(std::string_view steps) { return Path(steps); }  // Without the `$`.

  // Whether the next step can be into a value that starts with `c`. SQLite asks before it reads `.label` and `[#…]`.
  bool Fits(char c) const {
    if (single_) return true;
    if (rest_.starts_with('.')) return c == '{';
    return !rest_.starts_with("[#") || c == '[';
  }

  enum class Next : uint8_t { Step, End, Bad };
  Next Take(Step& step) {
    if (single_) {
      step = step_;
      single_ = false;
      return Next::Step;
    }
    if (rest_.empty()) return Next::End;
    if (rest_[0] == '.') return TakeLabel(step);
    if (rest_[0] == '[') return TakeIndex(step);
    return Next::Bad;
  }

 private:
  explicit Path(Step step) : step_(step), single_(true) {}
  explicit Path(std::string_view steps) : rest_(steps.substr(0, steps.find('\0'))) {}

  Next TakeLabel(Step& step) {
    step = {};
    if (rest_.size() > 1 && rest_[1] == '"') {
      size_t end = 2;
      for (; end < rest_.size() && rest_[end] != '"'; ++end) {
        if (rest_[end] == '\\' && end + 1 < rest_.size()) step.label_escaped = true, ++end;
      }
      if (end >= rest_.size()) return Next::Bad;
      step.label = rest_.substr(2, end - 2);
      rest_.remove_prefix(end + 1);
      return Next::Step;
    }
    size_t end = std::min(rest_.find_first_of(".[", 1), rest_.size());
    step.label = rest_.substr(1, end - 1);
    rest_.remove_prefix(end);
    return step.label.empty() ? Next::Bad : Next::Step;
  }

  Next TakeIndex(Step& step) {
    step = {};
    size_t at = 1;
    auto byte = [&](size_t i) { return i < rest_.size() ? rest_[i] : '\0'; };
    auto number = [&] {
      uint64_t n = 0;
      for (; IsDigit(byte(at)); ++at) n = std::min<uint64_t>(n * 10 + static_cast<uint64_t>(byte(at) - '0'), UINT32_MAX);
      return n;
    };
    step.kind = Step::Kind::Index;
    if (IsDigit(byte(1))) {
      step.index = number();
    } else if (byte(1) == '#') {
      step.kind = Step::Kind::IndexFromEnd;
      at = 2;
      if (byte(2) == '-' && IsDigit(byte(3))) at = 3, step.index = number();
    } else {
      return Next::Bad;
    }
    if (byte(at) != ']') return Next::Bad;
    rest_.remove_prefix(at + 1);
    return Next::Step;
  }

  std::string_view rest_;
  Step step_;
  bool single_ = false;
};

// Moves the scanner from a value to the one `step` names inside it. False in `found`: there is none, and the scanner is after
// the value it was at. Result false: malformed.
bool FindLabel(JsonScanner& scanner, const Step& step, bool& found) {
  found = false;
  if (!scanner.Enter()) return false;
  for (bool first = true;; first = false) {
    bool more;
    if (!scanner.NextEntry(first, more)) return false;
    if (!more) return true;
    JsonSpan label;
    if (!scanner.ReadLabel(label)) return false;
    std::string_view raw = label.text.substr(1, label.text.size() - 2);
    found = label.escaped || step.label_escaped ? SameLabel(raw, label.escaped, step.label, step.label_escaped)
                                                : raw == step.label;
    if (found) return true;
    if (!scanner.SkipValue()) return false;
  }
}

bool FindIndex(JsonScanner& scanner, uint64_t index, bool& found) {
  found = false;
  if (!scanner.Enter()) return false;
  for (uint64_t i = 0;; ++i) {
    bool more;
    if (!scanner.NextEntry(i == 0, more)) return false;
    if (!more) return true;
    if (i == index) {
      found = true;
      return true;
    }
    if (!scanner.SkipValue()) return false;
  }
}

// At an array; the scanner is a copy.
bool CountElements(JsonScanner scanner, uint64_t& count) {
  count = 0;
  if (!scanner.Enter()) return false;
  for (;; ++count) {
    bool more;
    if (!scanner.NextEntry(count == 0, more)) return false;
    if (!more) return true;
    if (!scanner.SkipValue()) return false;
  }
}

bool Find(JsonScanner& scanner, const Step& step, bool& found) {
  bool label = step.kind == Step::Kind::Label;
  if (scanner.Peek() != (label ? '{' : '[')) {
    found = false;
    return scanner.SkipValue();
  }
  if (label) return FindLabel(scanner, step, found);
  uint64_t index = step.index;
  if (step.kind == Step::Kind::IndexFromEnd) {
    uint64_t count;
    if (!CountElements(scanner, count)) return false;
    index = step.index > count ? UINT64_MAX : count - step.index;
  }
  return FindIndex(scanner, index, found);
}

// The element at the path, after checking the whole text unless that was done.
JsonStatus Lookup(std::string_view json, Path path, bool checked, JsonSpan& element) {
  JsonScanner scanner(json);
  for (;;) {
    scanner.SkipSpace();
    if (!path.Fits(scanner.Peek())) {
      return scanner.SkipValue() && scanner.Finish() ? JsonStatus::Missing : JsonStatus::Malformed;
    }
    Step step;
    Path::Next next = path.Take(step);
    if (next == Path::Next::End) {
      if (!scanner.ReadValue(element) || !(checked || scanner.Finish())) return JsonStatus::Malformed;
      return JsonStatus::Found;
    }
    if (next == Path::Next::Bad) {
      // Malformed text is reported rather than the path; a step that could not be taken is no mistake.
      if (!scanner.SkipValue() || !scanner.Finish()) return JsonStatus::Malformed;
      return JsonStatus::BadPath;
    }
    bool found;
    if (!Find(scanner, step, found)) return JsonStatus::Malformed;
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

Asked Ask(Value json, const Path& path, Arena& arena) {
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
    Asked asked = Ask(json, Path::Of(std::string_view()), arena);
    asked.found = false;
    if (asked.result.status == JsonStatus::Found) asked.result.status = JsonStatus::Missing;
    return asked;
  }
  std::string_view text = path ? ToBytes(*path, arena) : "$";
  if (text.empty() || text[0] != '$') {
    Asked asked = Ask(json, Path::Of(std::string_view()), arena);
    asked.found = false;
    if (asked.result.status == JsonStatus::Found) asked.result.status = JsonStatus::BadPath;
    return asked;
  }
  return Ask(json, Path::Of(text.substr(1)), arena);
}

Asked AskKey(Value json, Value key, Arena& arena) {
  if (key.is_null()) return AskPath(json, key, arena);
  Step step;
  if (key.type() == Type::Integer) {
    bool from_end = key.integer() < 0;
    step.kind = from_end ? Step::Kind::IndexFromEnd : Step::Kind::Index;
    step.index = from_end ? 0 - static_cast<uint64_t>(key.integer()) : static_cast<uint64_t>(key.integer());
    return Ask(json, Path::Of(step), arena);
  }
  std::string_view text = ToBytes(key, arena);
  if (!text.empty() && text[0] == '$') return AskPath(json, key, arena);
  if (text.size() >= 3 && text[0] == '[' && text.back() == ']') return Ask(json, Path::Of(text), arena);
  step.label = text;
  return Ask(json, Path::Of(step), arena);
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
