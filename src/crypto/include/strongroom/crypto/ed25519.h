#pragma once
// Ed25519 (RFC 8032, pure) for audit checkpoints. A signer may be used by several threads at a
// time.

#include <cstddef>
#include <memory>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

inline constexpr std::size_t kEd25519SeedBytes = 32;
inline constexpr std::size_t kEd25519PublicBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

class Ed25519Signer {
 public:
  /// kInvalidInput unless `seed` has 32 bytes.
  static Result<Ed25519Signer> from_seed(const SecretBytes& seed);

  /// 32 bytes.
  const std::string& public_key() const { return public_key_; }
  /// 64 bytes; the same for the same message.
  std::string sign(ByteView message) const;

 private:
  struct Key;
  Ed25519Signer(std::shared_ptr<const Key> key, std::string public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  std::shared_ptr<const Key> key_;
  std::string public_key_;
};

/// False for anything but a valid signature, wrong sizes included.
bool ed25519_verify(ByteView public_key, ByteView message, ByteView signature);

}  // namespace strongroom::crypto
