#include "tests/property/rules_case.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "runtime/value/json.h"

namespace bulkhead::testing {
namespace {

using Json = nlohmann::ordered_json;

std::string PrintPred(const Pred& pred) {
  switch (pred.form) {
    case Pred::Form::Leaf: return pred.text;
    case Pred::Form::Not: return "NOT (" + PrintPred(pred.args[0]) + ")";
    case Pred::Form::Sub: return pred.text + " (" + PrintSelect(pred.select[0]) + ")";
    case Pred::Form::And:
    case Pred::Form::Or: break;
  }
  std::string text;
  for (const Pred& arg : pred.args) {
    if (!text.empty()) text += pred.form == Pred::Form::And ? " AND " : " OR ";
    bool parens = arg.form == Pred::Form::And || arg.form == Pred::Form::Or;
    text += parens ? "(" + PrintPred(arg) + ")" : PrintPred(arg);
  }
  return text;
}

std::string PrintWith(const std::vector<CaseCte>& with) {
  std::string text;
  for (const CaseCte& cte : with)
    text += fmt::format("{}{} AS ({})", text.empty() ? "WITH " : ", ", cte.name, PrintSelect(cte.select));
  return text;
}

std::string PrintQuery(const CaseQuery& query) {
  std::string text = PrintWith(query.with);
  if (!text.empty()) text += " ";
  for (size_t i = 0; i < query.arms.size(); ++i) {
    if (i) text += " " + query.set_operator + " ";
    text += PrintSelect(query.arms[i]);
  }
  return text;
}

std::string PrintParameters(const CaseStream& stream) {
  std::string text;
  for (const CaseParameter& p : stream.parameters) {
    text += text.empty() ? " (" : ", ";
    text += p.name;
    if (!p.type.empty()) text += " " + p.type;
    if (p.not_null) text += " NOT NULL";
    if (!p.default_text.empty()) text += " DEFAULT " + p.default_text;
  }
  return text.empty() ? text : text + ")";
}

std::string PrintTable(const CaseTable& table) {
  std::string text = fmt::format("CREATE TABLE {} (", table.name);
  for (const CaseColumn& column : table.columns)
    text += fmt::format("{} {}{}, ", column.name, column.type, column.nullable ? "" : " NOT NULL");
  text += "PRIMARY KEY (";
  for (size_t i = 0; i < table.key_size; ++i) text += (i ? ", " : "") + table.columns[i].name;
  return text + "));\n";
}

// SQL name -> name of the column in rows.
std::string Unquoted(const std::string& name) {
  return name.front() == '"' ? name.substr(1, name.size() - 2) : name;
}

// PowerSync's YAML, with a scalar of another style each time.
struct Yaml {
  std::string text = "config:\n  edition: 3\n";
  size_t scalars = 0;
  bool with_begun = false;

  // `:name` is the subscription's parameter.
  static std::string WithParameters(const std::string& sql) {
    static const std::regex Parameter("(^|[^:]):([a-z_][a-z0-9_]*)");
    return std::regex_replace(sql, Parameter, "$1subscription.parameter('$2')");
  }
  static std::string Doubled(const std::string& sql, char quote) {
    std::string out(1, quote);
    for (char ch : sql) {
      if (ch == quote) out += quote == '"' ? '\\' : quote;
      if (ch == '\\' && quote == '"') out += '\\';
      out += ch;
    }
    return out + quote;
  }
  void Scalar(size_t indent, const std::string& raw) {
    std::string sql = WithParameters(raw);
    std::string margin(indent + 2, ' ');
    switch (scalars++ % 4) {
      case 0: text += Doubled(sql, '"') + "\n"; return;
      case 1: text += Doubled(sql, '\'') + "\n"; return;
      case 2: text += "|-\n" + margin + sql + "\n"; return;
      default: text += ">\n" + margin + sql + "\n\n"; return;
    }
  }
  void Cte(size_t indent, const std::string& name, const std::string& sql) {
    if (indent == 0 && !std::exchange(with_begun, true)) text += "with:\n";
    text += std::string(indent + 2, ' ') + Doubled(Unquoted(name), '"') + ": ";
    Scalar(indent + 2, sql);
  }
  void Streams() { text += "streams:\n"; }
  void Stream(const CaseStream& stream) {
    text += "  " + Doubled(Unquoted(stream.name), '"') + ":\n";
    if (stream.auto_subscribe) text += "    auto_subscribe: true\n";
    if (stream.priority) text += fmt::format("    priority: {}\n", *stream.priority);
    if (!stream.with.empty()) text += "    with:\n";
    for (const CaseCte& cte : stream.with) Cte(4, cte.name, PrintSelect(cte.select));
    text += "    queries:\n";
    for (const CaseQuery& query : stream.queries) {
      text += "      - ";
      Scalar(6, PrintQuery(query));
    }
  }
};

Json RowJson(const driver::NamedRow& row) {
  Json json = Json::object();
  for (size_t i = 0; i < row.columns.size(); ++i) {
    value::JsonWriter writer;
    writer.Add(row.values[i].view());
    json[row.columns[i]] = Json::parse(writer.view());
  }
  return json;
}

Json ChangeJson(const driver::RowChange& change) {
  bool is_delete = change.kind == driver::RowChange::Kind::Delete;
  Json json = {{"op", is_delete ? "delete" : "update"}, {"table", change.table}, {"row", RowJson(change.row)}};
  if (change.old) json["old"] = RowJson(*change.old);
  return json;
}

Json ConnectJson(size_t client, const engine::Request& request) {
  Json json = {{"connect", fmt::format("c{}", client)}, {"auth", Json::parse(request.auth)}};
  if (request.connection) json["connection"] = Json::parse(*request.connection);
  json["subscriptions"] = Json::array();
  for (const engine::Subscription& each : request.subscriptions) {
    Json subscription = {{"stream", each.stream}};
    if (each.parameters) subscription["parameters"] = Json::parse(*each.parameters);
    if (each.priority) subscription["priority"] = *each.priority;
    json["subscriptions"].push_back(std::move(subscription));
  }
  if (!request.include_defaults) json["include_defaults"] = false;
  return json;
}

Json StepsJson(const Case& c) {
  Json steps = Json::array();
  for (size_t i = 0; i < c.requests.size(); ++i) steps.push_back(ConnectJson(i, c.requests[i]));
  for (const CaseStep& step : c.steps) {
    for (size_t i : step.reconnect) steps.push_back({{"disconnect", fmt::format("c{}", i)}});
    Json changes = Json::array();
    for (const driver::RowChange& change : step.changes) changes.push_back(ChangeJson(change));
    steps.push_back({{"tx", std::move(changes)}});
    if (step.restart) steps.push_back({{"restart", true}});
    for (size_t i : step.reconnect) steps.push_back(ConnectJson(i, c.requests[i]));
    for (size_t i = 0; i < c.requests.size(); ++i) steps.push_back({{"sync", fmt::format("c{}", i)}});
  }
  return steps;
}

}  // namespace

std::vector<std::string> CaseTable::KeyColumns() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < key_size; ++i) names.push_back(Unquoted(columns[i].name));
  return names;
}

