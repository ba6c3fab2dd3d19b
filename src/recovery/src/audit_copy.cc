#include "audit_copy.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "files.h"
#include "strongroom/audit_format/archive.h"
#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/base/bytes.h"

namespace strongroom::recovery {
namespace {

namespace format = audit_format;

constexpr std::size_t kPieceBytes = 256U << 10;
constexpr int kAttempts = 100;
constexpr std::size_t kVkeyBytesMax = 1024;

std::unexpected<Error> corrupt(const std::string& what) {
  return fail(ErrorKind::kCorrupt, "Backup.AuditLog",
              "the audit log cannot be backed up: " + what +
                  ". Run `strongroom audit verify` on it; it may be damaged");
}

struct Closed {
  std::string vkey;
  format::VerifierKey key;
  std::string checkpoint;
  std::string resume;
  format::TreeHead head;
  format::ResumeState state;
};

Result<Closed> read_once(const std::string& directory) {
  Closed closed;
  const auto path = [&](std::string_view name) { return directory + '/' + std::string(name); };
  SR_TRY(closed.vkey, read_small(path(format::kVerifierKeyFile), kVkeyBytesMax));
  const auto key =
      format::VerifierKey::parse(std::string_view(closed.vkey).substr(0, closed.vkey.find('\n')));
  if (!key) return corrupt("its public key is malformed");
  closed.key = *key;
  SR_TRY(closed.checkpoint, read_small(path(format::kCheckpointFile), format::kNoteBytesMax));
  SR_TRY(const auto checkpoint, format::open_checkpoint(closed.checkpoint, *key));
  closed.head = checkpoint.head;
  SR_TRY(closed.resume, read_small(path(format::kResumeFile), format::kNoteBytesMax));
  format::VerifierKey resume_key = *key;
  resume_key.name = format::resume_key_name(checkpoint.origin);
  const auto text = format::open_note(closed.resume, resume_key);
  const auto resume = text ? format::parse_resume(*text) : std::nullopt;
  if (!resume) return corrupt("its resume file is malformed");
  for (const format::ResumeState& state : resume->states) {
    if (state.size != closed.head.size) continue;
    closed.state = state;
    return closed;
  }
  return corrupt("its resume file and checkpoint do not belong together");
}

// The two files are replaced one after the other by the running server.
Result<Closed> read_closed(const std::string& directory) {
  for (int attempt = 1;; ++attempt) {
    auto closed = read_once(directory);
    if (closed || attempt == kAttempts) return closed;
  }
}

/// The bytes of a file of the log from `from` to `to`. It stays open, so that a volume that the
/// server compresses meanwhile is read to its end.
Result<void> copy_file(const Descriptor& file, const std::string& name, std::uint64_t from,
                       std::uint64_t to, const PieceSink& sink) {
  while (from < to) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(to - from, kPieceBytes));
    SR_TRY(const std::string bytes, read_range(file, from, size, name));
    if (bytes.size() != size) return corrupt(name + " is shorter than its checkpoint says");
    SR_CHECK_OK(sink("audit/" + name, from, bytes));
    from += size;
  }
  return {};
}

/// The volumes of a log up to its checkpoint, each as it lies there: entries, or an archive once
/// the server has compressed them.
class VolumeCopy {
 public:
  VolumeCopy(const std::string& directory, const Closed& closed, const PieceSink& sink)
      : directory_(directory), closed_(closed), sink_(sink) {}

  Result<void> run(const AuditPosition& from) {
    SR_TRY(const auto log, format::LogDirectory::open(directory_));
    SR_TRY(volumes_, log.volumes());
    if (!volumes_.empty() && volumes_.front() > 0) gone_ = 0;
    std::erase_if(volumes_,
                  [&](std::uint64_t first) { return first > closed_.state.volume_first; });
    for (std::size_t i = 0; i < volumes_.size(); ++i) {
      if (from.volume_bytes > 0 && volumes_[i] < from.volume_first) continue;
      const bool begun = from.volume_bytes > 0 && volumes_[i] == from.volume_first;
      SR_CHECK_OK(volume(i, begun ? from.volume_bytes : 0));
    }
    return {};
  }

  /// What says which volumes need not be there. Read after them: it may have moved on meanwhile.
  Result<void> retained() const {
    const std::string path = directory_ + '/' + std::string(format::kRetainedFile);
    auto note = read_small(path, format::kNoteBytesMax);
    std::uint64_t kept = 0;
    if (note) {
      format::VerifierKey key = closed_.key;
      key.name = format::retained_key_name(closed_.key.name);
      const auto text = format::open_note(*note, key);
      const auto first = text ? format::parse_retained(*text, closed_.key.name) : std::nullopt;
      if (!first) return corrupt("its file retained is malformed");
      kept = *first;
      SR_CHECK_OK(sink_("audit/" + std::string(format::kRetainedFile), 0, *note));
    } else if (note.error().kind() != ErrorKind::kNotFound) {
      return std::unexpected(std::move(note).error());
    }
    if (!gone_ || *gone_ < kept) return {};
    return corrupt("the volume of entry " + std::to_string(*gone_) + " is missing");
  }

