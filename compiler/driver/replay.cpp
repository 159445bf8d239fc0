// replay: a scripted history, for tests and for showing somebody what happened.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "compiler/driver/command.h"
#include "compiler/driver/scenario.h"
#include "compiler/source/render.h"

namespace bulkhead::driver {
namespace {

Status RunStep(Io& io, Host& host, const ScenarioStep& step) {
  return std::visit(Match{
                        [&](const TransactionStep& s) { return host.Apply(s.changes); },
                        [&](const ConnectStep& s) {
                          host.Connect(s.client, s.request);
                          return Ok();
                        },
                        [&](const SyncStep& s) -> Status {
                          BULKHEAD_TRY(Synced synced, host.Sync(s.client));
                          io.out << SyncedJson(s.client, synced) << "\n";
                          return Ok();
                        },
                        [&](const DisconnectStep& s) {
                          host.Disconnect(s.client);
                          return Ok();
                        },
                        [&](const RestartStep&) { return host.Restart(); },
                    },
                    step);
}

Status RunSteps(Io& io, const Scenario& scenario, plan::Plan plan) {
  engine::Options options;
  options.on_problem = [&io](const engine::RowProblem& problem) {
    io.err << fmt::format("row {} of `{}`{}: {}\n", problem.key, problem.table,
                          problem.place.empty() ? "" : " (" + problem.place + ")", problem.reason);
  };
  BULKHEAD_TRY(auto host, Host::Start(std::move(plan), std::move(options)));
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    Status status = RunStep(io, *host, scenario.steps[i]);
    if (!status) return Error{status.error().code, fmt::format("step {}: {}", i + 1, status.error().message)};
  }
  return Ok();
}

Result<std::string> ReadScenario(Io& io, const std::string& path) {
  if (path == "-") return ReadAll(io.in, "standard input");
  std::ifstream file(path, std::ios::binary);
  return ReadAll(file, fmt::format("`{}`", path));
}

int StatusOf(Io& io, const Error& error) {
  Fail(io, error);
  bool wrong_input = error.code == Code::InvalidData || error.code == Code::Unsupported ||
                     error.code == Code::InvalidRequest;
  return wrong_input ? ExitWrong : ExitFailure;
}

int RunReplay(Io& io, const std::string& path) {
  auto text = ReadScenario(io, path);
  if (!text) return Fail(io, text.error());
  auto scenario = ParseScenario(*text);
  if (!scenario) return StatusOf(io, {scenario.error().code, fmt::format("`{}`: {}", path, scenario.error().message)});
  Compilation compilation;
  CompileScenario(*scenario, compilation);
  const auto& found = compilation.diagnostics.all();
  bool worth_saying = std::any_of(found.begin(), found.end(), [](const source::Diagnostic& diagnostic) {
    return diagnostic.severity != source::Severity::Note;
  });
  if (worth_saying)
    io.out << source::RenderJson(compilation.diagnostics, compilation.sources);
  if (!compilation.plan) return ExitWrong;
  Status status = RunSteps(io, *scenario, std::move(*compilation.plan));
  return status ? ExitSuccess : StatusOf(io, status.error());
}

}  // namespace

void AddReplay(Program& program) {
  auto path = std::make_shared<std::string>();
  CLI::App* command =
      program.Command("replay", "Run a scripted history and print what each client holds after each sync.",
                      "  bulkhead replay scenario.json\n"
                      "  bulkhead replay - < scenario.json\n");
  command->add_option("SCENARIO", *path, "a scenario (JSON); - reads standard input")->required();
  command->callback(
      [&program, path] { program.run = [&program, path] { return RunReplay(program.io, *path); }; });
}

}  // namespace bulkhead::driver
