// why: which condition of which query lets a row reach a user, or keeps it out.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "compiler/driver/branch_search.h"
#include "compiler/driver/command.h"
#include "compiler/ir/print.h"
#include "runtime/sqlite/database.h"

namespace bulkhead::driver {
namespace {

constexpr int BusyTimeoutMs = 5000;

struct WhyCommand {
  RulesOptions rules;
  std::string database, auth = "{}", connection = "{}", parameters = "{}", table, id, stream, format = "text";
};

// Tables of a SQLite file, each read once.
class Tables {
 public:
  explicit Tables(sqlite::Database database) : database_(std::move(database)) {}

  Result<const TableRows*> Read(const ir::TableSource& table) {
    auto [at, is_new] = tables_.try_emplace(table.QualifiedName());
    if (!is_new) return &at->second;
    BULKHEAD_TRY(sqlite::Statement rows, database_.Prepare("SELECT * FROM " + sqlite::QuoteName(table.name)));
    for (int i = 0; i < rows.column_count(); ++i) at->second.columns.emplace_back(rows.ColumnName(i));
    for (;;) {
      BULKHEAD_TRY(bool row, rows.Step());
      if (!row) return &at->second;
      value::OwnedRow values;
      for (int i = 0; i < rows.column_count(); ++i) values.emplace_back(rows.At(i));
      at->second.rows.push_back(std::move(values));
    }
  }

