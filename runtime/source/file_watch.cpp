#include "runtime/source/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace bulkhead::source {

FileWatch::FileWatch(const std::string& path) {
  std::filesystem::path file(path);
  name_ = file.filename().string();
  std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  descriptor_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  // The folder, since the -wal file comes and goes.
  constexpr uint32_t Events = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
  if (descriptor_ >= 0 && inotify_add_watch(descriptor_, folder.c_str(), Events) < 0) {
    close(descriptor_);
    descriptor_ = -1;
  }
}

FileWatch::~FileWatch() {
  if (descriptor_ >= 0) close(descriptor_);
}

// Takes all events there are; true if one is about our files.
bool FileWatch::ReadEvents() {
  alignas(inotify_event) char buffer[8192];
  bool ours = false;
  for (;;) {
    ssize_t size = read(descriptor_, buffer, sizeof buffer);
    if (size <= 0) return ours;
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer + at, sizeof event);
      std::string_view name = event.len ? std::string_view(buffer + at + sizeof event) : std::string_view();
      bool lost_some = (event.mask & IN_Q_OVERFLOW) != 0;
      bool is_file = name.starts_with(name_) &&
                     (name.size() == name_.size() || name.ends_with("-wal") || name.ends_with("-journal"));
      ours = ours || lost_some || is_file;
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
}

bool FileWatch::Wait(int timeout_ms) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{descriptor_, POLLIN, 0};
    int ready = poll(&waiting, is_deaf() ? 0 : 1, static_cast<int>(left));
    if (ready > 0 && ReadEvents()) return true;
    // Otherwise: a signal, another file's events, or the timeout.
  }
}

}  // namespace bulkhead::source
