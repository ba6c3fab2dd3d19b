#include "strongroom/crypto/md5.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace strongroom::crypto {

std::string md5_hex(ByteView data) {
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> md5(EVP_MD_fetch(nullptr, "MD5", nullptr),
                                                            &EVP_MD_free);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!md5 || EVP_Digest(data.data(), data.size(), digest, &size, md5.get(), nullptr) != 1)
    return "";
  std::string hex = hex_encode({digest, size});
  std::ranges::transform(hex, hex.begin(),
                         [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return hex;
}

}  // namespace strongroom::crypto
