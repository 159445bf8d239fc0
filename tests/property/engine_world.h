// What the engine's property test runs: a random plan, a random history over it, and the answer computed from scratch.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/plan/plan.h"

namespace bulkhead::engine {

// Small numbers from a seed, the same on every machine.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  size_t Below(size_t n) { return random_() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }
  template <typename T>
  const T& Pick(const std::vector<T>& items) { return items[Below(items.size())]; }

 private:
  std::mt19937_64 random_;
};

inline constexpr size_t TableCount = 3;  // t0, t1, t2: each id (the key), a, b, c
inline constexpr size_t ClientCount = 3;

plan::Plan RandomPlan(Dice& dice);
Request RandomRequest(Dice& dice, const plan::Plan& plan);

// The rows of a database: per table, by key, the values of a, b and c.
using Row = std::vector<value::OwnedValue>;
struct Database {
  std::map<std::string, Row> tables[TableCount];
};

struct Change {
  enum Kind { Upsert, Delete, Truncate } kind = Upsert;
  size_t table = 0;
  std::string key;
  Row row;
};
struct Step {
  enum Kind { Commit, Connect, Disconnect, Interrupt, Restart, Rescan, BrokenRescan } kind = Commit;
  size_t client = 0;            // of Connect, Disconnect, Interrupt
  std::vector<Change> changes;  // of Commit and Rescan
  bool stale_first = false;     // ask for stale sessions before advancing any
};
using History = std::vector<Step>;
History RandomHistory(Dice& dice, size_t steps);
std::string Describe(const Step& step);

void Apply(const Change& change, Database& database);

// The buckets a session has and what is in them, straight from the rows: for each bucket, `table/id data` by source
// row. Subscriptions that fail have none. Shares nothing with the engine but values, names of buckets and JSON.
std::map<std::string, std::set<std::string>> Recompute(const plan::Plan& plan, const Request& request,
                                                       const Database& database);

}  // namespace bulkhead::engine
