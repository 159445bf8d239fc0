// run: source, server and clients in one process.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include "compiler/driver/command.h"
#include "compiler/driver/run_clients.h"
#include "compiler/driver/run_loop.h"
#include "compiler/driver/run_plan.h"
#include "compiler/driver/run_report.h"
#include "compiler/driver/run_stop.h"

namespace bulkhead::driver {
namespace {

struct RunCommand {
  RulesOptions rules;
  RunOptions run;
  std::vector<std::string> clients, subscriptions;
  std::string format = "human";
  bool timing = false;
  int poll_ms = 5;
};

int WrongUsage(Io& io, const std::string& message) {
  io.err << "error: " << message << "\n";
  return ExitUsage;
}

// The source, the store and every client have a file of their own: a mistyped path must not make one of another.
std::optional<std::string> FindSharedFile(const RunOptions& options) {
  std::set<std::string> seen;
  std::vector<std::string> paths{options.source, options.store};
  for (const ClientSpec& client : options.clients) paths.push_back(client.path);
  for (const std::string& path : paths) {
    std::error_code ignored;
    std::filesystem::path whole = std::filesystem::weakly_canonical(path, ignored);
    if (!seen.insert(ignored ? path : whole.string()).second) return path;
  }
  return std::nullopt;
}

std::optional<std::string> FindUnknownStream(const plan::Plan& plan, const std::vector<ClientSpec>& clients) {
  std::vector<std::string_view> names;
  for (const plan::Stream& stream : plan.streams) names.push_back(stream.name);
  for (const ClientSpec& client : clients) {
    for (const engine::Subscription& subscription : client.subscriptions) {
      if (std::find(names.begin(), names.end(), subscription.stream) != names.end()) continue;
      std::string_view nearest = source::Nearest(subscription.stream, names);
      std::string help = nearest.empty() ? "" : fmt::format("\n  = help: did you mean `{}`?", nearest);
      return fmt::format("there is no stream `{}`{}", subscription.stream, help);
    }
  }
  return std::nullopt;
}

Status ParseClients(RunCommand& command) {
  for (const std::string& text : command.clients) {
    BULKHEAD_TRY(command.run.clients.emplace_back(), ParseClient(text));
  }
  for (const std::string& text : command.subscriptions) BULKHEAD_CHECK_OK(AddSubscription(command.run.clients, text));
  return Ok();
}

int Run(Io& io, RunCommand command) {
  if (Status parsed = ParseClients(command); !parsed) return WrongUsage(io, parsed.error().message);
  if (auto shared = FindSharedFile(command.run))
    return WrongUsage(io, fmt::format("`{}` is named twice: source, store and clients are different files", *shared));
  std::optional<EndAtOnce> nothing_written_yet(std::in_place);
  auto plan = PlanOf(io, command.rules);
  if (const int* status = std::get_if<int>(&plan)) return *status;
  if (auto unknown = FindUnknownStream(std::get<plan::Plan>(plan), command.run.clients)) return WrongUsage(io, *unknown);

  RunStop stop;
  nothing_written_yet.reset();
  bool terminal = &io.err == &std::cerr && isatty(STDERR_FILENO);
  RunReport report(io, {command.format == "json", terminal, command.timing});
  command.run.poll = std::chrono::milliseconds(command.poll_ms);
  Status ran = RunUntilStopped(std::get<plan::Plan>(std::move(plan)), command.run, report, stop);
  report.TellHiddenProblems();
  report.TellTiming();
  if (ran) return ExitSuccess;
  return ran.error().code == Code::InvalidRequest ? WrongUsage(io, ran.error().message) : Fail(io, ran.error());
}

}  // namespace

void AddRun(Program& program) {
  auto options = std::make_shared<RunCommand>();
  CLI::App* command = program.Command(
      "run", "Follow a SQLite database and keep each client's local database up to date, in one process.",
      "  bulkhead run rules.sync --source app.db --store state.db --client alice.db='{\"sub\":\"alice\"}'\n"
      "  bulkhead run plan.json --source app.db --store state.db --client alice.db='{\"sub\":\"alice\"}' \\\n"
      "    --subscribe alice.db=project_details:'{\"project_id\":\"p1\"}'\n"
      "  bulkhead run rules.sync --source app.db --store state.db --client alice.db='{\"sub\":\"alice\"}' --once\n"
      "\nIt runs until SIGINT (Ctrl-C) or SIGTERM, which end it with status 0; a later run goes on where it stopped.\n");
  command->add_option("RULES", options->rules.files, "a file of rules (.sync), or a compiled plan (.json)")
      ->required()
      ->expected(1)
      ->allow_extra_args(false);
  command->add_option("--source", options->run.source, "the SQLite database to follow")->required();
  command->add_option("--store", options->run.store, "the file for the server's state; made when missing")->required();
  command->add_option("--client", options->clients, "FILE=CLAIMS: a local database and who it is for; repeatable")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--subscribe", options->subscriptions, "FILE=STREAM or FILE=STREAM:PARAMETERS; repeatable")
      ->allow_extra_args(false);
  command->add_flag("--rebuild", options->run.rebuild, "forget the store's state and load everything anew");
  command->add_flag("--once", options->run.once, "bring everything up to date, then end");
  command->add_option("--poll-ms", options->poll_ms, "how often to look for changes, in milliseconds")
      ->check(CLI::Range(1, 60'000));
  command->add_flag("--timing", options->timing, "tell how long changes take from the source to the clients");
  command->add_option("--format", options->format, "applied checkpoints as human or json lines")
      ->check(CLI::IsMember({"human", "json"}));
  command->callback([&program, options] { program.run = [&program, options] { return Run(program.io, *options); }; });
}

}  // namespace bulkhead::driver
