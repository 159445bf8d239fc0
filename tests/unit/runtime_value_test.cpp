// Bytes and JSON; what is compared with SQLite is in tests/property/vm_values_test.cpp and vm_expressions_test.cpp.

#include <catch2/catch.hpp>

#include <cstring>
#include <limits>
#include <random>

#include "runtime/value/compare.h"
#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/value/key.h"
#include "runtime/value/utf8.h"

using namespace bulkhead;
using namespace bulkhead::value;

namespace {

constexpr double Infinity = std::numeric_limits<double>::infinity();

std::string JsonReal(double v) {
  char text[NumberTextBytesMax];
  return std::string(text, WriteJsonReal(text, v));
}
std::string PlainReal(double v) {
  char text[NumberTextBytesMax];
  return std::string(text, WritePlainReal(text, v));
}
std::string JsonText(std::string_view v) {
  JsonWriter writer;
  writer.Text(v);
  return writer.str();
}
// The answer's text, or its status.
std::string Shown(const JsonResult& result) {
  if (result.is_error()) return std::string(Describe(result.status));
  if (result.status == JsonStatus::Missing) return "missing";
  JsonWriter writer;
  writer.Add(result.value);
  return writer.str();
}

struct Reading {
  Arena arena;
  std::string Arrow(std::string_view json, Value key) { return Shown(JsonArrow(Value::Text(json), key, arena)); }
  std::string Arrow(std::string_view json, std::string_view key) { return Arrow(json, Value::Text(key)); }
  std::string Text(std::string_view json, Value key) { return Shown(JsonArrowText(Value::Text(json), key, arena)); }
  std::string Text(std::string_view json, std::string_view key) { return Text(json, Value::Text(key)); }
};

}  // namespace

TEST_CASE("json: reals as JavaScript lays them out, integral ones with .0") {
  struct {
    double v;
    const char* text;
  } cases[] = {{10, "10.0"}, {0.1, "0.1"}, {-0.5, "-0.5"}, {1e15, "1000000000000000.0"}, {1e20, "100000000000000000000.0"},
               {1e21, "1e+21"}, {1.5e-7, "1.5e-7"}, {1e-6, "0.000001"}, {1.25e-5, "0.0000125"}, {123456.789, "123456.789"},
               {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"}, {0.0, "0.0"}, {-0.0, "0.0"},
               {-1e22, "-1e+22"}, {1.0 / 3, "0.3333333333333333"}, {9007199254740993.0, "9007199254740992.0"},
               {Infinity, "9e999"}, {-Infinity, "-9e999"}, {2251799813685249.5, "2251799813685249.5"}};
  for (auto& c : cases) CHECK(JsonReal(c.v) == c.text);
  CHECK(PlainReal(10) == "10");
  CHECK(PlainReal(1e21) == "1e+21");
}

TEST_CASE("json: every real reads back as itself") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    uint64_t bits = random();
    double v;
    std::memcpy(&v, &bits, sizeof v);
    if (v - v != 0) continue;
    REQUIRE(std::strtod(JsonReal(v).c_str(), nullptr) == v);
  }
}

