// Text. Characters are code points; text functions take numbers as their text and blobs as their bytes.
#include <algorithm>
#include <cstring>

#include "runtime/value/utf8.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

Value Length(Context& context, Args args) {
  std::string_view bytes = Bytes(context, args[0]);
  size_t length = args[0].type() == Type::Text ? CountCharacters(UpToNul(bytes)) : bytes.size();
  return Value::Integer(static_cast<int64_t>(length));
}

template <char From, char To>
Value MapCase(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  char* out = context.Allocate(text.size());
  if (!out) return {};
  std::transform(text.begin(), text.end(), out, [](char c) {
    return c >= From && c <= From + 25 ? static_cast<char>(c + (To - From)) : c;
  });
  return Value::Text({out, text.size()});
}

// A 1-based start and a count, both of any sign, as a range of [0, length).
struct Range {
  int64_t start, count;
};
Range Clip(int64_t start, std::optional<int64_t> wanted, int64_t length) {
  constexpr int64_t Far = int64_t{1} << 40;  // Beyond every length, and sums of a few stay exact.
  start = std::clamp(start, -Far, Far);
  int64_t count = std::clamp(wanted.value_or(Far), -Far, Far);
  bool before = count < 0;
  if (before) count = -count;
  if (start < 0) {
    start += length;
    if (start < 0) {
      count = std::max<int64_t>(count + start, 0);
      start = 0;
    }
  } else if (start > 0) {
    --start;
  } else if (count > 0) {
    --count;
  }
  if (before) {
    start -= count;
    if (start < 0) {
      count += start;
      start = 0;
    }
  }
  return {start, count};
}

Value Substring(Context& context, Args args) {
  int64_t start = value::CastInteger(args[1]).integer();
  std::optional<int64_t> count;
  if (args.size() > 2) count = value::CastInteger(args[2]).integer();
  std::string_view bytes = Bytes(context, args[0]);
  if (args[0].type() == Type::Blob) {
    if (bytes.empty()) return {};
    Range range = Clip(start, count, static_cast<int64_t>(bytes.size()));
    bytes.remove_prefix(std::min(bytes.size(), static_cast<size_t>(range.start)));
    return Value::Blob(bytes.substr(0, static_cast<size_t>(range.count)));
  }
  bytes = UpToNul(bytes);
  Range range = Clip(start, count, start < 0 ? static_cast<int64_t>(CountCharacters(bytes)) : 0);
  bytes.remove_prefix(ByteOffset(bytes, static_cast<uint64_t>(range.start)));
  return Value::Text(bytes.substr(0, ByteOffset(bytes, static_cast<uint64_t>(range.count))));
}

// 1-based character position, 0 when absent; bytes when both are blobs.
Value Find(Context& context, Value text, Value wanted) {
  std::string_view haystack = Bytes(context, text), needle = Bytes(context, wanted);
  if (needle.empty()) return Value::Integer(1);
  if (text.type() == Type::Blob && wanted.type() == Type::Blob) {
    size_t at = FindBytes(haystack, needle);
    return Value::Integer(at == std::string_view::npos ? 0 : static_cast<int64_t>(at) + 1);
  }
  auto starts_character = [&](size_t i) { return i == 0 || (static_cast<uint8_t>(haystack[i]) & 0xc0) != 0x80; };
  size_t at = FindBytes(haystack, needle);
  while (at != std::string_view::npos && !starts_character(at)) at = FindBytes(haystack, needle, at + 1);
  if (at == std::string_view::npos) return Value::Integer(0);
  int64_t position = 1;
  for (size_t i = 1; i <= at; ++i) position += starts_character(i);
  return Value::Integer(position);
}

Value Replace(Context& context, Args args) {
  if (args[0].is_null() || args[1].is_null()) return {};
  std::string_view text = Bytes(context, args[0]), from = Bytes(context, args[1]), to = Bytes(context, args[2]);
  if (from.empty() || from[0] == '\0') return args[0].is_number() ? args[0] : Value::Text(text);
  if (args[2].is_null()) return {};
  size_t hits = 0;
  for (size_t at = 0; (at = FindBytes(text, from, at)) != std::string_view::npos; at += from.size()) ++hits;
  size_t size = text.size() - hits * from.size() + hits * to.size();
  char* out = context.Allocate(size);
  if (!out) return {};
  char* end = out;
  for (;;) {
    size_t at = std::min(FindBytes(text, from), text.size());
    end = std::copy_n(text.data(), at, end);
    if (at == text.size()) return Value::Text({out, size});
    end = std::copy(to.begin(), to.end(), end);
    text.remove_prefix(at + from.size());
  }
}

