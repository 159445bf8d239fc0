// Plans of any bytes: refused with a reason, or verified and then the same again through JSON. A wrong digest
// is put right first, or hardly a change would get past it.
#include <cstdlib>

#include "runtime/plan/load.h"
#include "runtime/plan/programs.h"
#include "tests/fuzz/plan_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace bulkhead;
  auto loaded = plan::Load(WithRightDigest({reinterpret_cast<const char*>(bytes), size}));
  if (!loaded) return 0;
  std::string json = plan::ToJson(*loaded);
  auto again = plan::Load(json);
  if (!again || plan::ToJson(*again) != json) std::abort();
  plan::PrintPrograms(*loaded);
  return 0;
}
