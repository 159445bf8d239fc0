// Scenarios of any bytes through `bulkhead replay`: rules, engine and clients together. The exit status is
// one of those that are documented for wrong input.
#include <cstdlib>
#include <sstream>

#include "compiler/driver/driver.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(bytes), size));
  std::ostringstream out, err;
  int status = bulkhead::driver::Main({"replay", "-"}, in, out, err);
  if (status != 0 && status != 1 && status != 3) std::abort();
  return 0;
}
