// Arithmetic of dates, and reading a time value.
#include "stdlib/functions/moment.h"

#include <initializer_list>

namespace bulkhead::functions {
namespace {

constexpr int64_t MsMax = 464'269'060'799'999;  // The end of 9999
constexpr double NumberDaysEnd = 5'373'484.5;   // Numbers below may be Julian days

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char First(std::string_view text) { return text.empty() ? '\0' : text[0]; }
void SkipSpace(std::string_view& text) {
  while (!text.empty() && IsSpace(text[0])) text.remove_prefix(1);
}

// Takes exactly so many digits off the text; false when they are not there or out of bounds.
bool TakeNumber(std::string_view& text, size_t digits, int least, int most, int& number) {
  number = 0;
  if (text.size() < digits) return false;
  for (size_t i = 0; i < digits; ++i) {
    if (!IsDigit(text[i])) return false;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number >= least && number <= most;
}
bool TakeByte(std::string_view& text, char c) {
  if (First(text) != c || text.empty()) return false;
  text.remove_prefix(1);
  return true;
}

bool SameWord(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != word[i]) return false;
  }
  return true;
}

}  // namespace

// ---- Parts and milliseconds ----

// Meeus' formulas, with SQLite's roundings: years before 1 count on.
void Moment::ComputeMs() {
  if (has_ms_) return;
  int year = has_date_ ? year_ : 2000, month = has_date_ ? month_ : 1, day = has_date_ ? day_ : 1;
  if (year < -4713 || year > 9999 || is_number_) {
    *this = Moment();
    failed_ = true;
    return;
  }
  if (month <= 2) --year, month += 12;
  int century = year / 100;
  int leap = 2 - century + century / 4;
  int year_days = 36525 * (year + 4716) / 100, month_days = 306001 * (month + 1) / 10000;
  ms_ = static_cast<int64_t>((year_days + month_days + day + leap - 1524.5) * static_cast<double>(DayMs));
  has_ms_ = true;
  if (!has_time_) return;
  ms_ += hour_ * 3'600'000 + minute_ * 60'000 + static_cast<int64_t>(second_ * 1000 + 0.5);
  if (!has_zone_) return;
  ms_ -= zone_minutes_ * 60'000;
  KeepMsOnly();
}

void Moment::ComputeDate() {
  if (has_date_) return;
  if (!has_ms_) {
    year_ = 2000, month_ = day_ = 1;
  } else if (ms_ < 0 || ms_ > MsMax) {
    *this = Moment();
    failed_ = true;
    return;
  } else {
    int days = static_cast<int>((ms_ + DayMs / 2) / DayMs);
    int century = static_cast<int>((days - 1867216.25) / 36524.25);
    int shifted = days + 1 + century - century / 4 + 1524;
    int year = static_cast<int>((shifted - 122.1) / 365.25);
    int in_year = shifted - 36525 * (year & 32767) / 100;
    int month = static_cast<int>(in_year / 30.6001);
    day_ = in_year - static_cast<int>(30.6001 * month);
    month_ = month < 14 ? month - 1 : month - 13;
    year_ = month_ > 2 ? year - 4716 : year - 4715;
  }
  has_date_ = true;
}

void Moment::ComputeTime() {
  if (has_time_) return;
  ComputeMs();
  int in_day = static_cast<int>((ms_ + DayMs / 2) % DayMs);
  second_ = in_day % 60'000 / 1000.0;
  int minutes = in_day / 60'000;
  hour_ = minutes / 60;
  minute_ = minutes % 60;
  is_number_ = false;
  has_time_ = true;
}

Moment Moment::At(int64_t ms) {
  Moment moment;
  moment.ms_ = ms;
  moment.has_ms_ = true;
  moment.ComputeParts();
  return moment;
}

void Moment::SetYearMonth(int year, int month) {
  year_ = year, month_ = month;
  has_ms_ = false;
  ComputeMs();
}

int Moment::day_of_year() const {
  Moment first = *this;
  first.day_ = 1;
  first.SetYearMonth(year_, 1);
  return static_cast<int>((ms_ - first.ms_ + DayMs / 2) / DayMs);
}

