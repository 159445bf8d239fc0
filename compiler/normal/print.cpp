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
  Printer(const ir::Module& module, const std::vector<OccurrenceId>& occurrences,
          const std::vector<Beside>& excluded)
      : module_(module), occurrences_(occurrences) {
    Name(occurrences);
    for (const Beside& beside : excluded) Name(beside);
  }

  std::string Occurrences(uint32_t root) const {
    std::string out;
    for (size_t i = 0; i < occurrences_.size(); ++i) {
      out += fmt::format("    {:<9} ", i == root ? "root" : "with");
      out += Source(occurrences_[i]);
    }
    return out;
  }

  // "excluded", indented by what it is inside of; then its tables and conditions.
  std::string Besides(std::string_view what, const std::vector<Beside>& besides, int indent = 4) const {
    std::string out, blank(static_cast<size_t>(indent), ' ');
    for (const Beside& beside : besides) {
      out += fmt::format("{}{}\n", blank, what);
      for (OccurrenceId id : beside.occurrences) out += fmt::format("{}  with      {}", blank, Source(id));
      for (ExprId id : beside.conjuncts) out += fmt::format("{}  holds     {}\n", blank, Text(id));
      out += Besides("excluded", beside.excluded, indent + 2);
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
  void Name(const std::vector<OccurrenceId>& occurrences) {
    for (OccurrenceId id : occurrences) {
      if (names_.count(id.index)) continue;  // alternatives of one subquery share its tables
      const std::string& alias = module_.occurrences[id].alias;
      int use = ++uses_[alias];
      names_[id.index] = use == 1 ? alias : fmt::format("{}:{}", alias, use);
    }
  }
  void Name(const Beside& beside) {
    Name(beside.occurrences);
    for (const Beside& inner : beside.excluded) Name(inner);
  }

  std::string Source(OccurrenceId id) const {
    const ir::Occurrence& occurrence = module_.occurrences[id];
    std::string source = std::visit(
        Match{
            [](const ir::TableSource& s) { return s.QualifiedName(); },
            [&](const ir::FunctionSource& s) { return fmt::format("{}({})", s.function, Text(s.input)); },
            [&](const ir::QuerySource&) { return ir::Describe(module_, id); },
        },
        occurrence.source);
    return fmt::format("{} = {}\n", names_.at(id.index), source);
  }

  const ir::Module& module_;
  const std::vector<OccurrenceId>& occurrences_;
  std::map<std::string, int> uses_;
  std::map<uint32_t, std::string> names_;
};

uint32_t RootOf(const Draft& draft) {
  auto at = std::find(draft.occurrences.begin(), draft.occurrences.end(), draft.select->root);
  return static_cast<uint32_t>(at - draft.occurrences.begin());
}

std::string PrintBranch(const ir::Module& module, const Branch& branch) {
  Printer printer(module, branch.occurrences, branch.excluded);
  std::string out = fmt::format("  branch {}\n", branch.output_table) + printer.Occurrences(branch.root);
  out += printer.Classes(branch.classes);
  for (const Residual& residual : branch.residuals)
    out += fmt::format("    where     {}\n", printer.Text(residual.expr));
  out += printer.Besides("excluded", branch.excluded);
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
    Printer printer(module, draft.occurrences, draft.excluded);
    out += "  draft\n" + printer.Occurrences(RootOf(draft)) + printer.Classes(draft.classes);
    for (ExprId id : draft.conjuncts) out += fmt::format("    holds     {}\n", printer.Text(id));
    for (const Residual& residual : draft.residuals)
      out += fmt::format("    where     {}\n", printer.Text(residual.expr));
    out += printer.Besides("excluded", draft.excluded);
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
