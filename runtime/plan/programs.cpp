#include "runtime/plan/programs.h"

#include <fmt/format.h>

#include "runtime/base/check.h"
#include "runtime/base/id.h"
#include "runtime/vm/vm.h"

namespace bulkhead::plan {
namespace {

class ProgramPrinter {
 public:
  std::string Text(const Plan& plan) {
    for (size_t i = 0; i < plan.nodes.size(); ++i) AddNode(plan, i);
    for (size_t i = 0; i < plan.pipelines.size(); ++i) AddPipeline(plan, i);
    for (size_t i = 0; i < plan.lookups.size(); ++i) AddLookup(plan, i);
    for (const Stream& stream : plan.streams)
      for (size_t i = 0; i < stream.queriers.size(); ++i) AddQuerier(stream, i);
    return std::move(out_);
  }

 private:
  void AddNode(const Plan& plan, size_t i) {
    const Node& node = plan.nodes[i];
    std::string at = fmt::format("node {} ({})", i, KindOf(node).name);
    std::visit(Match{
                   [&](const Scan& scan) {
                     at = fmt::format("node {} (scan of {})", i, plan.tables[scan.table].QualifiedName());
                     AddExpansions(at, scan.expansions);
                     AddRow(at, scan.filter, scan.outputs);
                   },
                   [&](const Map& map) { AddRow(at, map.filter, map.outputs); },
                   [&](const Join& join) { AddRow(at, join.filter, {}); },
                   [&](const SemiJoin& semi) { AddRow(at, semi.join.filter, {}); },
                   [](const auto&) {},
               },
               node.kind);
  }

  void AddRow(const std::string& at, const std::optional<vm::Expr>& filter, const std::vector<vm::Expr>& outputs) {
    if (filter) Add(at + " filter", *filter);
    for (const vm::Expr& output : outputs) Add(at + " output", output);
  }

  void AddPipeline(const Plan& plan, size_t i) {
    const Pipeline& pipeline = plan.pipelines[i];
    std::string at = fmt::format("pipeline {} ({})", i, plan.tables[pipeline.table].QualifiedName());
    AddExpansions(at, pipeline.expansions);
    if (pipeline.filter) Add(at + " filter", *pipeline.filter);
    for (const vm::Expr& key : pipeline.keys) Add(at + " key", key);
    Add(at + " id", pipeline.output_id);
    for (const OutputColumn& column : pipeline.output)
      if (column.value) Add(at + " column " + column.name, *column.value);
  }

  void AddLookup(const Plan& plan, size_t i) {
    const Lookup& lookup = plan.lookups[i];
    std::string at = fmt::format("lookup {} ({})", i, plan.tables[lookup.table].QualifiedName());
    AddExpansions(at, lookup.expansions);
    if (lookup.filter) Add(at + " filter", *lookup.filter);
    for (const vm::Expr& input : lookup.inputs) Add(at + " input", input);
    for (const vm::Expr& output : lookup.outputs) Add(at + " output", output);
  }

  void AddQuerier(const Stream& stream, size_t i) {
    const Querier& querier = stream.queriers[i];
    std::string at = fmt::format("stream {} querier {}", stream.name, i);
    if (querier.request_filter) Add(at + " if", *querier.request_filter);
    for (size_t s = 0; s < querier.stages.size(); ++s)
      AddStage(fmt::format("{} step {}", at, s + 1), querier.stages[s]);
    for (const vm::Expr& key : querier.key) Add(at + " key", key);
  }

  void AddStage(const std::string& at, const Stage& stage) {
    if (const auto* lookup = std::get_if<LookupStage>(&stage.source))
      for (const vm::Expr& input : lookup->inputs) Add(at + " input", input);
    else
      Add(at + " input", std::get<ExpandStage>(stage.source).input);
    if (stage.filter) Add(at + " keeps", *stage.filter);
  }

  void AddExpansions(const std::string& at, const std::vector<Expansion>& expansions) {
    for (const Expansion& each : expansions) Add(at + " each", each.input);
  }

  void Add(const std::string& at, const vm::Expr& expr) {
    if (!expr.As<vm::Call>()) return;
    vm::Reads reads = vm::ReadsOf(expr);
    vm::Layout layout{reads.columns, reads.expands.empty() ? 0 : reads.expands.back() + 1,
                      reads.bindings.empty() ? 0 : reads.bindings.back() + 1};
    auto program = vm::Compile(expr, layout);
    CHECK_INVARIANT(static_cast<bool>(program), "the expressions of a verified plan compile");
    out_ += fmt::format("{}\n{}", at, vm::Disassemble(*program));
  }

  std::string out_;
};

}  // namespace

std::string PrintPrograms(const Plan& plan) {
  return ProgramPrinter().Text(plan);
}

}  // namespace bulkhead::plan
