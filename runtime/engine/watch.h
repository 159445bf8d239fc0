// Who must be told: from what a commit changed to sessions. Private to the engine.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/store/store.h"

namespace bulkhead::engine {

class SessionState;

// What one commit changed, as far as sessions can see it.
struct Touched {
  std::unordered_map<store::BucketRef, std::string> buckets;  // the name where it is known
  std::unordered_set<std::string> lookups;                    // LookupKeys whose set of outputs changed
};

// Sessions by what they depend on. Sessions add and remove themselves.
class Watches {
 public:
  using Sessions = std::unordered_set<SessionState*>;

  std::unordered_map<store::BucketRef, Sessions> buckets;
  std::unordered_map<std::string, Sessions> unborn;   // by name of a bucket without operations
  std::unordered_map<std::string, Sessions> lookups;  // by LookupKey
  std::map<uint64_t, SessionState*> sessions;         // by number, all
  std::map<uint64_t, SessionState*> candidates;       // those that may have something to send

  template <typename Map, typename Key>
  static void Remove(Map& map, const Key& key, SessionState* session) {
    auto found = map.find(key);
    if (found == map.end()) return;
    found->second.erase(session);
    if (found->second.empty()) map.erase(found);
  }

  void Notify(const Touched& touched);
  // After a load: anything may have changed.
  void NotifyAll();
};

}  // namespace bulkhead::engine
