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
  char* end = value::FormatDecimal(text, v, value::ValueFormat);
  auto written = [&] { return std::string_view(text, static_cast<size_t>(end - text)); };
  if (value::ParseReal(written()) != v) {
    end = value::FormatDecimal(text, v, {.style = value::DecimalStyle::Exponent, .precision = 20, .exact = true});
  }
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
Value ZeroBlob(Context& context, Args args) {
  int64_t size = std::max<int64_t>(value::CastInteger(args[0]).is_null() ? 0 : value::CastInteger(args[0]).integer(), 0);
  char* out = context.Allocate(static_cast<size_t>(size));
  if (!out) return {};
  std::fill_n(out, size, '\0');
  return Value::Blob({out, static_cast<size_t>(size)});
}

// 32 hexadecimal digits with hyphens after the 8th, 12th, 16th and 20th.
Value UuidBlob(Context& context, Args args) {
  constexpr std::string_view NotOne = "uuid_blob takes a UUID such as '123e4567-e89b-12d3-a456-426614174000'";
  std::string_view text = Bytes(context, args[0]);
  if (args[0].type() != Type::Text || text.size() != 36) return context.Fail(NotOne);
  char* out = context.Allocate(16);
  if (!out) return {};
  for (size_t at = 0, byte = 0; at < text.size(); ++byte, at += 2) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at++] != '-') return context.Fail(NotOne);
    }
    int high = HexDigit(text[at]), low = HexDigit(text[at + 1]);
    if (high < 0 || low < 0) return context.Fail(NotOne);
    out[byte] = static_cast<char>(high << 4 | low);
  }
  return Value::Blob({out, 16});
}

constexpr Example ZeroBlobExamples[] = {{"zeroblob(2)", "X'0000'"}, {"zeroblob(-1)", "X''"}};
constexpr Example UuidBlobExamples[] = {{"uuid_blob('123e4567-E89B-12d3-a456-426614174000')", "X'123e4567e89b12d3a456426614174000'"},
                                        {"uuid_blob('x')", "error"}, {"uuid_blob(NULL)", "NULL"}};
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
    {.name = "zeroblob", .signature = "(integer) -> blob", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "So many zero bytes.", .examples = ZeroBlobExamples, .eval = ZeroBlob},
    {.name = "uuid_blob", .signature = "(text) -> blob", .args_min = 1, .args_max = 1,
     .doc = "The 16 bytes of a UUID in its usual spelling; anything else is an error.", .examples = UuidBlobExamples, .eval = UuidBlob},
    {.name = "octet_length", .signature = "(any) -> integer", .args_min = 1, .args_max = 1,
     .doc = "Bytes of text or a blob; of a number's text.", .examples = OctetLengthExamples,
     .eval = [](Context& context, Args args) {
       return Value::Integer(static_cast<int64_t>(Bytes(context, args[0]).size()));
     }},
};

}  // namespace

std::span<const Function> ByteFunctions() { return Table; }

}  // namespace bulkhead::functions
