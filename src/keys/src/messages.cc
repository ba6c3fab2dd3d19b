// Messages of the instance API (instance-protocol.md §3): a caller may choose algorithm and iv.

#include <algorithm>
#include <array>

#include "errors.h"
#include "message_key.h"
#include "record.h"
#include "reveal.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/aes_gcm.h"
#include "strongroom/keys/cryptography.h"

namespace strongroom::keys {
namespace {

using enum SymmetricAlgorithm;

constexpr std::array<std::string_view, 8> kNames{"AES_GCM", "AES_CBC", "AES_CTR", "AES_ECB",
                                                 "SM4_GCM", "SM4_CBC", "SM4_CTR", "SM4_ECB"};

bool is_gcm(SymmetricAlgorithm algorithm) {
  return algorithm == kAesGcm || algorithm == kSm4Gcm;
}

std::size_t iv_bytes(SymmetricAlgorithm algorithm) {
  if (is_gcm(algorithm)) return crypto::kGcmIvBytes;
  return algorithm == kAesEcb || algorithm == kSm4Ecb ? 0 : crypto::kBlockBytes;
}

crypto::BlockSettings block_settings(SymmetricAlgorithm algorithm, crypto::Padding padding) {
  const bool sm4 = algorithm >= kSm4Gcm;
  const auto mode = static_cast<int>(algorithm) % 4;  // GCM, CBC, CTR, ECB
  const bool ctr = mode == 2;
  return {.cipher = sm4 ? crypto::BlockCipher::kSm4 : crypto::BlockCipher::kAes,
          .mode = ctr         ? crypto::BlockMode::kCtr
                  : mode == 1 ? crypto::BlockMode::kCbc
                              : crypto::BlockMode::kEcb,
          .padding = ctr ? crypto::Padding::kNone : padding};
}

Result<SymmetricAlgorithm> algorithm_for(const UsableVersion& usable,
                                         const MessageSettings& settings) {
  const bool sm4 = usable.spec == KeySpec::kSm4;
  const SymmetricAlgorithm algorithm = settings.algorithm.value_or(sm4 ? kSm4Gcm : kAesGcm);
  if ((algorithm >= kSm4Gcm) != sm4) {
    return unsupported_spec("A key of spec " + std::string(to_text(usable.spec)) +
                            " does not know this Algorithm.");
  }
  if (!settings.aad.empty() && !is_gcm(algorithm))
    return invalid_parameter("Aad", "It is for GCM only.");
  if (settings.aad.size() > limits::kEncryptionContextCharsMax) {
    return invalid_parameter("Aad", "It has at most 8192 bytes.");
  }
  if (!settings.iv.empty() && settings.iv.size() != iv_bytes(algorithm)) {
    return invalid_parameter("Iv", "It has 12 bytes for GCM, 16 for CBC, and is empty for ECB.");
  }
  return algorithm;
}

struct Message {
  KeySpec spec;
  SymmetricAlgorithm algorithm;
  const SecretBytes& key;
  std::string_view iv;
  const MessageSettings& settings;

  GcmInput gcm() const {
    return {.spec = spec, .key = key, .iv = as_bytes(iv), .aad = as_bytes(settings.aad)};
  }
};

Result<std::string> seal_with(const Message& message, const SecretBytes& plaintext) {
  if (is_gcm(message.algorithm)) return gcm_seal(message.gcm(), plaintext);
  auto sealed = crypto::block_encrypt(block_settings(message.algorithm, message.settings.padding),
                                      message.key, as_bytes(message.iv), plaintext);
  if (!sealed && sealed.error().kind() == ErrorKind::kInvalidInput) {
    return invalid_parameter("Plaintext",
                             "Without padding it must be a whole number of 16-byte blocks.");
  }
  return sealed;
}

Result<SecretBytes> open_with(const Message& message, ByteView sealed) {
  if (is_gcm(message.algorithm)) return gcm_open(message.gcm(), sealed);
  return crypto::block_decrypt(block_settings(message.algorithm, message.settings.padding),
                               message.key, as_bytes(message.iv), sealed);
}

std::string random_text(Random& random, std::size_t size) {
  std::string text(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return text;
}

Result<SecretBytes> open_salted(const Message& message, ByteView sealed) {
  const ByteView salt = sealed.subspan(kSaltedHead.size(), kSaltBytes);
  SR_TRY(const SecretBytes own, message_key(message.key, message.algorithm, salt));
  const Message inner{message.spec, message.algorithm, own, message.iv, message.settings};
  return open_with(inner, sealed.subspan(kSaltedHead.size() + kSaltBytes));
}

/// The private key as text, wiped on the way.
Result<SecretBytes> private_key_text(const SecretBytes& der, KeyFormat format) {
  if (format == KeyFormat::kDer) return SecretBytes::copy_of(KeysReveal::view(der));
  constexpr std::size_t kColumns = 64;
  std::string base64 = base64_encode(KeysReveal::view(der));
  std::string pem;
  pem.reserve(base64.size() + base64.size() / kColumns + 80);  // never grown: no copy is left
  pem += "-----BEGIN PRIVATE KEY-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kColumns) {
    pem.append(base64, at, kColumns).append("\n");
  }
  pem += "-----END PRIVATE KEY-----\n";
  SR_CHECK_OK(SecretBytes::take({reinterpret_cast<std::uint8_t*>(base64.data()), base64.size()}));
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()});
}

}  // namespace

