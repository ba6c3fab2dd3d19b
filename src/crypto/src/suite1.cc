#include "strongroom/crypto/suite1.h"

#include <string.h>

#include <array>
#include <utility>

#include "crypto_reveal.h"
#include "evp.h"
#include "gcm.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::crypto {
namespace {

constexpr std::string_view kMagic("KME\x01\x01", 5);
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kCommitmentBytes = 32;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kOkmBytes = 64;
constexpr std::size_t kSaltAt = kMagic.size();
constexpr std::size_t kIvAt = kSaltAt + kSaltBytes;
constexpr std::size_t kCommitmentAt = kIvAt + gcm::kIvBytes;
constexpr std::size_t kCiphertextAt = kCommitmentAt + kCommitmentBytes;
static_assert(kCiphertextAt + gcm::kTagBytes == kSuite1Overhead);

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "SealedDataCorrupt", "sealed data failed authentication");
}

bool has_form(std::string_view blob) {
  return blob.size() >= kSuite1Overhead && blob.size() <= limits::kSealedBytesMax &&
         blob.starts_with(kMagic);
}

// KBKDF in counter mode (SP 800-108r1 §4.1) with HMAC-SHA256:
// OKM = HMAC(K, 1 ‖ fixed) ‖ HMAC(K, 2 ‖ fixed), fixed = label ‖ 0 ‖ 0x01 ‖ salt ‖ SHA-256(AAD) ‖
// 512.
void derive_okm(ByteView key, ByteView aad, ByteView salt, std::span<std::uint8_t> okm) {
  constexpr std::string_view kPrefix("\0\0\0\x01KMSENV1\0\x01", 13);
  constexpr std::string_view kBits("\0\0\x02\0", 4);
  const Digest32 aad_hash = sha256(aad);
  std::array<std::uint8_t, kPrefix.size() + kSaltBytes + 32 + kBits.size()> input;
  std::uint8_t* end = input.data();
  end = static_cast<std::uint8_t*>(mempcpy(end, kPrefix.data(), kPrefix.size()));
  end = static_cast<std::uint8_t*>(mempcpy(end, salt.data(), kSaltBytes));
  end = static_cast<std::uint8_t*>(mempcpy(end, aad_hash.data(), aad_hash.size()));
  mempcpy(end, kBits.data(), kBits.size());

  evp::Hmac mac(MacHash::kSha256, key);
  mac.update(input);
  mac.finish(okm.first(32));
  input[3] = 2;
  mac.again();
  mac.update(input);
  mac.finish(okm.last(32));
}

Result<SecretBytes> make_okm(const SecretBytes& key, ByteView aad, ByteView salt) {
  SR_CHECK(key.size() == kKeyBytes);
  SR_TRY(auto okm, SecretBytes::zeroed(kOkmBytes));
  derive_okm(CryptoReveal::of(key), aad, salt, CryptoReveal::into(okm));
  return okm;
}

bool commitment_matches(const SecretBytes& okm, std::string_view blob) {
  return ct_equal(CryptoReveal::of(okm).last(kCommitmentBytes),
                  as_bytes(blob.substr(kCommitmentAt, kCommitmentBytes)));
}

// The commitment has been checked.
Result<SecretBytes> open_with_okm(const SecretBytes& okm, ByteView aad, std::string_view blob) {
  const ByteView sealed = as_bytes(blob.substr(kCiphertextAt));
  SR_TRY(auto plaintext, SecretBytes::zeroed(sealed.size() - gcm::kTagBytes));
  const gcm::Input input{.key = CryptoReveal::of(okm).first(kKeyBytes),
                         .iv = as_bytes(blob.substr(kIvAt, gcm::kIvBytes)),
                         .aad = aad};
  if (!gcm::open(input, sealed, CryptoReveal::into(plaintext))) return corrupt();
  return plaintext;
}

}  // namespace

Result<std::string> suite1_seal(const SecretBytes& key, ByteView aad, ByteView plaintext,
                                Random& random) {
  if (plaintext.size() > limits::kSealedBytesMax - kSuite1Overhead) {
    return internal_error("suite1_seal: plaintext is larger than limits::kSealedBytesMax");
  }
  std::string blob(kSuite1Overhead + plaintext.size(), '\0');
  const std::span<std::uint8_t> out(reinterpret_cast<std::uint8_t*>(blob.data()), blob.size());
  memcpy(out.data(), kMagic.data(), kMagic.size());
  random.fill(out.subspan(kSaltAt, kSaltBytes + gcm::kIvBytes));
  SR_TRY(auto okm, make_okm(key, aad, out.subspan(kSaltAt, kSaltBytes)));
  const ByteView derived = CryptoReveal::of(okm);
  memcpy(out.data() + kCommitmentAt, derived.data() + kKeyBytes, kCommitmentBytes);
  const gcm::Input input{
      .key = derived.first(kKeyBytes), .iv = out.subspan(kIvAt, gcm::kIvBytes), .aad = aad};
  if (!gcm::seal(input, plaintext, out.subspan(kCiphertextAt))) {
    return internal_error("suite1_seal: AES-256-GCM failed");
  }
  return blob;
}

Result<std::string> suite1_seal(const SecretBytes& key, ByteView aad, const SecretBytes& plaintext,
                                Random& random) {
  return suite1_seal(key, aad, CryptoReveal::of(plaintext), random);
}

Result<DerivedKey> suite1_derive(const SecretBytes& key, ByteView aad, std::string_view blob) {
  if (!has_form(blob)) return corrupt();
  const std::string_view salt = blob.substr(kSaltAt, kSaltBytes);
  SR_TRY(auto okm, make_okm(key, aad, as_bytes(salt)));
  if (!commitment_matches(okm, blob)) return corrupt();
  return DerivedKey{.kenc_kcom = std::move(okm), .salt = std::string(salt)};
}

Result<SecretBytes> suite1_open(const SecretBytes& key, ByteView aad, std::string_view blob) {
  if (!has_form(blob)) return corrupt();
  SR_TRY(auto okm, make_okm(key, aad, as_bytes(blob.substr(kSaltAt, kSaltBytes))));
  if (!commitment_matches(okm, blob)) return corrupt();
  return open_with_okm(okm, aad, blob);
}

Result<SecretBytes> suite1_open_derived(const DerivedKey& derived, ByteView aad,
                                        std::string_view blob) {
  SR_CHECK(derived.kenc_kcom.size() == kOkmBytes);
  if (!has_form(blob) || blob.substr(kSaltAt, kSaltBytes) != derived.salt ||
      !commitment_matches(derived.kenc_kcom, blob)) {
    return corrupt();
  }
  return open_with_okm(derived.kenc_kcom, aad, blob);
}

std::string_view suite1_commitment(std::string_view blob) {
  if (!has_form(blob)) return {};
  return blob.substr(kCommitmentAt, kCommitmentBytes);
}

}  // namespace strongroom::crypto
