// JSON. Text made here carries the mark that it is JSON (value.h), so that the makers nest it instead of quoting it.
#include "runtime/value/json.h"

#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

// The value, or NULL after failing the evaluation.
Value Take(Context& context, const value::JsonResult& result) {
  return result.is_error() ? context.Fail(value::Describe(result.status)) : result.value;
}
Value TakeJson(Context& context, const value::JsonResult& result) {
  Value v = Take(context, result);
  return v.is_null() ? v : Value::Json(v.bytes());
}
std::optional<Value> PathOf(Args args) { return args.size() > 1 ? std::optional(args[1]) : std::nullopt; }

Value Finished(Context& context, const value::JsonWriter& writer) {
  Value text = context.CopyText(writer.view());
  return text.is_null() ? text : Value::Json(text.bytes());
}

// False after failing: JSON has no blobs.
bool AddJson(Context& context, value::JsonWriter& writer, Value v) {
  if (v.type() == Type::Blob) {
    context.Fail("JSON cannot hold BLOB values");
    return false;
  }
  if (v.is_json()) writer.Raw(v.bytes());
  else if (v.type() == Type::Real && v.real() - v.real() != 0) writer.Raw(v.real() < 0 ? "-9.0e+999" : "9.0e+999");
  else if (v.type() == Type::Real) writer.Raw(Bytes(context, v));
  else writer.Add(v);
  return true;
}

Value Extract(Context& context, Args args) {
  if (args.size() > 2) {
    value::JsonWriter& writer = context.Scratch();
    for (size_t i = 1; i < args.size(); ++i) {
      value::JsonResult element = value::JsonExtractText(args[0], args[i], context.arena());
      if (element.is_error()) return Take(context, element);
      writer.Raw(i == 1 ? '[' : ',');
      writer.Raw(element.status == value::JsonStatus::Found ? element.value.bytes() : "null");
    }
    writer.Raw(']');
    return args[0].is_null() ? Value() : Finished(context, writer);
  }
  return Take(context, value::JsonExtract(args[0], args[1], context.arena()));
}

Value Array(Context& context, Args args) {
  value::JsonWriter& writer = context.Scratch();
  writer.Raw('[');
  for (size_t i = 0; i < args.size(); ++i) {
    if (i) writer.Raw(',');
    if (!AddJson(context, writer, args[i])) return {};
  }
  writer.Raw(']');
  return Finished(context, writer);
}

Value Object(Context& context, Args args) {
  if (args.size() % 2) return context.Fail("json_object takes names and values in pairs");
  value::JsonWriter& writer = context.Scratch();
  writer.Raw('{');
  for (size_t i = 0; i < args.size(); i += 2) {
    if (args[i].type() != Type::Text) return context.Fail("names in json_object must be text");
    if (i) writer.Raw(',');
    writer.Text(args[i].bytes());
    writer.Raw(':');
    if (!AddJson(context, writer, args[i + 1])) return {};
  }
  writer.Raw('}');
  return Finished(context, writer);
}


constexpr Example JsonExamples[] = {{"json(' [1, 2] ')", "'[1,2]'"}, {"json('[1')", "error"}, {"json(NULL)", "NULL"}};
constexpr Example ValidExamples[] = {{"json_valid('{\"a\":1}')", "1"}, {"json_valid('{a:1}')", "0"}, {"json_valid(1.5)", "1"}};
constexpr Example TypeExamples[] = {{"json_type('[1]')", "'array'"}, {"json_type('{\"a\":1.0}', '$.a')", "'real'"},
                                    {"json_type('{\"a\":null}', '$.a')", "'null'"}, {"json_type('{}', '$.a')", "NULL"}};
constexpr Example LengthExamples[] = {{"json_array_length('[1,2,3]')", "3"}, {"json_array_length('{\"a\":[1]}', '$.a')", "1"},
                                      {"json_array_length('{}')", "0"}, {"json_array_length('[1]', '$.a')", "NULL"}};
constexpr Example ExtractExamples[] = {{"json_extract('{\"a\":[1,2]}', '$.a[1]')", "2"}, {"json_extract('{\"a\":{\"b\": 1}}', '$.a')", "'{\"b\":1}'"},
                                       {"json_extract('[1,2,3]', '$[#-1]', '$[9]')", "'[3,null]'"}, {"json_extract('[1]', 'a')", "error"}};
