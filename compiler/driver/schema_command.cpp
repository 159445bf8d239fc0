// schema: the tables that clients get, as their SDK declares them.
#include <algorithm>
#include <memory>

#include "compiler/driver/client_schema.h"
#include "compiler/driver/command.h"

namespace bulkhead::driver {
namespace {

struct SchemaCommand {
  RulesOptions rules;
  std::string language = "sql", output = "-";
};

int RunSchema(Io& io, const SchemaCommand& command) {
  Compilation compilation;
  if (auto status = CompileAndReport(io, command.rules, compilation, false)) return *status;
  const auto& writers = SchemaWriters();
  auto writer =
      std::find_if(writers.begin(), writers.end(), [&](auto& w) { return w.name == command.language; });
  Status written = WriteWhole(io, command.output, writer->write(ClientTables(compilation)));
  return written ? ExitSuccess : Fail(io, written.error());
}

}  // namespace

void AddSchema(Program& program) {
  auto options = std::make_shared<SchemaCommand>();
  CLI::App* command =
      program.Command("schema", "Write the tables that clients get, as code for their SDK.",
                      "  bulkhead schema rules.sync --for kotlin\n"
                      "  bulkhead schema sync-config.yaml --schema schema.sql --for ts -o AppSchema.ts\n");
  options->rules.AddFilesTo(*command);
  std::vector<std::string> names;
  for (const SchemaWriter& writer : SchemaWriters()) names.emplace_back(writer.name);
  command->add_option("--for", options->language, "kotlin, swift, dart, ts, js, dotnet, room or sql")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_option("-o,--output", options->output, "the file to write; - is standard output");
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunSchema(program.io, *options); }; });
}

}  // namespace bulkhead::driver