 private:
  Result<void> volume(std::size_t number, std::uint64_t from) {
    const std::uint64_t first = volumes_[number];
    const std::string plain = format::volume_path(first);
    const auto file = open_to_read(directory_ + '/' + plain);
    if (file) {
      SR_TRY(const std::uint64_t size, size_of(*file, plain));
      const bool open = first == closed_.state.volume_first;
      return copy_file(*file, plain, from, open ? closed_.state.volume_bytes : size, sink_);
    }
    if (file.error().kind() != ErrorKind::kNotFound) return std::unexpected(file.error());
    const std::string name = format::archive_path(first);
    const auto archive = open_to_read(directory_ + '/' + name);
    if (archive) {
      if (from > 0) return unpacked(number, from);
      SR_TRY(const std::uint64_t size, size_of(*archive, name));
      return copy_file(*archive, name, 0, size, sink_);
    }
    if (archive.error().kind() != ErrorKind::kNotFound) return std::unexpected(archive.error());
    gone_ = first;  // its time ended, if `retained` says so
    return {};
  }

  /// What a volume held behind `from` before it became an archive: the base has its front, and what
  /// is restored of an increment is added to it.
  Result<void> unpacked(std::size_t number, std::uint64_t from) const {
    const std::uint64_t first = volumes_[number];
    const std::uint64_t end =
        number + 1 < volumes_.size() ? volumes_[number + 1] : closed_.head.size;
    SR_TRY(auto log, format::LogDirectory::open(directory_));
    std::string frames = format::volume_header(first);
    std::uint64_t at = 0;  // of `frames` in the volume
    const auto hand_on = [&]() -> Result<void> {
      const auto known = static_cast<std::size_t>(
          std::min<std::uint64_t>(from > at ? from - at : 0, frames.size()));
      const std::string_view fresh = std::string_view(frames).substr(known);
      if (!fresh.empty())
        SR_CHECK_OK(sink_("audit/" + format::volume_path(first), at + known, fresh));
      at += frames.size();
      frames.clear();
      return {};
    };
    Result<void> handed;
    SR_CHECK_OK(log.for_each(first, [&](const format::Entry& entry) {
      if (entry.index >= end) return false;
      format::append_volume_frame(frames, entry.text);
      if (frames.size() >= kPieceBytes) handed = hand_on();
      return handed.has_value();
    }));
    SR_CHECK_OK(handed);
    return hand_on();
  }

  const std::string& directory_;
  const Closed& closed_;
  const PieceSink& sink_;
  std::vector<std::uint64_t> volumes_;
  // The first entry of the newest volume that is neither file nor archive.
  std::optional<std::uint64_t> gone_;
};

}  // namespace

Result<AuditPosition> copy_audit(const std::string& audit_directory, const AuditPosition& from,
                                 const PieceSink& sink) {
  std::error_code unknown;
  if (!std::filesystem::exists(audit_directory + '/' + std::string(format::kCheckpointFile),
                               unknown))
    return AuditPosition();
  SR_TRY(const Closed closed, read_closed(audit_directory));
  if (closed.head.size < from.entries) return corrupt("it is shorter than in the base");
  VolumeCopy volumes(audit_directory, closed, sink);
  SR_CHECK_OK(volumes.run(from));
  const std::string hashes(format::kHashesFile);
  SR_TRY(const Descriptor file, open_to_read(audit_directory + '/' + hashes));
  SR_CHECK_OK(copy_file(file, hashes, format::stored_hash_count(from.entries) * format::kHashBytes,
                        format::stored_hash_count(closed.head.size) * format::kHashBytes, sink));
  SR_CHECK_OK(volumes.retained());
  const auto whole = [&](std::string_view name, const std::string& bytes) {
    return sink("audit/" + std::string(name), 0, bytes);
  };
  SR_CHECK_OK(whole(format::kVerifierKeyFile, closed.vkey));
  SR_CHECK_OK(whole(format::kResumeFile, closed.resume));
  SR_CHECK_OK(whole(format::kCheckpointFile, closed.checkpoint));
  return AuditPosition{.entries = closed.head.size,
                       .root = std::string(as_chars(closed.head.root)),
                       .volume_first = closed.state.volume_first,
                       .volume_bytes = closed.state.volume_bytes};
}

Result<void> drop_expired_volumes(const std::string& audit_directory) {
  std::error_code error;
  if (!std::filesystem::exists(audit_directory + '/' + std::string(format::kCheckpointFile), error))
    return {};
  SR_TRY(const auto log, format::LogDirectory::open(audit_directory));
  SR_TRY(const auto volumes, log.volumes());
  SR_TRY(const std::uint64_t kept, log.first_kept());
  for (std::size_t i = 0; i + 1 < volumes.size() && volumes[i + 1] <= kept; ++i) {
    for (const std::string& name :
         {format::volume_path(volumes[i]), format::archive_path(volumes[i])}) {
      std::filesystem::remove(audit_directory + '/' + name, error);
      if (error) return corrupt("cannot remove " + name);
    }
  }
  return {};
}

}  // namespace strongroom::recovery