bool TrimStart(std::string_view& text, std::string_view set) {
  for (; !set.empty(); set.remove_prefix(CharacterBytes(set))) {
    std::string_view character = set.substr(0, CharacterBytes(set));
    if (!text.starts_with(character)) continue;
    text.remove_prefix(character.size());
    return true;
  }
  return false;
}
bool TrimEnd(std::string_view& text, std::string_view set) {
  for (; !set.empty(); set.remove_prefix(CharacterBytes(set))) {
    std::string_view character = set.substr(0, CharacterBytes(set));
    if (!text.ends_with(character)) continue;
    text.remove_suffix(character.size());
    return true;
  }
  return false;
}

template <bool Start, bool End>
Value Trim(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  std::string_view set = args.size() > 1 ? UpToNul(Bytes(context, args[1])) : " ";
  while (Start && context.Spend(set.size()) && TrimStart(text, set)) {
  }
  while (End && context.Spend(set.size()) && TrimEnd(text, set)) {
  }
  return Value::Text(text);
}

Value Char(Context& context, Args args) {
  char* out = context.Allocate(4 * args.size());
  if (!out) return {};
  char* end = out;
  for (Value arg : args) {
    int64_t c = arg.is_null() ? 0 : value::CastInteger(arg).integer();
    end = value::WriteUtf8(end, c < 0 || c > 0x10ffff ? 0xfffd : static_cast<uint32_t>(c));
  }
  return Value::Text({out, static_cast<size_t>(end - out)});
}

Value Unicode(Context& context, Args args) {
  std::string_view text = UpToNul(Bytes(context, args[0]));
  return text.empty() ? Value::Null() : Value::Integer(TakeCodePoint(text));
}

// The arguments that are not NULL, with the separator between them.
Value Join(Context& context, Args args, std::string_view separator) {
  size_t size = 0;
  for (Value arg : args) size += arg.is_bytes() ? arg.bytes().size() : value::NumberTextBytesMax;
  char* out = context.Allocate(size + separator.size() * args.size());
  if (!out) return {};
  char* end = out;
  bool any = false;
  for (Value arg : args) {
    if (arg.is_null()) continue;
    if (any) end = std::copy(separator.begin(), separator.end(), end);
    std::string_view text = Bytes(context, arg);
    end = std::copy(text.begin(), text.end(), end);
    any = true;
  }
  return Value::Text({out, static_cast<size_t>(end - out)});
}

Value SplitPart(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]), separator = Bytes(context, args[1]);
  int64_t wanted = value::CastInteger(args[2]).integer();
  if (wanted == 0) return context.Fail("split_part counts from 1");
  if (separator.empty()) return Value::Text(wanted == 1 || wanted == -1 ? text : "");
  if (wanted < 0) {
    int64_t parts = 1;
    for (size_t at = 0; (at = FindBytes(text, separator, at)) != std::string_view::npos; at += separator.size()) ++parts;
    if (wanted < -parts) return Value::Text("");
    wanted += parts + 1;
  }
  for (;;) {
    size_t at = FindBytes(text, separator);
    if (--wanted == 0) return Value::Text(text.substr(0, at));
    if (at == std::string_view::npos) return Value::Text("");
    text.remove_prefix(at + separator.size());
  }
}

// The first `count` characters; a negative count leaves out so many at the end.
Value Left(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  int64_t count = value::CastInteger(args[1]).integer();
  if (count < 0) count = std::max<int64_t>(static_cast<int64_t>(CountCharacters(text)) + count, 0);
  return Value::Text(text.substr(0, ByteOffset(text, static_cast<uint64_t>(count))));
}
Value Right(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]);
  int64_t count = value::CastInteger(args[1]).integer();
  int64_t length = static_cast<int64_t>(CountCharacters(text));
  int64_t skip = count < 0 ? (count <= -length ? length : -count) : std::max<int64_t>(length - count, 0);
  return Value::Text(text.substr(ByteOffset(text, static_cast<uint64_t>(skip))));
}

template <bool AtStart>
Value Pad(Context& context, Args args) {
  std::string_view text = Bytes(context, args[0]), fill = args.size() > 2 ? Bytes(context, args[2]) : " ";
  int64_t wanted = std::max<int64_t>(value::CastInteger(args[1]).integer(), 0);
  int64_t length = static_cast<int64_t>(CountCharacters(text));
  if (wanted <= length || fill.empty()) {
    return Value::Text(text.substr(0, ByteOffset(text, static_cast<uint64_t>(std::min(wanted, length)))));
  }
  uint64_t missing = static_cast<uint64_t>(wanted - length);
  uint64_t fill_characters = CountCharacters(fill);
  uint64_t whole = missing / fill_characters;
  if (whole > limits::ValueBytesMax) return context.Fail("a value is too large");
  std::string_view part = fill.substr(0, ByteOffset(fill, missing % fill_characters));
  char* out = context.Allocate(text.size() + whole * fill.size() + part.size());
  if (!out) return {};
  char* end = out;
  if (!AtStart) end = std::copy(text.begin(), text.end(), end);
  for (uint64_t i = 0; i < whole; ++i) end = std::copy(fill.begin(), fill.end(), end);
  end = std::copy(part.begin(), part.end(), end);
  if (AtStart) end = std::copy(text.begin(), text.end(), end);
  return Value::Text({out, static_cast<size_t>(end - out)});
}

