// The triggers that feed the log.
//
// A row's key is logged after its insert, update or delete. That leaves the rows that a REPLACE conflict
// deletes: for them SQLite runs no delete trigger (unless recursive_triggers is on), so before each insert
// and update the rows that stand in its way by any unique rule are looked up, by that rule's index, and their
// keys logged. When nothing is replaced in the end, the log has a key too many, which costs a read.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/source/index_text.h"
#include "runtime/source/sqlite_table.h"

namespace bulkhead::source {
namespace {

using sqlite::QuoteName;
using sqlite::QuoteText;

std::string Joined(const std::vector<std::string>& items, std::string_view separator) {
  return fmt::format("{}", fmt::join(items, separator));
}

// `bulkhead_changes(tbl, k1, k2)`
std::string Target(const Table& table) {
  std::vector<std::string> columns = {"tbl"};
  for (size_t i = 1; i <= table.key.size(); ++i) columns.push_back(fmt::format("k{}", i));
  return "bulkhead_changes(" + Joined(columns, ", ") + ")";
}

// `'tasks', NEW."id"`; `row` is "NEW.", "OLD." or empty.
std::string Logged(const Table& table, std::string_view row) {
  std::vector<std::string> values = {QuoteText(table.name)};
  for (const std::string& column : table.key) values.push_back(std::string(row) + QuoteName(column));
  return Joined(values, ", ");
}

// The values of both rows are the same, as IS sees it, whatever the columns' collations.
std::string Same(const std::vector<std::string>& columns, std::string_view left, std::string_view right) {
  std::vector<std::string> tests;
  for (const std::string& column : columns)
    tests.push_back(fmt::format("{0}{2} COLLATE BINARY IS {1}{2}", left, right, QuoteName(column)));
  return "(" + Joined(tests, " AND ") + ")";
}

// A row in the table that equals NEW by one term of a rule.
std::string Meets(const Table& table, const UniqueRule::Term& term) {
  if (!term.column.empty())
    return fmt::format("{0} COLLATE {1} = NEW.{0}", QuoteName(term.column), QuoteName(term.collation));
  if (term.expression == "rowid") return "rowid = NEW.rowid";
  // The expression over NEW: its columns under their own names, as if they were the table's. No others: a
  // column that a trigger names cannot be dropped.
  std::vector<std::string> columns;
  for (const std::string& column : ColumnsNamed(term.expression, table.columns))
    columns.push_back(fmt::format("NEW.{0} AS {0}", QuoteName(column)));
  if (columns.empty()) columns.push_back("1");
  return fmt::format("({0}\n) COLLATE {1} = (SELECT {0}\n FROM (SELECT {2}) AS {3})", term.expression,
                     QuoteName(term.collation), Joined(columns, ", "), QuoteName(table.name));
}

// The rule is about exactly the key and exact: what it replaces is logged under its own key anyway.
bool IsAboutKey(const Table& table, const UniqueRule& rule) {
  if (!rule.is_exact || rule.terms.size() != table.key.size()) return false;
  return std::all_of(rule.terms.begin(), rule.terms.end(), [&](const UniqueRule::Term& term) {
    return std::find(table.key.begin(), table.key.end(), term.column) != table.key.end();
  });
}

// Statements that log the rows in NEW's way; `own` is the row they are not: "NEW." or "OLD.".
std::string LogReplaced(const Table& table, std::string_view own) {
  std::string statements;
  for (const UniqueRule& rule : table.rules) {
    if (IsAboutKey(table, rule)) continue;
    std::vector<std::string> tests;
    for (const UniqueRule::Term& term : rule.terms) tests.push_back(Meets(table, term));
    if (!rule.where.empty()) tests.push_back("(" + rule.where + "\n)");
    tests.push_back("NOT " + Same(table.key, "", own));
    statements += fmt::format("\n  INSERT INTO {} SELECT {} FROM {} WHERE {};", Target(table),
                              Logged(table, ""), QuoteName(table.name), Joined(tests, " AND "));
  }
  return statements;
}

// The columns whose change can put other rows in the way; nothing when an expression may read any column.
std::vector<std::string> RuleColumns(const Table& table) {
  std::set<std::string> columns;
  for (const UniqueRule& rule : table.rules) {
    if (IsAboutKey(table, rule)) continue;
    if (!rule.where.empty()) return {};
    for (const UniqueRule::Term& term : rule.terms) {
      if (term.column.empty()) return {};
      columns.insert(term.column);
    }
  }
  return {columns.begin(), columns.end()};
}

}  // namespace

std::vector<Trigger> TriggersOf(const Table& table) {
  std::vector<Trigger> triggers;
  auto add = [&](const char* event, const char* timing, const std::string& when, const std::string& body) {
    std::string name = fmt::format("bulkhead_{}_{}", event, table.name);
    triggers.push_back({name, fmt::format("CREATE TRIGGER {} {} ON {}{} BEGIN{}\nEND", QuoteName(name),
                                          timing, QuoteName(table.name), when, body)});
  };
  std::string log = "\n  INSERT INTO " + Target(table);
  add("insert", "AFTER INSERT", "", log + " VALUES (" + Logged(table, "NEW.") + ");");
  add("update", "AFTER UPDATE", "",
      log + " VALUES (" + Logged(table, "NEW.") + ");" + log + " SELECT " + Logged(table, "OLD.") +
          " WHERE NOT " + Same(table.key, "OLD.", "NEW.") + ";");
  add("delete", "AFTER DELETE", "", log + " VALUES (" + Logged(table, "OLD.") + ");");
  std::string before_insert = LogReplaced(table, "NEW.");
  if (before_insert.empty()) return triggers;
  std::vector<std::string> columns = RuleColumns(table);
  std::string when = columns.empty() ? "" : " WHEN NOT " + Same(columns, "OLD.", "NEW.");
  add("before_insert", "BEFORE INSERT", "", before_insert);
  add("before_update", "BEFORE UPDATE", when, LogReplaced(table, "OLD."));
  return triggers;
}

}  // namespace bulkhead::source
