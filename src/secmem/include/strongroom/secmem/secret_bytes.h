#pragma once
// Bytes that must not leak: key material, secret values, passwords, tokens.
//
// Misuse does not compile: no copy, no printing, no ==, no conversion to a view. Reading needs a
// RevealToken, which only named places can make, so `git grep RevealToken` lists every place of the
// product that sees plaintext. Storage is heap-only (short-string buffers survive a wipe),
// page-locked where the process may, excluded from core files, and wiped on destruction, on move
// and on failure of construction. Not thread-safe; a value has one owner.

#include <cstddef>
#include <cstdint>
#include <span>

#include "strongroom/base/result.h"

namespace strongroom {

/// Permission to look at plaintext. Constructible only by the friends below; each is one small
/// class whose only job is to name the reason. Add a friend together with a line in SECURITY.md.
class RevealToken {
  friend class CryptoReveal;        // crypto: key schedules, MAC keys, plaintext to be sealed
  friend class RecordReveal;        // barrier: record bodies into their sealed form
  friend class KeysReveal;          // keys: material into its record and its import token
  friend class IdentityReveal;      // identity: a new access-key secret into its record
  friend class InstanceReveal;      // instances: a new CA's private key into its record
  friend class AccessPointReveal;   // aap: the rules for a client key's password; its file
  friend class ConnectorReveal;     // connector: credentials into a frame and kept out of messages
  friend class DiagnosticReveal;    // access: why a call was refused, told to its account
  friend class AnswerReveal;        // gateways: the one place where a value enters an answer
  friend class RotationReveal;      // rotation: a managed secret's JSON form to its parts and back
  friend class EgressReveal;        // egress: frames of jobs and outcomes through its sockets
  friend class TargetRecordReveal;  // targets: an admin credential into its record
  friend class TargetReveal;        // connector_kit: credentials into databases' client libraries
  friend class ClientReveal;        // client: values into a request body, and out of an answer's
  friend class TerminalReveal;      // cli: printing a value the person asked for
  friend class OperatorReveal;      // server: TLS key into its listener, the root key shown once
  friend class TestReveal;          // tests only (tests/include/strongroom/test/reveal.h)
  RevealToken() = default;
};

class SecretBytes {
 public:
  SecretBytes() = default;                               // empty
  SecretBytes(SecretBytes&& other) noexcept;             // leaves `other` empty and wiped
  SecretBytes& operator=(SecretBytes&& other) noexcept;  // wipes what was held
  ~SecretBytes();
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  bool operator==(const SecretBytes&) const = delete;  // compare with crypto::ct_equal

  /// Takes the bytes of `source` and wipes `source`, also when it fails.
  /// kExhausted if locked memory is used up (limits::kLockedBytesMax).
  static Result<SecretBytes> take(std::span<std::uint8_t> source);

  /// A copy of bytes whose owner wipes them itself (a receive buffer). kExhausted as above.
  static Result<SecretBytes> copy_of(std::span<const std::uint8_t> source);

  /// `size` zero bytes to be written through `writable`. kExhausted as above.
  static Result<SecretBytes> zeroed(std::size_t size);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// A view that must not outlive this object, be stored, or be handed to anything that logs.
  std::span<const std::uint8_t> reveal(RevealToken) const { return {data_, size_}; }
  /// The same, for the code that fills it.
  std::span<std::uint8_t> writable(RevealToken) { return {data_, size_}; }

 private:
  SecretBytes(std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint8_t* data_ = nullptr;  // from the locked arena; owned
  std::size_t size_ = 0;
};

}  // namespace strongroom
