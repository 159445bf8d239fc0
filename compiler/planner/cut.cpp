#include "compiler/planner/cut.h"

#include <algorithm>
#include <deque>

#include "compiler/ir/print.h"
#include "compiler/ir/walk.h"

namespace bulkhead::planner {
namespace {

using normal::Beside;
using normal::Branch;
using source::Span;
using Rows = std::set<uint32_t>;  // indices of occurrences

class Enumerator {
 public:
  Enumerator(const Input& input, const Branch& branch, source::Diagnostics& diagnostics)
      : input_(input), module_(input.module), branch_(branch), diagnostics_(diagnostics) {
    for (uint32_t i = 0; i < branch.occurrences.size(); ++i) index_[branch.occurrences[i].index] = i;
  }

  std::vector<Cut> All() {
    Rows least;
    if (!Least(least)) return {};
    std::vector<Cut> cuts;
    std::set<Rows> seen;
    std::deque<Rows> open;
    auto visit = [&](Rows rows) {
      if (!seen.insert(rows).second) return;
      if (std::optional<Cut> cut = CutOf(rows)) cuts.push_back(std::move(*cut));
      open.push_back(std::move(rows));
    };
    visit(least);
    if (cuts.empty()) return {};
    while (!open.empty() && seen.size() < RowSidesMax && CanGrow(least)) {
      Rows rows = std::move(open.front());
      open.pop_front();
      for (uint32_t next : Neighbours(rows)) {
        Rows grown = rows;
        grown.insert(next);
        if (Close(grown, false)) visit(std::move(grown));
      }
    }
    for (Cut& cut : cuts) cut.cost = CostOf(input_, branch_, cut);
    std::ranges::stable_sort(cuts, [](const Cut& a, const Cut& b) {
      if (a.cost.total != b.cost.total) return a.cost.total < b.cost.total;
      return a.nodes[0].occurrences.size() < b.nodes[0].occurrences.size();
    });
    return cuts;
  }

 private:
  const ir::Occurrence& Occurrence(uint32_t i) const { return module_.occurrences[branch_.occurrences[i]]; }
  const ir::FunctionSource* Function(uint32_t i) const {
    return std::get_if<ir::FunctionSource>(&Occurrence(i).source);
  }
  bool IsQuery(uint32_t i) const { return std::holds_alternative<ir::QuerySource>(Occurrence(i).source); }

  Rows Read(ir::ExprId id, bool* request = nullptr) const {
    ir::ReadSet reads = ir::ReadsOf(module_, id);
    if (request) *request = reads.request;
    Rows rows;
    for (ir::OccurrenceId occurrence : reads.occurrences)
      if (auto at = index_.find(occurrence.index); at != index_.end()) rows.insert(at->second);
    return rows;
  }
  void ReadBeside(const Beside& beside, Rows& rows) const {
    for (ir::ExprId id : beside.conjuncts) rows.merge(Read(id));
    for (const Beside& inner : beside.excluded) ReadBeside(inner, rows);
  }
  // Whether it reads what is left-joined: those conditions belong to the row side.
  bool ReadsLeft(ir::ExprId id) const {
    return std::ranges::any_of(ir::ReadsOf(module_, id).occurrences,
                               [&](ir::OccurrenceId o) { return !index_.contains(o.index); });
  }

  // ---- Row sides ----

  // What has to be there: the root, queries, what is output, and what left-joined and excluded rows meet.
  bool Least(Rows& rows) {
    rows.insert(branch_.root);
    for (uint32_t i = 0; i < branch_.occurrences.size(); ++i)
      if (IsQuery(i)) rows.insert(i);
    for (const ir::OutputColumn& output : branch_.outputs) {
      if (output.value.HasValue())
        rows.merge(Read(output.value));
      else if (auto at = index_.find(output.star.index); at != index_.end())
        rows.insert(at->second);
    }
    if (branch_.output_id.HasValue()) rows.merge(Read(branch_.output_id));
    for (const Beside& beside : branch_.left) ReadBeside(beside, rows);
    for (const Beside& beside : branch_.excluded) ReadBeside(beside, rows);
    return Close(rows, true);
  }

  // Adds what the row side's conditions and functions read besides. False, reported if so wanted, when that
  // is the request.
  bool Close(Rows& rows, bool report) {
    for (size_t before = 0; before != rows.size();) {
      before = rows.size();
      for (const normal::Residual& residual : branch_.residuals) {
        bool request = false;
        Rows read = Read(residual.expr, &request);
        bool touches = ReadsLeft(residual.expr) ||
                       std::ranges::any_of(read, [&](uint32_t i) { return rows.contains(i); });
        if (!touches) continue;
        if (request) return Refuse(module_.exprs[residual.expr].span, report);
        rows.merge(read);
      }
      for (uint32_t i = 0; i < branch_.occurrences.size(); ++i)
        if (Function(i) && !CloseFunction(rows, i, report)) return false;
    }
    return true;
  }

  // A function over the row side belongs to it, and one on the row side brings what it reads.
  bool CloseFunction(Rows& rows, uint32_t function, bool report) {
    bool request = false;
    Rows read = Read(Function(function)->input, &request);
    bool touches = std::ranges::any_of(read, [&](uint32_t i) { return rows.contains(i); });
    if (!touches && !rows.contains(function)) return true;
    if (request || TablesOf(function).size() > 1) return Refuse(Occurrence(function).span, report);
    rows.merge(read);
    rows.insert(function);
    return true;
  }

