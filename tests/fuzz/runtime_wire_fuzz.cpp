// Lines from a server: whatever decodes must encode to something that decodes to the same.
#include <cstdlib>

#include "runtime/wire/line.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace bulkhead::wire;
  auto line = DecodeJson({reinterpret_cast<const char*>(bytes), size});
  if (!line) return 0;
  std::string text = EncodeJson(*line);
  auto again = DecodeJson(text);
  if (!again || EncodeJson(*again) != text) std::abort();
  return 0;
}
