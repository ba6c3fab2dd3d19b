#include "strongroom/recovery/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "audit_copy.h"
#include "files.h"
#include "merged_rows.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/bytes.h"
#include "strongroom/recovery/backup_reader.h"
#include "strongroom/recovery/repository.h"
#include "strongroom/store_lmdb/bulk.h"

namespace strongroom::recovery {
namespace {

constexpr std::string_view kMarker = "/RESTORING";
constexpr std::string_view kMarkerText =
    "If this directory's name ends with .restoring, a restore did not finish: it may be removed, "
    "and the next\nrestore does so. Otherwise the directory is whole and this file may be "
    "removed.\n";

std::string staging_of(const std::string& directory) {
  std::string path = directory;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path + ".restoring";
}

Result<void> require_absent_or_empty(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return {};
  if (std::filesystem::is_directory(directory, error) &&
      std::filesystem::is_empty(directory, error) && !error)
    return {};
  return fail(ErrorKind::kConflict, "Restore.NotEmpty",
              directory +
                  " is not an empty directory. Nothing was changed. Name one that does not exist "
                  "yet; a data directory is never overwritten");
}

Result<void> make_staging(const std::string& staging) {
  SR_CHECK_OK(discard_restore(staging));
  if (mkdir(staging.c_str(), 0700) != 0) return refused("create", staging);
  const std::string marker = staging + std::string(kMarker);
  SR_TRY(const Descriptor file, create_new(marker));
  SR_CHECK_OK(write_all(file, kMarkerText, marker));
  return sync_file(file, marker);
}

/// The files of the chain, the full one first.
Result<std::vector<std::string>> chain_paths(const std::string& backup) {
  if (backup == "-") return std::vector<std::string>{backup};
  SR_TRY(const Manifest manifest, read_manifest(backup));
  if (manifest.head.full()) return std::vector<std::string>{backup};
  SR_TRY(const Listing listing, list_backups(parent_of(backup), SystemClock().now()));
  SR_TRY(const auto chain, chain_of(listing, {backup, manifest}));
  std::vector<std::string> paths;
  for (const StoredBackup& link : chain) paths.push_back(link.path);
  return paths;
}

/// Writes pieces of files, one file open at a time: a log may have more of them than a process may
/// have descriptors.
class FileWriter {
 public:
  explicit FileWriter(std::string root) : root_(std::move(root)) {}

  Result<void> put(const Item& item) {
    if (!is_backed_up_path(item.key)) {
      return fail(ErrorKind::kCorrupt, "Backup.Damaged",
                  "the backup names a file that no backup may hold. Do not use it");
    }
    const std::string path = root_ + '/' + std::string(item.key);
    if (path != path_) SR_CHECK_OK(turn_to(path));
    // Small files are replaced as a whole by each backup of the chain.
    if (item.number == 0 && ftruncate(file_.get(), 0) != 0) return refused("write", path);
    return write_at(file_, item.bytes, item.number, path);
  }

  /// What was put is durable, but for the names of the files.
  Result<void> finish() {
    if (file_) SR_CHECK_OK(sync_file(file_, path_));
    file_.reset();
    path_.clear();
    return {};
  }

 private:
  Result<void> turn_to(const std::string& path) {
    SR_CHECK_OK(finish());
    std::error_code error;
    std::filesystem::create_directories(parent_of(path), error);
    file_ = Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_) return refused("create", path);
    path_ = path;
    return {};
  }

  const std::string root_;
  std::string path_;  // of file_
  Descriptor file_;
};

Result<std::uint64_t> load_rows(std::span<ChainLink> chain, const std::string& directory,
                                store::Revision revision) {
  SR_TRY(const auto loader, store_lmdb::BulkLoader::begin(directory + "/store"));
  MergedRows rows(chain);
  std::uint64_t count = 0;
  while (true) {
    SR_TRY(const auto row, rows.next());
    if (!row) break;
    SR_CHECK_OK(loader->append(*row));
    ++count;
  }
  SR_CHECK_OK(loader->finish(revision));
  return count;
}

Result<void> load_files(std::span<ChainLink> chain, const std::string& directory) {
  FileWriter writer(directory);
  for (ChainLink& link : chain) {
    while (link.item) {
      if (link.item->kind != ItemKind::kFile) {
        return fail(ErrorKind::kCorrupt, "Backup.Damaged",
                    "the backup has rows behind its files. Do not use it");
      }
      SR_CHECK_OK(writer.put(*link.item));
      SR_CHECK_OK(link.advance());
    }
  }
  return writer.finish();
}

/// That the log in `audit` continues the one that the backup ended with.
Result<void> check_continues(const std::string& audit, const AuditPosition& position) {
  const audit_format::HashReader read = [&](std::uint64_t index) -> Result<audit_format::Hash> {
    SR_TRY(const std::string bytes,
           read_range(audit + '/' + std::string(audit_format::kHashesFile),
                      index * audit_format::kHashBytes, audit_format::kHashBytes));
    audit_format::Hash hash{};
    if (bytes.size() != hash.size()) {
      return fail(ErrorKind::kCorrupt, "Restore.AuditShorter", "the log is too short");
    }
    std::ranges::copy(as_bytes(bytes), hash.begin());
    return hash;
  };
  const auto frontier = audit_format::load_frontier(position.entries, read);
  if (frontier && as_chars(frontier->root()) == position.root) return {};
  return fail(ErrorKind::kConflict, "Restore.OtherAudit",
              "the audit log in " + audit +
                  " does not continue the one in the backup: it is of another data directory, "
                  "older, or damaged. Nothing was changed. Name the newest copy, or leave it out");
}

Result<void> adopt_audit(const std::string& from, const std::string& staging,
                         const AuditPosition& position) {
  if (from.empty()) return {};
  SR_CHECK_OK(check_continues(from, position));
  const std::string to = staging + "/audit";
  std::error_code error;
  std::filesystem::remove_all(to, error);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, error);
  if (error) {
    return fail(ErrorKind::kUnavailable, "System.Refused",
                "cannot copy " + from + ": " + error.message());
  }
  return {};
}

