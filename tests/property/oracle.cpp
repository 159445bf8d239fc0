#include "tests/property/oracle.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "runtime/sqlite/database.h"
#include "runtime/value/json.h"
#include "tests/property/oracle_sql.h"

namespace bulkhead::testing {
namespace {

Error Wrong(std::string message) { return {Code::InvalidData, std::move(message)}; }

// One stream subscribed to, with the parameters of one subscription.
struct Subscribed {
  const ast::CreateStream* stream = nullptr;
  std::string parameters = "{}";
};

std::string Shown(const OracleRow& row) {
  value::JsonWriter out;
  out.Raw('{');
  bool first = true;
  for (const auto& [name, v] : row) {
    if (!std::exchange(first, false)) out.Raw(',');
    out.Text(name);
    out.Raw(':');
    out.Add(v.view());
  }
  out.Raw('}');
  return out.str();
}

bool SameRow(const OracleRow& a, const OracleRow& b, bool absent_is_null) {
  if (!absent_is_null) return a == b;
  auto covers = [](const OracleRow& x, const OracleRow& y) {
    for (const auto& [name, v] : x) {
      auto other = y.find(name);
      if (other == y.end() ? !v.is_null() : !(v == other->second)) return false;
    }
    return true;
  };
  return covers(a, b) && covers(b, a);
}

}  // namespace

struct QueryOracle::State {
  explicit State(const ast::Tree& t) : tree(t) {}

  const ast::Tree& tree;
  SqlContext sql;
  std::vector<const ast::CreateView*> views;
  std::vector<const ast::CreateStream*> streams;
  Relations relations;
  std::optional<sqlite::Database> db;
  struct Table {
    std::string sql_name;
    std::vector<std::string> columns, key;
  };
  std::map<std::string, Table> tables;
  std::set<std::string> schemas;

  Result<std::string> Literal(const std::string& document, const std::string& key);
  Result<std::optional<std::string>> Parameters(const Subscribed& subscribed);
  Result<bool> Fits(const ast::Parameter& parameter, const std::string& document);
  Status AddQuery(const ast::Query& query, const std::vector<std::string>& with, Relations in_sight, Extent& extent);
  Status AddArm(const std::string& sql, const std::string& table, std::vector<std::string>& names, Extent& extent);
  Status AddStream(const Subscribed& subscribed, const engine::Request& request, Extent& extent);
  std::vector<Subscribed> SubscribedBy(const engine::Request& request) const;
};

QueryOracle::QueryOracle(const ast::Tree& tree, const std::vector<ast::File>& files)
    : state_(std::make_unique<State>(tree)) {
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) {
      if (const auto* view = std::get_if<ast::CreateView>(&statement.kind)) state_->views.push_back(view);
      if (const auto* stream = std::get_if<ast::CreateStream>(&statement.kind)) state_->streams.push_back(stream);
      if (const auto* function = std::get_if<ast::CreateFunction>(&statement.kind))
        state_->sql.functions[function->name.text] = function;
    }
  }
  for (const ast::CreateView* view : state_->views) {
    state_->relations[view->name.name.text] = view->query;
    state_->sql.relations.insert(view->name.name.text);
  }
  auto db = sqlite::Database::Open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0);
  if (db) state_->db = *std::move(db);
}

QueryOracle::~QueryOracle() = default;

Status QueryOracle::DeclareTable(const std::string& name, const std::vector<std::string>& columns,
                                 const std::vector<std::string>& key) {
  State& s = *state_;
  size_t dot = name.find('.');
  std::string schema = dot == std::string::npos ? "" : name.substr(0, dot);
  if (!schema.empty() && s.schemas.insert(schema).second)
    BULKHEAD_CHECK_OK(s.db->Execute("ATTACH ':memory:' AS " + SqlName(schema)));
  auto [at, is_new] = s.tables.try_emplace(name);
  State::Table& table = at->second;
  if (is_new) {
    table.sql_name = schema.empty() ? SqlName(name) : SqlName(schema) + "." + SqlName(name.substr(dot + 1));
    table.key = key;
    s.sql.relations.insert(schema.empty() ? name : name.substr(dot + 1));
    BULKHEAD_CHECK_OK(s.db->Execute(fmt::format("CREATE TABLE {} ({})", table.sql_name, SqlName(key[0]))));
    table.columns.push_back(key[0]);
  }
  for (const std::string& column : columns) {
    bool known = false;
    for (const std::string& each : table.columns) known |= sqlite::FoldName(each) == sqlite::FoldName(column);
    if (known) continue;
    BULKHEAD_CHECK_OK(s.db->Execute(fmt::format("ALTER TABLE {} ADD COLUMN {}", table.sql_name, SqlName(column))));
    table.columns.push_back(column);
  }
  return Ok();
}

