// Lines of any content, one a line, into a client's database: refused or applied, and afterwards it can be
// read.
#include <cstdlib>

#include "runtime/client/client.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace bulkhead;
  auto client = client::Client::Open(":memory:", {});
  if (!client) std::abort();
  (*client)->Connect();
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    auto line = wire::DecodeJson(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line && !(*client)->Take(*line)) (*client)->Connect();
  }
  if (!(*client)->Flush() || !(*client)->DumpTables()) std::abort();
  return 0;
}