constexpr Example ArrayExamples[] = {{"json_array(1, 'a', NULL)", "'[1,\"a\",null]'"}, {"json_array(json_array(1), '[1]')", "'[[1],\"[1]\"]'"},
                                     {"json_array(X'00')", "error"}, {"json_array(1e999)", "'[9.0e+999]'"}};
constexpr Example ObjectExamples[] = {{"json_object('a', 1, 'b', 'x')", "'{\"a\":1,\"b\":\"x\"}'"}, {"json_object()", "'{}'"}, {"json_object('a')", "error"}};
constexpr Example QuoteExamples[] = {{"json_quote('a\"b')", "'\"a\\\"b\"'"}, {"json_quote(1)", "'1'"}, {"json_quote(NULL)", "'null'"}};
constexpr Example KeysExamples[] = {{"json_keys('{\"a\":1,\"b\":2}')", "'[\"a\",\"b\"]'"}, {"json_keys('[1]')", "error"}, {"json_keys(NULL)", "NULL"}};

constexpr Function Table[] = {
    {.name = "json", .signature = "(text) -> json", .args_min = 1, .args_max = 1,
     .doc = "The JSON without insignificant space.", .examples = JsonExamples,
     .eval = [](Context& context, Args args) { return TakeJson(context, value::JsonMinify(args[0], context.arena())); }},
    {.name = "json_valid", .signature = "(any) -> integer", .args_min = 1, .args_max = 1,
     .doc = "Whether the text is JSON (RFC 8259, at most 1000 levels deep).", .examples = ValidExamples,
     .eval = [](Context&, Args args) { return Value::Bool(value::JsonValid(args[0])); }},
    {.name = "json_type", .signature = "(json [, path]) -> text", .args_min = 1, .args_max = 2, .nulls = NullRule::SeesNulls,
     .doc = "null, true, false, integer, real, text, array or object; NULL when there is nothing at the path.",
     .examples = TypeExamples,
     .eval = [](Context& context, Args args) {
       return Take(context, value::JsonType(args[0], PathOf(args), context.arena()));
     }},
    {.name = "json_array_length", .signature = "(json [, path]) -> integer", .args_min = 1, .args_max = 2, .nulls = NullRule::SeesNulls,
     .doc = "Elements of the array; 0 for other JSON; NULL when there is nothing at the path.", .examples = LengthExamples,
     .eval = [](Context& context, Args args) {
       return Take(context, value::JsonArrayLength(args[0], PathOf(args), context.arena()));
     }},
    {.name = "json_extract", .signature = "(json, path, …) -> any", .args_min = 2, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The SQL value at the path, arrays and objects as JSON text; with several paths a JSON array of what is there.",
     .examples = ExtractExamples, .eval = Extract},
    {.name = "json_array", .signature = "(any, …) -> json", .args_min = 0, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "A JSON array of the arguments.", .examples = ArrayExamples, .eval = Array},
    {.name = "json_object", .signature = "(text, any, …) -> json", .args_min = 0, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "A JSON object of names and values in turn.", .examples = ObjectExamples, .eval = Object},
    {.name = "json_quote", .signature = "(any) -> json", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "The value as JSON.", .examples = QuoteExamples, .eval = [](Context& context, Args args) { return ToJson(context, args[0]); }},
    {.name = "json_keys", .signature = "(json) -> json", .args_min = 1, .args_max = 1,
     .doc = "The names in a JSON object, as a JSON array; other JSON is an error.", .examples = KeysExamples,
     .eval = [](Context& context, Args args) { return TakeJson(context, value::JsonKeys(args[0], context.arena(), context.Scratch())); }},
};

}  // namespace

Value ToJson(Context& context, Value v) {
  if (v.is_json()) return v;
  value::JsonWriter& writer = context.Scratch();
  return AddJson(context, writer, v) ? Finished(context, writer) : Value();
}

std::span<const Function> JsonFunctions() { return Table; }

}  // namespace bulkhead::functions
