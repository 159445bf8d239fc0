// PostgreSQL's spellings for text and bytes, and the text functions of SQLite that few use.
#include <algorithm>

#include "runtime/value/utf8.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<uint8_t>(c) >= 0x80;
}
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

Value CharLength(Context& context, Args args) {
  return Value::Integer(static_cast<int64_t>(CountCharacters(Bytes(context, args[0]))));
}

Value Ascii(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  return Value::Integer(text.empty() ? 0 : TakeCodePoint(text));
}

Value Chr(Context& context, Args args) {
  int64_t c = value::CastInteger(args[0]).integer();
  if (c < 1 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return context.Fail("chr takes a code point other than 0");
  char bytes[4];
  return context.CopyText({bytes, static_cast<size_t>(value::WriteUtf8(bytes, static_cast<uint32_t>(c)) - bytes)});
}

Value Repeat(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  uint64_t times = static_cast<uint64_t>(std::max<int64_t>(value::CastInteger(args[1]).integer(), 0));
  if (text.empty() || times == 0) return Value::Text("");
  if (times > limits::ValueBytesMax) return context.Fail("a value is too large");
  char* out = context.Allocate(text.size() * times);
  if (!out) return {};
  char* end = out;
  for (; times > 0; --times) end = std::copy(text.begin(), text.end(), end);
  return Value::Text({out, static_cast<size_t>(end - out)});
}

Value Reverse(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  char* out = context.Allocate(text.size());
  if (!out) return {};
  size_t size = text.size();
  for (char* end = out + size; !text.empty();) {
    size_t bytes = CharacterBytes(text);
    end -= bytes;
    std::copy_n(text.data(), bytes, end);
    text.remove_prefix(bytes);
  }
  return Value::Text({out, size});
}

Value InitCap(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  char* out = context.Allocate(text.size());
  if (!out) return {};
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    out[i] = inside ? Lower(text[i]) : Upper(text[i]);
    inside = IsLetterOrDigit(text[i]);
  }
  return Value::Text({out, text.size()});
}

// Characters of `from` become those at the same place in `to`, or go.
Value Translate(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]), from = Bytes(context, args[1]), to = Bytes(context, args[2]);
  size_t most = text.size() * 4;
  char* out = context.Allocate(most);
  if (!out) return {};
  char* end = out;
  while (!text.empty()) {
    if (!context.Spend(1 + from.size() + to.size())) return {};
    std::string_view character = text.substr(0, CharacterBytes(text)), left = from, right = to;
    text.remove_prefix(character.size());
    while (!left.empty() && left.substr(0, CharacterBytes(left)) != character) {
      left.remove_prefix(CharacterBytes(left));
      if (!right.empty()) right.remove_prefix(CharacterBytes(right));
    }
    if (!left.empty()) character = right.empty() ? right : right.substr(0, std::min<size_t>(CharacterBytes(right), 4));
    end = std::copy(character.begin(), character.end(), end);
  }
  return Value::Text({out, static_cast<size_t>(end - out)});
}

Value Overlay(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]), with = Bytes(context, args[1]);
  int64_t start = value::CastInteger(args[2]).integer();
  int64_t count = args.size() > 3 ? value::CastInteger(args[3]).integer() : static_cast<int64_t>(CountCharacters(with));
  if (start < 1) return context.Fail("overlay counts from 1");
  size_t before = ByteOffset(text, static_cast<uint64_t>(start - 1));
  size_t after = count < 0 ? before : before + ByteOffset(text.substr(before), static_cast<uint64_t>(count));
  char* out = context.Allocate(before + with.size() + text.size() - after);
  if (!out) return {};
  char* end = std::copy_n(text.data(), before, out);
  end = std::copy(with.begin(), with.end(), end);
  end = std::copy(text.begin() + static_cast<long>(after), text.end(), end);
  return Value::Text({out, static_cast<size_t>(end - out)});
}

Value ToHex(Context& context, Args args) {
  uint64_t number = static_cast<uint64_t>(value::CastInteger(args[0]).integer());
  char text[16];
  char* at = text + sizeof text;
  do {
    *--at = "0123456789abcdef"[number & 15];
    number >>= 4;
  } while (number != 0);
  return context.CopyText({at, static_cast<size_t>(text + sizeof text - at)});
}

// b f p v: 1, c g j k q s x z: 2, d t: 3, l: 4, m n: 5, r: 6; from `a` on.
int SoundOf(char c) {
  constexpr std::string_view Codes = "01230120022455012623010202";
  c = Lower(static_cast<char>(c & 0x7f));
  return c >= 'a' && c <= 'z' ? Codes[static_cast<size_t>(c - 'a')] - '0' : 0;
}

