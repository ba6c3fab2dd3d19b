#pragma once
// What kinds of keys there are, what each is for, and the algorithms each knows (openapi.md §3.4,
// §7.4). Numbers are on disk (docs/formats/key.md): never renumber. Pure, thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::keys {

enum class KeySpec : std::uint8_t {
  kAes256 = 0,
  kAes192 = 1,
  kAes128 = 2,
  kSm4 = 3,
  kRsa2048 = 4,
  kRsa3072 = 5,
  kRsa4096 = 6,
  kEcP256 = 7,
  kEcP256k = 8,
  kEcSm2 = 9,
  kHmacSha224 = 10,
  kHmacSha256 = 11,
  kHmacSha384 = 12,
  kHmacSha512 = 13,
  kHmacSm3 = 14,
};
inline constexpr std::size_t kKeySpecs = 15;

enum class KeyUsage : std::uint8_t { kEncryptDecrypt = 0, kSignVerify = 1, kMac = 2 };
inline constexpr KeyUsage kKeyUsages[] = {KeyUsage::kEncryptDecrypt, KeyUsage::kSignVerify,
                                          KeyUsage::kMac};

/// As the API spells them: "Aliyun_AES_256", "RSA_2048", "HMAC_SHA_256"; "ENCRYPT/DECRYPT".
std::string_view to_text(KeySpec spec);
std::string_view to_text(KeyUsage usage);
/// Nothing for another text.
std::optional<KeySpec> spec_of(std::string_view text);
std::optional<KeyUsage> usage_of(std::string_view text);

/// AES and SM4: what Encrypt, data keys and secrets take.
bool is_symmetric(KeySpec spec);
bool is_asymmetric(KeySpec spec);
bool is_mac(KeySpec spec);
bool allows(KeySpec spec, KeyUsage usage);
/// SIGN/VERIFY if the spec can sign, its only usage otherwise (openapi.md §16).
KeyUsage default_usage(KeySpec spec);

/// Bytes of key material of a symmetric or MAC spec; 0 for key pairs.
std::size_t material_bytes(KeySpec spec);
/// The pair behind an asymmetric spec; must be one.
crypto::KeyKind kind_of(KeySpec spec);
/// The hash of a MAC spec; must be one.
crypto::MacHash hash_of(KeySpec spec);
/// "HMAC_SHA_256" and so on, as GenerateMac names it; the same as the spec's name.
std::optional<crypto::MacHash> mac_algorithm_of(std::string_view text);

/// "RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256", "ECDSA_SHA_256", "SM2DSA".
std::optional<crypto::SignatureScheme> signature_scheme_of(std::string_view text);
/// "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE", and, for wrapping only,
/// "RSAES_PKCS1_V1_5".
std::optional<crypto::EncryptionScheme> encryption_scheme_of(std::string_view text);

}  // namespace strongroom::keys
