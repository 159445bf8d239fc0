#include "compiler/planner/cut.h"

#include <algorithm>
#include <set>

namespace bulkhead::planner {
namespace {

using normal::Branch;
using source::Span;

void CollectReads(const ir::Module& module, ir::ExprId id, std::set<uint32_t>& occurrences, bool& request) {
  std::visit(Match{
                 [](const ir::LiteralExpr&) {},
                 [&](const ir::ColumnExpr& e) { occurrences.insert(e.occurrence.index); },
                 [&](const ir::RequestExpr&) { request = true; },
                 [&](const ir::CallExpr& e) {
                   for (ir::ExprId arg : e.args) CollectReads(module, arg, occurrences, request);
                 },
                 [](const ir::ExistsExpr&) {},
                 [](const ir::InSelectExpr&) {},
                 [](const ir::ErrorExpr&) {},
             },
             module.exprs[id].kind);
}

class Chooser {
 public:
  Chooser(const Input& input, const Branch& branch, source::Diagnostics& diagnostics)
      : module_(input.module), branch_(branch), diagnostics_(diagnostics) {}

  std::optional<Cut> Choose() {
    cut_.node_of.assign(branch_.occurrences.size(), UINT32_MAX);
    cut_.nodes.push_back({{branch_.root}, false});
    cut_.node_of[branch_.root] = 0;
    PlaceTables();
    if (!PlaceFunctions() || !ResidualsAreLegal()) return std::nullopt;
    return std::move(cut_);
  }

 private:
  const ir::Occurrence& Occurrence(uint32_t i) const { return module_.occurrences[branch_.occurrences[i]]; }
  const ir::FunctionSource* Function(uint32_t i) const {
    return std::get_if<ir::FunctionSource>(&Occurrence(i).source);
  }

  void PlaceTables() {
    for (uint32_t i = 0; i < branch_.occurrences.size(); ++i) {
      if (i == branch_.root || Function(i)) continue;
      cut_.node_of[i] = static_cast<uint32_t>(cut_.nodes.size());
      cut_.nodes.push_back({{i}, false});
    }
  }

  // A function follows what its input reads; inputs may read functions placed in an earlier round.
  bool PlaceFunctions() {
    for (bool placed = true; placed;) {
      placed = false;
      for (uint32_t i = 0; i < branch_.occurrences.size(); ++i) {
        if (cut_.node_of[i] != UINT32_MAX) continue;
        std::optional<uint32_t> node = NodeFor(i);
        if (!node) continue;
        if (*node == UINT32_MAX) return false;
        cut_.node_of[i] = *node;
        cut_.nodes[*node].occurrences.push_back(i);
        placed = true;
      }
    }
    return true;
  }

  // None while an input is not placed; UINT32_MAX after a diagnostic.
  std::optional<uint32_t> NodeFor(uint32_t function) {
    std::set<uint32_t> nodes;
    bool request = false;
    std::set<uint32_t> reads;
    CollectReads(module_, Function(function)->input, reads, request);
    for (uint32_t i = 0; i < branch_.occurrences.size(); ++i) {
      if (!reads.count(branch_.occurrences[i].index)) continue;
      if (cut_.node_of[i] == UINT32_MAX) return std::nullopt;
      nodes.insert(cut_.node_of[i]);
    }
    bool own_node = nodes.size() != 1 || request || cut_.nodes[*nodes.begin()].expands_session;
    if (!own_node) return *nodes.begin();
    if (nodes.count(0)) {
      Refuse(Occurrence(function).span);
      return UINT32_MAX;
    }
    cut_.nodes.push_back({{}, true});
    return static_cast<uint32_t>(cut_.nodes.size() - 1);
  }

  bool ResidualsAreLegal() {
    bool legal = true;
    for (const normal::Residual& residual : branch_.residuals) {
      std::set<uint32_t> nodes;
      for (uint32_t i : residual.reads.occurrences) nodes.insert(cut_.node_of[i]);
      if (!nodes.count(0) || (nodes.size() == 1 && !residual.reads.request)) continue;
      RefuseResidual(residual, nodes.size() > 1);
      legal = false;
    }
    return legal;
  }

  void Refuse(Span span) {
    diagnostics_.Report<source::DiagKind::RowSideReadsSession>(span)
        .Note(
            "the server evaluates the synced table's rows once for all users, so they meet a user only "
            "through `=`")
        .Help("compare the two with `=`, or with IN over an array or a subquery");
  }

  void RefuseResidual(const normal::Residual& residual, bool joins) {
    Span span = module_.exprs[residual.expr].span;
    if (!joins) return Refuse(span);
    diagnostics_.Report<source::DiagKind::RowSideReadsTable>(span)
        .Label(Occurrence(branch_.root).span, "rows of this table are synced")
        .Note("a join with the synced table can use `=` only")
        .Help(
            "compare columns of the two tables with `=`, or keep the result in a column of the synced table");
  }

  const ir::Module& module_;
  const Branch& branch_;
  source::Diagnostics& diagnostics_;
  Cut cut_;
};

}  // namespace

std::optional<Cut> ChooseCut(const Input& input, const normal::Branch& branch,
                             source::Diagnostics& diagnostics) {
  return Chooser(input, branch, diagnostics).Choose();
}

}  // namespace bulkhead::planner
