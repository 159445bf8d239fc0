#include "runtime/engine/request.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "runtime/base/limits.h"
#include "runtime/value/json.h"
#include "runtime/vm/vm.h"

namespace bulkhead::engine {
namespace {

using nlohmann::json;
using plan::ParameterType;

Error Invalid(std::string message) { return {Code::InvalidRequest, std::move(message)}; }

// nlohmann's parser has no bound on nesting.
bool NestedTooDeeply(std::string_view text) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if ((c == '[' || c == '{') && ++depth > limits::JsonDepthMax) return true;
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return false;
}

Result<json> ParseObject(std::string_view text, std::string_view what) {
  if (text.size() > limits::ClaimsBytesMax) return Invalid(fmt::format("{} are too large", what));
  if (NestedTooDeeply(text)) return Invalid(fmt::format("{} are nested too deeply", what));
  std::unordered_set<std::string> names;
  std::optional<std::string> repeated;
  auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names.insert(name).second) repeated = name;
    }
    return true;
  };
  json object = json::parse(text, watch, /*allow_exceptions=*/false);
  // What is evaluated later is the text, by the reader of values, which knows no byte order mark.
  bool is_object = object.is_object() && value::JsonValid(value::Value::Text(text));
  if (!is_object) return Invalid(fmt::format("{} are not a JSON object", what));
  if (repeated) return Invalid(fmt::format("{} give `{}` twice", what, *repeated));
  return object;
}

std::string_view NameOf(ParameterType type) {
  switch (type) {
    case ParameterType::Any: return "any value";
    case ParameterType::Integer: return "an integer";
    case ParameterType::Real: return "a number";
    case ParameterType::Text: return "text";
    case ParameterType::Boolean: return "true or false";
    case ParameterType::Json: return "JSON";
  }
  return "";
}

bool IsInteger(const json& v) {
  return v.is_number_integer() && !(v.is_number_unsigned() && v.get<uint64_t>() > INT64_MAX);
}

bool Fits(const json& v, ParameterType type) {
  switch (type) {
    case ParameterType::Any:
    case ParameterType::Json: return true;
    case ParameterType::Integer: return IsInteger(v);
    case ParameterType::Real: return v.is_number();
    case ParameterType::Text: return v.is_string();
    case ParameterType::Boolean: return v.is_boolean() || (IsInteger(v) && (v == 0 || v == 1));
  }
  return false;
}

// Of a claim or parameter that is declared.
template <typename Declared>
Status CheckValue(const Declared& declared, const json* v, std::string_view kind) {
  if (!v || v->is_null()) {
    if (!declared.not_null) return Ok();
    return Invalid(fmt::format("{} `{}` is missing", kind, declared.name));
  }
  if (Fits(*v, declared.type)) return Ok();
  return Invalid(fmt::format("{} `{}` must be {}", kind, declared.name, NameOf(declared.type)));
}

const json* Find(const json& object, const std::string& name) {
  auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// The default's value as JSON.
Result<std::string> DefaultJson(const plan::Parameter& parameter) {
  value::Arena arena;
  functions::Context context(arena);
  BULKHEAD_TRY(vm::Program program, vm::Compile(*parameter.default_value, {}));
  value::Value v = vm::Eval(program, {}, context);
  if (context.failed()) {
    return Invalid(fmt::format("the default of parameter `{}`: {}", parameter.name, context.message()));
  }
  bool is_json = parameter.type == ParameterType::Json && v.type() == value::Type::Text && value::JsonValid(v);
  value::JsonWriter writer;
  if (is_json) writer.Raw(v.bytes());
  else writer.Add(v);
  return writer.str();
}

// `text` with members in front of its own.
std::string WithMembers(std::string_view text, const std::string& members) {
  size_t brace = text.find('{');
  std::string_view rest = text.substr(brace + 1);
  bool empty = rest.find_first_not_of(" \t\r\n") == rest.rfind('}');
  return "{" + members + (empty ? "" : ",") + std::string(rest);
}

}  // namespace

Status CheckObject(std::string_view text, std::string_view what) {
  BULKHEAD_TRY(json object, ParseObject(text, what));
  return Ok();
}

Status CheckClaims(const std::vector<plan::Claim>& claims, std::string_view auth) {
  BULKHEAD_TRY(json object, ParseObject(auth, "the claims"));
  for (const plan::Claim& claim : claims) BULKHEAD_CHECK_OK(CheckValue(claim, Find(object, claim.name), "claim"));
  return Ok();
}

Result<std::string> SubscriptionParameters(const plan::Stream& stream, const std::optional<std::string>& given) {
  std::string text = given.value_or("{}");
  BULKHEAD_TRY(json object, ParseObject(text, "the parameters"));
  if (stream.parameters.empty()) return text;
  std::string defaults;
  std::unordered_set<std::string_view> declared;
  for (const plan::Parameter& parameter : stream.parameters) {
    declared.insert(parameter.name);
    const json* v = Find(object, parameter.name);
    if (!v && parameter.default_value) {
      BULKHEAD_TRY(std::string value, DefaultJson(parameter));
      if (parameter.not_null && value == "null") return Invalid(fmt::format("parameter `{}` is missing", parameter.name));
      defaults += fmt::format("{}{}:{}", defaults.empty() ? "" : ",", json(parameter.name).dump(), value);
      continue;
    }
    BULKHEAD_CHECK_OK(CheckValue(parameter, v, "parameter"));
  }
  for (const auto& member : object.items()) {
    if (declared.contains(member.key())) continue;
    return Invalid(fmt::format("stream `{}` has no parameter `{}`", stream.name, member.key()));
  }
  return defaults.empty() ? text : WithMembers(text, defaults);
}

}  // namespace bulkhead::engine
