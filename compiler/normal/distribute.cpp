// Conjunctions of drafts: AND splits, a positive subquery joins in, an OR whose arms bind differently
// multiplies.
#include <algorithm>
#include <map>

#include "compiler/normal/draft.h"
#include "runtime/base/limits.h"

namespace bulkhead::normal {
namespace {

struct Item {
  Draft draft;
  std::vector<ExprId> pending;  // still to be taken apart, next at the back
};

class Distributor {
 public:
  Distributor(PassContext& context, Drafts& result) : context_(context), result_(result) {}

  void Run(Draft draft) {
    Item first{std::move(draft), {}};
    first.pending.assign(first.draft.conjuncts.rbegin(), first.draft.conjuncts.rend());
    first.draft.conjuncts.clear();
    items_.push_back(std::move(first));
    while (!items_.empty() && !context_.failed) {
      Item item = std::move(items_.back());
      items_.pop_back();
      Step(std::move(item));
    }
  }

 private:
  // Takes one item apart until it is done or forks.
  void Step(Item item) {
    while (!item.pending.empty()) {
      ExprId id = item.pending.back();
      item.pending.pop_back();
      if (const ir::CallExpr* call = context_.AsCall(id, "and")) {
        item.pending.insert(item.pending.end(), call->args.rbegin(), call->args.rend());
      } else if (context_.AsCall(id, "or")) {
        if (ForkOr(item, id)) return;
      } else if (ForkSubquery(item, id)) {
        return;
      }
      if (context_.failed) return;
    }
    result_.push_back(std::move(item.draft));
  }

  // True if `item` was replaced by its alternatives.
  bool ForkOr(Item& item, ExprId id) {
    std::vector<ExprId> arms = GroupArms(id);
    if (arms.size() == 1) {
      item.draft.conjuncts.push_back(arms[0]);
      return false;
    }
    if (!Room(arms.size(), context_.module.exprs[id].span)) return true;
    for (size_t i = arms.size(); i-- > 0;) {
      Item copy = item;
      copy.pending.push_back(arms[i]);
      items_.push_back(std::move(copy));
    }
    return true;
  }

  // Arms that read the same single source stay together: one residual, no new branch.
  std::vector<ExprId> GroupArms(ExprId id) {
    const ir::CallExpr call = *context_.AsCall(id);
    std::vector<std::vector<ExprId>> groups;
    std::map<std::pair<uint32_t, bool>, size_t> by_source;
    for (ExprId arm : FlatArms(call)) {
      Sources sources = SourcesOf(context_.module, arm);
      if (!sources.Single()) {
        groups.push_back({arm});
        continue;
      }
      uint32_t source = sources.occurrences.empty() ? UINT32_MAX : sources.occurrences[0].index;
      auto [at, is_new] = by_source.try_emplace({source, sources.request}, groups.size());
      if (is_new) groups.emplace_back();
      groups[at->second].push_back(arm);
    }
    std::vector<ExprId> arms;
    for (auto& group : groups)
      arms.push_back(group.size() == 1 ? group[0]
                                       : context_.AddCall("or", group, context_.module.exprs[id].span));
    if (groups.size() == 1 && groups[0].size() > 1) arms[0] = id;
    return arms;
  }

  std::vector<ExprId> FlatArms(const ir::CallExpr& call) {
    std::vector<ExprId> flat;
    for (ExprId arg : call.args) {
      const ir::CallExpr* inner = context_.AsCall(arg, "or");
      if (!inner) {
        flat.push_back(arg);
        continue;
      }
      std::vector<ExprId> nested = FlatArms(*inner);
      flat.insert(flat.end(), nested.begin(), nested.end());
    }
    return flat;
  }

  bool ForkSubquery(Item& item, ExprId id) {
    const auto& kind = context_.module.exprs[id].kind;
    std::vector<ir::SelectId> arms;
    std::vector<ExprId> lhs;
    if (const auto* exists = std::get_if<ir::ExistsExpr>(&kind)) {
      arms = exists->arms;
    } else if (const auto* in = std::get_if<ir::InSelectExpr>(&kind)) {
      arms = in->arms;
      lhs = in->lhs;
    } else {
      if (SourcesOf(context_.module, id).subquery) RefuseSubquery(id);
      item.draft.conjuncts.push_back(id);
      return false;
    }
    Span span = context_.module.exprs[id].span;
    if (arms.size() == 1) {
      Join(item, arms[0], lhs, span);
      return false;
    }
    if (!Room(arms.size(), span)) return true;
    for (size_t i = arms.size(); i-- > 0;) {
      Item copy = item;
      Join(copy, arms[i], lhs, span);
      items_.push_back(std::move(copy));
    }
    return true;
  }

  void Join(Item& item, ir::SelectId arm, const std::vector<ExprId>& lhs, Span span) {
    const ir::Select& select = context_.module.selects[arm];
    for (OccurrenceId id : select.from) {
      auto& all = item.draft.occurrences;
      if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
    }
    for (size_t i = lhs.size(); i-- > 0;)
      item.pending.push_back(context_.AddCall("=", {lhs[i], select.outputs[i].value}, span));
    if (select.where.HasValue()) item.pending.push_back(select.where);
  }

  bool Room(size_t more, Span span) {
    if (result_.size() + items_.size() + more <= limits::BranchesPerQueryMax) return true;
    context_.diagnostics.Report<source::DiagKind::TooManyBranches>(span, limits::BranchesPerQueryMax)
        .Help("split the query into several queries of the stream, or compare with IN (...) instead of OR");
    context_.failed = true;
    return false;
  }

  void RefuseSubquery(ExprId id) {
    context_.failed = true;
    Span span = context_.module.exprs[id].span;
    const ir::CallExpr* call = context_.AsCall(id, "not");
    const bool anti = call && !context_.AsCall(call->args[0]);
    if (anti) {
      context_.diagnostics.Report<source::DiagKind::AntiJoinUnsupported>(span)
          .Note("excluding rows by another table needs both tables on the row side")
          .Help("keep the state in a column of the synced table and filter on it");
    } else {
      context_.diagnostics.Report<source::DiagKind::SubqueryAsValueUnsupported>(span).Help(
          "use the subquery as a condition of its own, combined with AND and OR");
    }
  }

  PassContext& context_;
  Drafts& result_;
  std::vector<Item> items_;
};

}  // namespace

void Distribute(PassContext& context, Drafts& drafts) {
  Drafts result;
  Distributor distributor(context, result);
  for (Draft& draft : drafts) distributor.Run(std::move(draft));
  drafts = context.failed ? Drafts{} : std::move(result);
}

}  // namespace bulkhead::normal
