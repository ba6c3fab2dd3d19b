#pragma once
// SHA-256 and HMAC-SHA256 on libcrypto's own functions for this one digest, which the EVP interface
// stands in front of. A call of this server makes some thirty of these over short inputs, where the
// EVP interface costs several times what the digest does: it copies and allocates contexts. The
// functions are declared deprecated in OpenSSL 3 and are what its own provider calls. One thread
// per object.

#include <openssl/sha.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "strongroom/base/bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kSha256Bytes = SHA256_DIGEST_LENGTH;

class Sha256State {
 public:
  Sha256State();
  void update(ByteView data);
  /// The object must be assigned to before it is used again.
  void finish(std::span<std::uint8_t, kSha256Bytes> out);

 private:
  SHA256_CTX state_;
};

/// What remains of the key can forge but not be turned back into it; wiped with the object.
class HmacSha256State {
 public:
  HmacSha256State() = default;
  HmacSha256State(const HmacSha256State&) = delete;
  HmacSha256State& operator=(const HmacSha256State&) = delete;
  ~HmacSha256State() { explicit_bzero(this, sizeof *this); }

  /// Starts a message under another key.
  void key(ByteView key);
  /// Starts a message under the same key.
  void again() { message_ = inner_; }
  void update(ByteView data) { message_.update(data); }
  void finish(std::span<std::uint8_t, kSha256Bytes> out) {
    message_.finish(out);
    message_ = outer_;
    message_.update(out);
    message_.finish(out);
  }

 private:
  Sha256State inner_;  // has taken the key and its padding
  Sha256State outer_;
  Sha256State message_;
};

}  // namespace strongroom::crypto