Moment Moment::Thursday() const {
  Moment thursday = *this;
  thursday.ms_ += (3 - days_after_monday()) * DayMs;
  thursday.has_date_ = false;
  thursday.ComputeDate();
  return thursday;
}

// How far the day is past the month's end, for `floor`.
void Moment::NoteOverflow() {
  static constexpr int Days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year_ % 4 == 0 && (year_ % 100 != 0 || year_ % 400 == 0);
  int days = Days[month_ - 1] + (month_ == 2 && leap ? 1 : 0);
  overflow_days_ = day_ > days ? day_ - days : 0;
}

// ---- Reading ----

std::optional<Moment> Moment::Of(Context& context, Args args) {
  Moment moment;
  if (args[0].is_null()) return std::nullopt;
  if (args[0].is_number()) moment.SetNumber(value::CastReal(args[0]).real());
  else if (!moment.Parse(context, UpToNul(args[0].bytes()))) return std::nullopt;
  for (size_t i = 1; i < args.size(); ++i) {
    if (args[i].is_null() || !moment.Modify(context, UpToNul(Bytes(context, args[i])), i == 1)) return std::nullopt;
  }
  moment.ComputeMs();
  if (moment.failed_ || moment.ms_ < 0 || moment.ms_ > MsMax) return std::nullopt;
  // Only a lone date that was written can be past its month's end; modifiers keep parts they computed themselves.
  if (args.size() == 1 && moment.has_date_ && moment.day_ > 28) moment.has_date_ = false;
  moment.ComputeParts();
  return moment;
}

bool Moment::Parse(Context& context, std::string_view text) {
  if (ParseDate(text) || ParseTime(text)) return true;
  for (std::string_view clock : {"now", "subsec", "subsecond"}) {
    if (!SameWord(text, clock)) continue;
    context.Fail("the current time may not be read: which rows a client holds must follow from data and request alone");
    return false;
  }
  value::ParsedNumber number = value::ParseNumber(text);
  if (!number.whole) return false;
  SetNumber(value::CastReal(number.value).real());
  return true;
}

bool Moment::ParseDate(std::string_view text) {
  bool negative = TakeByte(text, '-');
  int year, month, day;
  if (!TakeNumber(text, 4, 0, 14712, year) || !TakeByte(text, '-') || !TakeNumber(text, 2, 1, 12, month) ||
      !TakeByte(text, '-') || !TakeNumber(text, 2, 1, 31, day)) {
    return false;
  }
  while (!text.empty() && (IsSpace(text[0]) || text[0] == 'T')) text.remove_prefix(1);
  if (!ParseTime(text)) {
    if (!text.empty()) return false;
    has_time_ = false;
  }
  has_ms_ = false;
  has_date_ = true;
  year_ = negative ? -year : year, month_ = month, day_ = day;
  NoteOverflow();
  if (has_zone_) ComputeMs();
  return true;
}

bool Moment::ParseTime(std::string_view text) {
  int hour, minute, second = 0;
  double fraction = 0;
  if (!TakeNumber(text, 2, 0, 24, hour) || !TakeByte(text, ':') || !TakeNumber(text, 2, 0, 59, minute)) return false;
  if (TakeByte(text, ':')) {
    if (!TakeNumber(text, 2, 0, 59, second)) return false;
    if (First(text) == '.' && text.size() > 1 && IsDigit(text[1])) {
      double scale = 1;
      for (text.remove_prefix(1); IsDigit(First(text)); text.remove_prefix(1)) {
        fraction = fraction * 10.0 + (text[0] - '0');
        scale *= 10.0;
      }
      fraction /= scale;
    }
  }
  has_ms_ = is_number_ = false;
  has_time_ = true;
  hour_ = hour, minute_ = minute, second_ = second + fraction;
  if (!ParseZone(text)) return false;
  has_zone_ = zone_minutes_ != 0;
  return true;
}

