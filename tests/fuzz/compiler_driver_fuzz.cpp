// Rules through the whole compiler, with a dump of a schema after the first NUL byte: diagnostics that can be
// shown, or a plan that verifies, explains itself and survives JSON.
#include <cstdlib>

#include "compiler/driver/pipeline.h"
#include "compiler/planner/explain.h"
#include "compiler/source/render.h"
#include "runtime/plan/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace bulkhead;
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  size_t end = std::min(text.find('\0'), size);
  driver::Compilation compilation;
  driver::AddText(compilation, "<fuzz>", std::string(text.substr(0, end)));
  if (end < size) driver::AddSchema(compilation, "schema.sql", std::string(text.substr(end + 1)));
  // No files: a fuzzer must not read what it happens to name.
  driver::Compile(compilation, {.last = driver::Stage::Plan, .normal = {}, .follow_use = false});
  source::RenderHuman(compilation.diagnostics, compilation.sources);
  source::RenderJson(compilation.diagnostics, compilation.sources);
  if (!compilation.plan) return 0;
  planner::Explained what{*compilation.plan, compilation.reports};
  planner::ExplainText(what);
  planner::ExplainDot(what);
  planner::ExplainHtml(what);
  std::string json = plan::ToJson(*compilation.plan);
  auto loaded = plan::Load(json);
  if (!loaded || plan::ToJson(*loaded) != json) std::abort();
  return 0;
}
