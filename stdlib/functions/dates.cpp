// SQLite's date and time functions, without the clock and the machine's time zone.
#include <cmath>

#include "runtime/value/decimal.h"
#include "stdlib/functions/moment.h"

namespace bulkhead::functions {
namespace {

// Text of a moment, piece by piece.
class Writer {
 public:
  Writer(Context& context, const Moment& moment) : context_(context), out_(context.Scratch()), at_(moment) {}

  void Raw(char c) { out_.Raw(c); }
  // At least `width` wide, with zeros or spaces; a minus counts.
  void Number(int64_t number, int width, char fill = '0') {
    char digits[24], text[24];
    char* end = value::WriteInteger(digits, number < 0 ? -number : number);
    char* out = text;
    int missing = width - static_cast<int>(end - digits) - (number < 0);
    if (number < 0) *out++ = '-';
    for (; missing > 0; --missing) *out++ = fill;
    out = std::copy(digits, end, out);
    out_.Raw({text, static_cast<size_t>(out - text)});
  }
  void Date() {
    if (at_.year() < 0) Raw('-');
    Number(at_.year() < 0 ? -at_.year() : at_.year(), 4);
    Raw('-');
    Number(at_.month(), 2);
    Raw('-');
    Number(at_.day(), 2);
  }
  void HourMinute() {
    Number(at_.hour(), 2);
    Raw(':');
    Number(at_.minute(), 2);
  }
  void Time() {
    HourMinute();
    Raw(':');
    Number(static_cast<int>(at_.second()), 2);
    if (!at_.subsecond()) return;
    Raw('.');
    Number(static_cast<int>(at_.second() * 1000.0 + 0.5) % 1000, 3);
  }
  void SecondWithFraction() {
    double second = std::min(at_.second(), 59.999);
    char text[value::DecimalBytesMax];
    char* end = value::FormatMagnitude(text, second, {.style = value::DecimalStyle::Fixed, .precision = 3});
    if (second < 9.9995) Raw('0');
    out_.Raw({text, static_cast<size_t>(end - text)});
  }
  void JulianDay() {
    char text[value::DecimalBytesMax];
    double days = static_cast<double>(at_.ms()) / static_cast<double>(Moment::DayMs);
    char* end = value::FormatMagnitude(text, days, {.style = value::DecimalStyle::General, .precision = 16});
    out_.Raw({text, static_cast<size_t>(end - text)});
  }
  void UnixTime() {
    int64_t ms = at_.unix_ms();
    if (!at_.subsecond()) return Number(at_.ms() / 1000 - Moment::UnixEpochMs / 1000, 1);
    if (ms < 0) Raw('-');
    Number(std::abs(ms) / 1000, 1);
    Raw('.');
    Number(std::abs(ms) % 1000, 3);
  }
  // One conversion of strftime; false when there is none of that letter.
  bool Convert(char letter);

  size_t size() const { return out_.view().size(); }
  Value Text() { return context_.CopyText(out_.view()); }

 private:
  bool ConvertDay(char letter);
  int hour_of_12() const { return at_.hour() % 12 == 0 ? 12 : at_.hour() % 12; }

