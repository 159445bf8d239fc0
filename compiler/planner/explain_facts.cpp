#include "compiler/planner/explain_facts.h"

#include <fmt/format.h>

#include "compiler/planner/explain_nodes.h"
#include "compiler/planner/expr_text.h"

namespace bulkhead::planner {
namespace {

class Gatherer {
 public:
  explicit Gatherer(const plan::Plan& plan) : plan_(plan) {}

  RowsFacts Rows(const plan::Pipeline& pipeline) const {
    RowsFacts facts;
    facts.table = plan_.tables[pipeline.table].QualifiedName();
    facts.output_table = pipeline.output_table;
    if (auto node = plan_.tables[pipeline.table].node) facts.made_of = NodeTree(plan_, *node);
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

}  // namespace

BucketFacts FactsOf(const Explained& what, const plan::Stream& stream, const plan::Querier& querier) {
  BucketFacts facts = Gatherer(what.plan).Bucket(querier);
  facts.stream = stream.name;
  for (const BranchReport& report : what.reports)
    if (report.stream == stream.name && report.bucket == facts.bucket) facts.branches.push_back(&report);
  return facts;
}

std::string Joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

}  // namespace bulkhead::planner
