// Conditions over one row, over the request, and between the two.
#include <fmt/format.h>

#include "tests/property/case_values.h"
#include "tests/property/query_maker.h"

namespace bulkhead::testing {
namespace {

bool IsLinkable(const CaseColumn& column) {
  return column.domain.kind == Kind::Key || column.domain.kind == Kind::Person || column.domain.kind == Kind::Word ||
         column.domain.kind == Kind::Number;
}

// The member of a claims document that holds a value, or an array of values, of the domain.
std::string FieldName(const Domain& domain, bool array) {
  switch (domain.kind) {
    case Kind::Key: return fmt::format("{}{}", array ? "ks" : "k", domain.table);
    case Kind::Person: return array ? "people" : "sub";
    case Kind::Word: return array ? "words" : "role";
    default: return array ? "nums" : "n";
  }
}

}  // namespace

const CaseColumn* QueryMaker::ColumnWhere(const Alias& x, const std::function<bool(const CaseColumn&)>& is) {
  std::vector<const CaseColumn*> found;
  for (const CaseColumn& column : TableOf(x).columns)
    if (is(column)) found.push_back(&column);
  if (found.empty()) return nullptr;
  const CaseColumn* picked = found[random_.Below(found.size())];
  if (picked->name.front() == '"' || TableOf(x).name.front() == '"') Use(Feature::QuotedName);
  return picked;
}

const CaseColumn* QueryMaker::ColumnOf(const Alias& x, Kind kind) {
  return ColumnWhere(x, [&](const CaseColumn& column) { return column.domain.kind == kind; });
}

const CaseColumn* QueryMaker::EqualityColumn(const Alias& x) { return ColumnWhere(x, IsLinkable); }

std::string QueryMaker::Literal(const Domain& domain) { return SqlOf(ValueIn(random_, c_, domain)); }

const CaseParameter* QueryMaker::ParameterOf(const Domain& domain, bool array) {
  if (!stream) return nullptr;
  for (const CaseParameter& parameter : stream->parameters)
    if (parameter.domain == domain && parameter.array == array) return &parameter;
  return nullptr;
}

std::string QueryMaker::RequestValue(const Domain& domain) {
  std::string field = FieldName(domain, false);
  const CaseParameter* parameter = ParameterOf(domain, false);
  if (parameter && !random_.OneIn(4)) {
    Use(Feature::Parameter);
    if (!parameter->default_text.empty()) Use(Feature::Default);
    return random_.OneIn(5) ? fmt::format("subscription.parameter('{}')", parameter->name) : ":" + parameter->name;
  }
  if (stream && stream->parameters.empty() && random_.OneIn(8)) {
    Use(Feature::SubscriptionParameter);
    return fmt::format("subscription.parameter('{}')", field);
  }
  if (random_.OneIn(8)) {
    Use(Feature::Connection);
    return random_.OneIn(2) ? fmt::format("connection.parameter('{}')", field)
                            : fmt::format("(connection.parameters() ->> '{}')", field);
  }
  if (field == "sub" && !random_.OneIn(4)) return "auth.user_id()";
  switch (random_.Below(4)) {
    case 0: return fmt::format("(auth.parameters() ->> '{}')", field);
    case 1: return fmt::format("(auth.parameter('obj') ->> '{}')", field);
    default: return fmt::format("auth.parameter('{}')", field);
  }
}

std::string QueryMaker::RequestArray(const Domain& element) {
  std::string field = FieldName(element, true);
  const CaseParameter* parameter = ParameterOf(element, true);
  if (parameter && !random_.OneIn(4)) {
    Use(Feature::Parameter);
    Use(Feature::ArrayParameter);
    return ":" + parameter->name;
  }
  switch (random_.Below(5)) {  // in parentheses it would be a list of one value
    case 0: return fmt::format("connection.parameter('{}')", field);
    default: return fmt::format("auth.parameter('{}')", field);
  }
}

Pred QueryMaker::RequestEqual(const Alias& x) {
  Use(Feature::RequestEqual);
  const CaseColumn& column = *EqualityColumn(x);
  std::string value = RequestValue(column.domain), ref = Ref(x, column);
  if (column.domain.kind == Kind::Word && random_.OneIn(6)) {
    Use(Feature::Builtin);
    return Leaf(fmt::format("lower({}) = {}", ref, value));
  }
  if (column.domain.kind == Kind::Number && random_.OneIn(6)) return Leaf(fmt::format("{} + 1 = {}", ref, value));
  if (random_.OneIn(8)) return Leaf(fmt::format("{} = coalesce({}, {})", ref, value, Literal(column.domain)));
  return Leaf(random_.OneIn(3) ? fmt::format("{} = {}", value, ref) : fmt::format("{} = {}", ref, value));
}

// Needs both values at once: legal for tables other than the root.
Pred QueryMaker::RequestCompared(Scope& scope) {
  const Alias& x = scope.own[random_.Below(scope.own.size())];
  const CaseColumn* column = EqualityColumn(x);
  std::string value = RequestValue(column->domain), ref = Ref(x, *column);
  if (&x == &scope.own[0] && scope.root && !random_.OneIn(20)) return RequestEqual(x);
  Use(Feature::RequestCompared);
  static constexpr const char* Operators[] = {"<", ">=", "<>", "IS NOT", "IS"};
  if (column->domain.kind == Kind::Word && random_.OneIn(3)) return Leaf(fmt::format("{} LIKE {} || '%'", ref, value));
  return Leaf(fmt::format("{} {} {}", ref, random_.Pick(Operators), value));
}

Pred QueryMaker::RequestOnly() {
  Use(Feature::RequestOnly);
  switch (random_.Below(6)) {
    case 0: return Leaf(fmt::format("{} > 0", RequestValue({Kind::Number})));
    case 1: return Leaf(fmt::format("{} IN {}", Literal({Kind::Word}), RequestArray({Kind::Word})));
    case 2: return Leaf(fmt::format("{} IS NOT NULL", RequestValue({Kind::Person})));
    case 3: return Group(Pred::Form::Not, {Leaf(fmt::format("{} = 'b'", RequestValue({Kind::Word})))});
    case 4: return Leaf(fmt::format("{} IN {}", RequestValue({Kind::Person}), RequestArray({Kind::Person})));
    default: return Leaf(fmt::format("{} IN ('a', 'b', 'é')", RequestValue({Kind::Word})));
  }
}

Pred QueryMaker::RowInClaim(const Alias& x) {
  Use(Feature::RowInClaim);
  const CaseColumn& column = *EqualityColumn(x);
  std::string array = RequestArray(column.domain);
  if (random_.OneIn(4)) {
    Use(Feature::Any);
    return Leaf(fmt::format("{} = ANY ({})", Ref(x, column), array));
  }
  return Leaf(fmt::format("{} IN {}", Ref(x, column), array));
}

Pred QueryMaker::ClaimInRow(const Alias& x) {
  const CaseColumn& column = *ColumnOf(x, Kind::Array);
  Use(Feature::ClaimInRow);
  return Leaf(fmt::format("{} IN {}", RequestValue(ElementOf(column.domain)), Ref(x, column)));
}

Pred QueryMaker::Overlap(const Alias& x) {
  const CaseColumn& column = *ColumnOf(x, Kind::Array);
  Use(Feature::Overlap);
  std::string array = RequestArray(ElementOf(column.domain));
  return Leaf(random_.OneIn(2) ? fmt::format("{} && {}", Ref(x, column), array)
                               : fmt::format("{} && {}", array, Ref(x, column)));
}

Pred QueryMaker::FunctionPred(const Alias& x) {
  if (functions.empty()) return RowPred(x);
  Use(Feature::Function);
  const std::string& function = functions[random_.Below(functions.size())];
  const CaseColumn* column = ColumnWhere(x, [](const CaseColumn& each) {
    return each.domain.kind == Kind::Word || each.domain.kind == Kind::Person;
  });
  // is_mine is an equality, so it may meet the request; the others look at one row.
  std::string other = function == "is_mine" ? RequestValue(column->domain) : Literal(column->domain);
  return Leaf(fmt::format("{}({}, {})", function, Ref(x, *column), other));
}

Pred QueryMaker::DocumentPred(const Alias& x) {
  const CaseColumn* column = ColumnOf(x, Kind::Document);
  if (!column) return RowPred(x);
  Use(Feature::Document);
  std::string doc = Ref(x, *column);
  switch (random_.Below(6)) {
    case 0: return Leaf(fmt::format("{} ->> 'k' = {}", doc, RequestValue({Kind::Word})));
    case 1: return Leaf(fmt::format("{} ->> 'n' > 1", doc));
    case 2: return Leaf(fmt::format("{} IN ({} -> 'people')", RequestValue({Kind::Person}), doc));
    case 3: return Leaf(fmt::format("json_extract({}, '$.on') IS TRUE", doc));
    case 4: return Leaf(fmt::format("{} ->> '$.people[0]' = {}", doc, RequestValue({Kind::Person})));
    default: return Leaf(fmt::format("{} ->> 'k' IN ('a', 'b')", doc));
  }
}

Pred QueryMaker::IsDistinctPred(const Alias& x) {
  Use(Feature::IsDistinct);
  const CaseColumn& column = *EqualityColumn(x);
  static constexpr const char* Operators[] = {"IS NOT DISTINCT FROM", "IS DISTINCT FROM", "IS NOT", "IS"};
  return Leaf(fmt::format("{} {} {}", Ref(x, column), random_.Pick(Operators), Literal(column.domain)));
}

std::optional<Pred> QueryMaker::TypedRowPred(const Alias& x, Feature feature) {
  std::string number = Ref(x, *ColumnOf(x, Kind::Number)), word = Ref(x, *ColumnOf(x, Kind::Word));
  std::string negated = random_.OneIn(4) ? "NOT " : "";
  Use(feature);
  switch (feature) {
    case Feature::Between: return Leaf(fmt::format("{} {}BETWEEN {} AND 2", number, negated, random_.OneIn(5) ? "NULL" : "0"));
    case Feature::Case:
      return Leaf(random_.OneIn(2) ? fmt::format("CASE WHEN {} > 1 THEN 'a' WHEN {} IS NULL THEN 'n' ELSE {} END = 'a'", number, number, word)
                                   : fmt::format("CASE {} WHEN 'a' THEN 1 WHEN 'b' THEN 0 END", word));
    case Feature::InList: return Leaf(fmt::format("{} {}IN ('a', {}{})", word, negated, Literal({Kind::Word}), random_.OneIn(5) ? ", NULL" : ""));
    case Feature::Like: {
      static constexpr const char* Patterns[] = {"LIKE 'a%'", "LIKE '_'", "ILIKE 'B'", "GLOB 'a*'", "LIKE 'a!%' ESCAPE '!'"};
      return Leaf(fmt::format("{} {}{}", word, negated, random_.Pick(Patterns)));
    }
    case Feature::IsTest: {
      static constexpr const char* Tests[] = {"IS NULL", "IS NOT NULL", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"};
      return Leaf(fmt::format("{} {}", number, random_.Pick(Tests)));
    }
    case Feature::Builtin: {
      static constexpr const char* Calls[] = {"lower({0}) = 'b'",          "coalesce({0}, 'a') = 'a'", "length({0}) > 1",
                                              "substr({0}, 1, 1) = 'a'",    "ifnull({1}, 1) = 1",       "abs({1}) = 1",
                                              "instr({0}, 'b') > 0",        "nullif({1}, 2) IS NULL",   "{0} || 'x' = 'ax'",
                                              "replace({0}, 'b', 'a') = 'a'", "iif({1} > 0, {0}, 'a') = 'a'",
                                              "max({1}, 1) = 2",            "typeof({1}) = 'integer'"};
      return Leaf(fmt::format(fmt::runtime(random_.Pick(Calls)), word, number));
    }
    case Feature::Arithmetic: {
      static constexpr const char* Forms[] = {"{} % 2 = 1", "{} + 1 = 2", "{} * 2 >= 2", "-{} < 0", "{} / 2 = 1", "({} & 1) = 1", "{} - 1 > 0"};
      return Leaf(fmt::format(fmt::runtime(random_.Pick(Forms)), number));
    }
    case Feature::Cast: {
      static constexpr const char* Forms[] = {"CAST({} AS text) = '1'", "CAST({} AS integer) = 1", "{}::text = '2'",
                                             "CAST({} AS real) > 0.5", "CAST({} AS numeric) = 2"};
      return Leaf(fmt::format(fmt::runtime(random_.Pick(Forms)), number));
    }
    default: return std::nullopt;
  }
}

Pred QueryMaker::RowPred(const Alias& x) {
  static constexpr Feature Forms[] = {Feature::Between, Feature::Case, Feature::InList, Feature::Like, Feature::IsTest,
                                      Feature::Builtin, Feature::Arithmetic, Feature::Cast};
  Use(Feature::RowOnly);
  switch (random_.Below(6)) {
    case 0: {
      const CaseColumn& column = *EqualityColumn(x);
      static constexpr const char* Operators[] = {"=", "<>", "<", ">=", "=", "!="};
      return Leaf(fmt::format("{} {} {}", Ref(x, column), random_.Pick(Operators), Literal(column.domain)));
    }
    case 1: {
      const CaseColumn& array = *ColumnOf(x, Kind::Array);
      return Leaf(fmt::format("{} {}IN {}", Literal(ElementOf(array.domain)), random_.OneIn(4) ? "NOT " : "", Ref(x, array)));
    }
    case 2: return IsDistinctPred(x);
    default: return *TypedRowPred(x, random_.Pick(Forms));
  }
}

}  // namespace bulkhead::testing
