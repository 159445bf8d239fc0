// EXPLAIN as a graph, and as a page.
#include <fmt/format.h>

#include <set>

#include "compiler/planner/explain_facts.h"
#include "compiler/planner/explain_nodes.h"

namespace bulkhead::planner {
namespace {

std::string DotText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

// Statements of a DOT graph, each once.
class Graph {
 public:
  void Node(const std::string& id, std::string_view label, std::string_view shape) {
    Line(fmt::format("  {} [label={}, shape={}];\n", DotText(id), DotText(label), shape));
  }
  void Edge(const std::string& from, const std::string& to, std::string_view label = {}) {
    std::string text = fmt::format("  {} -> {}", DotText(from), DotText(to));
    Line(text + (label.empty() ? ";\n" : fmt::format(" [label={}];\n", DotText(label))));
  }
  std::string Take() { return "digraph plan {\n  rankdir=LR;\n" + out_ + "}\n"; }

 private:
  void Line(std::string line) {
    if (seen_.insert(line).second) out_ += line;
  }
  std::string out_;
  std::set<std::string> seen_;
};

std::string TableNode(const plan::Plan& plan, uint32_t table, Graph& graph);

std::string RelationNode(const plan::Plan& plan, uint32_t index, Graph& graph) {
  const plan::Node& node = plan.nodes[index];
  std::string id = fmt::format("node {}", index);
  graph.Node(id, NodeText(plan, index), "box");
  if (const auto* scan = std::get_if<plan::Scan>(&node.kind))
    graph.Edge(TableNode(plan, scan->table, graph), id);
  for (uint32_t input : node.inputs) graph.Edge(RelationNode(plan, input, graph), id);
  return id;
}

std::string TableNode(const plan::Plan& plan, uint32_t index, Graph& graph) {
  const plan::Table& table = plan.tables[index];
  if (table.node) return RelationNode(plan, *table.node, graph);
  std::string id = "table " + table.QualifiedName();
  graph.Node(id, table.QualifiedName(), "cylinder");
  return id;
}

void AddQuerier(const Explained& what, const plan::Stream& stream, const plan::Querier& querier,
                Graph& graph) {
  const plan::Bucket& bucket = what.plan.buckets[querier.bucket];
  BucketFacts facts = FactsOf(what, stream, querier);
  std::string id = "bucket " + bucket.id, stream_id = "stream " + stream.name;
  graph.Node(id, facts.key.empty() ? "one bucket" : "bucket per " + Joined(facts.key), "folder");
  graph.Node(stream_id, stream.name, "oval");
  for (uint32_t pipeline : bucket.pipelines)
    graph.Edge(TableNode(what.plan, what.plan.pipelines[pipeline].table, graph), id,
               what.plan.pipelines[pipeline].output_table);
  graph.Edge(id, stream_id);
  for (const plan::Stage& stage : querier.stages) {
    const auto* lookup = std::get_if<plan::LookupStage>(&stage.source);
    if (!lookup) continue;
    std::string lookup_id = fmt::format("lookup {}", lookup->lookup);
    graph.Node(lookup_id, "lookup", "component");
    graph.Edge(TableNode(what.plan, what.plan.lookups[lookup->lookup].table, graph), lookup_id);
    graph.Edge(lookup_id, id, "keys");
  }
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void CutTable(const BranchReport& branch, std::string& out) {
  out +=
      "<table><tr><th></th><th>row side</th><th>session "
      "side</th><th>buckets</th><th>writes/s</th><th>copies</th>"
      "<th>churn</th><th>state</th><th>total</th></tr>\n";
  for (size_t i = 0; i < branch.cuts.size(); ++i) {
    const CutReport& cut = branch.cuts[i];
    out +=
        fmt::format("<tr{}><td>{}</td><td>{}</td><td>{}</td>", i == branch.chosen ? " class=\"chosen\"" : "",
                    i == branch.chosen ? "chosen" : "", Escaped(Joined(cut.row_side)),
                    cut.session_side.empty() ? "the request" : Escaped(Joined(cut.session_side)));
    for (double number : {cut.cost.buckets, cut.cost.amplify, cut.cost.copies, cut.cost.churn, cut.cost.state,
                          cut.cost.total})
      out += fmt::format("<td class=\"number\">{:.4g}</td>", number);
    out += "</tr>\n";
  }
  out += "</table>\n";
}

constexpr std::string_view PageHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Plan</title><style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
h2 { border-top: 2px solid #d0d7de; padding-top: 1rem; }
pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; }
th, td { border: 1px solid #d0d7de; padding: .2rem .6rem; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.chosen { background: #dafbe1; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } pre { background: #161b22; } tr.chosen { background: #12361f; }
}
</style></head><body>
)";

}  // namespace

std::string ExplainDot(const Explained& what) {
  Graph graph;
  for (const plan::Stream& stream : what.plan.streams) {
    if (!what.stream.empty() && stream.name != what.stream) continue;
    for (const plan::Querier& querier : stream.queriers) AddQuerier(what, stream, querier, graph);
  }
  return graph.Take();
}

std::string ExplainHtml(const Explained& what) {
  std::string out(PageHead);
  out += fmt::format(
      "<h1>Plan</h1><p>{} streams, {} bucket definitions, {} lookups. Digest <code>{}</code>.</p>\n",
      what.plan.streams.size(), what.plan.buckets.size(), what.plan.lookups.size(),
      HexLower(what.plan.digest));
  static const std::vector<BranchReport> NoReports;
  for (const plan::Stream& stream : what.plan.streams) {
    if (!what.stream.empty() && stream.name != what.stream) continue;
    out += fmt::format("<h2>{}</h2>\n<pre>{}</pre>\n", Escaped(stream.name),
                       Escaped(ExplainText({what.plan, NoReports, stream.name})));
    for (const BranchReport& report : what.reports) {
      if (report.stream != stream.name) continue;
      out += fmt::format("<h3>Cuts of <code>{}</code></h3>\n", Escaped(report.bucket));
      CutTable(report, out);
    }
  }
  return out +
         "<p>Costs are expected operations per second; see planner documentation for the "
         "terms.</p></body></html>\n";
}

}  // namespace bulkhead::planner
