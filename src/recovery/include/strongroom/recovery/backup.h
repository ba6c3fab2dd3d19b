#pragma once
// Takes a backup: one consistent state of a store and its audit log, to a file or pipe, while
// writers go on. Blocking, throttled; one thread per call, any number of calls.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "strongroom/age/age.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/recovery/backup_format.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/store/store.h"

namespace strongroom::recovery {

/// The two keys of a data directory that backups need; both come from its base key, so they stay
/// the same under another root.
struct BackupKeys {
  SecretBytes wrap;
  SecretBytes signing_seed;

  /// `derive` is SealedStore::derive, or barrier::derive_from_base of an opened directory.
  using Derive = std::function<Result<SecretBytes>(std::string_view label)>;
  static Result<BackupKeys> from(const Derive& derive);
};

/// What is backed up.
struct BackupSource {
  const store::Store& engine;
  std::string data_directory;  // superblock, seal and audit/
  const BackupKeys& keys;
};

struct BackupOptions {
  std::uint64_t bytes_per_second = 0;         // 0: as fast as the disk
  const Manifest* since = nullptr;            // an increment of this one
  const std::atomic<bool>* cancel = nullptr;  // checked between rows
  // Who can open it, besides the seal: then the chunks' key is wrapped for them alone. Empty: it is
  // wrapped under a key of the root.
  std::span<const age::Recipient> recipients{};
};

/// Where the bytes go.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> write(std::string_view bytes) = 0;
};
/// Writes to a descriptor that stays the caller's (a pipe).
std::unique_ptr<Sink> make_descriptor_sink(int fd);

/// Writes the backup to `sink`. kConflict if `since` is of another cluster, newer than the store or
/// signed by another key; kUnavailable if a file, the sink or the store refuses, or it was
/// cancelled; kCorrupt if the audit log's files do not fit together.
Result<Manifest> write_backup(const BackupSource& source, Sink& sink, const BackupOptions& options,
                              Clock& clock, Random& random);

/// The same into a new file of mode 0600: under another name, synced, renamed, directory synced.
/// kConflict if `path` exists.
Result<Manifest> write_backup_file(const BackupSource& source, const std::string& path,
                                   const BackupOptions& options, Clock& clock, Random& random);

}  // namespace strongroom::recovery
