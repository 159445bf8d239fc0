// The SQL functions: one constexpr row per function and argument count, grouped by topic (text.cpp, numbers.cpp, …).
// How to add one: README.md here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/base/limits.h"
#include "runtime/value/arena.h"
#include "runtime/value/json.h"
#include "runtime/value/value.h"

namespace bulkhead::functions {

using value::Value;

// What evaluation works with: memory for results, and the first failure. One per thread; Reset() before each row.
class Context {
 public:
  explicit Context(value::Arena& arena) : arena_(&arena) {}

  value::Arena& arena() { return *arena_; }
  // Memory for a result of at most `bytes`, or nullptr after Fail() when that is over a limit.
  char* Allocate(size_t bytes);
  // Result text or blob of exactly the given bytes.
  Value CopyText(std::string_view bytes);
  Value CopyBlob(std::string_view bytes);

  // An empty JSON writer, for one function's own use while it runs. Keeps its memory, unlike a new one.
  value::JsonWriter& Scratch() {
    scratch_.Clear();
    return scratch_;
  }

  // Accounts for work that is not linear in its input (patterns, sets of characters); false after Fail() when an
  // evaluation has used up limits::EvaluationStepsMax.
  bool Spend(uint64_t steps) {
    if (steps > steps_left_) {
      Fail("evaluation takes too long");
      return false;
    }
    steps_left_ -= steps;
    return true;
  }

  // Makes the whole evaluation fail; the first message stays. `message` lives as long as the program (a literal) or
  // the arena. Returns NULL, so that code can `return context.Fail("…")`.
  Value Fail(std::string_view message) {
    if (message_.empty()) message_ = message;
    return Value::Null();
  }
  bool failed() const { return !message_.empty(); }
  std::string_view message() const { return message_; }  // One lower-case sentence; empty when not failed.
  // Forgets the failure and frees the arena.
  void Reset() {
    message_ = {};
    steps_left_ = limits::EvaluationStepsMax;
    arena_->Reset();
  }

 private:
  value::Arena* arena_;
  std::string_view message_;
  value::JsonWriter scratch_{value::JsonWriter::BadText::Keep};
  uint64_t steps_left_ = limits::EvaluationStepsMax;
};

// When the code below is not asked at all.
enum class NullRule : uint8_t {
  NullIfAnyNull,  // A NULL argument makes the result NULL.
  SeesNulls,      // The code gets NULLs.
};
enum class Purity : uint8_t {
  Pure,     // Same arguments, same result, everywhere and always.
  Refused,  // Known, but may not be used in rules: `doc` says why. No code.
};
// Functions whose arguments are evaluated one after the other as needed; the VM lowers them to jumps.
enum class Lowering : uint8_t { None, Coalesce, Case };

struct Example {
  std::string_view call;    // A SQL expression of literals: substr('hello', 2, 3)
  std::string_view result;  // A SQL literal: 'ell'   (or `error`)
};

inline constexpr uint16_t AnyNumber = limits::CallArgumentsMax;

// One row. Several rows may share a name when their argument counts do not overlap.
struct Function {
  std::string_view name;       // Lower case.
  std::string_view signature;  // "(text, integer [, integer]) -> text", for people and for the type checker.
  uint16_t args_min;
  uint16_t args_max;           // AnyNumber when unlimited.
  NullRule nulls = NullRule::NullIfAnyNull;
  Purity purity = Purity::Pure;
  Lowering lowering = Lowering::None;
  std::string_view doc = {};    // What a person reads in `bulkhead functions` and the docs.
  std::span<const Example> examples = {};
  Value (*eval)(Context& context, std::span<const Value> args) = nullptr;
};

// All rows, sorted by name, then argument count. Stable addresses.
std::span<const Function* const> All();
// The row for a lower-case name and argument count, or null. O(log n).
const Function* Find(std::string_view name, size_t args);
// Any row of that name, to tell "no such function" from "wrong number of arguments".
const Function* FindName(std::string_view name);

// Applies the null rule, then the code. `args` fits the row.
inline Value Apply(const Function& function, Context& context, std::span<const Value> args) {
  if (function.nulls == NullRule::NullIfAnyNull) {
    for (Value arg : args) {
      if (arg.is_null()) return Value::Null();
    }
  }
  return function.eval(context, args);
}

}  // namespace bulkhead::functions
