// Goal: conversions, casts, affinity and comparison are SQLite's, bit for bit.
// Method: random values with many edges; the linked library computes the same.

#include <catch2/catch.hpp>

#include "runtime/value/compare.h"
#include "runtime/value/convert.h"
#include "runtime/vm/expr.h"
#include "tests/property/vm_oracle.h"
#include "tests/property/vm_random.h"

using namespace bulkhead;
using namespace bulkhead::value;
using bulkhead::testing::Oracle;
using bulkhead::testing::Random;

namespace {

std::string Shown(const OwnedValue& v) { return vm::PrintLiteral(v.view()); }

struct Conversion {
  const char* sql;
  Value (*convert)(Value, Arena&);
};
// In a comparison with a CAST the other side gets its affinity; a subquery column shows the value that results.
constexpr Conversion Conversions[] = {
    {"select cast(?1 as text)", [](Value v, Arena& arena) { return CastText(v, arena); }},
    {"select cast(?1 as integer)", [](Value v, Arena&) { return CastInteger(v); }},
    {"select cast(?1 as real)", [](Value v, Arena&) { return CastReal(v); }},
    {"select cast(?1 as numeric)", [](Value v, Arena&) { return CastNumeric(v); }},
    {"select cast(?1 as blob)", [](Value v, Arena& arena) { return CastBlob(v, arena); }},
    {"select ?1 + 0", [](Value v, Arena&) {
       Value number = ToNumber(v);
       return number.type() == Type::Real ? Value::Real(number.real() + 0.0) : number;
     }},
    {"select not not ?1", [](Value v, Arena&) { return FromBool(Truth(v)); }},
};

bool SameBits(const OwnedValue& a, const OwnedValue& b) {
  if (a.type() == Type::Real && b.type() == Type::Real) {
    double x = a.view().real(), y = b.view().real();
    return std::memcmp(&x, &y, sizeof x) == 0;
  }
  return a == b;
}

}  // namespace

TEST_CASE("values: conversions are SQLite's", "[property]") {
  Oracle oracle;
  uint64_t seed = testing::SeedOr(1), cases = testing::CasesOr(60'000);
  Random random(seed);
  Arena arena;
  for (uint64_t i = 0; i < cases; ++i) {
    OwnedValue v = random.OneIn(2) ? random.Any() : random.Text(random.NumberText());
    arena.Reset();
    for (const Conversion& conversion : Conversions) {
      OwnedValue ours(conversion.convert(v.view(), arena));
      OwnedValue expected = *oracle.Ask(conversion.sql, {&v, 1}, /*keep=*/true);
      if (SameBits(ours, expected)) continue;
      FAIL("BULKHEAD_SEED=" << seed << " case " << i << ": " << conversion.sql << " of " << Shown(v) << ": ours "
                            << Shown(ours) << ", SQLite's " << Shown(expected));
    }
  }
}

TEST_CASE("values: comparison is SQLite's", "[property]") {
  Oracle oracle;
  uint64_t seed = testing::SeedOr(2), cases = testing::CasesOr(100'000);
  Random random(seed);
  for (uint64_t i = 0; i < cases; ++i) {
    OwnedValue pair[] = {random.Any(), random.Any()};
    if (random.OneIn(4) && pair[0].type() == Type::Integer) {
      pair[1] = Value::Real(static_cast<double>(pair[0].view().integer()));
    }
    Value a = pair[0].view(), b = pair[1].view();
    INFO("BULKHEAD_SEED=" << seed << " case " << i << ": " << Shown(pair[0]) << " and " << Shown(pair[1]));
    auto expected = [&](const char* sql) { return *oracle.Ask(sql, pair, true); };
    bool agree = OwnedValue(FromBool(Equal(a, b))) == expected("select ?1 = ?2") &&
                 OwnedValue(FromBool(Less(a, b))) == expected("select ?1 < ?2") &&
                 OwnedValue(FromBool(LessOrEqual(a, b))) == expected("select ?1 <= ?2") &&
                 OwnedValue(Value::Bool(Same(a, b))) == expected("select ?1 is ?2");
    CHECK(agree);
    if (!agree) return;
    if (Compare(a, b) != -Compare(b, a)) FAIL("not antisymmetric");
  }
}
