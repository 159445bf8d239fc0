#include "runtime/postgres/json_mapping.h"

#include <fmt/format.h>

#include "runtime/base/limits.h"
#include "runtime/postgres/literal.h"

namespace bulkhead::postgres {
namespace {

using value::Value;

bool Accept(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

// [1:2][0:3]= before an array whose first index is not 1.
void SkipBounds(std::string_view& rest) {
  size_t end = rest.find_first_not_of("[]:+-0123456789");
  if (rest.starts_with('[') && end < rest.size() && rest[end] == '=') rest.remove_prefix(end + 1);
}

}  // namespace

Error Malformed(const Type& type, std::string_view reason) {
  return {Code::InvalidData, fmt::format("`{}`: {}", type.name, reason)};
}
Error TooDeep(const Type& type) {
  return {Code::LimitExceeded, fmt::format("`{}`: nested too deeply", type.name)};
}
Error TooLarge() {
  return {Code::LimitExceeded, "a value is too large"};
}

Error JsonMapping::Broken(const Type& type) const {
  return Malformed(type, "ends too early, or takes too much memory");
}

bool JsonMapping::IsBinary(uint32_t oid) const {
  const Type* type = &Find(oid);
  for (size_t depth = 0; type->kind == Kind::Domain && depth < limits::PostgresTypeDepthMax; ++depth) {
    type = &Find(type->element);
  }
  return type->kind == Kind::Base && type->text == TextRule::Bytea;
}

Status JsonMapping::Write(const Type& type, std::string_view text, size_t depth) {
  if (depth > limits::PostgresTypeDepthMax) return TooDeep(type);
  if (json().view().size() > limits::ValueBytesMax) return TooLarge();
  switch (type.kind) {
    case Kind::Base:
    case Kind::Enum:
      return WriteScalar(type, text);
    case Kind::Domain:
      return Write(Find(type.element), text, depth + 1);
    case Kind::Array:
      return WriteArray(type, text, depth);
    case Kind::Composite:
      return WriteComposite(type, text, depth);
    case Kind::Multirange:
      return WriteMultirange(type, text, depth);
    case Kind::Range:
      break;
  }
  if (text == EmptyRange) return json().Text(text), Ok();
  BULKHEAD_CHECK_OK(WriteRange(type, text, depth));
  return text.empty() ? Ok() : Status(Malformed(type, "has text after its end"));
}

Status JsonMapping::WriteScalar(const Type& type, std::string_view text) {
  BULKHEAD_TRY(Value v, mapper_.FromScalar(type, text, arena_));
  if (type.text == TextRule::Json) {
    if (text.find('\0') != std::string_view::npos || !value::JsonValid(v))
      return Malformed(type, "not JSON, or nested too deeply");
    json().Raw(text);
  } else {
    json().Add(v.type() == value::Type::Blob ? Value::Null() : v);
  }
  return Ok();
}

Status JsonMapping::WriteArray(const Type& type, std::string_view text, size_t depth) {
  SkipBounds(text);
  BULKHEAD_CHECK_OK(WriteDimension(type, text, 1, depth));
  return text.empty() ? Ok() : Status(Malformed(type, "has text after its end"));
}

Status JsonMapping::WriteDimension(const Type& type, std::string_view& rest, size_t dimension, size_t depth) {
  if (dimension > limits::PostgresArrayDimensionsMax) return TooDeep(type);
  if (!Accept(rest, '{')) return Malformed(type, "an array begins with {");
  const Type& element = Find(type.element);
  const char ends[] = {type.delimiter, '}'};
  json().Raw('[');
  for (bool first = true; !(first && rest.starts_with('}')); first = false) {
    if (!first && !Accept(rest, type.delimiter)) break;
    if (!first) json().Raw(',');
    if (rest.starts_with('{')) {
      BULKHEAD_CHECK_OK(WriteDimension(type, rest, dimension + 1, depth));
      continue;
    }
    auto token = TakeToken(rest, {ends, sizeof ends}, arena_);
    if (!token) return Broken(type);
    if (token->is_null("NULL"))
      json().Raw("null");
    else
      BULKHEAD_CHECK_OK(Write(element, token->text, depth + 1));
  }
  json().Raw(']');
  return Accept(rest, '}') ? Ok() : Status(Malformed(type, "an array ends with }"));
}

Status JsonMapping::WriteComposite(const Type& type, std::string_view text, size_t depth) {
  if (!Accept(text, '(')) return Malformed(type, "a composite begins with (");
  json().Raw('{');
  bool comma = false;
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (i && !Accept(text, ','))
      return Malformed(type, "has fewer fields than its type: was the type changed?");
    auto token = TakeToken(text, ",)", arena_);
    if (!token) return Broken(type);
    const Field& field = type.fields[i];
    if (IsBinary(field.type)) continue;
    if (comma) json().Raw(',');
    comma = true;
    json().Text(field.name);
    json().Raw(':');
    if (token->is_null(""))
      json().Raw("null");
    else
      BULKHEAD_CHECK_OK(Write(Find(field.type), token->text, depth + 1));
  }
  json().Raw('}');
  return text == ")" ? Ok() : Status(Malformed(type, "has more fields than its type: was the type changed?"));
}

// Takes one range off the text; not `empty`.
Status JsonMapping::WriteRange(const Type& type, std::string_view& rest, size_t depth) {
  if (rest.empty() || (rest[0] != '[' && rest[0] != '('))
    return Malformed(type, "a range begins with [ or (");
  bool exclusive[2] = {rest[0] == '(', false};
  rest.remove_prefix(1);
  static constexpr std::string_view Names[] = {"{\"lower\":", ",\"upper\":"}, Ends[] = {",", ")]"};
  for (size_t i = 0; i < 2; ++i) {
    auto token = TakeToken(rest, Ends[i], arena_);
    if (!token) return Broken(type);
    json().Raw(Names[i]);
    if (token->is_null(""))
      json().Raw("null");
    else
      BULKHEAD_CHECK_OK(Write(Find(type.element), token->text, depth + 1));
    exclusive[1] = rest[0] == ')';
    rest.remove_prefix(1);
  }
  json().Raw(exclusive[0] ? ",\"lower_exclusive\":1" : ",\"lower_exclusive\":0");
  json().Raw(exclusive[1] ? ",\"upper_exclusive\":1}" : ",\"upper_exclusive\":0}");
  return Ok();
}

Status JsonMapping::WriteMultirange(const Type& type, std::string_view text, size_t depth) {
  const Type& range = Find(type.element);
  if (range.kind != Kind::Range) return Malformed(type, "its range type is not known");
  if (!Accept(text, '{')) return Malformed(type, "a multirange begins with {");
  json().Raw('[');
  for (bool first = true; !text.empty() && text[0] != '}'; first = false) {
    if (!first && !Accept(text, ',')) return Malformed(type, "ranges have commas between them");
    if (!first) json().Raw(',');
    if (json().view().size() > limits::ValueBytesMax) return TooLarge();
    BULKHEAD_CHECK_OK(WriteRange(range, text, depth + 1));
  }
  json().Raw(']');
  return text == "}" ? Ok() : Status(Malformed(type, "a multirange ends with }"));
}

}  // namespace bulkhead::postgres