// What may follow a time: nothing, Z, or a distance from it.
bool Moment::ParseZone(std::string_view text) {
  SkipSpace(text);
  zone_minutes_ = 0;
  if (text.empty()) return true;
  char c = text[0];
  text.remove_prefix(1);
  if (c == '+' || c == '-') {
    int hours, minutes;
    if (!TakeNumber(text, 2, 0, 14, hours) || !TakeByte(text, ':') || !TakeNumber(text, 2, 0, 59, minutes)) return false;
    zone_minutes_ = (hours * 60 + minutes) * (c == '-' ? -1 : 1);
  } else if (c != 'Z' && c != 'z') {
    return false;
  }
  SkipSpace(text);
  is_utc_ = true;
  return text.empty();
}

void Moment::SetNumber(double number) {
  second_ = number;
  is_number_ = true;
  if (!(number >= 0.0 && number < NumberDaysEnd)) return;
  ms_ = static_cast<int64_t>(number * static_cast<double>(DayMs) + 0.5);
  has_ms_ = true;
}

// ---- Modifiers ----

bool Moment::Modify(Context& context, std::string_view text, bool first) {
  char c = First(text);
  if (c == '+' || c == '-' || IsDigit(c)) return Shift(text);
  if (text.size() > 8 && SameWord(text.substr(0, 8), "weekday ")) return GoToWeekday(text.substr(8));
  if (text.size() > 9 && SameWord(text.substr(0, 9), "start of ")) return GoToStart(text.substr(9));
  return ModifyByWord(context, text, first);
}

bool Moment::FromUnixEpoch() {
  double ms = second_ * 1000.0 + static_cast<double>(UnixEpochMs);
  if (!(ms >= 0.0 && ms < static_cast<double>(MsMax + 1))) return false;
  KeepMsOnly();
  ms_ = static_cast<int64_t>(ms + 0.5);
  has_ms_ = true;
  is_number_ = false;
  return true;
}

bool Moment::ModifyByWord(Context& context, std::string_view word, bool first) {
  if (SameWord(word, "unixepoch")) return is_number_ && first && FromUnixEpoch();
  if (SameWord(word, "julianday")) {
    if (!first || !has_ms_ || !is_number_) return false;
    is_number_ = false;
    return true;
  }
  if (SameWord(word, "auto")) {
    if (!first) return false;
    if (is_number_ && !has_ms_) {
      constexpr double Least = -210'866'760'000, Most = 253'402'300'799;
      return second_ < Least || second_ > Most || FromUnixEpoch();
    }
    is_number_ = false;
    return true;
  }
  if (SameWord(word, "subsec") || SameWord(word, "subsecond")) return subsecond_ = true;
  if (SameWord(word, "floor") || SameWord(word, "ceiling")) {
    ComputeMs();
    KeepMsOnly();
    if (First(word) == 'f' || First(word) == 'F') AddMs(-overflow_days_ * DayMs);
    else overflow_days_ = 0;
    return true;
  }
  if (SameWord(word, "utc") && is_utc_) return true;
  if (SameWord(word, "utc") || SameWord(word, "localtime")) {
    context.Fail("the machine's time zone may not be read: write the distance from UTC, such as '+02:00'");
  }
  return false;
}

bool Moment::GoToWeekday(std::string_view text) {
  value::ParsedNumber number = value::ParseNumber(text);
  if (!number.whole) return false;
  double wanted = value::CastReal(number.value).real();
  if (!(wanted >= 0.0 && wanted < 7.0) || wanted != static_cast<int>(wanted)) return false;
  ComputeParts();
  has_zone_ = has_ms_ = false;
  ComputeMs();
  int64_t now = (ms_ + DayMs + DayMs / 2) / DayMs % 7, day = static_cast<int64_t>(wanted);
  AddMs((day - now + (now > day ? 7 : 0)) * DayMs);
  KeepMsOnly();
  return true;
}

bool Moment::GoToStart(std::string_view unit) {
  if (!has_ms_ && !has_date_ && !has_time_) return false;
  ComputeDate();
  has_time_ = true;
  hour_ = minute_ = 0;
  second_ = 0;
  is_number_ = has_zone_ = has_ms_ = false;
  bool year = SameWord(unit, "year");
  if (year) month_ = 1;
  if (year || SameWord(unit, "month")) day_ = 1;
  else return SameWord(unit, "day");
  return true;
}

