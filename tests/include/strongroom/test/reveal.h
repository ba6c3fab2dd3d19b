#pragma once
// How tests look into SecretBytes and make them. Never included by the product.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/check.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom {

class TestReveal {
 public:
  static RevealToken token() { return RevealToken(); }
};

namespace test {

/// A secret that holds `text`.
inline SecretBytes secret(std::string_view text) {
  auto made =
      SecretBytes::copy_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  SR_CHECK(made.has_value());
  return std::move(*made);
}

/// What `secret` holds.
inline std::string reveal(const SecretBytes& secret) {
  const auto bytes = secret.reveal(TestReveal::token());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace test
}  // namespace strongroom
