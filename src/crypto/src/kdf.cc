#include "strongroom/crypto/kdf.h"

#include <string.h>

#include <algorithm>
#include <array>

#include "crypto_reveal.h"
#include "evp.h"
#include "strongroom/base/check.h"

namespace strongroom::crypto {
namespace {

constexpr std::size_t kBlockBytes = 32;

std::array<std::uint8_t, 4> big_endian(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

}  // namespace

Result<SecretBytes> kbkdf(const SecretBytes& key, std::string_view label, ByteView context,
                          std::size_t length) {
  SR_CHECK(length > 0 && length <= kDerivedBytesMax);
  SR_TRY(auto block, SecretBytes::zeroed(kBlockBytes));
  SR_TRY(auto derived, SecretBytes::zeroed(length));
  const auto out = CryptoReveal::into(derived);
  constexpr std::array<std::uint8_t, 1> kSeparator{0};
  const auto bits = big_endian(length * 8);
  evp::Hmac mac(MacHash::kSha256, CryptoReveal::of(key));
  for (std::size_t done = 0; done < length; done += kBlockBytes) {
    if (done > 0) mac.again();
    mac.update(big_endian(done / kBlockBytes + 1));
    mac.update(as_bytes(label));
    mac.update(kSeparator);
    mac.update(context);
    mac.update(bits);
    mac.finish(CryptoReveal::into(block));
    memcpy(out.data() + done, CryptoReveal::of(block).data(), std::min(kBlockBytes, length - done));
  }
  return derived;
}

Result<SecretBytes> hkdf_sha256(const SecretBytes& input, ByteView salt, ByteView info,
                                std::size_t length) {
  if (length == 0 || length > kDerivedBytesMax) {
    return fail(ErrorKind::kInvalidInput, "KdfLength", "HKDF-SHA256 gives 1 to 8160 bytes");
  }
  SR_TRY(auto extracted, SecretBytes::zeroed(kBlockBytes));
  SR_TRY(auto block, SecretBytes::zeroed(kBlockBytes));
  SR_TRY(auto derived, SecretBytes::zeroed(length));
  {
    // An absent salt is a block of zeros, which HMAC makes of an empty key by itself.
    evp::Hmac extract(MacHash::kSha256, salt);
    extract.update(CryptoReveal::of(input));
    extract.finish(CryptoReveal::into(extracted));
  }
  const auto out = CryptoReveal::into(derived);
  evp::Hmac expand(MacHash::kSha256, CryptoReveal::of(extracted));
  for (std::size_t done = 0; done < length; done += kBlockBytes) {
    if (done > 0) {
      expand.again();
      expand.update(CryptoReveal::of(block));
    }
    const std::array<std::uint8_t, 1> counter{static_cast<std::uint8_t>(done / kBlockBytes + 1)};
    expand.update(info);
    expand.update(counter);
    expand.finish(CryptoReveal::into(block));
    memcpy(out.data() + done, CryptoReveal::of(block).data(), std::min(kBlockBytes, length - done));
  }
  return derived;
}

}  // namespace strongroom::crypto
