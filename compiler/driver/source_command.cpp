// source: the change log that `run` follows, in the database it follows.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "compiler/driver/command.h"
#include "compiler/driver/run_plan.h"
#include "runtime/source/sqlite_source.h"

namespace bulkhead::driver {
namespace {

struct SourceCommand {
  std::string database, store, consumer;
  RulesOptions rules;  // none named: `status` without rules
};

// The tables the rules read; or the status to exit with.
std::variant<std::vector<source::TableRequest>, int> TablesOf(Io& io, const RulesOptions& rules,
                                                              const std::string& database) {
  auto plan = PlanOf(io, rules);
  if (const int* status = std::get_if<int>(&plan)) return *status;
  auto tables = TablesToFollow(std::get<plan::Plan>(plan), database);
  if (!tables) return Fail(io, tables.error());
  return *std::move(tables);
}

int RunInstall(Io& io, const SourceCommand& command) {
  auto tables = TablesOf(io, command.rules, command.database);
  if (const int* status = std::get_if<int>(&tables)) return *status;
  auto installed = source::InstallSqlite(command.database, std::get<0>(tables), ConsumerName(command.store));
  if (!installed) return Fail(io, installed.error());
  for (const std::string& warning : installed->warnings) io.err << "warning: " << warning << "\n";
  if (installed->installed.empty()) io.out << command.database << ": everything is in place\n";
  else io.out << InstalledText(command.database, *installed) << "\n";
  if (!installed->removed.empty())
    io.out << fmt::format("{}: took out those of {}, which nobody follows\n", command.database,
                          fmt::join(installed->removed, ", "));
  return ExitSuccess;
}

int RunRemove(Io& io, const SourceCommand& command) {
  Status removed = command.store.empty()
                       ? source::RemoveSqlite(command.database)
                       : source::RemoveSqliteConsumer(command.database, ConsumerName(command.store));
  if (!removed) return Fail(io, removed.error());
  io.out << fmt::format("{}: {}\n", command.database,
                        command.store.empty() ? "nothing of Bulkhead's is left" : "the store is not waited for any more");
  return ExitSuccess;
}

// Tables of the rules without working triggers.
size_t TellMissing(Io& io, const source::SourceStatus& status, const std::vector<source::TableRequest>& wanted) {
  size_t missing = 0;
  for (const source::TableRequest& table : wanted) {
    auto same = [&](const auto& followed) { return followed.name == table.name && followed.problem.empty(); };
    if (std::any_of(status.tables.begin(), status.tables.end(), same)) continue;
    ++missing;
    io.out << fmt::format("  the rules read {}, which is not followed\n", table.name);
  }
  return missing;
}

int RunStatus(Io& io, const SourceCommand& command) {
  std::vector<source::TableRequest> wanted;
  if (!command.rules.files.empty()) {
    auto tables = TablesOf(io, command.rules, command.database);
    if (const int* status = std::get_if<int>(&tables)) return *status;
    wanted = std::get<0>(std::move(tables));
  }
  auto status = source::InspectSqlite(command.database);
  if (!status) return Fail(io, status.error());
  io.out << fmt::format("{}: {}, journal mode {}\n", command.database,
                        status->installed ? fmt::format("{} changes in the log", status->log_entries) : "not set up",
                        status->journal_mode);
  for (const auto& table : status->tables)
    io.out << fmt::format("  table {} ({}){}\n", table.name, fmt::join(table.key, ", "),
                          table.problem.empty() ? "" : ": " + table.problem);
  for (const auto& consumer : status->consumers)
    io.out << fmt::format("  store {}: {} changes behind, reads {}\n", consumer.name, consumer.behind,
                          fmt::join(consumer.tables, ", "));
  return TellMissing(io, *status, wanted) == 0 ? ExitSuccess : ExitWrong;
}

std::function<void()> Calls(Program& program, std::shared_ptr<SourceCommand> options,
                            int (*run)(Io&, const SourceCommand&)) {
  return [&program, options, run] { program.run = [&program, options, run] { return run(program.io, *options); }; };
}

void AddInstall(Program& program, CLI::App& source) {
  auto options = std::make_shared<SourceCommand>();
  CLI::App* command = source.add_subcommand("install", "Make the change log and the triggers for the tables the rules read.");
  command->add_option("DB", options->database, "the SQLite database")->required();
  command->add_option("RULES", options->rules.files, "a file of rules (.sync), or a compiled plan (.json)")
      ->required()
      ->expected(1)
      ->allow_extra_args(false);
  command->add_option("--store", options->store, "the store that will follow it: changes are kept until it has them")
      ->required();
  command->callback(Calls(program, options, RunInstall));
}

void AddRemove(Program& program, CLI::App& source) {
  auto options = std::make_shared<SourceCommand>();
  CLI::App* command = source.add_subcommand("remove", "Take everything of Bulkhead's out of the database.");
  command->add_option("DB", options->database, "the SQLite database")->required();
  command->add_option("--store", options->store, "only stop keeping changes for this store");
  command->callback(Calls(program, options, RunRemove));
}

void AddStatus(Program& program, CLI::App& source) {
  auto options = std::make_shared<SourceCommand>();
  CLI::App* command = source.add_subcommand(
      "status", "Show what is followed and how far each store is; exit 1 when tables the rules read are not followed.");
  command->add_option("DB", options->database, "the SQLite database")->required();
  command->add_option("RULES", options->rules.files, "a file of rules (.sync), or a compiled plan (.json)")
      ->expected(1)
      ->allow_extra_args(false);
  command->callback(Calls(program, options, RunStatus));
}

}  // namespace

void AddSource(Program& program) {
  CLI::App* source = program.Command(
      "source", "Set up a SQLite database to be followed, or take that out of it; `run` does the former by itself.",
      "  bulkhead source install app.db rules.sync --store state.db\n"
      "  bulkhead source status app.db rules.sync\n"
      "  bulkhead source remove app.db\n");
  source->require_subcommand(1);
  AddInstall(program, *source);
  AddRemove(program, *source);
  AddStatus(program, *source);
}

}  // namespace bulkhead::driver
