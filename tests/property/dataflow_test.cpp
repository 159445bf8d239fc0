// Goal: every operator's incremental path equals its recompute path, and both equal SQLite's answer to the
// query that the operator stands for. Method: random histories of transactions over two relations; after
// each, the sum of all that Push gave is compared with Recompute and with SQL over tables without column
// types. Failures shrink by leaving out changes. BULKHEAD_SEED fixes the case, BULKHEAD_CASES how many are
// run.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>

#include "runtime/dataflow/fields.h"
#include "runtime/dataflow/operator.h"
#include "runtime/value/key.h"
#include "tests/property/vm_oracle.h"
#include "tests/property/vm_random.h"

using namespace bulkhead;
using namespace bulkhead::dataflow;
using bulkhead::testing::Oracle;
using bulkhead::testing::Random;
using value::OwnedRow;
using value::OwnedValue;
using value::Value;

namespace {

constexpr uint32_t Width = 3;  // fields of each relation: l0 l1 l2, r0 r1 r2

struct Change {
  size_t side;  // 0: l, 1: r
  OwnedRow row;
  int64_t weight;
};
using Transaction = std::vector<Change>;
using History = std::vector<Transaction>;

// An operator and the query it stands for. `canonical`: of equal values of different types any may come out.
struct Case {
  const char* name;
  std::string sql;
  std::function<std::unique_ptr<Operator>(Place)> make;
  size_t inputs = 1;
  bool canonical = false;
};

vm::Expr Field(uint32_t i) {
  return vm::ColumnOf(fmt::format("{}", i));
}
vm::Expr Less(uint32_t a, uint32_t b) {
  return *vm::ApplyNamed("<", {Field(a), Field(b)});
}

template <typename T>
std::unique_ptr<Operator> Must(Result<T> made) {
  if (!made) throw std::runtime_error(made.error().message);
  return *std::move(made);
}

plan::Join Join(bool filtered) {
  plan::Join spec{{0}, {0}, {}};
  if (filtered) spec.filter = Less(1, Width + 1);
  return spec;
}
plan::Aggregate Groups(std::vector<uint32_t> group) {
  using F = plan::AggregateFunction;
  return {std::move(group),
          {{F::CountRows, 0, false},
           {F::Count, 1, false},
           {F::Count, 1, true},
           {F::Min, 1, false},
           {F::Max, 2, false}}};
}
plan::Aggregate Sums(std::vector<uint32_t> group) {
  using F = plan::AggregateFunction;
  return {
      std::move(group),
      {{F::Sum, 2, false}, {F::Total, 2, false}, {F::Avg, 2, false}, {F::Sum, 2, true}, {F::Avg, 2, true}}};
}
plan::Top Top(bool partitioned) {
  plan::Top spec;
  if (partitioned) spec.partition = {0};
  // All fields, so that SQLite leaves no order open.
  spec.order = {{1, true, true}, {2, false, false}, {0, false, true}};
  spec.limit = 3;
  spec.offset = partitioned ? 1 : 0;
  return spec;
}

std::unique_ptr<Operator> MakeMapCase(Place place) {
  vm::Expr next = *vm::ApplyNamed("+", {Field(1), vm::Constant(Value::Integer(1))});
  return Must(MakeMap({Less(1, 2), {next, Field(0)}}, Width, std::move(place)));
}

using Make = std::function<std::unique_ptr<Operator>(Place)>;
Make OfJoin(plan::Join spec) {
  return [=](Place place) { return Must(MakeJoin(spec, Width, Width, std::move(place))); };
}
Make OfSemiJoin(plan::Join spec, bool anti) {
  return [=](Place place) { return Must(MakeSemiJoin({spec, anti}, Width, Width, std::move(place))); };
}
Make OfAggregate(plan::Aggregate spec) {
  return [=](Place place) { return Must(MakeAggregate(spec, Width, std::move(place))); };
}
Make OfTop(plan::Top spec) {
  return [=](Place place) { return Must(MakeTop(spec, Width, std::move(place))); };
}
const Make OfUnion = [](Place) { return MakeUnion(); };

const std::string Pairs = "SELECT l.f0, l.f1, l.f2, r.f0, r.f1, r.f2 FROM l, r ";
const std::string Lefts = "SELECT * FROM l WHERE ";
const Case Cases[] = {
    {"map", "SELECT l.f1 + 1, l.f0 FROM l WHERE l.f1 < l.f2", MakeMapCase},
    {"union", "SELECT * FROM l UNION ALL SELECT * FROM r", OfUnion, 2},
    {"distinct", "SELECT f0, f1, f2 FROM l GROUP BY f0, typeof(f0), f1, typeof(f1), f2, typeof(f2)",
     MakeDistinct},
    {"join", Pairs + "WHERE l.f0 = r.f0", OfJoin(Join(false)), 2},
    {"join, filtered", Pairs + "WHERE l.f0 = r.f0 AND l.f1 < r.f1", OfJoin(Join(true)), 2},
    {"cross join", Pairs, OfJoin({{}, {}, {}}), 2},
    {"semijoin", Lefts + "EXISTS (SELECT 1 FROM r WHERE l.f0 = r.f0)", OfSemiJoin(Join(false), false), 2},
    {"semijoin, filtered", Lefts + "EXISTS (SELECT 1 FROM r WHERE l.f0 = r.f0 AND l.f1 < r.f1)",
     OfSemiJoin(Join(true), false), 2},
    {"antijoin", Lefts + "NOT EXISTS (SELECT 1 FROM r WHERE l.f0 = r.f0)", OfSemiJoin(Join(false), true), 2},
    {"antijoin, filtered", Lefts + "NOT EXISTS (SELECT 1 FROM r WHERE l.f0 = r.f0 AND l.f1 < r.f1)",
     OfSemiJoin(Join(true), true), 2},
    {"groups", "SELECT f0, count(*), count(f1), count(DISTINCT f1), min(f1), max(f2) FROM l GROUP BY f0",
     OfAggregate(Groups({0})), 1, true},
    {"one group", "SELECT count(*), count(f1), count(DISTINCT f1), min(f1), max(f2) FROM l",
     OfAggregate(Groups({})), 1, true},
    {"sums", "SELECT f0, sum(f2), total(f2), avg(f2), sum(DISTINCT f2), avg(DISTINCT f2) FROM l GROUP BY f0",
     OfAggregate(Sums({0})), 1, true},
    {"top", "SELECT * FROM l ORDER BY f1 DESC, f2, f0 NULLS LAST LIMIT 3", OfTop(Top(false)), 1, true},
    {"top of each",
     "SELECT f0, f1, f2 FROM (SELECT *, row_number() OVER (PARTITION BY f0 ORDER BY f1 DESC, f2) AS n FROM "
     "l) "
     "WHERE n BETWEEN 2 AND 4",
     OfTop(Top(true)), 1, true},
};

std::string RowBytes(const OwnedRow& row, bool canonical = false) {
  std::string bytes;
  for (const OwnedValue& each : row)
    AppendTuple(bytes, canonical ? value::Canonical(each.view()) : each.view());
  return bytes;
}
std::string Text(const Delta& delta) {
  std::string text;
  Values values;
  for (const auto& [row, weight] : delta.rows()) {
    ReadRow(row, values);
    text += fmt::format(" {:+}{}", weight, value::KeyText(values));
  }
  return text.empty() ? " nothing" : text;
}
Delta Canonical(const Delta& delta) {
  Delta out;
  Values values;
  for (const auto& [row, weight] : delta.rows()) {
    ReadRow(row, values);
    out.Add(RowBytes(OwnedRow(values.begin(), values.end()), true), weight);
  }
  out.Consolidate();
  return out;
}

// SQLite's answer over the relations.
class Database {
 public:
  Database() {
    for (const char* table : {"l", "r"}) Run(fmt::format("CREATE TABLE {} (f0, f1, f2)", table));
  }
  void Apply(const Change& change) {
    const char* table = change.side == 0 ? "l" : "r";
    std::string where =
        "rowid = (SELECT rowid FROM {} WHERE f0 IS ?1 AND typeof(f0) = typeof(?1) AND f1 IS ?2 AND "
        "typeof(f1) = typeof(?2) AND f2 IS ?3 AND typeof(f2) = typeof(?3) LIMIT 1)";
    std::string sql = change.weight > 0
                          ? fmt::format("INSERT INTO {} VALUES (?1, ?2, ?3)", table)
                          : fmt::format(fmt::runtime("DELETE FROM {} WHERE " + where), table, table);
    for (int64_t i = 0; i < std::abs(change.weight); ++i) oracle_.Ask(sql, change.row);
  }
  Delta Answer(const std::string& sql) {
    Delta answer;
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(oracle_.db(), sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      OwnedRow row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(Oracle::Column(statement, i));
      answer.Add(RowBytes(row), 1);
    }
    sqlite3_finalize(statement);
    answer.Consolidate();
    return answer;
  }

