#pragma once
// What libcrypto needs once per process (fetched algorithms) and once per thread (contexts).
// Nothing here is fetched or allocated per call; that is what makes a read cheap.

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "strongroom/base/bytes.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::crypto::evp {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using MdCtx = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using MacCtx = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;
using CipherCtx = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyCtx = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;

/// Fetched at first use and kept until the process ends.
struct Algorithms {
  EVP_MD* sha1;
  EVP_MD* sha256;
  EVP_MD* sm3;
  EVP_MAC* hmac;
  EVP_CIPHER* aes_256_gcm;
  EVP_CIPHER* aes_128_gcm;
  EVP_CIPHER* aes_192_gcm;
};
const Algorithms& algorithms();

/// One thread's contexts. A context keeps its last key until it is re-keyed or its thread ends.
struct ThreadContexts {
  ThreadContexts();
  MdCtx sha256;
  MdCtx sm3;
  std::array<MacCtx, kMacHashes> hmac;  // by MacHash; the rare ones are made at first use
  std::array<std::uint64_t, kMacHashes> hmac_serial{};  // of the HmacKey that keyed each
  CipherCtx gcm_seal;
  CipherCtx gcm_open;
};
ThreadContexts& thread_contexts();

inline constexpr std::uint64_t kNoSerial = 0;  // some key without a serial

/// HMAC with the thread's context: start keys it, unless the key with the same serial did so last;
/// `again` starts a new message under the same key.
class Hmac {
 public:
  Hmac(MacHash hash, ByteView key, std::uint64_t serial = kNoSerial);
  void again();
  void update(ByteView data);
  /// Writes as many bytes as the hash has; `out` must have room for them. Returns the size.
  std::size_t finish(std::span<std::uint8_t> out);

 private:
  EVP_MAC_CTX* context_;
};

}  // namespace strongroom::crypto::evp
