#pragma once
// What keys do, apart from the blobs of OpenAPI's Encrypt (keys.h): signatures, asymmetric
// encryption, MACs, and the messages of the instance API (instance-protocol.md §3).
//
// Nothing here parses parameters: every gateway calls it with values. The right to use the key was
// judged by the caller; its state, spec and usage are judged here, with the API's codes:
// 404 Forbidden.KeyNotFound or Forbidden.KeyVersionNotFound, 409 Rejected.<State>, 400
// UnsupportedOperation where the key's spec or usage does not know the algorithm. Thread-safe and
// without state of its own: parsed private keys are kept per thread (parsed_keys.h), so that a
// signature costs about the primitive.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/random.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/block_cipher.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::keys {

/// One version of a key; an empty version is the primary one.
struct VersionRef {
  AccountId account;
  std::string_view key_id;
  std::string_view version_id;
};

/// A result that is not secret: a signature, a ciphertext, a MAC, a public key.
struct Produced {
  std::string key_id;
  std::string version_id;
  std::string value;
};

enum class SymmetricAlgorithm : std::uint8_t {
  kAesGcm,
  kAesCbc,
  kAesCtr,
  kAesEcb,
  kSm4Gcm,
  kSm4Cbc,
  kSm4Ctr,
  kSm4Ecb,
};
/// "AES_GCM" and so on; nothing for another text.
std::optional<SymmetricAlgorithm> symmetric_algorithm_of(std::string_view text);
std::string_view to_text(SymmetricAlgorithm algorithm);

/// How a message is encrypted. A caller's `iv` never meets the key itself: such a message, and
/// every one outside GCM, has a key of its own, derived with a random salt (docs/formats/key.md).
struct MessageSettings {
  std::optional<SymmetricAlgorithm> algorithm;  // absent: GCM of the key's cipher
  std::string_view iv;   // 12 bytes for GCM, 16 for CBC and CTR; empty: random
  std::string_view aad;  // GCM only, at most 8192 bytes
  crypto::Padding padding = crypto::Padding::kPkcs7;  // CBC and ECB
};

struct SealedMessage {
  std::string key_id;
  std::string version_id;
  std::string iv;  // empty for ECB
  std::string ciphertext;
  SymmetricAlgorithm algorithm = SymmetricAlgorithm::kAesGcm;
};

struct SealedDataKey {
  SealedMessage sealed;
  SecretBytes plaintext;
};

enum class KeyFormat : std::uint8_t { kPem, kDer };

struct SealedKeyPair {
  SealedMessage sealed;    // the private key, in the format asked for
  SecretBytes plaintext;   // the same in clear
  std::string public_key;  // SubjectPublicKeyInfo
};

class Cryptography {
 public:
  /// Both must outlive this.
  Cryptography(const Keys& keys, Random& random) : keys_(keys), random_(random) {}

  // --- signatures: keys for SIGN/VERIFY ---

  /// Of a digest of 32 bytes: SHA-256, for SM2 SM3(Z ‖ M). 400 InvalidParameter for another size.
  Result<Produced> sign(barrier::Reader& reader, VersionRef version, crypto::SignatureScheme scheme,
                        ByteView digest) const;
  /// `value` tells: a wrong signature is no error (openapi.md §7.4).
  struct Verified {
    std::string key_id;
    std::string version_id;
    bool value = false;
  };
  Result<Verified> verify(barrier::Reader& reader, VersionRef version,
                          crypto::SignatureScheme scheme, ByteView digest,
                          ByteView signature) const;
  /// What `scheme` signs of a whole message: SHA-256, or SM3(Z ‖ M) with the default identity.
  Result<std::string> digest_of(barrier::Reader& reader, VersionRef version,
                                crypto::SignatureScheme scheme, ByteView message) const;

  // --- asymmetric encryption: keys for ENCRYPT/DECRYPT ---

  /// 400 InvalidParameter for a plaintext that the key and scheme do not take.
  Result<Produced> encrypt(barrier::Reader& reader, VersionRef version,
                           crypto::EncryptionScheme scheme, const SecretBytes& plaintext) const;
  /// 400 InvalidParameter, with one text, for anything that does not decrypt.
  Result<Decrypted> decrypt(barrier::Reader& reader, VersionRef version,
                            crypto::EncryptionScheme scheme, ByteView ciphertext) const;

  /// PEM of a SubjectPublicKeyInfo.
  Result<Produced> public_key(barrier::Reader& reader, VersionRef version) const;

  // --- MACs: HMAC specs ---

  Result<Produced> mac(barrier::Reader& reader, VersionRef version, crypto::MacHash hash,
                       ByteView message) const;
  Result<Verified> verify_mac(barrier::Reader& reader, VersionRef version, crypto::MacHash hash,
                              ByteView message, ByteView tag) const;

  // --- messages of the instance API: symmetric keys ---

  /// 400 InvalidParameter for an iv, aad or padding that the algorithm does not take.
  Result<SealedMessage> seal(barrier::Reader& reader, VersionRef version,
                             const MessageSettings& settings, const SecretBytes& plaintext) const;
  /// `settings` with the iv that seal() answered. 400 InvalidParameter, with one text, for anything
  /// that does not open. Opens OpenAPI's blobs too, taken apart with parse_blob.
  Result<Decrypted> open(barrier::Reader& reader, VersionRef version,
                         const MessageSettings& settings, ByteView ciphertext) const;
  /// `bytes` random bytes (1 to limits::kDataKeyBytesMax, else 400 InvalidParameter), in clear and
  /// sealed. `settings` must leave algorithm and iv to us.
  Result<SealedDataKey> generate_data_key(barrier::Reader& reader, VersionRef version,
                                          const MessageSettings& settings, std::size_t bytes) const;
  /// A new pair of `kind` that this server does not keep. Up to a second for RSA.
  Result<SealedKeyPair> generate_data_key_pair(barrier::Reader& reader, VersionRef version,
                                               const MessageSettings& settings,
                                               crypto::KeyKind kind, KeyFormat format) const;

 private:
  Result<UsableVersion> usable_pair(barrier::Reader& reader, VersionRef version,
                                    KeyUsage usage) const;
  Result<UsableVersion> usable_symmetric(barrier::Reader& reader, VersionRef version) const;

  const Keys& keys_;
  Random& random_;
};

/// A data key for the public key of somebody else: `plaintext`, wrapped. 400 InvalidParameter if
/// `spki` is not a key of `kind` or does not know the scheme.
Result<std::string> export_data_key(ByteView spki, crypto::KeyKind kind,
                                    crypto::EncryptionScheme scheme, const SecretBytes& plaintext);
/// The bytes that a data key's Base64 text stands for; the text itself if it is no Base64.
Result<SecretBytes> data_key_of_text(const SecretBytes& text);

/// Base64 text of secret bytes.
Result<SecretBytes> base64_text(const SecretBytes& bytes);

}  // namespace strongroom::keys
