#include "runtime/value/json_path.h"

#include <algorithm>

#include "runtime/value/json_element.h"

namespace bulkhead::value {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool FindLabel(JsonScanner& scanner, const JsonStep& step, bool& found) {
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

}  // namespace

JsonPath::Next JsonPath::TakeLabel(JsonStep& step) {
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

JsonPath::Next JsonPath::TakeIndex(JsonStep& step) {
  step = {};
  size_t at = 1;
  auto byte = [&](size_t i) { return i < rest_.size() ? rest_[i] : '\0'; };
  auto number = [&] {
    uint64_t n = 0;
    for (; IsDigit(byte(at)); ++at) n = std::min<uint64_t>(n * 10 + static_cast<uint64_t>(byte(at) - '0'), UINT32_MAX);
    return n;
  };
  step.kind = JsonStep::Kind::Index;
  if (IsDigit(byte(1))) {
    step.index = number();
  } else if (byte(1) == '#') {
    step.kind = JsonStep::Kind::IndexFromEnd;
    at = 2;
    if (byte(2) == '-' && IsDigit(byte(3))) at = 3, step.index = number();
  } else {
    return Next::Bad;
  }
  if (byte(at) != ']') return Next::Bad;
  rest_.remove_prefix(at + 1);
  return Next::Step;
}

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

bool FindElement(JsonScanner& scanner, const JsonStep& step, bool& found) {
  bool label = step.kind == JsonStep::Kind::Label;
  if (scanner.Peek() != (label ? '{' : '[')) {
    found = false;
    return scanner.SkipValue();
  }
  if (label) return FindLabel(scanner, step, found);
  uint64_t index = step.index;
  if (step.kind == JsonStep::Kind::IndexFromEnd) {
    uint64_t count;
    if (!CountElements(scanner, count)) return false;
    index = step.index > count ? UINT64_MAX : count - step.index;
  }
  return FindIndex(scanner, index, found);
}

}  // namespace bulkhead::value
