// `x IN json` and `a && b` whose sides come from different sources become joins with json_each, so that the
// elements can be bucket keys or lookup inputs.
#include "compiler/normal/draft.h"

namespace bulkhead::normal {
namespace {

class Expander {
 public:
  Expander(PassContext& context, Draft& draft) : context_(context), draft_(draft) {}

  void Run() {
    std::vector<ExprId> conjuncts = std::move(draft_.conjuncts);
    draft_.conjuncts.clear();
    for (ExprId id : conjuncts) draft_.conjuncts.push_back(Expanded(id));
  }

 private:
  ExprId Expanded(ExprId id) {
    const ir::CallExpr* found = context_.AsCall(id);
    if (!found || (found->callee != "in_json" && found->callee != "overlap")) return id;
    const ir::CallExpr call = *found;
    Sources lhs = SourcesOf(context_.module, call.args[0]);
    Sources rhs = SourcesOf(context_.module, call.args[1]);
    Sources both = lhs;
    Merge(both, rhs);
    if (both.Single() || !lhs.Single() || !rhs.Single()) return id;
    Span span = context_.module.exprs[id].span;
    ExprId left = call.callee == "overlap" ? Element(call.args[0], span) : call.args[0];
    return context_.AddCall("=", {left, Element(call.args[1], span)}, span);
  }

  ExprId Element(ExprId json, Span span) {
    ir::Occurrence each{"element", ir::FunctionSource{"json_each", json}, span};
    OccurrenceId id = context_.module.occurrences.Add(std::move(each));
    draft_.occurrences.push_back(id);
    return context_.AddColumn(id, "value", span);
  }

  PassContext& context_;
  Draft& draft_;
};

}  // namespace

void ExpandJson(PassContext& context, Drafts& drafts) {
  for (Draft& draft : drafts) Expander(context, draft).Run();
}

}  // namespace bulkhead::normal
