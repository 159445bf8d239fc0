#include <algorithm>
#include <set>

#include "compiler/normal/draft.h"

namespace bulkhead::normal {
namespace {

// Order of conjuncts does not matter. Occurrences are compared by identity: copies of a view differ.
std::string KeyOf(const ir::Module& module, const Draft& draft) {
  std::vector<std::string> parts;
  for (const EqualityClass& cls : draft.classes) {
    std::vector<std::string> members;
    for (const auto& member : cls.members) members.push_back(StructureOf(module, member.expr));
    std::sort(members.begin(), members.end());
    std::string part = "=";
    for (const std::string& member : members) part += " " + member;
    parts.push_back(std::move(part));
  }
  for (const Residual& residual : draft.residuals) parts.push_back(StructureOf(module, residual.expr));
  for (const Beside& beside : draft.excluded) parts.push_back("not " + StructureOf(module, beside));
  std::vector<uint32_t> occurrences;
  for (OccurrenceId id : draft.occurrences) occurrences.push_back(id.index);
  std::sort(occurrences.begin(), occurrences.end());
  for (uint32_t index : occurrences) parts.push_back("#" + std::to_string(index));
  std::sort(parts.begin(), parts.end());
  std::string key = std::to_string(reinterpret_cast<uintptr_t>(draft.select));
  for (const std::string& part : parts) key += "\n" + part;
  return key;
}

}  // namespace

void Deduplicate(PassContext& context, Drafts& drafts) {
  std::set<std::string> seen;
  std::erase_if(drafts,
                [&](const Draft& draft) { return !seen.insert(KeyOf(context.module, draft)).second; });
}

}  // namespace bulkhead::normal
