// What the commands share. Each command is one file that adds its subcommand to the program.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "compiler/driver/pipeline.h"

namespace bulkhead::driver {

// Exit statuses, as `--help` documents them.
inline constexpr int ExitSuccess = 0;
inline constexpr int ExitWrong = 1;    // the rules, a test or a scenario is wrong
inline constexpr int ExitUsage = 2;    // the command line is wrong
inline constexpr int ExitFailure = 3;  // a file or database cannot be read or written

struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool color = false;  // err is a terminal that wants it
};

// One program run: commands set `run`, the program calls it.
struct Program {
  CLI::App& app;
  Io& io;
  std::function<int()> run;

  // A subcommand with its description and examples for --help.
  CLI::App* Command(const std::string& name, const std::string& description, const std::string& examples);
};

void AddCheck(Program& program);
void AddCompile(Program& program);
void AddExplain(Program& program);
void AddAnalyze(Program& program);
void AddWhy(Program& program);
void AddDump(Program& program);
void AddPasses(Program& program);
void AddErrors(Program& program);
void AddLibraries(Program& program);
void AddFunctions(Program& program);
void AddFmt(Program& program);
void AddTest(Program& program);
void AddImport(Program& program);
void AddSchema(Program& program);
void AddReplay(Program& program);
void AddRun(Program& program);
void AddSource(Program& program);

// The options of every command that reads rules.
struct RulesOptions {
  std::vector<std::string> files;
  std::vector<std::string> schemas;  // DDL, for rules that cannot name it
  Language language = Language::Auto;
  std::string format = "human";  // of diagnostics
  bool deny_warnings = false;
  std::string statistics;  // a file of `bulkhead analyze`; empty: guesses

  void AddTo(CLI::App& command);
  // --schema, --from and --stats, which every command has.
  void AddReadingTo(CLI::App& command);
  // The files alone, for commands whose --format is about their own output.
  void AddFilesTo(CLI::App& command);
  // The same with one file.
  void AddOneTo(CLI::App& command);
};

// Reads and compiles the files and prints all diagnostics: to `err` for people, to `out` for programs (when
// `report_to_out`), else to `err` too. The status to exit with, or nothing to go on.
std::optional<int> CompileAndReport(Io& io, const RulesOptions& options, Compilation& compilation,
                                    bool report_to_out, CompileOptions compile = {});

// Prints diagnostics in the wanted format. Human and GitHub formats print nothing when there are none.
void Report(std::ostream& out, const std::string& format, bool color, const Compilation& compilation);

// "error: message" on err; returns ExitFailure.
int Fail(Io& io, const Error& error);

// Writes `bytes` to `path` through a temporary file beside it, so that no half-written file is ever seen;
// links are followed, pipes and devices written to; "-" is standard output.
Status WriteWhole(Io& io, const std::string& path, std::string_view bytes);

}  // namespace bulkhead::driver