std::optional<SymmetricAlgorithm> symmetric_algorithm_of(std::string_view text) {
  const auto found = std::ranges::find(kNames, text);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<SymmetricAlgorithm>(found - kNames.begin());
}

std::string_view to_text(SymmetricAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)];
}

Result<UsableVersion> Cryptography::usable_symmetric(barrier::Reader& reader,
                                                     VersionRef version) const {
  SR_TRY(UsableVersion usable,
         keys_.usable(reader, version.account, version.key_id, version.version_id));
  if (is_symmetric(usable.spec)) return usable;
  return unsupported_spec("The key is of spec " + std::string(to_text(usable.spec)) +
                          "; this needs a symmetric key.");
}

Result<SealedMessage> Cryptography::seal(barrier::Reader& reader, VersionRef version,
                                         const MessageSettings& settings,
                                         const SecretBytes& plaintext) const {
  SR_TRY(UsableVersion usable, usable_symmetric(reader, version));
  SR_TRY(const SymmetricAlgorithm algorithm, algorithm_for(usable, settings));
  SR_TRY(const SecretBytes material, decode_material_bytes(usable.record));
  SealedMessage out{std::move(usable.key_id),
                    std::move(usable.version_id),
                    std::string(settings.iv),
                    {},
                    algorithm};
  if (out.iv.empty()) out.iv = random_text(random_, iv_bytes(algorithm));
  if (settings.iv.empty() && is_gcm(algorithm)) {
    const Message message{usable.spec, algorithm, material, out.iv, settings};
    SR_TRY(out.ciphertext, seal_with(message, plaintext));
    return out;
  }
  const std::string salt = random_text(random_, kSaltBytes);
  SR_TRY(const SecretBytes own, message_key(material, algorithm, as_bytes(salt)));
  const Message message{usable.spec, algorithm, own, out.iv, settings};
  SR_TRY(const std::string sealed, seal_with(message, plaintext));
  out.ciphertext = std::string(kSaltedHead).append(salt).append(sealed);
  return out;
}

Result<Decrypted> Cryptography::open(barrier::Reader& reader, VersionRef version,
                                     const MessageSettings& settings, ByteView ciphertext) const {
  SR_TRY(UsableVersion usable, usable_symmetric(reader, version));
  SR_TRY(const SymmetricAlgorithm algorithm, algorithm_for(usable, settings));
  if (settings.iv.size() != iv_bytes(algorithm)) return does_not_open();
  SR_TRY(const SecretBytes material, decode_material_bytes(usable.record));
  const Message message{usable.spec, algorithm, material, settings.iv, settings};
  const bool salted = as_chars(ciphertext).starts_with(kSaltedHead) &&
                      ciphertext.size() > kSaltedHead.size() + kSaltBytes;
  if (!salted && !is_gcm(algorithm)) return does_not_open();
  auto plaintext = salted ? open_salted(message, ciphertext) : open_with(message, ciphertext);
  // A GCM ciphertext of ours may start like that by chance: one in 2^40.
  if (salted && !plaintext && is_gcm(algorithm)) plaintext = open_with(message, ciphertext);
  if (!plaintext && plaintext.error().kind() == ErrorKind::kCorrupt) return does_not_open();
  if (!plaintext) return std::unexpected(plaintext.error());
  return Decrypted{std::move(usable.key_id), std::move(usable.version_id), std::move(*plaintext)};
}

Result<SealedDataKey> Cryptography::generate_data_key(barrier::Reader& reader, VersionRef version,
                                                      const MessageSettings& settings,
                                                      std::size_t bytes) const {
  if (bytes == 0 || bytes > limits::kDataKeyBytesMax) {
    return invalid_parameter("NumberOfBytes", "It must be from 1 to 1024.");
  }
  SR_TRY(SecretBytes plaintext, SecretBytes::zeroed(bytes));
  random_.fill(KeysReveal::into(plaintext));
  SR_TRY(SealedMessage sealed, seal(reader, version, settings, plaintext));
  return SealedDataKey{std::move(sealed), std::move(plaintext)};
}

Result<SealedKeyPair> Cryptography::generate_data_key_pair(barrier::Reader& reader,
                                                           VersionRef version,
                                                           const MessageSettings& settings,
                                                           crypto::KeyKind kind,
                                                           KeyFormat format) const {
  // The key is judged before a second is spent on the pair.
  SR_CHECK_OK(usable_symmetric(reader, version));
  SR_TRY(const crypto::PrivateKey pair, crypto::PrivateKey::generate(kind));
  SR_TRY(const SecretBytes der, pair.to_pkcs8());
  SR_TRY(SecretBytes text, private_key_text(der, format));
  SR_TRY(SealedMessage sealed, seal(reader, version, settings, text));
  const crypto::PublicKey& half = pair.public_key();
  return SealedKeyPair{std::move(sealed), std::move(text),
                       format == KeyFormat::kPem ? half.pem() : half.spki()};
}

}  // namespace strongroom::keys
