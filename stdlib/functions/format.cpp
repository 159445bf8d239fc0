// printf as SQLite has it: its own conversions and flags, missing arguments are zero or NULL.
#include <algorithm>
#include <limits>

#include "runtime/value/decimal.h"
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

// One `%…` of a format.
struct Conversion {
  bool left = false, zeros = false, alternate = false, exact = false, thousands = false;
  char sign = 0;       // What a number that is not negative gets: '+', ' ' or nothing.
  int width = 0;
  int precision = -1;  // -1: not given.
  char letter = 0;
};

class Formatter {
 public:
  Formatter(Context& context, Args args) : context_(context), args_(args), out_(context.Scratch()) {}

  Value Run(std::string_view format) {
    rest_ = format;
    for (;;) {
      size_t plain = std::min(rest_.find('%'), rest_.size());
      out_.Raw(rest_.substr(0, plain));
      written_ = written_ || plain > 0;
      rest_.remove_prefix(plain);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      if (rest_.empty()) {
        out_.Raw('%');
        written_ = true;
        break;
      }
      if (!Convert(ReadConversion()) || context_.failed()) break;
    }
    // SQLite gives NULL where nothing was ever written, not even nothing.
    return context_.failed() || !written_ ? Value() : context_.CopyText(out_.view());
  }

 private:
  char Byte() const { return rest_.empty() ? '\0' : rest_[0]; }
  char Take() {
    char c = Byte();
    if (c) rest_.remove_prefix(1);
    return c;
  }
  Value NextArgument() { return next_ < args_.size() ? args_[next_++] : Value(); }
  int64_t NextInteger() {
    Value v = value::CastInteger(NextArgument());
    return v.is_null() ? 0 : v.integer();
  }
  double NextReal() {
    Value v = value::CastReal(NextArgument());
    return v.is_null() ? 0 : v.real();
  }

  // Digits modulo 2^32, without the sign bit.
  int ReadNumber() {
    uint32_t number = 0;
    while (Byte() >= '0' && Byte() <= '9') number = number * 10 + static_cast<uint32_t>(Take() - '0');
    return static_cast<int>(number & 0x7fffffff);
  }
  bool ReadFlag(Conversion& conversion) {
    switch (Byte()) {
      case '-': conversion.left = true; break;
      case '+':
      case ' ': conversion.sign = Byte(); break;
      case '#': conversion.alternate = true; break;
      case '!': conversion.exact = true; break;
      case '0': conversion.zeros = true; break;
      case ',': conversion.thousands = true; break;
      default: return false;
    }
    Take();
    return true;
  }
  Conversion ReadConversion();
  bool Convert(const Conversion& conversion);
  bool ConvertInteger(const Conversion& conversion);
  void ConvertReal(const Conversion& conversion);
  void ConvertCharacter(Conversion conversion);
  void ConvertText(Conversion conversion);
  void ConvertQuoted(Conversion conversion);
  // Text that counts its width in characters when asked to.
  void PutText(Conversion conversion, std::string_view text);
  // With spaces up to the width.
  void Put(const Conversion& conversion, std::string_view text);
  void Repeat(std::string_view text, int64_t times);
  // Room for so many bytes of a number, or null after failing.
  char* Room(int64_t bytes) {
    return context_.Allocate(static_cast<size_t>(bytes));
  }

  Context& context_;
  Args args_;
  value::JsonWriter& out_;
  std::string_view rest_;
  size_t next_ = 0;
  bool written_ = false;
};

// Flags, width, precision, length and letter. As in SQLite the order of the first three does not matter, but nothing but
// the letter comes after a width, precision or length, except a point or an `l`.
Conversion Formatter::ReadConversion() {
  Conversion conversion;
  for (;;) {
    if (ReadFlag(conversion)) continue;
    if (Byte() >= '1' && Byte() <= '9') {
      conversion.width = ReadNumber();
      if (Byte() == '.' || Byte() == 'l') continue;
    } else if (Byte() == '*') {
      Take();
      conversion.width = static_cast<int>(NextInteger());
      if (conversion.width < 0) {
        conversion.left = true;
        conversion.width = conversion.width == std::numeric_limits<int>::min() ? 0 : -conversion.width;
      }
      if (Byte() == '.' || Byte() == 'l') continue;
    } else if (Byte() == '.') {
      Take();
      if (Byte() == '*') {
        Take();
        int precision = static_cast<int>(NextInteger());
        conversion.precision = precision == std::numeric_limits<int>::min() ? -1 : std::abs(precision);
      } else {
        conversion.precision = ReadNumber();
      }
      if (Byte() == 'l') continue;
    } else if (Byte() == 'l') {
      Take();
      if (Byte() == 'l') Take();
    }
    conversion.letter = Take();
    return conversion;
  }
}

