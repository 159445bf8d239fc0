#include "runtime/postgres/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace bulkhead::postgres {
namespace {

constexpr std::string_view Infinity = "infinity", MinusInfinity = "-infinity";
constexpr int64_t DaysTo2000 = 730'425;  // From 0000-03-01, where CivilDate counts from.
constexpr int64_t DaysPerEra = 146'097;  // 400 years.
constexpr int64_t YearMax = 9999;

struct Date {
  int64_t year;  // 0 is 1 BC.
  int64_t month, day;
};

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

// Years begin in March here, so that the odd day is a year's last.
Date CivilDate(int64_t days_from_2000) {
  int64_t days = days_from_2000 + DaysTo2000;
  int64_t era = FloorDiv(days, DaysPerEra), in_era = days - era * DaysPerEra;
  int64_t year = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
  int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * in_year + 2) / 153;
  Date date{year + 400 * era, month + 3, in_year - (153 * month + 2) / 5 + 1};
  if (date.month > 12) date.month -= 12, ++date.year;
  return date;
}
int64_t DaysFrom2000(const Date& date) {
  int64_t year = date.year - (date.month < 3);
  int64_t era = FloorDiv(year, 400), in_era = year - 400 * era;
  int64_t month = date.month + (date.month < 3 ? 9 : -3);
  int64_t in_year = (153 * month + 2) / 5 + date.day - 1;
  return era * DaysPerEra + in_era * 365 + in_era / 4 - in_era / 100 + in_year - DaysTo2000;
}

// The date; the ` BC` that comes last is the caller's.
void AppendCivil(std::string& out, const Date& date) {
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}", date.year > 0 ? date.year : 1 - date.year,
                 date.month, date.day);
}
void AppendEra(std::string& out, const Date& date) {
  if (date.year <= 0) out += " BC";
}

void AppendSeconds(std::string& out, uint64_t microseconds) {
  fmt::format_to(std::back_inserter(out), "{:02}", microseconds / MicrosecondsPerSecond);
  uint64_t fraction = microseconds % MicrosecondsPerSecond;
  if (!fraction) return;
  fmt::format_to(std::back_inserter(out), ".{:06}", fraction);
  while (out.back() == '0') out.pop_back();
}

