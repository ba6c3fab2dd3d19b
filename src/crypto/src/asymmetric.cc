#include "strongroom/crypto/asymmetric.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "asymmetric_key.h"
#include "crypto_reveal.h"
#include "public_key_text.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/digest.h"
#include "wiping_allocator.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kKeyBytesMax = 16U << 10;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, evp::Deleter<PKCS8_PRIV_KEY_INFO_free>>;

std::unexpected<Error> bad_public_key() {
  ERR_clear_error();
  return fail(ErrorKind::kInvalidInput, "PublicKeyInvalid",
              "the public key must be a SubjectPublicKeyInfo of RSA with 2048, 3072 or 4096 bits, "
              "EC P-256, secp256k1 or SM2");
}

std::unexpected<Error> bad_private_key() {
  ERR_clear_error();
  return fail(ErrorKind::kInvalidInput, "PrivateKeyInvalid",
              "the private key must be PKCS#8 of RSA with 2048, 3072 or 4096 bits, EC P-256, "
              "secp256k1 or SM2");
}

std::unexpected<Error> wrong_scheme() {
  return fail(ErrorKind::kInvalidInput, "SchemeInvalid", "the key does not know this scheme");
}

std::unexpected<Error> failed(const char* where) {
  ERR_clear_error();
  return internal_error(where);
}

const char* group_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcP256:
      return "P-256";
    case KeyKind::kEcP256k:
      return "secp256k1";
    default:
      return "SM2";
  }
}

evp::Pkey generate_pkey(KeyKind kind) {
  const bool rsa = plaintext_bytes_max(kind, EncryptionScheme::kRsaPkcs1) > 0;
  const char* name = rsa ? "RSA" : kind == KeyKind::kEcSm2 ? "SM2" : "EC";
  const evp::PkeyCtx context(EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr));
  if (!context || EVP_PKEY_keygen_init(context.get()) != 1) return nullptr;
  if (rsa) {
    const int bits = kind == KeyKind::kRsa2048 ? 2048 : kind == KeyKind::kRsa3072 ? 3072 : 4096;
    if (EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1) return nullptr;
  } else if (EVP_PKEY_CTX_set_group_name(context.get(), group_of(kind)) != 1) {
    return nullptr;
  }
  EVP_PKEY* pkey = nullptr;
  if (EVP_PKEY_generate(context.get(), &pkey) != 1) return nullptr;
  return evp::Pkey(pkey);
}

// The context in its slot, made at first use; null if OpenSSL refuses.
EVP_PKEY_CTX* prepared(evp::PkeyCtx& context, EVP_PKEY* pkey, int (*start)(EVP_PKEY_CTX*),
                       SignatureScheme scheme) {
  if (!context) {
    evp::PkeyCtx made(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
    if (!made || start(made.get()) != 1 || !set_signature_parameters(made.get(), scheme)) {
      return nullptr;
    }
    context = std::move(made);
  }
  return context.get();
}

EVP_PKEY_CTX* prepared_signer(ParsedKey& key, SignatureScheme scheme) {
  return prepared(key.sign[static_cast<std::size_t>(scheme)], key.pkey.get(), &EVP_PKEY_sign_init,
                  scheme);
}

EVP_PKEY_CTX* prepared_verifier(ParsedKey& key, SignatureScheme scheme) {
  return prepared(key.verify[static_cast<std::size_t>(scheme)], key.pkey.get(),
                  &EVP_PKEY_verify_init, scheme);
}

}  // namespace

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  if (der.size() > kKeyBytesMax) return bad_public_key();
  auto key = std::make_shared<ParsedKey>();
  key->pkey = evp::decode_public_key(der, nullptr);
  if (!key->pkey) return bad_public_key();
  const auto kind = kind_of(key->pkey.get());
  if (!kind) return bad_public_key();
  key->kind = *kind;
  return PublicKey(std::move(key));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kKeyBytesMax) return bad_public_key();
  const auto der = evp::der_of_public_pem(pem);
  if (!der) return bad_public_key();
  return from_spki(as_bytes(*der));
}

KeyKind PublicKey::kind() const {
  return key_->kind;
}

