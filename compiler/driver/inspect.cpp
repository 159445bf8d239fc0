// dump, passes, errors, libraries: what the stages see, for people who work on rules or on Bulkhead itself.
#include <fmt/format.h>

#include <memory>

#include "compiler/ast/print.h"
#include "compiler/driver/command.h"
#include "compiler/ir/print.h"
#include "compiler/normal/passes.h"
#include "compiler/source/render.h"
#include "runtime/plan/load.h"
#include "runtime/plan/programs.h"
#include "stdlib/rules/libraries.h"

namespace bulkhead::driver {
namespace {

struct DumpCommand {
  RulesOptions rules;
  std::string stage = "plan", after;
};

CompileOptions OptionsFor(Io& io, const DumpCommand& command) {
  CompileOptions options;
  if (command.stage == "ast") options.last = Stage::Ast;
  if (command.stage == "ir") options.last = Stage::Ir;
  if (command.stage == "normal") options.last = Stage::Normal;
  if (command.after.empty()) return options;
  options.normal.after_pass = [&io, after = command.after](std::string_view pass, const std::string& text) {
    if (pass == after || after == "all") io.out << fmt::format("after {}\n{}", pass, text);
  };
  return options;
}

int RunDump(Io& io, const DumpCommand& command) {
  Compilation c;
  auto status = CompileAndReport(io, command.rules, c, false, OptionsFor(io, command));
  if (!command.after.empty()) return status.value_or(ExitSuccess);
  if (command.stage == "ast") {
    for (const ast::File& file : c.files) io.out << ast::Print(c.tree, file);
  } else if (command.stage == "ir") {
    io.out << ir::Print(c.module);
  } else if (command.stage == "normal") {
    io.out << normal::Print(c.module, c.streams);
  } else if (c.plan) {
    io.out << (command.stage == "vm" ? plan::PrintPrograms(*c.plan) : plan::ToJson(*c.plan));
  }
  return status.value_or(ExitSuccess);
}

int RunPasses(Io& io) {
  for (const normal::Pass& pass : normal::Passes())
    io.out << fmt::format("{:<12} {}\n", pass.name, pass.summary);
  return ExitSuccess;
}

int RunErrors(Io& io, const std::string& code) {
  if (code.empty()) {
    for (const source::DiagInfo& info : source::AllDiagnostics())
      io.out << fmt::format("{}  {:<8} {}\n", info.code, source::Name(info.severity), info.message);
    return ExitSuccess;
  }
  const source::DiagInfo* info = source::FindDiagnostic(code);
  if (!info) {
    io.err << fmt::format("error: there is no code `{}`\n  = help: `bulkhead errors` lists all codes\n",
                          code);
    return ExitUsage;
  }
  io.out << fmt::format("{}[{}]: {}\n\n{}\n", source::Name(info->severity), info->code, info->message,
                        info->explanation);
  return ExitSuccess;
}

int RunLibraries(Io& io, const std::string& name) {
  if (name.empty()) {
    for (const rules::Library& library : rules::All())
      io.out << fmt::format("{:<16} {}\n", library.name, library.summary);
    return ExitSuccess;
  }
  const rules::Library* library = rules::Find(name);
  if (!library) {
    io.err << fmt::format("error: there is no library `{}`\n  = help: `bulkhead libraries` lists all\n",
                          name);
    return ExitUsage;
  }
  io.out << library->text;
  return ExitSuccess;
}

}  // namespace

void AddDump(Program& program) {
  auto options = std::make_shared<DumpCommand>();
  CLI::App* command = program.Command("dump", "Print what a stage makes of rules.",
                                      "  bulkhead dump --stage=ir rules.sync\n"
                                      "  bulkhead dump --after=distribute rules.sync\n");
  command->add_option("--stage", options->stage, "ast, ir, normal, plan or vm")
      ->check(CLI::IsMember({"ast", "ir", "normal", "plan", "vm"}));
  command->add_option("--after", options->after,
                      "print the branches after this pass, or after all (see `bulkhead passes`)");
  options->rules.AddTo(*command);
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunDump(program.io, *options); }; });
}

void AddPasses(Program& program) {
  CLI::App* command =
      program.Command("passes", "List the passes that turn queries into branches.", "  bulkhead passes\n");
  command->callback([&program] { program.run = [&program] { return RunPasses(program.io); }; });
}

void AddErrors(Program& program) {
  auto code = std::make_shared<std::string>();
  CLI::App* command = program.Command("errors", "Explain a diagnostic's code, or list all.",
                                      "  bulkhead errors BH2001\n  bulkhead errors\n");
  command->add_option("CODE", *code, "a code such as BH2001");
  command->callback(
      [&program, code] { program.run = [&program, code] { return RunErrors(program.io, *code); }; });
}

void AddLibraries(Program& program) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      program.Command("libraries", "List the libraries of rules that USE takes over, or print one.",
                      "  bulkhead libraries\n  bulkhead libraries std.tenancy\n");
  command->add_option("NAME", *name, "a library such as std.tenancy");
  command->callback(
      [&program, name] { program.run = [&program, name] { return RunLibraries(program.io, *name); }; });
}

}  // namespace bulkhead::driver
