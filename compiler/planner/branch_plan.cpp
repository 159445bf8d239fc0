#include "compiler/planner/branch_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/planner/lower.h"

namespace bulkhead::planner {
namespace {

using normal::Branch;
using normal::EqualityClass;

class BranchPlanner {
 public:
  BranchPlanner(const Input& input, const Branch& branch, const Cut& cut, PlanBuilder& builder,
                const RowRelation* relation)
      : input_(input), module_(input.module), branch_(branch), cut_(cut), builder_(builder), relation_(relation) {}

  BranchPlan Plan() {
    FileClasses();
    FileResiduals();
    while (size_t node = NextNode()) Visit(node);
    FlushStageFilters();
    FillPipeline();
    Finish();
    return std::move(result_);
  }

 private:
  // One equality class as the cut sees it.
  struct Class {
    std::map<uint32_t, std::vector<ir::ExprId>> by_node;  // members that read a node
    std::vector<ir::ExprId> request;                      // members that read the request
    std::optional<vm::Expr> constant;
    std::optional<vm::Expr> bound;  // its value on the session's side, once known
    bool crosses_root() const { return by_node.count(0) && !constant; }
  };

  const ir::Occurrence& Occurrence(uint32_t i) const { return module_.occurrences[branch_.occurrences[i]]; }
  uint32_t IndexOf(ir::OccurrenceId id) const {
    auto at = std::find(branch_.occurrences.begin(), branch_.occurrences.end(), id);
    return static_cast<uint32_t>(at - branch_.occurrences.begin());
  }

  // A column as a row of `node` sees it: its own column, or an output of a function attached to it.
  vm::Expr LowerInNode(uint32_t node, ir::ExprId id) const {
    return Lower(module_, id, [&](const ir::ColumnExpr& column) {
      if (node == 0 && relation_) return vm::ColumnOf(relation_->columns.at({column.occurrence.index, column.column}));
      const auto& occurrences = cut_.nodes[node].occurrences;
      size_t at =
          std::find(occurrences.begin(), occurrences.end(), IndexOf(column.occurrence)) - occurrences.begin();
      CHECK_INVARIANT(at < occurrences.size(), "a column is read outside its node");
      if (at == 0) return vm::ColumnOf(column.column);
      return vm::ExpandOf(static_cast<uint32_t>(at - 1), OutputOf(column));
    });
  }

  static vm::ExpandOutput OutputOf(const ir::ColumnExpr& column) {
    auto output = vm::ExpandOutputNamed(column.column);
    CHECK_INVARIANT(output.has_value(), "sema knows the columns of table functions");
    return *output;
  }

  // On the session's side every column has been bound by a visited node.
  vm::Expr LowerInSession(ir::ExprId id) const {
    return Lower(module_, id, [&](const ir::ColumnExpr& column) {
      auto at = bindings_.find({column.occurrence.index, column.column});
      CHECK_INVARIANT(at != bindings_.end(), "a stage reads a column that no earlier stage gives");
      return vm::BindingOf(at->second);
    });
  }

  std::vector<vm::Expr> AttachedInputs(uint32_t node) const {
    std::vector<vm::Expr> inputs;
    const auto& occurrences = cut_.nodes[node].occurrences;
    for (size_t i = 1; i < occurrences.size(); ++i)
      inputs.push_back(LowerInNode(node, FunctionOf(occurrences[i]).input));
    return inputs;
  }
  const ir::FunctionSource& FunctionOf(uint32_t occurrence) const {
    return std::get<ir::FunctionSource>(Occurrence(occurrence).source);
  }
  std::vector<plan::Expansion> Expansions(uint32_t node) const {
    std::vector<plan::Expansion> expansions;
    if (node == 0 && relation_) return expansions;
    std::vector<vm::Expr> inputs = AttachedInputs(node);
    for (size_t i = 0; i < inputs.size(); ++i)
      expansions.push_back({FunctionOf(cut_.nodes[node].occurrences[i + 1]).function, std::move(inputs[i])});
    return expansions;
  }

