#include "strongroom/crypto/mac.h"

#include <algorithm>
#include <utility>

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/crypto/ct_equal.h"

namespace strongroom::crypto {

Result<HmacKey> HmacKey::make(MacHash hash, const SecretBytes& key, std::string_view suffix) {
  SR_TRY(auto joined, SecretBytes::zeroed(key.size() + suffix.size()));
  const auto out = CryptoReveal::into(joined);
  std::ranges::copy(CryptoReveal::of(key), out.begin());
  std::ranges::copy(as_bytes(suffix), out.begin() + static_cast<std::ptrdiff_t>(key.size()));
  return HmacKey(hash, std::move(joined));
}

MacTag HmacKey::sign(ByteView data) const {
  return hmac(hash_, key_, data);
}

MacTag HmacKey::sign(std::initializer_list<ByteView> pieces) const {
  evp::Hmac mac(hash_, CryptoReveal::of(key_));
  for (const ByteView piece : pieces) mac.update(piece);
  MacTag tag;
  tag.size = mac.finish(tag.bytes);
  return tag;
}

bool HmacKey::verify(ByteView data, ByteView tag) const {
  return ct_equal(sign(data).view(), tag);
}

MacTag hmac(MacHash hash, const SecretBytes& key, ByteView data) {
  evp::Hmac mac(hash, CryptoReveal::of(key));
  mac.update(data);
  MacTag tag;
  tag.size = mac.finish(tag.bytes);
  return tag;
}

}  // namespace strongroom::crypto
