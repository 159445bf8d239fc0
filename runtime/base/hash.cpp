// The one-shot EVP interface costs more than hashing a row does; the low-level calls are deprecated in
// OpenSSL 3 but not removed, and are what a hot path needs.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "runtime/base/hash.h"

#include <openssl/sha.h>

namespace bulkhead {

Digest Sha256(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (std::string_view part : parts) SHA256_Update(&context, part.data(), part.size());
  Digest digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::string HexLower(const uint8_t* bytes, size_t size) {
  static constexpr char Digits[] = "0123456789abcdef";
  std::string text(2 * size, '0');
  for (size_t i = 0; i < size; ++i) {
    text[2 * i] = Digits[bytes[i] >> 4];
    text[2 * i + 1] = Digits[bytes[i] & 15];
  }
  return text;
}

}  // namespace bulkhead