TEST_CASE("json: text is escaped as JSON.stringify does") {
  CHECK(JsonText("") == "\"\"");
  CHECK(JsonText("plain text, longer than a word of sixteen bytes") == "\"plain text, longer than a word of sixteen bytes\"");
  CHECK(JsonText("a\"b\\c/") == R"("a\"b\\c/")");
  CHECK(JsonText("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(JsonText(std::string("\0\x01\x1f\x7f", 4)) == "\"\\u0000\\u0001\\u001f\x7f\"");
  CHECK(JsonText("héllo 日本 😀\xe2\x80\xa8") == "\"héllo 日本 😀\xe2\x80\xa8\"");
  CHECK(JsonText("a\xff" "b\xed\xa0\x80") == "\"a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST_CASE("json: an escape is found at every place and length") {
  for (size_t size = 1; size < 70; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (char special : {'"', '\\', '\x1f', '\0'}) {
        std::string text(size, 'x');
        text[at] = special;
        std::string escape = special == '"' ? "\\\"" : special == '\\' ? "\\\\" : special ? "\\u001f" : "\\u0000";
        REQUIRE(JsonText(text) == "\"" + std::string(at, 'x') + escape + std::string(size - at - 1, 'x') + "\"");
      }
    }
  }
}

TEST_CASE("json: a row leaves blobs out") {
  std::vector<std::string> names = {"id", "da\"ta", "n", "x"};
  JsonRowShape shape(names);
  JsonWriter writer;
  Value row[] = {Value::Text("t1"), Value::Blob("no"), Value::Integer(-5), Value::Null()};
  shape.Write(writer, row);
  CHECK(writer.view() == R"({"id":"t1","n":-5,"x":null})");
  Value blobs[] = {Value::Blob(""), Value::Blob("a"), Value::Blob("b"), Value::Blob("c")};
  writer.Clear();
  shape.Write(writer, blobs);
  CHECK(writer.view() == "{}");
  row[1] = Value::Real(2);
  writer.Clear();
  shape.Write(writer, row);
  CHECK(writer.view() == R"({"id":"t1","da\"ta":2.0,"n":-5,"x":null})");
}

