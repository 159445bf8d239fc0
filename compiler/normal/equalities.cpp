// `a = b` between two sources makes a and b one class (SQL equality of non-NULL values is transitive once
// affinity and collation are explicit). Every other conjunct is filed under what it reads.
#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "compiler/normal/draft.h"

namespace bulkhead::normal {
namespace {

class Classes {
 public:
  Classes(PassContext& context, Draft& draft) : context_(context), draft_(draft) {}

  void Run() {
    for (ExprId id : draft_.conjuncts)
      if (!TakeEquality(id)) TakeResidual(id);
    draft_.conjuncts.clear();
    Collect();
  }

 private:
  bool TakeEquality(ExprId id) {
    const ir::CallExpr* call = context_.AsCall(id, "=");
    if (!call) return false;
    Sources lhs = SourcesOf(context_.module, call->args[0]);
    Sources rhs = SourcesOf(context_.module, call->args[1]);
    if (!lhs.Single() || !rhs.Single() || lhs == rhs) return false;
    size_t a = Node(call->args[0], lhs), b = Node(call->args[1], rhs);
    Span span = context_.module.exprs[id].span;
    spans_.resize(members_.size());
    a = Find(a);
    b = Find(b);
    if (b < a) std::swap(a, b);
    if (!spans_[a].HasValue()) spans_[a] = span;
    parent_[b] = a;
    return true;
  }

  void TakeResidual(ExprId id) {
    if (!seen_residuals_.emplace(StructureOf(context_.module, id), true).second) return;
    draft_.residuals.push_back({id, ReadsOf(SourcesOf(context_.module, id))});
  }

  size_t Node(ExprId id, const Sources& sources) {
    auto [at, is_new] = nodes_.try_emplace(StructureOf(context_.module, id), members_.size());
    if (is_new) {
      members_.push_back({id, ReadsOf(sources)});
      parent_.push_back(members_.size() - 1);
    }
    return at->second;
  }

  size_t Find(size_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }

  Reads ReadsOf(const Sources& sources) {
    Reads reads;
    reads.request = sources.request;
    for (OccurrenceId id : sources.occurrences) {
      auto at = std::find(draft_.occurrences.begin(), draft_.occurrences.end(), id);
      CHECK_INVARIANT(at != draft_.occurrences.end(), "an expression reads an occurrence outside its branch");
      reads.occurrences.push_back(static_cast<uint32_t>(at - draft_.occurrences.begin()));
    }
    std::sort(reads.occurrences.begin(), reads.occurrences.end());
    return reads;
  }

  void Collect() {
    std::map<size_t, size_t> index_of;
    for (size_t node = 0; node < members_.size(); ++node) {
      size_t root = Find(node);
      auto [at, is_new] = index_of.try_emplace(root, draft_.classes.size());
      if (is_new) draft_.classes.push_back({{}, spans_[root]});
      draft_.classes[at->second].members.push_back(members_[node]);
    }
  }

  PassContext& context_;
  Draft& draft_;
  std::unordered_map<std::string, size_t> nodes_;
  std::unordered_map<std::string, bool> seen_residuals_;
  std::vector<EqualityClass::Member> members_;
  std::vector<size_t> parent_;
  std::vector<Span> spans_;
};

}  // namespace

void MergeEqualities(PassContext& context, Drafts& drafts) {
  for (Draft& draft : drafts) Classes(context, draft).Run();
}

}  // namespace bulkhead::normal
