// Numbers as PostgreSQL prints them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bulkhead::postgres {

// The shortest digits that read back the same, at any rounding: 1e+15, 0.0001, 1e-05, -0, NaN, Infinity.
void AppendReal(std::string& out, double v);
void AppendReal(std::string& out, float v);

// A numeric's digits in base 10000; `weight` is the first one's power, `scale` the decimal digits to show.
struct NumericParts {
  int weight;
  int scale;
  bool negative;
  std::span<const uint16_t> digits;  // each below 10000
};
void AppendNumeric(std::string& out, const NumericParts& parts);

// $1,234.50 of 123450.
void AppendMoney(std::string& out, int64_t cents);

void AppendHex(std::string& out, std::string_view bytes, bool upper);

}  // namespace bulkhead::postgres
