// PostgreSQL's to_char for the patterns people use, over times and numbers.
#include <algorithm>
#include <cmath>

#include "runtime/value/decimal.h"
#include "stdlib/functions/moment.h"

namespace bulkhead::functions {
namespace {

constexpr std::string_view Months[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view Days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

enum class Case : uint8_t { Upper, Title, Lower };

class TimePattern {
 public:
  TimePattern(Context& context, const Moment& moment) : context_(context), out_(context.Scratch()), at_(moment) {}

  Value Run(std::string_view pattern) {
    while (!pattern.empty() && !context_.failed()) {
      if (pattern[0] == '"') {
        Quoted(pattern);
        continue;
      }
      fill_ = !pattern.starts_with("FM");
      if (!fill_) pattern.remove_prefix(2);
      size_t taken = TakeName(pattern);
      if (taken == 0) taken = TakeNumber(pattern);
      if (taken == 0) taken = Plain(pattern);
      pattern.remove_prefix(taken);
      if (out_.view().size() > limits::ValueBytesMax) return context_.Fail("a value is too large");
    }
    return context_.failed() ? Value() : context_.CopyText(out_.view());
  }

 private:
  void Quoted(std::string_view& pattern) {
    size_t end = std::min(pattern.find('"', 1), pattern.size());
    out_.Raw(pattern.substr(1, end - 1));
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  // A letter that begins no known field is a mistake sooner than text.
  size_t Plain(std::string_view pattern) {
    if (pattern.empty()) return 0;
    bool letter = (pattern[0] | 0x20) >= 'a' && (pattern[0] | 0x20) <= 'z';
    if (letter) {
      context_.Fail("to_char knows YYYY YY MM Mon Month DD Dy Day HH24 HH12 MI SS MS US AM PM Q WW IW IYYY ID D DDD J, FM and \"text\"");
    }
    out_.Raw(pattern[0]);
    return 1;
  }
  void Number(int64_t number, int width) {
    char digits[24], *end = value::WriteInteger(digits, number < 0 ? -number : number);
    if (number < 0) out_.Raw('-');
    for (int missing = width - static_cast<int>(end - digits); fill_ && missing > 0; --missing) out_.Raw('0');
    out_.Raw({digits, static_cast<size_t>(end - digits)});
  }
  void Name(std::string_view name, size_t width, Case how) {
    for (size_t i = 0; i < name.size(); ++i) {
      bool upper = how == Case::Upper || (how == Case::Title && i == 0);
      out_.Raw(upper ? static_cast<char>(name[i] & ~0x20) : static_cast<char>(name[i] | 0x20));
    }
    for (size_t i = name.size(); fill_ && i < width; ++i) out_.Raw(' ');
  }

  size_t TakeName(std::string_view pattern);
  size_t TakeNumber(std::string_view pattern);

  Context& context_;
  value::JsonWriter& out_;
  const Moment& at_;
  bool fill_ = true;
};

// MONTH, Month, month and so on: the case of the field is the case of the name.
size_t TimePattern::TakeName(std::string_view pattern) {
  auto spelt = [&](std::string_view upper, Case& how) {
    if (pattern.size() < upper.size()) return false;
    auto same = [&](bool first, bool rest) {
      for (size_t i = 0; i < upper.size(); ++i) {
        if (pattern[i] != (upper[i] | ((i == 0 ? first : rest) ? 0 : 0x20))) return false;
      }
      return true;
    };
    how = same(true, true) ? Case::Upper : same(true, false) ? Case::Title : Case::Lower;
    return how != Case::Lower || same(false, false);
  };
  Case how;
  std::string_view month = Months[at_.month() - 1], day = Days[at_.day_of_week()];
  if (spelt("MONTH", how)) return Name(month, 9, how), 5;
  if (spelt("MON", how)) return Name(month.substr(0, 3), 3, how), 3;
  if (spelt("DAY", how)) return Name(day, 9, how), 3;
  if (pattern.size() >= 2 && (pattern[1] | 0x20) == 'y' && spelt("DY", how)) return Name(day.substr(0, 3), 3, how), 2;
  std::string_view half = at_.hour() >= 12 ? "PM" : "AM", dotted = at_.hour() >= 12 ? "P.M." : "A.M.";
  for (std::string_view field : {"A.M.", "P.M.", "AM", "PM"}) {
    if (spelt(field, how) && how != Case::Title) return Name(field.size() == 2 ? half : dotted, 0, how), field.size();
  }
  return 0;
}

size_t TimePattern::TakeNumber(std::string_view pattern) {
  int64_t ms = std::llround(at_.second() * 1000.0), year = at_.year();
  int hour = at_.hour();
  const struct {
    std::string_view field;
    int64_t number;
    int width;
  } Fields[] = {
      {"YYYY", year, 4}, {"YYY", year % 1000, 3}, {"YY", year % 100, 2}, {"Y", year % 10, 1}, {"IYYY", at_.Thursday().year(), 4},
      {"MM", at_.month(), 2}, {"MI", at_.minute(), 2}, {"MS", ms % 1000, 3}, {"DDD", at_.day_of_year() + 1, 3}, {"DD", at_.day(), 2},
      {"D", at_.day_of_week() + 1, 1}, {"ID", at_.days_after_monday() + 1, 1}, {"IW", at_.iso_week(), 2}, {"WW", at_.day_of_year() / 7 + 1, 2},
      {"W", (at_.day() - 1) / 7 + 1, 1}, {"HH24", hour, 2}, {"HH12", hour % 12 == 0 ? 12 : hour % 12, 2}, {"HH", hour % 12 == 0 ? 12 : hour % 12, 2},
      {"SSSS", hour * 3600 + at_.minute() * 60 + ms / 1000, 1}, {"SS", ms / 1000, 2}, {"US", ms % 1000 * 1000, 6}, {"Q", (at_.month() - 1) / 3 + 1, 1},
      {"J", (at_.ms() + Moment::DayMs / 2) / Moment::DayMs, 1},
  };
  for (const auto& known : Fields) {
    if (pattern.size() < known.field.size()) continue;
    auto same = [](char c, char upper) { return c == upper || c == (upper >= 'A' ? upper | 0x20 : upper); };
    if (!std::equal(known.field.begin(), known.field.end(), pattern.begin(), [&](char upper, char c) { return same(c, upper); })) continue;
    Number(known.number, known.width);
    return known.field.size();
  }
  return 0;
}

// A number's pattern: 9 is a digit or a space, 0 a digit, with commas and one point; FM without spaces.
struct NumberShape {
  bool fill = true, valid = true;
  size_t whole = 0, zeros = 0, fraction = 0;  // Digits; of the whole ones so many from the right are always there.
};
NumberShape ReadShape(std::string_view pattern) {
  NumberShape shape;
  bool point = false, zero = false;
  for (char c : pattern) {
    if (c == '.' && !point) point = true;
    else if (c == ',' && !point) continue;
    else if (c != '9' && c != '0') shape.valid = false;
    else if (point) ++shape.fraction;
    else ++shape.whole, zero = zero || c == '0', shape.zeros += zero;
  }
  shape.valid = shape.valid && shape.whole + shape.fraction > 0 && shape.fraction <= 15 && shape.whole <= 18;
  return shape;
}

Value NumberToChar(Context& context, double v, std::string_view pattern) {
  bool fill = !pattern.starts_with("FM");
  if (!fill) pattern.remove_prefix(2);
  NumberShape shape = ReadShape(pattern);
  if (!shape.valid) return context.Fail("to_char knows 9 0 , . and FM for numbers");
  char text[value::DecimalBytesMax];
  value::DecimalFormat format{.style = value::DecimalStyle::Fixed, .precision = static_cast<int>(shape.fraction)};
  char* end = value::FormatMagnitude(text, std::abs(v), format);
  std::string_view digits(text, static_cast<size_t>(end - text));
  std::string_view whole = digits.substr(0, digits.find('.')), fraction = digits.substr(std::min(whole.size() + 1, digits.size()));
  if (whole == "0" && shape.zeros == 0 && shape.fraction > 0) whole = "";
  bool fits = whole.size() <= shape.whole, started = false;
  bool negative = v < 0 && digits.find_first_of("123456789") != std::string_view::npos;
  value::JsonWriter& out = context.Scratch();
  size_t left = shape.whole, spaces = 0;
  auto sign = [&] {
    if (negative) out.Raw('-');
    else if (fill) out.Raw(' ');
  };
  auto start = [&] {
    for (; fill && spaces > 0; --spaces) out.Raw(' ');
    if (!started) sign();
    started = true;
  };
  for (char c : pattern.substr(0, pattern.find('.'))) {
    bool digit = c != ',';
    bool shown = left <= std::max(whole.size(), shape.zeros) || !fits;
    if (!digit) {
      if (started) out.Raw(',');
      else ++spaces;
      continue;
    }
    if (!shown) ++spaces;
    else start(), out.Raw(!fits ? '#' : left <= whole.size() ? whole[whole.size() - left] : '0');
    --left;
  }
  start();
  if (pattern.find('.') != std::string_view::npos) out.Raw('.');
  if (!fill && fits) {  // FM drops zeros at the end where the pattern has 9.
    size_t keep = pattern.find('.') == std::string_view::npos ? 0 : pattern.substr(pattern.find('.') + 1).rfind('0') + 1;
    while (fraction.size() > keep && fraction.ends_with('0')) fraction.remove_suffix(1);
  }
  for (char c : fraction) out.Raw(fits ? c : '#');
  return context.CopyText(out.view());
}

Value ToChar(Context& context, Args args) {
  std::string_view pattern = Bytes(context, args[1]);
  if (args[0].is_number()) return NumberToChar(context, value::CastReal(args[0]).real(), pattern);
  auto at = Moment::Of(context, args.subspan(0, 1));
  return at ? TimePattern(context, *at).Run(pattern) : Value();
}

constexpr Example ToCharExamples[] = {{"to_char('2024-05-07 13:14:15', 'YYYY-MM-DD HH24:MI:SS')", "'2024-05-07 13:14:15'"},
                                      {"to_char('2024-05-07 13:14', 'FMDay, DD Mon YYYY HH12:MI AM')", "'Tuesday, 07 May 2024 01:14 PM'"},
                                      {"to_char('2024-05-07', 'Month')", "'May      '"}, {"to_char('2024-12-30', 'IYYY-\"W\"IW')", "'2025-W01'"},
                                      {"to_char('2024-05-07', 'x')", "error"}, {"to_char(1234.5, '9,999.99')", "' 1,234.50'"},
                                      {"to_char(7, 'FM000')", "'007'"},
                                      {"to_char(-7, '99')", "' -7'"}, {"to_char(123, '99')", "' ##'"}, {"to_char(0.5, 'FM0.99')", "'0.5'"}};

constexpr Function Table[] = {
    {.name = "to_char", .signature = "(any, text) -> text", .args_min = 2, .args_max = 2,
     .doc = "A time by a pattern of YYYY MM DD HH24 HH12 MI SS MS US AM Mon Month Dy Day Q IW IYYY and so on, or a number (not text) by one of "
            "9 0 , and point; FM leaves out padding. As PostgreSQL, in English; another letter is an error.",
     .examples = ToCharExamples, .eval = ToChar},
};

}  // namespace

std::span<const Function> ToCharFunctions() { return Table; }

}  // namespace bulkhead::functions
