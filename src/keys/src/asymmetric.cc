// Signatures, asymmetric encryption and MACs (openapi.md §7.4).

#include "errors.h"
#include "message_key.h"
#include "parsed_keys.h"
#include "record.h"
#include "reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/keys/cryptography.h"

namespace strongroom::keys {
namespace {

std::unexpected<Error> wrong_algorithm(const UsableVersion& version) {
  return unsupported_spec("A key of spec " + std::string(to_text(version.spec)) + " for " +
                          std::string(to_text(version.usage)) + " does not know this Algorithm.");
}

Produced produced(UsableVersion version, std::string value) {
  return {std::move(version.key_id), std::move(version.version_id), std::move(value)};
}

}  // namespace

Result<UsableVersion> Cryptography::usable_pair(barrier::Reader& reader, VersionRef version,
                                                KeyUsage usage) const {
  SR_TRY(UsableVersion found,
         keys_.usable(reader, version.account, version.key_id, version.version_id));
  if (!is_asymmetric(found.spec)) {
    return unsupported_spec("The key is of spec " + std::string(to_text(found.spec)) +
                            "; this needs an RSA, EC or SM2 key.");
  }
  if (found.usage != usage) {
    return unsupported_spec("The key is for " + std::string(to_text(found.usage)) + ", not for " +
                            std::string(to_text(usage)) + ".");
  }
  return found;
}

Result<Produced> Cryptography::sign(barrier::Reader& reader, VersionRef version,
                                    crypto::SignatureScheme scheme, ByteView digest) const {
  SR_TRY(UsableVersion usable, usable_pair(reader, version, KeyUsage::kSignVerify));
  if (!crypto::can_sign(kind_of(usable.spec), scheme)) return wrong_algorithm(usable);
  if (digest.size() != crypto::kSignedDigestBytes) {
    return invalid_parameter("Digest", "It must be the Base64 text of 32 bytes.");
  }
  SR_TRY(const crypto::PrivateKey key, parsed_key(usable, keys_.parsed_generation()));
  SR_TRY(std::string signature, key.sign(scheme, digest));
  return produced(std::move(usable), std::move(signature));
}

Result<Cryptography::Verified> Cryptography::verify(barrier::Reader& reader, VersionRef version,
                                                    crypto::SignatureScheme scheme, ByteView digest,
                                                    ByteView signature) const {
  SR_TRY(UsableVersion usable, usable_pair(reader, version, KeyUsage::kSignVerify));
  if (!crypto::can_sign(kind_of(usable.spec), scheme)) return wrong_algorithm(usable);
  if (digest.size() != crypto::kSignedDigestBytes) {
    return invalid_parameter("Digest", "It must be the Base64 text of 32 bytes.");
  }
  SR_TRY(const crypto::PrivateKey key, parsed_key(usable, keys_.parsed_generation()));
  const bool valid = key.public_key().verify(scheme, digest, signature);
  return Verified{std::move(usable.key_id), std::move(usable.version_id), valid};
}

Result<std::string> Cryptography::digest_of(barrier::Reader& reader, VersionRef version,
                                            crypto::SignatureScheme scheme,
                                            ByteView message) const {
  if (scheme != crypto::SignatureScheme::kSm2Dsa) {
    return std::string(as_chars(crypto::sha256(message)));
  }
  SR_TRY(const UsableVersion usable, usable_pair(reader, version, KeyUsage::kSignVerify));
  if (!crypto::can_sign(kind_of(usable.spec), scheme)) return wrong_algorithm(usable);
  SR_TRY(const crypto::PrivateKey key, parsed_key(usable, keys_.parsed_generation()));
  return key.public_key().sm2_digest(message);
}

Result<Produced> Cryptography::encrypt(barrier::Reader& reader, VersionRef version,
                                       crypto::EncryptionScheme scheme,
                                       const SecretBytes& plaintext) const {
  SR_TRY(UsableVersion usable, usable_pair(reader, version, KeyUsage::kEncryptDecrypt));
  const std::size_t max = crypto::plaintext_bytes_max(kind_of(usable.spec), scheme);
  if (max == 0 || scheme == crypto::EncryptionScheme::kRsaPkcs1) return wrong_algorithm(usable);
  if (plaintext.empty() || plaintext.size() > max) {
    return invalid_parameter("Plaintext", "This key and Algorithm take 1 to " +
                                              std::to_string(max) + " bytes, before Base64.");
  }
  SR_TRY(const crypto::PrivateKey key, parsed_key(usable, keys_.parsed_generation()));
  SR_TRY(std::string sealed, key.public_key().encrypt(scheme, plaintext));
  return produced(std::move(usable), std::move(sealed));
}

Result<Decrypted> Cryptography::decrypt(barrier::Reader& reader, VersionRef version,
                                        crypto::EncryptionScheme scheme,
                                        ByteView ciphertext) const {
  SR_TRY(UsableVersion usable, usable_pair(reader, version, KeyUsage::kEncryptDecrypt));
  if (!crypto::can_encrypt(kind_of(usable.spec), scheme) ||
      scheme == crypto::EncryptionScheme::kRsaPkcs1) {
    return wrong_algorithm(usable);
  }
  SR_TRY(const crypto::PrivateKey key, parsed_key(usable, keys_.parsed_generation()));
  auto plaintext = key.decrypt(scheme, ciphertext);
  if (!plaintext && plaintext.error().kind() == ErrorKind::kCorrupt) {
    return invalid_parameter("CiphertextBlob",
                             "It does not decrypt with this key version and Algorithm.");
  }
  if (!plaintext) return std::unexpected(plaintext.error());
  return Decrypted{std::move(usable.key_id), std::move(usable.version_id), std::move(*plaintext)};
}

Result<Produced> Cryptography::public_key(barrier::Reader& reader, VersionRef version) const {
  SR_TRY(UsableVersion usable,
         keys_.usable(reader, version.account, version.key_id, version.version_id));
  if (!is_asymmetric(usable.spec)) {
    return unsupported_spec("A key of spec " + std::string(to_text(usable.spec)) +
                            " has no public key.");
  }
  SR_TRY(const crypto::PrivateKey key, parsed_key(usable, keys_.parsed_generation()));
  std::string pem = key.public_key().pem();
  return produced(std::move(usable), std::move(pem));
}

namespace {

Result<crypto::MacTag> tag_of(const UsableVersion& usable, crypto::MacHash hash, ByteView message) {
  if (!is_mac(usable.spec)) {
    return unsupported_spec("The key is of spec " + std::string(to_text(usable.spec)) +
                            "; this needs an HMAC key.");
  }
  if (hash_of(usable.spec) != hash) return wrong_algorithm(usable);
  SR_TRY(const SecretBytes material, decode_material_bytes(usable.record));
  return crypto::hmac(hash, material, message);
}

}  // namespace

Result<Produced> Cryptography::mac(barrier::Reader& reader, VersionRef version,
                                   crypto::MacHash hash, ByteView message) const {
  SR_TRY(UsableVersion usable,
         keys_.usable(reader, version.account, version.key_id, version.version_id));
  SR_TRY(const crypto::MacTag tag, tag_of(usable, hash, message));
  return produced(std::move(usable), std::string(as_chars(tag.view())));
}

Result<Cryptography::Verified> Cryptography::verify_mac(barrier::Reader& reader, VersionRef version,
                                                        crypto::MacHash hash, ByteView message,
                                                        ByteView tag) const {
  SR_TRY(UsableVersion usable,
         keys_.usable(reader, version.account, version.key_id, version.version_id));
  SR_TRY(const crypto::MacTag expected, tag_of(usable, hash, message));
  const bool valid = crypto::ct_equal(expected.view(), tag);
  return Verified{std::move(usable.key_id), std::move(usable.version_id), valid};
}

Result<std::string> export_data_key(ByteView spki, crypto::KeyKind kind,
                                    crypto::EncryptionScheme scheme, const SecretBytes& plaintext) {
  const auto key = crypto::PublicKey::from_spki(spki);
  if (!key || key->kind() != kind) {
    return invalid_parameter(
        "PublicKeyBlob",
        "It must be the Base64 text of a SubjectPublicKeyInfo in DER whose key is of "
        "the WrappingKeySpec.");
  }
  if (!crypto::can_encrypt(kind, scheme) || scheme == crypto::EncryptionScheme::kRsaPkcs1) {
    return invalid_parameter(
        "WrappingAlgorithm",
        "RSA_2048 wraps with RSAES_OAEP_SHA_256 or RSAES_OAEP_SHA_1, EC_SM2 with "
        "SM2PKE.");
  }
  if (plaintext.empty() || plaintext.size() > crypto::plaintext_bytes_max(kind, scheme)) {
    return invalid_parameter("PublicKeyBlob",
                             "The data key is too large for this key and algorithm.");
  }
  return key->encrypt(scheme, plaintext);
}

Result<SecretBytes> base64_text(const SecretBytes& bytes) {
  std::string text = base64_encode(KeysReveal::view(bytes));
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Result<SecretBytes> data_key_of_text(const SecretBytes& text) {
  auto raw = base64_decode(as_chars(KeysReveal::view(text)));
  if (!raw || raw->empty()) return SecretBytes::copy_of(KeysReveal::view(text));
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(raw->data()), raw->size()});
}

}  // namespace strongroom::keys