Result<void> fill(const RestoreRequest& request, StagedDirectory& staged,
                  std::vector<ChainLink>& chain) {
  const Head& newest = chain.back().reader->head();
  SR_CHECK_OK(barrier::install_directory_files(staged.path, newest.files));
  SR_TRY(staged.opened, barrier::open_data_directory(staged.path, newest.mode, request.secret));
  SR_TRY(const BackupKeys keys, BackupKeys::from([&](std::string_view label) {
           return barrier::derive_from_base(staged.opened.keys.base, label);
         }));
  for (ChainLink& link : chain) {
    SR_CHECK_OK(link.reader->unlock(keys, request.identities));
    SR_CHECK_OK(link.advance());
  }
  SR_TRY(staged.rows, load_rows(chain, staged.path, newest.revision));
  SR_CHECK_OK(load_files(chain, staged.path));
  SR_CHECK_OK(drop_expired_volumes(staged.path + "/audit"));
  for (ChainLink& link : chain) {
    SR_TRY(Foot foot, link.reader->finish());
    staged.chain.push_back({link.reader->head(), std::move(foot)});
  }
  return adopt_audit(request.audit_directory, staged.path, staged.newest().foot.audit);
}

/// Every file and directory below `path`: an adopted audit log was only copied.
Result<void> sync_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().string();
    const Descriptor file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) return refused("open", name);
    SR_CHECK_OK(sync_file(file, name));
  }
  if (!error) return {};
  return fail(ErrorKind::kUnavailable, "System.Refused",
              "cannot list " + path + ": " + error.message());
}

}  // namespace

Result<void> discard_restore(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const bool ours = std::filesystem::exists(path + std::string(kMarker), error) ||
                    std::filesystem::is_empty(path, error);
  if (!ours) {
    return fail(ErrorKind::kConflict, "Restore.InTheWay",
                path +
                    " is in the way and was not left by a restore. Nothing was changed. Move it "
                    "away, or restore into another directory");
  }
  std::filesystem::remove_all(path, error);
  if (!error) return {};
  return fail(ErrorKind::kUnavailable, "System.Refused",
              "cannot remove " + path + ": " + error.message());
}

Result<StagedDirectory> stage_restore(const RestoreRequest& request) {
  SR_CHECK_OK(require_absent_or_empty(request.directory));
  SR_TRY(const auto paths, chain_paths(request.backup));
  std::vector<ChainLink> chain;
  for (const std::string& path : paths) {
    SR_TRY(auto reader, BackupReader::open(path));
    chain.push_back({std::move(reader), std::nullopt});
  }
  if (!chain.front().reader->head().full()) {
    return fail(ErrorKind::kInvalidInput, "Backup.NotFull",
                "an increment cannot be restored from a pipe: name the file, with its bases beside "
                "it");
  }
  StagedDirectory staged{.path = staging_of(request.directory), .opened = {}, .chain = {}};
  SR_CHECK_OK(make_staging(staged.path));
  if (auto filled = fill(request, staged, chain); !filled) {
    const auto removed = discard_restore(staged.path);
    return std::unexpected(std::move(filled).error());
  }
  return staged;
}

Result<void> publish_restore(StagedDirectory& staged, const std::string& directory) {
  SystemRandom random;
  SR_CHECK_OK(barrier::begin_lineage(staged.path, staged.opened, random));
  std::error_code error;
  for (const char* folder : {"/audit", "/audit/entries", "/audit/spool"})
    std::filesystem::create_directories(staged.path + folder, error);
  SR_CHECK_OK(sync_tree(staged.path));
  SR_CHECK_OK(sync_directory(staged.path));
  if (rename(staged.path.c_str(), directory.c_str()) != 0) return refused("rename to", directory);
  SR_CHECK_OK(sync_directory(parent_of(directory)));
  // Last, so that a kill before the renaming leaves what the next attempt recognises.
  std::filesystem::remove(directory + std::string(kMarker), error);
  return {};
}

}  // namespace strongroom::recovery
