#include "strongroom/keys/spec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "strongroom/base/check.h"

namespace strongroom::keys {
namespace {

struct SpecRow {
  std::string_view name;
  std::size_t material;
};

// By number.
constexpr std::array<SpecRow, kKeySpecs> kSpecs{{
    {"Aliyun_AES_256", 32},
    {"Aliyun_AES_192", 24},
    {"Aliyun_AES_128", 16},
    {"Aliyun_SM4", 16},
    {"RSA_2048", 0},
    {"RSA_3072", 0},
    {"RSA_4096", 0},
    {"EC_P256", 0},
    {"EC_P256K", 0},
    {"EC_SM2", 0},
    {"HMAC_SHA_224", 28},
    {"HMAC_SHA_256", 32},
    {"HMAC_SHA_384", 48},
    {"HMAC_SHA_512", 64},
    {"HMAC_SM3", 32},
}};

constexpr std::array<std::string_view, 3> kUsages{"ENCRYPT/DECRYPT", "SIGN/VERIFY",
                                                  "GENERATE/VERIFY_MAC"};

const SpecRow& row_of(KeySpec spec) {
  const auto at = static_cast<std::size_t>(spec);
  SR_CHECK(at < kSpecs.size());
  return kSpecs[at];
}

template <class Value, std::size_t Size>
std::optional<Value> find(const std::array<std::pair<std::string_view, Value>, Size>& table,
                          std::string_view text) {
  const auto row = std::ranges::find(table, text, &std::pair<std::string_view, Value>::first);
  if (row == table.end()) return std::nullopt;
  return row->second;
}

}  // namespace

std::string_view to_text(KeySpec spec) {
  return row_of(spec).name;
}

std::string_view to_text(KeyUsage usage) {
  return kUsages[static_cast<std::size_t>(usage)];
}

std::optional<KeySpec> spec_of(std::string_view text) {
  const auto row = std::ranges::find(kSpecs, text, &SpecRow::name);
  if (row == kSpecs.end()) return std::nullopt;
  return static_cast<KeySpec>(row - kSpecs.begin());
}

std::optional<KeyUsage> usage_of(std::string_view text) {
  const auto found = std::ranges::find(kUsages, text);
  if (found == kUsages.end()) return std::nullopt;
  return static_cast<KeyUsage>(found - kUsages.begin());
}

bool is_symmetric(KeySpec spec) {
  return spec <= KeySpec::kSm4;
}

bool is_asymmetric(KeySpec spec) {
  return spec >= KeySpec::kRsa2048 && spec <= KeySpec::kEcSm2;
}

bool is_mac(KeySpec spec) {
  return spec >= KeySpec::kHmacSha224;
}

bool allows(KeySpec spec, KeyUsage usage) {
  if (is_symmetric(spec)) return usage == KeyUsage::kEncryptDecrypt;
  if (is_mac(spec)) return usage == KeyUsage::kMac;
  if (usage == KeyUsage::kSignVerify) return true;
  return usage == KeyUsage::kEncryptDecrypt && spec != KeySpec::kEcP256 &&
         spec != KeySpec::kEcP256k;
}

KeyUsage default_usage(KeySpec spec) {
  if (is_symmetric(spec)) return KeyUsage::kEncryptDecrypt;
  return is_mac(spec) ? KeyUsage::kMac : KeyUsage::kSignVerify;
}

std::size_t material_bytes(KeySpec spec) {
  return row_of(spec).material;
}

crypto::KeyKind kind_of(KeySpec spec) {
  switch (spec) {
    case KeySpec::kRsa2048:
      return crypto::KeyKind::kRsa2048;
    case KeySpec::kRsa3072:
      return crypto::KeyKind::kRsa3072;
    case KeySpec::kRsa4096:
      return crypto::KeyKind::kRsa4096;
    case KeySpec::kEcP256:
      return crypto::KeyKind::kEcP256;
    case KeySpec::kEcP256k:
      return crypto::KeyKind::kEcP256k;
    default:
      SR_CHECK(spec == KeySpec::kEcSm2);
      return crypto::KeyKind::kEcSm2;
  }
}

crypto::MacHash hash_of(KeySpec spec) {
  const auto hash = mac_algorithm_of(to_text(spec));
  SR_CHECK(hash.has_value());
  return *hash;
}

std::optional<crypto::MacHash> mac_algorithm_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, crypto::MacHash>, 5> kTable{{
      {"HMAC_SHA_224", crypto::MacHash::kSha224},
      {"HMAC_SHA_256", crypto::MacHash::kSha256},
      {"HMAC_SHA_384", crypto::MacHash::kSha384},
      {"HMAC_SHA_512", crypto::MacHash::kSha512},
      {"HMAC_SM3", crypto::MacHash::kSm3},
  }};
  return find(kTable, text);
}

std::optional<crypto::SignatureScheme> signature_scheme_of(std::string_view text) {
  using enum crypto::SignatureScheme;
  static constexpr std::array<std::pair<std::string_view, crypto::SignatureScheme>, 4> kTable{{
      {"RSA_PSS_SHA_256", kRsaPssSha256},
      {"RSA_PKCS1_SHA_256", kRsaPkcs1Sha256},
      {"ECDSA_SHA_256", kEcdsaSha256},
      {"SM2DSA", kSm2Dsa},
  }};
  return find(kTable, text);
}

std::optional<crypto::EncryptionScheme> encryption_scheme_of(std::string_view text) {
  using enum crypto::EncryptionScheme;
  static constexpr std::array<std::pair<std::string_view, crypto::EncryptionScheme>, 4> kTable{{
      {"RSAES_OAEP_SHA_1", kRsaOaepSha1},
      {"RSAES_OAEP_SHA_256", kRsaOaepSha256},
      {"RSAES_PKCS1_V1_5", kRsaPkcs1},
      {"SM2PKE", kSm2Pke},
  }};
  return find(kTable, text);
}

}  // namespace strongroom::keys
