#include "compiler/driver/scenario.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/base/limits.h"
#include "runtime/value/json.h"

namespace bulkhead::driver {
namespace {

// Ordered: the columns of a row keep their order.
using Json = nlohmann::ordered_json;

Error Invalid(std::string message) {
  return {Code::InvalidData, std::move(message)};
}

Result<std::string> BytesOf(const std::string& hex) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string bytes;
  if (hex.size() % 2) return Invalid("`$blob` has an odd number of digits");
  for (size_t i = 0; i < hex.size(); i += 2) {
    int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return Invalid("`$blob` is not hexadecimal");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Result<value::OwnedValue> ValueOf(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return value::OwnedValue();
    case Json::value_t::boolean:
      return value::OwnedValue(value::Value::Bool(json.get<bool>()));
    case Json::value_t::number_integer:
      return value::OwnedValue(value::Value::Integer(json.get<int64_t>()));
    case Json::value_t::number_unsigned: {
      uint64_t v = json.get<uint64_t>();
      return v <= INT64_MAX ? value::OwnedValue(value::Value::Integer(static_cast<int64_t>(v)))
                            : value::OwnedValue(value::Value::Real(static_cast<double>(v)));
    }
    case Json::value_t::number_float:
      return value::OwnedValue(value::Value::Real(json.get<double>()));
    case Json::value_t::string:
      return value::OwnedValue(value::Value::Text(json.get_ref<const std::string&>()));
    default:
      break;
  }
  if (!json.is_object() || json.size() != 1 || !json.contains("$blob") || !json["$blob"].is_string())
    return Invalid("a value is null, a number, a string or {\"$blob\": hex}");
  BULKHEAD_TRY(std::string bytes, BytesOf(json["$blob"].get<std::string>()));
  return value::OwnedValue(value::Value::Blob(bytes));
}

Result<NamedRow> RowOf(const Json& json) {
  if (!json.is_object()) return Invalid("a row is an object");
  NamedRow row;
  for (const auto& [name, value] : json.items()) {
    BULKHEAD_TRY(value::OwnedValue owned, ValueOf(value));
    row.columns.push_back(name);
    row.values.push_back(std::move(owned));
  }
  return row;
}

Result<std::string> TextOf(const Json& object, const char* key) {
  auto at = object.find(key);
  if (at == object.end() || !at->is_string())
    return Invalid(fmt::format("`{}` is missing or not a string", key));
  return at->get<std::string>();
}

Result<RowChange> ChangeOf(const Json& json) {
  if (!json.is_object()) return Invalid("an operation is an object");
  RowChange change;
  BULKHEAD_TRY(std::string op, TextOf(json, "op"));
  BULKHEAD_TRY(change.table, TextOf(json, "table"));
  if (op != "insert" && op != "update" && op != "delete")
    return Invalid(fmt::format("`{}` is not an operation; expected insert, update or delete", op));
  if (op == "delete") change.kind = RowChange::Kind::Delete;
  if (!json.contains("row")) return Invalid("`row` is missing");
  BULKHEAD_TRY(change.row, RowOf(json["row"]));
  if (json.contains("old")) {
    BULKHEAD_TRY(NamedRow old, RowOf(json["old"]));
    change.old = std::move(old);
  }
  return change;
}

Result<engine::Subscription> SubscriptionOf(const Json& json) {
  if (!json.is_object()) return Invalid("a subscription is an object");
  engine::Subscription subscription;
  BULKHEAD_TRY(subscription.stream, TextOf(json, "stream"));
  if (json.contains("parameters") && !json["parameters"].is_null())
    subscription.parameters = json["parameters"].dump();
  if (!json.contains("priority") || json["priority"].is_null()) return subscription;
  if (!json["priority"].is_number_integer() || json["priority"] < 0 || json["priority"] > 3)
    return Invalid("`priority` is 0, 1, 2 or 3");
  subscription.priority = json["priority"].get<uint8_t>();
  return subscription;
}

Result<ScenarioStep> ConnectOf(const Json& json) {
  ConnectStep step;
  BULKHEAD_TRY(step.client, TextOf(json, "connect"));
  if (json.contains("auth")) step.request.auth = json["auth"].dump();
  if (json.contains("connection") && !json["connection"].is_null())
    step.request.connection = json["connection"].dump();
  if (json.contains("include_defaults")) {
    if (!json["include_defaults"].is_boolean()) return Invalid("`include_defaults` is true or false");
    step.request.include_defaults = json["include_defaults"].get<bool>();
  }
  if (!json.contains("subscriptions")) return ScenarioStep(std::move(step));
  if (!json["subscriptions"].is_array()) return Invalid("`subscriptions` is a list");
  for (const Json& each : json["subscriptions"]) {
    BULKHEAD_TRY(engine::Subscription subscription, SubscriptionOf(each));
    step.request.subscriptions.push_back(std::move(subscription));
  }
  return ScenarioStep(std::move(step));
}

Result<ScenarioStep> StepOf(const Json& json) {
  if (!json.is_object()) return Invalid("a step is an object");
  if (json.contains("tx")) {
    if (!json["tx"].is_array()) return Invalid("`tx` is a list of operations");
    TransactionStep step;
    for (const Json& each : json["tx"]) {
      BULKHEAD_TRY(RowChange change, ChangeOf(each));
      step.changes.push_back(std::move(change));
    }
    return ScenarioStep(std::move(step));
  }
  if (json.contains("connect")) return ConnectOf(json);
  if (json.contains("sync")) {
    BULKHEAD_TRY(std::string client, TextOf(json, "sync"));
    return ScenarioStep(SyncStep{std::move(client)});
  }
  if (json.contains("disconnect")) {
    BULKHEAD_TRY(std::string client, TextOf(json, "disconnect"));
    return ScenarioStep(DisconnectStep{std::move(client)});
  }
  if (json.contains("restart")) return ScenarioStep(RestartStep{});
  if (json.contains("compact"))
    return Error{Code::Unsupported, "compaction is not available in this version"};
  return Invalid("expected tx, connect, sync, disconnect or restart");
}

// Parses with bounded depth: values this deep are refused before anything recurses over them.
constexpr int ScenarioDepthMax = 64;

Result<Json> ParseBounded(std::string_view text) {
  bool too_deep = false;
  auto callback = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > ScenarioDepthMax) too_deep = true;
    return !too_deep;
  };
  Json json = Json::parse(text, callback, /*allow_exceptions=*/false);
  if (too_deep) return Invalid("the scenario is nested too deeply");
  if (json.is_discarded()) return Invalid("the scenario is not JSON");
  return json;
}

