#pragma once
// The arithmetic of a signature and, after one failed, which well-known slip would explain it.
// No state; thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/identity/credential.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::identity {

/// The bytes of a signature as sent: strict Base64 (RPC) or hex (ACS3) of exactly the tag's size.
class SentTag {
 public:
  static std::optional<SentTag> parse(const wire_openapi::Call& call);
  ByteView view() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, 32> bytes_{};
  std::size_t size_ = 0;
};

/// True if `scheme` is one of the HMAC schemes.
bool is_hmac(wire_openapi::Scheme scheme);

/// What the signature covers, as pieces of the call, so that nothing that may hold a secret value
/// is copied.
class StringToSign {
 public:
  explicit StringToSign(const wire_openapi::Call& call);
  /// RPC and bearer tokens: a view into the call. ACS3: algorithm, line feed, hex hash.
  std::string_view text() const;

 private:
  std::string_view canonical_;     // RPC
  std::array<char, 96> hashed_{};  // ACS3
  std::size_t hashed_size_ = 0;
};

const crypto::HmacKey& key_for(wire_openapi::Scheme scheme, const Credential& credential);

/// A sentence about the mistake that this signature proves, or nothing. A hint is only given for a
/// signature that only the secret's holder can have made, so nothing is learned from it.
std::string_view explain(const wire_openapi::Call& call, const Credential& credential,
                         ByteView tag);

}  // namespace strongroom::identity
