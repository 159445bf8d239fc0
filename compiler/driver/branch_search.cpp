#include "compiler/driver/branch_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "compiler/ir/print.h"
#include "compiler/ir/walk.h"
#include "compiler/planner/lower.h"
#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/value/key.h"
#include "runtime/vm/vm.h"

namespace bulkhead::driver {
namespace {

using ir::ExprId;
using ir::OccurrenceId;
using value::Value;
using Tuple = std::vector<Value>;  // by slot

struct Condition {
  vm::Program program;
  std::set<uint32_t> reads;  // occurrences
  source::Span span;
  // Of an equality: its sides with what each reads.
  std::optional<vm::Program> left, right;
  std::set<uint32_t> left_reads, right_reads;
  bool done = false;
};

class Search {
 public:
  Search(const SearchInput& input, const normal::Branch& branch)
      : input_(input), module_(input.module), branch_(branch), context_(arena_) {
    std::copy(std::begin(input.request), std::end(input.request), std::begin(inputs_.request));
  }

  Result<SearchResult> Run(std::string_view id) {
    for (OccurrenceId occurrence : branch_.occurrences) BULKHEAD_CHECK_OK(AddOccurrence(occurrence));
    BULKHEAD_CHECK_OK(AddConditions());
    tuples_ = {Tuple(slots_.size())};
    if (!Decide(branch_.span, {})) return result_;
    BULKHEAD_CHECK_OK(Start(id));
    if (tuples_.empty()) return result_;
    while (auto next = Next()) {
      std::vector<Tuple> before = tuples_;
      BULKHEAD_CHECK_OK(Extend(*next));
      if (!Decide(module_.occurrences[OccurrenceId{*next}].span, before)) return result_;
    }
    // An id that is made of several tables is known only now.
    std::erase_if(tuples_, [&](const Tuple& tuple) { return !HasId(tuple, id); });
    result_.found = !tuples_.empty();
    if (!result_.found) return result_;
    for (const normal::Beside& beside : branch_.excluded) {
      BULKHEAD_TRY(bool excluded, Exclude(beside));
      if (excluded) return result_;
    }
    result_.admitted = true;
    DescribeWitness(tuples_[0]);
    return result_;
  }

 private:
  // ---- Preparation ----

  Status AddOccurrence(OccurrenceId id) {
    const auto& source = module_.occurrences[id].source;
    if (std::holds_alternative<ir::QuerySource>(source))
      return Error{Code::Unsupported, "queries with grouping, LIMIT or UNION in FROM cannot be searched yet"};
    Place& place = places_[id.index];
    if (const auto* table = std::get_if<ir::TableSource>(&source)) {
      BULKHEAD_TRY(place.table, input_.read(*table));
      for (const std::string& column : place.table->columns) AddSlot(id.index, column);
    } else {
      for (uint32_t i = 0; i < vm::ExpandOutputs; ++i)
        AddSlot(id.index, std::string(vm::Name(static_cast<vm::ExpandOutput>(i))));
    }
    return Ok();
  }
  void AddSlot(uint32_t occurrence, std::string column) {
    slots_.emplace(std::pair(occurrence, std::move(column)), static_cast<uint32_t>(slots_.size()));
  }

  Result<vm::Program> Compile(const vm::Expr& expr) const {
    return vm::Compile(expr, {.columns = {}, .expands = 0, .bindings = static_cast<uint32_t>(slots_.size())});
  }
  // A column that no row has is NULL.
  vm::Expr Lowered(ExprId id) const {
    return planner::Lower(module_, id, [&](const ir::ColumnExpr& column) {
      auto at = slots_.find({column.occurrence.index, column.column});
      return at == slots_.end() ? vm::Null() : vm::BindingOf(at->second);
    });
  }
  std::set<uint32_t> ReadsOf(ExprId id) const {
    std::set<uint32_t> reads;
    for (OccurrenceId occurrence : ir::ReadsOf(module_, id).occurrences) reads.insert(occurrence.index);
    return reads;
  }