// False ends the output: there is no such conversion.
bool Formatter::Convert(const Conversion& conversion) {
  switch (conversion.letter) {
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': case 'p': case 'r': return ConvertInteger(conversion);
    case 'f': case 'e': case 'E': case 'g': case 'G': ConvertReal(conversion); return true;
    case 'c': ConvertCharacter(conversion); return true;
    case 's': case 'z': ConvertText(conversion); return true;
    case 'q': case 'Q': case 'w': ConvertQuoted(conversion); return true;
    case 'n': Put({}, ""); return true;
    case '%': Put(conversion, "%"); return true;
    default: return false;
  }
}

bool Formatter::ConvertInteger(const Conversion& conversion) {
  char letter = conversion.letter;
  bool is_signed = letter == 'd' || letter == 'i' || letter == 'r';
  bool decimal = letter == 'd' || letter == 'i' || letter == 'u';
  uint64_t base = decimal || letter == 'r' ? 10 : letter == 'o' ? 8 : 16;
  int64_t given = NextInteger();
  bool negative = is_signed && given < 0;
  uint64_t number = negative ? 0 - static_cast<uint64_t>(given) : static_cast<uint64_t>(given);
  char sign = negative ? '-' : is_signed ? conversion.sign : '\0';
  int64_t digits_least = conversion.precision;
  if (conversion.zeros) digits_least = std::max<int64_t>(digits_least, conversion.width - (sign != 0));
  int64_t room = std::max<int64_t>(digits_least, 0) / 3 * 4 + 64;
  char* start = Room(room);
  if (!start) return false;
  char* at = start + room;
  const char* end = at;
  const char* set = letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
  if (letter == 'r') {
    uint64_t last = number % 10;
    std::string_view ending = std::string_view("thstndrd").substr(last >= 4 || number / 10 % 10 == 1 ? 0 : 2 * last, 2);
    *--at = ending[1];
    *--at = ending[0];
  }
  int64_t count = end - at, written = 0;
  bool alternate = conversion.alternate && number != 0;
  do {
    if (conversion.thousands && decimal && written > 0 && written % 3 == 0) *--at = ',';
    *--at = set[number % base];
    number /= base;
    ++written;
  } while (number != 0 || count + written < digits_least);
  if (sign) *--at = sign;
  if (alternate && base == 16) *--at = letter == 'X' ? 'X' : 'x';
  if (alternate && (base == 16 || base == 8)) *--at = '0';
  Put(conversion, {at, static_cast<size_t>(end - at)});
  return true;
}

void Formatter::ConvertReal(const Conversion& conversion) {
  double v = NextReal();
  value::DecimalFormat format;
  char letter = conversion.letter;
  format.style = letter == 'f'                    ? value::DecimalStyle::Fixed
                 : letter == 'g' || letter == 'G' ? value::DecimalStyle::General
                                                  : value::DecimalStyle::Exponent;
  format.precision = conversion.precision < 0 ? 6 : std::min(conversion.precision, 100'000'000);
  format.exact = conversion.exact;
  format.alternate = conversion.alternate;
  format.thousands = conversion.thousands;
  format.exponent = letter == 'E' || letter == 'G' ? 'E' : 'e';
  char* start = Room(std::max<int64_t>(format.precision, conversion.width) + static_cast<int64_t>(value::DecimalBytesMax));
  if (!start) return;
  char* digits = start;
  if (v < 0) *digits++ = '-';
  else if (conversion.sign) *digits++ = conversion.sign;
  char* end = value::FormatMagnitude(digits, v < 0 ? -v : v, format);
  int64_t missing = conversion.width - (end - start);
  bool finite = v - v == 0;
  if (conversion.zeros && !conversion.left && missing > 0 && finite) {
    std::copy_backward(digits, end, end + missing);
    std::fill_n(digits, missing, '0');
    end += missing;
  }
  Put(conversion, {start, static_cast<size_t>(end - start)});
}

