// Takes apart a value in binary format. Private to the module.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace bulkhead::postgres {

// Numbers are big-endian. What is taken past the end is 0 or empty, and the reader is bad from then on.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <typename Integer>
  Integer Take() {
    std::make_unsigned_t<Integer> v = 0;
    for (char c : TakeBytes(sizeof(Integer))) v = static_cast<decltype(v)>(v << 8 | static_cast<uint8_t>(c));
    return static_cast<Integer>(v);
  }
  double TakeDouble() {
    uint64_t bits = Take<uint64_t>();
    double v;
    std::memcpy(&v, &bits, sizeof v);
    return v;
  }
  float TakeFloat() {
    uint32_t bits = Take<uint32_t>();
    float v;
    std::memcpy(&v, &bits, sizeof v);
    return v;
  }
  std::string_view TakeBytes(size_t count) {
    if (count > rest_.size()) {
      Fail();
      return {};
    }
    std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  std::string_view TakeRest() { return TakeBytes(rest_.size()); }
  // Up to a NUL, which goes too.
  std::string_view TakeText() {
    size_t size = rest_.find('\0');
    if (size == std::string_view::npos) return Fail(), std::string_view();
    std::string_view text = TakeBytes(size);
    TakeBytes(1);
    return text;
  }
  // How many parts of at least `bytes_min` bytes follow; 0 and bad when they cannot.
  template <typename Integer = int32_t>
  size_t TakeCount(size_t bytes_min) {
    Integer count = Take<Integer>();
    if (count >= 0 && static_cast<size_t>(count) <= rest_.size() / bytes_min)
      return static_cast<size_t>(count);
    Fail();
    return 0;
  }
  // For values that no server sends.
  void Fail() { bad_ = true, rest_ = {}; }

  size_t size() const { return rest_.size(); }
  bool bad() const { return bad_; }
  bool complete() const { return !bad_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

}  // namespace bulkhead::postgres
