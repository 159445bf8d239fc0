#include "compiler/planner/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/ir/print.h"
#include "compiler/ir/walk.h"
#include "compiler/planner/branch_plan.h"
#include "compiler/planner/lower.h"
#include "compiler/planner/relation.h"
#include "runtime/plan/load.h"

namespace bulkhead::planner {
namespace {

plan::ParameterType ParameterTypeOf(const schema::Type& type) {
  switch (type.kind) {
    case schema::TypeKind::Integer:
      return plan::ParameterType::Integer;
    case schema::TypeKind::Real:
      return plan::ParameterType::Real;
    case schema::TypeKind::Boolean:
      return plan::ParameterType::Boolean;
    case schema::TypeKind::Json:
    case schema::TypeKind::Array:
      return plan::ParameterType::Json;
    case schema::TypeKind::Text:
    case schema::TypeKind::Uuid:
    case schema::TypeKind::Enum:
    case schema::TypeKind::Numeric:
    case schema::TypeKind::Timestamp:
    case schema::TypeKind::Date:
    case schema::TypeKind::Time:
      return plan::ParameterType::Text;
    default:
      return plan::ParameterType::Any;
  }
}

class Planner {
 public:
  Planner(const Input& input, source::Diagnostics& diagnostics, std::vector<BranchReport>* reports)
      : input_(input), diagnostics_(diagnostics), reports_(reports), builder_(plan_) {}

  plan::Plan Make() {
    for (uint32_t i = 0; i < input_.sources.size(); ++i)
      plan_.files.push_back(input_.sources[source::FileId{i}].name);
    for (const ir::Claim& claim : input_.module.claims)
      plan_.claims.push_back({claim.name, ParameterTypeOf(claim.type), claim.not_null});
    for (const normal::Stream& stream : input_.streams) AddStream(stream);
    if (!diagnostics_.has_errors()) {
      Status status = plan::Finish(plan_);
      if (!status) CheckFailed("Finish(plan)", status.error().message.c_str(), __FILE__, __LINE__);
    }
    return std::move(plan_);
  }

 private:
  void AddStream(const normal::Stream& normal) {
    const ir::Stream& declared = *normal.stream;
    plan::Stream stream;
    stream.name = declared.name;
    stream.auto_subscribe = declared.auto_subscribe;
    stream.priority = declared.priority;
    stream.span = SpanOf(declared.name_span);
    for (const ir::Parameter& parameter : declared.parameters)
      stream.parameters.push_back(ParameterOf(parameter));
    AddQueriers(normal, stream);
    plan_.streams.push_back(std::move(stream));
  }

  plan::Parameter ParameterOf(const ir::Parameter& declared) {
    plan::Parameter parameter{declared.name, ParameterTypeOf(declared.type), declared.not_null, std::nullopt};
    if (declared.default_value.HasValue())
      parameter.default_value = Lower(input_.module, declared.default_value, nullptr);
    return parameter;
  }

  // Branches of one stream whose parameter side is equal share a bucket.
  void AddQueriers(const normal::Stream& normal, plan::Stream& stream) {
    std::map<std::string, std::pair<plan::Querier, std::vector<uint32_t>>> shared;
    std::vector<std::string> order;
    std::map<std::string, std::vector<BranchReport>> made_of;
    const ir::Stream& declared = *normal.stream;
    for (const normal::Query& query : normal.queries) {
      for (const normal::DerivedSource& derived : query.derived) CheckDerived(derived);
      for (const normal::Branch& branch : query.branches) {
        if (!CheckKeys(branch) || !CheckExclusions(branch.excluded)) continue;
        std::vector<Cut> cuts = LegalCuts(input_, branch, diagnostics_);
        if (cuts.empty()) continue;
        const auto chosen = static_cast<uint32_t>(std::min<size_t>(input_.cut, cuts.size() - 1));
        BranchPlan planned = PlanCut(query, branch, cuts[chosen]);
        auto [at, is_new] = shared.try_emplace(planned.parameter_text);
        if (is_new) {
          order.push_back(planned.parameter_text);
          at->second.first = std::move(planned.querier);
          at->second.first.span = SpanOf(branch.span);
        }
        at->second.second.push_back(builder_.AddPipeline(std::move(planned.pipeline)));
        if (reports_) made_of[planned.parameter_text].push_back(ReportOf(declared, branch, cuts, chosen));
      }
    }
    for (const std::string& text : order) {
      auto& [querier, pipelines] = shared[text];
      querier.bucket = AddBucket(std::move(pipelines), static_cast<uint32_t>(querier.key.size()));
      for (BranchReport& report : made_of[text]) {
        report.bucket = plan_.buckets[querier.bucket].id;
        reports_->push_back(std::move(report));
      }
      stream.queriers.push_back(std::move(querier));
    }
  }

  BranchReport ReportOf(const ir::Stream& stream, const normal::Branch& branch, const std::vector<Cut>& cuts,
                        uint32_t chosen) const {
    BranchReport report{stream.name, branch.span, {}, {}, chosen};
    for (const Cut& cut : cuts) {
      CutReport each{{}, {}, cut.cost};
      for (uint32_t i = 0; i < branch.occurrences.size(); ++i) {
        std::string name = ir::Describe(input_.module, branch.occurrences[i]);
        (cut.node_of[i] == 0 ? each.row_side : each.session_side).push_back(std::move(name));
      }
      report.cuts.push_back(std::move(each));
    }
    return report;
  }

