#pragma once
// Key pairs of the key service: RSA 2048/3072/4096, EC P-256, secp256k1 and SM2, with exactly the
// signature and encryption schemes the API names (openapi.md §7.4).
//
// Private keys are parsed from PKCS#8 in SecretBytes. Their numbers live in libcrypto's locked
// heap, and every block that libcrypto frees is wiped (wiping_allocator.cc). An object keeps the
// contexts of the schemes it has used, so that a second signature costs the primitive alone: use
// one object from one thread at a time. Copies share the key and those contexts.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

enum class KeyKind : std::uint8_t { kRsa2048, kRsa3072, kRsa4096, kEcP256, kEcP256k, kEcSm2 };

enum class SignatureScheme : std::uint8_t {
  kRsaPssSha256,    // RFC 8017 §8.1: MGF1 with SHA-256, salt of 32 bytes
  kRsaPkcs1Sha256,  // RFC 8017 §8.2
  kEcdsaSha256,     // FIPS 186-5 §6 on P-256 or secp256k1; ASN.1 DER
  kSm2Dsa,          // GB/T 32918.2, over SM3(Z ‖ M); ASN.1 DER
};
inline constexpr std::size_t kSignatureSchemes = 4;

enum class EncryptionScheme : std::uint8_t {
  kRsaOaepSha1,    // RFC 8017 §7.1, MGF1 with the same hash, empty label
  kRsaOaepSha256,  // the same with SHA-256
  kRsaPkcs1,       // RFC 8017 §7.2: only to unwrap imported key material (openapi.md §7.6)
  kSm2Pke,         // GB/T 32918.4, C1C3C2; written as the ASN.1 of GM/T 0009
};
inline constexpr std::size_t kEncryptionSchemes = 4;

/// All schemes sign a digest of 32 bytes.
inline constexpr std::size_t kSignedDigestBytes = 32;

bool can_sign(KeyKind kind, SignatureScheme scheme);
bool can_encrypt(KeyKind kind, EncryptionScheme scheme);
/// The most bytes that one encryption takes; 0 if the kind does not know the scheme.
std::size_t plaintext_bytes_max(KeyKind kind, EncryptionScheme scheme);

struct ParsedKey;  // asymmetric_key.h

class PublicKey {
 public:
  /// From a SubjectPublicKeyInfo in DER, or PEM with the label PUBLIC KEY. kInvalidInput if it is
  /// none, has another kind or size, its point is not on the curve, or bytes follow it.
  static Result<PublicKey> from_spki(ByteView der);
  static Result<PublicKey> from_pem(std::string_view pem);

  KeyKind kind() const;
  /// SubjectPublicKeyInfo in DER, and as PEM with 64 columns and a last newline.
  std::string spki() const;
  std::string pem() const;

  /// False for anything but a valid signature over `digest`, wrong schemes and sizes included.
  bool verify(SignatureScheme scheme, ByteView digest, ByteView signature) const;

  /// kInvalidInput for a scheme the key does not know or a plaintext beyond plaintext_bytes_max.
  Result<std::string> encrypt(EncryptionScheme scheme, const SecretBytes& plaintext) const;

  /// What an SM2 signature signs: SM3(Z ‖ message) with the identity `id` (GB/T 32918.2 §5.5).
  /// kInvalidInput for other kinds or an id beyond 8191 bytes.
  Result<std::string> sm2_digest(ByteView message, std::string_view id = kSm2DefaultId) const;
  static constexpr std::string_view kSm2DefaultId = "1234567812345678";

 private:
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<ParsedKey> key) : key_(std::move(key)) {}
  std::shared_ptr<ParsedKey> key_;
};

class PrivateKey {
 public:
  /// A new pair from libcrypto's generator. RSA takes up to a second.
  static Result<PrivateKey> generate(KeyKind kind);
  /// kInvalidInput if `der` is no PKCS#8 of a known kind and size. Numbers are not checked for
  /// consistency: call check() for keys from outside.
  static Result<PrivateKey> from_pkcs8(const SecretBytes& der);

  KeyKind kind() const { return public_.kind(); }
  const PublicKey& public_key() const { return public_; }
  Result<SecretBytes> to_pkcs8() const;
  /// True if private and public part fit each other and RSA's primes are primes (SP 800-56B).
  bool check() const;

  /// The signature of `digest` (kSignedDigestBytes). kInvalidInput for a scheme the key does not
  /// know or another size.
  Result<std::string> sign(SignatureScheme scheme, ByteView digest) const;

  /// kInvalidInput for a scheme the key does not know; kCorrupt, without a reason, for anything
  /// that does not decrypt. SM2 also takes the plain form 04 ‖ x ‖ y ‖ C3 ‖ C2.
  Result<SecretBytes> decrypt(EncryptionScheme scheme, ByteView ciphertext) const;

 private:
  explicit PrivateKey(PublicKey key) : public_(std::move(key)) {}
  PublicKey public_;  // holds both halves
};

}  // namespace strongroom::crypto
