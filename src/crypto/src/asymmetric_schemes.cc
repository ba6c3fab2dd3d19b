// Which kinds know which schemes, and their parameters in libcrypto's terms.

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <string_view>

#include "asymmetric_key.h"

namespace strongroom::crypto {
namespace {

bool is_rsa(KeyKind kind) {
  return kind == KeyKind::kRsa2048 || kind == KeyKind::kRsa3072 || kind == KeyKind::kRsa4096;
}

std::size_t rsa_bytes(KeyKind kind) {
  return kind == KeyKind::kRsa2048 ? 256 : kind == KeyKind::kRsa3072 ? 384 : 512;
}

// 6,144 bytes of ciphertext less point, hash and format (openapi.md §7.4).
constexpr std::size_t kSm2PlaintextBytesMax = 6047;
constexpr std::size_t kSm2HashBytes = 32;

void append_der(std::string& out, char tag, std::string_view value) {
  out.push_back(tag);
  if (value.size() >= 0x100) {
    out.push_back(static_cast<char>(0x82));
    append_u16(out, static_cast<std::uint16_t>(value.size()));
  } else {
    if (value.size() >= 0x80) out.push_back(static_cast<char>(0x81));
    out.push_back(static_cast<char>(value.size()));
  }
  out.append(value);
}

/// The value of the next element, which must have `tag`; nothing if there is none. Takes lengths
/// that are not minimal: the caller compares with what append_der makes.
std::optional<std::string_view> take_der(std::string_view& rest, char tag) {
  if (rest.size() < 2 || rest[0] != tag) return std::nullopt;
  std::size_t size = static_cast<unsigned char>(rest[1]);
  std::size_t head = 2;
  if (size == 0x81 && rest.size() >= 3) {
    size = static_cast<unsigned char>(rest[2]);
    head = 3;
  } else if (size == 0x82 && rest.size() >= 4) {
    size = load_u16(rest.data() + 2);
    head = 4;
  } else if (size >= 0x80) {
    return std::nullopt;
  }
  if (rest.size() - head < size) return std::nullopt;
  const std::string_view value = rest.substr(head, size);
  rest.remove_prefix(head + size);
  return value;
}

/// A non-negative number in 32 bytes.
std::optional<std::string> fixed_number(std::string_view number) {
  if (number.size() == 33 && number.front() == 0) number.remove_prefix(1);
  if (number.empty() || number.size() > 32) return std::nullopt;
  return std::string(32 - number.size(), '\0').append(number);
}

void append_der_number(std::string& out, std::string_view big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == 0) big_endian.remove_prefix(1);
  std::string value(big_endian);
  if ((static_cast<unsigned char>(value.front()) & 0x80U) != 0) value.insert(value.begin(), '\0');
  append_der(out, 0x02, value);
}

}  // namespace

bool can_sign(KeyKind kind, SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kRsaPssSha256:
    case SignatureScheme::kRsaPkcs1Sha256:
      return is_rsa(kind);
    case SignatureScheme::kEcdsaSha256:
      return kind == KeyKind::kEcP256 || kind == KeyKind::kEcP256k;
    case SignatureScheme::kSm2Dsa:
      return kind == KeyKind::kEcSm2;
  }
  return false;
}

bool can_encrypt(KeyKind kind, EncryptionScheme scheme) {
  return plaintext_bytes_max(kind, scheme) > 0;
}

std::size_t plaintext_bytes_max(KeyKind kind, EncryptionScheme scheme) {
  if (scheme == EncryptionScheme::kSm2Pke) {
    return kind == KeyKind::kEcSm2 ? kSm2PlaintextBytesMax : 0;
  }
  if (!is_rsa(kind)) return 0;
  switch (scheme) {
    case EncryptionScheme::kRsaOaepSha1:
      return rsa_bytes(kind) - 2 - 2 * 20;
    case EncryptionScheme::kRsaOaepSha256:
      return rsa_bytes(kind) - 2 - 2 * 32;
    default:
      return rsa_bytes(kind) - 11;
  }
}

