// What generated queries are made of, and how often each was met: alone, in pairs, refused.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace bulkhead::testing {

// The first FeatureMainCount are the main ones: every pair of them must occur in one query.
#define BULKHEAD_FEATURES(X)                                                                                      \
  X(Join) X(CommaJoin) X(SelfJoin) X(InSelect) X(Exists) X(Nested) X(Correlated) X(Or) X(Not) X(View) X(Cte)      \
  X(Function) X(JsonEachRow) X(JsonEachRequest) X(RowInClaim) X(ClaimInRow) X(Overlap) X(Union) X(RowValues)      \
  X(Excluded) X(Parameter)                                                                                                    \
  X(Using) X(JoinChain) X(FromSubquery) X(ViewOfView) X(RowsView) X(Any) X(InView) X(Between) X(Case) X(InList)   \
  X(Like) X(IsDistinct) X(IsTest) X(Builtin) X(Arithmetic) X(Cast) X(Document) X(RequestOnly) X(RequestEqual)     \
  X(RequestCompared) X(Connection) X(CompositeKey) X(Into) X(Computed) X(Default) X(ArrayParameter)               \
  X(SubscriptionParameter) X(Priority) X(AutoSubscribe) X(OnDemand) X(SeveralQueries) X(Typed) X(Schemaless)      \
  X(StreamCte) X(CteChain) X(DoubleNot) X(QuotedName) X(RowOnly) X(ExcludedNested) X(ExcludedJoin)

enum class Feature : uint8_t {
#define X(name) name,
  BULKHEAD_FEATURES(X)
#undef X
};
inline constexpr size_t FeatureMainCount = static_cast<size_t>(Feature::Parameter) + 1;
inline constexpr std::string_view FeatureNames[] = {
#define X(name) #name,
    BULKHEAD_FEATURES(X)
#undef X
};
inline constexpr size_t FeatureCount = std::size(FeatureNames);
using Features = std::set<Feature>;
inline std::string_view Name(Feature feature) { return FeatureNames[static_cast<size_t>(feature)]; }

class Coverage {
 public:
  // One query that was compiled: planned and compared, or refused as not supported.
  void Count(const Features& features, bool refused) {
    for (Feature a : features) {
      ++(refused ? refused_ : planned_)[a];
      if (refused) continue;
      for (Feature b : features)
        if (a < b) ++pairs_[{a, b}];
    }
  }
  size_t planned(Feature feature) const { return At(planned_, feature); }
  size_t refused(Feature feature) const { return At(refused_, feature); }
  size_t pair(Feature a, Feature b) const { return At(pairs_, a < b ? std::pair(a, b) : std::pair(b, a)); }
  void Print(std::ostream& out) const;

 private:
  template <typename Key>
  static size_t At(const std::map<Key, size_t>& counts, const Key& key) {
    auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  }
  std::map<Feature, size_t> planned_, refused_;
  std::map<std::pair<Feature, Feature>, size_t> pairs_;
};

}  // namespace bulkhead::testing