  // ---- Sorting classes and residuals by what they read ----

  void FileClasses() {
    node_filters_.resize(cut_.nodes.size());
    visited_.assign(cut_.nodes.size(), false);
    visited_[0] = true;
    for (const EqualityClass& cls : branch_.classes) {
      Class filed;
      for (const auto& member : cls.members) {
        if (!member.reads.occurrences.empty())
          filed.by_node[cut_.node_of[member.reads.occurrences[0]]].push_back(member.expr);
        else if (member.reads.request)
          filed.request.push_back(member.expr);
        else
          AddConstant(filed, member.expr);
      }
      FileClass(std::move(filed));
    }
  }

  void AddConstant(Class& filed, ir::ExprId id) {
    vm::Expr constant = Lower(module_, id, nullptr);
    if (filed.constant)
      request_filters_.push_back(vm::Apply(vm::Operator::Eq, *filed.constant, constant));
    else
      filed.constant = std::move(constant);
  }

  void FileClass(Class filed) {
    std::vector<vm::Expr> request;
    for (ir::ExprId id : filed.request) request.push_back(Lower(module_, id, nullptr));
    std::sort(request.begin(), request.end(),
              [](const vm::Expr& a, const vm::Expr& b) { return vm::Print(a) < vm::Print(b); });
    if (filed.constant) {
      for (vm::Expr& expr : request)
        request_filters_.push_back(vm::Apply(vm::Operator::Eq, std::move(expr), *filed.constant));
      for (auto& [node, members] : filed.by_node)
        for (ir::ExprId id : members) FilterNode(node, id, *filed.constant);
      if (!AnyExpansion(filed)) return;
      filed.bound = filed.constant;
    } else if (!request.empty()) {
      for (size_t i = 1; i < request.size(); ++i)
        request_filters_.push_back(vm::Apply(vm::Operator::Eq, request[0], request[i]));
      filed.bound = std::move(request[0]);
    }
    classes_.push_back(std::move(filed));
  }

  bool AnyExpansion(const Class& filed) const {
    return std::any_of(filed.by_node.begin(), filed.by_node.end(),
                       [&](const auto& entry) { return cut_.nodes[entry.first].expands_session; });
  }

  // Expansions of the session have no filter of their own: theirs become stage filters in BindClasses.
  void FilterNode(uint32_t node, ir::ExprId id, const vm::Expr& constant) {
    if (cut_.nodes[node].expands_session) return;
    node_filters_[node].push_back(vm::Apply(vm::Operator::Eq, LowerInNode(node, id), constant));
  }

  void FileResiduals() {
    for (const normal::Residual& residual : branch_.residuals) {
      std::set<uint32_t> nodes;
      for (uint32_t i : residual.reads.occurrences) nodes.insert(cut_.node_of[i]);
      if (nodes.empty()) {
        request_filters_.push_back(Lower(module_, residual.expr, nullptr));
      } else if (nodes.size() == 1 && !residual.reads.request &&
                 !cut_.nodes[*nodes.begin()].expands_session) {
        node_filters_[*nodes.begin()].push_back(LowerInNode(*nodes.begin(), residual.expr));
      } else {
        stage_residuals_.push_back({residual.expr, std::move(nodes)});
      }
    }
  }

  // ---- The order of stages: what is bound best comes first ----

  // 0 when all nodes are visited.
  size_t NextNode() const {
    size_t best = 0;
    std::pair<int, int> best_score{-1, -1};
    for (size_t node = 1; node < cut_.nodes.size(); ++node) {
      if (visited_[node] || !InputsAreBound(node)) continue;
      std::pair<int, int> score{cut_.nodes[node].expands_session ? 1 << 20 : BoundClasses(node),
                                static_cast<int>(node_filters_[node].size())};
      if (best && score <= best_score) continue;
      best = node;
      best_score = score;
    }
    return best;
  }

