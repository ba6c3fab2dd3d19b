#include "volume_keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "strongroom/audit_format/archive.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/audit_format/reader.h"

namespace strongroom::audit {
namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

Result<Maintenance> VolumeKeeper::run(std::uint64_t open_volume, Instant keep_from) {
  SR_TRY(const auto log, audit_format::LogDirectory::open(directory_));
  SR_TRY(const auto volumes, log.volumes());
  SR_TRY(const std::uint64_t already, log.first_kept());
  Maintenance done{.archived = false, .first_kept = already};
  for (std::size_t i = 0; i + 1 < volumes.size() && volumes[i] < open_volume; ++i) {
    if (!exists(path(audit_format::volume_path(volumes[i])))) continue;
    SR_CHECK_OK(archive(volumes[i], volumes[i + 1]));
    done.archived = true;
    break;
  }
  for (const std::uint64_t first : volumes) {
    const std::string name = path(audit_format::archive_path(first));
    if (first >= open_volume || exists(path(audit_format::volume_path(first))) || !exists(name))
      break;
    SR_TRY(const auto archive, audit_format::Archive::open(name, first));
    if (archive.newest() >= keep_from) break;
    // Signed before anything goes, so that a stop between the two leaves a log that verifies.
    if (archive.end() > done.first_kept) SR_CHECK_OK(retain_from(archive.end()));
    done.first_kept = std::max(done.first_kept, archive.end());
    if (unlink(name.c_str()) != 0) return io_error("remove", name, errno);
  }
  return done;
}

Result<void> VolumeKeeper::archive(std::uint64_t first, std::uint64_t end) {
  SR_TRY(auto log, audit_format::LogDirectory::open(directory_));
  audit_format::ArchiveBuilder builder(first);
  std::uint64_t next = first;
  // Checks each entry against its leaf hash: damage is not made to look whole.
  SR_CHECK_OK(log.for_each(first, [&](const audit_format::Entry& entry) {
    if (entry.index >= end) return false;
    builder.add(entry.text);
    next = entry.index + 1;
    return next < end;
  }));
  if (next != end) {
    return fail(ErrorKind::kCorrupt, "AuditLogCorrupt",
                "entry " + std::to_string(next) + " is missing from its volume");
  }
  SR_CHECK_OK(replace_file(io_, directory_, audit_format::archive_path(first),
                           std::move(builder).finish()));
  const std::string plain = path(audit_format::volume_path(first));
  if (unlink(plain.c_str()) != 0) return io_error("remove", plain, errno);
  must_sync_directory(io_, path(audit_format::kEntriesDirectory));
  return {};
}

Result<void> VolumeKeeper::retain_from(std::uint64_t first_kept) {
  return replace_file(io_, directory_, audit_format::kRetainedFile,
                      audit_format::sign_note(audit_format::encode_retained(origin_, first_kept),
                                              audit_format::retained_key_name(origin_), signer_));
}

}  // namespace strongroom::audit