std::string PublicKey::spki() const {
  const int size = i2d_PUBKEY(key_->pkey.get(), nullptr);
  SR_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(der.data());
  SR_CHECK(i2d_PUBKEY(key_->pkey.get(), &out) == size);
  return der;
}

std::string PublicKey::pem() const {
  constexpr std::size_t kColumns = 64;
  const std::string der = spki();
  const std::string text = base64_encode(as_bytes(der));
  std::string pem = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t at = 0; at < text.size(); at += kColumns) {
    pem.append(text, at, kColumns).append("\n");
  }
  return pem + "-----END PUBLIC KEY-----\n";
}

bool PublicKey::verify(SignatureScheme scheme, ByteView digest, ByteView signature) const {
  if (!can_sign(key_->kind, scheme) || digest.size() != kSignedDigestBytes) return false;
  EVP_PKEY_CTX* context = prepared_verifier(*key_, scheme);
  if (context == nullptr) {
    ERR_clear_error();
    return false;
  }
  const bool valid = EVP_PKEY_verify(context, signature.data(), signature.size(), digest.data(),
                                     digest.size()) == 1;
  if (!valid) ERR_clear_error();
  return valid;
}

Result<std::string> PublicKey::encrypt(EncryptionScheme scheme,
                                       const SecretBytes& plaintext) const {
  const std::size_t max = plaintext_bytes_max(key_->kind, scheme);
  if (max == 0) return wrong_scheme();
  // SM2 has no ciphertext of nothing: its key stream would be empty.
  if (plaintext.size() > max || (scheme == EncryptionScheme::kSm2Pke && plaintext.empty())) {
    return fail(ErrorKind::kInvalidInput, "PlaintextSize",
                "the plaintext has a size that this key and scheme do not take");
  }
  const evp::PkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_->pkey.get(), nullptr));
  const ByteView in = CryptoReveal::of(plaintext);
  static constexpr std::uint8_t kNothing = 0;
  const std::uint8_t* from = in.empty() ? &kNothing : in.data();
  std::size_t size = 0;
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      !set_encryption_parameters(context.get(), scheme) ||
      EVP_PKEY_encrypt(context.get(), nullptr, &size, from, in.size()) != 1) {
    return failed("PublicKey::encrypt: preparing");
  }
  std::string out(size, '\0');
  if (EVP_PKEY_encrypt(context.get(), reinterpret_cast<std::uint8_t*>(out.data()), &size, from,
                       in.size()) != 1) {
    return failed("PublicKey::encrypt");
  }
  out.resize(size);
  return out;
}

Result<PrivateKey> PrivateKey::generate(KeyKind kind) {
  use_locked_key_heap();
  auto key = std::make_shared<ParsedKey>();
  key->pkey = generate_pkey(kind);
  if (!key->pkey) return failed("PrivateKey::generate");
  key->kind = kind;
  return PrivateKey(PublicKey(std::move(key)));
}

Result<PrivateKey> PrivateKey::from_pkcs8(const SecretBytes& der) {
  use_locked_key_heap();
  const ByteView bytes = CryptoReveal::of(der);
  if (bytes.empty() || bytes.size() > kKeyBytesMax) return bad_private_key();
  const std::uint8_t* next = bytes.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &next, static_cast<long>(bytes.size())));
  if (!info || next != bytes.data() + bytes.size()) return bad_private_key();
  auto key = std::make_shared<ParsedKey>();
  key->pkey.reset(EVP_PKCS82PKEY(info.get()));
  if (!key->pkey) return bad_private_key();
  const auto kind = kind_of(key->pkey.get());
  if (!kind) return bad_private_key();
  key->kind = *kind;
  ERR_clear_error();
  return PrivateKey(PublicKey(std::move(key)));
}

Result<SecretBytes> PrivateKey::to_pkcs8() const {
  const Pkcs8 info(EVP_PKEY2PKCS8(public_.key_->pkey.get()));
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
  if (size <= 0) return failed("PrivateKey::to_pkcs8");
  SR_TRY(auto der, SecretBytes::zeroed(static_cast<std::size_t>(size)));
  std::uint8_t* out = CryptoReveal::into(der).data();
  if (i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out) != size) return failed("PrivateKey::to_pkcs8");
  return der;
}