  Status AddConditions() {
    for (const normal::EqualityClass& cls : branch_.classes)
      for (size_t i = 1; i < cls.members.size(); ++i)
        for (size_t j = 0; j < i; ++j)
          BULKHEAD_CHECK_OK(AddEquality(cls.members[j].expr, cls.members[i].expr, cls.span));
    for (const normal::Residual& residual : branch_.residuals) {
      Condition condition;
      BULKHEAD_TRY(condition.program, Compile(Lowered(residual.expr)));
      condition.reads = ReadsOf(residual.expr);
      condition.span = module_.exprs[residual.expr].span;
      conditions_.push_back(std::move(condition));
    }
    return Ok();
  }

  Status AddEquality(ExprId left, ExprId right, source::Span span) {
    Condition condition;
    BULKHEAD_TRY(condition.program, Compile(vm::Apply(vm::Operator::Eq, Lowered(left), Lowered(right))));
    BULKHEAD_TRY(condition.left.emplace(), Compile(Lowered(left)));
    BULKHEAD_TRY(condition.right.emplace(), Compile(Lowered(right)));
    condition.left_reads = ReadsOf(left);
    condition.right_reads = ReadsOf(right);
    condition.reads = condition.left_reads;
    condition.reads.insert(condition.right_reads.begin(), condition.right_reads.end());
    condition.span = span;
    conditions_.push_back(std::move(condition));
    return Ok();
  }

  // ---- Steps ----

  Status Start(std::string_view id) {
    const uint32_t root = branch_.occurrences[branch_.root].index;
    if (!places_.at(root).table) return Error{Code::Unsupported, "the synced rows are not those of a table"};
    BULKHEAD_TRY(output_id_, Compile(Lowered(branch_.output_id)));
    const bool by_root = ReadsOf(branch_.output_id) == std::set{root};
    std::vector<Tuple> found;
    for (const value::OwnedRow& row : places_.at(root).table->rows) {
      Tuple tuple = tuples_[0];
      Fill(tuple, root, row);
      if (by_root && !HasId(tuple, id)) continue;
      if (found.size() < TuplesMax) found.push_back(std::move(tuple));
    }
    tuples_ = std::move(found);
    result_.found = !tuples_.empty();
    bound_.insert(root);
    if (result_.found) Decide(module_.occurrences[OccurrenceId{root}].span, {});
    return Ok();
  }

  bool HasId(const Tuple& tuple, std::string_view id) {
    Value v = Evaluate(output_id_, tuple);
    return !v.is_null() && value::CastText(v, arena_).bytes() == id;
  }

  void Fill(Tuple& tuple, uint32_t occurrence, const value::OwnedRow& row) const {
    const auto& columns = places_.at(occurrence).table->columns;
    for (size_t i = 0; i < columns.size() && i < row.size(); ++i)
      tuple[slots_.at({occurrence, columns[i]})] = row[i].view();
  }

  Value Evaluate(const vm::Program& program, const Tuple& tuple) {
    context_.Reset();
    inputs_.bindings = tuple;
    return vm::Eval(program, inputs_, context_);
  }
  bool IsTrue(const vm::Program& program, const Tuple& tuple) {
    context_.Reset();
    inputs_.bindings = tuple;
    return vm::EvalTrue(program, inputs_, context_) && !context_.failed();
  }

  // A function whose input is known, else the table that most equalities bind.
  std::optional<uint32_t> Next() const {
    std::optional<uint32_t> best;
    size_t most = 0;
    for (OccurrenceId id : branch_.occurrences) {
      if (bound_.contains(id.index)) continue;
      const auto* function = std::get_if<ir::FunctionSource>(&module_.occurrences[id].source);
      if (function && !Covers(ReadsOf(function->input))) continue;
      size_t binding = function ? conditions_.size() + 1 : 1 + Joins(id.index).size();
      if (binding > most) {
        most = binding;
        best = id.index;
      }
    }
    return best;
  }
  bool Covers(const std::set<uint32_t>& reads) const {
    return std::ranges::all_of(reads, [&](uint32_t o) { return bound_.contains(o); });
  }

  // Equalities between rows of the occurrence and what is known: (its side, the known side).
  using Sides = std::vector<std::pair<const vm::Program*, const vm::Program*>>;
  Sides Joins(uint32_t occurrence) const {
    Sides joins;
    for (const Condition& condition : conditions_) {
      if (!condition.left) continue;
      if (condition.left_reads == std::set{occurrence} && Covers(condition.right_reads))
        joins.emplace_back(&*condition.left, &*condition.right);
      else if (condition.right_reads == std::set{occurrence} && Covers(condition.left_reads))
        joins.emplace_back(&*condition.right, &*condition.left);
    }
    return joins;
  }

