#include "strongroom/audit/copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>

#include "io.h"
#include "strongroom/audit_format/archive.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/reader.h"

namespace strongroom::audit {
namespace {

using audit_format::LogDirectory;

constexpr std::size_t kChunkBytes = 1U << 20;
constexpr std::uint64_t kWhole = std::numeric_limits<std::uint64_t>::max();

/// A new file of the copy.
class Output {
 public:
  static Result<Output> create(std::string path) {
    SR_TRY(auto file, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
    return Output(std::move(path), std::move(file));
  }
  Result<void> add(std::string_view bytes) {
    SR_CHECK_OK(write_all(Io::system(), file_.get(), bytes, written_));
    written_ += bytes.size();
    return {};
  }
  Result<void> sync() const {
    if (Io::system().sync(file_.get()) != 0) return io_error("sync", path_, errno);
    return {};
  }

 private:
  Output(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Descriptor file_;
  std::uint64_t written_ = 0;
};

class LogCopy {
 public:
  LogCopy(LogDirectory& log, const std::string& to) : log_(log), to_(to) {}

  /// Before the checkpoint is read: what a witness said must not speak of more than that covers.
  static Result<void> start(const std::string& from, const std::string& to) {
    SR_CHECK_OK(make_directory(to));
    SR_CHECK_OK(make_directory(to + '/' + std::string(audit_format::kEntriesDirectory)));
    if (!there(from, audit_format::kCosignedFile)) return {};
    return file(from, to, audit_format::kCosignedFile, kWhole);
  }

  Result<void> run() {
    const std::uint64_t size = log_.checkpoint().head.size;
    SR_CHECK_OK(file(audit_format::kHashesFile,
                     audit_format::stored_hash_count(size) * audit_format::kHashBytes));
    SR_TRY(const auto volumes, log_.volumes());
    for (std::size_t i = 0; i < volumes.size() && volumes[i] < size; ++i) {
      const std::uint64_t end = i + 1 < volumes.size() ? std::min(volumes[i + 1], size) : size;
      SR_CHECK_OK(volume(volumes[i], end));
    }
    // After the volumes: it may have moved on, and says which of them need not be there.
    if (there(audit_format::kRetainedFile)) SR_CHECK_OK(file(audit_format::kRetainedFile, kWhole));
    SR_CHECK_OK(text(audit_format::kVerifierKeyFile, log_.key().text() + '\n'));
    SR_CHECK_OK(sync_directory(to_ + '/' + std::string(audit_format::kEntriesDirectory)));
    SR_CHECK_OK(text(audit_format::kCheckpointFile, log_.checkpoint_note()));
    return sync_directory(to_);
  }

 private:
  static bool there(const std::string& directory, std::string_view name) {
    std::error_code ignored;
    return std::filesystem::exists(directory + '/' + std::string(name), ignored);
  }
  bool there(std::string_view name) const { return there(log_.path(), name); }

  static Result<void> make_directory(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0) return {};
    if (errno != EEXIST) return io_error("create", path, errno);
    return fail(ErrorKind::kConflict, "AuditCopyExists", path + " is there already");
  }

  static Result<void> sync_directory(const std::string& path) {
    SR_TRY(const Descriptor directory, open_file(path, O_RDONLY | O_DIRECTORY));
    if (Io::system().sync(directory.get()) != 0) return io_error("sync", path, errno);
    return {};
  }

  Result<void> text(std::string_view name, std::string_view content) const {
    SR_TRY(Output out, Output::create(to_ + '/' + std::string(name)));
    SR_CHECK_OK(out.add(content));
    return out.sync();
  }

  /// The first `bytes` of a file, or all of it.
  static Result<void> file(const std::string& from, const std::string& to, std::string_view name,
                           std::uint64_t bytes) {
    const std::string path = from + '/' + std::string(name);
    SR_TRY(const Descriptor in, open_file(path, O_RDONLY));
    SR_TRY(Output out, Output::create(to + '/' + std::string(name)));
    std::string buffer(kChunkBytes, '\0');
    for (std::uint64_t at = 0; at < bytes;) {
      const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), bytes - at);
      const ssize_t got = pread(in.get(), buffer.data(), wanted, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return io_error("read", path, errno);
      if (got == 0) break;  // too short for its checkpoint: the copy will not verify, either
      SR_CHECK_OK(out.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(got))));
      at += static_cast<std::uint64_t>(got);
    }
    return out.sync();
  }

  Result<void> file(std::string_view name, std::uint64_t bytes) const {
    return file(log_.path(), to_, name, bytes);
  }

  Result<void> volume(std::uint64_t first, std::uint64_t end) {
    const std::string archive = audit_format::archive_path(first);
    // Whole, and never changed once it is there.
    const bool archived = !there(audit_format::volume_path(first)) && there(archive);
    const auto done = archived ? file(archive, kWhole) : entries(first, end);
    if (done) return {};
    SR_TRY(const std::uint64_t kept, log_.first_kept());
    if (first < kept && !there(archive)) return {};  // its time ended meanwhile
    return done;
  }

  Result<void> entries(std::uint64_t first, std::uint64_t end) {
    SR_TRY(Output out, Output::create(to_ + '/' + audit_format::volume_path(first)));
    std::string buffer = audit_format::volume_header(first);
    Result<void> written;
    SR_CHECK_OK(log_.for_each(first, [&](const audit_format::Entry& entry) {
      if (entry.index >= end) return false;
      audit_format::append_volume_frame(buffer, entry.text);
      if (buffer.size() < kChunkBytes) return true;
      written = out.add(buffer);
      buffer.clear();
      return written.has_value();
    }));
    SR_CHECK_OK(written);
    SR_CHECK_OK(out.add(buffer));
    return out.sync();
  }

  LogDirectory& log_;
  const std::string& to_;
};

}  // namespace

Result<audit_format::TreeHead> copy_log(const std::string& from, const std::string& to,
                                        std::string_view vkey) {
  const auto there = LogDirectory::open(from, vkey);
  if (!there) return std::unexpected(there.error());
  SR_CHECK_OK(LogCopy::start(from, to));
  SR_TRY(LogDirectory log, LogDirectory::open(from, vkey));
  SR_CHECK_OK(LogCopy(log, to).run());
  return log.checkpoint().head;
}

}  // namespace strongroom::audit