  int BoundClasses(size_t node) const {
    return static_cast<int>(std::count_if(classes_.begin(), classes_.end(), [&](const Class& cls) {
      return cls.bound && cls.by_node.count(static_cast<uint32_t>(node));
    }));
  }

  bool InputsAreBound(size_t node) const {
    if (!cut_.nodes[node].expands_session) return true;
    for (const ir::ColumnExpr& column : ColumnsOf(FunctionOf(cut_.nodes[node].occurrences[0]).input))
      if (!visited_[cut_.node_of[IndexOf(column.occurrence)]]) return false;
    return true;
  }

  std::vector<ir::ColumnExpr> ColumnsOf(ir::ExprId id) const {
    std::vector<ir::ColumnExpr> columns;
    auto collect = [&](auto& self, ir::ExprId at) -> void {
      const auto& kind = module_.exprs[at].kind;
      if (const auto* column = std::get_if<ir::ColumnExpr>(&kind)) columns.push_back(*column);
      if (const auto* call = std::get_if<ir::CallExpr>(&kind))
        for (ir::ExprId arg : call->args) self(self, arg);
    };
    collect(collect, id);
    return columns;
  }

  // ---- One stage ----

  void Visit(size_t node) {
    visited_[node] = true;
    if (cut_.nodes[node].expands_session)
      VisitExpansion(static_cast<uint32_t>(node));
    else
      VisitTable(static_cast<uint32_t>(node));
    TakeStageFilters();
  }

  void VisitExpansion(uint32_t node) {
    uint32_t occurrence = cut_.nodes[node].occurrences[0];
    const ir::FunctionSource& function = FunctionOf(occurrence);
    plan::Stage stage;
    stage.source = plan::ExpandStage{function.function, LowerInSession(function.input)};
    for (uint32_t output = 0; output < vm::ExpandOutputs; ++output)
      Bind(branch_.occurrences[occurrence], std::string(vm::Name(static_cast<vm::ExpandOutput>(output))));
    stages_.push_back(std::move(stage));
    for (Class& cls : classes_) {
      auto members = cls.by_node.find(node);
      if (members == cls.by_node.end()) continue;
      for (ir::ExprId id : members->second) {
        vm::Expr value = LowerInSession(id);
        if (cls.bound)
          stage_filters_.push_back(vm::Apply(vm::Operator::Eq, std::move(value), *cls.bound));
        else
          cls.bound = std::move(value);
      }
    }
  }

  void Bind(ir::OccurrenceId occurrence, std::string column) {
    bindings_[{occurrence.index, std::move(column)}] = binding_count_++;
  }

  void VisitTable(uint32_t node) {
    plan::Lookup lookup;
    plan::LookupStage stage;
    lookup.table = builder_.AddTable(
        input_, std::get<ir::TableSource>(Occurrence(cut_.nodes[node].occurrences[0]).source));
    lookup.expansions = Expansions(node);
    std::vector<Class*> to_bind;
    for (Class& cls : classes_) UseClass(cls, node, lookup, stage, to_bind);
    SortInputs(lookup, stage);
    std::vector<std::pair<std::string, Class*>> class_outputs;
    for (Class* cls : to_bind)
      class_outputs.emplace_back(vm::Print(LowerInNode(node, FirstMember(*cls, node))), cls);
    std::sort(class_outputs.begin(), class_outputs.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [text, cls] : class_outputs) {
      lookup.outputs.push_back(LowerInNode(node, FirstMember(*cls, node)));
      cls->bound = vm::BindingOf(binding_count_++);
    }
    BindColumns(node, lookup);
    lookup.filter = SortedConjunction(std::move(node_filters_[node]));
    stage.lookup = builder_.AddLookup(std::move(lookup));
    stages_.push_back({std::move(stage), std::nullopt});
  }

  // The member that stands for the class in this node; others are compared with it inside the node.
  ir::ExprId FirstMember(const Class& cls, uint32_t node) const {
    const auto& members = cls.by_node.at(node);
    return *std::min_element(members.begin(), members.end(), [&](ir::ExprId a, ir::ExprId b) {
      return vm::Print(LowerInNode(node, a)) < vm::Print(LowerInNode(node, b));
    });
  }

