#include "runtime/plan/load.h"

#include <fmt/format.h>

#include "runtime/base/limits.h"
#include "runtime/plan/json_reader.h"
#include "runtime/plan/plan_json.h"
#include "runtime/plan/relation_json.h"

namespace bulkhead::plan {
namespace {

using nlohmann::json;

// nlohmann's parser keeps no bound on nesting or on the number of values, and each value costs many times its
// text. One pass over the bytes does, before it is let in.
Status CheckSize(std::string_view text) {
  constexpr size_t DepthMax = limits::ExpressionDepthMax + 16;
  if (text.size() > limits::PlanBytesMax) return InvalidAt("", "the plan is too large");
  size_t depth = 0, values = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '[' || c == '{' || c == ',') ++values;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > DepthMax) return InvalidAt("", "the plan is nested too deeply");
    if (values > limits::PlanValuesMax) return InvalidAt("", "the plan has too many values");
  }
  return Ok();
}

Result<json> Parse(std::string_view text) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    return InvalidAt("", fmt::format("the plan is not JSON: see byte {}", error.byte));
  } catch (const json::exception&) {
    return InvalidAt("", "the plan is not JSON");
  }
}

Status ReadSpan(const Reader& in, Span& span) {
  const json* item = in.Find("span");
  if (!item) return Ok();
  uint32_t* members[] = {&span.file, &span.line, &span.column, &span.end_line, &span.end_column};
  if (!item->is_array() || item->size() != std::size(members)) {
    return InvalidAt(in.At("span"), "five numbers are wanted");
  }
  for (size_t i = 0; i < std::size(members); ++i) {
    const json& number = (*item)[i];
    if (!number.is_number_unsigned() || number.get<uint64_t>() > UINT32_MAX) {
      return InvalidAt(in.At("span"), "five numbers are wanted");
    }
    *members[i] = number.get<uint32_t>();
  }
  return Ok();
}

Status ReadType(const Reader& in, ParameterType& type) {
  static constexpr std::pair<std::string_view, ParameterType> Types[] = {
      {"any", ParameterType::Any},   {"integer", ParameterType::Integer}, {"real", ParameterType::Real},
      {"text", ParameterType::Text}, {"boolean", ParameterType::Boolean}, {"json", ParameterType::Json}};
  std::string name;
  BULKHEAD_CHECK_OK(in.Text("type", name));
  for (const auto& [text, known] : Types) {
    if (text == name) {
      type = known;
      return Ok();
    }
  }
  return InvalidAt(in.At("type"), fmt::format("`{}` is no type of a parameter", name));
}

Status ReadClaim(const Reader& in, Claim& claim) {
  BULKHEAD_CHECK_OK(in.Text("name", claim.name));
  BULKHEAD_CHECK_OK(ReadType(in, claim.type));
  return in.Flag("not_null", claim.not_null);
}

Status ReadParameter(const Reader& in, Parameter& parameter) {
  BULKHEAD_CHECK_OK(in.Text("name", parameter.name));
  BULKHEAD_CHECK_OK(ReadType(in, parameter.type));
  BULKHEAD_CHECK_OK(in.Flag("not_null", parameter.not_null));
  return in.Expression("default_value", parameter.default_value);
}

Status ReadTable(const Reader& in, Table& table) {
  BULKHEAD_CHECK_OK(in.Text("schema", table.schema, false));
  BULKHEAD_CHECK_OK(in.Text("name", table.name));
  BULKHEAD_CHECK_OK(in.Texts("key", table.key, true));
  BULKHEAD_CHECK_OK(in.Texts("columns", table.columns, false));
  BULKHEAD_CHECK_OK(in.Text("connection", table.connection, false));
  BULKHEAD_CHECK_OK(in.Flag("wildcard", table.wildcard));
  if (in.Find("node")) BULKHEAD_CHECK_OK(in.Number("node", table.node.emplace()));
  return in.Flag("open", table.open);
}

Status ReadOutput(const Reader& in, OutputColumn& column) {
  BULKHEAD_CHECK_OK(in.Text("name", column.name));
  BULKHEAD_CHECK_OK(in.Flag("legacy", column.legacy));
  return in.Expression("value", column.value);
}

Status ReadPipeline(const Reader& in, Pipeline& pipeline) {
  BULKHEAD_CHECK_OK(in.Number("table", pipeline.table));
  BULKHEAD_CHECK_OK(in.Objects("expansions", false, pipeline.expansions, ReadExpansion));
  BULKHEAD_CHECK_OK(in.Expression("filter", pipeline.filter));
  BULKHEAD_CHECK_OK(in.Expressions("keys", pipeline.keys));
  BULKHEAD_CHECK_OK(in.Text("output_table", pipeline.output_table));
  BULKHEAD_CHECK_OK(in.Expression("output_id", pipeline.output_id));
  return in.Objects("output", true, pipeline.output, ReadOutput);
}