// Takes apart a timestamp's text from left to right.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool Accept(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // A number of exactly so many digits, within bounds.
  bool Number(size_t digits, int64_t min, int64_t max, int64_t& value) {
    if (Digits().size() != digits) return false;
    value = 0;
    for (char c : rest_.substr(0, digits)) value = 10 * value + (c - '0');
    rest_.remove_prefix(digits);
    return value >= min && value <= max;
  }
  std::string_view Digits() const {
    return rest_.substr(0, std::min(rest_.find_first_not_of("0123456789"), rest_.size()));
  }
  std::string_view TakeDigits() {
    std::string_view digits = Digits();
    rest_.remove_prefix(digits.size());
    return digits;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Moment {
  Date date;
  int64_t seconds;  // of the day
  std::string_view fraction;
};

bool ParseClock(Parser& parser, Moment& moment) {
  int64_t hour, minute, second;
  if (!parser.Number(2, 0, 23, hour) || !parser.Accept(':') || !parser.Number(2, 0, 59, minute) ||
      !parser.Accept(':') || !parser.Number(2, 0, 59, second)) {
    return false;
  }
  moment.seconds = 3600 * hour + 60 * minute + second;
  if (!parser.Accept('.')) return true;
  moment.fraction = parser.TakeDigits();
  return !moment.fraction.empty() && moment.fraction.size() <= 6;
}

// Seconds east of Greenwich.
bool ParseZone(Parser& parser, int64_t& east) {
  bool west = parser.Accept('-');
  int64_t hour = 0, minute = 0, second = 0;
  if ((!west && !parser.Accept('+')) || !parser.Number(2, 0, 23, hour)) return false;
  if (parser.Accept(':') && !parser.Number(2, 0, 59, minute)) return false;
  if (parser.Accept(':') && !parser.Number(2, 0, 59, second)) return false;
  east = (west ? -1 : 1) * (3600 * hour + 60 * minute + second);
  return true;
}

bool ParseDate(Parser& parser, Date& date) {
  return parser.Number(4, 1, YearMax, date.year) && parser.Accept('-') &&
         parser.Number(2, 1, 12, date.month) && parser.Accept('-') && parser.Number(2, 1, 31, date.day);
}

bool ParseMoment(std::string_view text, bool with_zone, Moment& moment) {
  Parser parser(text);
  if (!ParseDate(parser, moment.date) || !parser.Accept(' ') || !ParseClock(parser, moment)) return false;
  int64_t east = 0;
  if (with_zone && !ParseZone(parser, east)) return false;
  // What follows is ` BC`, or nothing of the server's.
  if (!parser.AtEnd()) return false;
  int64_t days = DaysFrom2000(moment.date);
  if (CivilDate(days).day != moment.date.day) return false;
  int64_t utc = moment.seconds - east;
  moment.date = CivilDate(days + FloorDiv(utc, 86'400));
  moment.seconds = utc - 86'400 * FloorDiv(utc, 86'400);
  return moment.date.year >= 1 && moment.date.year <= YearMax;
}

}  // namespace

void AppendDate(std::string& out, int32_t days) {
  if (days == std::numeric_limits<int32_t>::max())
    out += Infinity;
  else if (days == std::numeric_limits<int32_t>::min())
    out += MinusInfinity;
  else {
    Date date = CivilDate(days);
    AppendCivil(out, date);
    AppendEra(out, date);
  }
}

void AppendTimestamp(std::string& out, int64_t microseconds, bool with_zone) {
  if (microseconds == std::numeric_limits<int64_t>::max()) {
    out += Infinity;
  } else if (microseconds == std::numeric_limits<int64_t>::min()) {
    out += MinusInfinity;
  } else {
    int64_t days = FloorDiv(microseconds, MicrosecondsPerDay);
    Date date = CivilDate(days);
    AppendCivil(out, date);
    out += ' ';
    // Wraps around and back for the smallest numbers.
    AppendTimeOfDay(out,
                    static_cast<uint64_t>(microseconds) - static_cast<uint64_t>(days) * MicrosecondsPerDay);
    if (with_zone) AppendZone(out, 0);
    AppendEra(out, date);
  }
}

void AppendTimeOfDay(std::string& out, uint64_t microseconds) {
  uint64_t minutes = microseconds / (60 * MicrosecondsPerSecond);
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:", minutes / 60, minutes % 60);
  AppendSeconds(out, microseconds % (60 * MicrosecondsPerSecond));
}

void AppendZone(std::string& out, int32_t seconds_east) {
  uint32_t seconds = static_cast<uint32_t>(seconds_east);
  if (seconds_east < 0) seconds = 0 - seconds;
  fmt::format_to(std::back_inserter(out), "{}{:02}", seconds_east < 0 ? '-' : '+', seconds / 3600);
  if (seconds % 3600) fmt::format_to(std::back_inserter(out), ":{:02}", seconds / 60 % 60);
  if (seconds % 60) fmt::format_to(std::back_inserter(out), ":{:02}", seconds % 60);
}

void AppendInterval(std::string& out, int64_t microseconds, int32_t days, int32_t months) {
  using I32 = std::numeric_limits<int32_t>;
  using I64 = std::numeric_limits<int64_t>;
  if (microseconds == I64::max() && days == I32::max() && months == I32::max()) return void(out += Infinity);
  if (microseconds == I64::min() && days == I32::min() && months == I32::min())
    return void(out += MinusInfinity);
  size_t start = out.size();
  bool before_negative = false;  // A positive part after a negative one shows its sign.
  auto part = [&](int32_t value, std::string_view unit) {
    if (!value) return;
    fmt::format_to(std::back_inserter(out), "{}{}{} {}{}", out.size() > start ? " " : "",
                   before_negative && value > 0 ? "+" : "", value, unit, value == 1 ? "" : "s");
    before_negative = value < 0;
  };
  part(months / 12, "year");
  part(months % 12, "mon");
  part(days, "day");
  bool empty = out.size() == start;
  if (!microseconds && !empty) return;
  if (!empty) out += ' ';
  uint64_t magnitude = static_cast<uint64_t>(microseconds);
  if (microseconds < 0) magnitude = 0 - magnitude;
  if (microseconds < 0)
    out += '-';
  else if (before_negative)
    out += '+';
  AppendTimeOfDay(out, magnitude);
}

std::optional<std::string_view> FormatMoment(char* out, std::string_view text, bool with_zone,
                                             MomentStyle style) {
  if (text == Infinity) return with_zone ? "9999-12-31T23:59:59Z" : "9999-12-31T23:59:59";
  if (text == MinusInfinity) return with_zone ? "0000-01-01T00:00:00Z" : "0000-01-01T00:00:00";
  Moment moment{};
  if (!ParseMoment(text, with_zone, moment)) return std::nullopt;
  char* end = fmt::format_to(out, "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", moment.date.year, moment.date.month,
                             moment.date.day, style.iso8601 ? 'T' : ' ', moment.seconds / 3600,
                             moment.seconds / 60 % 60, moment.seconds % 60);
  size_t digits = style.iso8601 ? style.digits : moment.fraction.size();
  if (digits) *end++ = '.';
  for (size_t i = 0; i < digits; ++i) *end++ = i < moment.fraction.size() ? moment.fraction[i] : '0';
  if (with_zone) *end++ = 'Z';
  return std::string_view(out, static_cast<size_t>(end - out));
}

}  // namespace bulkhead::postgres
