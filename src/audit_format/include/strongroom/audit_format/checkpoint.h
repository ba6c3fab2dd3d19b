#pragma once
// C2SP checkpoints and proofs in their text forms. Pure, thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/merkle.h"
#include "strongroom/audit_format/note.h"

namespace strongroom::audit_format {

struct Checkpoint {
  std::string origin;
  TreeHead head;
};

/// The three lines that are signed.
std::string encode_checkpoint(const Checkpoint& checkpoint);
/// Extension lines are accepted and dropped. Nothing if malformed.
std::optional<Checkpoint> parse_checkpoint(std::string_view text);

/// Opens a signed checkpoint whose key name is its origin. kCorrupt if the signature or the form is
/// wrong.
Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key);

/// c2sp.org/tlog-proof@v1 with the entry as extra data.
struct Proof {
  std::uint64_t index = 0;
  std::string entry;
  std::vector<Hash> hashes;
  std::string checkpoint;  // the signed note, verbatim
};
std::string encode_proof(const Proof& proof);
/// Nothing if malformed; says nothing about whether it holds.
std::optional<Proof> parse_proof(std::string_view text);

/// Checks the signature, then the path from the entry to the root. kCorrupt with the reason if
/// either does not hold.
Result<void> verify_proof(const Proof& proof, const VerifierKey& key);

/// Digits without leading zeroes, as the formats above want them.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace strongroom::audit_format
