#include "tree_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/base/check.h"
#include "strongroom/base/log.h"

namespace strongroom::audit {

using audit_format::Checkpoint;
using audit_format::Hash;
using audit_format::kHashBytes;
using audit_format::Resume;
using audit_format::ResumeState;
using audit_format::TreeHead;
using audit_format::VerifierKey;

namespace {

constexpr std::size_t kSpillBytes = 128U << 10;

std::unexpected<Error> corrupt(std::string what) {
  return fail(ErrorKind::kCorrupt, "AuditLogCorrupt",
              std::move(what) + "; see docs/formats/audit.md and run `strongroom audit verify`");
}

Result<std::uint64_t> file_size(int descriptor, const std::string& name) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return io_error("read", name, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::string> read_text(const std::string& path) {
  SR_TRY(const Descriptor file, open_file(path, O_RDONLY));
  std::string content(audit_format::kNoteBytesMax + 1, '\0');
  const ssize_t got = pread(file.get(), content.data(), content.size(), 0);
  if (got < 0) return io_error("read", path, errno);
  content.resize(static_cast<std::size_t>(got));
  return content;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Result<std::vector<std::uint64_t>> volume_numbers(const std::string& directory) {
  std::error_code error;
  std::vector<std::uint64_t> numbers;
  const std::string path = directory + '/' + std::string(audit_format::kEntriesDirectory);
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (const auto number = audit_format::parse_number20(it->path().filename().string())) {
      numbers.push_back(*number);
    }
  }
  if (error) return io_error("list", path, error.value());
  return numbers;
}

}  // namespace

Result<TreeFiles> TreeFiles::open(std::string directory, std::string origin,
                                  crypto::Ed25519Signer signer, Io& io) {
  TreeFiles tree(std::move(directory), std::move(origin), std::move(signer), io);
  SR_TRY(tree.hashes_, open_file(tree.path(audit_format::kHashesFile), O_RDWR | O_CREAT));
  SR_TRY(const bool fresh, tree.is_new());
  SR_CHECK_OK(fresh ? tree.create() : tree.recover());
  return tree;
}

// A start that was cut short leaves at most an empty first volume and a resume file.
Result<bool> TreeFiles::is_new() const {
  if (exists(path(audit_format::kCheckpointFile))) return false;
  SR_TRY(const std::uint64_t hashes, file_size(hashes_.get(), "hashes"));
  SR_TRY(const auto volumes, volume_numbers(directory_));
  std::error_code ignored;
  const std::string first = path(audit_format::volume_path(0));
  const bool only_an_empty_one = volumes.empty() || (volumes.size() == 1 && volumes[0] == 0 &&
                                                     std::filesystem::file_size(first, ignored) <=
                                                         audit_format::kFileHeaderBytes);
  if (hashes > 0 || !only_an_empty_one) return corrupt("the file checkpoint is missing");
  return true;
}

Result<void> TreeFiles::create() {
  SR_CHECK_OK(start_volume());
  must_sync(*io_, volume_.get());
  must_sync_directory(*io_, path(audit_format::kEntriesDirectory));
  new_volumes_.clear();
  committed_ =
      ResumeState{.size = 0, .volume_first = 0, .volume_bytes = volume_bytes_, .segments = {}};
  SR_CHECK_OK(write_resume(committed_));
  return write_checkpoint(head_);
}

Result<void> TreeFiles::read_state(ResumeState& state, TreeHead& head) const {
  const VerifierKey key{.name = origin_, .public_key = signer_.public_key()};
  const VerifierKey resume_key{.name = audit_format::resume_key_name(origin_),
                               .public_key = signer_.public_key()};
  SR_TRY(const std::string note, read_text(path(audit_format::kCheckpointFile)));
  auto checkpoint = audit_format::open_checkpoint(note, key);
  if (!checkpoint) return corrupt("the file checkpoint: " + checkpoint.error().message());
  head = checkpoint->head;
  SR_TRY(const std::string resume_note, read_text(path(audit_format::kResumeFile)));
  const auto text = audit_format::open_note(resume_note, resume_key);
  const auto resume = text ? audit_format::parse_resume(*text) : std::nullopt;
  if (!resume || resume->origin != origin_) {
    return corrupt("the file resume is not signed by this log's key or malformed");
  }
  for (const ResumeState& candidate : resume->states) {
    if (candidate.size != head.size) continue;
    state = candidate;
    return {};
  }
  return corrupt("the files resume and checkpoint do not belong together");
}

Result<void> TreeFiles::recover() {
  SR_CHECK_OK(read_state(committed_, head_));
  const std::uint64_t hash_bytes = audit_format::stored_hash_count(head_.size) * kHashBytes;
  SR_TRY(const std::uint64_t present, file_size(hashes_.get(), "hashes"));
  if (present < hash_bytes) return corrupt("the file hashes is cut off");
  SR_TRY(committed_frontier_,
         audit_format::load_frontier(head_.size, [this](std::uint64_t at) -> Result<Hash> {
           Hash hash;
           const ssize_t got =
               pread(hashes_.get(), hash.data(), kHashBytes, static_cast<off_t>(at * kHashBytes));
           if (got != static_cast<ssize_t>(kHashBytes)) {
             return io_error("read", "hashes", errno);
           }
           return hash;
         }));
  if (committed_frontier_.root() != head_.root) {
    return corrupt("the file hashes does not have the root that the checkpoint signs");
  }
  const std::string volume = path(audit_format::volume_path(committed_.volume_first));
  if (!exists(volume)) return corrupt("the newest volume " + volume + " is missing");
  SR_TRY(volume_, open_file(volume, O_RDWR));
  SR_TRY(const std::uint64_t bytes, file_size(volume_.get(), volume));
  if (bytes < committed_.volume_bytes)
    return corrupt("the newest volume " + volume + " is cut off");
  SR_CHECK_OK(remove_later_volumes());
  if (ftruncate(volume_.get(), static_cast<off_t>(committed_.volume_bytes)) != 0 ||
      ftruncate(hashes_.get(), static_cast<off_t>(hash_bytes)) != 0) {
    return io_error("cut", directory_, errno);
  }
  frontier_ = committed_frontier_;
  volume_first_ = committed_.volume_first;
  volume_bytes_ = committed_.volume_bytes;
  return {};
}

Result<void> TreeFiles::remove_later_volumes() {
  SR_TRY(const auto volumes, volume_numbers(directory_));
  for (const std::uint64_t first : volumes) {
    if (first <= committed_.volume_first) continue;
    const std::string later = path(audit_format::volume_path(first));
    if (unlink(later.c_str()) != 0) return io_error("remove", later, errno);
  }
  return {};
}

Result<void> TreeFiles::start_volume() {
  const std::uint64_t first = frontier_.size();
  SR_TRY(volume_, open_file(path(audit_format::volume_path(first)), O_RDWR | O_CREAT | O_TRUNC));
  new_volumes_.push_back(first);
  volume_first_ = first;
  volume_bytes_ = audit_format::kFileHeaderBytes;
  return write_all(*io_, volume_.get(), audit_format::volume_header(first), 0);
}

Result<void> TreeFiles::add(const Hash& leaf, std::string_view entry) {
  if (volume_bytes_ >= volume_bytes_max_) {
    SR_CHECK_OK(spill());
    must_sync(*io_, volume_.get());
    SR_CHECK_OK(start_volume());
  }
  const std::size_t before = entry_buffer_.size();
  audit_format::append_volume_frame(entry_buffer_, entry);
  volume_bytes_ += entry_buffer_.size() - before;
  frontier_.append(leaf, [this](const Hash& hash) { hash_buffer_ += as_chars(hash); });
  if (entry_buffer_.size() >= kSpillBytes) return spill();
  return {};
}

Result<void> TreeFiles::spill() {
  SR_CHECK_OK(write_all(*io_, volume_.get(), entry_buffer_, volume_bytes_ - entry_buffer_.size()));
  const std::uint64_t hash_bytes = audit_format::stored_hash_count(frontier_.size()) * kHashBytes;
  SR_CHECK_OK(write_all(*io_, hashes_.get(), hash_buffer_, hash_bytes - hash_buffer_.size()));
  entry_buffer_.clear();
  hash_buffer_.clear();
  return {};
}

Result<void> TreeFiles::commit(const Segments& segments) {
  ResumeState next{.size = frontier_.size(),
                   .volume_first = volume_first_,
                   .volume_bytes = volume_bytes_,
                   .segments = segments};
  if (next == committed_) return {};
  const bool grew = next.size != committed_.size;
  if (grew) {
    SR_CHECK_OK(spill());
    must_sync(*io_, volume_.get());
    must_sync(*io_, hashes_.get());
    if (!new_volumes_.empty()) {
      must_sync_directory(*io_, path(audit_format::kEntriesDirectory));
    }
  }
  SR_CHECK_OK(write_resume(next));
  const TreeHead head{.size = next.size, .root = frontier_.root()};
  if (grew) SR_CHECK_OK(write_checkpoint(head));
  committed_ = std::move(next);
  committed_frontier_ = frontier_;
  head_ = head;
  new_volumes_.clear();
  return {};
}

void TreeFiles::rollback() {
  for (const std::uint64_t first : new_volumes_) {
    unlink(path(audit_format::volume_path(first)).c_str());
  }
  if (!new_volumes_.empty() || !volume_) {
    auto volume = open_file(path(audit_format::volume_path(committed_.volume_first)), O_RDWR);
    // Without it nothing can be added; the next batch fails in the same way until it can be opened.
    volume_ = volume ? std::move(*volume) : Descriptor();
  }
  new_volumes_.clear();
  entry_buffer_.clear();
  hash_buffer_.clear();
  frontier_ = committed_frontier_;
  volume_first_ = committed_.volume_first;
  volume_bytes_ = committed_.volume_bytes;
}

Result<void> TreeFiles::write_resume(const ResumeState& newest) {
  Resume resume{.origin = origin_, .states = {newest}};
  if (committed_.size != newest.size) resume.states.push_back(committed_);
  return replace_file(*io_, directory_, audit_format::kResumeFile,
                      audit_format::sign_note(audit_format::encode_resume(resume),
                                              audit_format::resume_key_name(origin_), signer_));
}

Result<void> TreeFiles::write_checkpoint(const TreeHead& head) {
  const Checkpoint checkpoint{.origin = origin_, .head = head};
  return replace_file(
      *io_, directory_, audit_format::kCheckpointFile,
      audit_format::sign_note(audit_format::encode_checkpoint(checkpoint), origin_, signer_));
}

}  // namespace strongroom::audit
