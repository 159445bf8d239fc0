// The file of a SQLite store: who may open it, what is in it. Private to the store.
#pragma once

#include <string>

#include "runtime/sqlite/database.h"
#include "runtime/store/sqlite.h"

namespace bulkhead::store {

// Held while a store is open. The kernel lets go of it when the process dies, however it dies.
class FileLock {
 public:
  // StorageBusy when another store object holds it. Makes the file, and leaves it: removing it would race.
  static Result<FileLock> Acquire(const std::string& path);
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// The connection that writes, with the schema of this version in place. The caller holds the lock.
Result<sqlite::Database> OpenForWriting(const std::string& path, const SqliteOptions& options);
// A further connection to an open store.
Result<sqlite::Database> OpenForReading(const std::string& path);

}  // namespace bulkhead::store
