#include "evp.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "strongroom/base/check.h"

namespace strongroom::crypto::evp {
namespace {

EVP_MD* fetch_digest(const char* name) {
  EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  SR_CHECK(digest != nullptr);
  return digest;
}

EVP_CIPHER* fetch_cipher(const char* name) {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  SR_CHECK(cipher != nullptr);
  return cipher;
}

EVP_MAC* fetch_mac(const char* name) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, name, nullptr);
  SR_CHECK(mac != nullptr);
  return mac;
}

MdCtx make_digest_context(EVP_MD* digest) {
  MdCtx context(EVP_MD_CTX_new());
  SR_CHECK(context && EVP_DigestInit_ex2(context.get(), digest, nullptr) == 1);
  return context;
}

MacCtx make_hmac_context(const char* digest) {
  MacCtx context(EVP_MAC_CTX_new(algorithms().hmac));
  SR_CHECK(context);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_end()};
  SR_CHECK(EVP_MAC_CTX_set_params(context.get(), params) == 1);
  return context;
}

}  // namespace

const Algorithms& algorithms() {
  static const Algorithms fetched{
      .sha1 = fetch_digest("SHA1"),
      .sha256 = fetch_digest("SHA256"),
      .sm3 = fetch_digest("SM3"),
      .hmac = fetch_mac("HMAC"),
      .aes_256_gcm = fetch_cipher("AES-256-GCM"),
      .aes_128_gcm = fetch_cipher("AES-128-GCM"),
      .aes_192_gcm = fetch_cipher("AES-192-GCM"),
  };
  return fetched;
}

ThreadContexts::ThreadContexts()
    : sha256(make_digest_context(algorithms().sha256)),
      sm3(make_digest_context(algorithms().sm3)),
      hmac{make_hmac_context("SHA1"),
           make_hmac_context("SHA256"),
           make_hmac_context("SM3"),
           nullptr,
           nullptr,
           nullptr},
      gcm_seal(EVP_CIPHER_CTX_new()),
      gcm_open(EVP_CIPHER_CTX_new()) {
  SR_CHECK(gcm_seal && gcm_open);
}

ThreadContexts& thread_contexts() {
  thread_local ThreadContexts contexts;
  return contexts;
}

namespace {

EVP_MAC_CTX* hmac_context(MacHash hash) {
  constexpr std::array<const char*, kMacHashes> kNames{"SHA1",   "SHA256", "SM3",
                                                       "SHA224", "SHA384", "SHA512"};
  const auto at = static_cast<std::size_t>(hash);
  MacCtx& context = thread_contexts().hmac[at];
  if (!context) context = make_hmac_context(kNames[at]);
  return context.get();
}

}  // namespace

Hmac::Hmac(MacHash hash, ByteView key, std::uint64_t serial) : context_(hmac_context(hash)) {
  std::uint64_t& keyed_by = thread_contexts().hmac_serial[static_cast<std::size_t>(hash)];
  if (serial != kNoSerial && keyed_by == serial) {
    again();
    return;
  }
  // A null key means "the last one" to libcrypto, so an empty key needs an address.
  static constexpr std::uint8_t kNothing = 0;
  SR_CHECK(EVP_MAC_init(context_, key.empty() ? &kNothing : key.data(), key.size(), nullptr) == 1);
  keyed_by = serial;
}

void Hmac::again() {
  SR_CHECK(EVP_MAC_init(context_, nullptr, 0, nullptr) == 1);
}

void Hmac::update(ByteView data) {
  SR_CHECK(EVP_MAC_update(context_, data.data(), data.size()) == 1);
}

std::size_t Hmac::finish(std::span<std::uint8_t> out) {
  std::size_t size = 0;
  SR_CHECK(EVP_MAC_final(context_, out.data(), &size, out.size()) == 1);
  return size;
}

}  // namespace strongroom::crypto::evp
