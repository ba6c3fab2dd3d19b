// Before the first header of OpenSSL.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sha256_state.h"

#include <algorithm>
#include <array>

#include "strongroom/base/check.h"

namespace strongroom::crypto {
namespace {

constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5c;

}  // namespace

Sha256State::Sha256State() {
  SR_CHECK(SHA256_Init(&state_) == 1);
}

void Sha256State::update(ByteView data) {
  SR_CHECK(SHA256_Update(&state_, data.data(), data.size()) == 1);
}

void Sha256State::finish(std::span<std::uint8_t, kSha256Bytes> out) {
  SR_CHECK(SHA256_Final(out.data(), &state_) == 1);
}

void HmacSha256State::key(ByteView key) {
  std::array<std::uint8_t, SHA256_CBLOCK> block{};
  if (key.size() > block.size()) {
    Sha256State hash;
    hash.update(key);
    hash.finish(std::span(block).first<kSha256Bytes>());
  } else {
    std::ranges::copy(key, block.begin());
  }
  for (std::uint8_t& byte : block) byte ^= kInnerPad;
  inner_ = Sha256State();
  inner_.update(block);
  for (std::uint8_t& byte : block) byte ^= kInnerPad ^ kOuterPad;
  outer_ = Sha256State();
  outer_.update(block);
  explicit_bzero(block.data(), block.size());
  again();
}

}  // namespace strongroom::crypto
