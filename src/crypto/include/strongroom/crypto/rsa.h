#pragma once
// RSA verification for requests that are signed with a private key (ACS3-RSA-SHA256,
// SHA256withRSA). A key may be used by several threads at a time; copies share it.

#include <memory>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"

namespace strongroom::crypto {

class RsaPublicKey {
 public:
  /// From a SubjectPublicKeyInfo, PEM ("-----BEGIN PUBLIC KEY-----") or DER. kInvalidInput if it is
  /// none, not RSA, or not between 2,048 and 8,192 bits.
  static Result<RsaPublicKey> from_pem(std::string_view pem);
  static Result<RsaPublicKey> from_der(ByteView der);
  /// From its big-endian numbers, as a JSON Web Key has them (RFC 7518 §6.3.1). Errors as above.
  static Result<RsaPublicKey> from_numbers(ByteView modulus, ByteView exponent);

  /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2.2). False for anything but a valid signature of
  /// `message`.
  bool verify_pkcs1_sha256(ByteView message, ByteView signature) const;

 private:
  struct Key;
  explicit RsaPublicKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

}  // namespace strongroom::crypto
