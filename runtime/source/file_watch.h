// Notices writes to a SQLite database's files without reading them. Private to the source.
#pragma once

#include <string>
#include <utility>

namespace bulkhead::source {

class FileWatch {
 public:
  // Watches the file itself, its -wal and its -journal. Where the system cannot, the watch is deaf.
  explicit FileWatch(const std::string& path);
  FileWatch(const FileWatch&) = delete;
  ~FileWatch();

  bool is_deaf() const { return descriptor_ < 0; }
  // Waits for a write to one of the files; false at the timeout. A deaf watch just waits.
  bool Wait(int timeout_ms);

 private:
  bool ReadEvents();
  std::string name_;  // without its folder
  int descriptor_ = -1;
};

}  // namespace bulkhead::source