 private:
  sqlite::Database database_;
  std::map<std::string, TableRows> tables_;
};

struct Answer {
  std::string stream;
  source::Span query;
  size_t branch = 0, branches = 0;
  SearchResult result;
};

std::string PlaceText(const source::Sources& sources, source::Span span) {
  source::Position at = sources.Start(span);
  return fmt::format("{}:{}:{}", sources[span.file].name, at.line, at.column);
}

// One line, however the rules are laid out.
std::string OneLine(std::string_view text) {
  std::string line;
  for (char c : text) {
    bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  return line;
}

void PrintAnswer(const source::Sources& sources, const Answer& answer, std::string& out) {
  const SearchResult& r = answer.result;
  out += fmt::format("stream {}, query at {}", answer.stream, PlaceText(sources, answer.query));
  if (answer.branches > 1) out += fmt::format(", alternative {} of {}", answer.branch + 1, answer.branches);
  out += r.admitted ? ": lets it in\n" : ": keeps it out\n";
  if (!r.admitted && r.ended_at.HasValue() && r.conditions.empty() && r.excluded_by.empty())
    out += fmt::format("  nothing fits `{}` at {}\n", OneLine(sources.Text(r.ended_at)),
                       PlaceText(sources, r.ended_at));
  if (!r.missing.empty()) out += fmt::format("  no row of {} meets all of these:\n", r.missing);
  for (const SearchedCondition& condition : r.conditions)
    out += fmt::format("  {:<8} {}  ({})\n", condition.holds ? "true" : "not true",
                       OneLine(sources.Text(condition.span)), PlaceText(sources, condition.span));
  if (!r.excluded_by.empty())
    out += fmt::format("  excluded by a row of {}  ({})\n", r.excluded_by, PlaceText(sources, r.ended_at));
  for (const std::string& row : r.witness) out += fmt::format("  {:<8} {}\n", r.admitted ? "by" : "for", row);
}

nlohmann::ordered_json ToJson(const source::Sources& sources, const Answer& answer) {
  nlohmann::ordered_json conditions = nlohmann::ordered_json::array();
  for (const SearchedCondition& c : answer.result.conditions)
    conditions.push_back(
        {{"at", PlaceText(sources, c.span)}, {"text", OneLine(sources.Text(c.span))}, {"true", c.holds}});
  return {{"stream", answer.stream},
          {"query", PlaceText(sources, answer.query)},
          {"alternative", answer.branch},
          {"admitted", answer.result.admitted},
          {"missing", answer.result.missing},
          {"conditions", conditions},
          {"excluded_by", answer.result.excluded_by},
          {"rows", answer.result.witness}};
}

std::string TableOf(const Compilation& compilation, const normal::Branch& branch) {
  if (!branch.output_table.empty()) return branch.output_table;
  return ir::Describe(compilation.module, branch.occurrences[branch.root]);
}

Result<std::vector<Answer>> SearchAll(const Compilation& compilation, const SearchInput& input,
                                      const WhyCommand& command, bool& known_row) {
  std::vector<Answer> answers;
  for (const normal::Stream& stream : compilation.streams) {
    if (!command.stream.empty() && stream.stream->name != command.stream) continue;
    for (const normal::Query& query : stream.queries) {
      for (size_t i = 0; i < query.branches.size(); ++i) {
        if (TableOf(compilation, query.branches[i]) != command.table) continue;
        auto result = SearchBranch(input, query.branches[i], command.id);
        if (!result) return result.error();
        known_row |= result->found;
        answers.push_back({stream.stream->name, query.span, i, query.branches.size(), *std::move(result)});
      }
    }
  }
  return answers;
}

int Print(Io& io, const WhyCommand& command, const Compilation& compilation,
          const std::vector<Answer>& answers) {
  bool admitted = std::ranges::any_of(answers, [](const Answer& a) { return a.result.admitted; });
  if (command.format == "json") {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Answer& answer : answers) list.push_back(ToJson(compilation.sources, answer));
    io.out << nlohmann::ordered_json({{"admitted", admitted}, {"queries", list}}).dump(2) << "\n";
    return ExitSuccess;
  }
  std::string text = fmt::format("{} {}: {}\n", command.table, command.id,
                                 admitted ? "this user has it" : "this user does not have it");
  for (const Answer& answer : answers) PrintAnswer(compilation.sources, answer, text);
  io.out << text;
  return ExitSuccess;
}

int RunWhy(Io& io, const WhyCommand& command) {
  Compilation compilation;
  if (auto status = CompileAndReport(io, command.rules, compilation, false)) return *status;
  auto database = sqlite::Database::Open(command.database, SQLITE_OPEN_READONLY, BusyTimeoutMs);
  if (!database) return Fail(io, {database.error().code, command.database + ": " + database.error().message});
  Tables tables(*std::move(database));
  SearchInput input{compilation.module, [&](const ir::TableSource& table) { return tables.Read(table); }, {}};
  input.request[static_cast<size_t>(vm::RequestPart::Auth)] = value::Value::Text(command.auth);
  input.request[static_cast<size_t>(vm::RequestPart::Connection)] = value::Value::Text(command.connection);
  input.request[static_cast<size_t>(vm::RequestPart::Subscription)] = value::Value::Text(command.parameters);
  for (const std::string* document : {&command.auth, &command.connection, &command.parameters})
    if (!nlohmann::json::parse(*document, nullptr, false).is_object())
      return Fail(io, {Code::InvalidData, fmt::format("`{}` is not a JSON object", *document)});
  bool known_row = false;
  auto answers = SearchAll(compilation, input, command, known_row);
  if (!answers) return Fail(io, answers.error());
  if (answers->empty())
    return Fail(io, {Code::NotFound, fmt::format("no query gives rows of `{}`", command.table)});
  if (!known_row &&
      std::ranges::none_of(*answers, [](const Answer& a) { return a.result.ended_at.HasValue(); }))
    return Fail(io, {Code::NotFound, fmt::format("the source has no row that would be `{}` with the id {}",
                                                 command.table, command.id)});
  return Print(io, command, compilation, *answers);
}

}  // namespace

void AddWhy(Program& program) {
  auto options = std::make_shared<WhyCommand>();
  CLI::App* command = program.Command(
      "why", "Say which condition of which query lets a row reach a user, or keeps it out.",
      "  bulkhead why rules.sync tasks t1 --source app.db --auth '{\"sub\": \"alice\"}'\n"
      "  bulkhead why rules.sync tasks t1 --source app.db --auth '{\"sub\": \"bob\"}' --format json\n");
  options->rules.AddOneTo(*command);
  command->add_option("TABLE", options->table, "the client's table")->required();
  command->add_option("ID", options->id, "the row's id there")->required();
  command->add_option("--source", options->database, "a SQLite file with the rows; it is only read")
      ->required();
  command->add_option("--auth", options->auth, "the token's claims, a JSON object");
  command->add_option("--connection", options->connection, "what the client says of itself, a JSON object");
  command->add_option("--parameters", options->parameters, "the subscription's parameters, a JSON object");
  command->add_option("--stream", options->stream, "only this stream");
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback(
      [&program, options] { program.run = [&program, options] { return RunWhy(program.io, *options); }; });
}

}  // namespace bulkhead::driver
