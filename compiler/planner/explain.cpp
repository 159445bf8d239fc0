#include "compiler/planner/explain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/planner/expr_text.h"

namespace bulkhead::planner {
namespace {

using nlohmann::ordered_json;

// Everything EXPLAIN says, gathered once; both formats print it.
struct RowsFacts {
  std::string table, output_table;
  std::vector<std::string> expansions, keys, columns;
  std::string filter;
};
struct StepFacts {
  std::string text;  // "members where role = 'admin'"
  std::vector<std::string> inputs, outputs;
  std::string filter;  // on the tuples after this step
};
struct BucketFacts {
  std::string bucket;
  std::vector<RowsFacts> rows;
  std::string condition;  // on the request alone
  std::vector<StepFacts> steps;
  std::vector<std::string> key;
};

std::string Join(const std::vector<std::string>& parts, std::string_view separator = ", ") {
  return fmt::format("{}", fmt::join(parts, separator));
}

class Gatherer {
 public:
  explicit Gatherer(const plan::Plan& plan) : plan_(plan) {}

  RowsFacts Rows(const plan::Pipeline& pipeline) const {
    RowsFacts facts;
    facts.table = plan_.tables[pipeline.table].QualifiedName();
    facts.output_table = pipeline.output_table;
    Names names = NamesOf(pipeline.expansions, &facts.expansions);
    if (pipeline.filter) facts.filter = SqlText(*pipeline.filter, names);
    for (const vm::Expr& key : pipeline.keys) facts.keys.push_back(SqlText(key, names));
    for (const plan::OutputColumn& column : pipeline.output)
      facts.columns.push_back(ColumnText(column, names));
    return facts;
  }

  BucketFacts Bucket(const plan::Querier& querier) const {
    BucketFacts facts;
    const plan::Bucket& bucket = plan_.buckets[querier.bucket];
    facts.bucket = bucket.id;
    for (uint32_t i : bucket.pipelines) facts.rows.push_back(Rows(plan_.pipelines[i]));
    Names names;
    if (querier.request_filter) facts.condition = SqlText(*querier.request_filter, names);
    for (const plan::Stage& stage : querier.stages) facts.steps.push_back(Step(stage, names));
    for (const vm::Expr& key : querier.key) facts.key.push_back(SqlText(key, names));
    return facts;
  }

 private:
  static std::string ColumnText(const plan::OutputColumn& column, const Names& names) {
    if (!column.value) return "*";
    std::string text = SqlText(*column.value, names);
    return text == column.name ? text : fmt::format("{} AS {}", text, column.name);
  }

  static Names NamesOf(const std::vector<plan::Expansion>& expansions, std::vector<std::string>* texts) {
    Names names;
    for (const plan::Expansion& each : expansions) {
      std::string name =
          fmt::format("element{}", expansions.size() > 1 ? std::to_string(names.expansions.size() + 1) : "");
      if (texts)
        texts->push_back(fmt::format("{}({}) AS {}", each.function, SqlText(each.input, names), name));
      names.expansions.push_back(std::move(name));
    }
    return names;
  }

  StepFacts Step(const plan::Stage& stage, Names& names) const {
    StepFacts facts;
    if (const auto* lookup = std::get_if<plan::LookupStage>(&stage.source))
      LookupStep(*lookup, names, facts);
    else
      ExpandStep(std::get<plan::ExpandStage>(stage.source), names, facts);
    if (stage.filter) facts.filter = SqlText(*stage.filter, names);
    return facts;
  }

  void LookupStep(const plan::LookupStage& stage, Names& names, StepFacts& facts) const {
    const plan::Lookup& lookup = plan_.lookups[stage.lookup];
    std::string table = plan_.tables[lookup.table].QualifiedName();
    std::vector<std::string> expansions;
    Names own = NamesOf(lookup.expansions, &expansions);
    facts.text = table;
    for (const std::string& each : expansions) facts.text += ", " + each;
    if (lookup.filter) facts.text += " where " + SqlText(*lookup.filter, own);
    for (size_t i = 0; i < lookup.inputs.size(); ++i)
      facts.inputs.push_back(SqlText(lookup.inputs[i], own) + " = " + SqlText(stage.inputs[i], names));
    for (const vm::Expr& output : lookup.outputs) {
      std::string text = SqlText(output, own);
      names.bindings.push_back(output.As<vm::Column>() ? table + "." + text : text);
      facts.outputs.push_back(std::move(text));
    }
  }

