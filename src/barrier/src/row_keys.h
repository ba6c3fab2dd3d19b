#pragma once
// The row keys that one reader or transaction asks for. It works with several rows of each of a few
// resources, and a blinded prefix costs an HMAC, so the last ones are kept. One thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "row_key.h"

namespace strongroom::barrier {

class RowKeys {
 public:
  /// `k_index` must outlive this.
  explicit RowKeys(const SecretBytes& k_index) : k_index_(k_index) {}

  std::string of(const Address& address);

 private:
  struct Blinded {
    std::uint64_t account = 0;
    std::uint8_t kind = 0;  // 0: none yet
    std::string name;
    BlindedPrefix prefix{};
  };
  const SecretBytes& k_index_;
  std::array<Blinded, 4> recent_;
  std::size_t oldest_ = 0;
};

}  // namespace strongroom::barrier
