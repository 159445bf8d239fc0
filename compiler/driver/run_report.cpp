#include "compiler/driver/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bulkhead::driver {
namespace {

using std::chrono::seconds;

constexpr uint64_t ProblemsShownPerPlace = 5;
constexpr auto HiddenProblemsEvery = seconds(10);
constexpr auto ProgressFirst = seconds(1);
constexpr auto ProgressEveryTerminal = std::chrono::milliseconds(200);
constexpr auto ProgressEvery = seconds(5);
constexpr size_t SamplesKept = 100'000;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string HumanLine(const std::string& client, const client::Applied& applied) {
  std::string tables;
  for (const client::TableChanges& t : applied.tables)
    tables += fmt::format("{}{} +{} ~{} -{}", tables.empty() ? "" : ", ", t.table, t.gained, t.changed, t.lost);
  std::string priority = applied.priority ? fmt::format(" (up to priority {})", *applied.priority) : "";
  return fmt::format("{}: {} at {}{}", client, tables.empty() ? "nothing new" : tables, applied.last_op_id, priority);
}

nlohmann::ordered_json JsonLine(const std::string& client, const client::Applied& applied) {
  nlohmann::ordered_json tables = nlohmann::ordered_json::object();
  for (const client::TableChanges& t : applied.tables)
    tables[t.table] = {{"gained", t.gained}, {"changed", t.changed}, {"lost", t.lost}};
  nlohmann::ordered_json line = {{"client", client}, {"tables", tables}, {"checkpoint", std::to_string(applied.last_op_id)}};
  if (applied.priority) line["priority"] = *applied.priority;
  return line;
}

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string RemainingText(uint64_t rows, uint64_t total, double elapsed) {
  if (total <= rows || rows == 0) return "";
  double left = elapsed * static_cast<double>(total - rows) / static_cast<double>(rows);
  return fmt::format(", {} % of {}, {:.0f} s left", rows * 100 / total, total, left);
}

}  // namespace

void RunReport::Applied(const std::string& client, const client::Applied& applied) {
  if (applied.priority && applied.tables.empty()) return;  // the whole checkpoint follows
  EndProgressLine();
  std::optional<double> ms;
  if (options_.timing && seen_ && !applied.priority) {
    ms = Seconds(Clock::now() - *seen_) * 1000;
    if (milliseconds_.size() < SamplesKept) milliseconds_.push_back(*ms);
    else milliseconds_[samples_ % SamplesKept] = *ms;
    ++samples_;
  }
  if (options_.json) {
    nlohmann::ordered_json line = JsonLine(client, applied);
    if (ms) line["milliseconds"] = *ms;
    io_.out << Dump(line) << "\n";
  } else {
    io_.out << HumanLine(client, applied) << (ms ? fmt::format(", {:.1f} ms", *ms) : "") << "\n";
  }
  io_.out.flush();
}

void RunReport::Note(std::string_view text) {
  EndProgressLine();
  io_.err << text << "\n";
  io_.err.flush();
}

void RunReport::Warn(std::string_view text) { Note(fmt::format("warning: {}", text)); }

void RunReport::Problem(const engine::RowProblem& problem) {
  Place& place = places_[problem.place.empty() ? problem.table : problem.place];
  if (place.shown < ProblemsShownPerPlace) {
    ++place.shown;
    std::string where = problem.place.empty() ? "" : fmt::format(" ({})", problem.place);
    Warn(fmt::format("row {} of `{}`{}: {}", problem.key, problem.table, where, problem.reason));
    return;
  }
  ++place.hidden;
  if (Clock::now() - told_hidden_ >= HiddenProblemsEvery) TellHiddenProblems();
}

void RunReport::TellHiddenProblems() {
  told_hidden_ = Clock::now();
  for (auto& [name, place] : places_) {
    if (place.hidden) Warn(fmt::format("{} more rows of this kind: {}", place.hidden, name));
    place.hidden = 0;
  }
}

void RunReport::BeginLoad() {
  load_began_ = table_began_ = progress_told_ = Clock::now();
  rows_of_done_tables_ = rows_of_table_ = 0;
  progress_shown_ = false;
}

void RunReport::Progress(const source::LoadProgress& progress) {
  auto now = Clock::now();
  rows_of_table_ = progress.rows;
  auto every = !progress_shown_ ? ProgressFirst : options_.terminal ? ProgressEveryTerminal : ProgressEvery;
  if (now - progress_told_ >= every && progress.rows > 0) TellProgress(progress, now);
  if (!progress.done) return;
  rows_of_done_tables_ += rows_of_table_;
  rows_of_table_ = 0;
  table_began_ = now;
}

void RunReport::TellProgress(const source::LoadProgress& progress, Clock::time_point now) {
  progress_told_ = now;
  progress_shown_ = true;
  double elapsed = Seconds(now - table_began_);
  std::string line = fmt::format("loading {}: {} rows, {:.0f} rows/s{}", progress.table, progress.rows,
                                 static_cast<double>(progress.rows) / elapsed,
                                 RemainingText(progress.rows, progress.rows_total, elapsed));
  if (!options_.terminal) return Note(line);
  io_.err << "\r\x1b[K" << line;
  io_.err.flush();
  on_progress_line_ = true;
}

void RunReport::EndLoad(bool stopped) {
  double elapsed = Seconds(Clock::now() - load_began_);
  Note(fmt::format("{} {} rows in {:.1f} s", stopped ? "stopped after loading" : "loaded",
                   rows_of_done_tables_ + rows_of_table_, elapsed));
}

void RunReport::EndProgressLine() {
  if (on_progress_line_) io_.err << "\r\x1b[K";
  on_progress_line_ = false;
}

void RunReport::TellTiming() {
  if (!options_.timing || milliseconds_.empty()) return;
  std::sort(milliseconds_.begin(), milliseconds_.end());
  auto at = [&](double part) {
    return milliseconds_[static_cast<size_t>(part * static_cast<double>(milliseconds_.size() - 1))];
  };
  Note(fmt::format("timing: {} checkpoints applied; from seen in the source to the client's file: "
                   "median {:.1f} ms, 95 % {:.1f} ms, longest {:.1f} ms",
                   samples_, at(0.5), at(0.95), milliseconds_.back()));
}

}  // namespace bulkhead::driver