  Context& context_;
  value::JsonWriter& out_;
  const Moment& at_;
};

bool Writer::Convert(char letter) {
  switch (letter) {
    case 'd': Number(at_.day(), 2); return true;
    case 'e': Number(at_.day(), 2, ' '); return true;
    case 'f': SecondWithFraction(); return true;
    case 'F': Number(at_.year(), 4), Raw('-'), Number(at_.month(), 2), Raw('-'), Number(at_.day(), 2); return true;
    case 'H': Number(at_.hour(), 2); return true;
    case 'k': Number(at_.hour(), 2, ' '); return true;
    case 'I': Number(hour_of_12(), 2); return true;
    case 'l': Number(hour_of_12(), 2, ' '); return true;
    case 'J': JulianDay(); return true;
    case 'm': Number(at_.month(), 2); return true;
    case 'M': Number(at_.minute(), 2); return true;
    case 'p': out_.Raw(at_.hour() >= 12 ? "PM" : "AM"); return true;
    case 'P': out_.Raw(at_.hour() >= 12 ? "pm" : "am"); return true;
    case 'R': HourMinute(); return true;
    case 's': UnixTime(); return true;
    case 'S': Number(static_cast<int>(at_.second()), 2); return true;
    case 'T': HourMinute(), Raw(':'), Number(static_cast<int>(at_.second()), 2); return true;
    case 'Y': Number(at_.year(), 4); return true;
    case '%': Raw('%'); return true;
    default: return ConvertDay(letter);
  }
}

// What counts days and weeks.
bool Writer::ConvertDay(char letter) {
  switch (letter) {
    case 'j': Number(at_.day_of_year() + 1, 3); return true;
    case 'w': Number(at_.day_of_week(), 1); return true;
    case 'u': Number(at_.days_after_monday() + 1, 1); return true;
    case 'W': Number((at_.day_of_year() - at_.days_after_monday() + 7) / 7, 2); return true;
    case 'U': Number((at_.day_of_year() - at_.day_of_week() + 7) / 7, 2); return true;
    case 'V': Number(at_.iso_week(), 2); return true;
    case 'G': Number(at_.Thursday().year(), 4); return true;
    case 'g': Number(at_.Thursday().year() % 100, 2); return true;
    default: return false;
  }
}

template <void (*Write)(Writer&)>
Value Written(Context& context, Args args) {
  auto moment = Moment::Of(context, args);
  if (!moment) return {};
  Writer writer(context, *moment);
  Write(writer);
  return writer.Text();
}

Value JulianDay(Context& context, Args args) {
  auto moment = Moment::Of(context, args);
  if (!moment) return {};
  return Value::Real(static_cast<double>(moment->ms()) / static_cast<double>(Moment::DayMs));
}

Value UnixEpoch(Context& context, Args args) {
  auto moment = Moment::Of(context, args);
  if (!moment) return {};
  if (moment->subsecond()) return Value::Real(static_cast<double>(moment->unix_ms()) / 1000.0);
  return Value::Integer(moment->ms() / 1000 - Moment::UnixEpochMs / 1000);
}

Value Strftime(Context& context, Args args) {
  if (args[0].is_null()) return {};
  auto moment = Moment::Of(context, args.subspan(1));
  if (!moment) return {};
  std::string_view format = UpToNul(Bytes(context, args[0]));
  Writer writer(context, *moment);
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') writer.Raw(format[i]);
    else if (++i == format.size() || !writer.Convert(format[i])) return {};
    if (writer.size() > limits::ValueBytesMax) return context.Fail("a value is too large");
  }
  return writer.Text();
}

// How many whole months `from` can go towards `to` without passing it; `from` goes there.
int MonthsTowards(Moment& from, const Moment& to, bool forward) {
  int months = (to.year() - from.year()) * 12 + to.month() - from.month();
  if (!forward) months = -months;
  from.SetYearMonth(to.year(), to.month());
  while (forward ? to.ms() < from.ms() : to.ms() > from.ms()) {
    --months;
    int month = from.month() + (forward ? -1 : 1);
    int year = from.year() + (month < 1 ? -1 : month > 12 ? 1 : 0);
    from.SetYearMonth(year, month < 1 ? 12 : month > 12 ? 1 : month);
  }
  return months;
}

Value TimeDifference(Context& context, Args args) {
  auto to = Moment::Of(context, args.subspan(0, 1)), from = Moment::Of(context, args.subspan(1));
  if (!to || !from) return {};
  constexpr int64_t YearZeroMs = 148'699'540'800'000;  // 0000-01-01: days and time of the rest count from there.
  bool forward = to->ms() >= from->ms();
  int months = MonthsTowards(*from, *to, forward);
  int64_t rest_ms = forward ? to->ms() - from->ms() : from->ms() - to->ms();
  Moment rest = Moment::At(rest_ms + YearZeroMs);
  Writer writer(context, rest);
  writer.Raw(forward ? '+' : '-');
  writer.Number(months / 12, 4);
  writer.Raw('-');
  writer.Number(months % 12, 2);
  writer.Raw('-');
  writer.Number(rest.day() - 1, 2);
  writer.Raw(' ');
  writer.HourMinute();
  writer.Raw(':');
  writer.SecondWithFraction();
  return writer.Text();
}

constexpr Example DateExamples[] = {{"date('2024-02-29 13:00', '+1 year')", "'2025-03-01'"},
                                    {"date('2024-05-17', 'start of month', '+1 month', '-1 day')", "'2024-05-31'"},
                                    {"date(2460000.5)", "'2023-02-25'"}, {"date(1700000000, 'unixepoch')", "'2023-11-14'"},
                                    {"date('2024-05-17', 'weekday 0')", "'2024-05-19'"}, {"date('2024-13-01')", "NULL"}, {"date('now')", "error"}};
constexpr Example TimeExamples[] = {{"time('2024-05-17 13:14:15.678')", "'13:14:15'"}, {"time('13:14', '-01:30')", "'11:44:00'"},
                                    {"time('13:14:15.678', 'subsec')", "'13:14:15.678'"}};
constexpr Example DatetimeExamples[] = {{"datetime('2024-05-17T13:14:15+02:00')", "'2024-05-17 11:14:15'"},
                                        {"datetime(0, 'unixepoch')", "'1970-01-01 00:00:00'"},
                                        {"datetime('2024-01-31', '+1 month', 'floor')", "'2024-02-29 00:00:00'"},
                                        {"datetime('2024-05-17 12:00', 'localtime')", "error"}, {"datetime('x')", "NULL"}};
constexpr Example JulianExamples[] = {{"julianday('2000-01-01 12:00')", "2451545.0"}};
constexpr Example UnixExamples[] = {{"unixepoch('2024-05-17 00:00')", "1715904000"}, {"unixepoch('1970-01-01 00:00:01.5', 'subsec')", "1.5"}};
constexpr Example StrftimeExamples[] = {{"strftime('%Y/%m/%d %H:%M', '2024-05-17 13:14')", "'2024/05/17 13:14'"},
                                        {"strftime('%j %W %w', '2024-12-31')", "'366 53 2'"},
                                        {"strftime('%G-W%V-%u', '2024-12-30')", "'2025-W01-1'"}, {"strftime('%f', '12:00:01.5')", "'01.500'"},
                                        {"strftime('%!', '2024-01-01')", "NULL"}};
constexpr Example TimediffExamples[] = {{"timediff('2024-03-01', '2023-02-15 12:00')", "'+0001-00-14 12:00:00.000'"},
                                        {"timediff('2023-02-15', '2024-03-01')", "'-0001-00-14 00:00:00.000'"}};

constexpr Function Table[] = {
    {.name = "date", .signature = "(time, modifier, …) -> text", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "YYYY-MM-DD. A time is such text with or without a time of day and a zone, or a Julian day; modifiers are SQLite's: '+3 days', "
            "'start of month', 'weekday 1', 'unixepoch', 'auto', 'floor' and so on, but neither the clock nor the machine's zone.",
     .examples = DateExamples, .eval = Written<[](Writer& writer) { writer.Date(); }>},
    {.name = "time", .signature = "(time, modifier, …) -> text", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "HH:MM:SS, with milliseconds after 'subsec'. Arguments as date.", .examples = TimeExamples,
     .eval = Written<[](Writer& writer) { writer.Time(); }>},
    {.name = "datetime", .signature = "(time, modifier, …) -> text", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "YYYY-MM-DD HH:MM:SS in UTC, with milliseconds after 'subsec'. Arguments as date.", .examples = DatetimeExamples,
     .eval = Written<[](Writer& writer) { writer.Date(), writer.Raw(' '), writer.Time(); }>},
    {.name = "julianday", .signature = "(time, modifier, …) -> real", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "Days since noon of 24 November 4714 BC. Arguments as date.", .examples = JulianExamples, .eval = JulianDay},
    {.name = "unixepoch", .signature = "(time, modifier, …) -> number", .args_min = 1, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "Seconds since 1970; a REAL with milliseconds after 'subsec'. Arguments as date.", .examples = UnixExamples, .eval = UnixEpoch},
    {.name = "strftime", .signature = "(text, time, modifier, …) -> text", .args_min = 2, .args_max = AnyNumber, .nulls = NullRule::SeesNulls,
     .doc = "A time in the given format: %d %e %f %F %g %G %H %I %j %J %k %l %m %M %p %P %R %s %S %T %u %U %V %w %W %Y %%; NULL for another "
            "letter. Other arguments as date.",
     .examples = StrftimeExamples, .eval = Strftime},
    {.name = "timediff", .signature = "(time, time) -> text", .args_min = 2, .args_max = 2,
     .doc = "What to add to the second time to get the first: ±YYYY-MM-DD HH:MM:SS.SSS.", .examples = TimediffExamples, .eval = TimeDifference},
};

}  // namespace

std::span<const Function> DateFunctions() { return Table; }

}  // namespace bulkhead::functions
