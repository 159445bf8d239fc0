#include "compiler/driver/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "compiler/schema/schema.h"
#include "compiler/source/render.h"

namespace bulkhead::driver {

CLI::App* Program::Command(const std::string& name, const std::string& description,
                           const std::string& examples) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(
      "Examples:\n" + examples +
      "\nExit status: 0 success, 1 the rules or a test are wrong, 2 the command line is wrong, 3 a file or "
      "database failed.");
  return command;
}

void RulesOptions::AddReadingTo(CLI::App& command) {
  command.add_option("--schema", schemas, "a file of DDL, as CREATE SCHEMA FROM names it; may be given again")
      ->allow_extra_args(false);
  command
      .add_option_function<std::string>(
          "--from", [this](const std::string& from) { language = from == "powersync" ? Language::PowerSync : Language::Native; },
          "how rules are spelled: sync or powersync; by default by their names (.yaml and .yml are PowerSync's)")
      ->check(CLI::IsMember({"sync", "powersync"}));
  command.add_option("--stats", statistics, "sizes of tables, as `bulkhead analyze` writes them; else they are guessed");
}

void RulesOptions::AddOneTo(CLI::App& command) {
  command
      .add_option_function<std::string>(
          "RULES", [this](const std::string& file) { files = {file}; },
          "a file of rules (.sync, or PowerSync's .yaml); - reads standard input")
      ->required();
  AddReadingTo(command);
}

void RulesOptions::AddFilesTo(CLI::App& command) {
  command.add_option("RULES", files, "files of rules (.sync, or PowerSync's .yaml); - reads standard input")
      ->required();
  AddReadingTo(command);
}

void RulesOptions::AddTo(CLI::App& command) {
  AddFilesTo(command);
  command.add_option("--format", format, "how diagnostics are printed: human, json, sarif or github")
      ->check(CLI::IsMember({"human", "json", "sarif", "github"}));
  command
      .add_option(
          "--deny", [this](const CLI::results_t&) { return deny_warnings = true; },
          "warnings: exit 1 on warnings too")
      ->check(CLI::IsMember({"warnings"}))
      ->type_name("warnings");
}

void Report(std::ostream& out, const std::string& format, bool color, const Compilation& c) {
  if (format == "json")
    out << source::RenderJson(c.diagnostics, c.sources);
  else if (format == "sarif")
    out << source::RenderSarif(c.diagnostics, c.sources);
  else if (format == "github")
    out << source::RenderGithub(c.diagnostics, c.sources);
  else
    out << source::RenderHuman(c.diagnostics, c.sources, {.color = color});
}

static Status ReadStatisticsFile(const std::string& path, planner::Statistics& statistics) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::NotFound, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  BULKHEAD_TRY(std::string text, ReadAll(file, path));
  auto read = planner::ReadStatistics(text);
  if (!read) return Error{read.error().code, fmt::format("{}: {}", path, read.error().message)};
  statistics = std::move(*read);
  return Ok();
}

std::optional<int> CompileAndReport(Io& io, const RulesOptions& options, Compilation& compilation,
                                    bool report_to_out, CompileOptions compile) {
  if (!options.statistics.empty()) {
    Status read = ReadStatisticsFile(options.statistics, compile.statistics);
    if (!read) return Fail(io, read.error());
  }
  std::set<std::string> seen;
  for (const std::string& path : options.files) {
    if (!seen.insert(schema::IdentityOf(path)).second) continue;
    Status added = AddFile(compilation, path, io.in, options.language);
    if (!added) return Fail(io, added.error());
  }
  for (const std::string& path : options.schemas) {
    Status added = AddSchemaFile(compilation, path);
    if (!added) return Fail(io, added.error());
  }
  Compile(compilation, compile);
  bool to_out = report_to_out && options.format != "human";
  Report(to_out ? io.out : io.err, options.format, io.color && !to_out, compilation);
  if (compilation.diagnostics.has_errors()) return ExitWrong;
  const auto& found = compilation.diagnostics.all();
  bool warned = std::any_of(found.begin(), found.end(), [](const source::Diagnostic& diagnostic) {
    return diagnostic.severity == source::Severity::Warning;
  });
  if (options.deny_warnings && warned) return ExitWrong;
  return std::nullopt;
}

int Fail(Io& io, const Error& error) {
  io.err << "error: " << error.message << "\n";
  return ExitFailure;
}

namespace {

namespace fs = std::filesystem;

Status WriteTo(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  return file ? Ok() : Status(Error{Code::StorageFailed, ""});
}

// Through a temporary file, which takes over the old one's permissions.
Status Replace(const fs::path& path, std::string_view bytes) {
  fs::path temporary = fmt::format("{}.{}.tmp", path.string(), getpid());
  Status written = WriteTo(temporary, bytes);
  std::error_code failed, ignored;
  fs::file_status old = fs::status(path, ignored);
  if (written && fs::exists(old)) fs::permissions(temporary, old.permissions(), failed);
  if (written && !failed) fs::rename(temporary, path, failed);
  if (written && !failed) return Ok();
  fs::remove(temporary, ignored);
  return Error{Code::StorageFailed, ""};
}

// What a chain of links ends in, there or not.
fs::path Followed(fs::path path) {
  constexpr int LinksMax = 40;
  std::error_code failed;
  for (int i = 0; i < LinksMax && fs::is_symlink(path, failed); ++i) {
    fs::path target = fs::read_symlink(path, failed);
    if (failed) break;
    path = path.parent_path() / target;
  }
  return path;
}

}  // namespace

Status WriteWhole(Io& io, const std::string& path, std::string_view bytes) {
  if (path == "-") {
    io.out << bytes;
    io.out.flush();
    return io.out ? Ok() : Status(Error{Code::StorageFailed, "standard output cannot be written"});
  }
  std::error_code ignored;
  fs::file_status there = fs::status(path, ignored);
  // Pipes and devices are written to; they must not be replaced.
  bool in_place = fs::exists(there) && !fs::is_regular_file(there);
  Status written = in_place ? WriteTo(path, bytes) : Replace(Followed(path), bytes);
  return written ? Ok() : Status(Error{Code::StorageFailed, fmt::format("cannot write `{}`", path)});
}

}  // namespace bulkhead::driver
