#include "tests/property/rules_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "compiler/driver/host.h"
#include "compiler/driver/native_text.h"
#include "compiler/driver/pipeline.h"
#include "compiler/source/render.h"
#include "runtime/plan/load.h"
#include "runtime/value/key.h"
#include "tests/property/oracle.h"

namespace bulkhead::testing {
namespace {

// Codes that say "not supported yet", "cannot be planned".
bool IsRefusal(std::string_view code) { return code.starts_with("BH30") || code.starts_with("BH31"); }

std::optional<Failure> FailureOf(const driver::Compilation& compilation) {
  std::string kind = "refused";
  for (const source::Diagnostic& each : compilation.diagnostics.all())
    if (each.severity == source::Severity::Error && !IsRefusal(each.code)) kind = each.code;
  if (!compilation.diagnostics.has_errors()) return std::nullopt;
  return Failure{kind, source::RenderJson(compilation.diagnostics, compilation.sources), ""};
}

void AddRules(driver::Compilation& compilation, const Case& c, const RunOptions& options) {
  if (!options.yaml) return driver::AddText(compilation, "<rules>", PrintRules(c));
  driver::AddText(compilation, "<rules>", PrintYaml(c), driver::Language::PowerSync);
  if (c.typed) driver::AddSchema(compilation, "<schema>", PrintTables(c));
}

driver::CompileOptions CompileOptionsOf(const RunOptions& options) {
  driver::CompileOptions compile;
  compile.cut = options.cut;
  return compile;
}

// The plan of what `import` writes. Native rules may refuse what a schema, which is advice in YAML, proves to be wrong.
std::optional<Failure> CheckImport(const Case& c, const RunOptions& options, const plan::Plan& plan) {
  driver::Compilation yaml, native;
  AddRules(yaml, c, options);
  driver::Compile(yaml);
  std::string text = driver::NativeText(yaml);
  driver::AddText(native, "<rules>", text);
  if (c.typed) driver::AddSchema(native, "<schema>", PrintTables(c));
  driver::Compile(native);
  if (!native.plan && c.typed) return std::nullopt;
  // Native rules take the schema's NOT NULL for granted, which decides how NOT IN is worked out.
  if (c.typed && !plan.nodes.empty()) return std::nullopt;
  if (!native.plan) return Failure{"import", source::RenderJson(native.diagnostics, native.sources) + text, ""};
  if (native.plan->digest != plan.digest) return Failure{"import", "another plan than the YAML's:\n" + text, ""};
  return std::nullopt;
}

// Client and server in their variants over one compiled case.
class CaseRun {
 public:
  CaseRun(const Case& c, const RunOptions& options) : c_(c), options_(options) {}
  const RunCounts& counts() const { return counts_; }
  ~CaseRun() {
    // The client and server files are closed first.
    host_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::optional<Failure> Run() {
    AddRules(compilation_, c_, options_);
    driver::Compile(compilation_, CompileOptionsOf(options_));
    if (auto failure = FailureOf(compilation_)) return failure;
    for (const planner::BranchReport& report : compilation_.reports) counts_.cuts = std::max(counts_.cuts, report.cuts.size());
    if (auto failure = CheckPlan()) return failure;
    if (options_.sabotage) options_.sabotage(plan_);
    oracle_.emplace(compilation_.tree, compilation_.files);
    for (const CaseTable& table : c_.tables) Try(oracle_->DeclareTable(Unquoted(table.name), Columns(table), table.KeyColumns()), "oracle");
    StartHost();
    for (size_t i = 0; i < c_.steps.size() && !failure_; ++i) {
      Step(c_.steps[i]);
      if (!failure_ && (i % 3 == 2 || i + 1 == c_.steps.size())) Recompute();
    }
    if (failure_ && !expect_.empty()) failure_->expect = "[\n  " + expect_ + "\n ]";
    return failure_;
  }

 private:
  static std::string Unquoted(const std::string& name) { return name.front() == '"' ? name.substr(1, name.size() - 2) : name; }
  static std::vector<std::string> Columns(const CaseTable& table) {
    std::vector<std::string> names;
    for (const CaseColumn& column : table.columns) names.push_back(Unquoted(column.name));
    return names;
  }
  static std::string Name(size_t client) { return fmt::format("c{}", client); }
  static std::string TwinName(size_t client) { return fmt::format("twin{}", client); }

  void Fail(std::string kind, std::string text) {
    if (!failure_) failure_ = Failure{std::move(kind), std::move(text), ""};
  }
  bool Try(const Status& status, const char* kind) {
    if (!status) Fail(kind, status.error().message);
    return static_cast<bool>(status);
  }

  std::optional<Failure> CheckPlan() {
    std::string json = plan::ToJson(*compilation_.plan);
    auto loaded = plan::Load(json);
    if (!loaded) return Failure{"plan", "it does not load: " + loaded.error().message, ""};
    if (plan::ToJson(*loaded) != json) return Failure{"plan", "it changes when it is loaded", ""};
    if (loaded->digest != compilation_.plan->digest) return Failure{"plan", "its digest changes when it is loaded", ""};
    driver::Compilation again;
    AddRules(again, c_, options_);
    driver::Compile(again, CompileOptionsOf(options_));
    if (!again.plan || plan::ToJson(*again.plan) != json) return Failure{"plan", "compiled again it differs", ""};
    plan_ = *std::move(loaded);
    if (options_.yaml) return CheckImport(c_, options_, plan_);
    return std::nullopt;
  }

  engine::Options Options() {
    engine::Options options;
    options.on_problem = [this](const engine::RowProblem& problem) {
      Fail("problem", fmt::format("{} {} ({}): {}", problem.table, problem.key, problem.place, problem.reason));
    };
    return options;
  }

  void StartHost() {
    std::string store;
    if (c_.file_store) {
      std::string name = (std::filesystem::temp_directory_path() / "bulkhead_rules_XXXXXX").string();
      folder_ = mkdtemp(name.data());
      store = folder_ + "/store.db";
    }
    auto host = driver::Host::Start(plan_, Options(), store);
    if (!host) return Fail("start", host.error().message);
    host_ = *std::move(host);
    for (size_t i = 0; i < c_.requests.size(); ++i) {
      host_->Connect(Name(i), c_.requests[i]);
      host_->Connect(TwinName(i), c_.requests[i]);
    }
  }

  void Remember(const std::vector<driver::RowChange>& changes) {
    for (const driver::RowChange& change : changes) {
      size_t size = 1;
      for (const CaseTable& table : c_.tables)
        if (Unquoted(table.name) == change.table) size = table.key_size;
      auto key_of = [&](const driver::NamedRow& row) {
        std::string key = change.table + "/";
        for (size_t i = 0; i < size; ++i) value::AppendKey(key, row.values[i].view());
        return key;
      };
      if (change.old) rows_.erase(key_of(*change.old));
      if (change.kind == driver::RowChange::Kind::Delete) rows_.erase(key_of(change.row));
      else rows_[key_of(change.row)] = driver::RowChange{driver::RowChange::Kind::Upsert, change.table, change.row, {}, std::nullopt};
    }
  }

  void Step(const CaseStep& step) {
    for (size_t i : step.reconnect) host_->Disconnect(Name(i));
    if (!Try(host_->Apply(step.changes), "apply") || !Try(oracle_->Apply(step.changes), "oracle")) return;
    Remember(step.changes);
    if (step.restart && !Try(host_->Restart(), "restart")) return;
    for (size_t i : step.reconnect) host_->Connect(Name(i), c_.requests[i]);
    extents_.clear();
    for (size_t i = 0; i < c_.requests.size() && !failure_; ++i) Compare(step, i);
  }

  void Compare(const CaseStep& step, size_t client) {
    auto expected = oracle_->ExtentOf(c_.requests[client]);
    if (!expected) return Fail("oracle", expected.error().message);
    extents_.push_back(*expected);
    expect_ += fmt::format("{}{{\"client\":\"{}\",\"tables\":{}}}", expect_.empty() ? "" : ",\n  ", Name(client), ToJson(*expected));
    auto synced = host_->Sync(Name(client));
    if (!synced) return Fail("sync", synced.error().message);
    ++counts_.comparisons;
    for (const auto& [table, rows] : *expected) counts_.rows += rows.size();
    std::string difference = Difference(*expected, testing::ExtentOf(synced->tables));
    if (!difference.empty()) return Fail("rows", fmt::format("client {}:\n{}", Name(client), difference));
    CheckTwin(*synced, client);
    if (!step.reconnect.empty()) CheckResume(client);
  }

  // A client that was away gets what one that stayed got, and no more.
  void CheckTwin(const driver::Synced& synced, size_t client) {
    auto twin = host_->Sync(TwinName(client));
    if (!twin) return Fail("sync", twin.error().message);
    std::string difference = Difference(testing::ExtentOf(synced.tables), testing::ExtentOf(twin->tables));
    if (!difference.empty()) return Fail("rows", fmt::format("the client that stayed:\n{}", difference));
    if (twin->operations != synced.operations)
      Fail("operations", fmt::format("{} after it reconnected, {} without", synced.operations, twin->operations));
  }

  // Nothing comes twice.
  void CheckResume(size_t client) {
    host_->Disconnect(Name(client));
    host_->Connect(Name(client), c_.requests[client]);
    auto again = host_->Sync(Name(client));
    if (!again) return Fail("sync", again.error().message);
    if (again->operations) Fail("operations", fmt::format("{} came again when {} reconnected", again->operations, Name(client)));
  }

  // A new server that loads the rows as they are now, and new clients.
  void Recompute() {
    auto host = driver::Host::Start(plan_, Options());
    if (!host) return Fail("start", host.error().message);
    std::vector<driver::RowChange> changes;
    for (const auto& [key, change] : rows_) changes.push_back(change);
    if (!Try((*host)->Apply(changes), "apply")) return;
    for (size_t i = 0; i < c_.requests.size(); ++i) {
      (*host)->Connect(Name(i), c_.requests[i]);
      auto synced = (*host)->Sync(Name(i));
      if (!synced) return Fail("sync", synced.error().message);
      std::string difference = Difference(extents_[i], testing::ExtentOf(synced->tables));
      if (!difference.empty()) return Fail("recomputed rows", fmt::format("client {}:\n{}", Name(i), difference));
    }
  }

  const Case& c_;
  const RunOptions& options_;
  RunCounts counts_;
  driver::Compilation compilation_;
  plan::Plan plan_;
  std::optional<QueryOracle> oracle_;
  std::unique_ptr<driver::Host> host_;
  std::string folder_;
  std::map<std::string, driver::RowChange> rows_;
  std::vector<Extent> extents_;  // of the last step, by client
  std::string expect_;
  std::optional<Failure> failure_;
};

}  // namespace

std::optional<Failure> Run(const Case& c, const RunOptions& options, RunCounts* counts) {
  CaseRun run(c, options);
  auto failure = run.Run();
  if (counts) *counts = run.counts();
  return failure;
}

std::optional<Failure> TryCompile(const Case& c, const RunOptions& options) {
  driver::Compilation compilation;
  AddRules(compilation, c, options);
  driver::Compile(compilation);
  return FailureOf(compilation);
}

}  // namespace bulkhead::testing