Status ReadLookup(const Reader& in, Lookup& lookup) {
  BULKHEAD_CHECK_OK(in.Number("table", lookup.table));
  BULKHEAD_CHECK_OK(in.Objects("expansions", false, lookup.expansions, ReadExpansion));
  BULKHEAD_CHECK_OK(in.Expression("filter", lookup.filter));
  BULKHEAD_CHECK_OK(in.Expressions("inputs", lookup.inputs));
  return in.Expressions("outputs", lookup.outputs);
}

Status ReadBucket(const Reader& in, Bucket& bucket) {
  BULKHEAD_CHECK_OK(in.Text("id", bucket.id));
  BULKHEAD_CHECK_OK(in.Number("key_size", bucket.key_size));
  return in.Numbers("pipelines", bucket.pipelines);
}

Status ReadStage(const Reader& in, Stage& stage) {
  if (in.Find("lookup")) {
    LookupStage& lookup = stage.source.emplace<LookupStage>();
    BULKHEAD_CHECK_OK(in.Number("lookup", lookup.lookup));
    BULKHEAD_CHECK_OK(in.Expressions("inputs", lookup.inputs));
  } else {
    ExpandStage& expand = stage.source.emplace<ExpandStage>();
    BULKHEAD_CHECK_OK(in.Text("function", expand.function));
    BULKHEAD_CHECK_OK(in.Expression("input", expand.input));
  }
  return in.Expression("filter", stage.filter);
}

Status ReadQuerier(const Reader& in, Querier& querier) {
  BULKHEAD_CHECK_OK(in.Number("bucket", querier.bucket));
  BULKHEAD_CHECK_OK(in.Expression("request_filter", querier.request_filter));
  BULKHEAD_CHECK_OK(in.Objects("stages", false, querier.stages, ReadStage));
  BULKHEAD_CHECK_OK(in.Expressions("key", querier.key));
  return ReadSpan(in, querier.span);
}

Status ReadStream(const Reader& in, Stream& stream) {
  BULKHEAD_CHECK_OK(in.Text("name", stream.name));
  BULKHEAD_CHECK_OK(in.Flag("auto_subscribe", stream.auto_subscribe));
  BULKHEAD_CHECK_OK(in.Number("priority", stream.priority));
  BULKHEAD_CHECK_OK(in.Objects("parameters", false, stream.parameters, ReadParameter));
  BULKHEAD_CHECK_OK(in.Objects("queriers", true, stream.queriers, ReadQuerier));
  return ReadSpan(in, stream.span);
}

Status CheckFormat(const json& document) {
  if (!document.is_object()) return InvalidAt("", "a plan is a JSON object");
  auto version = document.find("bulkhead.plan");
  if (version == document.end() || !version->is_number_integer()) {
    return InvalidAt("", "not a plan: it has no `bulkhead.plan` version");
  }
  if (*version == FormatVersion) return Ok();
  return InvalidAt("", fmt::format("the plan has format {}, this program reads {}; compile the rules again",
                                   version->dump(), FormatVersion));
}

Status CheckDigest(const json& document, Plan& plan) {
  plan.digest = DigestOf(document);
  auto stated = document.find("digest");
  if (stated == document.end() || !stated->is_string()) return InvalidAt("digest", "a string is wanted");
  if (*stated == HexLower(plan.digest)) return Ok();
  return InvalidAt("digest", "the plan is not what its digest says: it was changed after it was compiled");
}

Status ReadPlan(const Reader& in, Plan& plan) {
  BULKHEAD_CHECK_OK(in.Texts("files", plan.files, false));
  BULKHEAD_CHECK_OK(in.Objects("claims", false, plan.claims, ReadClaim));
  BULKHEAD_CHECK_OK(in.Objects("tables", true, plan.tables, ReadTable));
  BULKHEAD_CHECK_OK(in.Objects("nodes", false, plan.nodes, ReadNode));
  BULKHEAD_CHECK_OK(in.Objects("pipelines", true, plan.pipelines, ReadPipeline));
  BULKHEAD_CHECK_OK(in.Objects("lookups", true, plan.lookups, ReadLookup));
  BULKHEAD_CHECK_OK(in.Objects("buckets", true, plan.buckets, ReadBucket));
  return in.Objects("streams", true, plan.streams, ReadStream);
}

}  // namespace

Result<Plan> Load(std::string_view text) {
  BULKHEAD_CHECK_OK(CheckSize(text));
  BULKHEAD_TRY(json document, Parse(text));
  BULKHEAD_CHECK_OK(CheckFormat(document));
  Plan plan;
  BULKHEAD_CHECK_OK(ReadPlan(Reader(document, ""), plan));
  BULKHEAD_CHECK_OK(Verify(plan));
  BULKHEAD_CHECK_OK(CheckDigest(document, plan));
  return plan;
}

Status Finish(Plan& plan) {
  BULKHEAD_CHECK_OK(Verify(plan));
  plan.digest = DigestOf(ToDocument(plan));
  return Ok();
}

}  // namespace bulkhead::plan
