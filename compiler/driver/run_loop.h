// The deployment that `run` keeps going: a SQLite source, an engine over a SQLite store, and clients.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/run_clients.h"
#include "compiler/driver/run_report.h"
#include "compiler/driver/run_stop.h"
#include "runtime/base/result.h"
#include "runtime/plan/plan.h"

namespace bulkhead::driver {

struct RunOptions {
  std::string source, store;
  std::vector<ClientSpec> clients;
  bool rebuild = false;
  bool once = false;
  Clock::duration poll = std::chrono::milliseconds(5);
};

// Brings everything up to date and follows the source until `stop`; with `once`, only the former.
Status RunUntilStopped(plan::Plan plan, const RunOptions& options, RunReport& report, RunStop& stop);

}  // namespace bulkhead::driver
