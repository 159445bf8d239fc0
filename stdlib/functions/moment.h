// A point in time as SQLite's date and time functions see it: milliseconds since noon of 24 November 4714 BC (the Julian
// day), or the parts of a date that was written and not yet normalised. Internal to stdlib/functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "stdlib/functions/tables.h"

namespace bulkhead::functions {

class Moment {
 public:
  static constexpr int64_t DayMs = 86'400'000;
  static constexpr int64_t UnixEpochMs = 210'866'760'000'000;  // 1970-01-01 in milliseconds of the Julian day

  // A time value and modifiers, as date(…) takes them. Nothing: SQLite's answer is NULL. What would read the machine's
  // clock or zone fails the evaluation.
  static std::optional<Moment> Of(Context& context, Args args);

  // Since the Julian day's start. Always in range in what Of() gave.
  int64_t ms() const { return ms_; }
  int64_t unix_ms() const { return ms_ - UnixEpochMs; }
  int year() const { return year_; }
  int month() const { return month_; }
  int day() const { return day_; }
  int hour() const { return hour_; }
  int minute() const { return minute_; }
  double second() const { return second_; }
  // The modifier `subsec` was given.
  bool subsecond() const { return subsecond_; }

  int day_of_week() const { return static_cast<int>((ms_ + DayMs + DayMs / 2) / DayMs % 7); }  // Sunday is 0
  int days_after_monday() const { return static_cast<int>((ms_ + DayMs / 2) / DayMs % 7); }
  int day_of_year() const;                                                                    // 1 January is 0
  // The Thursday of the same ISO week, whose year and week are the ISO ones.
  Moment Thursday() const;
  int iso_week() const { return Thursday().day_of_year() / 7 + 1; }

  // The same time of day in another year and month, and its ms().
  void SetYearMonth(int year, int month);
  // A moment by its milliseconds, with all parts worked out.
  static Moment At(int64_t ms);

 private:
  bool Parse(Context& context, std::string_view text);
  bool ParseDate(std::string_view text);
  bool ParseTime(std::string_view text);
  bool ParseZone(std::string_view text);
  void SetNumber(double number);
  bool Modify(Context& context, std::string_view text, bool first);
  bool ModifyByWord(Context& context, std::string_view word, bool first);
  bool FromUnixEpoch();
  bool GoToWeekday(std::string_view text);
  bool GoToStart(std::string_view unit);
  bool Shift(std::string_view text);
  bool ShiftByClock(std::string_view text, bool back);
  bool ShiftByCalendar(std::string_view text, size_t year_digits);
  bool ShiftByUnits(double amount, std::string_view unit);
  void AddMonths(int64_t years, int64_t months);
  void NoteOverflow();
  // Far out of range the sum wraps around; such a moment is refused at the end, or the next modifier that needs its date does.
  void AddMs(int64_t ms) { ms_ = static_cast<int64_t>(static_cast<uint64_t>(ms_) + static_cast<uint64_t>(ms)); }

  void ComputeMs();
  void ComputeParts() {
    ComputeDate();
    ComputeTime();
  }
  void ComputeDate();
  void ComputeTime();
  void KeepMsOnly() { has_date_ = has_time_ = has_zone_ = false; }

  int64_t ms_ = 0;
  int year_ = 0, month_ = 0, day_ = 0, hour_ = 0, minute_ = 0, zone_minutes_ = 0;
  int overflow_days_ = 0;  // Days past the end of the month that a date was written or shifted to.
  double second_ = 0;      // Or the number given, while `is_number_`.
  bool has_ms_ = false, has_date_ = false, has_time_ = false, has_zone_ = false;
  bool is_number_ = false, is_utc_ = false, failed_ = false, subsecond_ = false;
};

}  // namespace bulkhead::functions