bool PrivateKey::check() const {
  const evp::PkeyCtx context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, public_.key_->pkey.get(), nullptr));
  const bool sound =
      context && EVP_PKEY_pairwise_check(context.get()) == 1 && EVP_PKEY_check(context.get()) == 1;
  ERR_clear_error();
  return sound;
}

Result<std::string> PrivateKey::sign(SignatureScheme scheme, ByteView digest) const {
  if (!can_sign(kind(), scheme)) return wrong_scheme();
  if (digest.size() != kSignedDigestBytes) {
    return fail(ErrorKind::kInvalidInput, "DigestSize", "the digest must have 32 bytes");
  }
  EVP_PKEY_CTX* context = prepared_signer(*public_.key_, scheme);
  if (context == nullptr) return failed("PrivateKey::sign: preparing");
  std::array<std::uint8_t, 512> signature;  // RSA-4096; DER of two 256-bit numbers is shorter
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(context, signature.data(), &size, digest.data(), digest.size()) != 1) {
    return failed("PrivateKey::sign");
  }
  return std::string(as_chars(ByteView(signature).first(size)));
}

Result<SecretBytes> PrivateKey::decrypt(EncryptionScheme scheme, ByteView ciphertext) const {
  if (!can_encrypt(kind(), scheme)) return wrong_scheme();
  const auto corrupt = [] {
    ERR_clear_error();
    return fail(ErrorKind::kCorrupt, "CiphertextInvalid", "the ciphertext does not decrypt");
  };
  if (ciphertext.empty() || ciphertext.size() > kKeyBytesMax) return corrupt();
  std::string converted;
  if (scheme == EncryptionScheme::kSm2Pke && ciphertext.front() == 0x04) {
    auto der = sm2_ciphertext_der(ciphertext);
    if (!der) return corrupt();
    converted = std::move(*der);
    ciphertext = as_bytes(converted);
  }
  if (scheme == EncryptionScheme::kSm2Pke && !is_sm2_ciphertext(ciphertext)) return corrupt();
  const evp::PkeyCtx context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, public_.key_->pkey.get(), nullptr));
  std::size_t size = 0;
  if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 ||
      !set_encryption_parameters(context.get(), scheme) ||
      EVP_PKEY_decrypt(context.get(), nullptr, &size, ciphertext.data(), ciphertext.size()) != 1 ||
      size > kKeyBytesMax) {
    return corrupt();
  }
  SR_TRY(auto buffer, SecretBytes::zeroed(size));
  const auto out = CryptoReveal::into(buffer);
  if (EVP_PKEY_decrypt(context.get(), out.data(), &size, ciphertext.data(), ciphertext.size()) !=
      1) {
    return corrupt();
  }
  return SecretBytes::copy_of(out.first(size));
}

Result<std::string> PublicKey::sm2_digest(ByteView message, std::string_view id) const {
  constexpr std::size_t kIdBytesMax = 8191;  // its length in bits must fit 16 of them
  // a ‖ b ‖ xG ‖ yG of sm2p256v1 (GB/T 32918.5 §2).
  constexpr std::string_view kCurve =
      "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
      "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
      "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
      "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";
  if (key_->kind != KeyKind::kEcSm2 || id.size() > kIdBytesMax) return wrong_scheme();
  // The last 64 bytes of an uncompressed SubjectPublicKeyInfo are the point.
  const std::string der = spki();
  constexpr std::size_t kPointBytes = 64;
  SR_CHECK(der.size() > kPointBytes && der[der.size() - kPointBytes - 1] == 0x04);
  std::string input;
  append_u16(input, static_cast<std::uint16_t>(id.size() * 8));
  input.append(id).append(*hex_decode(kCurve)).append(der, der.size() - kPointBytes);
  const Digest32 z = sm3(as_bytes(input));
  std::string signed_text(as_chars(z));
  signed_text.append(as_chars(message));
  return std::string(as_chars(sm3(as_bytes(signed_text))));
}

}  // namespace strongroom::crypto
