// PostgreSQL's date functions over SQLite's times: text, Julian days; everything is UTC.
#include <algorithm>
#include <cmath>

#include "stdlib/functions/moment.h"

namespace bulkhead::functions {
namespace {

enum class Field : uint8_t {
  Microseconds, Milliseconds, Second, Minute, Hour, Day, Week, Month, Quarter, Year, Decade, Century, Millennium,
  Dow, Isodow, Doy, Isoyear, Epoch, Julian, Unknown,
};
constexpr std::string_view FieldNames[] = {"microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year",
                                           "decade", "century", "millennium", "dow", "isodow", "doy", "isoyear", "epoch", "julian"};

bool SameFolded(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}
Field FieldNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(FieldNames); ++i) {
    std::string_view known = FieldNames[i];
    if (SameFolded(name, known) || (known.ends_with('s') ? SameFolded(name, known.substr(0, known.size() - 1)) :
                                    name.ends_with('s') && SameFolded(name.substr(0, name.size() - 1), known))) {
      return static_cast<Field>(i);
    }
  }
  return Field::Unknown;
}

// Rounded away from year 0, as centuries are counted from year 1.
int64_t Hundreds(int year, int size) { return year > 0 ? (year + size - 1) / size : -((size - 1 - (year - 1)) / size); }
int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

Value Part(Context& context, const Moment& at, Field field) {
  switch (field) {
    case Field::Microseconds: return Value::Integer(std::llround(at.second() * 1000.0) * 1000);
    case Field::Milliseconds: return Value::Real(static_cast<double>(std::llround(at.second() * 1000.0)));
    case Field::Second: return Value::Real(at.second());
    case Field::Minute: return Value::Integer(at.minute());
    case Field::Hour: return Value::Integer(at.hour());
    case Field::Day: return Value::Integer(at.day());
    case Field::Week: return Value::Integer(at.iso_week());
    case Field::Month: return Value::Integer(at.month());
    case Field::Quarter: return Value::Integer((at.month() - 1) / 3 + 1);
    case Field::Year: return Value::Integer(at.year());
    case Field::Decade: return Value::Integer(FloorDiv(at.year(), 10));
    case Field::Century: return Value::Integer(Hundreds(at.year(), 100));
    case Field::Millennium: return Value::Integer(Hundreds(at.year(), 1000));
    case Field::Dow: return Value::Integer(at.day_of_week());
    case Field::Isodow: return Value::Integer(at.days_after_monday() + 1);
    case Field::Doy: return Value::Integer(at.day_of_year() + 1);
    case Field::Isoyear: return Value::Integer(at.Thursday().year());
    case Field::Epoch: return Value::Real(static_cast<double>(at.unix_ms()) / 1000.0);
    // Days begin at midnight there, and at noon in the Julian day.
    case Field::Julian: return Value::Real(static_cast<double>(at.ms() + Moment::DayMs / 2) / static_cast<double>(Moment::DayMs));
    case Field::Unknown: break;
  }
  return context.Fail("there is no such field: year, quarter, month, week, day, hour, minute, second, dow, isodow, doy, isoyear, epoch, …");
}

Value DatePart(Context& context, Args args) {
  Field field = FieldNamed(Bytes(context, args[0]));
  if (field == Field::Unknown) return Part(context, Moment::At(0), field);
  auto at = Moment::Of(context, args.subspan(1));
  return at ? Part(context, *at, field) : Value();
}

// Text in parts of a moment: strftime would need a format.
Value Timestamp(Context& context, int64_t ms) {
  Moment at = Moment::At(ms);
  value::JsonWriter& out = context.Scratch();
  auto number = [&](int64_t v, size_t width) {
    char digits[24];
    size_t size = static_cast<size_t>(value::WriteInteger(digits, v) - digits);
    for (; size < width; ++size) {
      std::copy_backward(digits, digits + size, digits + size + 1);
      digits[0] = '0';
    }
    out.Raw({digits, size});
  };
  if (at.year() < 0) out.Raw('-');
  number(std::abs(at.year()), 4);
  out.Raw('-'), number(at.month(), 2);
  out.Raw('-'), number(at.day(), 2);
  out.Raw(' '), number(at.hour(), 2);
  out.Raw(':'), number(at.minute(), 2);
  out.Raw(':'), number(static_cast<int>(at.second()), 2);
  int64_t thousandths = std::llround(at.second() * 1000.0) % 1000;
  if (thousandths) out.Raw('.'), number(thousandths, 3);
  return context.CopyText(out.view());
}

int64_t FirstOf(int year, int month) {
  Moment first = Moment::At(Moment::UnixEpochMs);
  first.SetYearMonth(year, month);
  return first.ms();
}

