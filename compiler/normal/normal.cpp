#include "compiler/normal/normal.h"

#include <algorithm>

#include "compiler/normal/draft.h"
#include "compiler/normal/passes.h"
#include "runtime/base/limits.h"

namespace bulkhead::normal {
namespace {

Draft DraftOf(const ir::Module& module, ir::SelectId arm) {
  const ir::Select& select = module.selects[arm];
  Draft draft;
  draft.select = &select;
  draft.arm = arm;
  draft.occurrences = select.from;
  if (select.where.HasValue()) draft.conjuncts = {select.where};
  return draft;
}

Branch BranchOf(Draft draft) {
  Branch branch;
  auto root = std::find(draft.occurrences.begin(), draft.occurrences.end(), draft.select->root);
  CHECK_INVARIANT(root != draft.occurrences.end(), "the root is not among its branch's occurrences");
  branch.root = static_cast<uint32_t>(root - draft.occurrences.begin());
  branch.occurrences = std::move(draft.occurrences);
  branch.excluded = std::move(draft.excluded);
  branch.counted = draft.select->from;
  branch.arm = draft.arm;
  branch.classes = std::move(draft.classes);
  branch.residuals = std::move(draft.residuals);
  branch.outputs = draft.select->outputs;
  branch.output_table = draft.select->output_table;
  branch.output_id = draft.select->output_id;
  branch.span = draft.select->span;
  return branch;
}

bool WithinLimits(const Drafts& drafts, Span span, source::Diagnostics& diagnostics) {
  for (const Draft& draft : drafts) {
    if (draft.occurrences.size() <= limits::OccurrencesPerBranchMax) continue;
    diagnostics.Report<source::DiagKind::TooManyOccurrences>(span, draft.occurrences.size(),
                                                             limits::OccurrencesPerBranchMax);
    return false;
  }
  return true;
}

Query NormalizeQuery(ir::Module& module, const ir::Query& query, source::Diagnostics& diagnostics,
                     const Options& options) {
  Query result{{}, {}, query.span};
  Drafts drafts;
  for (ir::SelectId arm : query.arms) drafts.push_back(DraftOf(module, arm));
  PassContext context{module, diagnostics};
  for (const Pass& pass : Passes()) {
    pass.run(context, drafts);
    if (context.failed) return result;
    if (options.after_pass) options.after_pass(pass.name, PrintDrafts(module, drafts));
  }
  if (!WithinLimits(drafts, query.span, diagnostics)) return result;
  if (drafts.empty()) diagnostics.Report<source::DiagKind::NeverTrue>(query.span);
  for (Draft& draft : drafts) result.branches.push_back(BranchOf(std::move(draft)));
  return result;
}

}  // namespace

std::vector<Stream> Normalize(ir::Module& module, source::Diagnostics& diagnostics, const Options& options) {
  std::vector<Stream> streams;
  for (const ir::Stream& stream : module.streams) {
    Stream normal{&stream, {}};
    for (const ir::Query& query : stream.queries)
      normal.queries.push_back(NormalizeQuery(module, query, diagnostics, options));
    streams.push_back(std::move(normal));
  }
  return streams;
}

}  // namespace bulkhead::normal
