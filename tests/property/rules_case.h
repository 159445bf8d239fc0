// One generated case: tables, rules, requests and a history, in parts that a shrinker can drop one by one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/driver/host.h"
#include "runtime/engine/engine.h"

namespace bulkhead::testing {

// What a column holds. Columns of one domain are what makes joins hit.
enum class Kind : uint8_t { Key, Person, Word, Number, Real, Flag, Array, Document, Note, Blob };
struct Domain {
  Kind kind = Kind::Word;
  int table = -1;              // Key: of which table
  Kind element = Kind::Person;  // Array: of what
  friend bool operator==(const Domain&, const Domain&) = default;
};

struct CaseColumn {
  std::string name;
  Domain domain;
  bool nullable = false;
  std::string type;  // declared; empty in a case without a schema
};
struct CaseTable {
  std::string name;
  std::vector<CaseColumn> columns;  // the key's first
  size_t key_size = 1;
  bool integer_key = false;
  std::vector<std::string> KeyColumns() const;
};

struct CaseSelect;
// A condition. Leaf: `text`. Sub: `text`, then the subquery in parentheses.
struct Pred {
  enum class Form : uint8_t { Leaf, And, Or, Not, Sub };
  Form form = Form::Leaf;
  std::string text;
  std::vector<Pred> args;
  std::vector<CaseSelect> select;  // Sub: one
};
struct CaseSelect {
  std::string items;
  std::string into;
  std::string from;                // the first table, with its alias
  std::vector<std::string> joined;  // each with its leading ", " or " JOIN "
  std::vector<Pred> where;
};
struct CaseCte {
  std::string name;
  CaseSelect select;
};
struct CaseQuery {
  std::vector<CaseCte> with;
  std::vector<CaseSelect> arms;
  std::string set_operator;  // "UNION" or "UNION ALL"
};
struct CaseParameter {
  std::string name, type, default_text;
  bool not_null = false;
  Domain domain;
  bool array = false;  // of the domain
};
struct CaseStream {
  std::string name;
  bool auto_subscribe = false;
  std::optional<int> priority;
  std::vector<CaseParameter> parameters;
  std::vector<CaseCte> with;
  std::vector<CaseQuery> queries;
};
// CREATE VIEW name AS select, or a whole CREATE FUNCTION in `text`.
struct CaseDefinition {
  std::string name;
  std::string text;                // of a function
  std::vector<CaseSelect> select;  // of a view: one
};

// What happens between two comparisons.
struct CaseStep {
  std::vector<driver::RowChange> changes;
  bool restart = false;          // of the server, after the changes
  std::vector<size_t> reconnect;  // clients that were away while the changes happened
};

struct Case {
  bool typed = false;       // with a schema
  bool dense = false;       // few different values, so that most joins and comparisons hit
  bool file_store = false;  // the server keeps its state in a SQLite file
  std::vector<CaseTable> tables;
  std::vector<CaseDefinition> definitions;
  std::vector<CaseStream> streams;
  std::vector<engine::Request> requests;
  std::vector<CaseStep> steps;
};

std::string PrintRules(const Case& c);
// The same as PowerSync's YAML, edition 3, for a case that YAML can say. Tables are not part of it.
std::string PrintYaml(const Case& c);
// The case without what YAML cannot say: functions, defaults of parameters, WITH queries that use others.
Case ForYaml(Case c);
std::string PrintTables(const Case& c);
std::string PrintSelect(const CaseSelect& select);
std::string PrintStream(const CaseStream& stream);
// For `bulkhead replay` and tests/scenario: every client syncs after every step. `expect` is the value of the key of
// that name, JSON text; left out when empty.
std::string PrintScenario(const Case& c, const std::string& name, const std::string& expect);

}  // namespace bulkhead::testing
