// functions: the manual of SQL functions, printed from their table.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "compiler/driver/command.h"
#include "compiler/schema/schema.h"
#include "stdlib/functions/function.h"

namespace bulkhead::driver {
namespace {

struct FunctionsCommand {
  std::string name, format = "text";
};

bool IsRefused(const functions::Function& function) { return function.purity == functions::Purity::Refused; }

std::string Heading(const functions::Function& function) {
  return fmt::format("{}{}{}", function.name, function.signature, IsRefused(function) ? "  (refused)" : "");
}

void PrintEntry(Io& io, const functions::Function& function) {
  io.out << fmt::format("{}\n  {}\n", Heading(function), function.doc);
  for (const functions::Example& example : function.examples)
    io.out << fmt::format("    {}  →  {}\n", example.call, example.result);
}

nlohmann::ordered_json ToJson(const functions::Function& function) {
  nlohmann::ordered_json entry{{"name", function.name},
                               {"signature", function.signature},
                               {"refused", IsRefused(function)},
                               {"doc", function.doc},
                               {"examples", nlohmann::ordered_json::array()}};
  for (const functions::Example& example : function.examples)
    entry["examples"].push_back({{"call", example.call}, {"result", example.result}});
  return entry;
}

std::vector<const functions::Function*> Wanted(const std::string& name) {
  std::vector<const functions::Function*> wanted;
  for (const functions::Function* function : functions::All()) {
    if (name.empty() || function->name == name) wanted.push_back(function);
  }
  return wanted;
}

int RunFunctions(Io& io, const FunctionsCommand& command) {
  std::string name = command.name;
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  auto wanted = Wanted(name);
  if (wanted.empty()) {
    std::vector<std::string_view> known;
    for (const functions::Function* function : functions::All()) known.push_back(function->name);
    std::string help = schema::DidYouMean(name, known);
    io.err << fmt::format("error: there is no function `{}`\n  = help: {}\n", name,
                          help.empty() ? "`bulkhead functions` lists all functions" : help);
    return ExitUsage;
  }
  if (command.format == "json") {
    auto all = nlohmann::ordered_json::array();
    for (const functions::Function* function : wanted) all.push_back(ToJson(*function));
    io.out << all.dump(2) << "\n";
    return ExitSuccess;
  }
  for (const functions::Function* function : wanted) {
    if (name.empty()) io.out << Heading(*function) << "\n";
    else PrintEntry(io, *function);
  }
  return ExitSuccess;
}

}  // namespace

void AddFunctions(Program& program) {
  auto options = std::make_shared<FunctionsCommand>();
  CLI::App* command = program.Command("functions", "Explain a SQL function with examples, or list all.",
                                      "  bulkhead functions substr\n  bulkhead functions --format json\n");
  command->add_option("NAME", options->name, "a function such as substr");
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunFunctions(program.io, *options); }; });
}

}  // namespace bulkhead::driver
