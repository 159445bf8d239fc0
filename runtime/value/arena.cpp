#include "runtime/value/arena.h"

#include <algorithm>
#include <cstring>

namespace bulkhead::value {

constexpr size_t FirstBlockBytes = 4096;

char* Arena::AllocateSlow(size_t bytes) {
  // A result of no bytes still needs an address: null is the refusal.
  if (bytes == 0 && next_) return next_;
  size_t wanted = std::max({bytes, FirstBlockBytes, bytes_reserved_});
  if (bytes_reserved_ + wanted > bytes_max_) wanted = bytes;
  if (bytes > bytes_max_ || bytes_reserved_ + wanted > bytes_max_) return nullptr;
  AddBlock(wanted);
  char* result = next_;
  next_ += bytes;
  return result;
}

void Arena::AddBlock(size_t bytes) {
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
  bytes_reserved_ += bytes;
  next_ = blocks_.back().memory.get();
  end_ = next_ + bytes;
}

Value* Arena::AllocateValues(size_t count) {
  char* memory = Allocate(count * sizeof(Value) + alignof(Value) - 1);
  if (!memory) return nullptr;
  uintptr_t address = reinterpret_cast<uintptr_t>(memory);
  return reinterpret_cast<Value*>((address + alignof(Value) - 1) & ~uintptr_t{alignof(Value) - 1});
}

std::string_view Arena::Copy(std::string_view bytes) {
  char* memory = Allocate(bytes.size());
  if (!memory) return {};
  if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
  return {memory, bytes.size()};
}

void Arena::ResetSlow() {
  if (blocks_.empty()) return;
  // One block as large as all: the same row again allocates nothing.
  size_t bytes = std::min(bytes_reserved_, KeptBytesMax);
  blocks_.clear();
  bytes_reserved_ = 0;
  AddBlock(bytes);
}

}  // namespace bulkhead::value