Status QueryOracle::Apply(const std::vector<driver::RowChange>& changes) {
  State& s = *state_;
  for (const driver::RowChange& change : changes) {
    auto found = s.tables.find(change.table);
    if (found == s.tables.end()) return Wrong("no table " + change.table);
    const State::Table& table = found->second;
    auto remove = [&](const driver::NamedRow& row) -> Status {
      std::string sql = "DELETE FROM " + table.sql_name;
      for (size_t i = 0; i < table.key.size(); ++i) sql += (i ? " AND " : " WHERE ") + SqlName(table.key[i]) + " IS ?";
      BULKHEAD_TRY(auto statement, s.db->Prepare(sql));
      for (size_t i = 0; i < table.key.size(); ++i) {
        const value::OwnedValue* v = row.Find(table.key[i]);
        statement.Bind(static_cast<int>(i) + 1, v ? v->view() : value::Value::Null());
      }
      return statement.Run();
    };
    if (change.old) BULKHEAD_CHECK_OK(remove(*change.old));
    BULKHEAD_CHECK_OK(remove(change.row));
    if (change.kind == driver::RowChange::Kind::Delete) continue;
    std::string names, marks;
    for (const std::string& column : change.row.columns) {
      names += (names.empty() ? "" : ", ") + SqlName(column);
      marks += marks.empty() ? "?" : ", ?";
    }
    BULKHEAD_TRY(auto insert, s.db->Prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table.sql_name, names, marks)));
    for (size_t i = 0; i < change.row.values.size(); ++i) insert.Bind(static_cast<int>(i) + 1, change.row.values[i].view());
    BULKHEAD_CHECK_OK(insert.Run());
  }
  return Ok();
}

// `document ->> key` (the document itself without a key), computed by SQLite, as a SQL literal.
Result<std::string> QueryOracle::State::Literal(const std::string& document, const std::string& key) {
  BULKHEAD_TRY(auto statement, db->Prepare(key.empty() ? "SELECT quote(?1)" : "SELECT quote(?1 ->> ?2)"));
  statement.Bind(1, std::string_view(document));
  if (!key.empty()) statement.Bind(2, std::string_view(key));
  BULKHEAD_TRY(bool row, statement.Step());
  if (!row) return Wrong("no value of " + key);
  return std::string(statement.Text(0));
}

std::vector<Subscribed> QueryOracle::State::SubscribedBy(const engine::Request& request) const {
  std::vector<Subscribed> subscribed;
  for (const ast::CreateStream* stream : streams) {
    if (stream->auto_subscribe && request.include_defaults) subscribed.push_back({stream});
    for (const engine::Subscription& each : request.subscriptions)
      if (each.stream == stream->name.text) subscribed.push_back({stream, each.parameters.value_or("{}")});
  }
  return subscribed;
}

// Whether the parameter's value, when given, has the declared type.
Result<bool> QueryOracle::State::Fits(const ast::Parameter& parameter, const std::string& document) {
  BULKHEAD_TRY(auto statement, db->Prepare("SELECT json_type(?1, '$.' || json_quote(?2)), (?1 ->> ('$.' || json_quote(?2))) IN (0, 1)"));
  statement.Bind(1, std::string_view(document)).Bind(2, std::string_view(parameter.name.text));
  BULKHEAD_TRY(bool row, statement.Step());
  if (!row || statement.IsNull(0)) return !parameter.not_null || parameter.default_value.HasValue();
  std::string_view type = statement.Text(0);
  const std::string& declared = parameter.type.name;
  auto has = [&](const char* word) { return declared.find(word) != std::string::npos; };
  if (type == "null") return !parameter.not_null;
  if (declared.empty() || parameter.type.array_dimensions > 0 || has("json")) return true;
  if (has("bool")) return type == "true" || type == "false" || (type == "integer" && statement.Integer(1) == 1);
  if (has("int") && !has("interval")) return type == "integer";
  if (has("real") || has("double") || has("float")) return type == "integer" || type == "real";
  return type == "text";
}