TEST_CASE("json: elements by label, index and path") {
  Reading r;
  const char* doc = R"( {"a": {"b" : [10, 2.50, "x\ny", {"k":null}]}, "a.b":"dotted", "t":true, "":0, "e\u0041":7} )";
  CHECK(r.Arrow(doc, "a") == R"("{\"b\":[10,2.50,\"x\\ny\",{\"k\":null}]}")");
  CHECK(r.Text(doc, "a.b") == "\"dotted\"");
  CHECK(r.Text(doc, "$.a.b[1]") == "2.5");
  CHECK(r.Arrow(doc, "$.a.b[1]") == "\"2.50\"");
  CHECK(r.Text(doc, "$.a.b[2]") == "\"x\\ny\"");
  CHECK(r.Text(doc, "$.a.b[#-1].k") == "null");
  CHECK(r.Arrow(doc, "$.a.b[#-1].k") == "\"null\"");
  CHECK(r.Text(doc, "$.a.b[#]") == "missing");
  CHECK(r.Text(doc, "$.\"a.b\"") == "\"dotted\"");
  CHECK(r.Text(doc, "t") == "1");
  CHECK(r.Text(doc, "") == "0");
  CHECK(r.Text(doc, "eA") == "7");
  CHECK(r.Text(doc, "$.eA") == "7");
  CHECK(r.Text(doc, "$.\"e\\u0041\"") == "7");
  CHECK(r.Text(doc, "none") == "missing");
  CHECK(r.Text("[1,2,3]", Value::Integer(0)) == "1");
  CHECK(r.Text("[1,2,3]", Value::Integer(-1)) == "3");
  CHECK(r.Text("[1,2,3]", Value::Integer(-4)) == "missing");
  CHECK(r.Text("[1,2,3]", Value::Integer(std::numeric_limits<int64_t>::min())) == "missing");
  CHECK(r.Text("[1,2,3]", "[1]") == "2");
  CHECK(r.Text("{\"1\":5}", "1") == "5");
  CHECK(r.Text("\"scalar\"", "$") == "\"scalar\"");
  CHECK(r.Text("{\"a\":1,\"a\":2}", "a") == "1");
  CHECK(r.Text("{\"a\":\"\\ud83d\\ude00\\u00e9\\u0000.\"}", "a") == "\"😀é\\u0000.\"");
  CHECK(r.Text("[9223372036854775808]", Value::Integer(0)) == "9223372036854776000.0");
  CHECK(r.Text("[-9223372036854775808]", Value::Integer(0)) == "-9223372036854775808");
}

TEST_CASE("json: a fault anywhere is an error, wherever the element is") {
  Reading r;
  const char* broken[] = {"", " ", "{", "[1", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[01]", "[1.]", "[.5]", "[-]", "[1e]", "[+1]",
                          "\"a", "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "tru", "nul", "[1] 2", "[1]]", "{\"a\":1}}", "[1 2]", "[\"a\":1]",
                          "{\"a\":1 \"b\":2}", "{\"a\",1}", "NaN", "'a'", "[1,\\]"};
  for (const char* text : broken) {
    INFO(text);
    CHECK_FALSE(JsonValid(Value::Text(text)));
    CHECK(r.Text(text, "a") == "malformed JSON");
    CHECK(r.Text(text, Value::Integer(0)) == "malformed JSON");
    CHECK(r.Text("{\"a\":1,\"b\":" + std::string(text) + "x", "a") == "malformed JSON");
  }
  CHECK(r.Text("{\"a\":[1}", "a") == "malformed JSON");
  CHECK(JsonValid(Value::Text(std::string_view("[1]\0garbage", 11))));
  CHECK(r.Text("{}", "$x") == "bad JSON path");
  CHECK(r.Text("[]", "$[x]") == "bad JSON path");
  CHECK(r.Text("{}", "$.") == "bad JSON path");
  CHECK(r.Text("[", "$x") == "malformed JSON");
  CHECK(Shown(JsonExtract(Value::Text("{}"), Value::Text("a"), r.arena)) == "bad JSON path");
  CHECK(Shown(JsonArrow(Value::Null(), Value::Text("$x"), r.arena)) == "missing");
  CHECK(Shown(JsonArrow(Value::Text("{}"), Value::Null(), r.arena)) == "missing");
}

TEST_CASE("json: a text is checked once until the arena is reset") {
  Reading r;
  std::string text = "{\"a\":1,\"b\":2}";
  CHECK(r.Text(text, "a") == "1");
  CHECK(r.Text(text, "b") == "2");
  text.back() = '!';
  r.arena.Reset();
  CHECK(r.Text(text, "a") == "malformed JSON");
  CHECK(r.Text(text, "a") == "malformed JSON");
}

TEST_CASE("json: depth is bounded and never recursed") {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(JsonValid(Value::Text(nested(limits::JsonDepthMax))));
  CHECK_FALSE(JsonValid(Value::Text(nested(limits::JsonDepthMax + 1))));
  CHECK_FALSE(JsonValid(Value::Text(nested(5'000'000))));
  std::string mixed, path = "$";
  for (size_t i = 0; i < limits::JsonDepthMax / 2; ++i) mixed += "[{\"a\":", path += "[0].a";
  mixed += "7";
  for (size_t i = 0; i < limits::JsonDepthMax / 2; ++i) mixed += "}]";
  Reading r;
  CHECK(r.Text(mixed, path) == "7");
  mixed[mixed.size() - 2] = ']';
  r.arena.Reset();
  CHECK(r.Text(mixed, path) == "malformed JSON");
}

TEST_CASE("json: json_each over arrays, objects and scalars") {
  Arena arena;
  auto rows = [&](std::string_view json) {
    JsonEach each(Value::Text(json), arena);
    JsonWriter text;
    JsonEachRow row;
    while (each.Next(row)) {
      for (Value v : {row.key, row.value, row.type, row.atom}) text.Add(v), text.Raw(' ');
    }
    return text.str() + std::string(Describe(each.status()));
  };
  CHECK(rows("[]") == "");
  CHECK(rows(" { } ") == "");
  CHECK(rows("[1, \"x\" ,null]") == R"(0 1 "integer" 1 1 "x" "text" "x" 2 null "null" null )");
  CHECK(rows("{\"a\":[1, 2],\"b\\n\":false}") == R"("a" "[1,2]" "array" null "b\n" 0 "false" 0 )");
  CHECK(rows("2.5") == R"(null 2.5 "real" 2.5 )");
  CHECK(rows("[1,2") == "malformed JSON");
  JsonEachRow row;
  CHECK_FALSE(JsonEach(Value::Null(), arena).Next(row));
  JsonEach number(Value::Integer(5), arena);
  CHECK(number.Next(row));
  CHECK(row.value.integer() == 5);
}

TEST_CASE("json: membership is three-valued, overlap ignores nulls") {
  Arena arena;
  auto in = [&](Value x, Value json) { return Shown(InJson(x, json, arena)); };
  CHECK(in(Value::Integer(1), Value::Text("[1.0,2]")) == "1");
  CHECK(in(Value::Text("1"), Value::Text("[1]")) == "0");
  CHECK(in(Value::Integer(3), Value::Text("[1,null]")) == "null");
  CHECK(in(Value::Null(), Value::Text("[1]")) == "null");
  CHECK(in(Value::Null(), Value::Text("[]")) == "0");
  CHECK(in(Value::Integer(1), Value::Null()) == "null");
  CHECK(in(Value::Integer(1), Value::Text("[1")) == "malformed JSON");
  auto overlap = [&](std::string_view a, std::string_view b) {
    return Shown(Overlap(Value::Text(a), Value::Text(b), arena));
  };
  CHECK(overlap("[1,\"a\"]", "[\"a\"]") == "1");
  CHECK(overlap("[1,null]", "[null]") == "0");
  CHECK(overlap("[]", "[1]") == "0");
  std::string many = "[0";
  for (int i = 1; i < 1000; ++i) many += "," + std::to_string(2 * i);
  CHECK(overlap(many + "]", many + ",1]") == "1");
  std::string odd = "[1";
  for (int i = 1; i < 1000; ++i) odd += "," + std::to_string(2 * i + 1);
  CHECK(overlap(many + "]", odd + "]") == "0");
  CHECK(overlap(many + "]", odd + ",44]") == "1");
}

TEST_CASE("key: equal bytes exactly for equal values, and back") {
  std::string text_a = "a", blob_a = "a", empty;
  std::vector<Value> values = {
      Value::Null(), Value::Integer(0), Value::Integer(1), Value::Integer(-1), Value::Integer(63), Value::Integer(64), Value::Integer(-65),
      Value::Integer(std::numeric_limits<int64_t>::max()), Value::Integer(std::numeric_limits<int64_t>::min()),
      Value::Integer(9007199254740993), Value::Real(0.0), Value::Real(-0.0), Value::Real(1.0), Value::Real(1.5),
      Value::Real(-9223372036854775808.0), Value::Real(9223372036854775808.0), Value::Real(9007199254740992.0), Value::Real(Infinity),
      Value::Real(-Infinity), Value::Text(empty), Value::Text(text_a), Value::Text("1"), Value::Text("é"), Value::Blob(empty),
      Value::Blob(blob_a)};
  for (Value a : values) {
    std::string key = EncodeKey({&a, 1});
    for (Value b : values) {
      INFO(KeyText({&a, 1}) << " " << KeyText({&b, 1}));
      CHECK((key == EncodeKey({&b, 1})) == Same(a, b));
      CHECK((KeyText({&a, 1}) == KeyText({&b, 1})) == Same(a, b));
    }
    auto back = DecodeKey(key);
    REQUIRE(back);
    REQUIRE(back->size() == 1);
    CHECK(Same(back->front(), a));
  }
  std::string all = EncodeKey(values);
  auto back = DecodeKey(all);
  REQUIRE(back);
  REQUIRE(back->size() == values.size());
  CHECK(EncodeKey(*back) == all);
}

TEST_CASE("key: other bytes are refused") {
  auto refused = [](std::string_view bytes) { return !DecodeKey(bytes); };
  CHECK(refused("\x05"));
  CHECK(refused("\x01"));
  CHECK(refused(std::string_view("\x01\x80\x00", 3)));                                // A padded varint.
  CHECK(refused("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));                     // More than 64 bits.
  CHECK(refused(std::string_view("\x02\x3f\xf0\0\0\0\0\0\0", 9)));                    // 1.0 is an integer.
  CHECK(refused(std::string_view("\x02\x7f\xf8\0\0\0\0\0\1", 9)));                    // NaN.
  CHECK(refused("\x03\x05" "abc"));
  CHECK(refused("\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" "abc"));
}

TEST_CASE("key: the text of bucket names") {
  Value values[] = {Value::Text("w\"1"), Value::Real(10), Value::Integer(10), Value::Blob(std::string_view("\0\xff", 2)), Value::Null(),
                    Value::Real(0.5), Value::Text("\xff")};
  CHECK(KeyText(values) == R"(["w\"1",10,10,{"$blob":"00ff"},null,0.5,{"$text":"ff"}])");
  CHECK(KeyText({}) == "[]");
}

TEST_CASE("arena: memory is reused and bounded") {
  Arena arena(100'000);
  for (int i = 0; i < 100; ++i) REQUIRE(arena.Allocate(300));
  arena.Reset();
  size_t reserved = arena.bytes_reserved();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 100; ++i) REQUIRE(arena.Allocate(300));
    arena.Reset();
    CHECK(arena.bytes_reserved() == reserved);
  }
  CHECK(arena.Allocate(200'000) == nullptr);
  CHECK(arena.Allocate(0) != nullptr);
  CHECK(arena.Copy("abc") == "abc");
  char* trimmed = arena.Allocate(50);
  arena.Trim(trimmed, 10);
  CHECK(arena.Allocate(1) == trimmed + 10);
  Value* values = arena.AllocateValues(3);
  CHECK(reinterpret_cast<uintptr_t>(values) % alignof(Value) == 0);
  CHECK(Arena(10).Allocate(11) == nullptr);
}

TEST_CASE("utf8: exactly the well-formed sequences") {
  CHECK(IsUtf8("plain"));
  CHECK(IsUtf8("é日😀\xf4\x8f\xbf\xbf"));
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8", "\xff",
                          "ab\xc3", "\xe6\x97", "12345678\xe6"}) {
    CHECK_FALSE(IsUtf8(bad));
  }
}

TEST_CASE("compare: order over all types, exact between integers and reals") {
  Value ordered[] = {Value::Null(), Value::Real(-Infinity), Value::Integer(std::numeric_limits<int64_t>::min()), Value::Real(-1.5),
                     Value::Integer(-1), Value::Real(0.5), Value::Integer(9007199254740992), Value::Integer(9007199254740993),
                     Value::Real(9007199254740994.0), Value::Integer(std::numeric_limits<int64_t>::max()),
                     Value::Real(9223372036854775808.0), Value::Real(Infinity), Value::Text(""), Value::Text("a"), Value::Text("a b"),
                     Value::Text("b"), Value::Blob(""), Value::Blob("a")};
  for (size_t i = 0; i < std::size(ordered); ++i) {
    for (size_t j = 0; j < std::size(ordered); ++j) {
      int order = Compare(ordered[i], ordered[j]);
      CHECK((order > 0) - (order < 0) == (i > j) - (i < j));
    }
  }
  CHECK_FALSE(Equal(Value::Null(), Value::Null()).has_value());
  CHECK(Same(Value::Null(), Value::Null()));
  CHECK(Truth(Value::Text("0.5")) == true);
  CHECK(Truth(Value::Text("abc")) == false);
  CHECK_FALSE(Truth(Value::Null()).has_value());
}

TEST_CASE("arena: no bytes are not a refusal, also before anything was allocated") {
  value::Arena arena;
  CHECK(arena.Allocate(0) != nullptr);
}