// The precision says how often.
void Formatter::ConvertCharacter(Conversion conversion) {
  std::string_view text = UpToNul(Bytes(context_, NextArgument()));
  size_t size = 1;
  if (!text.empty() && (text[0] & 0xc0) == 0xc0) {
    while (size < 4 && size < text.size() && (text[size] & 0xc0) == 0x80) ++size;
  }
  std::string_view character = text.empty() ? std::string_view("\0", 1) : text.substr(0, size);
  if (conversion.precision > 1) {
    int64_t times = conversion.precision - 1;
    conversion.width = static_cast<int>(conversion.width - times);
    if (conversion.width > 1 && !conversion.left) {
      Repeat(" ", conversion.width - 1);
      conversion.width = 0;
    }
    Repeat(character, times);
  }
  conversion.exact = true;
  PutText(conversion, character);
}

void Formatter::ConvertText(Conversion conversion) {
  std::string_view text = UpToNul(Bytes(context_, NextArgument()));
  if (conversion.precision >= 0) {
    size_t size = 0;
    for (int left = conversion.precision; left > 0 && size < text.size(); --left) {
      size += conversion.exact ? CharacterBytes(text.substr(size)) : 1;
    }
    text = text.substr(0, size);
  }
  PutText(conversion, text);
}

void Formatter::ConvertQuoted(Conversion conversion) {
  char quote = conversion.letter == 'w' ? '"' : '\'';
  Value argument = NextArgument();
  std::string_view text = UpToNul(Bytes(context_, argument));
  if (argument.is_null()) text = conversion.letter == 'Q' ? "NULL" : "(NULL)";
  size_t size = 0;
  for (int64_t left = conversion.precision; left != 0 && size < text.size(); --left) {
    char c = text[size++];
    if (!conversion.exact || (c & 0xc0) != 0xc0) continue;
    while (size < text.size() && (text[size] & 0xc0) == 0x80) ++size;
  }
  text = text.substr(0, size);
  char* start = Room(static_cast<int64_t>(2 * size + 2));
  if (!start) return;
  char* end = start;
  bool outside = conversion.letter == 'Q' && !argument.is_null();
  if (outside) *end++ = quote;
  for (char c : text) {
    if (c == quote) *end++ = c;
    *end++ = c;
  }
  if (outside) *end++ = quote;
  PutText(conversion, {start, static_cast<size_t>(end - start)});
}

void Formatter::PutText(Conversion conversion, std::string_view text) {
  if (conversion.exact && conversion.width > 0) {
    for (char c : text) conversion.width += (c & 0xc0) == 0x80 && conversion.width < std::numeric_limits<int>::max();
  }
  Put(conversion, text);
}

void Formatter::Put(const Conversion& conversion, std::string_view text) {
  int64_t missing = conversion.width - static_cast<int64_t>(text.size());
  written_ = true;
  if (!conversion.left) Repeat(" ", missing);
  Repeat(text, 1);
  if (conversion.left) Repeat(" ", missing);
}

void Formatter::Repeat(std::string_view text, int64_t times) {
  if (times <= 0 || context_.failed()) return;
  uint64_t bytes = text.size() * static_cast<uint64_t>(times);
  if (bytes + out_.view().size() > limits::ValueBytesMax) {
    context_.Fail("a value is too large");
    return;
  }
  for (; times > 0; --times) out_.Raw(text);
}

Value Format(Context& context, Args args) {
  if (args[0].is_null()) return {};
  return Formatter(context, args.subspan(1)).Run(UpToNul(Bytes(context, args[0])));
}

constexpr Example FormatExamples[] = {
    {"format('%s-%d', 'a', 7)", "'a-7'"}, {"format('%05.1f', 3.14159)", "'003.1'"}, {"format('%,d', 1234567)", "'1,234,567'"},
    {"format('%Q', 'it''s')", "'''it''''s'''"}, {"format('%x %X %#o', 255, 255, 8)", "'ff FF 010'"},
    {"format('%-5s|%5s|', 'ab', 'cd')", "'ab   |   cd|'"}, {"format('%s')", "''"}, {"format('%*.*f', 8, 2, 1)", "'    1.00'"},
    {"format('%c%.3c', 'ab', 'x')", "'axxx'"}, {"format('100%%')", "'100%'"}, {"format(NULL)", "NULL"}, {"format('')", "NULL"}};

constexpr Function Table[] = {
    {.name = "format", .signature = "(text, any, …) -> text", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "Text made as by SQLite's printf: %d %i %u %f %e %g %x %o %c %s %q %Q %w %r, with flags - + space 0 # ! and comma. Missing "
            "arguments are 0 or empty.",
     .examples = FormatExamples, .eval = Format},
    {.name = "printf", .signature = "(text, any, …) -> text", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "As format.", .examples = FormatExamples, .eval = Format},
};

}  // namespace

std::span<const Function> FormatFunctions() { return Table; }

}  // namespace bulkhead::functions
