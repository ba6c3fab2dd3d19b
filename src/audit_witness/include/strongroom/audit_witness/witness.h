#pragma once
// Cosigns checkpoints of other servers' logs, each only if it continues the last one that was
// cosigned, so that a log cannot show two histories to those who ask for the witness's word
// (c2sp.org/tlog-witness, add-checkpoint). What was cosigned is kept in a file before the answer
// leaves. Thread-safe.

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/cosignature.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/base/result.h"

namespace strongroom::audit_witness {

struct Settings {
  std::string directory;                        // exists; holds one small file for each log
  std::string name;                             // under which this server cosigns
  std::vector<audit_format::VerifierKey> logs;  // that are watched, by their origin
};

/// The keys in a file, one a line; lines that begin with '#' are remarks. kInvalidInput for a line
/// that is no key, a file that cannot be read, or more than limits::kWitnessedLogsMax.
Result<std::vector<audit_format::VerifierKey>> read_logs(const std::string& file);

class Witness {
 public:
  Witness(Settings settings, crypto::Ed25519Signer signer)
      : settings_(std::move(settings)), signer_(std::move(signer)) {}

  audit_format::WitnessKey key() const { return {settings_.name, signer_.public_key()}; }

  /// The body of a request; the line to be answered. kInvalidInput (malformed, or an older tree
  /// than the one it says it continues), kNotFound (a log that is not watched), kDenied (not signed
  /// by it), kConflict (continues another tree than the last one cosigned, whose size is the
  /// error's message), kCorrupt (does not continue it), kUnavailable (the disk refuses).
  Result<std::string> add_checkpoint(std::string_view body, Instant now);

 private:
  Result<audit_format::TreeHead> last_of(std::string_view origin) const;
  Result<void> keep(std::string_view origin, const audit_format::TreeHead& head) const;
  std::string file_of(std::string_view origin) const;

  const Settings settings_;
  const crypto::Ed25519Signer signer_;
  std::mutex mutex_;
};

/// The HTTP status of an error of add_checkpoint.
int status_of(const Error& error);

}  // namespace strongroom::audit_witness
