// Little-endian base-128 integers and sized strings: the parts of the engine's own encodings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bulkhead::engine {

inline void AppendNumber(std::string& out, uint64_t v) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
}
inline void AppendSized(std::string& out, std::string_view bytes) {
  AppendNumber(out, bytes.size());
  out += bytes;
}

// Reads off the front of `bytes`; false when they end too early.
inline bool ReadNumber(std::string_view& bytes, uint64_t& v) {
  v = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    v |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}
inline bool ReadNumber(std::string_view& bytes, uint32_t& v) {
  uint64_t wide = 0;
  if (!ReadNumber(bytes, wide) || wide > UINT32_MAX) return false;
  v = static_cast<uint32_t>(wide);
  return true;
}
inline bool ReadBytes(std::string_view& bytes, size_t size, std::string_view& v) {
  if (bytes.size() < size) return false;
  v = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}
inline bool ReadSized(std::string_view& bytes, std::string_view& v) {
  uint64_t size = 0;
  return ReadNumber(bytes, size) && size <= bytes.size() && ReadBytes(bytes, size, v);
}

}  // namespace bulkhead::engine