  static void ExpandStep(const plan::ExpandStage& stage, Names& names, StepFacts& facts) {
    std::string input = SqlText(stage.input, names);
    facts.text = fmt::format("{}({})", stage.function, input);
    for (uint32_t i = 0; i < vm::ExpandOutputs; ++i)
      names.bindings.push_back(
          fmt::format("element of {}{}", input,
                      i == 1 ? "" : fmt::format(" ({})", vm::Name(static_cast<vm::ExpandOutput>(i)))));
  }

  const plan::Plan& plan_;
};

void AppendRows(const RowsFacts& rows, std::string& out) {
  out += fmt::format("  rows     {}", rows.table);
  if (rows.table != rows.output_table) out += fmt::format(" as {}", rows.output_table);
  out += "\n";
  for (const std::string& each : rows.expansions) out += fmt::format("    each     {}\n", each);
  if (!rows.filter.empty()) out += fmt::format("    where    {}\n", rows.filter);
  if (!rows.keys.empty()) out += fmt::format("    key      {}\n", Join(rows.keys));
  out += fmt::format("    columns  {}\n", Join(rows.columns));
}

void AppendStep(size_t number, const StepFacts& step, std::string& out) {
  out += fmt::format("    {:<8} {}", fmt::format("step {}", number), step.text);
  if (!step.inputs.empty()) out += " by " + Join(step.inputs, " and ");
  if (!step.outputs.empty()) out += " gives " + Join(step.outputs);
  out += "\n";
  if (!step.filter.empty()) out += fmt::format("             keeps {}\n", step.filter);
}

void AppendBucket(const BucketFacts& bucket, std::string& out) {
  out += fmt::format("  bucket   {}\n", bucket.bucket);
  for (const RowsFacts& rows : bucket.rows) AppendRows(rows, out);
  out += "  session\n";
  if (!bucket.condition.empty()) out += fmt::format("    if       {}\n", bucket.condition);
  for (size_t i = 0; i < bucket.steps.size(); ++i) AppendStep(i + 1, bucket.steps[i], out);
  out += bucket.key.empty() ? "    bucket   one for everybody who gets here\n"
                            : fmt::format("    bucket   one per {}\n", Join(bucket.key));
}

std::string Title(const plan::Stream& stream) {
  std::vector<std::string> parameters;
  for (const plan::Parameter& parameter : stream.parameters) parameters.push_back(":" + parameter.name);
  std::string title = "stream " + stream.name;
  if (!parameters.empty()) title += fmt::format(" ({})", Join(parameters));
  return title + fmt::format("  {}, priority {}\n", stream.auto_subscribe ? "auto subscribe" : "on demand",
                             stream.priority);
}

ordered_json ToJson(const BucketFacts& bucket) {
  ordered_json rows = ordered_json::array(), steps = ordered_json::array();
  for (const RowsFacts& r : bucket.rows)
    rows.push_back({{"table", r.table},
                    {"output_table", r.output_table},
                    {"each", r.expansions},
                    {"where", r.filter},
                    {"key", r.keys},
                    {"columns", r.columns}});
  for (const StepFacts& s : bucket.steps)
    steps.push_back({{"reads", s.text}, {"by", s.inputs}, {"gives", s.outputs}, {"keeps", s.filter}});
  return {{"bucket", bucket.bucket},
          {"rows", rows},
          {"session", {{"if", bucket.condition}, {"steps", steps}, {"key", bucket.key}}}};
}

}  // namespace

std::string ExplainText(const plan::Plan& plan, std::string_view only) {
  Gatherer gatherer(plan);
  std::string out;
  for (const plan::Stream& stream : plan.streams) {
    if (!only.empty() && stream.name != only) continue;
    if (!out.empty()) out += "\n";
    out += Title(stream);
    for (const plan::Querier& querier : stream.queriers) AppendBucket(gatherer.Bucket(querier), out);
    if (stream.queriers.empty()) out += "  never gives a row\n";
  }
  return out;
}

std::string ExplainJson(const plan::Plan& plan, std::string_view only) {
  Gatherer gatherer(plan);
  ordered_json streams = ordered_json::array();
  for (const plan::Stream& stream : plan.streams) {
    if (!only.empty() && stream.name != only) continue;
    ordered_json buckets = ordered_json::array();
    for (const plan::Querier& querier : stream.queriers) buckets.push_back(ToJson(gatherer.Bucket(querier)));
    streams.push_back({{"name", stream.name},
                       {"auto_subscribe", stream.auto_subscribe},
                       {"priority", stream.priority},
                       {"buckets", buckets}});
  }
  ordered_json document = {{"digest", HexLower(plan.digest)}, {"streams", streams}};
  return document.dump(2) + "\n";
}

}  // namespace bulkhead::planner
