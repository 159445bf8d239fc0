// Memory for the values one row's evaluation makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/value/value.h"

namespace bulkhead::value {

// A bump allocator. Everything allocated lives until Reset(); Reset keeps the memory (up to 4 MiB), so
// a loop over rows stops allocating once it has seen its largest row. Bounded: more than `bytes_max` live bytes are refused.
// One thread at a time.
class Arena {
 public:
  explicit Arena(size_t bytes_max = limits::EvaluationBytesMax) : bytes_max_(bytes_max) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Unaligned, uninitialised memory, or nullptr when the bound is reached.
  char* Allocate(size_t bytes) {
    if (next_ && bytes <= static_cast<size_t>(end_ - next_)) {
      char* result = next_;
      next_ += bytes;
      return result;
    }
    return AllocateSlow(bytes);
  }
  // Gives back the end of the newest allocation, which starts at `start` and keeps `bytes` bytes.
  void Trim(char* start, size_t bytes) { next_ = start + bytes; }
  // Uninitialised values, or nullptr.
  Value* AllocateValues(size_t count);
  // The bytes copied, or an empty view at nullptr when the bound is reached.
  std::string_view Copy(std::string_view bytes);

  // The JSON text that was found well-formed last, to check it once though a row's expressions read it often. It is
  // recognised by address, so row bytes stay as they are until Reset.
  bool IsCheckedJson(std::string_view text) const {
    return text.data() == checked_json_.data() && text.size() == checked_json_.size();
  }
  void SetCheckedJson(std::string_view text) { checked_json_ = text; }

  void Reset() {
    checked_json_ = {};
    if (blocks_.size() == 1 && bytes_reserved_ <= KeptBytesMax) next_ = blocks_.back().memory.get();
    else ResetSlow();
  }
  size_t bytes_reserved() const { return bytes_reserved_; }

 private:
  static constexpr size_t KeptBytesMax = 4u << 20;  // One huge row does not hold its memory for good.

  char* AllocateSlow(size_t bytes);
  void ResetSlow();
  void AddBlock(size_t bytes);

  struct Block {
    std::unique_ptr<char[]> memory;
    size_t bytes;
  };
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::vector<Block> blocks_;  // The last is current.
  size_t bytes_reserved_ = 0;
  size_t bytes_max_;
  std::string_view checked_json_;
};

}  // namespace bulkhead::value