  Status Extend(uint32_t occurrence) {
    const auto* function =
        std::get_if<ir::FunctionSource>(&module_.occurrences[OccurrenceId{occurrence}].source);
    const auto joins = Joins(occurrence);
    std::vector<Tuple> before = std::exchange(tuples_, {});
    bound_.insert(occurrence);
    if (function) return ExtendByFunction(before, occurrence, *function);
    ExtendByTable(before, occurrence, joins);
    return Ok();
  }

  Status ExtendByFunction(const std::vector<Tuple>& before, uint32_t occurrence,
                          const ir::FunctionSource& function) {
    BULKHEAD_TRY(vm::Program input, Compile(Lowered(function.input)));
    for (const Tuple& tuple : before) {
      value::JsonEach each(Evaluate(input, tuple), elements_);
      value::JsonEachRow row;
      while (tuples_.size() < TuplesMax && each.Next(row)) {
        Tuple& extended = tuples_.emplace_back(tuple);
        const Value outputs[] = {row.key, row.value, row.type, row.atom};
        for (uint32_t i = 0; i < vm::ExpandOutputs; ++i)
          extended[slots_.at({occurrence, std::string(vm::Name(static_cast<vm::ExpandOutput>(i)))})] =
              outputs[i];
      }
    }
    return Ok();
  }

  void ExtendByTable(const std::vector<Tuple>& before, uint32_t occurrence, const Sides& joins) {
    const TableRows& table = *places_.at(occurrence).table;
    std::unordered_map<std::string, std::vector<size_t>> index;
    Tuple scratch(slots_.size());
    for (size_t i = 0; i < table.rows.size(); ++i) {
      Fill(scratch, occurrence, table.rows[i]);
      if (auto key = KeyOf(joins, scratch, true)) index[*key].push_back(i);
    }
    for (const Tuple& tuple : before) {
      auto key = KeyOf(joins, tuple, false);
      auto rows = key ? index.find(*key) : index.end();
      if (rows == index.end()) continue;
      for (size_t i : rows->second) {
        if (tuples_.size() == TuplesMax) return;
        Fill(tuples_.emplace_back(tuple), occurrence, table.rows[i]);
      }
    }
    if (tuples_.empty()) PairAll(before, occurrence);
  }

  // No row meets all equalities: with any row, each of them can be looked at alone.
  void PairAll(const std::vector<Tuple>& before, uint32_t occurrence) {
    missing_ = occurrence;
    for (const Tuple& tuple : before) {
      for (const value::OwnedRow& row : places_.at(occurrence).table->rows) {
        if (tuples_.size() == TuplesMax) return;
        Fill(tuples_.emplace_back(tuple), occurrence, row);
      }
    }
  }

  std::optional<std::string> KeyOf(const Sides& joins, const Tuple& tuple, bool own) {
    std::string key;
    for (const auto& [mine, known] : joins) {
      Value v = Evaluate(own ? *mine : *known, tuple);
      if (v.is_null() || context_.failed()) return std::nullopt;
      value::AppendKey(key, v);
    }
    return key;
  }

  // Keeps the tuples for which all conditions hold that can be decided now. When none is left, says what
  // ended it; `before` are the tuples without the last table's rows.
  bool Decide(source::Span at, const std::vector<Tuple>& before) {
    std::vector<const Condition*> now;
    for (Condition& condition : conditions_) {
      if (condition.done || !Covers(condition.reads)) continue;
      condition.done = true;
      now.push_back(&condition);
    }
    std::vector<Tuple> kept;
    for (const Tuple& tuple : tuples_)
      if (std::ranges::all_of(now, [&](const Condition* c) { return IsTrue(c->program, tuple); }))
        kept.push_back(tuple);
    if (!kept.empty()) {
      tuples_ = std::move(kept);
      return true;
    }
    for (const Condition* condition : now) {
      bool holds =
          std::ranges::any_of(tuples_, [&](const Tuple& t) { return IsTrue(condition->program, t); });
      result_.conditions.push_back({condition->span, holds});
    }
    result_.ended_at = at;
    if (missing_) result_.missing = ir::Describe(module_, OccurrenceId{*missing_});
    if (!tuples_.empty() || !before.empty()) DescribeWitness(tuples_.empty() ? before[0] : tuples_[0]);
    tuples_.clear();
    return false;
  }