constexpr Example LengthExamples[] = {{"length('héllo')", "5"}, {"length(X'0001')", "2"}, {"length(12.5)", "4"}, {"length(NULL)", "NULL"}};
constexpr Example LowerExamples[] = {{"lower('AbC')", "'abc'"}, {"lower('É')", "'É'"}, {"lower('')", "''"}, {"lower(NULL)", "NULL"}};
constexpr Example UpperExamples[] = {{"upper('AbC')", "'ABC'"}, {"upper('é')", "'é'"}, {"upper(1.5)", "'1.5'"}};
constexpr Example SubstrExamples[] = {{"substr('hello', 2, 3)", "'ell'"}, {"substr('hello', -2)", "'lo'"}, {"substr('hello', 3, -2)", "'he'"},
                                      {"substr('hello', 0, 3)", "'he'"}, {"substr(X'010203', 2)", "X'0203'"}};
constexpr Example InstrExamples[] = {{"instr('héllo', 'l')", "3"}, {"instr('abc', 'x')", "0"}, {"instr('abc', '')", "1"}};
constexpr Example PositionExamples[] = {{"position('l', 'héllo')", "3"}};
constexpr Example ReplaceExamples[] = {{"replace('aXbX', 'X', '--')", "'a--b--'"}, {"replace('abc', '', 'x')", "'abc'"}};
constexpr Example TrimExamples[] = {{"trim('  a ')", "'a'"}, {"trim('xyaxy', 'yx')", "'a'"}};
constexpr Example LtrimExamples[] = {{"ltrim('  a ')", "'a '"}, {"ltrim('xyaxy', 'yx')", "'axy'"}};
constexpr Example RtrimExamples[] = {{"rtrim('  a ')", "'  a'"}, {"rtrim('xyaxy', 'yx')", "'xya'"}};
constexpr Example CharExamples[] = {{"char(72, 105)", "'Hi'"}, {"char(233)", "'é'"}, {"char()", "''"}};
constexpr Example UnicodeExamples[] = {{"unicode('é')", "233"}, {"unicode('')", "NULL"}};
constexpr Example ConcatExamples[] = {{"concat('a', 1, NULL, 2.5)", "'a12.5'"}, {"concat(NULL)", "''"}};
constexpr Example ConcatWsExamples[] = {{"concat_ws('-', 'a', NULL, 'b')", "'a-b'"}, {"concat_ws('-', '', 'b')", "'-b'"}, {"concat_ws(NULL, 'a')", "NULL"}};
constexpr Example StartsWithExamples[] = {{"starts_with('hello', 'he')", "1"}, {"starts_with('hello', 'He')", "0"}, {"starts_with('a', '')", "1"}};
constexpr Example SplitPartExamples[] = {{"split_part('a,b,c', ',', 2)", "'b'"}, {"split_part('a,b,c', ',', -1)", "'c'"},
                                         {"split_part('a', ',', 2)", "''"}, {"split_part('a', ',', 0)", "error"}};
constexpr Example LeftExamples[] = {{"left('héllo', 2)", "'hé'"}, {"left('hello', -2)", "'hel'"}, {"left('a', 5)", "'a'"}};
constexpr Example RightExamples[] = {{"right('héllo', 4)", "'éllo'"}, {"right('hello', -2)", "'llo'"}, {"right('a', -5)", "''"}};
constexpr Example LpadExamples[] = {{"lpad('7', 3, '0')", "'007'"}, {"lpad('a', 3)", "'  a'"}, {"lpad('abcd', 2)", "'ab'"}};
constexpr Example RpadExamples[] = {{"rpad('a', 4, 'xy')", "'axyx'"}, {"rpad('abcd', 2)", "'ab'"}};

