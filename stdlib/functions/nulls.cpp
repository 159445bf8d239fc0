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

constexpr Example CoalesceExamples[] = {{"coalesce(NULL, 1, 2)", "1"}, {"coalesce(NULL, NULL)", "NULL"}};
constexpr Example IfnullExamples[] = {{"ifnull(NULL, 'x')", "'x'"}, {"ifnull(0, 'x')", "0"}};
constexpr Example NullifExamples[] = {{"nullif(1, 1)", "NULL"}, {"nullif(1, '1')", "1"}, {"nullif(NULL, 1)", "NULL"}};
constexpr Example IifExamples[] = {{"iif(1, 'a', 'b')", "'a'"}, {"iif(NULL, 'a', 'b')", "'b'"}, {"iif('0.5', 1, 2)", "1"}};
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
     .signature = "(condition, any, any) -> any",
     .args_min = 3,
     .args_max = 3,
     .nulls = NullRule::SeesNulls,
     .lowering = Lowering::Case,
     .doc = "The second argument where the first is true, else the third.",
     .examples = IifExamples,
     .eval = [](Context&, Args args) { return value::IsTrue(args[0]) ? args[1] : args[2]; }},
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
