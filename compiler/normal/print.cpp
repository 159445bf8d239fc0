// The text form of branches: occurrences by a name unique in their branch, classes, residuals, outputs.
#include "compiler/ir/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/normal/draft.h"
#include "compiler/normal/normal.h"

namespace bulkhead::normal {
namespace {

class Printer {
 public:
  Printer(const ir::Module& module, const std::vector<OccurrenceId>& occurrences)
      : module_(module), occurrences_(occurrences) {
    std::map<std::string, int> uses;
    for (OccurrenceId id : occurrences) {
      const std::string& alias = module.occurrences[id].alias;
      int use = ++uses[alias];
      names_[id.index] = use == 1 ? alias : fmt::format("{}:{}", alias, use);
    }
  }

  std::string Occurrences(uint32_t root) const {
    std::string out;
    for (size_t i = 0; i < occurrences_.size(); ++i) {
      const ir::Occurrence& occurrence = module_.occurrences[occurrences_[i]];
      out += fmt::format("    {:<9} {} = ", i == root ? "root" : "with", names_.at(occurrences_[i].index));
      out += std::visit(
          Match{
              [](const ir::TableSource& s) { return s.QualifiedName(); },
              [&](const ir::FunctionSource& s) { return fmt::format("{}({})", s.function, Text(s.input)); },
              [&](const ir::QuerySource&) { return ir::Describe(module_, occurrences_[i]); },
          },
          occurrence.source);
      out += "\n";
    }
    return out;
  }

  std::string Classes(const std::vector<EqualityClass>& classes) const {
    std::string out;
    for (const EqualityClass& cls : classes) {
      std::vector<std::string> members;
      for (const auto& member : cls.members) members.push_back(Text(member.expr));
      out += fmt::format("    equal     {}\n", fmt::join(members, "  "));
    }
    return out;
  }

  std::string Text(ExprId id) const {
    return ir::Print(module_, id, [&](OccurrenceId occurrence) {
      auto named = names_.find(occurrence.index);  // those of a subquery have not joined the branch yet
      return named == names_.end() ? module_.occurrences[occurrence].alias : named->second;
    });
  }

 private:
  const ir::Module& module_;
  const std::vector<OccurrenceId>& occurrences_;
  std::map<uint32_t, std::string> names_;
};

uint32_t RootOf(const Draft& draft) {
  auto at = std::find(draft.occurrences.begin(), draft.occurrences.end(), draft.select->root);
  return static_cast<uint32_t>(at - draft.occurrences.begin());
}

std::string PrintBranch(const ir::Module& module, const Branch& branch) {
  Printer printer(module, branch.occurrences);
  std::string out = fmt::format("  branch {}\n", branch.output_table) + printer.Occurrences(branch.root);
  out += printer.Classes(branch.classes);
  for (const Residual& residual : branch.residuals)
    out += fmt::format("    where     {}\n", printer.Text(residual.expr));
  out += fmt::format("    id        {}\n", printer.Text(branch.output_id));
  for (const ir::OutputColumn& column : branch.outputs)
    out += fmt::format("    column    {}\n",
                       column.value.HasValue() ? column.name + " = " + printer.Text(column.value)
                       : column.legacy         ? "legacy*"
                                               : "*");
  return out;
}

}  // namespace

std::string PrintDrafts(const ir::Module& module, const Drafts& drafts) {
  std::string out;
  for (const Draft& draft : drafts) {
    Printer printer(module, draft.occurrences);
    out += "  draft\n" + printer.Occurrences(RootOf(draft)) + printer.Classes(draft.classes);
    for (ExprId id : draft.conjuncts) out += fmt::format("    holds     {}\n", printer.Text(id));
    for (const Residual& residual : draft.residuals)
      out += fmt::format("    where     {}\n", printer.Text(residual.expr));
  }
  return out;
}

std::string Print(const ir::Module& module, const std::vector<Stream>& streams) {
  std::string out;
  for (const Stream& stream : streams) {
    out += fmt::format("stream {}\n", stream.stream->name);
    for (const Query& query : stream.queries)
      for (const Branch& branch : query.branches) out += PrintBranch(module, branch);
  }
  return out;
}

}  // namespace bulkhead::normal
