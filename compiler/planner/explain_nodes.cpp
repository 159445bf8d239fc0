#include "compiler/planner/explain_nodes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/planner/expr_text.h"
#include "runtime/base/id.h"

namespace bulkhead::planner {
namespace {

constexpr std::string_view AggregateNames[] = {"count", "count", "sum", "total", "avg", "min", "max"};

using Fields = std::vector<std::string>;

Names ScanNames(const plan::Plan& plan, const plan::Scan& scan) {
  Names names;
  names.table = plan.tables[scan.table].name;
  for (const plan::Expansion& each : scan.expansions)
    names.expansions.push_back(fmt::format("{}({})", each.function, SqlText(each.input, names)));
  return names;
}

Names FieldsAsNames(Fields fields) {
  Names names;
  names.fields = std::move(fields);
  return names;
}

Fields TextsOf(const std::vector<vm::Expr>& exprs, const Names& names) {
  Fields texts;
  for (const vm::Expr& expr : exprs) texts.push_back(SqlText(expr, names));
  return texts;
}

Fields InputFields(const plan::Plan& plan, const plan::Node& node) {
  Fields fields;
  for (uint32_t input : node.inputs) {
    Fields more = FieldNames(plan, input);
    fields.insert(fields.end(), more.begin(), more.end());
  }
  return fields;
}

std::string CallText(const plan::AggregateCall& call, const Fields& fields) {
  std::string_view name = AggregateNames[static_cast<size_t>(call.function)];
  if (call.function == plan::AggregateFunction::CountRows) return "count(*)";
  return fmt::format("{}({}{})", name, call.distinct ? "DISTINCT " : "", fields.at(call.field));
}

Fields Picked(const Fields& fields, const std::vector<uint32_t>& which) {
  Fields picked;
  for (uint32_t field : which) picked.push_back(fields.at(field));
  return picked;
}

std::string JoinText(const plan::Plan& plan, const plan::Node& node, const plan::Join& join) {
  Fields left = FieldNames(plan, node.inputs[0]), right = FieldNames(plan, node.inputs[1]);
  Fields conditions;
  for (size_t i = 0; i < join.left_key.size(); ++i)
    conditions.push_back(left.at(join.left_key[i]) + " = " + right.at(join.right_key[i]));
  if (join.filter) conditions.push_back(SqlText(*join.filter, FieldsAsNames(InputFields(plan, node))));
  return conditions.empty() ? " of all with all" : fmt::format(" on {}", fmt::join(conditions, " and "));
}

std::string TopText(const plan::Top& top, const Fields& fields) {
  Fields order;
  for (const plan::OrderTerm& term : top.order)
    order.push_back(fields.at(term.field) + (term.descending ? " DESC" : "") +
                    (term.nulls_last ? " NULLS LAST" : ""));
  std::string text = fmt::format("first {}", top.limit);
  if (top.offset > 0) text += fmt::format(" after {}", top.offset);
  if (!top.partition.empty()) text += fmt::format(" per {}", fmt::join(Picked(fields, top.partition), ", "));
  return order.empty() ? text : text + fmt::format(" by {}", fmt::join(order, ", "));
}

std::string ScanText(const plan::Plan& plan, const plan::Scan& scan) {
  Names names = ScanNames(plan, scan);
  std::string text = "rows of " + plan.tables[scan.table].QualifiedName();
  for (const std::string& each : names.expansions) text += ", each " + each;
  if (scan.filter) text += " where " + SqlText(*scan.filter, names);
  return text;
}

std::string MapText(const plan::Plan& plan, const plan::Node& node, const plan::Map& map) {
  Names names = FieldsAsNames(InputFields(plan, node));
  std::string text = fmt::format("keep {}", fmt::join(TextsOf(map.outputs, names), ", "));
  return map.filter ? text + " where " + SqlText(*map.filter, names) : text;
}

}  // namespace

// Recurses over inputs, which are earlier nodes.
Fields FieldNames(const plan::Plan& plan, uint32_t index) {
  const plan::Node& node = plan.nodes[index];
  return std::visit(
      Match{
          [&](const plan::Scan& scan) { return TextsOf(scan.outputs, ScanNames(plan, scan)); },
          [&](const plan::Map& map) { return TextsOf(map.outputs, FieldsAsNames(InputFields(plan, node))); },
          [&](const plan::Join&) { return InputFields(plan, node); },
          [&](const plan::SemiJoin&) { return FieldNames(plan, node.inputs[0]); },
          [&](const plan::Distinct&) { return FieldNames(plan, node.inputs[0]); },
          [&](const plan::Union&) { return FieldNames(plan, node.inputs[0]); },
          [&](const plan::Aggregate& aggregate) {
            Fields input = FieldNames(plan, node.inputs[0]);
            Fields fields = Picked(input, aggregate.group);
            for (const plan::AggregateCall& call : aggregate.calls) fields.push_back(CallText(call, input));
            return fields;
          },
          [&](const plan::Top&) { return FieldNames(plan, node.inputs[0]); },
      },
      node.kind);
}

std::string NodeText(const plan::Plan& plan, uint32_t index) {
  const plan::Node& node = plan.nodes[index];
  return std::visit(
      Match{
          [&](const plan::Scan& scan) { return ScanText(plan, scan); },
          [&](const plan::Map& map) { return MapText(plan, node, map); },
          [&](const plan::Join& join) { return "join" + JoinText(plan, node, join); },
          [&](const plan::SemiJoin& semi) {
            return (semi.anti ? "without a match" : "with a match") + JoinText(plan, node, semi.join);
          },
          [](const plan::Distinct&) { return std::string("each once"); },
          [](const plan::Union&) { return std::string("all of"); },
          [&](const plan::Aggregate& aggregate) {
            Fields fields = FieldNames(plan, index);
            Fields groups(fields.begin(), fields.begin() + static_cast<ptrdiff_t>(aggregate.group.size()));
            Fields calls(fields.begin() + static_cast<ptrdiff_t>(groups.size()), fields.end());
            std::string text = calls.empty() ? "groups" : fmt::format("{}", fmt::join(calls, ", "));
            return groups.empty() ? text + " of all" : text + fmt::format(" per {}", fmt::join(groups, ", "));
          },
          [&](const plan::Top& top) { return TopText(top, FieldNames(plan, node.inputs[0])); },
      },
      node.kind);
}

std::vector<std::string> NodeTree(const plan::Plan& plan, uint32_t index) {
  std::vector<std::string> lines{NodeText(plan, index)};
  for (uint32_t input : plan.nodes[index].inputs)
    for (const std::string& line : NodeTree(plan, input)) lines.push_back("  " + line);
  return lines;
}

}  // namespace bulkhead::planner
