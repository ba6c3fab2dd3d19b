#pragma once
// An AES key in a PKCS#11 token (OASIS PKCS#11 2.40), which wraps 32 bytes with AES-256-GCM. The
// key is made in the token, sensitive and not extractable. One token and one thread for each
// process; the module's code runs in this process, so this belongs into `strongroom-hsm` alone.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/slot_program/frame.h"

namespace strongroom::hsm {

/// Where the key is.
struct KeyPlace {
  std::string module;  // path of the vendor's shared library
  std::string token;   // label of the token
  std::string label;   // label of the key
};

using slot_program::kSecretBytes;
inline constexpr std::size_t kWrappedBytes = 12 + kSecretBytes + 16;  // nonce, ciphertext, tag

class Token {
 public:
  /// Loads the module, finds the token and logs in; with one try, because tokens lock themselves
  /// after a few. kUnavailable if the module cannot be loaded or fails, kNotFound if there is no
  /// such token, kDenied for a wrong PIN.
  static Result<std::unique_ptr<Token>> open(const KeyPlace& place, std::string_view pin);
  virtual ~Token() = default;

  /// Makes the key if the token has none of that label. kConflict if it has two, or another kind.
  virtual Result<void> ensure_key() = 0;
  /// `nonce` must be new for each call. kNotFound without the key; kUnavailable if the token fails.
  virtual Result<std::string> wrap(std::span<const std::uint8_t, kSecretBytes> secret,
                                   std::span<const std::uint8_t, 12> nonce) = 0;
  /// kDenied if `wrapped` was not made by this key.
  virtual Result<void> unwrap(std::string_view wrapped,
                              std::span<std::uint8_t, kSecretBytes> secret) = 0;
};

}  // namespace strongroom::hsm
