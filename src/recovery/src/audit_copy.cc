#include "audit_copy.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "files.h"
#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/note.h"
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

Result<void> copy_file(const std::string& directory, const std::string& name, std::uint64_t from,
                       std::uint64_t to, const PieceSink& sink) {
  while (from < to) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(to - from, kPieceBytes));
    SR_TRY(const std::string bytes, read_range(directory + '/' + name, from, size));
    if (bytes.size() != size) return corrupt(name + " is shorter than its checkpoint says");
    SR_CHECK_OK(sink("audit/" + name, from, bytes));
    from += size;
  }
  return {};
}

Result<void> copy_volumes(const std::string& directory, const AuditPosition& from,
                          const format::ResumeState& state, const PieceSink& sink) {
  std::vector<std::uint64_t> volumes;
  std::error_code error;
  const std::string folder = directory + '/' + std::string(format::kEntriesDirectory);
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const auto first = format::parse_number20(entry.path().filename().string());
    if (first && *first <= state.volume_first) volumes.push_back(*first);
  }
  if (error) return corrupt("cannot list " + folder);
  std::ranges::sort(volumes);
  for (const std::uint64_t first : volumes) {
    if (from.volume_bytes > 0 && first < from.volume_first) continue;
    const std::string name = format::volume_path(first);
    std::uint64_t end = state.volume_bytes;
    if (first != state.volume_first) {
      end = std::filesystem::file_size(directory + '/' + name, error);
      if (error) return corrupt("cannot read " + name);
    }
    const std::uint64_t begin =
        from.volume_bytes > 0 && first == from.volume_first ? from.volume_bytes : 0;
    SR_CHECK_OK(copy_file(directory, name, begin, end, sink));
  }
  return {};
}

}  // namespace

Result<AuditPosition> copy_audit(const std::string& audit_directory, const AuditPosition& from,
                                 const PieceSink& sink) {
  if (!std::filesystem::exists(audit_directory + '/' + std::string(format::kCheckpointFile)))
    return AuditPosition();
  SR_TRY(const Closed closed, read_closed(audit_directory));
  if (closed.head.size < from.entries) return corrupt("it is shorter than in the base");
  SR_CHECK_OK(copy_volumes(audit_directory, from, closed.state, sink));
  SR_CHECK_OK(copy_file(audit_directory, std::string(format::kHashesFile),
                        format::stored_hash_count(from.entries) * format::kHashBytes,
                        format::stored_hash_count(closed.head.size) * format::kHashBytes, sink));
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

}  // namespace strongroom::recovery
