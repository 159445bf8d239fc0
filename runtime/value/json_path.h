// Paths into JSON text, one step at a time. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/value/json_scan.h"

namespace bulkhead::value {

// One step of a path.
struct JsonStep {
  enum class Kind : uint8_t { Label, Index, IndexFromEnd } kind = Kind::Label;
  std::string_view label;
  bool label_escaped = false;
  uint64_t index = 0;  // FromEnd: 1 is the last element, 0 the one after it.
};

// Where to look: a single step, or the steps of `$…` one after the other. As in SQLite a mistake in a path shows only when
// the search gets there.
class JsonPath {
 public:
  static JsonPath Of(JsonStep step) { return JsonPath(step); }
  static JsonPath Of(std::string_view steps) { return JsonPath(steps); }  // Without the `$`.

  // Whether the next step can be into a value that starts with `c`. SQLite asks before it reads `.label` and `[#…]`.
  bool Fits(char c) const {
    if (single_) return true;
    if (rest_.starts_with('.')) return c == '{';
    return !rest_.starts_with("[#") || c == '[';
  }

  // What is left of the path.
  std::string_view rest() const { return rest_; }

  enum class Next : uint8_t { Step, End, Bad };
  Next Take(JsonStep& step) {
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
  explicit JsonPath(JsonStep step) : step_(step), single_(true) {}
  explicit JsonPath(std::string_view steps) : rest_(steps.substr(0, steps.find('\0'))) {}

  Next TakeLabel(JsonStep& step);
  Next TakeIndex(JsonStep& step);

  std::string_view rest_;
  JsonStep step_;
  bool single_ = false;
};

// Moves the scanner from a value to the one `step` names inside it. False in `found`: there is none, and the scanner is after
// the value it was at. Result false: malformed.
bool FindElement(JsonScanner& scanner, const JsonStep& step, bool& found);
// At an array; the scanner is a copy.
bool CountElements(JsonScanner scanner, uint64_t& count);

}  // namespace bulkhead::value
