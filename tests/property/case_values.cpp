#include "tests/property/case_values.h"

#include <fmt/format.h>

#include "runtime/value/json.h"

namespace bulkhead::testing {
namespace {

OwnedValue Text(std::string_view text) { return OwnedValue(Value::Text(text)); }

OwnedValue NumberIn(Random& random, bool typed) {
  static constexpr int64_t Common[] = {-1, 0, 1, 1, 1, 2, 2, 2, 3};
  if (random.OneIn(12)) return Value::Integer(9007199254740993);
  if (typed || !random.OneIn(4)) return Value::Integer(random.Pick(Common));
  switch (random.Below(4)) {
    case 0: return Value::Real(1.0);
    case 1: return Value::Real(2.5);
    case 2: return Text("1");
    default: return Text("2");
  }
}

std::string DocumentIn(Random& random, const Case& c) {
  std::string text = "{";
  auto add = [&](const char* name, const std::string& json) {
    text += fmt::format("{}\"{}\":{}", text.size() > 1 ? "," : "", name, json);
  };
  if (!random.OneIn(5)) add("k", JsonOf(ValueIn(random, c, {Kind::Word})));
  if (!random.OneIn(4)) add("n", random.OneIn(5) ? "null" : JsonOf(ValueIn(random, c, {Kind::Number})));
  if (!random.OneIn(4)) add("people", ArrayIn(random, c, {Kind::Person}, true));
  if (random.OneIn(4)) add("on", random.OneIn(2) ? "true" : "false");
  return text + "}";
}

}  // namespace

OwnedValue KeyValue(const CaseTable& table, size_t table_index, size_t k) {
  static constexpr const char* Texts[KeyCount] = {"1", "2", "3", "'4", "\"5\" %", "ключ"};
  if (table.integer_key) return Value::Integer(static_cast<int64_t>(k) + 1);
  return Text(fmt::format("{}{}", static_cast<char>('a' + table_index), Texts[k]));
}

OwnedValue ValueIn(Random& random, const Case& c, const Domain& domain) {
  static constexpr const char* People[] = {"u1", "u1", "u1", "u1", "u2", "u2", "u2", "ü \"4\""};
  static constexpr const char* Words[] = {"a", "a", "a", "a", "b", "b", "B", "ab", "é", "", "a%"};
  static constexpr const char* Notes[] = {"it's", "100%", "say \"hi\"", "日本語 😀", "", "line\nbreak\t", "back\\slash", "1", "null"};
  static constexpr double Reals[] = {0.0, 0.5, 1.0, -2.5, 10.0, 1e300, 0.1};
  const bool usual = c.dense && !random.OneIn(12);
  switch (domain.kind) {
    case Kind::Key: {
      const CaseTable& table = c.tables[static_cast<size_t>(domain.table)];
      OwnedValue key = KeyValue(table, static_cast<size_t>(domain.table), usual ? random.Below(5) / 4 : random.Below(KeyCount));
      bool as_real = table.integer_key && !c.typed && random.OneIn(10);
      return as_real ? OwnedValue(Value::Real(static_cast<double>(key.view().integer()))) : key;
    }
    case Kind::Person: return usual ? Text(random.OneIn(4) ? "u2" : "u1") : Text(random.Pick(People));
    case Kind::Word: return usual ? Text(random.OneIn(4) ? "b" : "a") : Text(random.Pick(Words));
    case Kind::Number: return usual ? OwnedValue(Value::Integer(random.OneIn(4) ? 2 : 1)) : NumberIn(random, c.typed);
    case Kind::Real: return Value::Real(random.Pick(Reals));
    case Kind::Flag: return Value::Integer(random.OneIn(2) ? 1 : 0);
    case Kind::Array: return Text(ArrayIn(random, c, ElementOf(domain), c.typed));
    case Kind::Document: return Text(DocumentIn(random, c));
    case Kind::Note: return Text(random.Pick(Notes));
    case Kind::Blob: return Value::Blob(random.OneIn(2) ? std::string_view("\0\xff", 2) : std::string_view("u1"));
  }
  return {};
}

std::string JsonOf(const OwnedValue& v) {
  value::JsonWriter writer;
  writer.Add(v.view());
  return writer.str();
}

std::string SqlOf(const OwnedValue& v) {
  switch (v.type()) {
    case value::Type::Null: return "NULL";
    case value::Type::Integer: return std::to_string(v.view().integer());
    case value::Type::Real: return JsonOf(v);
    default: break;
  }
  if (v.type() == value::Type::Blob) {
    std::string text = "X'";
    for (unsigned char byte : v.view().bytes()) text += fmt::format("{:02x}", byte);
    return text + "'";
  }
  std::string text = "'";
  for (char byte : v.view().bytes()) text += byte == '\'' ? "''" : std::string(1, byte);
  return text + "'";
}

Domain ElementOf(const Domain& array) { return {array.element, array.table}; }

std::string ArrayIn(Random& random, const Case& c, const Domain& element, bool plain) {
  if (!plain && random.OneIn(12)) return JsonOf(ValueIn(random, c, element));
  if (!plain && random.OneIn(12)) return fmt::format("{{\"x\":{}}}", JsonOf(ValueIn(random, c, element)));
  std::string text = "[";
  for (size_t i = 0, count = random.Below(4); i < count; ++i) {
    if (i) text += random.OneIn(3) ? ", " : ",";
    text += random.OneIn(12) ? "null" : JsonOf(ValueIn(random, c, element));
  }
  return text + "]";
}

}  // namespace bulkhead::testing
