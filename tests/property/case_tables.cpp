// Tables and projections of generated cases.
#include <fmt/format.h>

#include "tests/property/rules_generator.h"

namespace bulkhead::testing {
namespace {

constexpr const char* TableNames[] = {"teams", "members", "items", "notes", "logs"};
constexpr const char* LinkNames[] = {"team_id", "member_id", "item_id", "note_id", "log_id"};

std::string TypeOf(Random& random, const std::vector<CaseTable>& tables, const Domain& domain) {
  switch (domain.kind) {
    case Kind::Key: return tables[static_cast<size_t>(domain.table)].integer_key ? "integer" : "text";
    case Kind::Person:
    case Kind::Word:
    case Kind::Note: return random.OneIn(3) ? "varchar(40)" : "text";
    case Kind::Number: return random.OneIn(3) ? "bigint" : "integer";
    case Kind::Flag: return "integer";
    case Kind::Real: return random.OneIn(2) ? "real" : "double precision";
    case Kind::Array: return domain.element == Kind::Person && random.OneIn(2) ? "text[]" : "jsonb";
    case Kind::Document: return "jsonb";
    case Kind::Blob: return random.OneIn(2) ? "bytea" : "blob";
  }
  return "";
}

class TableMaker {
 public:
  TableMaker(Random& random, bool typed) : random_(random), typed_(typed) {}

  std::vector<CaseTable> Make() {
    size_t count = 2 + random_.Below(4);
    for (size_t i = 0; i < count; ++i) {
      CaseTable table;
      table.name = random_.OneIn(8) ? fmt::format("\"{} X\"", TableNames[i]) : TableNames[i];
      table.key_size = typed_ && i > 0 && random_.OneIn(4) ? 2 : 1;  // without a schema the key is id
      table.integer_key = table.key_size == 1 && random_.OneIn(3);
      tables_.push_back(std::move(table));
    }
    for (size_t i = 0; i < count; ++i) AddColumns(i);
    return std::move(tables_);
  }

 private:
  void Add(CaseTable& table, const std::string& name, Domain domain, bool nullable) {
    std::string type = typed_ ? TypeOf(random_, tables_, domain) : "";
    table.columns.push_back({name, domain, nullable, type});
  }

  void AddKey(size_t index, CaseTable& table) {
    if (table.key_size == 1) return Add(table, "id", {Kind::Key, static_cast<int>(index)}, false);
    Add(table, "owner", {Kind::Person}, false);
    Add(table, "word", {Kind::Word}, false);
  }

  // A link to a table with a key of one column; itself included.
  void AddLink(CaseTable& table) {
    size_t target = random_.Below(tables_.size());
    if (tables_[target].key_size != 1) target = 0;
    for (const CaseColumn& column : table.columns)
      if (column.name == LinkNames[target]) return;
    Add(table, LinkNames[target], {Kind::Key, static_cast<int>(target)}, !random_.OneIn(4));
  }

  void AddColumns(size_t index) {
    CaseTable& table = tables_[index];
    AddKey(index, table);
    for (size_t i = 1 + random_.Below(2); i > 0; --i) AddLink(table);
    if (table.key_size == 1) {
      Add(table, random_.OneIn(6) ? "\"Owner\"" : "owner", {Kind::Person}, !random_.OneIn(3));
      Add(table, "word", {Kind::Word}, !random_.OneIn(3));
    }
    Add(table, "num", {Kind::Number}, !random_.OneIn(3));
    Add(table, "people", {Kind::Array, -1, Kind::Person}, !random_.OneIn(3));
    if (random_.OneIn(2)) Add(table, "words", {Kind::Array, -1, Kind::Word}, true);
    if (random_.OneIn(3)) Add(table, "nums", {Kind::Array, -1, Kind::Number}, true);
    if (random_.OneIn(2)) Add(table, "doc", {Kind::Document}, true);
    if (random_.OneIn(2)) Add(table, "flag", {Kind::Flag}, random_.OneIn(2));
    if (random_.OneIn(3)) Add(table, "weight", {Kind::Real}, true);
    if (random_.OneIn(3)) Add(table, "note", {Kind::Note}, true);
    if (random_.OneIn(5)) Add(table, "bytes", {Kind::Blob}, true);
  }

  Random& random_;
  bool typed_;
  std::vector<CaseTable> tables_;
};

std::string Computed(Random& random) {
  static constexpr const char* Items[] = {
      "upper({a}.word) AS up",
      "{a}.num + 1 AS next",
      "coalesce({a}.word, '?') AS word_or",
      "CASE WHEN {a}.num > 1 THEN 'many' ELSE 'few' END AS size",
      "{a}.num || '' AS num_text",
      "typeof({a}.num) AS kind",
      "{a}.people ->> 0 AS first",
      "length({a}.word) AS length",
      "CAST({a}.num AS text) AS num_cast",
      "upper({a}.word) AS word",
      "{a}.num = 1 OR {a}.word = 'a' AS either",
  };
  return random.Pick(Items);
}

Projection MakeProjection(Random& random, const CaseTable& table) {
  Projection projection;
  bool composite = table.key_size > 1;
  std::string id = composite ? "{a}.owner || ':' || {a}.word AS id" : "{a}.id";
  if (composite) projection.features.insert(Feature::CompositeKey);
  if (random.OneIn(3)) {
    projection.items = id;
    for (size_t i = composite ? 0 : 1; i < table.columns.size(); ++i)
      if (random.OneIn(2)) projection.items += ", {a}." + table.columns[i].name;
  } else {
    projection.items = composite ? "{a}.*, " + id : "{a}.*";
  }
  if (random.OneIn(4)) {
    std::string item = Computed(random);
    // A repeated name is legal after `*` only.
    if (item.ends_with(" word") && projection.items.find('*') == std::string::npos) item = "{a}.num AS n";
    projection.items += ", " + item;
    projection.features.insert(Feature::Computed);
  }
  return projection;
}

}  // namespace

std::vector<CaseTable> MakeTables(Random& random, const Case& c) { return TableMaker(random, c.typed).Make(); }

std::vector<std::vector<Projection>> MakeProjections(Random& random, const Case& c) {
  std::vector<std::vector<Projection>> projections;
  for (size_t i = 0; i < c.tables.size(); ++i) {
    projections.push_back({MakeProjection(random, c.tables[i])});
    if (!random.OneIn(3)) continue;
    Projection other = MakeProjection(random, c.tables[i]);
    other.into = fmt::format("kept_{}", i);
    other.features.insert(Feature::Into);
    projections.back().push_back(std::move(other));
  }
  return projections;
}

}  // namespace bulkhead::testing