  Rows TablesOf(uint32_t i) const {
    if (!Function(i)) return {i};
    Rows tables;
    for (uint32_t read : Read(Function(i)->input)) tables.merge(TablesOf(read));
    return tables;
  }

  bool Refuse(Span span, bool report) {
    if (!report) return false;
    diagnostics_.Report<source::DiagKind::RowSideReadsSession>(span)
        .Note(
            "the server evaluates the synced table's rows once for all users, so they meet a user only "
            "through `=`")
        .Help("compare the two with `=`, or with IN over an array or a subquery");
    return false;
  }

  // Columns that are taken as they come cannot be those of a relation.
  bool CanGrow(const Rows&) const {
    return std::ranges::all_of(branch_.outputs,
                               [](const ir::OutputColumn& o) { return o.value.HasValue(); }) &&
           !IsWildcard(branch_.root);
  }
  bool IsWildcard(uint32_t i) const {
    const auto* table = std::get_if<ir::TableSource>(&Occurrence(i).source);
    return table && table->wildcard;
  }

  // Tables outside that an equality joins with a row inside.
  Rows Neighbours(const Rows& rows) const {
    Rows neighbours;
    for (const normal::EqualityClass& cls : branch_.classes) {
      Rows members;
      for (const auto& member : cls.members)
        for (uint32_t i : member.reads.occurrences) members.merge(TablesOf(i));
      if (std::ranges::none_of(members, [&](uint32_t i) { return rows.contains(i); })) continue;
      for (uint32_t i : members)
        if (!rows.contains(i) && !Function(i) && !IsWildcard(i)) neighbours.insert(i);
    }
    return neighbours;
  }

  // ---- The session's side ----

  std::optional<Cut> CutOf(const Rows& rows) {
    Cut cut;
    cut.node_of.assign(branch_.occurrences.size(), UINT32_MAX);
    AddRowSide(cut, rows);
    for (uint32_t i = 0; i < branch_.occurrences.size(); ++i) {
      if (rows.contains(i) || Function(i)) continue;
      cut.node_of[i] = static_cast<uint32_t>(cut.nodes.size());
      cut.nodes.push_back({{i}, false});
    }
    if (!PlaceFunctions(cut)) return std::nullopt;
    if (cut.has_relation && !CanGrow(rows)) {
      const ir::Occurrence& root = Occurrence(branch_.root);
      diagnostics_
          .Report<source::DiagKind::RowSideNeedsColumns>(root.span, ir::Describe(module_, branch_.occurrences[branch_.root]))
          .Help("declare the table with CREATE TABLE or CREATE SCHEMA FROM, or name the columns that are output");
      return std::nullopt;
    }
    return cut;
  }

  // The root first, then functions in the order in which they can be evaluated.
  void AddRowSide(Cut& cut, const Rows& rows) {
    size_t tables = 0;
    cut.nodes.push_back({{branch_.root}, false});
    cut.node_of[branch_.root] = 0;
    for (uint32_t i : rows) {
      if (Function(i)) continue;
      ++tables;
      if (i == branch_.root) continue;
      cut.nodes[0].occurrences.push_back(i);
      cut.node_of[i] = 0;
    }
    for (bool placed = true; placed;) {
      placed = false;
      for (uint32_t i : rows) {
        if (cut.node_of[i] == 0) continue;
        Rows read = Read(Function(i)->input);
        if (!std::ranges::all_of(read, [&](uint32_t r) { return cut.node_of[r] == 0; })) continue;
        cut.nodes[0].occurrences.push_back(i);
        cut.node_of[i] = 0;
        placed = true;
      }
    }
    cut.has_relation =
        tables > 1 || IsQuery(branch_.root) || !branch_.left.empty() || !branch_.excluded.empty();
  }

  // A function follows what its input reads; inputs may read functions placed in an earlier round.
  bool PlaceFunctions(Cut& cut) {
    for (bool placed = true; placed;) {
      placed = false;
      for (uint32_t i = 0; i < branch_.occurrences.size(); ++i) {
        if (cut.node_of[i] != UINT32_MAX) continue;
        std::optional<uint32_t> node = NodeFor(cut, i);
        if (!node) continue;
        cut.node_of[i] = *node;
        cut.nodes[*node].occurrences.push_back(i);
        placed = true;
      }
    }
    return std::ranges::find(cut.node_of, UINT32_MAX) == cut.node_of.end();
  }

  // None while an input is not placed.
  std::optional<uint32_t> NodeFor(Cut& cut, uint32_t function) {
    Rows nodes;
    bool request = false;
    for (uint32_t i : Read(Function(function)->input, &request)) {
      if (cut.node_of[i] == UINT32_MAX) return std::nullopt;
      nodes.insert(cut.node_of[i]);
    }
    bool own_node = nodes.size() != 1 || request || cut.nodes[*nodes.begin()].expands_session;
    if (!own_node) return *nodes.begin();
    cut.nodes.push_back({{}, true});
    return static_cast<uint32_t>(cut.nodes.size() - 1);
  }

  const Input& input_;
  const ir::Module& module_;
  const Branch& branch_;
  source::Diagnostics& diagnostics_;
  std::map<uint32_t, uint32_t> index_;  // of the module's occurrences in the branch
};

}  // namespace

std::vector<Cut> LegalCuts(const Input& input, const Branch& branch, source::Diagnostics& diagnostics) {
  return Enumerator(input, branch, diagnostics).All();
}

}  // namespace bulkhead::planner
