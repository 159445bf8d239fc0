// The file of values that PostgreSQL sent: read, written, and compared with what the mapper makes of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/postgres/mapper.h"

namespace bulkhead::postgres_cases {

struct Case {
  std::string expression;
  uint32_t oid = 0;
  std::string text, binary;                                   // `binary` in hexadecimal; empty: only text
  std::vector<std::pair<std::string, std::string>> expected;  // name of the options, value as Show prints it
};

inline postgres::Options OptionsNamed(const std::string& name) {
  using postgres::TimestampPrecision;
  static const std::map<std::string, postgres::Options> named = {
      {"value", {}},
      {"legacy", {false, TimestampPrecision::Nanoseconds, false}},
      {"ms", {true, TimestampPrecision::Milliseconds, true}},
      {"s", {true, TimestampPrecision::Seconds, true}},
  };
  return named.at(name);
}

// The lines before the first case are kept as `head`.
struct CaseFile {
  std::string head;
  std::vector<Case> cases;
};

inline CaseFile Read(const std::string& path) {
  CaseFile file;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    size_t space = std::min(line.find(' '), line.size());
    std::string word = line.substr(0, space), rest = space < line.size() ? line.substr(space + 1) : "";
    if (word == "=") {
      file.cases.emplace_back().expression = rest;
    } else if (file.cases.empty()) {
      file.head += line + "\n";
    } else if (Case& last = file.cases.back(); word == "oid") {
      last.oid = static_cast<uint32_t>(std::stoul(rest));
    } else if (word == "text") {
      last.text = rest;
    } else if (word == "binary") {
      last.binary = rest;
    } else if (!word.empty()) {
      last.expected.emplace_back(word, rest);
    }
  }
  return file;
}

inline void Write(const std::string& path, const CaseFile& file) {
  std::ofstream out(path);
  out << file.head;
  for (const Case& c : file.cases) {
    out << "= " << c.expression << "\noid " << c.oid << "\ntext" << (c.text.empty() ? "" : " ") << c.text
        << "\nbinary" << (c.binary.empty() ? "" : " ") << c.binary << "\n";
    for (const auto& [name, value] : c.expected) out << name << " " << value << "\n";
    out << "\n";
  }
}

inline std::string Hex(std::string_view bytes) {
  static constexpr char Digits[] = "0123456789abcdef";
  std::string text;
  for (char c : bytes) text += {Digits[static_cast<uint8_t>(c) >> 4], Digits[static_cast<uint8_t>(c) & 15]};
  return text;
}
inline std::string FromHex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// NULL, 1, 1.5, 'text', x'00', error: …
inline std::string Show(const Result<value::Value>& result) {
  if (!result) return "error: " + result.error().message;
  value::Value v = *result;
  switch (v.type()) {
    case value::Type::Null:
      return "NULL";
    case value::Type::Integer:
      return std::to_string(v.integer());
    case value::Type::Blob:
      return "x'" + Hex(v.bytes()) + "'";
    case value::Type::Real: {
      char text[64];
      bool minus_zero = v.real() == 0 && std::signbit(v.real());
      return (minus_zero ? "-" : "") + std::string(text, value::WriteJsonReal(text, v.real()));
    }
    case value::Type::Text:
      break;
  }
  std::string quoted = "'";
  for (char c : v.bytes()) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

// What both formats give, the binary one only if there are such bytes.
struct Mapped {
  std::string from_text, from_binary;
};
inline Mapped Map(const postgres::Catalog& catalog, uint32_t oid, const std::string& options,
                  std::string_view text, const std::string* binary) {
  value::Arena arena;
  postgres::Mapper mapper(catalog, OptionsNamed(options));
  Mapped mapped{Show(mapper.FromText(catalog.Find(oid), text, arena)), ""};
  mapped.from_binary = binary ? Show(mapper.FromBinary(catalog.Find(oid), *binary, arena)) : mapped.from_text;
  return mapped;
}

}  // namespace bulkhead::postgres_cases