Value Soundex(Context& context, Args args) {
  std::string_view text = UpToNul(Bytes(context, args[0]));
  auto letter = [](char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; };
  size_t at = static_cast<size_t>(std::find_if(text.begin(), text.end(), letter) - text.begin());
  if (at == text.size()) return Value::Text("?000");
  char code[] = {Upper(text[at]), '0', '0', '0'};
  int previous = SoundOf(text[at]);
  for (size_t written = 1; written < sizeof code && at < text.size(); ++at) {
    int sound = SoundOf(text[at]);
    if (sound > 0 && sound != previous) code[written++] = static_cast<char>('0' + sound);
    previous = sound;
  }
  return context.CopyText({code, sizeof code});
}

// `\XXXX`, `\uXXXX`, `\+XXXXXX`, `\UXXXXXXXX` and `\\`.
Value Unistr(Context& context, Args args) {
  constexpr std::string_view Bad = "a backslash in unistr is followed by another, or by 4, u 4, + 6 or U 8 hexadecimal digits";
  std::string_view text = UpToNul(Bytes(context, args[0]));
  char* out = context.Allocate(text.size());
  if (!out) return {};
  char* end = out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || (i + 1 < text.size() && text[i + 1] == '\\')) {
      i += text[i] == '\\';
      *end++ = text[i++];
      continue;
    }
    char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    size_t digits = kind == 'U' ? 8 : kind == '+' ? 6 : 4;
    i += kind == 'U' || kind == '+' || kind == 'u' ? 2 : 1;
    uint32_t c = 0;
    for (; digits > 0; --digits, ++i) {
      char digit = i < text.size() ? Lower(text[i]) : '\0';
      bool decimal = digit >= '0' && digit <= '9';
      if (!decimal && (digit < 'a' || digit > 'f')) return context.Fail(Bad);
      c = c << 4 | static_cast<uint32_t>(decimal ? digit - '0' : digit - 'a' + 10);
    }
    if (c > 0x10ffff) return context.Fail(Bad);
    end = value::WriteUtf8(end, c);
  }
  return Value::Text({out, static_cast<size_t>(end - out)});
}