// `+1.5 days`, `-01:30`, `+0001-02-03 04:05`.
bool Moment::Shift(std::string_view text) {
  size_t end = 1;
  for (; end < text.size() && text[end] != ':' && !IsSpace(text[end]); ++end) {
    std::string_view digits = text.substr(1);
    int year;
    if (text[end] == '-' && (end == 5 || end == 6) && TakeNumber(digits, end - 1, 0, 14712, year)) break;
  }
  value::ParsedNumber number = value::ParseNumber(text.substr(0, end));
  if (!number.whole) return false;
  char at = end < text.size() ? text[end] : '\0';
  bool sign = !IsDigit(text[0]);
  if (at == '-') return sign && ShiftByCalendar(text, end - 1);
  if (at == ':') return ShiftByClock(text.substr(sign ? 1 : 0), text[0] == '-');
  text.remove_prefix(end);
  SkipSpace(text);
  return ShiftByUnits(value::CastReal(number.value).real(), text);
}

bool Moment::ShiftByClock(std::string_view text, bool back) {
  Moment clock;
  if (!clock.ParseTime(text)) return false;
  clock.ComputeMs();
  int64_t in_day = (clock.ms_ - DayMs / 2) % DayMs;
  ComputeMs();
  KeepMsOnly();
  AddMs(back ? -in_day : in_day);
  return true;
}

bool Moment::ShiftByCalendar(std::string_view text, size_t year_digits) {
  bool back = text[0] == '-';
  int year, month, day;
  text.remove_prefix(1);
  if (!TakeNumber(text, year_digits, 0, 14712, year) || !TakeByte(text, '-') || !TakeNumber(text, 2, 0, 11, month) ||
      !TakeByte(text, '-') || !TakeNumber(text, 2, 0, 30, day)) {
    return false;
  }
  AddMonths(back ? -year : year, back ? -month : month);
  ComputeMs();
  KeepMsOnly();
  AddMs((back ? -day : day) * DayMs);
  if (text.empty()) return true;
  if (!IsSpace(text[0])) return false;
  return ShiftByClock(text.substr(1), back);
}

// Moves the date by whole years and months; the day stays, even past the month's end.
void Moment::AddMonths(int64_t years, int64_t months) {
  ComputeParts();
  int64_t month = month_ + months;
  int64_t carry = month > 0 ? (month - 1) / 12 : (month - 12) / 12;
  year_ = static_cast<int>(year_ + years + carry);
  month_ = static_cast<int>(month - carry * 12);
  if (!failed_) NoteOverflow();
  has_ms_ = false;
}

bool Moment::ShiftByUnits(double amount, std::string_view unit) {
  static constexpr struct {
    std::string_view name;
    double most, seconds;
    int years, months;
  } Units[] = {{"second", 4.6427e+14, 1, 0, 0},     {"minute", 7.7379e+12, 60, 0, 0},
               {"hour", 1.2897e+11, 3600, 0, 0},    {"day", 5373485.0, 86400, 0, 0},
               {"month", 176546.0, 2592000, 0, 1}, {"year", 14713.0, 31536000, 1, 0}};
  if (unit.size() < 3 || unit.size() > 10) return false;
  if (unit.back() == 's' || unit.back() == 'S') unit.remove_suffix(1);
  ComputeMs();
  double rounding = amount < 0 ? -0.5 : +0.5;
  for (const auto& known : Units) {
    if (!SameWord(unit, known.name) || !(amount > -known.most && amount < known.most)) continue;
    if (known.years || known.months) {
      int64_t whole = static_cast<int64_t>(amount);
      AddMonths(known.years * whole, known.months * whole);
      amount -= static_cast<double>(whole);
    }
    ComputeMs();
    AddMs(static_cast<int64_t>(amount * 1000.0 * known.seconds + rounding));
    KeepMsOnly();
    return true;
  }
  return false;
}

}  // namespace bulkhead::functions
