#include <algorithm>

#include "compiler/ir/print.h"
#include "compiler/ir/walk.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {

using schema::SameName;

// From the arm of a stream's query to what the client gets of it.
void Binder::FinishArm(ir::Select& select, BoundArm arm, const ast::Name& into, Span span) {
  for (const OutputItem& item : arm.outputs) {
    if (!item.name.empty() || !item.value.HasValue()) continue;
    Report<DiagKind::UnnamedOutput>(item.span).Help("name it: … AS name");
    arm.broken = true;
  }
  if (arm.broken) return;
  select.outputs = MergeOutputs(arm.outputs);
  CheckOutputNames(select.outputs);
  select.root = FindRoot(select);
  if (!select.root.HasValue()) return;
  const auto& source = std::get<ir::TableSource>(out_->module.occurrences[select.root].source);
  select.output_table = into.HasValue() ? into.text : source.wildcard && source.name.ends_with('%') ? "" : source.name;
  select.span = span;
  FindId(select);
  CheckBlobs(select);
}

bool Binder::SameColumn(ExprId a, ExprId b) const {
  const auto* first = std::get_if<ir::ColumnExpr>(&At(a).kind);
  const auto* second = std::get_if<ir::ColumnExpr>(&At(b).kind);
  return first && second && first->occurrence == second->occurrence && first->column == second->column;
}

std::vector<ir::OutputColumn> Binder::MergeOutputs(const std::vector<OutputItem>& items) {
  std::vector<ir::OutputColumn> outputs;
  std::vector<bool> from_star;
  std::unordered_map<std::string, size_t> places;
  for (const OutputItem& item : items) {
    if (!item.value.HasValue()) {
      outputs.push_back({"", {}, item.star, item.span, item.legacy});
      from_star.push_back(true);
      continue;
    }
    auto [place, inserted] = places.try_emplace(item.name, outputs.size());
    if (inserted) {
      outputs.push_back({item.name, item.value, {}, item.span});
      from_star.push_back(item.from_star);
      continue;
    }
    if (item.legacy) continue;
    const size_t i = place->second;
    if (!from_star[i] && !item.from_star && !lenient_) {
      Report<DiagKind::DuplicateOutput>(item.span, item.name).Label(outputs[i].span, "the first");
    } else if (!from_star[i] && !SameColumn(outputs[i].value, item.value)) {
      Report<DiagKind::OverwrittenOutput>(item.span, item.name)
          .Label(outputs[i].span, "overwritten")
          .Help("write `*` first");
    }
    outputs[i] = {item.name, item.value, {}, item.span};
    from_star[i] = item.from_star;
  }
  return outputs;
}

void Binder::CheckOutputNames(const std::vector<ir::OutputColumn>& outputs) {
  std::unordered_map<std::string, const ir::OutputColumn*> seen;
  for (const ir::OutputColumn& output : outputs) {
    if (!output.value.HasValue()) continue;
    std::string lower = output.name;
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    auto [first, inserted] = seen.try_emplace(std::move(lower), &output);
    if (inserted) continue;
    auto& report = Report<DiagKind::OutputsDifferInCase>(output.span, first->second->name, output.name);
    if (first->second->span != output.span) report.Label(first->second->span, "the first");
  }
}

// The tables that an output's value comes from; columns of table functions come from the tables their input
// reads.
void Binder::CollectTables(ExprId expr, Span span, std::vector<std::pair<OccurrenceId, Span>>& tables) {
  ir::ReadSet reads = ir::ReadsOf(out_->module, expr);
  if (reads.subquery) Report<DiagKind::NestedQueryUnsupported>(span, "a subquery in an output");
  if (reads.request) Report<DiagKind::RequestInOutput>(span);
  if (reads.subquery) return;
  for (OccurrenceId id : reads.occurrences) {
    const auto* function = std::get_if<ir::FunctionSource>(&out_->module.occurrences[id].source);
    // Inputs read earlier items of FROM only, so this ends.
    if (function)
      CollectTables(function->input, span, tables);
    else
      tables.emplace_back(id, span);
  }
}

OccurrenceId Binder::FindRoot(const ir::Select& select) {
  std::vector<std::pair<OccurrenceId, Span>> tables;
  for (const ir::OutputColumn& output : select.outputs) {
    if (output.value.HasValue())
      CollectTables(output.value, output.span, tables);
    else
      tables.emplace_back(output.star, output.span);
  }
  for (OccurrenceId id : select.from) {
    const auto* table = std::get_if<ir::TableSource>(&out_->module.occurrences[id].source);
    if (tables.empty() && table) tables.emplace_back(id, select.span);
  }
  if (tables.empty()) {
    Report<DiagKind::NoTable>(select.span);
    return {};
  }
  for (const auto& [id, span] : tables) {
    if (id == tables[0].first) continue;
    const std::string first = ir::Describe(out_->module, tables[0].first);
    auto& report = Report<DiagKind::SeveralTablesOutput>(span, first, ir::Describe(out_->module, id));
    if (tables[0].second != span) report.Label(tables[0].second, fmt::format("from `{}`", first));
    report.Help(fmt::format("sync both tables, or only the columns of `{}`: {}.*", first,
                            out_->module.occurrences[tables[0].first].alias));
    return {};
  }
  return tables[0].first;
}

void Binder::FindId(ir::Select& select) {
  for (const ir::OutputColumn& output : select.outputs) {
    if (output.value.HasValue() && output.name == "id") select.output_id = output.value;
    // A later `*` brings the table's own id.
    if (!output.value.HasValue() && !(output.legacy && select.output_id.HasValue()))
      select.output_id = AddColumn(output.star, nullptr, std::nullopt, "id", output.span);
  }
  if (select.output_id.HasValue()) return;
  auto& report = Report<DiagKind::MissingId>(select.outputs.empty() ? select.span : select.outputs[0].span);
  for (const ir::OutputColumn& output : select.outputs) {
    if (SameName(output.name, "id")) report.Help(fmt::format("write `\"{}\" AS id`", output.name));
  }
  const auto& source = std::get<ir::TableSource>(out_->module.occurrences[select.root].source);
  if (!source.table.HasValue() || !report.help.empty()) return;
  const schema::Table& table = catalog_.tables[source.table];
  std::string key;
  for (uint32_t column : table.primary_key)
    key += (key.empty() ? "" : " || '.' || ") + table.columns[column].name;
  if (!key.empty()) report.Help(fmt::format("add `{} AS id`", key));
}

void Binder::CheckBlobs(const ir::Select& select) {
  for (const ir::OutputColumn& output : select.outputs) {
    if (!output.value.HasValue()) continue;
    const ir::Facts& facts = At(output.value).facts;
    if (facts.declared.kind == TypeKind::Blob || (facts.storage & ~storage::Null) == storage::Blob) {
      Report<DiagKind::BlobOutput>(output.span, output.name);
    }
  }
}

}  // namespace bulkhead::sema
