// Texts of a plan's parts, and the sharing that they make possible.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/base/hash.h"
#include "compiler/planner/branch_plan.h"

namespace bulkhead::planner {
namespace {

std::string Quoted(std::string_view name) {
  return fmt::format("{}:{}", name.size(), name);
}

}  // namespace

std::string TextOf(const std::optional<vm::Expr>& expr) {
  return expr ? vm::Print(*expr) : "-";
}

std::string TextOf(const std::vector<vm::Expr>& exprs) {
  std::string text = "[";
  for (const vm::Expr& expr : exprs) text += vm::Print(expr) + ";";
  return text + "]";
}

std::string TextOf(const std::vector<plan::Expansion>& expansions) {
  std::string text = "{";
  for (const auto& each : expansions) text += each.function + vm::Print(each.input) + ";";
  return text + "}";
}

std::string TextOf(const plan::Lookup& lookup) {
  return fmt::format("{} {} {} {} {}", lookup.table, TextOf(lookup.expansions), TextOf(lookup.filter),
                     TextOf(lookup.inputs), TextOf(lookup.outputs));
}

std::string TextOf(const plan::Pipeline& pipeline, const plan::Plan& plan) {
  std::string text = fmt::format("{} {} {} {} {} {}", Quoted(plan.tables[pipeline.table].QualifiedName()),
                                 TextOf(pipeline.expansions), TextOf(pipeline.filter), TextOf(pipeline.keys),
                                 Quoted(pipeline.output_table), vm::Print(pipeline.output_id));
  for (const plan::OutputColumn& column : pipeline.output)
    text += fmt::format(" {}={}{}", Quoted(column.name), TextOf(column.value), column.legacy ? " legacy" : "");
  return text;
}

namespace {

// The primary key that all declared tables of a wildcard have; empty when they differ, or when there are none.
std::vector<std::string> CommonKey(const schema::Catalog& catalog, const plan::Table& wildcard) {
  std::vector<std::string> common;
  bool first = true;
  for (const schema::Table& table : catalog.tables) {
    if (!wildcard.Matches(table.QualifiedName())) continue;
    std::vector<std::string> key;
    for (uint32_t column : table.RowKey()) key.push_back(table.columns[column].name);
    if (!first && key != common) return {};
    common = std::move(key);
    first = false;
  }
  return common;
}

}  // namespace

uint32_t PlanBuilder::AddTable(const Input& input, const ir::TableSource& source) {
  plan::Table table;
  if (source.table.HasValue()) {
    const schema::Table& declared = input.catalog.tables[source.table];
    table.schema = declared.schema;
    table.name = declared.name;
    for (uint32_t key : declared.RowKey()) table.key.push_back(declared.columns[key].name);
    for (const schema::Column& column : declared.columns) table.columns.push_back(column.name);
  } else {
    table.connection = source.connection;
    table.schema = source.schema_name;
    table.name = source.name;
    table.wildcard = source.wildcard;
    table.open = true;
    if (table.wildcard) table.key = CommonKey(input.catalog, table);
  }
  if (table.key.empty()) table.key = {"id"};
  auto [at, is_new] = tables_.try_emplace(Quoted(table.connection) + Quoted(table.schema) + table.name,
                                          static_cast<uint32_t>(plan_.tables.size()));
  plan::Table& kept = is_new ? plan_.tables.emplace_back(std::move(table)) : plan_.tables[at->second];
  // Rules to which the schema is advice may read columns it lacks.
  kept.open |= source.undeclared;
  return at->second;
}

uint32_t PlanBuilder::AddLookup(plan::Lookup lookup) {
  auto [at, is_new] = lookups_.try_emplace(TextOf(lookup), static_cast<uint32_t>(plan_.lookups.size()));
  if (is_new) plan_.lookups.push_back(std::move(lookup));
  return at->second;
}

uint32_t PlanBuilder::AddPipeline(plan::Pipeline pipeline) {
  auto [at, is_new] =
      pipelines_.try_emplace(TextOf(pipeline, plan_), static_cast<uint32_t>(plan_.pipelines.size()));
  if (is_new) plan_.pipelines.push_back(std::move(pipeline));
  return at->second;
}

uint32_t PlanBuilder::AddNode(plan::Node node) {
  std::string digest = HexLower(Sha256({ContentOf(node)}));
  auto [at, is_new] = nodes_.try_emplace(digest, static_cast<uint32_t>(plan_.nodes.size()));
  if (!is_new) return at->second;
  plan_.nodes.push_back(std::move(node));
  node_digests_.push_back(std::move(digest));
  return at->second;
}

std::string PlanBuilder::ContentOf(const plan::Node& node) const {
  std::string text;
  for (uint32_t input : node.inputs) text += node_digests_[input] + " ";
  auto join = [](const plan::Join& j) {
    return fmt::format("{} = {} {}", fmt::join(j.left_key, ","), fmt::join(j.right_key, ","), TextOf(j.filter));
  };
  auto aggregate = [](const plan::Aggregate& a) {
    std::string calls;
    for (const plan::AggregateCall& call : a.calls)
      calls += fmt::format(" {}({}{})", static_cast<int>(call.function), call.distinct ? "distinct " : "", call.field);
    return fmt::format("aggregate {}{}", fmt::join(a.group, ","), calls);
  };
  auto top = [](const plan::Top& t) {
    std::string order;
    for (const plan::OrderTerm& term : t.order)
      order += fmt::format(" {}{}{}", term.field, term.descending ? "-" : "+", term.nulls_last ? "l" : "f");
    return fmt::format("top {} {} {}{}", fmt::join(t.partition, ","), t.limit, t.offset, order);
  };
  return text + std::visit(Match{
                               [&](const plan::Scan& s) {
                                 return fmt::format("scan {} {} {} {}", Quoted(plan_.tables[s.table].QualifiedName()),
                                                    TextOf(s.expansions), TextOf(s.filter), TextOf(s.outputs));
                               },
                               [](const plan::Map& m) {
                                 return fmt::format("map {} {}", TextOf(m.filter), TextOf(m.outputs));
                               },
                               [&](const plan::Join& j) { return "join " + join(j); },
                               [&](const plan::SemiJoin& s) { return (s.anti ? "anti " : "semi ") + join(s.join); },
                               [](const plan::Distinct&) { return std::string("distinct"); },
                               [](const plan::Union&) { return std::string("union"); },
                               aggregate,
                               top,
                           },
                           node.kind);
}

uint32_t PlanBuilder::AddDerivedTable(plan::Table table, std::string_view what) {
  std::string content = node_digests_[*table.node];
  for (const std::string& column : table.columns) content += Quoted(column);
  for (const std::string& column : table.key) content += Quoted(column);
  table.name = fmt::format("~{}.{}", what, HexLower(Sha256({content})).substr(0, 12));
  auto [at, is_new] = tables_.try_emplace(table.name, static_cast<uint32_t>(plan_.tables.size()));
  if (is_new) plan_.tables.push_back(std::move(table));
  return at->second;
}

}  // namespace bulkhead::planner
