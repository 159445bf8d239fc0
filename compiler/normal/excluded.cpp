// What is excluded is worked out once for all requests, so it cannot read one. A place for what can be
// bucketed all the same: an exclusion over values that the session looks up (planner.md §2).
#include "compiler/normal/draft.h"

namespace bulkhead::normal {

void CheckExcluded(PassContext& context, Drafts& drafts) {
  for (const Draft& draft : drafts) {
    for (const Beside& beside : draft.excluded) {
      if (!SourcesOf(context.module, beside).request) continue;
      context.failed = true;
      context.diagnostics.Report<source::DiagKind::ExclusionReadsRequest>(beside.span)
          .Note(
              "the server works out once for all users which rows are excluded; a user's own exclusions "
              "would need a "
              "set of rows for each of them")
          .Help(
              "ask for what the user may see, with IN or EXISTS; or sync the excluding rows too, and leave "
              "these rows "
              "out on the client");
      break;
    }
  }
}

}  // namespace bulkhead::normal
