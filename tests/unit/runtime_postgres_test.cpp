// PostgreSQL's values: what a real server sent, and what no server sends.

#include <catch2/catch.hpp>

#include "runtime/base/limits.h"
#include "runtime/postgres/moment.h"
#include "runtime/postgres/numbers.h"
#include "tests/unit/postgres_cases.h"

using namespace bulkhead;
using postgres::Catalog;
using postgres::Kind;
using postgres::Type;
using postgres_cases::Case;
using postgres_cases::FromHex;
using postgres_cases::Map;

namespace {

enum : uint32_t { Mood = 20000, Positive, Address, AddressArray, FloatRange, FloatMultirange, Bytes, Knot, Tower, KeyValues, Embedding, Geometry, CiText };

Type Make(uint32_t oid, const char* name, Kind kind, uint32_t element = 0, std::vector<postgres::Field> fields = {}) {
  return {oid, name, kind, {}, {}, element, ',', std::move(fields)};
}

Catalog MakeTypes() {
  Catalog catalog;
  auto add = [&](Type type) { REQUIRE(catalog.Add(std::move(type))); };
  add(Make(Mood, "mood", Kind::Enum));
  add(Make(Positive, "positive", Kind::Domain, 23));
  add(Make(Address, "address", Kind::Composite, 0, {{"street", 25}, {"photo", Bytes}, {"n", Positive}}));
  add(Make(AddressArray, "address[]", Kind::Array, Address));
  add(Make(FloatRange, "floatrange", Kind::Range, 701));
  add(Make(FloatMultirange, "floatmultirange", Kind::Multirange, FloatRange));
  add(Make(Bytes, "bytes", Kind::Domain, 17));
  // What cannot be, but may be claimed.
  add(Make(Knot, "knot", Kind::Domain, Knot));
  add(Make(Tower, "tower", Kind::Composite, 0, {{"next", Tower}}));
  add(Make(KeyValues, "hstore", Kind::Base));
  add(Make(Embedding, "vector", Kind::Base));
  add(Make(Geometry, "geometry", Kind::Base));
  add(Make(CiText, "citext", Kind::Base));
  return catalog;
}

const Catalog& Types() {
  static const Catalog catalog = MakeTypes();
  return catalog;
}

std::string Text(uint32_t oid, std::string_view text, const char* options = "value") {
  return Map(Types(), oid, options, text, nullptr).from_text;
}
std::string Binary(uint32_t oid, std::string_view hex, const char* options = "value") {
  std::string bytes = FromHex(hex);
  return Map(Types(), oid, options, "", &bytes).from_binary;
}

}  // namespace

TEST_CASE("postgres: what a real server sent maps to what is written down, from both formats") {
  auto file = postgres_cases::Read(BULKHEAD_ROOT "/tests/unit/fixtures/postgres_values.txt");
  REQUIRE(file.cases.size() > 100);
  Catalog catalog;
  for (const Case& c : file.cases) {
    INFO(c.expression);
    REQUIRE(!c.expected.empty());
    std::string bytes = FromHex(c.binary);
    const Type& type = catalog.Find(c.oid);
    bool has_binary = type.kind != Kind::Base || type.binary != postgres::BinaryRule::None;
    for (const auto& [options, value] : c.expected) {
      INFO(options);
      auto mapped = Map(catalog, c.oid, options, c.text, has_binary ? &bytes : nullptr);
      CHECK(mapped.from_text == value);
      CHECK(mapped.from_binary == value);
    }
    std::string printed;
    if (has_binary) CHECK(postgres::PrintBinary(catalog, type, bytes, printed));
    if (has_binary) CHECK(printed == c.text);
  }
}

