// JSON functions that change a document.
#include "runtime/value/json_edit.h"

#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

using value::JsonEdit;

// The document without insignificant space; false when the answer is NULL or an error.
bool TakeDocument(Context& context, Value json, std::string_view& text) {
  value::JsonResult minified = value::JsonMinify(json, context.arena());
  if (minified.is_error()) context.Fail(value::Describe(minified.status));
  text = minified.status == value::JsonStatus::Found ? minified.value.bytes() : std::string_view();
  return !text.empty();
}

Value Result(Context& context, const value::JsonResult& result) {
  if (result.is_error()) return context.Fail(value::Describe(result.status));
  return result.value.is_null() ? Value() : Value::Json(result.value.bytes());
}

// Edits one after the other; each sees what the earlier ones made.
template <JsonEdit Edit>
Value EditAll(Context& context, Args args) {
  if (args.size() % 2 == 0) return context.Fail("a JSON document is followed by paths and values in pairs");
  std::string_view json;
  if (!TakeDocument(context, args[0], json)) return {};
  for (size_t i = 1; i < args.size(); i += 2) {
    Value element = ToJson(context, args[i + 1]);
    if (context.failed()) return {};
    if (args[i].is_null()) continue;
    value::JsonResult edited = value::EditJson(json, args[i], Edit, element.bytes(), context.arena(), context.Scratch());
    if (edited.is_error()) return Result(context, edited);
    json = edited.value.bytes();
  }
  return Value::Json(json);
}

Value Remove(Context& context, Args args) {
  std::string_view json;
  if (!TakeDocument(context, args[0], json)) return {};
  for (Value path : args.subspan(1)) {
    if (path.is_null()) return {};
    value::JsonResult edited = value::EditJson(json, path, JsonEdit::Remove, {}, context.arena(), context.Scratch());
    if (edited.status != value::JsonStatus::Found) return Result(context, edited);
    json = edited.value.bytes();
  }
  return Value::Json(json);
}

Value Patch(Context& context, Args args) {
  std::string_view target, patch;
  bool both = TakeDocument(context, args[0], target);
  both = TakeDocument(context, args[1], patch) && both;  // Either one malformed is an error.
  if (!both) return {};
  return Result(context, value::MergeJson(target, patch, context.arena(), context.Scratch()));
}

Value Pretty(Context& context, Args args) {
  std::string_view json;
  if (!TakeDocument(context, args[0], json)) return {};
  std::string_view indent = args.size() > 1 && !args[1].is_null() ? Bytes(context, args[1]) : "    ";
  value::JsonResult pretty = value::PrettyJson(json, indent, context.arena(), context.Scratch());
  return pretty.is_error() ? Result(context, pretty) : pretty.value;
}

constexpr Example InsertExamples[] = {{"json_insert('{\"a\":1}', '$.a', 2, '$.b', 3)", "'{\"a\":1,\"b\":3}'"},
                                      {"json_insert('[1,2]', '$[#]', 3)", "'[1,2,3]'"}, {"json_insert('[1]', '$[5]', 3)", "'[1]'"},
                                      {"json_insert('{}', '$.a')", "error"}};
constexpr Example ReplaceExamples[] = {{"json_replace('{\"a\":1}', '$.a', 2, '$.b', 3)", "'{\"a\":2}'"},
                                       {"json_replace('[1,2]', '$[#-1]', json('[9]'))", "'[1,[9]]'"}};
constexpr Example SetExamples[] = {{"json_set('{\"a\":1}', '$.a', 2, '$.b.c', 'x')", "'{\"a\":2,\"b\":{\"c\":\"x\"}}'"},
                                   {"json_set('{}', '$.a', json('[1]'), '$.a[1]', 2)", "'{\"a\":[1,2]}'"},
                                   {"json_set('{', '$.a', 1)", "error"}, {"json_set('{}', 'a', 1)", "error"}};
constexpr Example RemoveExamples[] = {{"json_remove('{\"a\":1,\"b\":2}', '$.a')", "'{\"b\":2}'"}, {"json_remove('[1,2,3]', '$[0]', '$[0]')", "'[3]'"},
                                      {"json_remove('[1]', '$')", "NULL"}, {"json_remove('[1]', '$.a')", "'[1]'"}};
constexpr Example PatchExamples[] = {{"json_patch('{\"a\":1,\"b\":{\"c\":2}}', '{\"a\":null,\"b\":{\"d\":3}}')", "'{\"b\":{\"c\":2,\"d\":3}}'"},
                                     {"json_patch('{\"a\":1}', '[2]')", "'[2]'"}};
constexpr Example PrettyExamples[] = {{"json_pretty('[1,[]]', ' ')", "'[\n 1,\n []\n]'"}, {"json_pretty('{\"a\":1}')", "'{\n    \"a\": 1\n}'"}};

constexpr Function Table[] = {
    {.name = "json_insert", .signature = "(json, path, any, …) -> json", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The document with values put at paths where nothing is yet; $[#] appends to an array.", .examples = InsertExamples,
     .eval = EditAll<JsonEdit::Insert>},
    {.name = "json_replace", .signature = "(json, path, any, …) -> json", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The document with other values at paths where something is.", .examples = ReplaceExamples, .eval = EditAll<JsonEdit::Replace>},
    {.name = "json_set", .signature = "(json, path, any, …) -> json", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The document with values at paths, whether something is there or not. Each edit sees the ones before.", .examples = SetExamples,
     .eval = EditAll<JsonEdit::Set>},
    {.name = "json_remove", .signature = "(json, path, …) -> json", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The document without what is at the paths.", .examples = RemoveExamples, .eval = Remove},
    {.name = "json_patch", .signature = "(json, json) -> json", .args_min = 2, .args_max = 2,
     .doc = "The first document merged with the second (RFC 7396): its members replace those of the same name, null removes them.",
     .examples = PatchExamples, .eval = Patch},
    {.name = "json_pretty", .signature = "(json [, text]) -> text", .args_min = 1, .args_max = 2, .nulls = NullRule::SeesNulls,
     .doc = "The document on several lines, each level indented by four spaces or by the text given.", .examples = PrettyExamples, .eval = Pretty},
};

}  // namespace

std::span<const Function> JsonEditFunctions() { return Table; }

}  // namespace bulkhead::functions
