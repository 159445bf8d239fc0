// fmt: one layout for all rules.
#include <fmt/format.h>

#include <memory>

#include "compiler/ast/format.h"
#include "compiler/driver/command.h"
#include "compiler/source/render.h"

namespace bulkhead::driver {
namespace {

struct FmtCommand {
  std::vector<std::string> files;
  bool check = false, print = false;
};

// The formatted text, or nothing after diagnostics.
std::optional<std::string> Formatted(Io& io, const std::string& path, Compilation& compilation, int& status) {
  Status added = AddFile(compilation, path, io.in);
  if (!added) {
    status = Fail(io, added.error());
    return std::nullopt;
  }
  Compile(compilation, {.last = Stage::Ast, .normal = {}, .follow_use = false});
  Report(io.err, "human", io.color, compilation);
  if (compilation.diagnostics.has_errors()) {
    status = ExitWrong;
    return std::nullopt;
  }
  return ast::Format(compilation.tree, compilation.sources, compilation.files[0]);
}

void FormatFile(Io& io, const FmtCommand& command, const std::string& path, int& status) {
  Compilation compilation;
  std::optional<std::string> text = Formatted(io, path, compilation, status);
  if (!text) return;
  bool same = *text == compilation.sources[source::FileId{0}].text;
  if (command.check) {
    if (same) return;
    io.out << fmt::format("{} is not formatted\n", path);
    status = ExitWrong;
  } else if (command.print || path == "-") {
    io.out << *text;
  } else if (!same) {
    Status written = WriteWhole(io, path, *text);
    if (!written) status = Fail(io, written.error());
  }
}

int RunFmt(Io& io, const FmtCommand& command) {
  int status = ExitSuccess;
  for (const std::string& path : command.files) FormatFile(io, command, path, status);
  return status;
}

}  // namespace

void AddFmt(Program& program) {
  auto options = std::make_shared<FmtCommand>();
  CLI::App* command = program.Command("fmt", "Rewrite rules in the one layout; meaning and comments stay.",
                                      "  bulkhead fmt rules.sync\n"
                                      "  bulkhead fmt --check rules/*.sync\n"
                                      "  bulkhead fmt - < rules.sync\n");
  command->add_option("RULES", options->files, "files of rules, rewritten in place; - formats standard input")
      ->required();
  command->add_flag("--check", options->check, "change nothing; exit 1 and name the files that would change");
  command->add_flag("--print", options->print, "print the result instead of rewriting the file");
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunFmt(program.io, *options); }; });
}

}  // namespace bulkhead::driver
