#pragma once
// The audit log: one record per call, in an append-only Merkle tree (C2SP tlog formats), on this
// node's disk.
//
// Records of reads and refusals are appended on the I/O thread to that thread's own segment, with
// one write per loop turn before the turn's answers leave. Records of mutations are rows of their
// own commit (TimeTable::kAuditPending) and are drained into the log afterwards. A sequencer thread
// merges segments into the tree within 100 ms; a signed checkpoint closes each batch. Entries lie
// in clear in files of mode 0600 and hold only the fields named here: never a value, key or
// signature. docs/formats/audit.md.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/ids.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::audit {

/// Everything a record can say. Views are only used during the call they are given to.
struct Record {
  Instant time{};
  std::string_view request_id{};  // upper-case UUID
  std::string_view service{};     // "Kms", "Ram", "Sts", …
  std::string_view action{};      // as requested, at most 64 characters
  std::string_view api_version{};
  std::string_view region{};
  AccountId account{};                // of the caller; zero if not established
  std::string_view principal_type{};  // root-account, ram-user, system, anonymous
  std::string_view principal_id{};
  std::string_view principal_name{};
  std::string_view access_key_id{};
  std::string_view source_ip{};
  std::string_view user_agent{};  // cut to 200 bytes
  std::string_view resource{};    // ARN of what was asked for, or empty
  std::string_view version_id{};  // of a secret, where one was named or served
  std::string_view key_id{};      // the key behind it, where one was used
  std::string_view decision{};    // allow, explicit-deny, implicit-deny, none
  std::string_view policy{};      // the policy that decided, or empty
  std::string_view error_code{};  // empty: success
  int status = 200;
  bool mutation = false;
  std::string_view instance{};  // KMS instance whose endpoint was asked; empty: the shared one
  std::string_view key_fingerprint{};  // of a client key's public key
  std::string_view key_spec{};         // of key_id, where cryptography was asked for
  std::int64_t duration_us = 0;        // of the work; 0: not measured
};

/// The canonical leaf: one JSON object without blanks, fields in the order above, empty ones left
/// out, at most limits::kAuditRecordBytesMax (longer fields are cut: docs/formats/audit.md,
/// "Entry"). The same bytes go into the log, into a mutation's row, and under the leaf hash.
std::string encode(const Record& record);

enum class Durability : std::uint8_t { kWritten, kSynced };

/// One I/O thread's end of the log. That thread only; destroyed before the Log.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Encodes into this turn's batch.
  virtual void add(const Record& record) = 0;
  /// The same for a record that another thread encode()d (a worker's, coming back to its I/O
  /// thread).
  virtual void add_encoded(std::string_view leaf) = 0;
  /// Writes the batch in one call (and syncs, if so configured). On an error nothing of the batch
  /// counts as recorded and no value may leave: kUnavailable. Ends the process if syncing fails.
  virtual Result<void> flush() = 0;
};

struct Config {
  std::string directory;  // created 0700
  std::string origin;     // checkpoint origin line, "strongroom/<cluster uuid>"
  Durability durability = Durability::kWritten;
  std::uint64_t volume_bytes = limits::kAuditSegmentBytes;  // smaller in tests
};

struct TreeHead {
  std::uint64_t size = 0;
  std::string root_hash;  // 32 bytes
};

/// What maintain() did, and what lies on the disk.
struct Maintenance {
  bool archived = false;         // a volume was compressed: call again soon
  std::uint64_t first_kept = 0;  // entries before it were dropped
};

/// Everything here may be called from any thread.
class Log {
 public:
  /// Opens or creates; recovers segments left by a kill (a torn last record is cut off, it was
  /// never acknowledged). `signing_seed` is 32 bytes (Ed25519). kCorrupt with the place if what is
  /// there does not verify, kConflict if another process has it open, kUnavailable if the disk
  /// refuses, kInvalidInput for an origin that cannot name a key.
  static Result<std::unique_ptr<Log>> open(Config config, const SecretBytes& signing_seed,
                                           Random& random);
  virtual ~Log() = default;  // sequences what was written, signs a last checkpoint

  virtual std::unique_ptr<Writer> make_writer() = 0;

  /// Appends leaves that a commit already made durable (encode()d bytes); returns once they are
  /// written and synced, so that their rows may be removed. A leaf that is already in the newest
  /// segments is not added twice. Any thread. kUnavailable if the disk refuses: the rows stay.
  /// kInvalidInput for bytes that encode() cannot have made.
  virtual Result<void> append_committed(std::span<const std::string> leaves) = 0;

  /// A receipt: the proof (audit_format::encode_proof) that a leaf, which append_committed() has
  /// taken, is in the tree of the newest checkpoint. Waits for the sequencer, for at most
  /// limits::kReceiptMillisMax. kUnavailable if that is not enough or the disk refuses.
  virtual Result<std::string> prove(const std::string& leaf) = 0;

  /// Compresses the oldest closed volume that is not yet, and drops archives whose newest entry is
  /// older than `keep_from` (docs/formats/audit.md, "Archive" and "Retention"). Slow; one caller at
  /// a time, beside everything else. kUnavailable if the disk refuses: nothing is lost.
  virtual Result<Maintenance> maintain(Instant keep_from) = 0;

  /// The newest signed tree.
  virtual TreeHead head() const = 0;
  /// Waits until everything written before the call is in the tree.
  virtual Result<TreeHead> settle() = 0;
  /// The same for at most that long, for questions about the log that arrive as requests: an answer
  /// without the newest records would be wrong. Not on an I/O thread. kUnavailable (AuditSlow) if
  /// the time was not enough, as settle() otherwise.
  virtual Result<TreeHead> settle_within(std::chrono::milliseconds most) = 0;
  /// False while writes fail (disk full, I/O error): value reads answer 503.
  virtual bool healthy() const = 0;
};

}  // namespace strongroom::audit
