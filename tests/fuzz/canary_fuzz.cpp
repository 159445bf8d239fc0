// The fuzzer that must crash: its bug is planted, and tests/run.sh fails when a short run does not find it.
// It shows that the others look: instrumentation, sanitizers and exit status work.
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4 || data[0] != 'B' || data[1] != 'U' || data[2] != 'G') return 0;
  std::vector<uint8_t> copy(data, data + size);
  // Reads one byte past the end when the fourth byte says so: only the address sanitizer notices.
  const uint8_t* bytes = copy.data();
  return bytes[data[3] == '!' ? size : 0] == 255 ? -1 : 0;
}
