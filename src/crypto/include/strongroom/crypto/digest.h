#pragma once
// SHA-256 (FIPS 180-4) and SM3 (GB/T 32905) of bytes that are not secret. Functions are thread-safe
// and use one context per thread; an object of class Sha256 belongs to one thread at a time.

#include <array>
#include <cstdint>
#include <memory>

#include "strongroom/base/bytes.h"

namespace strongroom::crypto {

using Digest32 = std::array<std::uint8_t, 32>;

Digest32 sha256(ByteView data);
/// Of the concatenation, without making it.
Digest32 sha256(ByteView first, ByteView second);
Digest32 sha256(ByteView first, ByteView second, ByteView third);
Digest32 sm3(ByteView data);

/// Input that arrives in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(ByteView data);
  /// The digest of everything since construction or the last finish(); the object starts anew.
  Digest32 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace strongroom::crypto