  // Drops the tuples beside which such rows exist. True when none is left.
  Result<bool> Exclude(const normal::Beside& beside) {
    std::vector<Tuple> kept;
    for (const Tuple& tuple : tuples_) {
      BULKHEAD_TRY(bool exists, Exists(beside, tuple));
      if (!exists) kept.push_back(tuple);
    }
    if (kept.empty()) {
      result_.excluded_by = ir::Describe(module_, beside.occurrences[0]);
      result_.ended_at = beside.span;
      DescribeWitness(tuples_[0]);
    }
    tuples_ = std::move(kept);
    return tuples_.empty();
  }

  Result<bool> Exists(const normal::Beside& beside, const Tuple& outer) {
    for (OccurrenceId id : beside.occurrences)
      if (!places_.contains(id.index)) BULKHEAD_CHECK_OK(AddOccurrence(id));
    std::vector<Tuple> tuples{outer};
    tuples[0].resize(slots_.size());
    for (OccurrenceId id : beside.occurrences) {
      const TableRows* table = places_.at(id.index).table;
      if (!table) return Error{Code::Unsupported, "table functions inside NOT EXISTS cannot be searched yet"};
      std::vector<Tuple> next;
      for (const Tuple& tuple : tuples)
        for (const value::OwnedRow& row : table->rows) {
          if (next.size() == TuplesMax) break;
          Tuple extended = tuple;
          Fill(extended, id.index, row);
          next.push_back(std::move(extended));
        }
      tuples = std::move(next);
    }
    for (const Tuple& tuple : tuples) {
      bool all = true;
      for (ExprId conjunct : beside.conjuncts) {
        BULKHEAD_TRY(vm::Program program, Compile(Lowered(conjunct)));
        all = all && IsTrue(program, tuple);
      }
      for (const normal::Beside& inner : beside.excluded) {
        if (!all) break;
        BULKHEAD_TRY(bool exists, Exists(inner, tuple));
        all = !exists;
      }
      if (all) return true;
    }
    return false;
  }

  // The columns that the branch reads of each row.
  void DescribeWitness(const Tuple& tuple) {
    for (OccurrenceId id : branch_.occurrences) {
      if (!bound_.contains(id.index) || !places_.at(id.index).table || missing_ == id.index) continue;
      std::string columns;
      for (const auto& [key, slot] : slots_) {
        if (key.first != id.index || !IsRead(key)) continue;
        columns +=
            fmt::format("{}{} = {}", columns.empty() ? "" : ", ", key.second, ir::PrintLiteral(tuple[slot]));
      }
      result_.witness.push_back(fmt::format("{} ({})", ir::Describe(module_, id), columns));
    }
  }
  bool IsRead(const std::pair<uint32_t, std::string>& key) const {
    bool read = false;
    auto look = [&](ExprId id) {
      ir::Visit(module_, id, ir::Subqueries::Enter, [&](ExprId, const ir::Expr& expr) {
        const auto* column = std::get_if<ir::ColumnExpr>(&expr.kind);
        read |= column && column->occurrence.index == key.first && column->column == key.second;
      });
    };
    for (const normal::EqualityClass& cls : branch_.classes)
      for (const auto& member : cls.members) look(member.expr);
    for (const normal::Residual& residual : branch_.residuals) look(residual.expr);
    if (branch_.output_id.HasValue()) look(branch_.output_id);
    return read;
  }

  struct Place {
    const TableRows* table = nullptr;  // of a table function: null
  };

  const SearchInput& input_;
  const ir::Module& module_;
  const normal::Branch& branch_;
  std::map<uint32_t, Place> places_;
  std::map<std::pair<uint32_t, std::string>, uint32_t> slots_;
  std::vector<Condition> conditions_;
  vm::Program output_id_;
  std::set<uint32_t> bound_;
  std::optional<uint32_t> missing_;  // the occurrence that has no fitting row
  std::vector<Tuple> tuples_;
  SearchResult result_;
  value::Arena arena_, elements_;
  functions::Context context_;
  vm::Inputs inputs_;
};

}  // namespace

Result<SearchResult> SearchBranch(const SearchInput& input, const normal::Branch& branch,
                                  std::string_view id) {
  return Search(input, branch).Run(id);
}

}  // namespace bulkhead::driver
