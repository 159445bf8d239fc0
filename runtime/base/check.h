// CHECK(condition, "why it must hold"): a bug in Bulkhead itself, never a reaction to input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace bulkhead {
[[noreturn]] inline void CheckFailed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "bulkhead: internal error at %s:%d: %s (%s)\n", file, line, why, condition);
  std::abort();
}
}  // namespace bulkhead

#define CHECK_INVARIANT(condition, why) \
  ((condition) ? void(0) : ::bulkhead::CheckFailed(#condition, why, __FILE__, __LINE__))
