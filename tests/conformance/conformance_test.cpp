// Goal: rules written for PowerSync give the rows that SQLite gives, and what is wrong with them is said at
// its place. Method: each case is run in process through `bulkhead replay`. The shared cases are in
// ../shared/conformance beside the source tree (its README has the format); our own are in cases/.
// BULKHEAD_CASE=text runs only files with that text in their path; each case's verdict is printed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/driver/driver.h"
#include "compiler/driver/native_text.h"
#include "compiler/driver/pipeline.h"
#include "compiler/source/render.h"

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

struct Outcome {
  int status = 0;
  std::vector<Json> syncs;
  std::vector<Json> diagnostics;
  std::string err;
};

Outcome Replay(const fs::path& path) {
  std::istringstream in;
  std::ostringstream out, err;
  Outcome outcome;
  outcome.status = bulkhead::driver::Main({"replay", path.string()}, in, out, err);
  outcome.err = err.str();
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) {
    Json json = Json::parse(line);
    if (json.contains("diagnostics"))
      for (Json& each : json["diagnostics"]) outcome.diagnostics.push_back(std::move(each));
    else
      outcome.syncs.push_back(std::move(json));
  }
  return outcome;
}

std::pair<int, int> Begin(const Json& d) {
  return {d["line"].get<int>(), d["column"].get<int>()};
}
std::pair<int, int> End(const Json& d) {
  return {d["end_line"].get<int>(), d["end_column"].get<int>()};
}

// Whether some diagnostic shares a character with the expected range.
bool Found(const Outcome& outcome, const Json& expected) {
  return std::any_of(outcome.diagnostics.begin(), outcome.diagnostics.end(), [&](const Json& d) {
    bool kind = d["severity"] == expected["severity"];
    bool code = !expected.contains("code") || expected["code"] == d["code"];
    return kind && code && d.contains("line") &&
           std::max(Begin(d), Begin(expected)) < std::min(End(d), End(expected));
  });
}

// Types are kept: 10 is not 10.0.
bool Same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.is_number_float() == b.is_number_float() && a == b;
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), Same);
  if (!a.is_object()) return a == b;
  return std::all_of(a.items().begin(), a.items().end(), [&](const auto& item) {
    return b.contains(item.key()) && Same(item.value(), b[item.key()]);
  });
}

Json WithRows(const Json& tables) {
  Json out = Json::object();
  for (const auto& [name, rows] : tables.items()) {
    if (!rows.empty()) out[name] = rows;
  }
  return out;
}

void CheckRows(const Outcome& outcome, const Json& expect, std::vector<std::string>& problems) {
  if (outcome.status != 0)
    problems.push_back("exit status " + std::to_string(outcome.status) + " " + outcome.err);
  if (outcome.syncs.size() != expect.size())
    problems.push_back("syncs: " + std::to_string(outcome.syncs.size()) + " of " +
                       std::to_string(expect.size()));
  for (size_t i = 0; i < std::min(outcome.syncs.size(), expect.size()); ++i) {
    Json actual = WithRows(outcome.syncs[i]["tables"]), wanted = WithRows(expect[i]["tables"]);
    if (outcome.syncs[i]["client"] == expect[i]["client"] && Same(actual, wanted)) continue;
    problems.push_back("sync " + std::to_string(i) + "\n    expected " + wanted.dump() + "\n    actual   " +
                       actual.dump());
  }
}

std::vector<std::string> ProblemsOf(const fs::path& path) {
  std::ifstream stream(path);
  Json test = Json::parse(stream);
  Outcome outcome = Replay(path);
  std::vector<std::string> problems;
  const Json& expect = test["expect"];
  auto all_found = [&](const Json& list) {
    for (const Json& each : list)
      if (!Found(outcome, each)) problems.push_back("no such diagnostic: " + each.dump());
  };
  if (expect.is_object()) {
    if (outcome.status != 1) problems.push_back("rules were accepted");
    if (!outcome.syncs.empty()) problems.push_back("rejected rules gave rows");
    all_found(expect["diagnostics"]);
  } else {
    CheckRows(outcome, expect, problems);
  }
  if (test.contains("expect_warnings")) all_found(test["expect_warnings"]);
  if (!problems.empty()) {
    for (const Json& d : outcome.diagnostics) problems.push_back("said: " + d.dump());
  }
  return problems;
}

std::vector<fs::path> CasesIn(const fs::path& folder) {
  std::vector<fs::path> cases;
  const char* only = std::getenv("BULKHEAD_CASE");
  if (!fs::is_directory(folder)) return cases;
  for (const auto& entry : fs::directory_iterator(folder)) {
    bool wanted = !only || entry.path().string().find(only) != std::string::npos;
    if (entry.path().extension() == ".json" && wanted) cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

size_t RunAll(const fs::path& folder) {
  std::vector<fs::path> cases = CasesIn(folder);
  size_t passed = 0;
  for (const fs::path& path : cases) {
    std::vector<std::string> problems = ProblemsOf(path);
    std::cout << (problems.empty() ? "ok      " : "FAILED  ") << path.stem().string() << "\n";
    for (const std::string& problem : problems) std::cout << "  " << problem << "\n";
    INFO(path.string());
    CHECK(problems.empty());
    passed += problems.empty() ? 1 : 0;
  }
  std::cout << passed << " of " << cases.size() << " in " << folder.string() << "\n";
  return cases.size();
}

// What `import` writes for the case makes the same plan. False when it cannot be asked: the case has what
// native rules cannot say, or say otherwise.
bool CheckImport(const fs::path& path) {
  std::ifstream stream(path);
  Json test = Json::parse(stream);
  if (test.contains("schema") || !test["expect"].is_array()) return false;
  bulkhead::driver::Compilation yaml, native;
  std::string text = test["rules"]["text"];
  bulkhead::driver::AddText(yaml, "<rules>", text, bulkhead::driver::Language::PowerSync);
  bulkhead::driver::Compile(yaml);
  std::string rules = bulkhead::driver::NativeText(yaml);
  bool legacy_star = rules.find("* left out columns") != std::string::npos;
  if (!yaml.plan || legacy_star) return false;
  bulkhead::driver::AddText(native, "rules.sync", rules);
  bulkhead::driver::Compile(native);
  INFO(path.string() << "\n" << rules << bulkhead::source::RenderHuman(native.diagnostics, native.sources));
  if (!native.plan) {
    // Native rules refuse what can only be a mistake: two outputs of one name, and a comparison with NULL.
    for (const auto& diagnostic : native.diagnostics.all())
      CHECK((diagnostic.code == "BH2044" || diagnostic.code == "BH2072"));
    return false;
  }
  CHECK(native.plan->digest == yaml.plan->digest);
  return true;
}

}  // namespace

TEST_CASE("shared conformance cases") {
  RunAll(fs::path(BULKHEAD_ROOT) / ".." / "shared" / "conformance");
}

TEST_CASE("own conformance cases") {
  size_t count = RunAll(fs::path(BULKHEAD_ROOT) / "tests" / "conformance" / "cases");
  CHECK((count > 0 || std::getenv("BULKHEAD_CASE")));
}

TEST_CASE("imported rules make the same plan") {
  size_t compared = 0;
  for (const fs::path& folder : {fs::path(BULKHEAD_ROOT) / ".." / "shared" / "conformance",
                                 fs::path(BULKHEAD_ROOT) / "tests" / "conformance" / "cases"}) {
    for (const fs::path& path : CasesIn(folder)) compared += CheckImport(path) ? 1 : 0;
  }
  std::cout << compared << " imports compared\n";
  CHECK((compared >= 80 || std::getenv("BULKHEAD_CASE")));
}
