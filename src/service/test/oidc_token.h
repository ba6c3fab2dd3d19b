#pragma once
// An OIDC issuer's key and the tokens it signs.

#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::test {

inline std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(as_bytes(bytes));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

class OidcSigner {
 public:
  OidcSigner() : key_(*crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048)) {}

  std::string key_set(std::string_view id) const {
    constexpr std::size_t kModulus = 256;
    constexpr std::size_t kExponent = 5;  // tag, length, 65537
    const std::string spki = key_.public_key().spki();
    const std::string modulus = spki.substr(spki.size() - kExponent - kModulus, kModulus);
    return R"({"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":")" + std::string(id) +
           R"(","n":")" + base64url(modulus) + R"(","e":"AQAB"}]})";
  }
  std::string token(std::string_view key_id, std::string_view claims) {
    std::string text = base64url(R"({"alg":"RS256","kid":")" + std::string(key_id) + R"("})") +
                       "." + base64url(claims);
    const crypto::Digest32 digest = crypto::sha256(as_bytes(text));
    const auto signature = key_.sign(crypto::SignatureScheme::kRsaPkcs1Sha256, digest);
    SR_CHECK(signature.has_value());
    return text + "." + base64url(*signature);
  }

 private:
  crypto::PrivateKey key_;
};

}  // namespace strongroom::test
