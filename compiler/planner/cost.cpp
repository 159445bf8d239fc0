// What a cut is expected to cost, from estimates of tables (planner.md §3).
#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/planner/cut.h"
#include "compiler/planner/statistics.h"

namespace bulkhead::planner {
namespace {

using normal::Branch;

constexpr double ChecksPerConnection =
    1e-3;                                   // how often a second each of a connection's buckets is looked at
constexpr double OperationsPerCopy = 2e-3;  // what a row kept in one more bucket costs a second
constexpr double BytesPerField = 24;
constexpr double OperationsPerByte = 1e-7;  // a second's operation weighs as much as 10 MB kept
constexpr double MembershipChanges = 1;     // a second
constexpr double BucketsMax = 1000;         // of a connection; a cut beyond it is taken only when all are
constexpr double TooManyBuckets = 1e12;

class Coster {
 public:
  Coster(const Input& input, const Branch& branch, const Cut& cut)
      : module_(input.module), estimates_(input.catalog, input.statistics), branch_(branch), cut_(cut) {}

  Cost Run() {
    Cost cost;
    cost.buckets = std::min(Tuples(), KeyValues());
    const double keys = KeysPerRow();
    AddAmplification(cost, keys);
    cost.churn = first_fanout_ > 0 ? cost.buckets / first_fanout_ : cost.buckets;
    cost.copies = RowsOf(branch_.root) * (keys - 1);
    cost.total = estimates_.connections() * cost.buckets * ChecksPerConnection + cost.amplify +
                 cost.copies * OperationsPerCopy + cost.churn * MembershipChanges +
                 cost.state * OperationsPerByte;
    if (cost.buckets > BucketsMax) cost.total += TooManyBuckets;
    return cost;
  }

 private:
  const ir::TableSource* Table(uint32_t i) const {
    return std::get_if<ir::TableSource>(&module_.occurrences[branch_.occurrences[i]].source);
  }
  double RowsOf(uint32_t i) const { return Table(i) ? estimates_.Rows(*Table(i)) : 10; }

  // Different values of an equality's member.
  double DistinctOf(const normal::EqualityClass::Member& member) const {
    uint32_t i = member.reads.occurrences[0];
    const auto* column = std::get_if<ir::ColumnExpr>(&module_.exprs[member.expr].kind);
    if (!Table(i)) return 10;
    return column ? estimates_.Distinct(*Table(i), column->column) : std::max(1.0, RowsOf(i) / 10);
  }

  // How many rows of `i` meet one combination of values of the classes for which `bound` holds.
  template <typename Bound>
  double Fanout(uint32_t i, Bound bound) const {
    double rows = RowsOf(i);
    for (size_t c = 0; c < branch_.classes.size(); ++c) {
      if (!bound(c)) continue;
      double distinct = 1;
      for (const auto& member : branch_.classes[c].members)
        if (member.reads.occurrences == std::vector{i}) distinct = std::max(distinct, DistinctOf(member));
      rows /= distinct;
    }
    return std::max(rows, 1e-3);
  }

  // Whether a class has a member that is known without any row.
  bool IsGiven(size_t c) const {
    return std::ranges::any_of(branch_.classes[c].members,
                               [](const auto& member) { return member.reads.occurrences.empty(); });
  }
  bool Has(size_t c, uint32_t node) const {
    return std::ranges::any_of(branch_.classes[c].members, [&](const auto& member) {
      return !member.reads.occurrences.empty() && cut_.node_of[member.reads.occurrences[0]] == node;
    });
  }

  // Binding tuples of a session: the product of the lookups' fan-outs, the best bound first.
  double Tuples() {
    std::vector<bool> bound(branch_.classes.size());
    for (size_t c = 0; c < bound.size(); ++c) bound[c] = IsGiven(c);
    std::vector<bool> visited(cut_.nodes.size());
    double tuples = 1;
    for (size_t count = 1; count < cut_.nodes.size(); ++count) {
      size_t best = 0;
      double least = 0;
      for (uint32_t node = 1; node < cut_.nodes.size(); ++node) {
        if (visited[node]) continue;
        double fanout = Fanout(cut_.nodes[node].occurrences[0], [&](size_t c) { return bound[c]; });
        if (best != 0 && fanout >= least) continue;
        best = node;
        least = fanout;
      }
      visited[best] = true;
      if (first_fanout_ == 0) first_fanout_ = std::max(1.0, least);
      tuples *= std::max(1.0, least);
      for (size_t c = 0; c < bound.size(); ++c) bound[c] = bound[c] || Has(c, static_cast<uint32_t>(best));
    }
    return tuples;
  }

  // No more buckets than values of the key.
  double KeyValues() const {
    double values = 1;
    for (size_t c = 0; c < branch_.classes.size(); ++c) {
      if (!IsCrossing(c)) continue;
      double least = 0;
      for (const auto& member : branch_.classes[c].members) {
        if (member.reads.occurrences.empty() || cut_.node_of[member.reads.occurrences[0]] != 0) continue;
        double distinct = DistinctOf(member);
        least = least == 0 ? distinct : std::min(least, distinct);
      }
      values *= std::max(1.0, least);
    }
    return std::max(1.0, values);
  }
  bool IsCrossing(size_t c) const {
    bool outside = false;
    for (const auto& member : branch_.classes[c].members) {
      if (member.reads.Constant()) return false;
      outside |= member.reads.occurrences.empty() || cut_.node_of[member.reads.occurrences[0]] != 0;
    }
    return outside && Has(c, 0);
  }

  // Bucket keys of one row of the root: the product of the other tables' fan-outs, the best bound first.
  double KeysPerRow() const {
    std::set<uint32_t> joined{branch_.root};
    std::set<uint32_t> left(cut_.nodes[0].occurrences.begin() + 1, cut_.nodes[0].occurrences.end());
    auto bound = [&](size_t c) {
      return std::ranges::any_of(branch_.classes[c].members, [&](const auto& member) {
        return member.reads.Constant() ||
               (!member.reads.occurrences.empty() && joined.contains(member.reads.occurrences[0]));
      });
    };
    double keys = 1;
    while (!left.empty()) {
      uint32_t best = *std::ranges::min_element(left, {}, [&](uint32_t i) { return Fanout(i, bound); });
      keys *= std::max(1.0, Fanout(best, bound));
      joined.insert(best);
      left.erase(best);
    }
    return keys;
  }

  // Each change of the root writes its keys; each change of a joined table those of the rows that it meets.
  void AddAmplification(Cost& cost, double keys) const {
    const double roots = RowsOf(branch_.root);
    for (uint32_t i : cut_.nodes[0].occurrences) {
      if (!Table(i)) continue;
      double per_change = i == branch_.root ? keys : std::max(1.0, roots * keys / RowsOf(i));
      cost.amplify += estimates_.ChangesPerSecond(*Table(i)) * per_change;
      if (cut_.has_relation) cost.state += RowsOf(i) * BytesPerField * (i == branch_.root ? 8 : 3);
    }
  }

  const ir::Module& module_;
  const Estimates estimates_;
  const Branch& branch_;
  const Cut& cut_;
  double first_fanout_ = 0;
};

}  // namespace

Cost CostOf(const Input& input, const Branch& branch, const Cut& cut) {
  return Coster(input, branch, cut).Run();
}

}  // namespace bulkhead::planner
