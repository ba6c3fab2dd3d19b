#pragma once
// What a witness says of a checkpoint (c2sp.org/tlog-cosignature, Ed25519): "I have seen this tree
// grow from every tree of this log that I signed before." A line below the log's own signature,
// with the time. Pure, thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "strongroom/base/time.h"
#include "strongroom/crypto/ed25519.h"

namespace strongroom::audit_format {

struct WitnessKey {
  std::string name;        // neither blanks nor '+'
  std::string public_key;  // 32 bytes

  /// "<name>+<8 hex digits>+<base64>"
  std::string text() const;
  /// Nothing if malformed, of another algorithm, or its hash does not fit.
  static std::optional<WitnessKey> parse(std::string_view text);
};

/// The signed text of a note, with its last newline; empty if it is no note.
std::string_view note_text(std::string_view note);

/// The line, with its newline, to be put at the end of a note. `text`: the note's.
std::string cosign(std::string_view text, std::string_view name, Instant now,
                   const crypto::Ed25519Signer& signer);

/// When `key` cosigned this note; nothing if it did not.
std::optional<Instant> cosigned_at(std::string_view note, const WitnessKey& key);

}  // namespace strongroom::audit_format
