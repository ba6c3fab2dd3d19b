#include "strongroom/crypto/mac.h"

#include <algorithm>
#include <atomic>
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

// Serials are never reused, so one names the same key for as long as the process lives.
HmacKey::HmacKey(MacHash hash, SecretBytes key) : hash_(hash), key_(std::move(key)) {
  static std::atomic<std::uint64_t> last_serial{evp::kNoSerial};
  serial_ = ++last_serial;
}

MacTag HmacKey::sign(ByteView data) const {
  return sign({data});
}

MacTag HmacKey::sign(std::initializer_list<ByteView> pieces) const {
  evp::Hmac mac(hash_, CryptoReveal::of(key_), serial_);
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
