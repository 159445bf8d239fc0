// import: rules written for PowerSync, as native rules.
#include <fmt/format.h>

#include <memory>

#include "compiler/driver/command.h"
#include "compiler/driver/native_text.h"

namespace bulkhead::driver {
namespace {

struct ImportCommand {
  RulesOptions rules;
  std::string output = "-";
};

// What native rules refuse although PowerSync's are taken as they are: names the schema lacks, and plain mistakes.
int CheckNative(Io& io, const ImportCommand& command, std::string text) {
  Compilation native;
  AddText(native, command.output == "-" ? "<import>" : command.output, std::move(text), Language::Native);
  for (const std::string& path : command.rules.schemas) {
    Status added = AddSchemaFile(native, path);
    if (!added) return Fail(io, added.error());
  }
  Compile(native);
  if (!native.diagnostics.has_errors()) return ExitSuccess;
  io.err << "the native rules need a hand:\n";
  Report(io.err, command.rules.format, io.color, native);
  return ExitWrong;
}

int RunImport(Io& io, ImportCommand& command) {
  command.rules.language = Language::PowerSync;
  Compilation compilation;
  if (auto status = CompileAndReport(io, command.rules, compilation, false)) return *status;
  std::string text = NativeText(compilation);
  Status written = WriteWhole(io, command.output, text);
  if (!written) return Fail(io, written.error());
  return CheckNative(io, command, std::move(text));
}

}  // namespace

void AddImport(Program& program) {
  auto options = std::make_shared<ImportCommand>();
  CLI::App* command = program.Command(
      "import", "Write PowerSync's rules as native rules; notes say what PowerSync does otherwise with them.",
      "  bulkhead import sync-config.yaml -o rules.sync\n"
      "  bulkhead import sync-config.yaml --schema schema.sql\n");
  options->rules.AddOneTo(*command);
  command->add_option("-o,--output", options->output, "the file of native rules; - is standard output");
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunImport(program.io, *options); }; });
}

}  // namespace bulkhead::driver
