#include "text_key.h"

#include <algorithm>

#include "reveal.h"

namespace strongroom::identity {

using crypto::HmacKey;
using crypto::MacHash;

Result<HmacKey> text_key(const TextSignature& signature, const SecretBytes& secret) {
  if (signature.key_path.empty())
    return HmacKey::make(signature.sha256 ? MacHash::kSha256 : MacHash::kSha1, secret);
  SR_TRY(SecretBytes key, SecretBytes::zeroed(signature.key_prefix.size() + secret.size()));
  const auto out = IdentityReveal::fill(key);
  std::ranges::copy(signature.key_prefix, out.begin());
  std::ranges::copy(IdentityReveal::view(secret),
                    out.begin() + static_cast<std::ptrdiff_t>(signature.key_prefix.size()));
  for (const std::string& step : signature.key_path) {
    crypto::MacTag tag = crypto::hmac(MacHash::kSha256, key, as_bytes(step));
    SR_TRY(key, SecretBytes::take({tag.bytes.data(), tag.size}));
  }
  return HmacKey::make(MacHash::kSha256, key);
}

}  // namespace strongroom::identity