constexpr Function Table[] = {
    {.name = "length", .signature = "(any) -> integer", .args_min = 1, .args_max = 1,
     .doc = "Characters of text (up to an embedded NUL), bytes of a blob, characters of a number's text.",
     .examples = LengthExamples, .eval = Length},
    {.name = "lower", .signature = "(text) -> text", .args_min = 1, .args_max = 1,
     .doc = "ASCII lower case. Other characters are unchanged.", .examples = LowerExamples, .eval = MapCase<'A', 'a'>},
    {.name = "upper", .signature = "(text) -> text", .args_min = 1, .args_max = 1,
     .doc = "ASCII upper case. Other characters are unchanged.", .examples = UpperExamples, .eval = MapCase<'a', 'A'>},
    {.name = "substr", .signature = "(text, integer [, integer]) -> text", .args_min = 2, .args_max = 3,
     .doc = "From the 1-based start, so many characters. A negative start counts from the end; a negative count takes the "
            "characters before the start; start 0 is before the first character. Bytes for blobs.",
     .examples = SubstrExamples, .eval = Substring},
    {.name = "substring", .signature = "(text, integer [, integer]) -> text", .args_min = 2, .args_max = 3,
     .doc = "As substr.", .examples = SubstrExamples, .eval = Substring},
    {.name = "instr", .signature = "(text, text) -> integer", .args_min = 2, .args_max = 2,
     .doc = "1-based position of the second argument in the first, 0 when absent. Bytes when both are blobs.",
     .examples = InstrExamples, .eval = [](Context& context, Args args) { return Find(context, args[0], args[1]); }},
    {.name = "position", .signature = "(text, text) -> integer", .args_min = 2, .args_max = 2,
     .doc = "1-based position of the first argument in the second, 0 when absent.", .examples = PositionExamples,
     .eval = [](Context& context, Args args) { return Find(context, args[1], args[0]); }},
    {.name = "replace", .signature = "(text, text, text) -> text", .args_min = 3, .args_max = 3, .nulls = NullRule::SeesNulls,
     .doc = "Every occurrence of the second argument becomes the third. An empty second argument changes nothing.",
     .examples = ReplaceExamples, .eval = Replace},
    {.name = "trim", .signature = "(text [, text]) -> text", .args_min = 1, .args_max = 2,
     .doc = "Without the spaces, or the given characters, at both ends.", .examples = TrimExamples, .eval = Trim<true, true>},
    {.name = "ltrim", .signature = "(text [, text]) -> text", .args_min = 1, .args_max = 2,
     .doc = "Without the spaces, or the given characters, at the start.", .examples = LtrimExamples, .eval = Trim<true, false>},
    {.name = "rtrim", .signature = "(text [, text]) -> text", .args_min = 1, .args_max = 2,
     .doc = "Without the spaces, or the given characters, at the end.", .examples = RtrimExamples, .eval = Trim<false, true>},
    {.name = "char", .signature = "(integer, …) -> text", .args_min = 0, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The characters with these code points; U+FFFD for what is none.", .examples = CharExamples, .eval = Char},
    {.name = "unicode", .signature = "(text) -> integer", .args_min = 1, .args_max = 1,
     .doc = "Code point of the first character; NULL for empty text.", .examples = UnicodeExamples, .eval = Unicode},
    {.name = "concat", .signature = "(any, …) -> text", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The texts joined; NULL counts as empty.", .examples = ConcatExamples,
     .eval = [](Context& context, Args args) { return Join(context, args, ""); }},
    {.name = "concat_ws", .signature = "(text, any, …) -> text", .args_min = 2, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "The texts that are not NULL, joined with the first argument between them.", .examples = ConcatWsExamples,
     .eval = [](Context& context, Args args) {
       return args[0].is_null() ? Value() : Join(context, args.subspan(1), Bytes(context, args[0]));
     }},
    {.name = "starts_with", .signature = "(text, text) -> integer", .args_min = 2, .args_max = 2,
     .doc = "1 if the first argument starts with the second, case and all.", .examples = StartsWithExamples,
     .eval = [](Context& context, Args args) {
       return Value::Bool(Bytes(context, args[0]).starts_with(Bytes(context, args[1])));
     }},
    {.name = "split_part", .signature = "(text, text, integer) -> text", .args_min = 3, .args_max = 3,
     .doc = "The n-th part between separators; negative n counts from the end; empty when there are fewer.",
     .examples = SplitPartExamples, .eval = SplitPart},
    {.name = "left", .signature = "(text, integer) -> text", .args_min = 2, .args_max = 2,
     .doc = "The first n characters; negative n leaves out so many at the end.", .examples = LeftExamples, .eval = Left},
    {.name = "right", .signature = "(text, integer) -> text", .args_min = 2, .args_max = 2,
     .doc = "The last n characters; negative n leaves out so many at the start.", .examples = RightExamples, .eval = Right},
    {.name = "lpad", .signature = "(text, integer [, text]) -> text", .args_min = 2, .args_max = 3,
     .doc = "Filled at the start to n characters with spaces or the given text; cut when longer.",
     .examples = LpadExamples, .eval = Pad<true>},
    {.name = "rpad", .signature = "(text, integer [, text]) -> text", .args_min = 2, .args_max = 3,
     .doc = "Filled at the end to n characters with spaces or the given text; cut when longer.",
     .examples = RpadExamples, .eval = Pad<false>},
};

}  // namespace

std::span<const Function> TextFunctions() { return Table; }

}  // namespace bulkhead::functions
