// Typed ids and the append-only stores they index.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "runtime/base/check.h"

namespace bulkhead {

// Names a `T` inside one `Store<T>`; meaningless with any other store. Pass by value; variables end in `_id`.
// Deliberately unordered: an id is an identity, not a position. The default id is None.
template <typename T>
struct Id {
  uint32_t index = UINT32_MAX;
  constexpr bool HasValue() const { return index != UINT32_MAX; }
  friend constexpr bool operator==(Id, Id) = default;
};

// Owns every `T` of one compilation. References stay valid until the store dies, so a pass may hold
// `const T&` across `Add`.
template <typename T>
class Store {
 public:
  Id<T> Add(T value) {
    CHECK_INVARIANT(values_.size() < UINT32_MAX, "id space exhausted");
    values_.push_back(std::move(value));
    return {static_cast<uint32_t>(values_.size() - 1)};
  }
  const T& operator[](Id<T> id) const {
    CHECK_INVARIANT(id.index < values_.size(), "id is None or from another store");
    return values_[id.index];
  }
  T& operator[](Id<T> id) {
    CHECK_INVARIANT(id.index < values_.size(), "id is None or from another store");
    return values_[id.index];
  }
  uint32_t size() const { return static_cast<uint32_t>(values_.size()); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  std::deque<T> values_;
};

// Overload set for std::visit without a catch-all: a new alternative is a compile error.
template <typename... F>
struct Match : F... {
  using F::operator()...;
};
template <typename... F>
Match(F...) -> Match<F...>;

}  // namespace bulkhead

template <typename T>
struct std::hash<bulkhead::Id<T>> {
  size_t operator()(bulkhead::Id<T> id) const { return std::hash<uint32_t>()(id.index); }
};
