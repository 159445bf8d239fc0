#include "runtime/source/sqlite_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/source/index_text.h"

namespace bulkhead::source {
namespace {

using sqlite::FoldName;

// Edits from one name to another, for suggestions.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

Result<std::vector<std::string>> Names(sqlite::Database& database, std::string_view sql,
                                       std::string_view argument = "") {
  BULKHEAD_TRY(auto statement, database.Prepare(sql));
  statement.Bind(1, argument);
  std::vector<std::string> names;
  for (;;) {
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return names;
    names.emplace_back(statement.Text(0));
  }
}

// Names longer than this are not compared: they come from a file nobody checked.
constexpr size_t NameBytesMax = 200;

std::string Suggestion(const std::string& wanted, const std::vector<std::string>& names) {
  std::string folded = FoldName(wanted), best;
  size_t least = std::max<size_t>(2, wanted.size() / 3) + 1;
  for (const std::string& name : names) {
    if (name.size() > NameBytesMax || wanted.size() > NameBytesMax) continue;
    size_t distance = Distance(folded, FoldName(name));
    if (distance < least) least = distance, best = name;
  }
  return best.empty() ? "" : fmt::format("; the nearest is `{}`", best);
}

struct Column {
  std::string name, type;
  bool not_null = false;
  int64_t key_place = 0;  // in the primary key, from 1; 0: not in it
  std::string collation;  // of the column itself
};

// Everything read of one table before it is judged.
struct Draft {
  sqlite::Database& database;
  Table table;
  std::vector<Column> columns;
  std::string rowid_column;  // an INTEGER PRIMARY KEY; empty: none
  std::vector<std::string> primary_key;

