#include "compiler/normal/draft.h"

#include <fmt/format.h>

#include <algorithm>

namespace bulkhead::normal {

ExprId PassContext::AddCall(std::string callee, std::vector<ExprId> args, Span span) {
  return module.exprs.Add({ir::CallExpr{std::move(callee), std::move(args)}, {}, span});
}

ExprId PassContext::AddColumn(OccurrenceId occurrence, std::string column, Span span) {
  return module.exprs.Add({ir::ColumnExpr{occurrence, std::move(column)}, {}, span});
}

const ir::CallExpr* PassContext::AsCall(ExprId id) const {
  return std::get_if<ir::CallExpr>(&module.exprs[id].kind);
}

const ir::CallExpr* PassContext::AsCall(ExprId id, std::string_view callee) const {
  const ir::CallExpr* call = AsCall(id);
  return call && call->callee == callee ? call : nullptr;
}

void Merge(Sources& into, const Sources& from) {
  into.request |= from.request;
  into.subquery |= from.subquery;
  for (OccurrenceId id : from.occurrences) {
    auto at = std::lower_bound(into.occurrences.begin(), into.occurrences.end(), id,
                               [](OccurrenceId a, OccurrenceId b) { return a.index < b.index; });
    if (at == into.occurrences.end() || !(*at == id)) into.occurrences.insert(at, id);
  }
}

Sources SourcesOf(const ir::Module& module, ExprId expr) {
  Sources sources;
  if (!expr.HasValue()) return sources;
  auto merge_all = [&](const std::vector<ExprId>& args) {
    for (ExprId arg : args) Merge(sources, SourcesOf(module, arg));
  };
  std::visit(Match{
                 [](const ir::LiteralExpr&) {},
                 [&](const ir::ColumnExpr& e) { sources.occurrences = {e.occurrence}; },
                 [&](const ir::RequestExpr&) { sources.request = true; },
                 [&](const ir::CallExpr& e) { merge_all(e.args); },
                 [&](const ir::ExistsExpr&) { sources.subquery = true; },
                 [&](const ir::InSelectExpr& e) {
                   merge_all(e.lhs);
                   sources.subquery = true;
                 },
                 [](const ir::ErrorExpr&) {},
             },
             module.exprs[expr].kind);
  return sources;
}

namespace {

void CollectSources(const ir::Module& module, const Beside& beside, Sources& sources,
                    std::vector<OccurrenceId>& own) {
  for (OccurrenceId id : beside.occurrences) {
    own.push_back(id);
    const auto* function = std::get_if<ir::FunctionSource>(&module.occurrences[id].source);
    if (function) Merge(sources, SourcesOf(module, function->input));
  }
  for (ExprId id : beside.conjuncts) Merge(sources, SourcesOf(module, id));
  for (const Beside& inner : beside.excluded) CollectSources(module, inner, sources, own);
}

}  // namespace

Sources SourcesOf(const ir::Module& module, const Beside& beside) {
  Sources sources;
  std::vector<OccurrenceId> own;
  CollectSources(module, beside, sources, own);
  std::erase_if(sources.occurrences,
                [&](OccurrenceId id) { return std::ranges::find(own, id) != own.end(); });
  return sources;
}

namespace {

std::string LiteralText(const value::Value& v) {
  switch (v.type()) {
    case value::Type::Null:
      return "null";
    case value::Type::Integer:
      return fmt::format("{}", v.integer());
    case value::Type::Real:
      return fmt::format("{:a}", v.real());
    case value::Type::Text:
      return fmt::format("t{}'{}'", v.bytes().size(), v.bytes());
    case value::Type::Blob:
      return fmt::format("b{}'{}'", v.bytes().size(), v.bytes());
  }
  return {};
}

void AppendStructure(const ir::Module& module, ExprId expr, std::string& out) {
  auto append_all = [&](const std::vector<ExprId>& args) {
    for (ExprId arg : args) {
      out += ' ';
      AppendStructure(module, arg, out);
    }
  };
  std::visit(Match{
                 [&](const ir::LiteralExpr& e) { out += LiteralText(e.value.view()); },
                 [&](const ir::ColumnExpr& e) {
                   out += fmt::format("#{}.{}'{}'", e.occurrence.index, e.column.size(), e.column);
                 },
                 [&](const ir::RequestExpr& e) { out += fmt::format("request{}", static_cast<int>(e.part)); },
                 [&](const ir::CallExpr& e) {
                   out += "(" + e.callee;
                   append_all(e.args);
                   out += ')';
                 },
                 [&](const ir::ExistsExpr&) { out += fmt::format("exists@{}", expr.index); },
                 [&](const ir::InSelectExpr&) { out += fmt::format("in@{}", expr.index); },
                 [&](const ir::ErrorExpr&) { out += "error"; },
             },
             module.exprs[expr].kind);
}

}  // namespace

std::string StructureOf(const ir::Module& module, ExprId expr) {
  std::string out;
  AppendStructure(module, expr, out);
  return out;
}

std::string StructureOf(const ir::Module& module, const Beside& beside) {
  std::vector<std::string> parts;
  for (ExprId id : beside.conjuncts) parts.push_back(StructureOf(module, id));
  for (const Beside& inner : beside.excluded) parts.push_back("not " + StructureOf(module, inner));
  for (OccurrenceId id : beside.occurrences) parts.push_back(fmt::format("#{}", id.index));
  std::sort(parts.begin(), parts.end());
  return fmt::format("{{{}}}", fmt::join(parts, "; "));
}

}  // namespace bulkhead::normal