  BranchPlan PlanCut(const normal::Query& query, const normal::Branch& branch, const Cut& cut) {
    if (!cut.has_relation) return PlanBranch(input_, branch, cut, builder_, nullptr);
    normal::Branch session = SessionSideOf(input_.module, branch, cut.RowSide());
    RelationPlanner relations(input_, query, builder_);
    RowRelation relation = relations.Plan(branch, cut.RowSide(), NeededOf(session, cut));
    return PlanBranch(input_, session, cut, builder_, &relation);
  }

  // What is evaluated over the relation's rows.
  static std::vector<ir::ExprId> NeededOf(const normal::Branch& session, const Cut& cut) {
    std::vector<ir::ExprId> needed{session.output_id};
    for (const ir::OutputColumn& output : session.outputs) needed.push_back(output.value);
    for (const normal::EqualityClass& cls : session.classes) {
      for (const auto& member : cls.members)
        if (!member.reads.occurrences.empty() && cut.node_of[member.reads.occurrences[0]] == 0)
          needed.push_back(member.expr);
    }
    return needed;
  }

  // Whether all its tables have a key; each that has none is diagnosed once.
  bool CheckKeys(const normal::Branch& branch) {
    return CheckKeys(branch.occurrences) & CheckKeys(branch.left) & CheckKeys(branch.excluded);
  }
  void CheckDerived(const normal::DerivedSource& derived) {
    for (const normal::Branch& branch : derived.branches)
      if (CheckKeys(branch)) CheckExclusions(branch.excluded);
  }
  bool CheckKeys(const std::vector<normal::Beside>& besides) {
    bool all = true;
    for (const normal::Beside& beside : besides) all = CheckKeys(beside.occurrences) & CheckKeys(beside.excluded) & all;
    return all;
  }
  bool CheckKeys(const std::vector<ir::OccurrenceId>& occurrences) {
    bool all = true;
    for (ir::OccurrenceId id : occurrences) all = CheckKey(input_.module.occurrences[id]) && all;
    return all;
  }
  bool CheckKey(const ir::Occurrence& occurrence) {
    const auto* source = std::get_if<ir::TableSource>(&occurrence.source);
    if (!source || !source->table.HasValue()) return true;
    const schema::Table& table = input_.catalog.tables[source->table];
    if (!table.RowKey().empty()) return true;
    if (keyless_.insert(source->table.index).second)
      diagnostics_.Report<source::DiagKind::TableWithoutKey>(occurrence.span, table.QualifiedName())
          .Label(table.name_span, "declared here")
          .Help("give it a PRIMARY KEY, or UNIQUE over columns that are NOT NULL");
    return false;
  }

  // What is excluded is worked out beside the rows it excludes; deeper exclusions must not reach over them. False, with a
  // diagnostic, when one does.
  bool CheckExclusions(const std::vector<normal::Beside>& besides) {
    for (const normal::Beside& beside : besides) {
      for (const normal::Beside& inner : beside.excluded) {
        if (!StaysWithin(inner, beside)) {
          diagnostics_.Report<source::DiagKind::AntiJoinUnsupported>(inner.span)
              .Help("compare with a column of the outer NOT's table, or join the far table once more there");
          return false;
        }
      }
      if (!CheckExclusions(beside.excluded)) return false;
    }
    return true;
  }

  bool StaysWithin(const normal::Beside& inner, const normal::Beside& outer) const {
    std::set<uint32_t> known;
    for (ir::OccurrenceId id : outer.occurrences) known.insert(id.index);
    for (ir::OccurrenceId id : inner.occurrences) known.insert(id.index);
    return std::ranges::all_of(inner.conjuncts, [&](ir::ExprId conjunct) {
      return std::ranges::all_of(ir::ReadsOf(input_.module, conjunct).occurrences,
                                 [&](ir::OccurrenceId id) { return known.contains(id.index); });
    });
  }

  // Content decides the id, so that buckets outlive renamed and reordered streams.
  uint32_t AddBucket(std::vector<uint32_t> pipelines, uint32_t key_size) {
    std::map<std::string, uint32_t> by_text;
    for (uint32_t i : pipelines) by_text.emplace(TextOf(plan_.pipelines[i], plan_), i);
    std::string text = fmt::format("{}\n", key_size);
    plan::Bucket bucket;
    bucket.key_size = key_size;
    for (const auto& [pipeline_text, i] : by_text) {
      text += pipeline_text + "\n";
      bucket.pipelines.push_back(i);
    }
    auto [at, is_new] = buckets_.try_emplace(text, static_cast<uint32_t>(plan_.buckets.size()));
    if (is_new) {
      const plan::Pipeline& first = plan_.pipelines[bucket.pipelines[0]];
      bucket.id = fmt::format("{}.{}", first.output_table.empty() ? plan_.tables[first.table].name : first.output_table,
                              HexLower(Sha256({text})).substr(0, 12));
      plan_.buckets.push_back(std::move(bucket));
    }
    return at->second;
  }

  plan::Span SpanOf(source::Span span) const {
    if (!span.HasValue()) return {};
    source::Position start = input_.sources.Start(span), end = input_.sources.End(span);
    return {span.file.index, start.line, start.column, end.line, end.column};
  }

  const Input& input_;
  source::Diagnostics& diagnostics_;
  std::vector<BranchReport>* reports_;
  plan::Plan plan_;
  PlanBuilder builder_;
  std::unordered_map<std::string, uint32_t> buckets_;
  std::set<uint32_t> keyless_;  // tables
};

}  // namespace

plan::Plan MakePlan(const Input& input, source::Diagnostics& diagnostics, std::vector<BranchReport>* reports) {
  return Planner(input, diagnostics, reports).Make();
}

}  // namespace bulkhead::planner
