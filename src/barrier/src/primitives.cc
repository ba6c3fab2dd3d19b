#include "primitives.h"

#include <string>

#include <algorithm>
#include "reveal.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/digest.h"

#include "strongroom/crypto/kdf.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::barrier {

Digest sha256(std::string_view data) {
  return crypto::sha256(as_bytes(data));
}

Digest hmac_sha256(const SecretBytes& key, std::string_view data) {
  const crypto::MacTag tag = crypto::hmac(crypto::MacHash::kSha256, key, as_bytes(data));
  Digest digest;
  std::ranges::copy(tag.view().first(digest.size()), digest.begin());
  return digest;
}

Result<SecretBytes> kdf(const SecretBytes& key, std::string_view name, std::string_view context) {
  return crypto::kbkdf(key, "SR1:" + std::string(name), as_bytes(context), kKeyBytes);
}

Result<SecretBytes> random_key(Random& random) {
  SR_TRY(SecretBytes key, SecretBytes::zeroed(kKeyBytes));
  random.fill(RecordReveal::fill(key));
  return key;
}

bool digests_equal(const Digest& left, std::string_view right) {
  return crypto::ct_equal(ByteView(left), as_bytes(right));
}

}  // namespace strongroom::barrier
