#include <algorithm>

#include "entry_stream.h"
#include "file.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/reader.h"

namespace strongroom::audit_format {
namespace {

/// The hash list from its start, in order.
class HashStream {
 public:
  explicit HashStream(InputFile file) : file_(std::move(file)) {}

  Result<std::optional<Hash>> next() {
    if (at_ == filled_) {
      buffer_.resize(64U << 10);
      SR_TRY(filled_, file_.read_at(offset_, buffer_));
      offset_ += filled_;
      at_ = 0;
    }
    if (filled_ - at_ < kHashBytes) return std::optional<Hash>();
    Hash hash;
    std::ranges::copy(std::span(buffer_).subspan(at_, kHashBytes), hash.begin());
    at_ += kHashBytes;
    return std::optional<Hash>(hash);
  }

 private:
  InputFile file_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t offset_ = 0;
};

/// Rebuilds the tree from its entries beside the stored hashes. Every problem is an error of kind
/// kCorrupt; entries() tells how far it came.
class TreeCheck {
 public:
  explicit TreeCheck(const LogDirectory& log) : log_(log), head_(log.checkpoint().head) {}

  Result<void> run() {
    if (head_.size > 0) {
      SR_TRY(auto file, InputFile::open(log_.path() + '/' + std::string(kHashesFile)));
      HashStream hashes(std::move(file));
      SR_TRY(const std::uint64_t kept, log_.first_kept());
      SR_TRY(auto volumes, log_.volumes());
      // What retention was about to drop may still be there.
      const std::uint64_t first = volumes.empty() ? kept : std::min(kept, volumes.front());
      SR_CHECK_OK(pass_dropped(first, hashes));
      if (entries_ < head_.size) SR_CHECK_OK(check_entries(std::move(volumes), hashes));
    }
    if (frontier_.root() == head_.root) return {};
    place_known_ = false;
    return damaged(
        "entries and hashes agree with each other but not with the signed checkpoint: both were "
        "rewritten");
  }

  std::uint64_t entries() const { return entries_; }
  /// The first bad entry, where it can be told.
  std::optional<std::uint64_t> place() const {
    return place_known_ ? std::optional(entries_) : std::nullopt;
  }

 private:
  Result<Hash> next_hash(HashStream& hashes) const {
    SR_TRY(const auto hash, hashes.next());
    if (!hash) return damaged("the file of hashes ends at " + entry_name(entries_));
    return *hash;
  }

  /// Adds a leaf and compares all hashes that it completes with the stored ones.
  Result<void> append(const Hash& leaf, HashStream& hashes, bool leaf_is_stored) {
    Result<void> outcome;
    bool at_leaf = true;
    frontier_.append(leaf, [&](const Hash& hash) {
      const bool is_leaf = std::exchange(at_leaf, false);
      if (!outcome || (is_leaf && leaf_is_stored)) return;
      const auto stored = next_hash(hashes);
      if (!stored) {
        outcome = std::unexpected(stored.error());
      } else if (*stored != hash) {
        outcome =
            is_leaf ? damaged(entry_name(entries_) + " is not the one that was recorded there")
                    : damaged("the hashes at or before " + entry_name(entries_) + " were changed");
      }
    });
    if (outcome) ++entries_;
    return outcome;
  }

  Result<void> pass_dropped(std::uint64_t first, HashStream& hashes) {
    while (entries_ < first) {
      SR_TRY(const Hash leaf, next_hash(hashes));
      SR_CHECK_OK(append(leaf, hashes, true));
    }
    return {};
  }

  Result<void> check_entries(std::vector<std::uint64_t> volumes, HashStream& hashes) {
    SR_TRY(auto stream, EntryStream::open(log_.path(), std::move(volumes), entries_));
    while (entries_ < head_.size) {
      SR_TRY(const auto entry, stream.next());
      if (!entry) {
        return damaged(entry_name(entries_) + " is missing or cut off; the checkpoint covers " +
                       std::to_string(head_.size) + " entries");
      }
      SR_CHECK_OK(append(leaf_hash(as_bytes(*entry)), hashes, false));
      if (stream.index_is_whole()) continue;
      --entries_;
      return damaged("the archive's index does not name all values of the block that holds " +
                     entry_name(entries_) + ": searches would miss it");
    }
    return {};
  }

  const LogDirectory& log_;
  const TreeHead head_;
  Frontier frontier_;
  std::uint64_t entries_ = 0;
  bool place_known_ = true;
};

}  // namespace

Result<std::optional<Finding>> LogDirectory::verify_older(std::string_view older) const {
  SR_TRY(const Checkpoint before, open_checkpoint(older, key_));
  const TreeHead& head = checkpoint_.head;
  if (before.head.size > head.size) {
    return std::optional(Finding{.index = head.size,
                                 .what = entry_name(head.size) +
                                         " is missing: the older checkpoint covers " +
                                         std::to_string(before.head.size) +
                                         " entries, the log has " + std::to_string(head.size)});
  }
  SR_TRY(const auto proof, consistency_proof(before.head.size, head.size, hash_reader()));
  if (!verify_consistency(before.head, head, proof)) {
    return std::optional(
        Finding{.index = std::nullopt,
                .what = "the log does not continue the older checkpoint: an entry before entry " +
                        std::to_string(before.head.size) + " was changed and the log signed anew"});
  }
  return std::optional<Finding>();
}

Result<void> LogDirectory::verify_spool(Verification& verification) const {
  const auto note = read_small_file(path_ + '/' + std::string(kResumeFile), kNoteBytesMax);
  const auto spool = list_directory(path_ + '/' + std::string(kSpoolDirectory));
  const VerifierKey resume_key{.name = resume_key_name(key_.name), .public_key = key_.public_key};
  const auto text = note ? open_note(*note, resume_key) : std::nullopt;
  const auto resume = text ? parse_resume(*text) : std::nullopt;
  if (!resume || !spool) return {};  // a copy of the tree alone
  for (const std::string& name : *spool) {
    const auto number =
        name.size() > 2 ? parse_number20(std::string_view(name).substr(2)) : std::nullopt;
    if (!number) continue;
    std::uint64_t offset = kFileHeaderBytes;
    for (const ResumeState::Segment& segment : resume->states.front().segments) {
      if (segment.number == *number) offset = segment.offset;
    }
    const auto walked = for_each_spool_frame(
        path_ + '/' + std::string(kSpoolDirectory) + '/' + name, *number, offset,
        [&](const Hash&, std::string_view) { ++verification.waiting; });
    // A running server deletes segments that it has read.
    if (!walked && walked.error().kind() != ErrorKind::kNotFound && !verification.finding) {
      verification.finding = Finding{.index = std::nullopt, .what = walked.error().message()};
    }
  }
  return {};
}

Result<Verification> LogDirectory::verify(std::string_view older) {
  Verification verification;
  TreeCheck check(*this);
  const Result<void> tree = check.run();
  verification.entries = check.entries();
  if (!tree && tree.error().kind() != ErrorKind::kCorrupt &&
      tree.error().kind() != ErrorKind::kNotFound) {
    return std::unexpected(tree.error());
  }
  if (!tree) verification.finding = {.index = check.place(), .what = tree.error().message()};
  if (!verification.finding && !older.empty()) {
    SR_TRY(verification.finding, verify_older(older));
  }
  SR_CHECK_OK(verify_spool(verification));
  return verification;
}

}  // namespace strongroom::audit_format
