// PostgreSQL's spellings for JSON and arrays (which are JSON text here). The jsonb names are the json ones.
#include <algorithm>

#include "runtime/value/json_edit.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

using value::JsonStatus;

Value Take(Context& context, const value::JsonResult& result) {
  return result.is_error() ? context.Fail(value::Describe(result.status)) : result.value;
}
Value CallSame(Context& context, std::string_view name, Args args) { return Find(name, args.size())->eval(context, args); }

Value TypeOf(Context& context, Args args) {
  Value type = Take(context, value::JsonType(args[0], std::nullopt, context.arena()));
  if (type.is_null()) return type;
  std::string_view name = type.bytes();
  if (name == "text") return Value::Text("string");
  if (name == "true" || name == "false") return Value::Text("boolean");
  if (name == "integer" || name == "real") return Value::Text("number");
  return type;
}

// A key that is all digits is an index where the element is an array.
Value KeyFor(Context& context, Value json, Value key) {
  std::string_view text = Bytes(context, key);
  size_t sign = text.starts_with('-') ? 1 : 0;
  bool digits = text.size() > sign && text.size() < 18 &&
                std::all_of(text.begin() + static_cast<long>(sign), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  value::JsonResult type = value::JsonType(json, std::nullopt, context.arena());
  bool array = type.status == JsonStatus::Found && type.value.bytes() == "array";
  return array && digits ? value::CastInteger(Value::Text(text)) : Value::Text(text);
}

// Labels are labels here, even with a `$`, which -> takes for a path.
value::JsonResult Step(Context& context, Value json, Value key, bool text) {
  key = KeyFor(context, json, key);
  bool plain = key.type() == Type::Integer || (!key.bytes().starts_with('$') && !key.bytes().starts_with('['));
  if (!plain) {
    size_t quotes = static_cast<size_t>(std::count_if(key.bytes().begin(), key.bytes().end(), [](char c) { return c == '"' || c == '\\'; }));
    char* path = context.Allocate(key.bytes().size() + quotes + 4);
    if (!path) return {};
    char* end = std::copy_n("$.\"", 3, path);
    for (char c : key.bytes()) {
      if (c == '"' || c == '\\') *end++ = '\\';
      *end++ = c;
    }
    *end++ = '"';
    key = Value::Text({path, static_cast<size_t>(end - path)});
  }
  return text ? value::JsonArrowText(json, key, context.arena()) : value::JsonArrow(json, key, context.arena());
}

template <bool AsText>
Value ExtractPath(Context& context, Args args) {
  Value json = args[0];
  for (size_t i = 1; i < args.size(); ++i) {
    value::JsonResult next = Step(context, json, args[i], AsText && i + 1 == args.size());
    if (next.status != JsonStatus::Found) return Take(context, next);
    json = next.value;
  }
  return AsText || json.is_null() ? json : Value::Json(json.bytes());
}

Value Cardinality(Context& context, Args args) {
  value::JsonResult length = value::JsonArrayLength(args[0], std::nullopt, context.arena());
  return Take(context, length);
}
Value ArrayLength(Context& context, Args args) {
  Value length = value::CastInteger(args[1]).integer() == 1 ? Cardinality(context, args) : Value();
  return length.is_null() || length.integer() == 0 ? Value() : length;
}

Value ArrayToString(Context& context, Args args) {
  std::string_view separator = Bytes(context, args[1]);
  value::JsonEach each(args[0], context.arena());
  value::JsonEachRow row;
  value::JsonWriter& out = context.Scratch();
  bool any = false;
  while (each.Next(row)) {
    Value v = row.value.is_null() && args.size() > 2 ? args[2] : row.value;
    if (v.is_null()) continue;
    if (any) out.Raw(separator);
    out.Raw(Bytes(context, v));
    any = true;
    if (out.view().size() > limits::ValueBytesMax) return context.Fail("a value is too large");
  }
  if (each.status() != JsonStatus::Missing) return context.Fail(value::Describe(each.status()));
  return context.CopyText(out.view());
}


constexpr Example TypeofExamples[] = {{"jsonb_typeof('1')", "'number'"}, {"jsonb_typeof('\"a\"')", "'string'"}, {"jsonb_typeof('true')", "'boolean'"},
                                      {"jsonb_typeof('null')", "'null'"}, {"jsonb_typeof('[]')", "'array'"}};
constexpr Example LengthExamples[] = {{"jsonb_array_length('[1,2]')", "2"}};
constexpr Example PathExamples[] = {{"jsonb_extract_path('{\"a\":[1,{\"b\":\"x\"}]}', 'a', '1', 'b')", "'\"x\"'"},
                                    {"jsonb_extract_path('{}', 'a')", "NULL"}};
constexpr Example PathTextExamples[] = {{"jsonb_extract_path_text('{\"a\":[1,{\"b\":\"x\"}]}', 'a', '1', 'b')", "'x'"},
                                        {"jsonb_extract_path_text('{\"a\":null}', 'a')", "NULL"}};
constexpr Example ObjectExamples[] = {{"jsonb_build_object('a', 1)", "'{\"a\":1}'"}};
constexpr Example ArrayExamples[] = {{"jsonb_build_array(1, 'a')", "'[1,\"a\"]'"}};
constexpr Example ToJsonExamples[] = {{"to_jsonb('a')", "'\"a\"'"}, {"to_jsonb(1)", "'1'"}};
constexpr Example CardinalityExamples[] = {{"cardinality('[1,2]')", "2"}};
constexpr Example ArrayLengthExamples[] = {{"array_length('[1,2]', 1)", "2"}, {"array_length('[]', 1)", "NULL"}};
constexpr Example ToStringExamples[] = {{"array_to_string('[1,null,\"b\"]', '-')", "'1-b'"}, {"array_to_string('[1,null]', '-', '?')", "'1-?'"}};

template <size_t N>
constexpr Function Row(std::string_view name, std::string_view signature, uint16_t least, uint16_t most, NullRule nulls, std::string_view doc,
                       const Example (&examples)[N], Value (*eval)(Context&, Args)) {
  return {.name = name, .signature = signature, .args_min = least, .args_max = most, .nulls = nulls, .doc = doc, .examples = examples, .eval = eval};
}
constexpr NullRule Sees = NullRule::SeesNulls, Strict = NullRule::NullIfAnyNull;
constexpr auto BuildObject = [](Context& context, Args args) { return CallSame(context, "json_object", args); };
constexpr auto BuildArray = [](Context& context, Args args) { return CallSame(context, "json_array", args); };
constexpr auto ArrayCount = [](Context& context, Args args) { return CallSame(context, "json_array_length", args); };
constexpr auto AsJson = [](Context& context, Args args) { return ToJson(context, args[0]); };

constexpr Function Table[] = {
    Row("json_typeof", "(json) -> text", 1, 1, Strict, "null, boolean, number, string, array or object (json_type tells more).", TypeofExamples, TypeOf),
    Row("jsonb_typeof", "(json) -> text", 1, 1, Strict, "As json_typeof.", TypeofExamples, TypeOf),
    Row("jsonb_array_length", "(json) -> integer", 1, 1, Strict, "As json_array_length.", LengthExamples, ArrayCount),
    Row("json_extract_path", "(json, text, …) -> json", 2, AnyNumber, Strict, "The element under these labels or array positions, as JSON text.",
        PathExamples, ExtractPath<false>),
    Row("jsonb_extract_path", "(json, text, …) -> json", 2, AnyNumber, Strict, "As json_extract_path.", PathExamples, ExtractPath<false>),
    Row("json_extract_path_text", "(json, text, …) -> any", 2, AnyNumber, Strict, "The element under these labels or array positions, as SQL value.",
        PathTextExamples, ExtractPath<true>),
    Row("jsonb_extract_path_text", "(json, text, …) -> any", 2, AnyNumber, Strict, "As json_extract_path_text.", PathTextExamples, ExtractPath<true>),
    Row("json_build_object", "(text, any, …) -> json", 0, AnyNumber, Sees, "As json_object.", ObjectExamples, BuildObject),
    Row("jsonb_build_object", "(text, any, …) -> json", 0, AnyNumber, Sees, "As json_object.", ObjectExamples, BuildObject),
    Row("json_build_array", "(any, …) -> json", 0, AnyNumber, Sees, "As json_array.", ArrayExamples, BuildArray),
    Row("jsonb_build_array", "(any, …) -> json", 0, AnyNumber, Sees, "As json_array.", ArrayExamples, BuildArray),
    Row("to_json", "(any) -> json", 1, 1, Strict, "The value as JSON.", ToJsonExamples, AsJson),
    Row("to_jsonb", "(any) -> json", 1, 1, Strict, "The value as JSON.", ToJsonExamples, AsJson),
    Row("cardinality", "(json) -> integer", 1, 1, Strict, "Elements of an array.", CardinalityExamples, Cardinality),
    Row("array_length", "(json, integer) -> integer", 2, 2, Strict,
        "Elements of an array in dimension 1; NULL for an empty one and other dimensions.", ArrayLengthExamples, ArrayLength),
    Row("array_to_string", "(json, text [, text]) -> text", 2, 3, Strict,
        "The elements with the second argument between them; NULLs are left out, or shown as the third.", ToStringExamples, ArrayToString),
};

}  // namespace

std::span<const Function> PostgresJsonFunctions() { return Table; }

}  // namespace bulkhead::functions
