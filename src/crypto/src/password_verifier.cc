#include "strongroom/crypto/password_verifier.h"

#include <algorithm>
#include <array>

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kSha1Bytes = 20;
using Sha1Digest = std::array<std::uint8_t, kSha1Bytes>;

Sha1Digest sha1(ByteView data) {
  Sha1Digest digest;
  unsigned int size = 0;
  SR_CHECK(EVP_Digest(data.data(), data.size(), digest.data(), &size, evp::algorithms().sha1,
                      nullptr) == 1 &&
           size == digest.size());
  return digest;
}

}  // namespace

std::string mysql_native_hash(const SecretBytes& password) {
  Sha1Digest once = sha1(CryptoReveal::of(password));  // what a client proves: wiped below
  const Sha1Digest twice = sha1(once);
  OPENSSL_cleanse(once.data(), once.size());
  std::string text = "*" + hex_encode(twice);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

}  // namespace strongroom::crypto
