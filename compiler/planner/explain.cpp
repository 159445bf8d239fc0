#include "compiler/planner/explain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/planner/explain_facts.h"

namespace bulkhead::planner {
namespace {

using nlohmann::ordered_json;

void AppendRows(const RowsFacts& rows, std::string& out) {
  out += fmt::format("  rows     {}", rows.table);
  if (rows.table != rows.output_table) out += fmt::format(" as {}", rows.output_table);
  out += "\n";
  for (size_t i = 0; i < rows.made_of.size(); ++i)
    out += fmt::format("    {:<8} {}\n", i == 0 ? "made of" : "", rows.made_of[i]);
  for (const std::string& each : rows.expansions) out += fmt::format("    each     {}\n", each);
  if (!rows.filter.empty()) out += fmt::format("    where    {}\n", rows.filter);
  if (!rows.keys.empty()) out += fmt::format("    key      {}\n", Joined(rows.keys));
  out += fmt::format("    columns  {}\n", Joined(rows.columns));
}

void AppendStep(size_t number, const StepFacts& step, std::string& out) {
  out += fmt::format("    {:<8} {}", fmt::format("step {}", number), step.text);
  if (!step.inputs.empty()) out += " by " + Joined(step.inputs, " and ");
  if (!step.outputs.empty()) out += " gives " + Joined(step.outputs);
  out += "\n";
  if (!step.filter.empty()) out += fmt::format("             keeps {}\n", step.filter);
}

void AppendCuts(const BranchReport& branch, std::string& out) {
  out += "  cuts       buckets     writes     copies      churn      state      total\n";
  for (size_t i = 0; i < branch.cuts.size(); ++i) {
    const CutReport& cut = branch.cuts[i];
    out += fmt::format("    {:<4} {:>10.4g} {:>10.4g} {:>10.4g} {:>10.4g} {:>10.4g} {:>10.4g}  {} | {}\n",
                       i == branch.chosen ? "*" : "", cut.cost.buckets, cut.cost.amplify, cut.cost.copies,
                       cut.cost.churn, cut.cost.state, cut.cost.total, Joined(cut.row_side),
                       cut.session_side.empty() ? "the request" : Joined(cut.session_side));
  }
}

void AppendBucket(const BucketFacts& bucket, std::string& out) {
  out += fmt::format("  bucket   {}\n", bucket.bucket);
  for (const RowsFacts& rows : bucket.rows) AppendRows(rows, out);
  out += "  session\n";
  if (!bucket.condition.empty()) out += fmt::format("    if       {}\n", bucket.condition);
  for (size_t i = 0; i < bucket.steps.size(); ++i) AppendStep(i + 1, bucket.steps[i], out);
  out += bucket.key.empty() ? "    bucket   one for everybody who gets here\n"
                            : fmt::format("    bucket   one per {}\n", Joined(bucket.key));
  for (const BranchReport* branch : bucket.branches) AppendCuts(*branch, out);
}

std::string Title(const plan::Stream& stream) {
  std::vector<std::string> parameters;
  for (const plan::Parameter& parameter : stream.parameters) parameters.push_back(":" + parameter.name);
  std::string title = "stream " + stream.name;
  if (!parameters.empty()) title += fmt::format(" ({})", Joined(parameters));
  return title + fmt::format("  {}, priority {}\n", stream.auto_subscribe ? "auto subscribe" : "on demand",
                             stream.priority);
}

ordered_json ToJson(const BranchReport& branch) {
  ordered_json cuts = ordered_json::array();
  for (const CutReport& cut : branch.cuts)
    cuts.push_back({{"row_side", cut.row_side},
                    {"session_side", cut.session_side},
                    {"buckets_per_connection", cut.cost.buckets},
                    {"writes_per_second", cut.cost.amplify},
                    {"copies", cut.cost.copies},
                    {"churn", cut.cost.churn},
                    {"state_bytes", cut.cost.state},
                    {"total", cut.cost.total}});
  return {{"chosen", branch.chosen}, {"considered", cuts}};
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
  for (size_t i = 0; i < bucket.rows.size(); ++i)
    if (!bucket.rows[i].made_of.empty()) rows[i]["made_of"] = bucket.rows[i].made_of;
  for (const StepFacts& s : bucket.steps)
    steps.push_back({{"reads", s.text}, {"by", s.inputs}, {"gives", s.outputs}, {"keeps", s.filter}});
  ordered_json object = {{"bucket", bucket.bucket},
                         {"rows", rows},
                         {"session", {{"if", bucket.condition}, {"steps", steps}, {"key", bucket.key}}}};
  for (const BranchReport* branch : bucket.branches) object["cuts"].push_back(ToJson(*branch));
  return object;
}

}  // namespace

std::string ExplainText(const Explained& what) {
  std::string out;
  for (const plan::Stream& stream : what.plan.streams) {
    if (!what.stream.empty() && stream.name != what.stream) continue;
    if (!out.empty()) out += "\n";
    out += Title(stream);
    for (const plan::Querier& querier : stream.queriers) AppendBucket(FactsOf(what, stream, querier), out);
    if (stream.queriers.empty()) out += "  never gives a row\n";
  }
  return out;
}

std::string ExplainJson(const Explained& what) {
  ordered_json streams = ordered_json::array();
  for (const plan::Stream& stream : what.plan.streams) {
    if (!what.stream.empty() && stream.name != what.stream) continue;
    ordered_json buckets = ordered_json::array();
    for (const plan::Querier& querier : stream.queriers)
      buckets.push_back(ToJson(FactsOf(what, stream, querier)));
    streams.push_back({{"name", stream.name},
                       {"auto_subscribe", stream.auto_subscribe},
                       {"priority", stream.priority},
                       {"buckets", buckets}});
  }
  ordered_json document = {{"digest", HexLower(what.plan.digest)}, {"streams", streams}};
  return document.dump(2) + "\n";
}

}  // namespace bulkhead::planner