  void EqualMembers(const Class& cls, uint32_t node) {
    ir::ExprId first = FirstMember(cls, node);
    for (ir::ExprId id : cls.by_node.at(node))
      if (!(id == first))
        node_filters_[node].push_back(
            vm::Apply(vm::Operator::Eq, LowerInNode(node, first), LowerInNode(node, id)));
  }

  void UseClass(Class& cls, uint32_t node, plan::Lookup& lookup, plan::LookupStage& stage,
                std::vector<Class*>& to_bind) {
    if (!cls.by_node.count(node) || cls.constant) return;
    EqualMembers(cls, node);
    if (cls.bound) {
      lookup.inputs.push_back(LowerInNode(node, FirstMember(cls, node)));
      stage.inputs.push_back(*cls.bound);
    } else if (NeededLater(cls)) {
      to_bind.push_back(&cls);
    }
  }

  bool NeededLater(const Class& cls) const {
    return std::any_of(cls.by_node.begin(), cls.by_node.end(),
                       [&](const auto& entry) { return entry.first == 0 || !visited_[entry.first]; });
  }

  static void SortInputs(plan::Lookup& lookup, plan::LookupStage& stage) {
    std::vector<size_t> order(lookup.inputs.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return vm::Print(lookup.inputs[a]) < vm::Print(lookup.inputs[b]); });
    std::vector<vm::Expr> inputs, values;
    for (size_t i : order) {
      inputs.push_back(std::move(lookup.inputs[i]));
      values.push_back(std::move(stage.inputs[i]));
    }
    lookup.inputs = std::move(inputs);
    stage.inputs = std::move(values);
  }

  // Columns that stage filters and later expansions read.
  void BindColumns(uint32_t node, plan::Lookup& lookup) {
    std::map<std::string, std::pair<ir::OccurrenceId, std::string>> wanted;
    auto want = [&](ir::ExprId id) {
      for (const ir::ColumnExpr& column : ColumnsOf(id)) {
        if (cut_.node_of[IndexOf(column.occurrence)] != node) continue;
        wanted[fmt::format("{} {}", IndexInNode(node, column.occurrence), column.column)] = {
            column.occurrence, column.column};
      }
    };
    for (const auto& [expr, nodes] : stage_residuals_) want(expr);
    for (size_t other = 1; other < cut_.nodes.size(); ++other)
      if (cut_.nodes[other].expands_session && !visited_[other])
        want(FunctionOf(cut_.nodes[other].occurrences[0]).input);
    for (auto& [key, column] : wanted) {
      lookup.outputs.push_back(LowerColumn(node, column.first, column.second));
      Bind(column.first, column.second);
    }
  }

  size_t IndexInNode(uint32_t node, ir::OccurrenceId id) const {
    const auto& occurrences = cut_.nodes[node].occurrences;
    return std::find(occurrences.begin(), occurrences.end(), IndexOf(id)) - occurrences.begin();
  }
  vm::Expr LowerColumn(uint32_t node, ir::OccurrenceId id, const std::string& column) const {
    size_t at = IndexInNode(node, id);
    if (at == 0) return vm::ColumnOf(column);
    return vm::ExpandOf(static_cast<uint32_t>(at - 1), OutputOf({id, column}));
  }

  void TakeStageFilters() {
    std::erase_if(stage_residuals_, [&](const auto& residual) {
      bool ready = std::all_of(residual.second.begin(), residual.second.end(),
                               [&](uint32_t n) { return visited_[n]; });
      if (ready) stage_filters_.push_back(LowerInSession(residual.first));
      return ready;
    });
    if (!stage_filters_.empty()) stages_.back().filter = SortedConjunction(std::move(stage_filters_));
    stage_filters_.clear();
  }

  void FlushStageFilters() { CHECK_INVARIANT(stage_residuals_.empty(), "every residual has been filed"); }