// The literals of a subscription's parameters are looked up as they are met; none when the subscription is refused.
Result<std::optional<std::string>> QueryOracle::State::Parameters(const Subscribed& subscribed) {
  const auto& declared = subscribed.stream->parameters;
  if (declared.empty()) return std::optional(subscribed.parameters);
  for (const ast::Parameter& parameter : declared) {
    BULKHEAD_TRY(bool fits, Fits(parameter, subscribed.parameters));
    if (!fits) return std::optional<std::string>();
  }
  BULKHEAD_TRY(auto keys, db->Prepare("SELECT key FROM json_each(?1)"));
  keys.Bind(1, std::string_view(subscribed.parameters));
  for (;;) {
    BULKHEAD_TRY(bool row, keys.Step());
    if (!row) return std::optional(subscribed.parameters);
    bool known = false;
    for (const ast::Parameter& parameter : declared) known |= parameter.name.text == keys.Text(0);
    if (!known) return std::optional<std::string>();
  }
}

Status QueryOracle::State::AddStream(const Subscribed& subscribed, const engine::Request& request, Extent& extent) {
  BULKHEAD_TRY(std::optional<std::string> parameters, Parameters(subscribed));
  if (!parameters) return Ok();
  OracleSql* printer = nullptr;
  std::optional<Error> failed;
  auto literal = [&](const std::string& document, const std::string& key) {
    auto text = Literal(document, key);
    if (!text) failed = text.error();
    return text ? *text : std::string("NULL");
  };
  sql.parameter = [&](const std::string& name) {
    for (const ast::Parameter& parameter : subscribed.stream->parameters) {
      if (parameter.name.text != name || !parameter.default_value.HasValue()) continue;
      auto given = db->Prepare("SELECT 1 FROM json_each(?1) WHERE key = ?2");
      if (!given) continue;
      given->Bind(1, std::string_view(*parameters)).Bind(2, std::string_view(name));
      auto row = given->Step();
      if (row && !*row) return "(" + printer->Expr(parameter.default_value) + ")";
    }
    return literal(*parameters, name);
  };
  sql.request = [&](const std::string& document, const std::string& function, const std::string& key) {
    if (document == "subscription" && function == "parameter") return sql.parameter(key);
    std::string text = document == "auth" ? request.auth : document == "connection" ? request.connection.value_or("{}") : *parameters;
    return literal(text, function == "user_id" ? "sub" : key);
  };
  OracleSql sql_printer(tree, sql);
  printer = &sql_printer;
  std::vector<std::string> with;
  for (const ast::CreateView* view : views)
    with.push_back(sql_printer.Cte({view->name.name, view->columns, view->query, {}}));
  Relations in_sight = relations;
  for (const ast::Cte& cte : subscribed.stream->with) {
    sql.relations.insert(cte.name.text);
    in_sight[cte.name.text] = cte.query;
    with.push_back(sql_printer.Cte(cte));
  }
  for (ast::QueryId query : subscribed.stream->queries) BULKHEAD_CHECK_OK(AddQuery(tree[query], with, in_sight, extent));
  if (!sql_printer.problem().empty()) return Wrong("the oracle cannot print " + sql_printer.problem());
  return failed ? Status(*failed) : Ok();
}

