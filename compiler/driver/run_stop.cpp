#include "compiler/driver/run_stop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "compiler/driver/command.h"

namespace bulkhead::driver {

EndAtOnce::EndAtOnce() {
  struct sigaction action {};
  action.sa_handler = [](int) { _exit(ExitSuccess); };
  sigaction(SIGINT, &action, &interrupt_before_);
  sigaction(SIGTERM, &action, &terminate_before_);
}

EndAtOnce::~EndAtOnce() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
}

RunStop::RunStop() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  descriptor_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

RunStop::~RunStop() {
  Requested();  // what came in the last moment was meant for us
  close(descriptor_);
  if (!requested_) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void RunStop::Notice() {
  requested_ = true;
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool RunStop::Requested() {
  signalfd_siginfo info;
  if (!requested_ && read(descriptor_, &info, sizeof info) == sizeof info) Notice();
  return requested_;
}

bool RunStop::Sleep(Clock::duration duration) {
  if (requested_) return true;
  auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(std::max(duration, Clock::duration::zero())).count();
  timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
  pollfd waiting{descriptor_, POLLIN, 0};
  ppoll(&waiting, 1, &timeout, nullptr);
  return Requested();
}

}  // namespace bulkhead::driver
