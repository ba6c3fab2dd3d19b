#pragma once
// Reads a backup file or pipe from front to end, believing nothing. One thread per reader.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "strongroom/recovery/backup.h"
#include "strongroom/recovery/backup_format.h"

namespace strongroom::recovery {

/// The manifest of a file, from its two ends; the signature is checked against the head's key, what
/// lies between is not looked at. kNotFound, kCorrupt, kConflict for another format.
Result<Manifest> read_manifest(const std::string& path);

class BackupReader {
 public:
  /// Reads the head. `path` "-" reads standard input. kNotFound, kCorrupt, kConflict as above.
  static Result<std::unique_ptr<BackupReader>> open(const std::string& path);
  virtual ~BackupReader() = default;

  virtual const Head& head() const = 0;

  /// Finds the key that chunks are opened with: under the root's key, or, of a backup for age
  /// recipients, by one of the identities. kCorrupt if it does not open; kDenied if the head names
  /// another signing key than the root's, or no identity fits.
  virtual Result<void> unlock(const BackupKeys& keys,
                              std::span<const age::Identity> identities) = 0;

  /// The next item, valid until the next call; nothing behind the last one. Needs unlock().
  /// kCorrupt for anything that is not as it was written.
  virtual Result<std::optional<Item>> next() = 0;

  /// Reads over the remaining chunks without opening them.
  virtual Result<void> skip() = 0;

  /// After the last item or skip(): checks digest, counts, signature, and that nothing follows.
  virtual Result<Foot> finish() = 0;
};

/// Reads all of `path`: framing, digest and signature, and with `keys` every chunk and item.
/// `vkey` (may be empty): the key that must have signed it. `identities` as in unlock().
Result<Manifest> verify_backup(const std::string& path, const BackupKeys* keys,
                               std::string_view vkey,
                               std::span<const age::Identity> identities = {});

}  // namespace strongroom::recovery
