// analyze: how large the tables of a database are, for the planner.
#include <fmt/format.h>

#include <memory>

#include "compiler/driver/command.h"
#include "compiler/planner/statistics.h"
#include "runtime/sqlite/database.h"

namespace bulkhead::driver {
namespace {

constexpr int BusyTimeoutMs = 5000;

struct AnalyzeCommand {
  std::string database, output = "-";
  double connections = 1000;
};

Result<std::vector<std::string>> NamesOf(sqlite::Database& database, const std::string& sql) {
  std::vector<std::string> names;
  BULKHEAD_TRY(sqlite::Statement statement, database.Prepare(sql));
  for (;;) {
    BULKHEAD_TRY(bool row, statement.Step());
    if (!row) return names;
    names.emplace_back(statement.Text(0));
  }
}

// One pass over the table for its rows, and one for each column.
Result<planner::TableStatistics> Measure(sqlite::Database& database, const std::string& table) {
  planner::TableStatistics measured;
  const std::string name = sqlite::QuoteName(table);
  BULKHEAD_TRY(int64_t rows, database.QueryInteger("SELECT count(*) FROM main." + name));
  measured.rows = static_cast<double>(rows);
  BULKHEAD_TRY(auto columns,
               NamesOf(database, "SELECT name FROM pragma_table_info(" + sqlite::QuoteText(table) + ")"));
  for (const std::string& column : columns) {
    auto distinct = database.QueryInteger(
        fmt::format("SELECT count(DISTINCT {}) FROM main.{}", sqlite::QuoteName(column), name));
    if (!distinct) return distinct.error();
    measured.distinct[column] = static_cast<double>(*distinct);
  }
  return measured;
}

Result<planner::Statistics> MeasureAll(Io& io, const AnalyzeCommand& command) {
  BULKHEAD_TRY(sqlite::Database database,
               sqlite::Database::Open(command.database, SQLITE_OPEN_READONLY, BusyTimeoutMs));
  BULKHEAD_TRY(auto tables,
               NamesOf(database,
                       "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                       "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'bulkhead\\_%' ESCAPE '\\' AND sql NOT "
                       "LIKE 'CREATE VIRTUAL%' ORDER BY name"));
  planner::Statistics statistics;
  statistics.connections = command.connections;
  for (const std::string& table : tables) {
    BULKHEAD_TRY(statistics.tables[table], Measure(database, table));
    io.err << fmt::format("{}: {:.0f} rows\n", table, statistics.tables[table].rows);
  }
  return statistics;
}

int RunAnalyze(Io& io, const AnalyzeCommand& command) {
  auto statistics = MeasureAll(io, command);
  if (!statistics)
    return Fail(io, {statistics.error().code, command.database + ": " + statistics.error().message});
  Status written = WriteWhole(io, command.output, planner::WriteStatistics(*statistics));
  return written ? ExitSuccess : Fail(io, written.error());
}

}  // namespace

void AddAnalyze(Program& program) {
  auto options = std::make_shared<AnalyzeCommand>();
  CLI::App* command = program.Command(
      "analyze",
      "Measure the tables of a SQLite database, for --stats: rows, and different values by column.",
      "  bulkhead analyze app.db -o stats.json\n"
      "  bulkhead explain rules.sync --cuts --stats stats.json\n");
  command->add_option("DATABASE", options->database, "a SQLite file; it is only read")->required();
  command->add_option("-o,--output", options->output, "the statistics' file; - is standard output");
  command->add_option("--connections", options->connections, "how many clients are connected at once")
      ->check(CLI::Range(0.0, 1e9));
  command->callback([&program, options] {
    program.run = [&program, options] { return RunAnalyze(program.io, *options); };
  });
}

}  // namespace bulkhead::driver