Status ReadRules(const Json& json, Scenario& scenario) {
  if (!json.is_object() || !json.contains("rules") || !json["rules"].is_object())
    return Invalid("`rules` is missing: {\"language\": \"sync\", \"text\": \"…\"}");
  BULKHEAD_TRY(std::string language, TextOf(json["rules"], "language"));
  if (language != "sync" && language != "powersync")
    return Invalid(fmt::format("`{}` is not a language; expected sync or powersync", language));
  scenario.language = language == "sync" ? Language::Native : Language::PowerSync;
  BULKHEAD_TRY(scenario.rules, TextOf(json["rules"], "text"));
  if (json.contains("schema")) {
    BULKHEAD_TRY(scenario.schema, TextOf(json, "schema"));
  }
  return Ok();
}

void AppendRow(const client::DumpedRow& row, value::JsonWriter& out) {
  out.Raw("{");
  for (size_t i = 0; i < row.columns.size(); ++i) {
    if (i > 0) out.Raw(",");
    out.Text(row.columns[i].first);
    out.Raw(":");
    out.Add(row.columns[i].second.view());
  }
  out.Raw("}");
}

void AppendTable(const client::DumpedTable& table, value::JsonWriter& out) {
  out.Text(table.name);
  out.Raw(":[");
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (i > 0) out.Raw(",");
    AppendRow(table.rows[i], out);
  }
  out.Raw("]");
}

}  // namespace

Result<Scenario> ParseScenario(std::string_view text) {
  if (text.size() > limits::SourceFileBytesMax)
    return Error{Code::LimitExceeded, "the scenario is too large"};
  BULKHEAD_TRY(Json json, ParseBounded(text));
  Scenario scenario;
  BULKHEAD_CHECK_OK(ReadRules(json, scenario));
  if (!json.contains("steps") || !json["steps"].is_array())
    return Invalid("`steps` is missing or not a list");
  size_t number = 0;
  for (const Json& each : json["steps"]) {
    ++number;
    auto step = StepOf(each);
    if (!step) return Error{step.error().code, fmt::format("step {}: {}", number, step.error().message)};
    scenario.steps.push_back(*std::move(step));
  }
  return scenario;
}

void CompileScenario(const Scenario& scenario, Compilation& compilation) {
  AddText(compilation, "<rules>", scenario.rules, scenario.language);
  if (!scenario.schema.empty()) AddSchema(compilation, "<schema>", scenario.schema);
  Compile(compilation);
}

std::string SyncedJson(const std::string& client, const Synced& synced) {
  value::JsonWriter out;
  out.Raw("{\"client\":");
  out.Text(client);
  out.Raw(",\"tables\":{");
  bool first = true;
  for (const client::DumpedTable& table : synced.tables) {
    if (table.rows.empty()) continue;
    if (!std::exchange(first, false)) out.Raw(",");
    AppendTable(table, out);
  }
  out.Raw(fmt::format("}},\"buckets\":{},\"operations\":{},\"checkpoint\":\"{}\"}}", synced.buckets,
                      synced.operations, synced.checkpoint));
  return out.str();
}

}  // namespace bulkhead::driver