Value DateTrunc(Context& context, Args args) {
  Field field = FieldNamed(Bytes(context, args[0]));
  if (field > Field::Millennium) return context.Fail("date_trunc takes second, minute, hour, day, week, month, quarter, year, decade, century, …");
  auto at = Moment::Of(context, args.subspan(1));
  if (!at) return {};
  constexpr int64_t Half = Moment::DayMs / 2;  // The Julian day begins at noon.
  auto to = [&](int64_t unit) { return (at->ms() + Half) / unit * unit - Half; };
  int64_t years = field == Field::Decade ? 10 : field == Field::Century ? 100 : 1000;
  switch (field) {
    case Field::Microseconds:
    case Field::Milliseconds: return Timestamp(context, at->ms());
    case Field::Second: return Timestamp(context, to(1000));
    case Field::Minute: return Timestamp(context, to(60'000));
    case Field::Hour: return Timestamp(context, to(3'600'000));
    case Field::Day: return Timestamp(context, to(Moment::DayMs));
    case Field::Week: return Timestamp(context, std::max<int64_t>(to(Moment::DayMs) - at->days_after_monday() * Moment::DayMs, 0));
    case Field::Month: return Timestamp(context, FirstOf(at->year(), at->month()));
    case Field::Quarter: return Timestamp(context, FirstOf(at->year(), (at->month() - 1) / 3 * 3 + 1));
    case Field::Year: return Timestamp(context, FirstOf(at->year(), 1));
    default: break;
  }
  // Centuries start in year 1, decades in year 0.
  int64_t offset = field == Field::Decade ? 0 : 1;
  int64_t year = FloorDiv(at->year() - offset, years) * years + offset;
  return Timestamp(context, FirstOf(static_cast<int>(std::max<int64_t>(year, -4712)), 1));
}

Value ToTimestamp(Context& context, Args args) {
  Value unix[] = {args[0], Value::Text("unixepoch")};
  if (!args[0].is_number()) return context.Fail("to_timestamp takes seconds since 1970");
  auto at = Moment::Of(context, unix);
  return at ? Timestamp(context, at->ms()) : Value();
}

Value MakeDate(Context& context, Args args) {
  char text[16];
  int64_t parts[3];
  constexpr int64_t Most[] = {9999, 12, 31};
  for (size_t i = 0; i < 3; ++i) {
    parts[i] = value::CastInteger(args[i]).integer();
    if (parts[i] < 1 || parts[i] > Most[i]) return context.Fail("there is no such date");
  }
  auto put = [&](size_t at, size_t width, int64_t number) {
    for (; width > 0; --width, number /= 10) text[at + width - 1] = static_cast<char>('0' + number % 10);
  };
  put(0, 4, parts[0]), put(5, 2, parts[1]), put(8, 2, parts[2]);
  text[4] = text[7] = '-';
  Value date = Value::Text({text, 10});
  auto at = Moment::Of(context, {&date, 1});
  return at && at->day() == parts[2] ? context.CopyText({text, 10}) : context.Fail("there is no such date");
}

constexpr Example PartExamples[] = {{"date_part('year', '2024-05-17')", "2024"}, {"date_part('epoch', '1970-01-02')", "86400.0"},
                                    {"date_part('dow', '2024-05-19')", "0"}, {"date_part('week', '2024-12-30')", "1"},
                                    {"date_part('second', '12:00:01.5')", "1.5"}, {"date_part('fortnight', '2024-05-17')", "error"}};
constexpr Example TruncExamples[] = {{"date_trunc('month', '2024-05-17 13:14')", "'2024-05-01 00:00:00'"},
                                     {"date_trunc('hour', '2024-05-17T13:14:15Z')", "'2024-05-17 13:00:00'"},
                                     {"date_trunc('week', '2024-05-19')", "'2024-05-13 00:00:00'"},
                                     {"date_trunc('century', '2024-05-19')", "'2001-01-01 00:00:00'"},
                                     {"date_trunc('x', '2024-05-19')", "error"}, {"date_trunc('day', 'x')", "NULL"}};
constexpr Example ToTimestampExamples[] = {{"to_timestamp(1700000000)", "'2023-11-14 22:13:20'"}};
constexpr Example MakeDateExamples[] = {{"make_date(2024, 2, 29)", "'2024-02-29'"}, {"make_date(2023, 2, 29)", "error"}};

constexpr Function Table[] = {
    {.name = "date_part", .signature = "(text, time) -> number", .args_min = 2, .args_max = 2,
     .doc = "A field of a time: year, quarter, month, week, day, hour, minute, second, dow, isodow, doy, isoyear, epoch, julian and so on. "
            "second, milliseconds, epoch and julian are REAL.",
     .examples = PartExamples, .eval = DatePart},
    {.name = "date_trunc", .signature = "(text, time) -> text", .args_min = 2, .args_max = 2,
     .doc = "The start of the second, minute, hour, day, week, month, quarter, year, decade, century or millennium, as YYYY-MM-DD HH:MM:SS.",
     .examples = TruncExamples, .eval = DateTrunc},
    {.name = "to_timestamp", .signature = "(number) -> text", .args_min = 1, .args_max = 1,
     .doc = "YYYY-MM-DD HH:MM:SS of seconds since 1970.", .examples = ToTimestampExamples, .eval = ToTimestamp},
    {.name = "make_date", .signature = "(integer, integer, integer) -> text", .args_min = 3, .args_max = 3,
     .doc = "YYYY-MM-DD of year, month and day.", .examples = MakeDateExamples, .eval = MakeDate},
};

}  // namespace

std::span<const Function> PostgresDateFunctions() { return Table; }

}  // namespace bulkhead::functions