 private:
  void Run(const std::string& sql) {
    REQUIRE(sqlite3_exec(oracle_.db(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  Oracle oracle_;
};

struct Sum {
  Delta deltas[2];
  void Add(const Change& change) { deltas[change.side].Add(RowBytes(change.row), change.weight); }
  void Consolidate() {
    for (Delta& delta : deltas) delta.Consolidate();
  }
};

// "" when all three agree after every transaction.
std::string Disagreement(const Case& tested, const History& history) {
  MemoryArrangements state;
  Database database;
  Sum all;
  Delta given;
  std::unique_ptr<Operator> op = tested.make({7, {}});
  if (!op->Begin(state, given)) return "Begin fails";
  for (const Transaction& transaction : history) {
    Sum now;
    for (const Change& change : transaction) {
      now.Add(change);
      all.Add(change);
      database.Apply(change);
    }
    now.Consolidate();
    all.Consolidate();
    op = tested.make({7, {}});  // as after a restart: nothing is remembered outside the arrangements
    Status pushed = op->Push(std::span(now.deltas, tested.inputs), state, given);
    if (!pushed) return pushed.error().message;
    given.Consolidate();
    auto recomputed = op->Recompute(std::span(all.deltas, tested.inputs));
    if (!recomputed) return recomputed.error().message;
    if (given != *recomputed)
      return fmt::format("incremental{}\n  recomputed{}", Text(given), Text(*recomputed));
    Delta answer = database.Answer(tested.sql);
    const bool same = tested.canonical ? Canonical(given) == Canonical(answer) : given == answer;
    if (!same) return fmt::format("incremental{}\n  SQLite{}", Text(given), Text(answer));
  }
  return "";
}

OwnedValue RandomValue(Random& random) {
  static const char* const Texts[] = {"a", "b", "5", "1.5", "2x", ""};
  switch (random.Below(8)) {
    case 0:
      return {};
    case 1:
      return Value::Real(random.OneIn(2) ? 1.0 : 0.5);
    case 2:
      return Value::Text(random.Pick(Texts));
    case 3:
      return random.OneIn(3) ? OwnedValue(Value::Blob("5")) : OwnedValue(Value::Real(-2.0));
    default:
      return Value::Integer(static_cast<int64_t>(random.Below(4)) - 1);
  }
}

// Changes that never take out what is not there.
History RandomHistory(Random& random) {
  History history(1 + random.Below(6));
  std::vector<Change> present;
  for (Transaction& transaction : history) {
    for (size_t i = random.Below(6); i-- > 0;) {
      if (!present.empty() && random.OneIn(3)) {
        const size_t at = random.Below(present.size());
        transaction.push_back({present[at].side, present[at].row, -present[at].weight});
        present.erase(present.begin() + static_cast<std::ptrdiff_t>(at));
        continue;
      }
      Change change{random.Below(2), {}, static_cast<int64_t>(1 + random.Below(2))};
      for (uint32_t f = 0; f < Width; ++f) change.row.push_back(RandomValue(random));
      transaction.push_back(change);
      present.push_back(change);
    }
  }
  return history;
}

bool Legal(const History& history) {
  Sum sum;
  for (const Transaction& transaction : history) {
    for (const Change& change : transaction) {
      sum.Add(change);
      sum.Consolidate();
      for (const Delta& delta : sum.deltas) {
        for (const WeightedRow& each : delta.rows()) {
          if (each.weight < 0) return false;
        }
      }
    }
  }
  return true;
}

History Shrink(const Case& tested, History history) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t t = 0; t < history.size() && !smaller; ++t) {
      for (size_t c = 0; c < history[t].size() && !smaller; ++c) {
        History without = history;
        without[t].erase(without[t].begin() + static_cast<std::ptrdiff_t>(c));
        if (!Legal(without) || Disagreement(tested, without).empty()) continue;
        history = std::move(without);
        smaller = true;
      }
    }
  }
  return history;
}

std::string Text(const History& history) {
  std::string text;
  for (const Transaction& transaction : history) {
    text += "\n  transaction:";
    for (const Change& change : transaction) {
      Values values;
      for (const OwnedValue& each : change.row) values.push_back(each.view());
      text += fmt::format(" {}{:+}{}", change.side == 0 ? "l" : "r", change.weight, value::KeyText(values));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("operators: incremental, recomputed and SQLite's answer agree", "[property]") {
  const uint64_t first = testing::SeedOr(1), cases = std::getenv("BULKHEAD_SEED") ? 1 : testing::CasesOr(150);
  for (const Case& tested : Cases) {
    for (uint64_t seed = first; seed < first + cases; ++seed) {
      Random random(seed);
      History history = RandomHistory(random);
      if (Disagreement(tested, history).empty()) continue;
      history = Shrink(tested, history);
      FAIL(tested.name << " BULKHEAD_SEED=" << seed << Text(history) << "\n  "
                       << Disagreement(tested, history));
    }
  }
}

TEST_CASE("operators remember nothing once everything is gone") {
  for (const Case& tested : Cases) {
    Random random(99);
    MemoryArrangements state;
    Delta given;
    std::unique_ptr<Operator> op = tested.make({0, {}});
    for (int64_t sign : {+1, -1}) {
      Random same(7);
      Sum now;
      for (const Transaction& transaction : RandomHistory(same)) {
        for (const Change& change : transaction) {
          if (change.weight > 0) now.deltas[change.side].Add(RowBytes(change.row), sign * change.weight);
        }
      }
      now.Consolidate();
      INFO(tested.name);
      REQUIRE(op->Push(std::span(now.deltas, tested.inputs), state, given));
    }
    CHECK(state.empty());
  }
}

TEST_CASE("a row that is not there cannot be taken out") {
  MemoryArrangements state;
  Delta delta, given;
  delta.Add(RowBytes({Value::Integer(1), Value::Null(), Value::Null()}), -1);
  CHECK_FALSE(MakeDistinct({0, {}})->Push(std::span(&delta, 1), state, given));
}

TEST_CASE("operators refuse fields that are not there") {
  CHECK_FALSE(MakeMap({Less(0, 1), {}}, 1, {}));
  CHECK_FALSE(MakeJoin({{0}, {1}, {}}, 1, 1, {}));
  CHECK_FALSE(MakeJoin({{0}, {}, {}}, 1, 1, {}));
  CHECK_FALSE(MakeAggregate({{1}, {}}, 1, {}));
  CHECK_FALSE(MakeTop({{1}, {}, 1, 0}, 1, {}));
}
