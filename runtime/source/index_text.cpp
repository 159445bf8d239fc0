#include "runtime/source/index_text.h"

#include <set>

#include "runtime/sqlite/database.h"

namespace bulkhead::source {
namespace {

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         (c & 0x80);
}

// Pieces of SQL as far as brackets and quotes go. Comments and space are passed over.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  // The next token, empty at the end: a word, something quoted, or one character.
  std::string_view Next() {
    SkipSpace();
    start_ = at_;
    if (at_ == sql_.size()) return {};
    char c = sql_[at_++];
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
      SkipQuoted(c == '[' ? ']' : c);
    } else if (IsWordCharacter(c)) {
      while (at_ < sql_.size() && IsWordCharacter(sql_[at_])) ++at_;
    }
    return sql_.substr(start_, at_ - start_);
  }
  size_t start() const { return start_; }  // of the last token
  size_t end() const { return at_; }

 private:
  void SkipQuoted(char close) {
    for (; at_ < sql_.size(); ++at_) {
      if (sql_[at_] != close) continue;
      bool doubled = close != ']' && at_ + 1 < sql_.size() && sql_[at_ + 1] == close;
      if (!doubled) break;
      ++at_;
    }
    if (at_ < sql_.size()) ++at_;
  }
  void SkipSpace() {
    for (;;) {
      while (at_ < sql_.size() && (sql_[at_] == ' ' || (sql_[at_] >= '\t' && sql_[at_] <= '\r'))) ++at_;
      std::string_view rest = sql_.substr(at_);
      if (rest.starts_with("--")) {
        at_ += std::min(rest.find('\n'), rest.size());
      } else if (rest.starts_with("/*")) {
        size_t end = rest.find("*/", 2);
        at_ += end == rest.npos ? rest.size() : end + 2;
      } else {
        return;
      }
    }
  }

  std::string_view sql_;
  size_t at_ = 0, start_ = 0;
};

std::string Unquoted(std::string_view token) {
  char quote = token[0];
  bool is_quoted = token.size() > 1 && (quote == '"' || quote == '`' || quote == '[' || quote == '\'');
  if (!is_quoted) return std::string(token);
  std::string name;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    name += token[i];
    if (token[i] == quote) ++i;
  }
  return name;
}

// One term in brackets: remembers where a COLLATE or a direction at its end begins.
struct Term {
  size_t start = 0, end = 0, kept = 0;
  bool empty = true;
  std::string_view last;

  void Add(std::string_view token, size_t token_start, size_t token_end) {
    if (empty) start = token_start;
    empty = false;
    std::string folded = sqlite::FoldName(token);
    bool direction = folded == "asc" || folded == "desc";
    bool collation = sqlite::FoldName(last) == "collate";
    if (!direction && !collation && folded != "collate") kept = token_end;
    end = token_end;
    last = token;
  }
};

}  // namespace

std::optional<IndexText> ReadIndexText(std::string_view sql) {
  Scanner scanner(sql);
  std::string_view token = scanner.Next();
  while (!token.empty() && token != "(") token = scanner.Next();
  if (token.empty()) return std::nullopt;
  IndexText text;
  Term term;
  for (int depth = 1; depth > 0;) {
    token = scanner.Next();
    if (token.empty()) return std::nullopt;
    if (token == "(") ++depth;
    if (token == ")") --depth;
    if (depth == 0 || (depth == 1 && token == ",")) {
      if (term.kept <= term.start) return std::nullopt;
      text.terms.emplace_back(sql.substr(term.start, term.kept - term.start));
      term = {};
    } else {
      term.Add(token, scanner.start(), scanner.end());
    }
  }
  token = scanner.Next();
  if (token.empty()) return text;
  if (sqlite::FoldName(token) != "where") return std::nullopt;
  text.where = sql.substr(scanner.end());
  return text;
}

std::vector<std::string> ColumnsNamed(std::string_view expression, const std::vector<std::string>& columns) {
  std::set<std::string> names;
  Scanner scanner(expression);
  for (std::string_view token = scanner.Next(); !token.empty(); token = scanner.Next())
    names.insert(sqlite::FoldName(Unquoted(token)));
  std::vector<std::string> named;
  for (const std::string& column : columns)
    if (names.contains(sqlite::FoldName(column))) named.push_back(column);
  return named;
}

}  // namespace bulkhead::source
