#include "tests/property/rules_generator.h"

#include <fmt/format.h>

#include "tests/property/case_values.h"
#include "tests/property/query_maker.h"

namespace bulkhead::testing {
namespace {

Features WantedFeatures(Random& random, std::optional<std::pair<Feature, Feature>> forced) {
  Features wanted;
  size_t odds = forced ? 10 : 6;
  for (size_t i = 0; i < FeatureMainCount; ++i)
    if (random.OneIn(odds)) wanted.insert(static_cast<Feature>(i));
  static constexpr Feature Others[] = {Feature::Using, Feature::JoinChain, Feature::FromSubquery, Feature::Document,
                                       Feature::RequestOnly, Feature::RequestCompared};
  for (Feature feature : Others)
    if (random.OneIn(8)) wanted.insert(feature);
  while (wanted.size() > 5) wanted.erase(std::next(wanted.begin(), static_cast<long>(random.Below(wanted.size()))));
  if (forced) wanted.insert({forced->first, forced->second});
  return wanted;
}

class CaseMaker {
 public:
  CaseMaker(uint64_t seed, std::optional<std::pair<Feature, Feature>> forced) : random_(seed), forced_(forced) {}

  GeneratedCase Make() {
    c().typed = random_.OneIn(2);
    c().dense = !random_.OneIn(4);
    c().file_store = random_.OneIn(5);
    c().tables = MakeTables(random_, c());
    projections_ = MakeProjections(random_, c());
    AddFunctions();
    AddViews();
    for (size_t i = 1 + random_.Below(3); i > 0; --i) AddStream();
    c().requests = MakeRequests(random_, c());
    c().steps = MakeSteps(random_, c());
    return std::move(made_);
  }

 private:
  Case& c() { return made_.c; }

  QueryMaker Maker() {
    QueryMaker maker(random_, c(), aliases_);
    maker.views = views_;
    maker.functions = functions_;
    maker.row_views = row_views_;
    return maker;
  }

  void AddFunctions() {
    static const std::pair<const char*, const char*> Functions[] = {
        {"is_mine", "CREATE FUNCTION is_mine(value text, wanted text) RETURNS boolean AS (value = wanted)"},
        {"is_or_none", "CREATE FUNCTION is_or_none(value text, other text) RETURNS boolean AS (value = other OR value IS NULL)"},
        {"differs", "CREATE FUNCTION differs(value text, other text) AS (coalesce(value, '') <> lower(other))"},
    };
    for (const auto& [name, text] : Functions) {
      if (random_.OneIn(2)) continue;
      c().definitions.push_back({name, text, {}});
      functions_.push_back(name);
    }
  }

  void AddViews() {
    for (size_t i = random_.Below(4); i > 0; --i) {
      QueryMaker maker = Maker();
      KeyRelation view{fmt::format("view_{}", ++names_), {}, !views_.empty() && random_.OneIn(2)};
      CaseSelect select = maker.MakeKeySelect(view.domain, view.of_view ? &views_.back() : nullptr);
      c().definitions.push_back({view.name, "", {std::move(select)}});
      views_.push_back(std::move(view));
    }
    if (!random_.OneIn(3)) return;
    size_t table = random_.Below(c().tables.size());
    std::string name = fmt::format("rows_{}", ++names_), alias = fmt::format("v{}", ++aliases_);
    CaseSelect select{"*", "", c().tables[table].name + " " + alias, {}, {}};
    select.where.push_back(Maker().RowPred({alias, table}));
    c().definitions.push_back({name, "", {std::move(select)}});
    row_views_.push_back({name, table});
  }

  void AddParameters(CaseStream& stream) {
    for (size_t i = 1 + random_.Below(2); i > 0; --i) {
      CaseParameter parameter;
      parameter.name = fmt::format("p{}", i);
      parameter.array = random_.OneIn(4);
      size_t key_table = random_.Below(c().tables.size());
      Domain domains[] = {{Kind::Person}, {Kind::Word}, {Kind::Number}, {Kind::Key, static_cast<int>(key_table)}};
      parameter.domain = random_.Pick(domains);
      if (parameter.domain.kind == Kind::Key && c().tables[key_table].key_size != 1) parameter.domain = {Kind::Person};
      bool integer = parameter.domain.kind == Kind::Number ||
                     (parameter.domain.kind == Kind::Key && c().tables[key_table].integer_key);
      if (!random_.OneIn(4)) parameter.type = parameter.array ? (random_.OneIn(2) ? "jsonb" : integer ? "integer[]" : "text[]") : integer ? "integer" : "text";
      parameter.not_null = random_.OneIn(4);
      if (random_.OneIn(3)) {
        value::OwnedValue v = ValueIn(random_, c(), parameter.domain);
        bool fits = !integer || v.type() == value::Type::Integer;
        std::string array = "'" + ArrayIn(random_, c(), parameter.domain, true) + "'";
        bool quoted = array.find('\'', 1) != array.size() - 1;
        if (parameter.array ? !quoted : fits) parameter.default_text = parameter.array ? array : SqlOf(v);
      }
      stream.parameters.push_back(std::move(parameter));
    }
  }