Status QueryOracle::State::AddQuery(const ast::Query& query, const std::vector<std::string>& with, Relations in_sight,
                                    Extent& extent) {
  OracleSql printer(tree, sql);
  std::string prefix;
  for (const std::string& each : with) prefix += (prefix.empty() ? "WITH " : ", ") + each;
  for (const ast::Cte& cte : query.with) {
    sql.relations.insert(cte.name.text);
    in_sight[cte.name.text] = cte.query;
    prefix += (prefix.empty() ? "WITH " : ", ") + printer.Cte(cte);
  }
  std::vector<std::string> names;
  for (const ast::QueryArm& arm : query.arms) {
    const auto* select = std::get_if<ast::Select>(&arm.body);
    if (!select) return Wrong("the oracle takes plain arms only");
    std::string table = select->into.HasValue() ? select->into.text : OutputTableOf(tree, *select, in_sight);
    if (table.empty()) return Wrong("the oracle finds no table of the output");
    BULKHEAD_CHECK_OK(AddArm(prefix + " " + printer.Select(*select), table, names, extent));
  }
  if (!printer.problem().empty()) return Wrong("the oracle cannot print " + printer.problem());
  return Ok();
}

Status QueryOracle::State::AddArm(const std::string& text, const std::string& table, std::vector<std::string>& names,
                                  Extent& extent) {
  auto prepared = db->Prepare(text);
  if (!prepared) return Wrong(prepared.error().message + " in: " + text);
  sqlite::Statement& statement = *prepared;
  for (int i = 0; i < statement.column_count() && static_cast<int>(names.size()) <= i; ++i)
    names.emplace_back(statement.ColumnName(i));
  for (;;) {
    auto stepped = statement.Step();
    if (!stepped) return Wrong(stepped.error().message + " in: " + text);
    if (!*stepped) return Ok();
    OracleRow row;
    std::string id;
    for (int i = 0; i < statement.column_count(); ++i) {
      value::OwnedValue v(statement.At(i));
      const std::string& name = names[static_cast<size_t>(i)];
      row.erase(name);
      if (name == "id") id = v.type() == value::Type::Text ? std::string(v.view().bytes()) : std::string(statement.Text(i));
      if (v.type() != value::Type::Blob) row[name] = std::move(v);
    }
    if (row.count("id") == 0 || row["id"].is_null()) continue;
    auto [at, is_new] = extent[table].try_emplace(id, row);
    if (!is_new && !(at->second == row))
      return Wrong(fmt::format("two rows of `{}` have the id `{}`: {} and {}", table, id, Shown(at->second), Shown(row)));
  }
}

Result<Extent> QueryOracle::ExtentOf(const engine::Request& request) {
  Extent extent;
  for (const Subscribed& each : state_->SubscribedBy(request)) BULKHEAD_CHECK_OK(state_->AddStream(each, request, extent));
  return extent;
}

Extent ExtentOf(const std::vector<client::DumpedTable>& tables) {
  Extent extent;
  for (const client::DumpedTable& table : tables) {
    for (const client::DumpedRow& row : table.rows) {
      OracleRow& columns = extent[table.name][row.id];
      for (const auto& [name, v] : row.columns) columns[name] = v;
    }
  }
  return extent;
}

std::string Difference(const Extent& expected, const Extent& actual, bool absent_is_null) {
  static const std::map<std::string, OracleRow> None;
  std::set<std::string> tables;
  for (const Extent* extent : {&expected, &actual})
    for (const auto& [table, rows] : *extent) tables.insert(table);
  std::string text;
  for (const std::string& table : tables) {
    const auto& wanted = expected.count(table) ? expected.at(table) : None;
    const auto& held = actual.count(table) ? actual.at(table) : None;
    for (const auto& [id, row] : wanted) {
      auto found = held.find(id);
      if (found == held.end()) text += fmt::format("  missing {} {}\n", table, Shown(row));
      else if (!SameRow(row, found->second, absent_is_null))
        text += fmt::format("  differs {} is {}\n    instead of {}\n", table, Shown(found->second), Shown(row));
    }
    for (const auto& [id, row] : held)
      if (!wanted.count(id)) text += fmt::format("  too much {} {}\n", table, Shown(row));
  }
  return text;
}

std::string ToJson(const Extent& extent) {
  std::string text = "{";
  for (const auto& [table, rows] : extent) {
    value::JsonWriter name;
    name.Text(table);
    text += (text.size() > 1 ? "," : "") + name.str() + ":[";
    bool first = true;
    for (const auto& [id, row] : rows) text += (std::exchange(first, false) ? "" : ",") + Shown(row);
    text += "]";
  }
  return text + "}";
}

}  // namespace bulkhead::testing
