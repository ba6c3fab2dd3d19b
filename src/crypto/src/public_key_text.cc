#include "public_key_text.h"

#include <openssl/decoder.h>
#include <openssl/err.h>

namespace strongroom::crypto::evp {

Pkey decode_public_key(ByteView der, const char* type) {
  EVP_PKEY* pkey = nullptr;
  OSSL_DECODER_CTX* decoder = OSSL_DECODER_CTX_new_for_pkey(
      &pkey, "DER", "SubjectPublicKeyInfo", type, EVP_PKEY_PUBLIC_KEY, nullptr, nullptr);
  const std::uint8_t* next = der.data();
  std::size_t left = der.size();
  const bool decoded =
      decoder != nullptr && OSSL_DECODER_from_data(decoder, &next, &left) == 1 && left == 0;
  OSSL_DECODER_CTX_free(decoder);
  Pkey owned(pkey);
  ERR_clear_error();
  return decoded ? std::move(owned) : nullptr;
}

std::optional<std::string> der_of_public_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos ||
      end < begin + kBegin.size()) {
    return std::nullopt;
  }
  std::string text;
  for (const char c : pem.substr(begin + kBegin.size(), end - begin - kBegin.size())) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') text.push_back(c);
  }
  return base64_decode(text);
}

}  // namespace strongroom::crypto::evp
