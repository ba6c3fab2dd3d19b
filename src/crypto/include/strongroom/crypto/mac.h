#pragma once
// HMAC (RFC 2104) with SHA-1, the SHA-2 hashes and SM3. SHA-1 exists only for the signatures of old
// official SDKs.
//
// An HmacKey is prepared once and then signs from any number of threads at a time; its key lies in
// locked memory.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::crypto {

enum class MacHash : std::uint8_t { kSha1, kSha256, kSm3, kSha224, kSha384, kSha512 };
inline constexpr std::size_t kMacHashes = 6;

/// As many bytes as the hash has: 20, 32, 32, 28, 48, 64.
struct MacTag {
  std::array<std::uint8_t, 64> bytes{};
  std::size_t size = 0;
  ByteView view() const { return {bytes.data(), size}; }
};

class HmacKey {
 public:
  /// The key is `key` followed by `suffix`: RPC signatures (API version 1) use the AccessKey secret
  /// and "&". kExhausted without locked memory.
  static Result<HmacKey> make(MacHash hash, const SecretBytes& key, std::string_view suffix = {});

  /// The tag of `data`, or of the concatenation of `pieces`.
  MacTag sign(ByteView data) const;
  MacTag sign(std::initializer_list<ByteView> pieces) const;
  /// True if `tag` is the whole tag of `data`; constant time.
  bool verify(ByteView data, ByteView tag) const;

  MacHash hash() const { return hash_; }

 private:
  HmacKey(MacHash hash, SecretBytes key);

  MacHash hash_;
  std::uint64_t serial_;  // of this key in the process: a thread's context may still be keyed by it
  SecretBytes key_;
};

/// For a key that is used once.
MacTag hmac(MacHash hash, const SecretBytes& key, ByteView data);

}  // namespace strongroom::crypto
