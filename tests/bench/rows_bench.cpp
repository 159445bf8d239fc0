// The row side alone: one core, a 12-column task row to its bucket operation (key, JSON, checksum) and lookups.
// Goal: 1.5 million rows a second.
#include <benchmark/benchmark.h>

#include "bench_data.h"
#include "runtime/dataflow/row_evaluator.h"

namespace bulkhead::bench {
namespace {

void EvaluateTasks(benchmark::State& state) {
  plan::Plan plan = TaskPlan();
  if (!plan::Verify(plan)) return state.SkipWithError("the plan does not verify");
  dataflow::RowEvaluator rows(plan);
  Tasks tasks(1000);
  size_t i = 0, bytes = 0;
  for (auto _ : state) {
    auto result = rows.Evaluate(0, "tasks", tasks.Row(i++ % tasks.size()));
    bytes += (*result)->memberships[0].data.size();
    benchmark::DoNotOptimize((*result)->memberships[0].checksum);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["json_bytes"] = static_cast<double>(bytes) / static_cast<double>(state.iterations());
}
BENCHMARK(EvaluateTasks);

}  // namespace
}  // namespace bulkhead::bench
