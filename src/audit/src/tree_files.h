#pragma once
// The tree on disk: volumes of entries, the list of hashes, checkpoint and resume. Entries are
// added to a batch that becomes the log's content when commit() has signed it, or is forgotten by
// rollback(). One thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/result.h"
#include "strongroom/crypto/ed25519.h"

namespace strongroom::audit {

class TreeFiles {
 public:
  using Segments = std::vector<audit_format::ResumeState::Segment>;

  /// Opens the tree in `directory`, or starts one if there is none. Cuts off what belongs to no
  /// checkpoint. kCorrupt with the place if the rest does not verify.
  static Result<TreeFiles> open(std::string directory, std::string origin,
                                crypto::Ed25519Signer signer, Io& io);

  /// A volume that has this many bytes is followed by another one.
  void set_volume_bytes(std::uint64_t bytes) { volume_bytes_max_ = bytes; }

  /// What the newest checkpoint covers.
  audit_format::TreeHead head() const { return head_; }
  /// The first entry of the volume that is being written; those before it are closed for good.
  std::uint64_t open_volume() const { return committed_.volume_first; }
  /// The spool offsets that belong to it.
  const Segments& segments() const { return committed_.segments; }

  /// Adds an entry to the batch; long batches go to the files early. After an error: rollback().
  Result<void> add(const audit_format::Hash& leaf, std::string_view entry);
  /// Syncs the batch, then replaces resume and checkpoint. After an error: rollback(). Ends the
  /// process if a sync fails.
  Result<void> commit(const Segments& segments);
  void rollback();

 private:
  TreeFiles(std::string directory, std::string origin, crypto::Ed25519Signer signer, Io& io)
      : directory_(std::move(directory)),
        origin_(std::move(origin)),
        signer_(std::move(signer)),
        io_(&io) {}

  std::string path(std::string_view name) const { return directory_ + '/' + std::string(name); }
  Result<bool> is_new() const;
  Result<void> create();
  Result<void> recover();
  Result<void> read_state(audit_format::ResumeState& state, audit_format::TreeHead& head) const;
  Result<void> remove_later_volumes();
  Result<void> start_volume();
  Result<void> spill();
  Result<void> write_resume(const audit_format::ResumeState& newest);
  Result<void> write_checkpoint(const audit_format::TreeHead& head);

  std::string directory_;
  std::string origin_;
  crypto::Ed25519Signer signer_;
  Io* io_;
  std::uint64_t volume_bytes_max_ = limits::kAuditSegmentBytes;
  Descriptor hashes_;
  Descriptor volume_;

  audit_format::ResumeState committed_;
  audit_format::TreeHead head_;
  audit_format::Frontier committed_frontier_;

  // The batch. Its positions count what lies in the buffers as written.
  audit_format::Frontier frontier_;
  std::uint64_t volume_first_ = 0;
  std::uint64_t volume_bytes_ = 0;
  std::string entry_buffer_;
  std::string hash_buffer_;
  std::vector<std::uint64_t> new_volumes_;
};

}  // namespace strongroom::audit