std::optional<KeyKind> kind_of(EVP_PKEY* pkey) {
  if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
    switch (EVP_PKEY_get_bits(pkey)) {
      case 2048:
        return KeyKind::kRsa2048;
      case 3072:
        return KeyKind::kRsa3072;
      case 4096:
        return KeyKind::kRsa4096;
      default:
        return std::nullopt;
    }
  }
  if (EVP_PKEY_is_a(pkey, "SM2") == 1) return KeyKind::kEcSm2;
  if (EVP_PKEY_is_a(pkey, "EC") != 1) return std::nullopt;
  std::array<char, 32> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(pkey, name.data(), name.size(), &size) != 1) return std::nullopt;
  const std::string_view group(name.data(), size);
  if (group == "prime256v1" || group == "P-256") return KeyKind::kEcP256;
  if (group == "secp256k1") return KeyKind::kEcP256k;
  return std::nullopt;
}

bool set_signature_parameters(EVP_PKEY_CTX* context, SignatureScheme scheme) {
  EVP_MD* sha256 = evp::algorithms().sha256;
  switch (scheme) {
    case SignatureScheme::kRsaPssSha256:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context, sha256) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(context, sha256) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    case SignatureScheme::kRsaPkcs1Sha256:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context, sha256) == 1;
    case SignatureScheme::kEcdsaSha256:
      return EVP_PKEY_CTX_set_signature_md(context, sha256) == 1;
    case SignatureScheme::kSm2Dsa:
      return true;  // signs the digest it is given
  }
  return false;
}

bool set_encryption_parameters(EVP_PKEY_CTX* context, EncryptionScheme scheme) {
  const auto oaep = [context](EVP_MD* hash) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, hash) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1;
  };
  switch (scheme) {
    case EncryptionScheme::kRsaOaepSha1:
      return oaep(evp::algorithms().sha1);
    case EncryptionScheme::kRsaOaepSha256:
      return oaep(evp::algorithms().sha256);
    case EncryptionScheme::kRsaPkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case EncryptionScheme::kSm2Pke:
      return true;  // SM3 is its default
  }
  return false;
}

std::optional<std::string> sm2_ciphertext_der(ByteView plain) {
  constexpr std::size_t kPoint = 1 + 32 + 32;
  if (plain.size() <= kPoint + kSm2HashBytes || plain.size() > 0x7fff || plain.front() != 0x04) {
    return std::nullopt;
  }
  const std::string_view text = as_chars(plain);
  std::string fields;
  append_der_number(fields, text.substr(1, 32));
  append_der_number(fields, text.substr(33, 32));
  append_der(fields, 0x04, text.substr(kPoint, kSm2HashBytes));
  append_der(fields, 0x04, text.substr(kPoint + kSm2HashBytes));
  std::string der;
  append_der(der, 0x30, fields);
  return der;
}

bool is_sm2_ciphertext(ByteView der) {
  std::string_view rest = as_chars(der);
  const auto sequence = take_der(rest, 0x30);
  if (!sequence || !rest.empty()) return false;
  std::string_view fields = *sequence;
  const auto x = take_der(fields, 0x02);
  const auto y = x ? take_der(fields, 0x02) : std::nullopt;
  const auto hash = y ? take_der(fields, 0x04) : std::nullopt;
  const auto text = hash ? take_der(fields, 0x04) : std::nullopt;
  if (!text || !fields.empty() || hash->size() != kSm2HashBytes) return false;
  const auto x_bytes = fixed_number(*x);
  const auto y_bytes = fixed_number(*y);
  if (!x_bytes || !y_bytes) return false;
  const std::string plain =
      std::string("\x04").append(*x_bytes).append(*y_bytes).append(*hash).append(*text);
  const auto again = sm2_ciphertext_der(as_bytes(plain));
  return again && *again == as_chars(der);
}

}  // namespace strongroom::crypto
