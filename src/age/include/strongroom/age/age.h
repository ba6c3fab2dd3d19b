#pragma once
// A small secret for holders of X25519 keys, as a file of the age format, version 1 (C2SP age.md),
// not armored. The `age` program opens what encrypt() makes and the other way round. Pure;
// thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::age {

inline constexpr std::size_t kSecretBytesMax = 4096;
inline constexpr std::size_t kRecipientsMax = 20;
inline constexpr std::size_t kIdentitiesMax = 20;

/// A public key, "age1…".
class Recipient {
 public:
  explicit Recipient(const std::array<std::uint8_t, 32>& key);
  /// kInvalidInput for anything but one X25519 recipient in its one spelling.
  static Result<Recipient> parse(std::string_view text);
  const std::string& text() const { return text_; }
  ByteView key() const { return key_; }

 private:
  std::string text_;
  std::array<std::uint8_t, 32> key_{};
};

/// A private key, "AGE-SECRET-KEY-1…". The caller wipes the text.
class Identity {
 public:
  /// A new one. kExhausted without locked memory.
  static Result<Identity> generate(Random& random);
  /// kInvalidInput for anything but one X25519 identity. Messages never repeat the text.
  static Result<Identity> parse(std::string_view text);
  /// All of an identity file as age-keygen writes it: one a line, empty lines and those that begin
  /// with '#' left out. kInvalidInput if there is none, a line is none, or there are too many.
  static Result<std::vector<Identity>> parse_file(std::string_view text);
  const SecretBytes& key() const { return key_; }
  /// Its public key.
  Result<Recipient> recipient() const;

 private:
  SecretBytes key_;
};

/// `secret` (at most kSecretBytesMax) for 1 to kRecipientsMax recipients; any one of them opens it.
/// kInvalidInput beyond these bounds, kExhausted without locked memory.
Result<std::string> encrypt(const SecretBytes& secret, std::span<const Recipient> recipients,
                            Random& random);

/// kDenied if none of the identities is meant; kCorrupt for a file that is not as it was written or
/// holds more than kSecretBytesMax; kInvalidInput for another version of the format.
Result<SecretBytes> decrypt(std::string_view file, std::span<const Identity> identities);

}  // namespace strongroom::age
