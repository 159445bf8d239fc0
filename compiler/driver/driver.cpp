#include "compiler/driver/driver.h"

#include <unistd.h>

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
    int status = app.exit(error, io.out, io.err);
    return status == 0 ? ExitSuccess : ExitUsage;
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
