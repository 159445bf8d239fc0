// Each *.json here and in found/ is a scenario of `bulkhead replay` with what its clients must hold (README.md here).
// It runs four ways, which must agree with the file and so with each other:
//   replay      the command itself, by increments
//   file store  the same over a SQLite store that is closed and opened at each restart
//   recompute   at each sync a new server loads the rows as they are, and a new client asks for them
//   oracle      SQLite answers the queries of the rules ("oracle": false leaves this out)

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/driver/driver.h"
#include "compiler/driver/scenario.h"
#include "runtime/value/key.h"
#include "tests/property/oracle.h"

using namespace bulkhead;
using nlohmann::json;
using testing::Extent;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> ScenarioFiles() {
  std::vector<fs::path> files;
  fs::path folder = fs::path(BULKHEAD_ROOT) / "tests/scenario";
  for (const fs::path& each : {folder, folder / "found"}) {
    if (!fs::exists(each)) continue;
    for (const auto& entry : fs::directory_iterator(each))
      if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

value::OwnedValue ValueOf(const json& v) {
  if (v.is_null()) return {};
  if (v.is_number_integer()) return value::Value::Integer(v.get<int64_t>());
  if (v.is_number()) return value::Value::Real(v.get<double>());
  return value::OwnedValue(value::Value::Text(v.get_ref<const std::string&>()));
}

// The object "tables" of an expectation or of a line of replay.
Extent ExtentOf(const json& tables) {
  Extent extent;
  for (const auto& [table, rows] : tables.items()) {
    for (const json& row : rows) {
      const json& id = row.at("id");
      auto& columns = extent[table][id.is_string() ? id.get<std::string>() : id.dump()];
      for (const auto& [name, v] : row.items()) columns[name] = ValueOf(v);
    }
  }
  return extent;
}

// ---- replay ----

struct Replayed {
  int status = 0;
  std::vector<json> synced;
  std::vector<json> diagnostics;
  std::string err;
};

Replayed Replay(const fs::path& path) {
  std::istringstream in;
  std::ostringstream out, err;
  Replayed replayed;
  replayed.status = driver::Main({"replay", path.string()}, in, out, err);
  replayed.err = err.str();
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) {
    json parsed = json::parse(line);
    if (parsed.contains("diagnostics")) replayed.diagnostics.insert(replayed.diagnostics.end(), parsed["diagnostics"].begin(), parsed["diagnostics"].end());
    else replayed.synced.push_back(std::move(parsed));
  }
  return replayed;
}

// Whether the two ranges share a character.
bool Overlap(const json& a, const json& b) {
  auto begin = [](const json& d) { return std::pair(d.at("line").get<int>(), d.at("column").get<int>()); };
  auto end = [](const json& d) { return std::pair(d.at("end_line").get<int>(), d.at("end_column").get<int>()); };
  return begin(a) < end(b) && begin(b) < end(a);
}

void CheckDiagnostics(const json& expected, const std::vector<json>& given) {
  for (const json& each : expected) {
    INFO("no diagnostic at " << each.dump() << " among " << json(given).dump(1));
    CHECK(std::any_of(given.begin(), given.end(), [&](const json& other) {
      return other.at("severity") == each.at("severity") && Overlap(each, other);
    }));
  }
}

// ---- The other ways ----

// Runs the steps over hosts, and calls `on_sync` at each sync.
class StepRunner {
 public:
  StepRunner(const driver::Scenario& scenario, const driver::Compilation& compilation)
      : scenario_(scenario), compilation_(compilation), plan_(*compilation.plan) {}

  // One host over a SQLite store, restarted where the steps say so.
  std::vector<Extent> RunOverFile() {
    std::string name = (fs::temp_directory_path() / "bulkhead_scenario_XXXXXX").string();
    fs::path folder = mkdtemp(name.data());
    std::vector<Extent> extents;
    {
      auto host = driver::Host::Start(plan_, {}, folder / "store.db");
      REQUIRE(host);
      for (const driver::ScenarioStep& step : scenario_.steps) StepOverFile(**host, step, extents);
    }
    fs::remove_all(folder);
    return extents;
  }

  std::vector<Extent> Recompute() {
    std::vector<Extent> extents;
    EachSync([&](const std::string& client) { extents.push_back(Fresh(client)); });
    return extents;
  }

  std::vector<Extent> AskOracle() {
    oracle_.emplace(compilation_.tree, compilation_.files);
    for (const plan::Table& table : plan_.tables) {
      std::vector<std::string> columns = table.key;
      columns.insert(columns.end(), table.columns.begin(), table.columns.end());
      // Tables without a schema have the columns that their rows bring, also before those rows come.
      for (const driver::ScenarioStep& step : scenario_.steps)
        if (const auto* tx = std::get_if<driver::TransactionStep>(&step))
          for (const driver::RowChange& change : tx->changes)
            if (change.table == table.QualifiedName())
              columns.insert(columns.end(), change.row.columns.begin(), change.row.columns.end());
      Require(oracle_->DeclareTable(table.QualifiedName(), columns, table.key));
    }
    std::vector<Extent> extents;
    EachSync([&](const std::string& client) {
      auto extent = oracle_->ExtentOf(requests_.at(client));
      INFO((extent ? "" : extent.error().message));
      REQUIRE(extent);
      extents.push_back(*extent);
    });
    return extents;
  }

 private:
  static void Require(const Status& status) {
    INFO((status ? "" : status.error().message));
    REQUIRE(status);
  }

  void StepOverFile(driver::Host& host, const driver::ScenarioStep& step, std::vector<Extent>& extents) {
    if (const auto* s = std::get_if<driver::TransactionStep>(&step)) Require(host.Apply(s->changes));
    if (const auto* s = std::get_if<driver::ConnectStep>(&step)) host.Connect(s->client, s->request);
    if (const auto* s = std::get_if<driver::DisconnectStep>(&step)) host.Disconnect(s->client);
    if (std::holds_alternative<driver::RestartStep>(step)) Require(host.Restart());
    if (const auto* s = std::get_if<driver::SyncStep>(&step)) extents.push_back(SyncOf(host, s->client));
  }

  static Extent SyncOf(driver::Host& host, const std::string& client) {
    auto synced = host.Sync(client);
    INFO((synced ? "" : synced.error().message));
    REQUIRE(synced);
    return testing::ExtentOf(synced->tables);
  }

  void EachSync(const std::function<void(const std::string&)>& on_sync) {
    rows_.clear();
    requests_.clear();
    for (const driver::ScenarioStep& step : scenario_.steps) {
      if (const auto* s = std::get_if<driver::TransactionStep>(&step)) Remember(s->changes);
      if (const auto* s = std::get_if<driver::ConnectStep>(&step)) requests_[s->client] = s->request;
      if (const auto* s = std::get_if<driver::SyncStep>(&step)) on_sync(s->client);
    }
  }

  const plan::Table* TableNamed(const std::string& name) const {
    for (const plan::Table& table : plan_.tables)
      if (table.QualifiedName() == name) return &table;
    return nullptr;
  }

  void Remember(const std::vector<driver::RowChange>& changes) {
    std::vector<driver::RowChange> known;
    for (const driver::RowChange& change : changes) {
      const plan::Table* table = TableNamed(change.table);
      if (!table) continue;
      known.push_back(change);
      auto key_of = [&](const driver::NamedRow& row) {
        std::string key = change.table + "/";
        for (const std::string& column : table->key)
          if (const auto* v = row.Find(column)) value::AppendKey(key, v->view());
        return key;
      };
      if (change.old) rows_.erase(key_of(*change.old));
      if (change.kind == driver::RowChange::Kind::Delete) rows_.erase(key_of(change.row));
      else rows_[key_of(change.row)] = driver::RowChange{driver::RowChange::Kind::Upsert, change.table, change.row, {}, std::nullopt};
      if (oracle_) Require(oracle_->DeclareTable(change.table, change.row.columns, table->key));
    }
    if (oracle_) Require(oracle_->Apply(known));
  }

  Extent Fresh(const std::string& client) {
    auto host = driver::Host::Start(plan_);
    REQUIRE(host);
    std::vector<driver::RowChange> changes;
    for (const auto& [key, change] : rows_) changes.push_back(change);
    Require((*host)->Apply(changes));
    (*host)->Connect(client, requests_.at(client));
    return SyncOf(**host, client);
  }

  const driver::Scenario& scenario_;
  const driver::Compilation& compilation_;
  const plan::Plan& plan_;
  std::optional<testing::QueryOracle> oracle_;
  std::map<std::string, driver::RowChange> rows_;
  std::map<std::string, engine::Request> requests_;
};

void CheckAll(const char* way, const json& expect, const std::vector<Extent>& actual, bool absent_is_null = false) {
  INFO(way);
  REQUIRE(actual.size() == expect.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    std::string difference = testing::Difference(ExtentOf(expect[i].at("tables")), actual[i], absent_is_null);
    INFO("sync " << i + 1 << " of " << expect[i].at("client") << ":\n" << difference);
    CHECK(difference.empty());
  }
}

void CheckScenario(const fs::path& path) {
  std::string text = ReadAll(path);
  json file = json::parse(text);
  const json& expect = file.at("expect");
  Replayed replayed = Replay(path);
  INFO(replayed.err);
  if (expect.is_object()) {
    CHECK(replayed.status == 1);
    CHECK(replayed.synced.empty());
    return CheckDiagnostics(expect.at("diagnostics"), replayed.diagnostics);
  }
  INFO(json(replayed.diagnostics).dump(1));
  REQUIRE(replayed.status == 0);
  std::vector<Extent> extents;
  for (const json& line : replayed.synced) extents.push_back(ExtentOf(line.at("tables")));
  CheckAll("replay", expect, extents);

  auto scenario = driver::ParseScenario(text);
  REQUIRE(scenario);
  driver::Compilation compilation;
  driver::CompileScenario(*scenario, compilation);
  REQUIRE(compilation.plan);
  StepRunner runner(*scenario, compilation);
  CheckAll("file store", expect, runner.RunOverFile());
  CheckAll("recompute", expect, runner.Recompute());
  if (file.value("oracle", true)) CheckAll("oracle", expect, runner.AskOracle(), /*absent_is_null=*/true);
}

}  // namespace

TEST_CASE("scenarios: every way gives what the file expects") {
  std::vector<fs::path> files = ScenarioFiles();
  REQUIRE(files.size() >= 30);
  for (const fs::path& path : files) {
    INFO(path.filename().string());
    CheckScenario(path);
  }
}
