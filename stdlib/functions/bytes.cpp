// Bytes and how they are spelt.
#include <algorithm>
#include <cstring>

#include "runtime/value/decimal.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

char* WriteHexUpper(char* out, std::string_view bytes) {
  static constexpr char Digits[] = "0123456789ABCDEF";
  for (char c : bytes) {
    *out++ = Digits[static_cast<uint8_t>(c) >> 4];
    *out++ = Digits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Value Hex(Context& context, Args args) {
  std::string_view bytes = Bytes(context, args[0]);
  char* out = context.Allocate(2 * bytes.size());
  if (!out) return {};
  WriteHexUpper(out, bytes);
  return Value::Text({out, 2 * bytes.size()});
}

// Takes a character off the text if it is one of the ignored.
bool SkipIgnored(std::string_view& text, std::string_view ignored) {
  std::string_view character = text.substr(0, CharacterBytes(text));
  for (; !ignored.empty(); ignored.remove_prefix(CharacterBytes(ignored))) {
    if (ignored.substr(0, CharacterBytes(ignored)) != character) continue;
    text.remove_prefix(character.size());
    return true;
  }
  return false;
}

Value Unhex(Context& context, Args args) {
  std::string_view text = UpToNul(Bytes(context, args[0]));
  std::string_view ignored = args.size() > 1 ? UpToNul(Bytes(context, args[1])) : "";
  char* out = context.Allocate(text.size() / 2);
  if (!out) return {};
  char* end = out;
  while (!text.empty()) {
    int high = HexDigit(text[0]);
    if (high < 0) {
      if (!context.Spend(1 + ignored.size()) || !SkipIgnored(text, ignored)) return {};
      continue;
    }
    int low = text.size() > 1 ? HexDigit(text[1]) : -1;
    if (low < 0) return {};
    *end++ = static_cast<char>(high << 4 | low);
    text.remove_prefix(2);
  }
  return Value::Blob({out, static_cast<size_t>(end - out)});
}

Value QuoteText(Context& context, std::string_view text) {
  text = UpToNul(text);
  size_t quotes = static_cast<size_t>(std::count(text.begin(), text.end(), '\''));
  char* out = context.Allocate(text.size() + quotes + 2);
  if (!out) return {};
  char* end = out;
  *end++ = '\'';
  for (char c : text) {
    if (c == '\'') *end++ = c;
    *end++ = c;
  }
  *end++ = '\'';
  return Value::Text({out, static_cast<size_t>(end - out)});
}

Value QuoteReal(Context& context, double v) {
  char text[value::DecimalBytesMax];
  char* end = value::FormatDecimal(text, v, value::DecimalStyle::General, 15);
  auto written = [&] { return std::string_view(text, static_cast<size_t>(end - text)); };
  if (value::ParseReal(written()) != v) end = value::FormatDecimal(text, v, value::DecimalStyle::Exponent, 20);
  return context.CopyText(written());
}

Value Quote(Context& context, Args args) {
  Value v = args[0];
  switch (v.type()) {
    case Type::Null: return Value::Text("NULL");
    case Type::Integer: return Value::Text(Bytes(context, v));
    case Type::Real: return QuoteReal(context, v.real());
    case Type::Text: return QuoteText(context, v.bytes());
    case Type::Blob: break;
  }
  char* out = context.Allocate(2 * v.bytes().size() + 3);
  if (!out) return {};
  out[0] = 'X', out[1] = '\'';
  *WriteHexUpper(out + 2, v.bytes()) = '\'';
  return Value::Text({out, 2 * v.bytes().size() + 3});
}

Value Base64(Context& context, Args args) {
  static constexpr char Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string_view bytes = Bytes(context, args[0]);
  size_t size = (bytes.size() + 2) / 3 * 4;
  char* out = context.Allocate(size);
  if (!out) return {};
  auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) : 0; };
  for (size_t i = 0, o = 0; i < bytes.size(); i += 3, o += 4) {
    uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out[o] = Digits[group >> 18];
    out[o + 1] = Digits[group >> 12 & 63];
    out[o + 2] = i + 1 < bytes.size() ? Digits[group >> 6 & 63] : '=';
    out[o + 3] = i + 2 < bytes.size() ? Digits[group & 63] : '=';
  }
  return Value::Text({out, size});
}

constexpr Example HexExamples[] = {{"hex('abc')", "'616263'"}, {"hex(X'00ff')", "'00FF'"}, {"hex(12)", "'3132'"}, {"hex(NULL)", "''"}};
constexpr Example UnhexExamples[] = {{"unhex('00Ff')", "X'00ff'"}, {"unhex('0')", "NULL"}, {"unhex('00-ff', '-')", "X'00ff'"},
                                     {"unhex('00-ff')", "NULL"}};
constexpr Example QuoteExamples[] = {{"quote('it''s')", "'''it''''s'''"}, {"quote(X'00ff')", "'X''00FF'''"}, {"quote(NULL)", "'NULL'"},
                                     {"quote(1.5)", "'1.5'"}};
constexpr Example Base64Examples[] = {{"base64('hé')", "'aMOp'"}, {"base64('a')", "'YQ=='"}, {"base64(X'00')", "'AA=='"}, {"base64(NULL)", "''"}};
constexpr Example OctetLengthExamples[] = {{"octet_length('é')", "2"}, {"octet_length(X'0001')", "2"}, {"octet_length(12.5)", "4"}};

constexpr Function Table[] = {
    {.name = "hex", .signature = "(any) -> text", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "The bytes in upper-case hexadecimal; numbers by their text, empty for NULL.", .examples = HexExamples, .eval = Hex},
    {.name = "unhex", .signature = "(text [, text]) -> blob", .args_min = 1, .args_max = 2,
     .doc = "The blob spelt in hexadecimal; NULL for other text. Characters of the second argument may stand between bytes.",
     .examples = UnhexExamples, .eval = Unhex},
    {.name = "quote", .signature = "(any) -> text", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "The value as a SQL literal.", .examples = QuoteExamples, .eval = Quote},
    {.name = "base64", .signature = "(any) -> text", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "The bytes in base64 with padding, without line breaks; numbers by their text, empty for NULL.",
     .examples = Base64Examples, .eval = Base64},
    {.name = "octet_length", .signature = "(any) -> integer", .args_min = 1, .args_max = 1,
     .doc = "Bytes of text or a blob; of a number's text.", .examples = OctetLengthExamples,
     .eval = [](Context& context, Args args) {
       return Value::Integer(static_cast<int64_t>(Bytes(context, args[0]).size()));
     }},
};

}  // namespace

std::span<const Function> ByteFunctions() { return Table; }

}  // namespace bulkhead::functions
