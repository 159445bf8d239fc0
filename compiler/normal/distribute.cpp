// Conjunctions of drafts: AND splits, a positive subquery joins in, a negated one excludes, an OR whose arms
// bind differently multiplies.
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
      } else if (AsAbsent(id)) {
        if (ForkAbsent(item, id)) return;
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

  // Of NOT EXISTS (select).
  const ir::ExistsExpr* AsAbsent(ExprId id) const {
    const ir::CallExpr* call = context_.AsCall(id, "not");
    return call ? std::get_if<ir::ExistsExpr>(&context_.module.exprs[call->args[0]].kind) : nullptr;
  }

  // No row may exist in any alternative of any arm. Where an alternative asks something of the request alone,
  // that decides between two branches: it does not hold, or the rest is excluded.
  bool ForkAbsent(Item& item, ExprId id) {
    Span span = context_.module.exprs[id].span;
    std::vector<Item> forks;
    forks.push_back(std::move(item));
    for (ir::SelectId arm : ir::ExistsExpr(*AsAbsent(id)).arms) {
      for (Draft& draft : Alternatives(arm)) {
        ExprId condition = TakeRequest(draft, span);
        const size_t before = forks.size();
        if (condition.HasValue() && !Room(2 * before, span)) return true;
        for (size_t i = 0; i < before; ++i) {
          if (condition.HasValue()) forks.push_back(forks[i]);
          forks[i].draft.excluded.push_back({draft.occurrences, draft.conjuncts, draft.excluded, span});
        }
        for (size_t i = before; i < forks.size(); ++i)
          forks[i].pending.push_back(context_.AddCall("is_not_true", {condition}, span));
      }
    }
    if (context_.failed) return true;
    if (forks.size() == 1) {
      item = std::move(forks[0]);
      return false;
    }
    std::move(forks.rbegin(), forks.rend(), std::back_inserter(items_));
    return true;
  }

  Drafts Alternatives(ir::SelectId arm) {
    const ir::Select& select = context_.module.selects[arm];
    Draft draft;
    draft.select = &select;
    draft.occurrences = select.from;
    if (select.where.HasValue()) draft.conjuncts = {select.where};
    Drafts alternatives;
    Distributor(context_, alternatives).Run(std::move(draft));
    return alternatives;
  }

  // Takes out the conjuncts that read nothing but the request.
  ExprId TakeRequest(Draft& draft, Span span) {
    auto rest = std::stable_partition(draft.conjuncts.begin(), draft.conjuncts.end(), [&](ExprId id) {
      Sources sources = SourcesOf(context_.module, id);
      return !sources.request || !sources.occurrences.empty();
    });
    std::vector<ExprId> taken(rest, draft.conjuncts.end());
    draft.conjuncts.erase(rest, draft.conjuncts.end());
    if (taken.size() < 2) return taken.empty() ? ExprId{} : taken[0];
    return context_.AddCall("and", std::move(taken), span);
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
    context_.diagnostics.Report<source::DiagKind::SubqueryAsValueUnsupported>(span).Help(
        "use the subquery as a condition of its own, combined with AND and OR");
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
