// Missing values and types.
#include "runtime/value/compare.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

Value FirstNotNull(Context&, Args args) {
  for (Value arg : args) {
    if (!arg.is_null()) return arg;
  }
  return {};
}

Value Choose(Context&, Args args) {
  size_t i = 0;
  for (; i + 1 < args.size(); i += 2) {
    if (value::IsTrue(args[i])) return args[i + 1];
  }
  return i < args.size() ? args[i] : Value();
}

Value First(Context&, Args args) { return args[0]; }

template <int Sign>
Value Extreme(Context&, Args args) {
  Value best;
  for (Value arg : args) {
    if (arg.is_null()) continue;
    if (best.is_null() || value::Compare(arg, best) * Sign > 0) best = arg;
  }
  return best;
}

int64_t CountNulls(Args args) {
  int64_t count = 0;
  for (Value arg : args) count += arg.is_null();
  return count;
}

constexpr Example CoalesceExamples[] = {{"coalesce(NULL, 1, 2)", "1"}, {"coalesce(NULL, NULL)", "NULL"}};
constexpr Example IfnullExamples[] = {{"ifnull(NULL, 'x')", "'x'"}, {"ifnull(0, 'x')", "0"}};
constexpr Example NullifExamples[] = {{"nullif(1, 1)", "NULL"}, {"nullif(1, '1')", "1"}, {"nullif(NULL, 1)", "NULL"}};
constexpr Example IifExamples[] = {{"iif(1, 'a', 'b')", "'a'"}, {"iif(NULL, 'a', 'b')", "'b'"}, {"iif('0.5', 1, 2)", "1"},
                                   {"iif(0, 'a', 1, 'b')", "'b'"}, {"iif(0, 'a')", "NULL"}};
constexpr Example IfExamples[] = {{"if(1, 'a', 'b')", "'a'"}, {"if(0, 'a')", "NULL"}};
constexpr Example LikelyExamples[] = {{"likely(0.5)", "0.5"}, {"likely(NULL)", "NULL"}};
constexpr Example LikelihoodExamples[] = {{"likelihood('a', 0.1)", "'a'"}, {"likelihood('a', 2.0)", "error"}};
constexpr Example LeastExamples[] = {{"least(3, NULL, 1)", "1"}, {"least(NULL, NULL)", "NULL"}};
constexpr Example GreatestExamples[] = {{"greatest(3, NULL, 1)", "3"}, {"greatest('a', 'b')", "'b'"}};
constexpr Example NumNullsExamples[] = {{"num_nulls(1, NULL, 'a')", "1"}};
constexpr Example NumNonnullsExamples[] = {{"num_nonnulls(1, NULL, 'a')", "2"}};
constexpr Example TypeofExamples[] = {{"typeof(1)", "'integer'"}, {"typeof(1.0)", "'real'"}, {"typeof('a')", "'text'"},
                                      {"typeof(X'00')", "'blob'"}, {"typeof(NULL)", "'null'"}};

constexpr Function Table[] = {
    {.name = "coalesce",
     .signature = "(any, any, …) -> any",
     .args_min = 2,
     .args_max = AnyNumber,
     .nulls = NullRule::SeesNulls,
     .lowering = Lowering::Coalesce,
     .doc = "The first argument that is not NULL. Later ones are not evaluated.",
     .examples = CoalesceExamples,
     .eval = FirstNotNull},
    {.name = "ifnull",
     .signature = "(any, any) -> any",
     .args_min = 2,
     .args_max = 2,
     .nulls = NullRule::SeesNulls,
     .lowering = Lowering::Coalesce,
     .doc = "The second argument where the first is NULL.",
     .examples = IfnullExamples,
     .eval = FirstNotNull},
    {.name = "nullif",
     .signature = "(any, any) -> any",
     .args_min = 2,
     .args_max = 2,
     .nulls = NullRule::SeesNulls,
     .doc = "NULL where both arguments are equal, else the first.",
     .examples = NullifExamples,
     .eval = [](Context&, Args args) { return value::Same(args[0], args[1]) ? Value::Null() : args[0]; }},
    {.name = "iif",
     .signature = "(condition, any, … [, any]) -> any",
     .args_min = 2,
     .args_max = AnyNumber,
     .nulls = NullRule::SeesNulls,
     .lowering = Lowering::Case,
     .doc = "The argument after the first condition that is true; else the last one if it stands alone, or NULL. Those not needed are not evaluated.",
     .examples = IifExamples,
     .eval = Choose},
    {.name = "if", .signature = "(condition, any, … [, any]) -> any", .args_min = 2, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .lowering = Lowering::Case, .doc = "As iif.", .examples = IfExamples, .eval = Choose},
    {.name = "likely", .signature = "(any) -> any", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "The argument, unchanged: a hint to SQLite's planner.", .examples = LikelyExamples, .eval = First},
    {.name = "unlikely", .signature = "(any) -> any", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "The argument, unchanged: a hint to SQLite's planner.", .examples = LikelyExamples, .eval = First},
    {.name = "likelihood", .signature = "(any, real) -> any", .args_min = 2, .args_max = 2, .nulls = NullRule::SeesNulls,
     .doc = "The first argument, unchanged; the second is a probability from 0.0 to 1.0.", .examples = LikelihoodExamples,
     .eval = [](Context& context, Args args) {
       bool probability = args[1].type() == Type::Real && args[1].real() >= 0.0 && args[1].real() <= 1.0;
       return probability ? args[0] : context.Fail("a likelihood is a real number from 0.0 to 1.0");
     }},
    {.name = "least", .signature = "(any, …) -> any", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The least argument that is not NULL, in SQLite's order over all types (PostgreSQL's least; SQLite's min gives NULL for any NULL).",
     .examples = LeastExamples, .eval = Extreme<-1>},
    {.name = "greatest", .signature = "(any, …) -> any", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The greatest argument that is not NULL, in SQLite's order over all types (PostgreSQL's greatest; SQLite's max gives NULL for any NULL).",
     .examples = GreatestExamples, .eval = Extreme<1>},
    {.name = "num_nulls", .signature = "(any, …) -> integer", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "How many arguments are NULL.", .examples = NumNullsExamples,
     .eval = [](Context&, Args args) { return Value::Integer(CountNulls(args)); }},
    {.name = "num_nonnulls", .signature = "(any, …) -> integer", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "How many arguments are not NULL.", .examples = NumNonnullsExamples,
     .eval = [](Context&, Args args) { return Value::Integer(static_cast<int64_t>(args.size()) - CountNulls(args)); }},
    {.name = "typeof",
     .signature = "(any) -> text",
     .args_min = 1,
     .args_max = 1,
     .nulls = NullRule::SeesNulls,
     .doc = "null, integer, real, text or blob.",
     .examples = TypeofExamples,
     .eval =
         [](Context&, Args args) {
           constexpr std::string_view Names[] = {"null", "integer", "real", "text", "blob"};
           return Value::Text(Names[static_cast<size_t>(args[0].type())]);
         }},
};

}  // namespace

std::span<const Function> NullFunctions() { return Table; }

}  // namespace bulkhead::functions
