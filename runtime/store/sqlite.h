// A store in one SQLite file (plus its -wal and -shm, and a -lock file while and after it is open).
#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/store/store.h"

namespace bulkhead::store {

// What a commit survives. Both survive the death of the process at any moment (kill -9), without loss of anything
// committed. After a power failure Normal may lose the last commits, never part of one; Full loses none.
enum class Durability : uint8_t { Normal, Full };

struct SqliteOptions {
  Durability durability = Durability::Normal;
  // Start from nothing: an existing store at the path is deleted. Refused for a file that is not a Bulkhead store.
  bool rebuild = false;
};

// Opens or creates the store. One engine at a time: a second open, from this or another process, is StorageBusy.
// A file that is not a Bulkhead store, or one from a newer version, is StorageFailed and left as it is.
Result<std::unique_ptr<Store>> OpenSqlite(const std::string& path, const SqliteOptions& options = {});

}  // namespace bulkhead::store