  const Column* Find(std::string_view name) const {
    for (const Column& column : columns)
      if (FoldName(column.name) == FoldName(name)) return &column;
    return nullptr;
  }
};

// The affinity of a declared type, as SQLite finds it: only whether stored values may differ in bytes and be equal.
bool MixesNumbers(const std::string& type) {
  std::string folded = FoldName(type);
  auto has = [&](const char* word) {
    return folded.find(word) != folded.npos;
  };
  if (has("int") || has("char") || has("clob") || has("text")) return false;
  return folded.empty() || has("blob");
}

Error Unfit(const Draft& draft, std::string_view why) {
  return {Code::SourceFailed, fmt::format("table `{}` {}", draft.table.name, why)};
}

Status FindName(Draft& draft, std::string wanted) {
  if (FoldName(wanted).starts_with("main.")) wanted.erase(0, 5);
  BULKHEAD_TRY(auto names,
               Names(draft.database,
                     "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' "
                     "ESCAPE '!' AND name NOT LIKE 'bulkhead!_%' ESCAPE '!'"));
  for (const std::string& name : names)
    if (FoldName(name) == FoldName(wanted)) draft.table.name = name;
  if (!draft.table.name.empty()) return Ok();
  std::string schema;
  if (wanted.find('.') != wanted.npos) schema = "; a SQLite source has only the schema `main`";
  return Error{Code::NotFound, fmt::format("no table `{}`{}{}", wanted, schema, Suggestion(wanted, names))};
}

Status ReadKind(Draft& draft) {
  BULKHEAD_TRY(auto kind,
               draft.database.Prepare("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1"));
  BULKHEAD_TRY(bool row, kind.Bind(1, draft.table.name).Step());
  if (!row) return Unfit(draft, "cannot be read");
  if (kind.Text(0) == "table") return Ok();
  return Unfit(draft,
               fmt::format("is a {}; only ordinary tables can be followed, name the tables it reads", kind.Text(0)));
}

Status ReadColumns(Draft& draft) {
  BULKHEAD_TRY(
      auto statement,
      draft.database.Prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1"));
  statement.Bind(1, draft.table.name);
  for (;;) {
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) break;
    draft.columns.push_back({std::string(statement.Text(0)), std::string(statement.Text(1)),
                             statement.Integer(2) != 0, statement.Integer(3), "BINARY"});
    draft.table.columns.emplace_back(statement.Text(0));
  }
  std::vector<const Column*> key;
  for (const Column& column : draft.columns)
    if (column.key_place > 0) key.push_back(&column);
  std::sort(key.begin(), key.end(), [](auto* a, auto* b) { return a->key_place < b->key_place; });
  for (const Column* column : key) draft.primary_key.push_back(column->name);
  return Ok();
}

// The text of an index, for its expressions and condition.
Result<std::optional<IndexText>> ReadText(Draft& draft, std::string_view index) {
  BULKHEAD_TRY(
      auto sql,
      Names(draft.database, "SELECT coalesce(sql, '') FROM sqlite_schema WHERE type = 'index' AND name = ?1", index));
  return sql.empty() ? std::optional<IndexText>() : ReadIndexText(sql[0]);
}

Status ReadRule(Draft& draft, const std::string& index, bool partial) {
  UniqueRule rule{index, {}, "", true};
  BULKHEAD_TRY(auto terms,
               draft.database.Prepare("SELECT cid, name, coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno"));
  terms.Bind(1, index);
  std::optional<IndexText> text;
  if (partial) {
    BULKHEAD_TRY(text, ReadText(draft, index));
  }
  bool understood = !partial || text;
  for (size_t i = 0;; ++i) {
    BULKHEAD_TRY(bool row, terms.Step());
    if (!row) break;
    UniqueRule::Term term{std::string(terms.Text(1)), "", std::string(terms.Text(2))};
    if (terms.Integer(0) == -1) term = {"", "rowid", "BINARY"};
    if (terms.Integer(0) == -2) {
      if (!text) {
        BULKHEAD_TRY(text, ReadText(draft, index));
      }
      understood = understood && text && i < text->terms.size();
      term = {"", understood ? text->terms[i] : "", std::string(terms.Text(2))};
    }
    const Column* column = draft.Find(term.column);
    rule.is_exact = rule.is_exact && column && FoldName(term.collation) == "binary" && !MixesNumbers(column->type);
    rule.terms.push_back(std::move(term));
  }
  if (understood) {
    if (partial) rule.where = text->where;
    draft.table.rules.push_back(std::move(rule));
  } else {
    draft.table.warnings.push_back(
        fmt::format("the unique index `{}` of `{}` is not understood: rows that REPLACE deletes "
                    "through it will be missed",
                    index, draft.table.name));
  }
  return Ok();
}

Status ReadRules(Draft& draft) {
  BULKHEAD_TRY(auto list,
               draft.database.Prepare(
                   "SELECT name, partial, origin FROM pragma_index_list(?1) WHERE \"unique\" ORDER BY name"));
  list.Bind(1, draft.table.name);
  std::vector<std::pair<std::string, bool>> indexes;
  bool has_key_index = false;
  for (;;) {
    BULKHEAD_TRY(bool row, list.Step());
    if (!row) break;
    indexes.emplace_back(list.Text(0), list.Integer(1) != 0);
    has_key_index = has_key_index || list.Text(2) == "pk";
  }
  for (const auto& [index, partial] : indexes) BULKHEAD_CHECK_OK(ReadRule(draft, index, partial));
  // A primary key without an index is the rowid.
  if (!has_key_index && draft.primary_key.size() == 1) {
    draft.rowid_column = draft.primary_key[0];
    draft.table.rules.push_back({"", {{draft.rowid_column, "", "BINARY"}}, "", true});
  }
  return Ok();
}

// Whether no two rows have the same values, other than NULL, in these columns.
bool IsUnique(const Draft& draft, const std::vector<std::string>& key) {
  std::set<std::string> columns;
  for (const std::string& name : key) columns.insert(FoldName(name));
  return std::any_of(draft.table.rules.begin(), draft.table.rules.end(), [&](const UniqueRule& rule) {
    return rule.where.empty() && std::all_of(rule.terms.begin(), rule.terms.end(), [&](const auto& term) {
             return columns.contains(FoldName(term.column));
           });
  });
}

Status ChooseKey(Draft& draft, const std::vector<std::string>& wanted) {
  std::vector<std::string> key = wanted;
  if (key.empty()) key = draft.primary_key;
  if (key.empty()) {
    const Column* id = draft.Find("id");
    if (!id || !id->not_null || !IsUnique(draft, {"id"}))
      return Unfit(draft,
                   "has no primary key, nor a column `id` that is UNIQUE and NOT NULL; add one, or declare the key "
                   "in the rules' schema");
    key = {id->name};
  }
  for (std::string& name : key) {
    const Column* column = draft.Find(name);
    if (!column)
      return Unfit(draft, fmt::format("has no column `{}`, which is its key in the rules{}; a schema in the rules "
                                      "tells them the table's own key",
                                      name, Suggestion(name, draft.table.columns)));
    name = column->name;
  }
  if (!IsUnique(draft, key))
    return Unfit(
        draft,
        fmt::format(
            "may have several rows with the same `{}`, which is its key in the rules; create a unique index on it",
            fmt::join(key, "`, `")));
  if (key.size() > KeyColumnsMax)
    return Unfit(draft, fmt::format("has a key of more than {} columns", KeyColumnsMax));
  draft.table.key = std::move(key);
  return Ok();
}

}  // namespace

Result<Table> ReadTable(sqlite::Database& database, const TableRequest& request) {
  Draft draft{database, {}, {}, "", {}};
  BULKHEAD_CHECK_OK(FindName(draft, request.name));
  BULKHEAD_CHECK_OK(ReadKind(draft));
  BULKHEAD_CHECK_OK(ReadColumns(draft));
  BULKHEAD_CHECK_OK(ReadRules(draft));
  BULKHEAD_CHECK_OK(ChooseKey(draft, request.key));
  return std::move(draft.table);
}

std::vector<size_t> KeyPlaces(const Table& table) {
  std::vector<size_t> places;
  for (const std::string& name : table.key)
    places.push_back(
        static_cast<size_t>(std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin()));
  return places;
}

}  // namespace bulkhead::source