std::string PrintSelect(const CaseSelect& select) {
  std::string text = "SELECT " + select.items;
  if (!select.into.empty()) text += " INTO " + select.into;
  text += " FROM " + select.from;
  for (const std::string& joined : select.joined) text += joined;
  for (size_t i = 0; i < select.where.size(); ++i) {
    const Pred& pred = select.where[i];
    bool parens = pred.form == Pred::Form::Or && select.where.size() > 1;
    text += i ? " AND " : " WHERE ";
    text += parens ? "(" + PrintPred(pred) + ")" : PrintPred(pred);
  }
  return text;
}

std::string PrintStream(const CaseStream& stream) {
  std::string text = "CREATE STREAM " + stream.name + PrintParameters(stream);
  if (stream.auto_subscribe) text += " AUTO SUBSCRIBE";
  if (stream.priority) text += fmt::format(" PRIORITY {}", *stream.priority);
  if (stream.with.empty() && stream.queries.size() == 1) return text + " AS\n  " + PrintQuery(stream.queries[0]) + ";\n";
  text += " AS\nBEGIN\n";
  if (!stream.with.empty()) text += "  " + PrintWith(stream.with) + ";\n";
  for (const CaseQuery& query : stream.queries) text += "  " + PrintQuery(query) + ";\n";
  return text + "END;\n";
}

std::string PrintTables(const Case& c) {
  std::string text;
  for (const CaseTable& table : c.tables) text += PrintTable(table);
  return text;
}

std::string PrintYaml(const Case& c) {
  Yaml yaml;
  for (const CaseDefinition& definition : c.definitions)
    if (!definition.select.empty()) yaml.Cte(0, definition.name, PrintSelect(definition.select[0]));
  yaml.Streams();
  for (const CaseStream& stream : c.streams) yaml.Stream(stream);
  return std::move(yaml.text);
}

Case ForYaml(Case c) {
  std::set<std::string> gone, kept;  // names of definitions
  auto mentions = [](const std::string& sql, const std::set<std::string>& names) {
    for (const std::string& name : names)
      if (std::regex_search(sql, std::regex("(^|[^a-z0-9_])" + Unquoted(name) + "($|[^a-z0-9_])"))) return true;
    return false;
  };
  auto drop = [&](const std::string& name, const std::string& sql) {
    bool out = sql.empty() || mentions(sql, kept) || mentions(sql, gone);
    (out ? gone : kept).insert(name);
    return out;
  };
  std::erase_if(c.definitions, [&](const CaseDefinition& d) {
    return drop(d.name, d.select.empty() ? "" : PrintSelect(d.select[0]));
  });
  for (CaseStream& stream : c.streams) {
    for (CaseParameter& parameter : stream.parameters) parameter.default_text.clear();
    std::erase_if(stream.with, [&](const CaseCte& cte) { return drop(cte.name, PrintSelect(cte.select)); });
    std::erase_if(stream.queries, [&](const CaseQuery& query) { return mentions(PrintQuery(query), gone); });
  }
  std::erase_if(c.streams, [](const CaseStream& stream) { return stream.queries.empty(); });
  return c;
}

std::string PrintRules(const Case& c) {
  std::string text = c.typed ? PrintTables(c) : "";
  for (const CaseDefinition& definition : c.definitions) {
    if (definition.select.empty()) text += definition.text + ";\n";
    else text += fmt::format("CREATE VIEW {} AS {};\n", definition.name, PrintSelect(definition.select[0]));
  }
  for (const CaseStream& stream : c.streams) text += PrintStream(stream);
  return text;
}

std::string PrintScenario(const Case& c, const std::string& name, const std::string& expect) {
  Json json = {{"name", name}, {"rules", {{"language", "sync"}, {"text", PrintRules(c)}}}};
  if (c.file_store) json["store"] = "sqlite";
  std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  text.resize(text.rfind('}'));
  while (text.back() == '\n') text.pop_back();
  text += ",\n \"steps\": [";
  bool first = true;
  for (const Json& step : StepsJson(c)) {
    text += first ? "\n  " : ",\n  ";
    first = false;
    text += step.dump();
  }
  text += "\n ]";
  if (!expect.empty()) text += ",\n \"expect\": " + expect;
  return text + "\n}\n";
}

}  // namespace bulkhead::testing
