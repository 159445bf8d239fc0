// Dates and times of PostgreSQL: printed from its binary numbers, and turned into the text that is synced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bulkhead::postgres {

inline constexpr int64_t MicrosecondsPerSecond = 1'000'000;
inline constexpr int64_t MicrosecondsPerDay = 86'400 * MicrosecondsPerSecond;

// As the server prints them in the ISO date style, time zone UTC. Days and microseconds count from
// 2000-01-01; the ends of the number's range are the infinities.
void AppendDate(std::string& out, int32_t days);
void AppendTimestamp(std::string& out, int64_t microseconds, bool with_zone);
// 13:47:12.5; `microseconds` is not negative.
void AppendTimeOfDay(std::string& out, uint64_t microseconds);
// +02, -03:30, +00:19:32: how far east of Greenwich.
void AppendZone(std::string& out, int32_t seconds_east);
// The default `postgres` style.
void AppendInterval(std::string& out, int64_t microseconds, int32_t days, int32_t months);

struct MomentStyle {
  bool iso8601;    // `T` between date and time, fraction with exactly `digits`; else a space, fraction as it
                   // comes.
  uint8_t digits;  // 0 to 6.
};
// The longest result, and more.
inline constexpr size_t MomentBytesMax = 40;
// Turns the server's text of a timestamp into the synced text: UTC and `Z` with a zone; nothing outside the
// years 1 to 9999 or when it is no timestamp. `out` has room for MomentBytesMax.
std::optional<std::string_view> FormatMoment(char* out, std::string_view text, bool with_zone,
                                             MomentStyle style);

}  // namespace bulkhead::postgres
