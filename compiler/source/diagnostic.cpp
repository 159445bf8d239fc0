#include "compiler/source/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "runtime/base/limits.h"

namespace bulkhead::source {
namespace {

// Longer names are never suggestions: the distance is quadratic in the length.
constexpr size_t SuggestedLengthMax = 64;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return Lower(c); });
  return out;
}

// Edit distance in which swapping two neighbours counts as one change.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before = previous;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

const std::vector<DiagInfo>& AllDiagnostics() {
  static const std::vector<DiagInfo> all = {
#define DIAG(kind, code, severity, message, explanation) \
  {DiagKind::kind, #kind, code, Severity::severity, message, explanation},
#include "compiler/source/diagnostics.def"
#undef DIAG
  };
  return all;
}

const DiagInfo* FindDiagnostic(std::string_view code) {
  std::string wanted = Lower(code);
  for (const DiagInfo& info : AllDiagnostics())
    if (Lower(info.code) == wanted) return &info;
  return nullptr;
}

Diagnostic& Diagnostics::Add(Diagnostic diagnostic) {
  errors_ += diagnostic.severity == Severity::Error;
  if (all_.size() < limits::DiagnosticsKeptMax) return all_.emplace_back(std::move(diagnostic));
  ++dropped_;
  return overflow_ = std::move(diagnostic);
}

std::vector<const Diagnostic*> Diagnostics::Sorted() const {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& diagnostic : all_) sorted.push_back(&diagnostic);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* a, const Diagnostic* b) {
    auto key = [](const Diagnostic* d) {
      return std::tuple(d->primary.span.file.index, d->primary.span.begin, d->severity, d->code);
    };
    return key(a) < key(b);
  });
  return sorted;
}

std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.empty() || name.size() > SuggestedLengthMax) return "";
  std::string wanted = Lower(name);
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  std::string_view best;
  for (std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > SuggestedLengthMax) continue;
    size_t distance = EditDistance(wanted, Lower(candidate));
    // A name of one or two letters is not "near" another that shares none of them.
    if (distance >= std::min(best_distance, std::max(name.size(), candidate.size()))) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace bulkhead::source
