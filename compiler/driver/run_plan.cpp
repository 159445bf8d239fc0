#include "compiler/driver/run_plan.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "runtime/base/limits.h"
#include "runtime/plan/load.h"

namespace bulkhead::driver {
namespace {

Result<plan::Plan> ReadPlan(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::NotFound, fmt::format("cannot read `{}`", path)};
  std::string text;
  for (char chunk[1 << 16]; file.read(chunk, sizeof chunk), file.gcount() > 0;) {
    text.append(chunk, static_cast<size_t>(file.gcount()));
    if (text.size() > limits::PlanBytesMax) break;  // Load says so
  }
  auto plan = plan::Load(text);
  if (!plan) return Error{plan.error().code, fmt::format("`{}`: {}", path, plan.error().message)};
  return plan;
}

}  // namespace

std::variant<plan::Plan, int> PlanOf(Io& io, const RulesOptions& rules) {
  if (rules.files[0].ends_with(".json")) {
    auto plan = ReadPlan(rules.files[0]);
    if (plan) return *std::move(plan);
    int failed = Fail(io, plan.error());
    return plan.error().code == Code::InvalidPlan ? ExitWrong : failed;
  }
  Compilation compilation;
  if (auto status = CompileAndReport(io, rules, compilation, false)) return *status;
  return *std::move(compilation.plan);
}

std::vector<source::TableRequest> TablesToFollow(const plan::Plan& plan) {
  std::vector<source::TableRequest> tables;
  for (const plan::Table& table : plan.tables) tables.push_back({table.QualifiedName(), table.key});
  return tables;
}

std::string ConsumerName(const std::string& store_path) {
  std::error_code failed;
  std::filesystem::path whole = std::filesystem::weakly_canonical(store_path, failed);
  return failed ? store_path : whole.string();
}

std::string InstalledText(const std::string& path, const source::InstallReport& report) {
  return fmt::format("{}: made change triggers for {}", path, fmt::join(report.installed, ", "));
}

}  // namespace bulkhead::driver