// What encode and decode do is hex, unhex and base64.
Value Encode(Context& context, Args args) {
  std::string_view how = Bytes(context, args[1]);
  if (how != "hex" && how != "base64") return context.Fail("encode knows 'hex' and 'base64'");
  const Function* function = Find(how, 1);
  Value text = function->eval(context, args.subspan(0, 1));
  if (how == "base64" || text.is_null()) return text;
  return Find("lower", 1)->eval(context, {&text, 1});
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

Value DecodeBase64(Context& context, std::string_view text) {
  char* out = context.Allocate(text.size());
  if (!out) return {};
  char* end = out;
  uint32_t group = 0;
  size_t digits = 0, padding = 0;
  for (char c : text) {
    if (c == '\n' || c == '\r' || c == ' ') continue;
    int digit = Base64Digit(c);
    if (c == '=') ++padding, digit = 0;
    else if (digit < 0 || padding > 0) return context.Fail("not base64");
    group = group << 6 | static_cast<uint32_t>(digit);
    if (++digits % 4 != 0) continue;
    for (int shift = 16; shift >= 0; shift -= 8) *end++ = static_cast<char>(group >> shift);
    group = 0;
  }
  if (digits % 4 != 0 || padding > 2) return context.Fail("not base64");
  return Value::Blob({out, static_cast<size_t>(end - out) - padding});
}

Value Decode(Context& context, Args args) {
  std::string_view how = Bytes(context, args[1]);
  if (how == "base64") return DecodeBase64(context, Bytes(context, args[0]));
  if (how != "hex") return context.Fail("decode knows 'hex' and 'base64'");
  Value blob = Find("unhex", 1)->eval(context, args.subspan(0, 1));
  return blob.is_null() ? context.Fail("not hexadecimal") : blob;
}

template <size_t N>
constexpr Function Row(std::string_view name, std::string_view signature, uint16_t least, uint16_t most, std::string_view doc,
                       const Example (&examples)[N], Value (*eval)(Context&, Args)) {
  return {.name = name, .signature = signature, .args_min = least, .args_max = most, .doc = doc, .examples = examples, .eval = eval};
}

constexpr Example AsciiExamples[] = {{"ascii('a')", "97"}, {"ascii('é')", "233"}, {"ascii('')", "0"}};
constexpr Example BitLengthExamples[] = {{"bit_length('é')", "16"}};
constexpr Example BtrimExamples[] = {{"btrim('  a ')", "'a'"}, {"btrim('xyaxy', 'yx')", "'a'"}};
constexpr Example CharLengthExamples[] = {{"char_length('héllo')", "5"}, {"char_length('')", "0"}};
constexpr Example CharacterLengthExamples[] = {{"character_length('héllo')", "5"}};
constexpr Example ChrExamples[] = {{"chr(233)", "'é'"}, {"chr(0)", "error"}};
constexpr Example DecodeExamples[] = {{"decode('00ff', 'hex')", "X'00ff'"}, {"decode('YQ==', 'base64')", "X'61'"}, {"decode('x', 'hex')", "error"}};
constexpr Example EncodeExamples[] = {{"encode(X'00ff', 'hex')", "'00ff'"}, {"encode('a', 'base64')", "'YQ=='"}, {"encode('a', 'x')", "error"}};
constexpr Example InitcapExamples[] = {{"initcap('hELLO big-world')", "'Hello Big-World'"}};
constexpr Example OverlayExamples[] = {{"overlay('Txxxxas', 'hom', 2, 4)", "'Thomas'"}, {"overlay('abcd', 'X', 2)", "'aXcd'"}};
constexpr Example QuoteLiteralExamples[] = {{"quote_literal('it''s')", "'''it''''s'''"}};
constexpr Example RepeatExamples[] = {{"repeat('ab', 3)", "'ababab'"}, {"repeat('a', -1)", "''"}};
constexpr Example ReverseExamples[] = {{"reverse('abç')", "'çba'"}};
constexpr Example SoundexExamples[] = {{"soundex('Robert')", "'R163'"}, {"soundex('')", "'?000'"}};
constexpr Example StrposExamples[] = {{"strpos('héllo', 'l')", "3"}, {"strpos('a', 'x')", "0"}};
constexpr Example ToHexExamples[] = {{"to_hex(255)", "'ff'"}};
constexpr Example TranslateExamples[] = {{"translate('12345', '143', 'ax')", "'a2x5'"}};
constexpr Example UnistrExamples[] = {{"unistr('\\00e9\\\\\\+01F600')", "'é\\😀'"}, {"unistr('\\x')", "error"}};

constexpr Function Table[] = {
    Row("ascii", "(text) -> integer", 1, 1, "Code point of the first character; 0 for empty text.", AsciiExamples, Ascii),
    Row("bit_length", "(text) -> integer", 1, 1, "Eight times octet_length.", BitLengthExamples,
        [](Context& context, Args args) { return Value::Integer(8 * static_cast<int64_t>(Bytes(context, args[0]).size())); }),
    Row("btrim", "(text [, text]) -> text", 1, 2, "As trim.", BtrimExamples,
        [](Context& context, Args args) { return Find("trim", args.size())->eval(context, args); }),
    Row("char_length", "(text) -> integer", 1, 1, "Characters of the text.", CharLengthExamples, CharLength),
    Row("character_length", "(text) -> integer", 1, 1, "Characters of the text.", CharacterLengthExamples, CharLength),
    Row("chr", "(integer) -> text", 1, 1, "The character with this code point.", ChrExamples, Chr),
    Row("decode", "(text, text) -> blob", 2, 2, "The bytes spelt in 'hex' or 'base64'.", DecodeExamples, Decode),
    Row("encode", "(any, text) -> text", 2, 2, "The bytes in 'hex' or 'base64'.", EncodeExamples, Encode),
    Row("initcap", "(text) -> text", 1, 1, "Each word with an upper-case first letter and lower-case others (ASCII letters).", InitcapExamples, InitCap),
    Row("overlay", "(text, text, integer [, integer]) -> text", 3, 4,
        "The text with characters from a 1-based start replaced; so many as the fourth argument says, else as many as come.", OverlayExamples, Overlay),
    {.name = "quote_literal", .signature = "(any) -> text", .args_min = 1, .args_max = 1, .doc = "The value as a SQL literal; NULL for NULL.",
     .examples = QuoteLiteralExamples, .eval = [](Context& context, Args args) { return Find("quote", 1)->eval(context, args); }},
    Row("repeat", "(text, integer) -> text", 2, 2, "The text so many times.", RepeatExamples, Repeat),
    Row("reverse", "(text) -> text", 1, 1, "The characters backwards.", ReverseExamples, Reverse),
    {.name = "soundex", .signature = "(text) -> text", .args_min = 1, .args_max = 1, .nulls = NullRule::SeesNulls,
     .doc = "A letter and three digits that are equal for English words that sound alike; '?000' without letters.", .examples = SoundexExamples,
     .eval = Soundex},
    Row("strpos", "(text, text) -> integer", 2, 2, "As instr.", StrposExamples,
        [](Context& context, Args args) { return Find("instr", 2)->eval(context, args); }),
    Row("to_hex", "(integer) -> text", 1, 1, "Lower-case hexadecimal of a 64-bit integer.", ToHexExamples, ToHex),
    Row("translate", "(text, text, text) -> text", 3, 3,
        "Characters that are in the second argument become those at the same place in the third, or go.", TranslateExamples, Translate),
    Row("unistr", "(text) -> text", 1, 1, "The text with \\XXXX, \\uXXXX, \\+XXXXXX and \\UXXXXXXXX as characters.", UnistrExamples, Unistr),
};

}  // namespace

std::span<const Function> PostgresTextFunctions() { return Table; }

}  // namespace bulkhead::functions
