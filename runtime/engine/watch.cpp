#include "runtime/engine/watch.h"

#include "runtime/engine/session.h"

namespace bulkhead::engine {

void Watches::Notify(const Touched& touched) {
  for (const auto& [ref, name] : touched.buckets) {
    if (auto found = buckets.find(ref); found != buckets.end()) {
      for (SessionState* session : found->second) session->BucketTouched(ref);
    }
    if (unborn.empty() || name.empty()) continue;
    if (auto found = unborn.find(name); found != unborn.end()) {
      for (SessionState* session : found->second) session->BucketBorn(name);
    }
  }
  for (const std::string& key : touched.lookups) {
    auto found = lookups.find(key);
    if (found == lookups.end()) continue;
    for (SessionState* session : found->second) session->LookupTouched(key);
  }
}

void Watches::NotifyAll() {
  for (const auto& [number, session] : sessions) session->EverythingTouched();
}

}  // namespace bulkhead::engine
