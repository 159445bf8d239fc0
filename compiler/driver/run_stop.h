// Ctrl-C and SIGTERM while `run` is at work: asked for between two steps instead of interrupting one.
#pragma once

#include <csignal>

#include "compiler/driver/run_report.h"

namespace bulkhead::driver {

// While nothing has been written, the two signals end the process at once, with status 0.
class EndAtOnce {
 public:
  EndAtOnce();
  ~EndAtOnce();
  EndAtOnce(const EndAtOnce&) = delete;

 private:
  struct sigaction interrupt_before_, terminate_before_;
};

// From its construction to its end the two signals wait until somebody asks. After the first has been noticed a second
// one ends the process as usual: for whoever cannot wait for the current step.
class RunStop {
 public:
  RunStop();
  ~RunStop();
  RunStop(const RunStop&) = delete;

  // A signal has come.
  bool Requested();
  // Sleeps for `duration` or until a signal comes; returns Requested().
  bool Sleep(Clock::duration duration);

 private:
  void Notice();

  sigset_t before_;
  int descriptor_ = -1;
  bool requested_ = false;
};

}  // namespace bulkhead::driver
