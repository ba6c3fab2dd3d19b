#pragma once
// Reads a log's directory without the server: verifies it, proves single entries, shows the newest.
// The server may be running and the directory may be a copy; nothing is written. Everything is
// judged against the checkpoint that was there at open(). Not thread-safe.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/base/result.h"

namespace strongroom::audit_format {

/// What verify() found wrong first.
struct Finding {
  std::optional<std::uint64_t> index;  // the first bad entry, where it can be told
  std::string what;                    // for people: what is wrong and where
};

struct Verification {
  std::uint64_t entries = 0;  // verified before the finding, or all
  std::uint64_t waiting = 0;  // records in the spool that are not in the tree yet
  std::optional<Finding> finding;
};

struct Entry {
  std::uint64_t index = 0;
  std::string text;  // the JSON object
};

class LogDirectory {
 public:
  /// Reads the checkpoint and checks its signature. `vkey` is the log's public key as a verifier
  /// key; if it is empty, the directory's own file is believed, which shows damage but not forgery.
  /// kNotFound without a log, kInvalidInput for a malformed key, kCorrupt if the checkpoint does
  /// not verify.
  static Result<LogDirectory> open(std::string path, std::string_view vkey = {});

  const VerifierKey& key() const { return key_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  /// The signed note, to be kept elsewhere and given to verify() later.
  const std::string& checkpoint_note() const { return note_; }

  /// Reads everything. With `older`, a signed checkpoint that was kept elsewhere, also that nothing
  /// before it has changed or gone. An error only if reading fails for another reason than the
  /// log's content.
  Result<Verification> verify(std::string_view older = {});

  /// Entry `index`, checked against its leaf hash. kNotFound beyond the checkpoint, kCorrupt if it
  /// is damaged or missing.
  Result<Entry> entry(std::uint64_t index);
  /// The newest entry with this request id (case matters: ids are upper-case). kNotFound if there
  /// is none.
  Result<Entry> find(std::string_view request_id);
  /// At most `count` newest entries, the oldest of them first.
  Result<std::vector<Entry>> tail(std::size_t count);
  /// Calls `body` for the entries from `first` on; stops when it returns false.
  Result<void> for_each(std::uint64_t first, const std::function<bool(const Entry&)>& body);

  /// The first entry that must be there: those before it were dropped at the end of their time, as
  /// the log's key signed. Only their hashes are left.
  Result<std::uint64_t> first_kept() const;
  const std::string& path() const { return path_; }
  /// The first indexes of the volumes, ascending.
  Result<std::vector<std::uint64_t>> volumes() const;
  HashReader hash_reader() const;

  /// A proof, itself checked, that entry `index` is in the checkpointed tree (encode_proof makes
  /// the text of it).
  Result<Proof> prove(std::uint64_t index);
  /// The same for an entry that was added just now: it is looked for among the newest
  /// limits::kReceiptEntriesPending ones by its hash. kNotFound if it is not there.
  Result<Proof> prove_newest(std::string_view entry);
  /// Hashes that show that the checkpointed tree continues a tree of `old_size` entries.
  Result<std::vector<Hash>> prove_consistency(std::uint64_t old_size);

 private:
  LogDirectory(std::string path, VerifierKey key, Checkpoint checkpoint, std::string note)
      : path_(std::move(path)),
        key_(std::move(key)),
        checkpoint_(std::move(checkpoint)),
        note_(std::move(note)) {}

  Result<std::optional<Finding>> verify_older(std::string_view older) const;
  Result<void> verify_spool(Verification& verification) const;

  std::string path_;
  VerifierKey key_;
  Checkpoint checkpoint_;
  std::string note_;
};

struct SpoolEnd {
  std::uint64_t offset = 0;  // behind the last good frame
  std::uint16_t mark = 0;    // of the frames
};
/// Walks the frames of spool segment `number` from `offset` on and stops at the first that is not
/// whole, not of this segment or does not match its hash. Calls `body` for each. kCorrupt if the
/// header is no segment's.
Result<SpoolEnd> for_each_spool_frame(
    const std::string& path, std::uint64_t number, std::uint64_t offset,
    const std::function<void(const Hash& leaf, std::string_view entry)>& body);

}  // namespace strongroom::audit_format