  // ---- The row side ----

  void FillPipeline() {
    plan::Pipeline& pipeline = result_.pipeline;
    pipeline.table = relation_ ? relation_->table
                               : builder_.AddTable(input_, std::get<ir::TableSource>(Occurrence(branch_.root).source));
    pipeline.expansions = Expansions(0);
    std::vector<std::tuple<std::string, std::string, vm::Expr, vm::Expr>> keys;
    for (const Class& cls : classes_) {
      if (!cls.crosses_root()) continue;
      EqualMembers(cls, 0);
      vm::Expr row = LowerInNode(0, FirstMember(cls, 0));
      CHECK_INVARIANT(cls.bound.has_value() || cls.by_node.size() == 1, "every stage has been visited");
      if (!cls.bound) continue;
      keys.emplace_back(vm::Print(*cls.bound), vm::Print(row), *cls.bound, row);
    }
    std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    });
    for (auto& [bound_text, row_text, bound, row] : keys) {
      result_.querier.key.push_back(std::move(bound));
      pipeline.keys.push_back(std::move(row));
    }
    pipeline.filter = SortedConjunction(std::move(node_filters_[0]));
    pipeline.output_table = branch_.output_table;
    pipeline.output_id = LowerInNode(0, branch_.output_id);
    for (const ir::OutputColumn& column : branch_.outputs) {
      if (column.value.HasValue())
        pipeline.output.push_back({column.name, LowerInNode(0, column.value), false});
      else
        pipeline.output.push_back({"*", std::nullopt, column.legacy});
    }
  }

  void Finish() {
    plan::Querier& querier = result_.querier;
    querier.request_filter = SortedConjunction(std::move(request_filters_));
    querier.stages = std::move(stages_);
    std::string& text = result_.parameter_text;
    text = TextOf(querier.request_filter);
    for (const plan::Stage& stage : querier.stages) {
      if (const auto* lookup = std::get_if<plan::LookupStage>(&stage.source))
        text += fmt::format(" lookup {} {}", lookup->lookup, TextOf(lookup->inputs));
      else
        text += " expand " +
                TextOf(std::vector<plan::Expansion>{{std::get<plan::ExpandStage>(stage.source).function,
                                                     std::get<plan::ExpandStage>(stage.source).input}});
      text += TextOf(stage.filter);
    }
    text += TextOf(querier.key);
  }

  const Input& input_;
  const ir::Module& module_;
  const Branch& branch_;
  const Cut& cut_;
  PlanBuilder& builder_;
  const RowRelation* relation_;
  BranchPlan result_;
  std::vector<Class> classes_;
  std::vector<std::vector<vm::Expr>> node_filters_;  // by node
  std::vector<std::pair<ir::ExprId, std::set<uint32_t>>> stage_residuals_;
  std::vector<vm::Expr> request_filters_, stage_filters_;
  std::vector<plan::Stage> stages_;
  std::vector<bool> visited_;
  std::map<std::pair<uint32_t, std::string>, uint32_t> bindings_;  // (occurrence, column) -> binding
  uint32_t binding_count_ = 0;
};

}  // namespace

std::optional<vm::Expr> SortedConjunction(std::vector<vm::Expr> conjuncts) {
  if (conjuncts.empty()) return std::nullopt;
  std::vector<std::pair<std::string, size_t>> order;
  for (size_t i = 0; i < conjuncts.size(); ++i) order.emplace_back(vm::Print(conjuncts[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<vm::Expr> sorted;
  for (size_t k = 0; k < order.size(); ++k)
    if (k == 0 || order[k].first != order[k - 1].first)
      sorted.push_back(std::move(conjuncts[order[k].second]));
  return vm::AllOf(std::move(sorted));
}

BranchPlan PlanBranch(const Input& input, const normal::Branch& branch, const Cut& cut, PlanBuilder& builder,
                      const RowRelation* relation) {
  return BranchPlanner(input, branch, cut, builder, relation).Plan();
}

}  // namespace bulkhead::planner
