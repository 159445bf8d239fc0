// Numbers. Arithmetic is operators'.
#include <algorithm>
#include <limits>

#include "runtime/value/compare.h"
#include "runtime/value/decimal.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

Value Abs(Context& context, Args args) {
  if (args[0].type() == Type::Integer) {
    int64_t v = args[0].integer();
    if (v == std::numeric_limits<int64_t>::min()) return context.Fail("integer overflow in abs");
    return Value::Integer(v < 0 ? -v : v);
  }
  double v = value::CastReal(args[0]).real();
  return Value::Real(v < 0 ? -v : v);
}

Value Sign(Context&, Args args) {
  Value number = value::ApplyNumeric(args[0]);
  if (!number.is_number()) return {};
  double v = value::CastReal(number).real();
  return Value::Integer(v < 0 ? -1 : v > 0 ? 1 : 0);
}

Value Round(Context&, Args args) {
  constexpr double IntegralFrom = 4503599627370496.0;  // 2^52: no fraction from here on.
  constexpr int64_t DigitsMax = 30;
  int64_t digits = args.size() > 1 ? std::clamp<int64_t>(value::CastInteger(args[1]).integer(), 0, DigitsMax) : 0;
  double v = value::CastReal(args[0]).real();
  if (v < -IntegralFrom || v > IntegralFrom) return Value::Real(v);
  if (digits == 0) return Value::Real(static_cast<double>(static_cast<int64_t>(v + (v < 0 ? -0.5 : +0.5))));
  char text[value::DecimalBytesMax];
  char* end = value::FormatDecimal(text, v, {.style = value::DecimalStyle::Fixed, .precision = static_cast<int>(digits)});
  return Value::Real(value::ParseReal({text, static_cast<size_t>(end - text)}));
}

// The last of equal ones is the least, the first of equal ones is the greatest: SQLite's choice between 1 and 1.0.
Value Least(Context&, Args args) {
  Value best = args[0];
  for (Value arg : args.subspan(1)) {
    if (value::Compare(best, arg) >= 0) best = arg;
  }
  return best;
}
Value Greatest(Context&, Args args) {
  Value best = args[0];
  for (Value arg : args.subspan(1)) {
    if (value::Compare(best, arg) < 0) best = arg;
  }
  return best;
}

constexpr Example AbsExamples[] = {{"abs(-3)", "3"}, {"abs(-0.5)", "0.5"}, {"abs('-2x')", "2.0"}, {"abs(NULL)", "NULL"},
                                   {"abs(-9223372036854775808)", "error"}};
constexpr Example SignExamples[] = {{"sign(-3)", "-1"}, {"sign(0.0)", "0"}, {"sign('5')", "1"}, {"sign('x')", "NULL"}};
constexpr Example RoundExamples[] = {{"round(2.5)", "3.0"}, {"round(-2.5)", "-3.0"}, {"round(1.256, 2)", "1.26"},
                                     {"round(7)", "7.0"}};
constexpr Example MinExamples[] = {{"min(3, 1, 2)", "1"}, {"min(1, 'a')", "1"}, {"min(1, NULL)", "NULL"}};
constexpr Example MaxExamples[] = {{"max(3, 1, 2)", "3"}, {"max(1, 'a')", "'a'"}, {"max(1, NULL)", "NULL"}};

constexpr Function Table[] = {
    {.name = "abs",
     .signature = "(number) -> number",
     .args_min = 1,
     .args_max = 1,
     .doc = "Absolute value. REAL unless the argument is an INTEGER; the least INTEGER is an error.",
     .examples = AbsExamples,
     .eval = Abs},
    {.name = "sign",
     .signature = "(number) -> integer",
     .args_min = 1,
     .args_max = 1,
     .doc = "-1, 0 or 1; NULL for what is not a number.",
     .examples = SignExamples,
     .eval = Sign},
    {.name = "round",
     .signature = "(number [, integer]) -> real",
     .args_min = 1,
     .args_max = 2,
     .doc = "Rounded half away from zero to so many digits after the point (0 to 30). Always a REAL.",
     .examples = RoundExamples,
     .eval = Round},
    {.name = "min",
     .signature = "(any, any, …) -> any",
     .args_min = 2,
     .args_max = AnyNumber,
     .doc = "The least argument in SQLite's order over all types.",
     .examples = MinExamples,
     .eval = Least},
    {.name = "max",
     .signature = "(any, any, …) -> any",
     .args_min = 2,
     .args_max = AnyNumber,
     .doc = "The greatest argument in SQLite's order over all types.",
     .examples = MaxExamples,
     .eval = Greatest},
};

}  // namespace

std::span<const Function> NumberFunctions() { return Table; }

}  // namespace bulkhead::functions
