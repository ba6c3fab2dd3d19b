#include "backup_job.h"

#include "age_keys.h"
#include "strongroom/recovery/restore.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

/// The backup to continue, or null for a full one.
const recovery::StoredBackup* base_of(const recovery::Listing& listing, std::uint64_t full_every) {
  if (listing.backups.empty() || full_every <= 1) return nullptr;
  const recovery::StoredBackup& newest = listing.backups.back();
  const auto chain = recovery::chain_of(listing, newest);
  return chain && chain->size() < full_every ? &newest : nullptr;
}

}  // namespace

Result<recovery::StoredBackup> take_scheduled_backup(const recovery::BackupSource& source,
                                                     const BackupConfig& config,
                                                     const std::atomic<bool>* cancel) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(const recovery::Listing listing, recovery::list_backups(config.directory, clock.now()));
  const recovery::StoredBackup* base = base_of(listing, config.full_every);
  SR_TRY(const std::vector<age::Recipient> recipients, recipients_of(config));
  recovery::StoredBackup made;
  recovery::BackupOptions options{.bytes_per_second = bytes_of_mib(config.rate_mib),
                                  .since = base != nullptr ? &base->manifest : nullptr,
                                  .cancel = cancel,
                                  .recipients = recipients};
  const auto write = [&]() {
    made.path = recovery::backup_path(config.directory, clock.now(), Uuid::generate(random),
                                      options.since == nullptr);
    return recovery::write_backup_file(source, made.path, options, clock, random);
  };
  auto manifest = write();
  // A data directory that was put back since, or another one: what is there cannot be continued.
  if (!manifest && manifest.error().code() == "Backup.OtherBase") {
    options.since = nullptr;
    manifest = write();
  }
  if (!manifest) return std::unexpected(std::move(manifest).error());
  made.manifest = std::move(*manifest);
  if (config.keep > 0) {
    SR_TRY([[maybe_unused]] const std::size_t gone,
           recovery::prune(config.directory, config.keep, clock.now()));
  }
  return made;
}

Result<ProvenRestore> prove_backup(const std::string& backup, const std::string& scratch,
                                   const Config& config) {
  SR_TRY(const recovery::Manifest manifest, recovery::read_manifest(backup));
  SR_TRY(const barrier::SlotSecret secret, seal_for(config, manifest.head.mode));
  SR_TRY(const std::vector<age::Identity> identities, identities_of(config.backup));
  SR_TRY(const recovery::StagedDirectory staged,
         recovery::stage_restore(
             {.backup = backup, .directory = scratch, .secret = secret, .identities = identities}));
  ProvenRestore proven{.path = backup, .manifest = staged.newest(), .proof = {}};
  auto opened = barrier::open_data_directory(staged.path, manifest.head.mode, secret);
  auto proof = opened ? prove_directory(staged.path, std::move(*opened))
                      : Result<Proof>(std::unexpected(std::move(opened).error()));
  SR_CHECK_OK(recovery::discard_restore(staged.path));
  if (!proof) return std::unexpected(std::move(proof).error());
  proven.proof = *proof;
  return proven;
}

Result<ProvenRestore> drill(const Config& config) {
  if (config.backup.directory.empty()) {
    return fail(ErrorKind::kInvalidInput, "Backup.NoPlace",
                "backup.directory is not set, so nobody knows where the newest backup is; give "
                "--set backup.directory=DIRECTORY");
  }
  SR_TRY(const recovery::Listing listing,
         recovery::list_backups(config.backup.directory, SystemClock().now()));
  if (listing.backups.empty()) {
    return fail(ErrorKind::kNotFound, "Backup.None",
                "there is no backup in " + config.backup.directory +
                    ": take one with `strongroomd backup create`");
  }
  const std::string scratch =
      config.backup.scratch.empty() ? config.backup.directory : config.backup.scratch;
  return prove_backup(listing.backups.back().path, scratch + "/drill", config);
}

}  // namespace strongroom::server
