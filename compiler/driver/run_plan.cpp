#include "compiler/driver/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "runtime/base/limits.h"
#include "runtime/plan/load.h"
#include "runtime/sqlite/database.h"

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

Result<std::vector<std::string>> TablesOf(const std::string& path) {
  constexpr int BusyTimeoutMs = 5000;
  BULKHEAD_TRY(auto database, sqlite::Database::Open(path, SQLITE_OPEN_READONLY, BusyTimeoutMs));
  BULKHEAD_TRY(auto query, database.Prepare("SELECT name FROM sqlite_schema WHERE type = 'table' "
                                            "AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'bulkhead_*' ORDER BY name"));
  std::vector<std::string> names;
  for (;;) {
    BULKHEAD_TRY(bool row, query.Step());
    if (!row) return names;
    names.emplace_back(query.Text(0));
  }
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

Result<std::vector<source::TableRequest>> TablesToFollow(const plan::Plan& plan, const std::string& database) {
  std::vector<source::TableRequest> tables;
  bool wildcards = false;
  for (const plan::Table& table : plan.tables) {
    wildcards |= table.wildcard;
    if (!table.wildcard && !table.node) tables.push_back({table.QualifiedName(), table.key});
  }
  if (!wildcards) return tables;
  BULKHEAD_TRY(std::vector<std::string> names, TablesOf(database));
  for (const std::string& name : names) {
    auto same = [&](const source::TableRequest& known) { return known.name == name; };
    for (const plan::Table& table : plan.tables) {
      if (table.Matches(name) && std::none_of(tables.begin(), tables.end(), same)) tables.push_back({name, table.key});
    }
  }
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
