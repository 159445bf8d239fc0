#include "compiler/driver/driver.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "compiler/driver/command.h"

namespace bulkhead::driver {
namespace {

bool WantsColor(const std::ostream& err) {
  return &err == &std::cerr && isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
}

void AddCommands(Program& program) {
  AddCheck(program);
  AddCompile(program);
  AddExplain(program);
  AddAnalyze(program);
  AddWhy(program);
  AddTest(program);
  AddReplay(program);
  AddRun(program);
  AddSource(program);
  AddFmt(program);
  AddImport(program);
  AddSchema(program);
  AddDump(program);
  AddPasses(program);
  AddErrors(program);
  AddLibraries(program);
  AddFunctions(program);
}

// What CLI11 says of an unknown command is that there is none.
std::optional<std::string> UnknownCommand(const CLI::App& app, const std::vector<std::string>& args) {
  if (args.empty() || args[0].starts_with("-")) return std::nullopt;
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), args[0]) != names.end()) return std::nullopt;
  std::string_view nearest = source::Nearest(args[0], names);
  std::string help = nearest.empty() ? "`bulkhead --help` lists the commands" : fmt::format("did you mean `{}`?", nearest);
  return fmt::format("there is no command `{}`\n  = help: {}", args[0], help);
}

// `--help` and `--version` end here too.
int Refuse(const CLI::App& app, const std::vector<std::string>& args, const CLI::ParseError& error, Io& io) {
  if (error.get_exit_code() == 0) return app.exit(error, io.out, io.err), ExitSuccess;
  if (auto unknown = UnknownCommand(app, args)) {
    io.err << "error: " << *unknown << "\n";
    return ExitUsage;
  }
  const CLI::App* at = &app;
  std::string command = "bulkhead";
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  io.err << fmt::format("error: {}\n  = help: `{} --help` shows what it takes, and examples\n", error.what(), command);
  return ExitUsage;
}

int RunCommandLine(std::vector<std::string> args, Io& io) {
  CLI::App app{"Bulkhead compiles sync rules into bucket-assignment plans and runs them."};
  app.name("bulkhead");
  app.set_version_flag("--version", std::string("bulkhead 0.1.0"));
  app.require_subcommand(1);
  app.footer("`bulkhead COMMAND --help` explains a command and shows examples.");
  Program program{app, io, {}};
  AddCommands(program);
  std::vector<std::string> reversed(args.rbegin(), args.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return Refuse(app, args, error, io);
  }
  return program.run();
}

}  // namespace

int Main(std::vector<std::string> args, std::istream& in, std::ostream& out, std::ostream& err) {
  Io io{in, out, err, WantsColor(err)};
  int status = RunCommandLine(std::move(args), io);
  out.flush();
  if (!out && status == ExitSuccess)
    status = Fail(io, {Code::StorageFailed, "standard output cannot be written"});
  return status;
}

}  // namespace bulkhead::driver
