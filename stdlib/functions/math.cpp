// SQLite's math functions and a few of PostgreSQL's. NULL for what is not a number and where there is no answer.
#include <cmath>
#include <numbers>

#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

// The argument as a number; text must be one as a whole.
bool TakeReal(Value v, double& number) {
  v = value::ApplyNumeric(v);
  if (!v.is_number()) return false;
  number = value::CastReal(v).real();
  return true;
}

template <double (*F)(double)>
Value OfOne(Context&, Args args) {
  double x;
  return TakeReal(args[0], x) ? Value::Real(F(x)) : Value();
}
template <double (*F)(double, double)>
Value OfTwo(Context&, Args args) {
  double x, y;
  return TakeReal(args[0], x) && TakeReal(args[1], y) ? Value::Real(F(x, y)) : Value();
}
// Integers are whole already.
template <double (*F)(double)>
Value Whole(Context&, Args args) {
  Value number = value::ApplyNumeric(args[0]);
  if (number.type() == Type::Integer) return number;
  return number.type() == Type::Real ? Value::Real(F(number.real())) : Value();
}

// Only positive numbers have a logarithm.
template <double (*F)(double)>
Value Logarithm(Context&, Args args) {
  double x;
  return TakeReal(args[0], x) && x > 0.0 ? Value::Real(F(x)) : Value();
}
// As SQLite 3.40 rounds.
double LogarithmToTen(double x) { return std::log(x) / std::numbers::ln10; }
double LogarithmToTwo(double x) { return std::log(x) / std::numbers::ln2; }

Value LogarithmToBase(Context&, Args args) {
  double base, x = value::CastReal(args[1]).real();  // SQLite takes the prefix of this one.
  if (!TakeReal(args[0], base) || base <= 0.0 || x <= 0.0) return {};
  double divisor = std::log(base);
  return divisor > 0.0 ? Value::Real(std::log(x) / divisor) : Value();
}

Value Quotient(Context&, Args args) {
  Value a = value::ApplyNumeric(args[0]), b = value::ApplyNumeric(args[1]);
  if (!a.is_number() || !b.is_number()) return {};
  double x = value::CastReal(a).real(), y = value::CastReal(b).real();
  if (y == 0.0) return {};
  bool integers = a.type() == Type::Integer && b.type() == Type::Integer;
  if (integers && !(a.integer() == INT64_MIN && b.integer() == -1)) return Value::Integer(a.integer() / b.integer());
  return Value::Real(std::trunc(x / y));
}

constexpr Example AcosExamples[] = {{"acos(1)", "0.0"}, {"acos(2)", "NULL"}};
constexpr Example AcoshExamples[] = {{"acosh(1)", "0.0"}};
constexpr Example AsinExamples[] = {{"asin(0)", "0.0"}};
constexpr Example AsinhExamples[] = {{"asinh(0)", "0.0"}};
constexpr Example AtanExamples[] = {{"atan(0)", "0.0"}};
constexpr Example Atan2Examples[] = {{"atan2(0, 1)", "0.0"}};
constexpr Example AtanhExamples[] = {{"atanh(0)", "0.0"}};
constexpr Example CeilExamples[] = {{"ceil(1.2)", "2.0"}, {"ceil(-1.2)", "-1.0"}, {"ceil(3)", "3"}, {"ceil('x')", "NULL"}};
constexpr Example CeilingExamples[] = {{"ceiling(1.2)", "2.0"}};
constexpr Example CosExamples[] = {{"cos(0)", "1.0"}};
constexpr Example CoshExamples[] = {{"cosh(0)", "1.0"}};
constexpr Example CbrtExamples[] = {{"cbrt(8)", "2.0"}, {"cbrt(-8)", "-2.0"}};
constexpr Example DegreesExamples[] = {{"degrees(0)", "0.0"}};
constexpr Example DivExamples[] = {{"div(7, 2)", "3"}, {"div(-7, 2)", "-3"}, {"div(7.5, 2)", "3.0"}, {"div(1, 0)", "NULL"}};
constexpr Example ExpExamples[] = {{"exp(0)", "1.0"}};
constexpr Example FloorExamples[] = {{"floor(1.8)", "1.0"}, {"floor(-1.2)", "-2.0"}, {"floor(3)", "3"}};
constexpr Example LnExamples[] = {{"ln(1)", "0.0"}, {"ln(0)", "NULL"}};
constexpr Example LogExamples[] = {{"log(100)", "2.0"}, {"log(-1)", "NULL"}};
constexpr Example LogBaseExamples[] = {{"log(3, 1)", "0.0"}, {"log(1, 8)", "NULL"}};
constexpr Example Log10Examples[] = {{"log10(100)", "2.0"}};
constexpr Example Log2Examples[] = {{"log2(8)", "3.0"}};
constexpr Example ModExamples[] = {{"mod(7, 2)", "1.0"}, {"mod(-7.5, 2)", "-1.5"}, {"mod(1, 0)", "NULL"}};
constexpr Example PiExamples[] = {{"pi()", "3.141592653589793"}};
constexpr Example PowExamples[] = {{"pow(2, 10)", "1024.0"}, {"pow(-1, 0.5)", "NULL"}};
constexpr Example PowerExamples[] = {{"power(2, -1)", "0.5"}};
constexpr Example RadiansExamples[] = {{"radians(180)", "3.141592653589793"}};
constexpr Example SinExamples[] = {{"sin(0)", "0.0"}};
constexpr Example SinhExamples[] = {{"sinh(0)", "0.0"}};
constexpr Example SqrtExamples[] = {{"sqrt(2.25)", "1.5"}, {"sqrt(-1)", "NULL"}};
constexpr Example TanExamples[] = {{"tan(0)", "0.0"}};
constexpr Example TanhExamples[] = {{"tanh(0)", "0.0"}};
constexpr Example TruncExamples[] = {{"trunc(1.8)", "1.0"}, {"trunc(-1.8)", "-1.0"}, {"trunc(3)", "3"}};