  std::vector<KeyRelation> AddCtes(std::vector<CaseCte>& with, const CaseStream* stream) {
    std::vector<KeyRelation> ctes;
    for (size_t i = 1 + random_.Below(2); i > 0; --i) {
      QueryMaker maker = Maker();
      maker.stream = stream;
      KeyRelation cte{fmt::format("cte_{}", ++names_), {}, false};
      CaseSelect select = maker.MakeKeySelect(cte.domain, ctes.empty() || random_.OneIn(2) ? nullptr : &ctes.back());
      with.push_back({cte.name, std::move(select)});
      ctes.push_back(std::move(cte));
    }
    return ctes;
  }

  void AddStream() {
    CaseStream stream;
    stream.name = fmt::format("s{}", c().streams.size());
    stream.auto_subscribe = !random_.OneIn(3);
    if (random_.OneIn(3)) stream.priority = static_cast<int>(random_.Below(4));
    bool first = made_.c.streams.empty();
    bool parameters = random_.OneIn(4) || (first && forced_ && (forced_->first == Feature::Parameter || forced_->second == Feature::Parameter));
    if (parameters) AddParameters(stream);
    std::vector<KeyRelation> shared;
    if (random_.OneIn(6)) shared = AddCtes(stream.with, &stream);
    std::vector<Features> features;
    for (size_t i = 1 + random_.Below(3); i > 0; --i) features.push_back(AddQuery(stream, shared, first && features.empty()));
    for (Features& each : features) CountStream(stream, features.size(), each);
    made_.features.push_back(std::move(features));
    c().streams.push_back(std::move(stream));
  }

  Features AddQuery(CaseStream& stream, const std::vector<KeyRelation>& shared, bool forced) {
    Features wanted = WantedFeatures(random_, forced ? forced_ : std::nullopt);
    if (stream.parameters.empty()) wanted.erase(Feature::Parameter);
    QueryMaker maker = Maker();
    maker.stream = &stream;
    maker.ctes = shared;
    std::vector<CaseCte> with;
    if (wanted.count(Feature::Cte) && (shared.empty() || random_.OneIn(3))) {
      maker.ctes = AddCtes(with, &stream);
      if (with.size() > 1) wanted.insert(Feature::CteChain);
    }
    Features used;
    CaseQuery query = maker.MakeQuery(projections_, wanted, used);
    query.with = std::move(with);
    if (!shared.empty()) used.insert(Feature::StreamCte);
    if (wanted.count(Feature::CteChain)) used.insert(Feature::CteChain);
    stream.queries.push_back(std::move(query));
    return used;
  }

  void CountStream(const CaseStream& stream, size_t queries, Features& features) {
    features.insert(c().typed ? Feature::Typed : Feature::Schemaless);
    features.insert(stream.auto_subscribe ? Feature::AutoSubscribe : Feature::OnDemand);
    if (stream.priority) features.insert(Feature::Priority);
    if (queries > 1) features.insert(Feature::SeveralQueries);
  }

  Random random_;
  std::optional<std::pair<Feature, Feature>> forced_;
  GeneratedCase made_;
  std::vector<std::vector<Projection>> projections_;
  std::vector<KeyRelation> views_;
  std::vector<std::string> functions_;
  std::vector<std::pair<std::string, size_t>> row_views_;
  size_t aliases_ = 0;
  size_t names_ = 0;
};

}  // namespace

GeneratedCase Generate(uint64_t seed, std::optional<std::pair<Feature, Feature>> forced) {
  return CaseMaker(seed, forced).Make();
}

void Coverage::Print(std::ostream& out) const {
  out << "queries with each feature: planned (refused)\n";
  for (size_t i = 0; i < FeatureCount; ++i) {
    auto feature = static_cast<Feature>(i);
    out << fmt::format("  {:22}{:6} ({})\n", Name(feature), planned(feature), refused(feature));
  }
  out << "pairs of main features:\n" << fmt::format("  {:16}", "");
  for (size_t i = 0; i < FeatureMainCount; ++i) out << fmt::format("{:>5}", FeatureNames[i].substr(0, 4));
  out << "\n";
  for (size_t i = 0; i < FeatureMainCount; ++i) {
    out << fmt::format("  {:16}", FeatureNames[i]);
    for (size_t j = 0; j < i; ++j) out << fmt::format("{:5}", pair(static_cast<Feature>(i), static_cast<Feature>(j)));
    out << "\n";
  }
}

}  // namespace bulkhead::testing
