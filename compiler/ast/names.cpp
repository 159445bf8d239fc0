#include <algorithm>
#include <iterator>

#include "compiler/ast/sql.h"

namespace bulkhead::ast {
namespace {

constexpr std::string_view Words[] = {
    "ADD",          "ALL",          "ALTER",        "AND",          "ANY",           "ARRAY",     "AS",
    "AUTOINCREMENT", "BETWEEN",     "CASE",         "CAST",         "CHECK",         "COLLATE",   "COMMIT",
    "CONSTRAINT",   "CREATE",       "CROSS",        "CURRENT_DATE", "CURRENT_TIME",  "CURRENT_TIMESTAMP",
    "CURRENT_USER", "DEFAULT",      "DEFERRABLE",   "DELETE",       "DISTINCT",      "DROP",      "ELSE",
    "END",          "ESCAPE",       "EXCEPT",       "EXISTS",       "FALSE",         "FOREIGN",   "FROM",
    "FULL",         "GLOB",         "GROUP",        "HAVING",       "IF",            "ILIKE",     "IN",
    "INDEX",        "INNER",        "INSERT",       "INTERSECT",    "INTO",          "IS",        "ISNULL",
    "JOIN",         "LATERAL",      "LEFT",         "LIKE",         "LIMIT",         "NATURAL",   "NOT",
    "NOTHING",      "NOTNULL",      "NULL",         "ON",           "OR",            "ORDER",     "OUTER",
    "PRIMARY",      "REFERENCES",   "RETURNING",    "RIGHT",        "SELECT",        "SESSION_USER", "SET",
    "SOME",         "TABLE",        "THEN",         "TO",           "TRANSACTION",   "TRUE",      "UNION",
    "UNIQUE",       "UPDATE",       "USING",        "VALUES",       "WHEN",          "WHERE",     "WINDOW",
    "WITH",
};

}  // namespace

bool NeedsQuotes(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return true;
  std::string upper;
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (!plain) return true;
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return std::find(std::begin(Words), std::end(Words), upper) != std::end(Words);
}

std::string QuoteName(std::string_view name) {
  if (!NeedsQuotes(name)) return std::string(name);
  std::string out = "\"";
  for (char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string QuoteText(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string Spelling(const TypeName& type) {
  std::string out = type.schema.HasValue() ? QuoteName(type.schema.text) + "." : "";
  // The words of a time type stand around its precision: timestamp(3) with time zone.
  size_t zone = type.name.find(" with");
  std::string_view name = std::string_view(type.name).substr(0, zone);
  bool words = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ' || c == '_';
  });
  out += words ? std::string(name) : QuoteName(name);
  for (size_t i = 0; i < type.arguments.size(); ++i) out += (i == 0 ? "(" : ", ") + type.arguments[i];
  if (!type.arguments.empty()) out += ")";
  if (zone != std::string::npos) out += type.name.substr(zone);
  for (uint32_t i = 0; i < type.array_dimensions; ++i) out += "[]";
  return out;
}

}  // namespace bulkhead::ast
