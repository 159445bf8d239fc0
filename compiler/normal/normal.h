// IR -> conjunctive branches: a table of small passes (passes.h) over the drafts of one query.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "compiler/source/diagnostic.h"

namespace bulkhead::normal {

struct Options {
  // For `dump --dump-after=PASS`: called with one query's drafts in text form after each pass.
  std::function<void(std::string_view pass, const std::string& text)> after_pass;
};

// One entry per stream of `module`, in order. Adds expressions and occurrences to `module`, changes none that
// existed. Queries that cannot be normalised are diagnosed and have no branches; later stages skip them.
// Cost: linear in the size of the result, which limits::BranchesPerQueryMax bounds per query.
std::vector<Stream> Normalize(ir::Module& module, source::Diagnostics& diagnostics,
                              const Options& options = {});

// Stable text form, for `dump --stage=normal` and golden tests.
std::string Print(const ir::Module& module, const std::vector<Stream>& streams);

}  // namespace bulkhead::normal
