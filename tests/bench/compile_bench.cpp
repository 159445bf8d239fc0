// From text to plan. Goal: 1,000 streams over 50 tables in under 300 ms.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "compiler/driver/pipeline.h"
#include "compiler/source/render.h"
#include "runtime/plan/load.h"

namespace bulkhead::bench {
namespace {

constexpr int Tables = 50;
constexpr int Streams = 1000;

std::string Schema() {
  std::string text;
  for (int i = 0; i < Tables; ++i) {
    text += fmt::format(
        "CREATE TABLE table_{} (\n  id text PRIMARY KEY, workspace_id text NOT NULL, parent_id text REFERENCES table_{}, owner_id text,\n"
        "  title text NOT NULL, body text, status text NOT NULL DEFAULT 'open', priority integer, labels text[], data jsonb,\n"
        "  created_at timestamptz NOT NULL, updated_at timestamptz\n);\n",
        i, (i + 1) % Tables);
  }
  return text + "CREATE TABLE members (user_id text, workspace_id text, role text NOT NULL, PRIMARY KEY (user_id, workspace_id));\n";
}

// The forms that rules are made of, in turn.
std::string Rules() {
  static constexpr const char* Forms[] = {
      "CREATE STREAM s{0} AUTO SUBSCRIBE AS SELECT * FROM table_{1} WHERE workspace_id IN my_workspaces AND is_open(status);\n",
      "CREATE STREAM s{0} AUTO SUBSCRIBE PRIORITY 1 AS SELECT * FROM table_{1} "
      "WHERE owner_id = auth.user_id() OR priority > 3 AND workspace_id IN my_workspaces;\n",
      "CREATE STREAM s{0} (parent_id text NOT NULL) AS SELECT * FROM table_{1} WHERE parent_id = :parent_id AND workspace_id IN my_workspaces;\n",
      "CREATE STREAM s{0} AS SELECT c.* FROM table_{1} c JOIN table_{2} p ON c.parent_id = p.id WHERE p.owner_id = auth.user_id() AND c.status <> 'done';\n",
      "CREATE STREAM s{0} AS SELECT id, title, upper(status) AS state FROM table_{1} WHERE auth.user_id() IN labels AND created_at > '2024-01-01';\n",
      "CREATE STREAM s{0} (label text) AS SELECT t.* FROM table_{1} t, json_each(t.labels) l WHERE l.value = :label AND EXISTS "
      "(SELECT 1 FROM members m WHERE m.workspace_id = t.workspace_id AND m.user_id = auth.user_id() AND m.role IN ('owner', 'admin'));\n",
      "CREATE STREAM s{0} AUTO SUBSCRIBE AS\nBEGIN\n  WITH mine AS (SELECT id FROM table_{2} WHERE owner_id = auth.user_id());\n"
      "  SELECT * FROM table_{1} WHERE parent_id IN mine;\n  SELECT * FROM table_{2} WHERE id IN mine;\nEND;\n",
  };
  std::string text =
      "CREATE VIEW my_workspaces AS SELECT workspace_id AS id FROM members WHERE user_id = auth.user_id();\n"
      "CREATE FUNCTION is_open(status text) RETURNS boolean AS (status NOT IN ('done', 'archived'));\n";
  for (int i = 0; i < Streams; ++i)
    text += fmt::format(fmt::runtime(Forms[static_cast<size_t>(i) % std::size(Forms)]), i, i % Tables, (i + 1) % Tables);
  return text;
}

void Compile(benchmark::State& state, driver::Stage last) {
  const std::string text = Schema() + Rules();
  driver::CompileOptions options;
  options.last = last;
  size_t streams = 0;
  for (auto _ : state) {
    driver::Compilation compilation;
    driver::AddText(compilation, "rules.sync", text);
    driver::Compile(compilation, options);
    if (compilation.diagnostics.has_errors()) {
      std::string errors = source::RenderHuman(compilation.diagnostics, compilation.sources);
      return state.SkipWithError(errors.substr(0, 2000).c_str());
    }
    if (compilation.plan) streams = compilation.plan->streams.size();
  }
  state.counters["streams"] = static_cast<double>(streams);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK_CAPTURE(Compile, parse, driver::Stage::Ast)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Compile, bind, driver::Stage::Ir)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Compile, normalise, driver::Stage::Normal)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Compile, plan, driver::Stage::Plan)->Unit(benchmark::kMillisecond);

void LoadPlan(benchmark::State& state) {
  driver::Compilation compilation;
  driver::AddText(compilation, "rules.sync", Schema() + Rules());
  driver::Compile(compilation);
  if (!compilation.plan) return state.SkipWithError("the rules do not compile");
  std::string json = plan::ToJson(*compilation.plan);
  for (auto _ : state) {
    auto loaded = plan::Load(json);
    if (!loaded) return state.SkipWithError("the plan does not load");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
}
BENCHMARK(LoadPlan)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bulkhead::bench
