// test: what the rules themselves say should happen.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "compiler/driver/command.h"
#include "compiler/driver/rule_test.h"

namespace bulkhead::driver {
namespace {

struct TestCommand {
  RulesOptions rules;
  std::string format = "human";
};

void PrintFailure(Io& io, const Compilation& c, const RuleTestFailure& failure) {
  source::Position at = c.sources.Start(failure.span);
  io.out << fmt::format("  --> {}:{}:{}\n  {}\n", c.sources[failure.span.file].name, at.line, at.column,
                        failure.message);
  for (const std::string& row : failure.expected) io.out << fmt::format("    expected  {}\n", row);
  for (const std::string& row : failure.got) io.out << fmt::format("    got       {}\n", row);
  if (failure.expected.empty() != failure.got.empty())
    io.out << (failure.expected.empty() ? "    expected  nothing\n" : "    got       nothing\n");
}

void PrintHuman(Io& io, const Compilation& c, const std::vector<RuleTestResult>& results, size_t failed) {
  for (const RuleTestResult& result : results) {
    io.out << fmt::format("{}  {}\n", result.failures.empty() ? "ok    " : "FAILED", result.name);
    for (const RuleTestFailure& failure : result.failures) PrintFailure(io, c, failure);
  }
  io.out << fmt::format("{} passed, {} failed\n", results.size() - failed, failed);
}

void PrintJson(Io& io, const Compilation& c, const std::vector<RuleTestResult>& results, size_t failed) {
  nlohmann::ordered_json tests = nlohmann::ordered_json::array();
  for (const RuleTestResult& result : results) {
    nlohmann::ordered_json test = {{"name", result.name}, {"passed", result.failures.empty()}};
    for (const RuleTestFailure& failure : result.failures) {
      source::Position at = c.sources.Start(failure.span);
      test["failure"] = {{"message", failure.message},
                         {"file", c.sources[failure.span.file].name},
                         {"line", at.line},
                         {"column", at.column},
                         {"expected", failure.expected},
                         {"got", failure.got}};
    }
    tests.push_back(std::move(test));
  }
  nlohmann::ordered_json document = {
      {"tests", tests}, {"passed", results.size() - failed}, {"failed", failed}};
  io.out << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

int RunTest(Io& io, const TestCommand& command) {
  Compilation compilation;
  if (auto status = CompileAndReport(io, command.rules, compilation, false)) return *status;
  std::vector<RuleTestResult> results = RunRuleTests(compilation);
  size_t failed = 0;
  for (const RuleTestResult& result : results) failed += result.failures.empty() ? 0 : 1;
  (command.format == "json" ? PrintJson : PrintHuman)(io, compilation, results, failed);
  return failed == 0 ? ExitSuccess : ExitWrong;
}

}  // namespace

void AddTest(Program& program) {
  auto options = std::make_shared<TestCommand>();
  CLI::App* command =
      program.Command("test", "Run the CREATE TEST statements of rules through the real runtime.",
                      "  bulkhead test rules.sync\n"
                      "  bulkhead test rules.sync --format json\n");
  options->rules.AddFilesTo(*command);
  command->add_option("--format", options->format, "human or json")->check(CLI::IsMember({"human", "json"}));
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunTest(program.io, *options); }; });
}

}  // namespace bulkhead::driver
