// What `run` tells: results on standard output, one line per applied checkpoint; everything else on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/command.h"
#include "runtime/client/client.h"
#include "runtime/engine/engine.h"
#include "runtime/source/source.h"

namespace bulkhead::driver {

using Clock = std::chrono::steady_clock;

class RunReport {
 public:
  struct Options {
    bool json = false;      // applied checkpoints as JSON lines
    bool terminal = false;  // standard error is one: progress may rewrite its line
    bool timing = false;
  };
  RunReport(Io& io, Options options) : io_(io), options_(options) {}

  // "alice.db: tasks +1 ~0 -0 at 123".
  void Applied(const std::string& client, const client::Applied& applied);
  // False once they could not be printed.
  bool reaches_out() const { return io_.out.good(); }
  void Note(std::string_view text);
  void Warn(std::string_view text);

  // The first few of each place are shown one by one; the rest are counted and told now and then.
  void Problem(const engine::RowProblem& problem);
  void TellHiddenProblems();

  // A load begins, goes on, and is over. Progress is shown when a load takes long.
  void BeginLoad();
  void Progress(const source::LoadProgress& progress);
  void EndLoad(bool stopped);

  // What clients apply from now on was seen in the source at `seen`; none for what nobody waited for.
  void SeenAt(std::optional<Clock::time_point> seen) { seen_ = seen; }
  // Percentiles of the times from being seen in the source to being in a client's file, when wanted.
  void TellTiming();

 private:
  struct Place {
    uint64_t shown = 0, hidden = 0;
  };
  void TellProgress(const source::LoadProgress& progress, Clock::time_point now);
  void EndProgressLine();

  Io& io_;
  Options options_;
  std::map<std::string, Place> places_;
  Clock::time_point told_hidden_ = Clock::now();
  std::optional<Clock::time_point> seen_;
  std::vector<double> milliseconds_;  // the latest of them, a ring

  uint64_t samples_ = 0;

  Clock::time_point load_began_, table_began_, progress_told_;
  uint64_t rows_of_done_tables_ = 0, rows_of_table_ = 0;
  bool progress_shown_ = false, on_progress_line_ = false;
};

}  // namespace bulkhead::driver
