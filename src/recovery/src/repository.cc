#include "strongroom/recovery/repository.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "files.h"
#include "strongroom/recovery/backup_reader.h"

namespace strongroom::recovery {
namespace {

constexpr std::size_t kTagDigits = 8;

const StoredBackup* find(const Listing& listing, Uuid id) {
  for (const StoredBackup& backup : listing.backups) {
    if (backup.manifest.head.id == id) return &backup;
  }
  return nullptr;
}

}  // namespace

Result<Listing> list_backups(const std::string& directory, Instant now) {
  Listing listing;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (!entry.path().string().ends_with(kBackupSuffix)) continue;
    auto manifest = read_manifest(entry.path().string());
    if (!manifest) {
      listing.damaged.push_back(entry.path().string());
      continue;
    }
    listing.backups.push_back({entry.path().string(), std::move(*manifest)});
  }
  if (error) {
    return fail(ErrorKind::kNotFound, "Backup.NoDirectory",
                "cannot list " + directory + ": " + error.message());
  }
  std::ranges::sort(listing.backups, {}, [now](const StoredBackup& backup) {
    const Head& head = backup.manifest.head;
    const bool ordinary = head.created.unix_ms <= now.unix_ms + kMillisPerDay;
    return std::tuple(ordinary, head.created, head.revision);
  });
  return listing;
}

std::string backup_path(const std::string& directory, Instant now, Uuid tag, bool full) {
  std::string time = format_utc(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return directory + "/strongroom-" + time + '-' + tag.lower().substr(0, kTagDigits) +
         (full ? "-full" : "-incr") + std::string(kBackupSuffix);
}

Result<std::vector<StoredBackup>> chain_of(const Listing& listing, const StoredBackup& newest) {
  std::vector<StoredBackup> chain{newest};
  while (!chain.back().manifest.head.full()) {
    const Head& head = chain.back().manifest.head;
    const StoredBackup* base = find(listing, head.base);
    if (base == nullptr) {
      return fail(ErrorKind::kNotFound, "Backup.NoBase",
                  newest.path + " continues the backup " + head.base.lower() +
                      ", which is not beside it. Nothing was changed. Put that file into the same "
                      "directory");
    }
    if (chain.size() >= kChainMax) {
      return fail(ErrorKind::kCorrupt, "Backup.ChainTooLong",
                  newest.path + " has more than 64 bases: take a full backup");
    }
    chain.push_back(*base);
  }
  std::ranges::reverse(chain);
  return chain;
}

std::vector<std::string> expired(const Listing& listing, std::size_t keep) {
  std::set<Uuid> kept;
  std::size_t fulls = 0;
  for (auto backup = listing.backups.rbegin(); backup != listing.backups.rend(); ++backup) {
    if (!backup->manifest.head.full()) continue;
    if (fulls++ < std::max<std::size_t>(keep, 1)) kept.insert(backup->manifest.head.id);
  }
  if (kept.empty()) return {};
  std::vector<std::string> gone;
  for (const StoredBackup& backup : listing.backups) {
    const auto chain = chain_of(listing, backup);
    const bool stays = !chain || kept.contains(chain->front().manifest.head.id);
    if (!stays) gone.push_back(backup.path);
  }
  std::ranges::reverse(gone);
  return gone;
}

Result<std::size_t> prune(const std::string& directory, std::size_t keep, Instant now) {
  SR_TRY(const Listing listing, list_backups(directory, now));
  const std::vector<std::string> gone = expired(listing, keep);
  for (const std::string& path : gone) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) {
      return fail(ErrorKind::kUnavailable, "System.Refused",
                  "cannot remove " + path + ": " + error.message());
    }
  }
  if (!gone.empty()) SR_CHECK_OK(sync_directory(directory));
  return gone.size();
}

}  // namespace strongroom::recovery
