#pragma once
// C2SP signed notes with Ed25519 (c2sp.org/signed-note): a text, an empty line, signature lines.
// Pure, thread-safe.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/crypto/ed25519.h"

namespace strongroom::audit_format {

inline constexpr std::size_t kNoteBytesMax = 64U << 10;

/// A public key with the name under which it signs.
struct VerifierKey {
  std::string name;        // neither blanks nor '+'
  std::string public_key;  // 32 bytes

  /// "<name>+<8 hex digits>+<base64>"
  std::string text() const;
  /// Nothing if malformed, of another algorithm, or its hash does not fit.
  static std::optional<VerifierKey> parse(std::string_view text);
};

/// True if `name` may name a key.
bool is_key_name(std::string_view name);

/// `text` must end with a newline and `name` be a key name.
std::string sign_note(std::string_view text, std::string_view name,
                      const crypto::Ed25519Signer& signer);

/// The text, a view into `note`, if `key` signed it; signatures of other keys are ignored, as the
/// format demands. Nothing if malformed or without a valid signature of `key`.
std::optional<std::string_view> open_note(std::string_view note, const VerifierKey& key);

}  // namespace strongroom::audit_format
