// The `bulkhead` program without its main(): tests call it in process.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <vector>

namespace bulkhead::driver {

// Runs one command line. `args` leaves out the program's name: {"check", "rules.sync"}. Reads `in` only where an
// argument is `-`; writes results to `out`, diagnostics and progress to `err`. Relative paths are the process's.
// Returns the exit status: 0 success, 1 the input is wrong, 2 the command line is wrong, 3 an I/O failure.
// Never exits and never throws.
int Main(std::vector<std::string> args, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace bulkhead::driver
