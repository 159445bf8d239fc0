#include "runtime/plan/plan_json.h"

#include "runtime/base/id.h"
#include "runtime/plan/expression_json.h"
#include "runtime/plan/load.h"
#include "runtime/plan/relation_json.h"

namespace bulkhead::plan {
namespace {

using nlohmann::json;

void AddSpan(json& object, const Span& span) {
  if (span.file == UINT32_MAX) return;
  object["span"] = json::array({span.file, span.line, span.column, span.end_line, span.end_column});
}

std::string_view Name(ParameterType type) {
  static constexpr std::string_view Names[] = {"any", "integer", "real", "text", "boolean", "json"};
  return Names[static_cast<size_t>(type)];
}

json ToObject(const Table& table) {
  json object = {{"name", table.name}, {"key", table.key}};
  if (!table.schema.empty()) object["schema"] = table.schema;
  if (!table.columns.empty()) object["columns"] = table.columns;
  if (table.open) object["open"] = true;
  if (!table.connection.empty()) object["connection"] = table.connection;
  if (table.wildcard) object["wildcard"] = true;
  if (table.node) object["node"] = *table.node;
  return object;
}

json ToObject(const OutputColumn& column) {
  json object = {{"name", column.name}};
  if (column.value) object["value"] = ToJson(*column.value);
  if (column.legacy) object["legacy"] = true;
  return object;
}

json ToObject(const Pipeline& pipeline) {
  json object = {{"table", pipeline.table},
                 {"keys", Expressions(pipeline.keys)},
                 {"output_table", pipeline.output_table},
                 {"output_id", ToJson(pipeline.output_id)},
                 {"output", ArrayOf(pipeline.output, [](const OutputColumn& c) { return ToObject(c); })}};
  if (!pipeline.expansions.empty()) object["expansions"] = Expansions(pipeline.expansions);
  AddFilter(object, "filter", pipeline.filter);
  return object;
}

json ToObject(const Bucket& bucket) {
  return {{"id", bucket.id}, {"key_size", bucket.key_size}, {"pipelines", bucket.pipelines}};
}

json ToObject(const Stage& stage) {
  json object = std::visit(
      Match{
          [](const LookupStage& s) { return json{{"lookup", s.lookup}, {"inputs", Expressions(s.inputs)}}; },
          [](const ExpandStage& s) { return json{{"function", s.function}, {"input", ToJson(s.input)}}; },
      },
      stage.source);
  AddFilter(object, "filter", stage.filter);
  return object;
}

json ToObject(const Querier& querier) {
  json object = {{"bucket", querier.bucket}, {"key", Expressions(querier.key)}};
  AddFilter(object, "request_filter", querier.request_filter);
  if (!querier.stages.empty()) {
    object["stages"] = ArrayOf(querier.stages, [](const Stage& s) { return ToObject(s); });
  }
  AddSpan(object, querier.span);
  return object;
}

// Claims and parameters alike.
template <typename T>
json Declared(const T& item) {
  json object = {{"name", item.name}, {"type", Name(item.type)}};
  if (item.not_null) object["not_null"] = true;
  return object;
}

json ToObject(const Parameter& parameter) {
  json object = Declared(parameter);
  AddFilter(object, "default_value", parameter.default_value);
  return object;
}

json ToObject(const Stream& stream) {
  json object = {{"name", stream.name},
                 {"priority", stream.priority},
                 {"queriers", ArrayOf(stream.queriers, [](const Querier& q) { return ToObject(q); })}};
  if (stream.auto_subscribe) object["auto_subscribe"] = true;
  if (!stream.parameters.empty()) {
    object["parameters"] = ArrayOf(stream.parameters, [](const Parameter& p) { return ToObject(p); });
  }
  AddSpan(object, stream.span);
  return object;
}

// Spans stand in streams and in their queriers, and nowhere else: expressions may hold the same word.
void EraseSpans(json& document) {
  auto streams = document.find("streams");
  if (streams == document.end() || !streams->is_array()) return;
  for (json& stream : *streams) {
    if (!stream.is_object()) continue;
    stream.erase("span");
    auto queriers = stream.find("queriers");
    if (queriers == stream.end() || !queriers->is_array()) continue;
    for (json& querier : *queriers) {
      if (querier.is_object()) querier.erase("span");
    }
  }
}

std::string Dump(const json& item) { return item.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

json ToDocument(const Lookup& lookup) {
  json object = {{"table", lookup.table},
                 {"inputs", Expressions(lookup.inputs)},
                 {"outputs", Expressions(lookup.outputs)}};
  if (!lookup.expansions.empty()) object["expansions"] = Expansions(lookup.expansions);
  AddFilter(object, "filter", lookup.filter);
  return object;
}

json ToDocument(const Plan& plan) {
  json document = {{"bulkhead.plan", FormatVersion}};
  document["files"] = plan.files;
  document["claims"] = ArrayOf(plan.claims, [](const Claim& c) { return Declared(c); });
  document["tables"] = ArrayOf(plan.tables, [](const Table& t) { return ToObject(t); });
  if (!plan.nodes.empty()) document["nodes"] = ArrayOf(plan.nodes, [](const Node& n) { return ToDocument(n); });
  document["pipelines"] = ArrayOf(plan.pipelines, [](const Pipeline& p) { return ToObject(p); });
  document["lookups"] = ArrayOf(plan.lookups, [](const Lookup& l) { return ToDocument(l); });
  document["buckets"] = ArrayOf(plan.buckets, [](const Bucket& b) { return ToObject(b); });
  document["streams"] = ArrayOf(plan.streams, [](const Stream& s) { return ToObject(s); });
  return document;
}

Digest DigestOf(const json& document) {
  json covered = document;
  covered.erase("digest");
  covered.erase("files");
  EraseSpans(covered);
  return Sha256({Dump(covered)});
}

std::string ToJson(const Plan& plan) {
  json document = ToDocument(plan);
  document["digest"] = HexLower(DigestOf(document));
  std::string text = "{";
  const char* separator = "\n";
  for (const auto& [key, value] : document.items()) {
    text += separator + Dump(key) + ":";
    separator = ",\n";
    if (!value.is_array() || value.empty()) {
      text += Dump(value);
      continue;
    }
    const char* open = "[\n";
    for (const json& item : value) {
      text += open + Dump(item);
      open = ",\n";
    }
    text += "\n]";
  }
  return text + "\n}\n";
}

std::string LookupId(const Plan& plan, uint32_t lookup) {
  json document = ToDocument(plan.lookups[lookup]);
  document["table"] = plan.tables[plan.lookups[lookup].table].QualifiedName();
  return "lookup:" + HexLower(Sha256({Dump(document)}).data(), 16);
}

std::vector<std::string> NodeIds(const Plan& plan) {
  std::vector<std::string> ids;
  for (const Node& node : plan.nodes) {
    json document = ToDocument(node);
    if (const Scan* scan = std::get_if<Scan>(&node.kind)) document["table"] = plan.tables[scan->table].QualifiedName();
    if (!node.inputs.empty()) document["inputs"] = ArrayOf(node.inputs, [&](uint32_t input) { return ids[input]; });
    ids.push_back("node:" + HexLower(Sha256({Dump(document)}).data(), 16));
  }
  return ids;
}

}  // namespace bulkhead::plan