using Eval = Value (*)(Context&, Args);
constexpr Function One(std::string_view name, std::string_view doc, std::span<const Example> examples, Eval eval) {
  return {.name = name, .signature = "(number) -> real", .args_min = 1, .args_max = 1, .doc = doc, .examples = examples, .eval = eval};
}
constexpr Function Two(std::string_view name, std::string_view doc, std::span<const Example> examples, Eval eval) {
  return {.name = name, .signature = "(number, number) -> real", .args_min = 2, .args_max = 2, .doc = doc, .examples = examples, .eval = eval};
}
constexpr Function ToWhole(std::string_view name, std::string_view doc, std::span<const Example> examples, Eval eval) {
  return {.name = name, .signature = "(number) -> number", .args_min = 1, .args_max = 1, .doc = doc, .examples = examples, .eval = eval};
}

constexpr Function Table[] = {
    One("acos", "Arc cosine in radians.", AcosExamples, OfOne<std::acos>),
    One("acosh", "Inverse hyperbolic cosine.", AcoshExamples, OfOne<std::acosh>),
    One("asin", "Arc sine in radians.", AsinExamples, OfOne<std::asin>),
    One("asinh", "Inverse hyperbolic sine.", AsinhExamples, OfOne<std::asinh>),
    One("atan", "Arc tangent in radians.", AtanExamples, OfOne<std::atan>),
    Two("atan2", "Arc tangent of the quotient, in the quadrant that the signs tell.", Atan2Examples, OfTwo<std::atan2>),
    One("atanh", "Inverse hyperbolic tangent.", AtanhExamples, OfOne<std::atanh>),
    One("cbrt", "Cube root.", CbrtExamples, OfOne<std::cbrt>),
    ToWhole("ceil", "The least whole number that is not less. An INTEGER stays one.", CeilExamples, Whole<std::ceil>),
    ToWhole("ceiling", "As ceil.", CeilingExamples, Whole<std::ceil>),
    One("cos", "Cosine of radians.", CosExamples, OfOne<std::cos>),
    One("cosh", "Hyperbolic cosine.", CoshExamples, OfOne<std::cosh>),
    One("degrees", "Degrees of radians.", DegreesExamples, OfOne<[](double x) { return x * (180.0 / std::numbers::pi); }>),
    {.name = "div", .signature = "(number, number) -> number", .args_min = 2, .args_max = 2,
     .doc = "The quotient without its fraction; NULL when dividing by zero.", .examples = DivExamples, .eval = Quotient},
    One("exp", "e to the power of the argument.", ExpExamples, OfOne<std::exp>),
    ToWhole("floor", "The greatest whole number that is not greater. An INTEGER stays one.", FloorExamples, Whole<std::floor>),
    One("ln", "Natural logarithm.", LnExamples, Logarithm<std::log>),
    One("log", "Logarithm to base 10.", LogExamples, Logarithm<LogarithmToTen>),
    Two("log", "Logarithm of the second argument to the base in the first.", LogBaseExamples, LogarithmToBase),
    One("log10", "Logarithm to base 10.", Log10Examples, Logarithm<LogarithmToTen>),
    One("log2", "Logarithm to base 2.", Log2Examples, Logarithm<LogarithmToTwo>),
    Two("mod", "Remainder with the sign of the first argument, fractions included.", ModExamples, OfTwo<std::fmod>),
    {.name = "pi", .signature = "() -> real", .args_min = 0, .args_max = 0, .doc = "The ratio of a circle's circumference to its diameter.",
     .examples = PiExamples, .eval = [](Context&, Args) { return Value::Real(std::numbers::pi); }},
    Two("pow", "The first argument to the power of the second.", PowExamples, OfTwo<std::pow>),
    Two("power", "As pow.", PowerExamples, OfTwo<std::pow>),
    One("radians", "Radians of degrees.", RadiansExamples, OfOne<[](double x) { return x * (std::numbers::pi / 180.0); }>),
    One("sin", "Sine of radians.", SinExamples, OfOne<std::sin>),
    One("sinh", "Hyperbolic sine.", SinhExamples, OfOne<std::sinh>),
    One("sqrt", "Square root.", SqrtExamples, OfOne<std::sqrt>),
    One("tan", "Tangent of radians.", TanExamples, OfOne<std::tan>),
    One("tanh", "Hyperbolic tangent.", TanhExamples, OfOne<std::tanh>),
    ToWhole("trunc", "Without the fraction. An INTEGER stays one.", TruncExamples, Whole<std::trunc>),
};

}  // namespace

std::span<const Function> MathFunctions() { return Table; }

}  // namespace bulkhead::functions
