#include "strongroom/crypto/sealed_chunk.h"

#include "crypto_reveal.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kSuite1KeyBytes = 32;

}  // namespace

Result<SecretBytes> new_suite1_key(Random& random) {
  SR_TRY(SecretBytes key, SecretBytes::zeroed(kSuite1KeyBytes));
  random.fill(CryptoReveal::into(key));
  return key;
}

Result<std::string> suite1_open_chunk(const SecretBytes& key, ByteView aad, std::string_view blob) {
  SR_TRY(const SecretBytes opened, suite1_open(key, aad, blob));
  return std::string(as_chars(CryptoReveal::of(opened)));
}

}  // namespace strongroom::crypto
