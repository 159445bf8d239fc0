// Cuts a file into statements before any of them is parsed, so that an error in one never reaches the next and so that
// what a dump holds besides SQL (COPY data, psql commands) is stepped over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/syntax/syntax.h"

namespace bulkhead::syntax {

// What a statement is, by its first words.
enum class StatementKind : uint8_t {
  Unknown,
  SchemaFrom, Principal, Tenant, Isolate, Share, Confidential, Policy, View, Function, Stream, Test, Use, Assume,
  PlanHint, Table, Type, Domain, Index, AlterTable, AlterType,
};

// A statement as text[begin, end), without its semicolon.
struct RawStatement {
  StatementKind kind = StatementKind::Unknown;
  uint32_t begin = 0;
  uint32_t end = 0;
  bool raw_function = false;  // CREATE FUNCTION of PostgreSQL: LANGUAGE, a quoted body, or BEGIN ATOMIC
  bool broken = false;        // already diagnosed: not to be parsed
  std::vector<ast::Comment> comments;  // spans are offsets into the text, without a file
};

enum class SplitError : uint8_t {
  UnterminatedText,
  UnterminatedName,
  UnterminatedComment,
  UnterminatedDollar,
  MissingEnd,
  MissingSemicolon,
};
struct SplitProblem {
  SplitError error;
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct SplitText {
  std::vector<RawStatement> statements;
  std::vector<ast::Comment> trailing_comments;
  std::vector<SplitProblem> problems;
};

// Linear in the length of the text.
SplitText Split(std::string_view text, Mode mode);

// The words that can begin a statement of rules, for suggestions.
const std::vector<std::string_view>& StatementWords();

}  // namespace bulkhead::syntax