TEST_CASE("postgres: every built-in type is in the file of cases, or can only be text") {
  auto file = postgres_cases::Read(BULKHEAD_ROOT "/tests/unit/fixtures/postgres_values.txt");
  uint32_t last = 0;
  for (const postgres::BuiltinType& type : postgres::BuiltinTypes()) {
    INFO(type.name);
    CHECK(type.oid > last);
    last = type.oid;
    CHECK_FALSE(type.doc.empty());
    bool known = std::any_of(file.cases.begin(), file.cases.end(), [&](const Case& c) { return c.oid == type.oid; });
    bool like_text = type.text == postgres::TextRule::Verbatim &&
                     (type.binary == postgres::BinaryRule::None || type.binary == postgres::BinaryRule::Text ||
                      type.name == "cid" || type.name == "txid_snapshot");
    CHECK((known || like_text));
  }
}

TEST_CASE("postgres: types that the database defines") {
  CHECK(Text(Mood, "so so") == "'so so'");
  CHECK(Binary(Mood, "736f") == "'so'");
  CHECK(Text(Positive, "5") == "5");
  CHECK(Binary(Positive, "00000005") == "5");
  CHECK(Binary(Positive, "00000005", "legacy") == "'5'");
  CHECK(Text(Bytes, "\\x00ff") == "x'00ff'");
  CHECK(Text(Bytes, "\\x00ff", "legacy") == "'\\x00ff'");
  CHECK(Text(Address, R"x("High ""St"", \\ 1",\\x00,7))x") == "error: `address`: a composite begins with (");
  CHECK(Text(Address, R"x(("High ""St"", \\ 1","\\x00",7))x") == R"x('{"street":"High \"St\", \\ 1","n":7}')x");
  CHECK(Text(Address, "(,,)") == R"('{"street":null,"n":null}')");
  CHECK(Text(AddressArray, R"x({"(a,,1)",NULL,"(\"b c\",,)"})x") ==
        R"('[{"street":"a","n":1},null,{"street":"b c","n":null}]')");
  CHECK(Binary(Address, "00000003" "00000019" "00000001" "61" "00004e26" "ffffffff" "00004e21" "00000004" "00000007") ==
        R"('{"street":"a","n":7}')");
  CHECK(Text(FloatRange, "[0.5,Infinity)") == R"('{"lower":0.5,"upper":9e999,"lower_exclusive":0,"upper_exclusive":1}')");
  CHECK(Text(FloatMultirange, "{}") == "'[]'");
  CHECK(Binary(KeyValues, "00000002" "00000001" "61" "00000001" "22" "00000001" "62" "ffffffff") == R"('"a"=>"\"", "b"=>NULL')");
  CHECK(Binary(Embedding, "00020000" "3f800000" "3dcccccd") == "'[1,0.1]'");
  CHECK(Binary(Geometry, "0101000000000000000000f03f0000000000000040") == "'0101000000000000000000F03F0000000000000040'");
  CHECK(Text(CiText, "Ab") == "'Ab'");
  // Nobody described it: text, and nothing else.
  CHECK(Text(99999, "{a}") == "'{a}'");
  CHECK(Binary(99999, "61") == "error: `unknown`: only its text format can be read");
}

TEST_CASE("postgres: text that is no value of its type") {
  struct Bad {
    uint32_t oid;
    const char* text;
    const char* reason;
  };
  const Bad cases[] = {
      {16, "true", "neither t nor f"}, {21, "32768", "range"}, {23, "1.5", "range"}, {23, "", "range"}, {20, " 1", "range"},
      {26, "-1", "range"}, {701, "1,5", "not a number"}, {701, "", "not a number"}, {701, "1e999", "not a number"},
      {17, "abc", "bytea_output"}, {17, "\\x0", "bytea_output"}, {17, "\\xzz", "not hexadecimal"}, {25, "\xff", "UTF-8"},
      {3220, "16", "log"}, {3220, "100000000/0", "log"}, {1007, "", "begins with {"}, {1007, "{", "ends too early"},
      {1007, "{1", "ends too early"}, {1007, "{1}x", "after its end"}, {1007, "{1,x}", "range"}, {1007, "{1,}", "range"},
      {1007, "{{1}", "ends with }"}, {1007, "{{{{{{{1}}}}}}}", "too deeply"}, {1009, "{\"a}", "ends too early"},
      {199, "{nul}", "not JSON"}, {3904, "[1,2", "ends too early"}, {3904, "[1)", "ends too early"},
      {3904, "[1,2)x", "after its end"}, {3904, "{1,2)", "range begins"}, {4451, "{[1,2)", "multirange ends"},
      {4451, "{[1,2)[3,4)}", "commas"}, {Address, "(a,b)", "fewer fields"}, {Address, "(a,b,1,2)", "more fields"},
      {Address, "(a,b,1", "ends too early"}, {Address, "(a,b,x)", "range"},
      {Knot, "1", "too deeply"}, {FloatRange, "[a,b)", "not a number"},
  };
  for (const Bad& bad : cases) {
    INFO(bad.oid << " " << bad.text);
    std::string shown = Text(bad.oid, bad.text);
    CHECK(shown.starts_with("error: "));
    CHECK(shown.find(bad.reason) != std::string::npos);
  }
  std::string tower;
  for (int i = 0; i < 20; ++i) tower += "(";
  CHECK(Text(Tower, tower + std::string(20, ')')).starts_with("error: "));
}

TEST_CASE("postgres: timestamps that are none are NULL") {
  for (const char* text : {"", "x", "2024-02-30 00:00:00", "2024-13-01 00:00:00", "2024-02-29", "2024-02-29 24:00:00",
                           "2024-02-29 00:00:00.", "2024-02-29 00:00:00.1234567", "0000-01-01 00:00:00", "10000-01-01 00:00:00",
                           "2024-02-29 00:00:00 BC", "2024-02-29 00:00:00+00"}) {
    INFO(text);
    CHECK(Text(1114, text) == "NULL");
  }
  CHECK(Text(1184, "2024-02-29 00:00:00") == "NULL");
  CHECK(Text(1184, "0001-01-01 00:00:00+01") == "NULL");
  CHECK(Text(1184, "9999-12-31 23:59:59-01") == "NULL");
  CHECK(Text(1184, "2024-02-29 00:00:00+00:19:32") == "'2024-02-28T23:40:28.000000Z'");
  CHECK(Text(1184, "2023-12-31 23:30:00-00:45", "legacy") == "'2024-01-01 00:15:00Z'");
}

TEST_CASE("postgres: bytes that are no value of their type, cut off anywhere or too long") {
  auto file = postgres_cases::Read(BULKHEAD_ROOT "/tests/unit/fixtures/postgres_values.txt");
  const Catalog& catalog = Types();
  using Rule = postgres::BinaryRule;
  for (const Case& c : file.cases) {
    INFO(c.expression);
    const Type& type = catalog.Find(c.oid);
    bool any_length = type.kind == Kind::Base && (type.binary == Rule::Text || type.binary == Rule::Bytea || type.binary == Rule::None ||
                                                  type.binary == Rule::Versioned || type.binary == Rule::MacAddress);
    if (any_length) continue;
    for (size_t size = 0; size < c.binary.size(); size += 2) {
      CHECK(Binary(c.oid, c.binary.substr(0, size)).starts_with("error: "));
    }
    CHECK(Binary(c.oid, c.binary + "00").starts_with("error: "));
  }
  struct Bad {
    uint32_t oid;
    const char* hex;
  };
  const Bad cases[] = {
      {16, "02"},                                            // bool
      {1700, "0001" "0000" "0000" "0000" "2710"},            // numeric: a digit of 10000
      {1700, "0000" "0000" "1234" "0000"},                   // its sign
      {1083, "ffffffffffffffff"},                            // time before midnight
      {1266, "0000000000000000" "7fffffff"},                 // timetz
      {869, "05200004" "01020304"},                          // inet: family
      {869, "02210004" "01020304"},                          // bits
      {1560, "00000009" "ff"},                               // bit: more than there are
      {1007, "00000001" "00000000" "00000019" "00000000" "00000001"},  // int4[] of text
      {1007, "00000001" "00000000" "00000017" "7fffffff" "00000001" "00000004"},
      {1007, "00000007" "00000000" "00000017"},
      {1007, "00000001" "00000000" "00000017" "00000001" "00000001" "fffffffe"},
      {3904, "00" "fffffffe"}, {3904, "02" "00000004" "00000001"}, {4451, "7fffffff"}, {Address, "7fffffff"},
      {Knot, "00"}, {3802, "02" "7b7d"}, {3802, ""}, {829, "0102"}, {600, "00"}, {604, "7fffffff"}, {3614, "00000001" "6161"},
      {Embedding, "ffff0000"}, {KeyValues, "00000001" "ffffffff" "00000000"}, {25, "ff"}, {18, "0000"}, {5038, "ffffffff"},
  };
  for (const Bad& bad : cases) {
    INFO(bad.oid << " " << bad.hex);
    CHECK(Binary(bad.oid, bad.hex).starts_with("error: "));
  }
}

TEST_CASE("postgres: extremes of numbers and of the calendar") {
  auto real = [](auto v) {
    std::string out;
    postgres::AppendReal(out, v);
    return out;
  };
  CHECK(real(1e23) == "9.999999999999999e+22");
  CHECK(real(9007199254740993.0) == "9.007199254740992e+15");
  CHECK(real(5e-324) == "5e-324");
  CHECK(real(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(real(2.2250738585072014e-308) == "2.2250738585072014e-308");
  CHECK(real(0.1f) == "0.1");
  CHECK(real(1e6f) == "1e+06");
  CHECK(real(123456.0f) == "123456");
  CHECK(real(-0.0) == "-0");
  // A numeric of 20 bytes takes 147 kB as text, an array of such more than a value may.
  std::string huge = "0001" "7fff" "0000" "3fff" "0001";
  CHECK(Binary(1700, huge).size() == 2 + 131'069 + 1 + 16'383);
  std::string array = "00000001" "00000000" "000006a4" "00000800" "00000001";
  for (int i = 0; i < 0x800; ++i) array += "0000000a" + huge;
  CHECK(Binary(1231, array) == "error: a value is too large");
  // The ends of the types, which no server sends.
  CHECK(Binary(1114, "8000000000000001") == "NULL");
  CHECK(Binary(1082, "7ffffffe").ends_with("'"));
  CHECK(Binary(1186, "8000000000000000" "80000000" "7fffffff").ends_with("'"));
  CHECK(Binary(1186, "7fffffffffffffff" "7fffffff" "7fffffff") == "'infinity'");
  CHECK(Binary(790, "8000000000000000") == "'-$92,233,720,368,547,758.08'");
}

TEST_CASE("postgres: the catalogue refuses what would take the place of a built-in type") {
  Catalog catalog;
  CHECK_FALSE(catalog.Add(Make(23, "int4", Kind::Base)));
  CHECK_FALSE(catalog.AddRow(std::vector<std::string_view>{"1", "2"}));
  CHECK_FALSE(catalog.AddRow(std::vector<std::string_view>{"x", "t", "b", "0", ",", "", ""}));
  CHECK_FALSE(catalog.AddRow(std::vector<std::string_view>{"20000", "t", "q", "0", ",", "", ""}));
  CHECK_FALSE(catalog.AddRow(std::vector<std::string_view>{"20000", "t", "b", "0", "", "", ""}));
  CHECK(catalog.AddRow(std::vector<std::string_view>{"20000", "pair", "c", "0", ",", "a", "23"}));
  CHECK(catalog.AddRow(std::vector<std::string_view>{"20000", "pair", "c", "0", ",", "b", "25"}));
  REQUIRE(catalog.Find(20000).fields.size() == 2);
  CHECK(Map(catalog, 20000, "value", "(1,x)", nullptr).from_text == R"('{"a":1,"b":"x"}')");
  // Described again, after it was changed.
  CHECK(catalog.AddRow(std::vector<std::string_view>{"20001", "other", "e", "0", ",", "", ""}));
  CHECK(catalog.AddRow(std::vector<std::string_view>{"20000", "pair", "c", "0", ",", "b", "25"}));
  CHECK(catalog.Find(20000).fields.size() == 1);
}
