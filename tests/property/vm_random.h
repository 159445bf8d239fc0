// Values that find mistakes: bounds, signs, spellings of numbers, odd text, JSON.
#pragma once

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "runtime/value/value.h"

namespace bulkhead::testing {

using value::OwnedValue;
using value::Value;

inline uint64_t SeedOr(uint64_t fallback) {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : fallback;
}
inline uint64_t CasesOr(uint64_t fallback) {
  const char* cases = std::getenv("BULKHEAD_CASES");
  return cases ? std::strtoull(cases, nullptr, 10) : fallback;
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t Bits() { return engine_(); }
  size_t Below(size_t bound) { return static_cast<size_t>(engine_() % bound); }
  bool OneIn(size_t n) { return Below(n) == 0; }
  template <typename T, size_t N>
  const T& Pick(const T (&list)[N]) { return list[Below(N)]; }

  int64_t Integer() {
    static constexpr int64_t Edges[] = {0, 1, -1, 2, 3, -3, 7, 10, 63, 64, 65, -64, 100, 255, 4503599627370496,
                                        9007199254740992, 9007199254740993, -9007199254740993,
                                        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::max() - 1,
                                        std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::min() + 1};
    if (OneIn(2)) return Pick(Edges);
    return static_cast<int64_t>(Bits() >> Below(64)) * (OneIn(2) ? 1 : -1);
  }
  double Real() {
    static const double Edges[] = {0.0, -0.0, 0.5, -0.5, 1.0, 1.5, -1.5, 2.5, 10.0, 0.1, 1e15, 1e16, 123456789012345678.0,
                                   1e20, 1e21, 1e22, 1e-5, 1.5e-7, 1e100, 1e308, -1e308, 5e-324, 2.2250738585072014e-308,
                                   9223372036854775808.0, -9223372036854775808.0, 9223372036854774784.0,
                                   4503599627370497.5, 2251799813685248.0, 0.3, 1.0 / 3,
                                   std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
    switch (Below(4)) {
      case 0: return Pick(Edges);
      case 1: return static_cast<double>(Integer()) / std::pow(10, Below(20));
      case 2: return static_cast<double>(static_cast<int64_t>(Below(200000)) - 100000) / 100;
      default: {
        uint64_t bits = Bits();
        double v;
        std::memcpy(&v, &bits, sizeof v);
        return v == v ? v : 0.25;
      }
    }
  }
  std::string NumberText() {
    static constexpr const char* Spaces[] = {"", "", "", "", " ", "\t", "\n ", "  "};
    static constexpr const char* Signs[] = {"", "", "", "-", "+"};
    static constexpr const char* Tails[] = {"", "", "", "", "e", "e5", "E-3", "e+400", "x", "e-", ".", "e-320", "e308"};
    std::string text = Pick(Spaces);
    text += Pick(Signs);
    size_t whole = OneIn(3) ? Below(25) : Below(6);
    for (size_t i = 0; i < whole; ++i) text += static_cast<char>('0' + Below(10));
    if (OneIn(2)) {
      text += '.';
      size_t fraction = OneIn(3) ? Below(25) : Below(5);
      for (size_t i = 0; i < fraction; ++i) text += static_cast<char>('0' + Below(10));
    }
    text += Pick(Tails);
    return text + Pick(Spaces);
  }
  std::string PlainText() {
    static const std::string Edges[] = {"", "a", "A", "abc", "ABC", "aXbX", "-0", "0x1", " 12", "1e5", "9223372036854775807",
                                        "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "12abc", "abc12",
                                        "true", "null", "%", "a%", "_b_", "a_c", "*", "[a-c]*", "?b?", "é", "ÉÀ", "straße",
                                        "日本語", "😀 x", std::string("a\0b", 3), std::string("\0", 1), "it's", "\"q\"", "\\",
                                        "\xed\xa0\x80", "\xff", "a\xc3", "\x80\x80", "\xf0\x9f\x98", "\xc0\x80x", "-0.0", "1e308", "1e309",
                                        "\x01\x1f", "\n\r\t", "1.0", "1", "w1", "a,b,c", "aGk=", "hello world"};
    if (!OneIn(4)) return Pick(Edges);
    static constexpr const char* Pieces[] = {"a", "b", "B", "%", "_", "*", "?", "[", "]", "^", "-", " ", "é", "日", "😀", "1", ".", "\""};
    std::string text;
    for (size_t i = Below(8); i > 0; --i) text += Pick(Pieces);
    return text;
  }
  std::string Json(int depth = 3) {
    static constexpr const char* Scalars[] = {"null", "true", "false", "0", "-0", "1", "-1", "1.0", "1.5", "1e5", "-1.5E-7", "1e400",
                                              "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
                                              "12345678901234567", "\"\"", "\"a\"", "\"w1\"", "\"a\\nb\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"",
                                              "\"é\"", "\"a\\\"b\\\\\\/\"", "\"12\"", "\"\\u0041bc\"", "\"日本\""};
    static constexpr const char* Keys[] = {"a", "b", "c", "a", "key", "x y", "é", "", "1", "a.b", "w1"};
    static constexpr const char* Gaps[] = {"", "", "", "", "", " ", "\n\t", "  "};
    if (depth == 0 || OneIn(3)) return std::string(Pick(Gaps)) + Pick(Scalars) + Pick(Gaps);
    bool object = OneIn(2);
    std::string text = std::string(Pick(Gaps)) + (object ? "{" : "[");
    size_t count = Below(4);
    for (size_t i = 0; i < count; ++i) {
      if (i) text += ",";
      if (object) text += std::string(Pick(Gaps)) + "\"" + Pick(Keys) + "\"" + Pick(Gaps) + ":";
      text += Json(depth - 1);
    }
    return text + Pick(Gaps) + (object ? "}" : "]") + Pick(Gaps);
  }
  std::string BrokenJson() {
    std::string text = Json();
    static constexpr char Bytes[] = {'[', ']', '{', '}', ',', ':', '"', '\\', '0', '-', '.', 'e', 'x', ' ', '\0', '\x01', 't'};
    for (size_t i = 1 + Below(2); i > 0; --i) {
      size_t at = Below(text.size() + 1);
      switch (Below(3)) {
        case 0: text.insert(at, 1, Pick(Bytes)); break;
        case 1: if (at < text.size()) text.erase(at, 1); break;
        default: if (at < text.size()) text[at] = Pick(Bytes); break;
      }
    }
    return text;
  }
  // Times as the date functions read them, right and nearly right. Never the clock.
  std::string TimeText() {
    static constexpr const char* Edges[] = {"2024-02-29", "2023-02-31", "-0001-01-01", "0000-01-01", "9999-12-31 23:59:59.999", "-4713-11-24",
                                            "-4713-11-24 12:00", "2024-05-17T13:14:15.678Z", "2024-05-17 13:14+02:00", "2024-05-17 13:14 -14:59",
                                            "24:00", "24:59:59", "12:00:60", "2024-5-17", "2460000.5", "-1", "1700000000", "", " 2024-01-01",
                                            "2024-01-01 ", "2024-01-01T", "2024-01-01 12:00 ", "12:34:56.9999", "2024-12-30 23:59:59.9996", "1e400",
                                            "2024-01-01 12:00z", "2024-01-01 12:00 Zx", "1900-02-28", "2000-12-31", "0.5", "5373484.49",
                                            "5373484.5", "nan"};
    if (OneIn(5)) return Pick(Edges);
    auto number = [&](size_t bound, size_t width) {
      std::string digits = std::to_string(Below(bound));
      return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
    };
    std::string text = OneIn(20) ? "-" : "";
    if (!OneIn(8)) text += (OneIn(3) ? number(10000, 4) : "20" + number(100, 2)) + "-" + number(13, 2) + "-" + number(32, 2);
    if (text.empty() || OneIn(2)) {
      if (!text.empty()) text += OneIn(2) ? " " : "T";
      text += number(25, 2) + ":" + number(61, 2);
      if (OneIn(2)) text += ":" + number(60, 2);
      if (text.size() > 7 && OneIn(2)) text += "." + number(100000, 1);
      if (OneIn(3)) text += OneIn(3) ? "Z" : (OneIn(2) ? "+" : "-") + number(15, 2) + ":" + number(60, 2);
    }
    return text;
  }
  OwnedValue Time() {
    switch (Below(12)) {
      case 0: return Value::Integer(static_cast<int64_t>(Below(5'500'000)));
      case 1: return Value::Real(static_cast<double>(Below(5'500'000'000)) / 1000);
      case 2: return Value::Integer(static_cast<int64_t>(Below(4'000'000'000)) - 1'000'000'000);
      case 3: return OneIn(4) ? Value::Null() : Value::Real(Real());
      default: return Text(TimeText());
    }
  }
  std::string Modifier() {
    static constexpr const char* Fixed[] = {"unixepoch", "unixepoch", "auto", "auto", "julianday", "start of month", "start of year",
                                            "start of day", "START OF Day",
                                            "start of week", "weekday 0", "weekday 6", "Weekday 3", "weekday 7", "weekday 1.5", "weekday -1",
                                            "weekday x", "+12:34",
                                            "-00:30:15.25", "10:00", "+25:00", "", "bogus", "+", "-", "+1 ", "+ 1 day", "+1 day ", "1 day",
                                            "+1days", "+1e3 seconds",
                                            "+99999999999 days", "+1 weeks", "+1 DAYS", "+1 dayss", "+0 months", "+1 month", "-1 month",
                                            "+12 months", "+0.5 month"};
    static constexpr const char* Units[] = {"second", "minutes", "hours", "day", "days", "months", "month", "year", "years"};
    if (OneIn(2)) return Pick(Fixed);
    std::string number = std::to_string(OneIn(6) ? Below(1'000'000) : Below(60));
    if (OneIn(3)) number += "." + std::to_string(Below(1000));
    return (OneIn(2) ? "+" : "-") + number + " " + Pick(Units);
  }
  // The conversions of 3.40's strftime.
  std::string TimeFormat() {
    static constexpr const char* Pieces[] = {"%d", "%f", "%H", "%j", "%J", "%m", "%M", "%s", "%S", "%w", "%W", "%Y", "%%", "-", " ", "é", "x"};
    std::string text;
    for (size_t i = 1 + Below(5); i > 0; --i) text += Pick(Pieces);
    if (OneIn(40)) text += OneIn(2) ? "%" : "%!";
    return text;
  }
  std::string PrintFormat() {
    static constexpr const char* Flags[] = {"-", "+", " ", "#", "!", "0", ",", "", "", ""};
    static constexpr const char* Letters[] = {"d", "i", "u", "x", "X", "o", "p", "r", "f", "e", "E", "g", "G", "c", "s", "z", "q", "Q", "w", "n",
                                              "%", "ld", "lld", "lf"};
    static constexpr const char* Plain[] = {"", "a", " ", "é", "%%", "100"};
    std::string text;
    for (size_t i = 1 + Below(3); i > 0; --i) {
      text += Pick(Plain);
      text += "%";
      for (size_t f = Below(4); f > 0; --f) text += Pick(Flags);
      if (OneIn(2)) text += OneIn(8) ? "*" : std::to_string(OneIn(20) ? Below(3000) : Below(25));
      if (OneIn(2)) text += OneIn(8) ? ".*" : "." + std::to_string(OneIn(20) ? Below(3000) : Below(25));
      text += Pick(Letters);
    }
    if (OneIn(30)) text += OneIn(2) ? "%" : "%y tail";
    return text;
  }
  // A JSON object without a label twice, for json_patch.
  std::string Patch(int depth = 3) {
    if (depth == 0 || OneIn(4)) return OneIn(3) ? "[" + Json(1) + "]" : Json(0);
    static constexpr const char* Keys[] = {"a", "b", "c", "key", "x y", "é", "", "1"};
    std::string text = "{";
    for (const char* key : Keys) {
      if (!OneIn(3)) continue;
      if (text.size() > 1) text += ",";
      text += "\"" + std::string(key) + "\":" + (OneIn(4) ? "null" : OneIn(2) ? Patch(depth - 1) : "[1]");
    }
    return text + "}";
  }
  std::string DeepJson() {
    size_t depth = OneIn(2) ? 1 + Below(1000) : 2001 + Below(500);
    bool objects = OneIn(2);
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += objects ? "{\"a\":" : "[";
    text += "1";
    return text + std::string(depth, objects ? '}' : ']');
  }
  // Long text, to see that limits and lengths of both sides are the same.
  std::string LongText() {
    static constexpr const char* Pieces[] = {"a", "é", "ab c", "%", "12", "😀"};
    std::string piece = Pick(Pieces), text;
    size_t bytes = OneIn(20) ? 10'000'000 : 100'000;
    while (text.size() < bytes) text += piece;
    return text;
  }
  OwnedValue Any() {
    if (OneIn(20'000)) return Text(LongText());
    switch (Below(13)) {
      case 0: return Value::Null();
      case 12: return Text(TimeText());
      case 1:
      case 2: return Value::Integer(Integer());
      case 3: return Value::Integer(static_cast<int64_t>(Below(7)) - 2);
      case 4:
      case 5: return Value::Real(Real());
      case 6: return Text(NumberText());
      case 7:
      case 8: return Text(PlainText());
      case 9: return Text(Json());
      case 10: return OneIn(3) ? Text(BrokenJson()) : Text(Json());
      default: return BlobValue();
    }
  }
  OwnedValue Text(const std::string& text) { return OwnedValue(Value::Text(text)); }
  OwnedValue BlobValue() {
    std::string bytes = OneIn(2) ? PlainText() : NumberText();
    if (OneIn(3)) bytes += static_cast<char>(Bits());
    return OwnedValue(Value::Blob(bytes));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace bulkhead::testing
