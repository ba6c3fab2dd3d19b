// `strongroomd restore` and `strongroomd drill`.

#include <cstdio>

#include "age_keys.h"
#include "backup_job.h"
#include "dead_credentials.h"
#include "recovery_status.h"
#include "startup.h"
#include "strongroom/recovery/restore.h"
#include "strongroom/server/recovery_commands.h"
#include "terminal.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

/// Only what is wrong with the backup itself is mended by another one.
std::string next_of(const Error& error) {
  const std::string& code = error.code();
  const bool of_backup =
      (code.starts_with("Backup.") && code != "Backup.NoPlace") || code.starts_with("Proof.");
  return of_backup ? "try another backup, or `strongroomd backup verify FILE`"
                   : "mend the cause above and run it again";
}

int prove_only(const Config& config, const RestoreOptions& options) {
  const std::string scratch =
      options.scratch.empty() ? config.data_directory + ".proof" : options.scratch;
  const auto proven = prove_backup(options.from, scratch, config);
  if (!proven)
    return fail_with("the backup cannot be restored", proven.error(), next_of(proven.error()));
  std::printf("proven    %s\nbackup    %s of %s\nnothing was kept; restore without --verify\n",
              describe(proven->proof).c_str(), options.from.c_str(),
              format_utc(proven->manifest.head.created).c_str());
  return 0;
}

/// Proves the staged directory; it is removed if that fails.
Result<Proof> prove_staged(const recovery::StagedDirectory& staged,
                           const barrier::SlotSecret& secret) {
  auto opened = barrier::open_data_directory(staged.path, staged.newest().head.mode, secret);
  auto proof = opened ? prove_directory(staged.path, std::move(*opened))
                      : Result<Proof>(std::unexpected(std::move(opened).error()));
  if (!proof) SR_CHECK_OK(recovery::discard_restore(staged.path));
  return proof;
}

Result<void> bury(const recovery::StagedDirectory& staged, const barrier::SlotSecret& secret,
                  bool revive) {
  SR_TRY(const auto dead,
         deleted_since(staged.path + "/audit", staged.newest().foot.audit.entries));
  if (dead.empty()) return {};
  std::printf("credentials deleted after the backup was taken:\n");
  for (const DeadCredential& one : dead) {
    const bool person = one.kind == DeadCredential::Kind::kOther;
    std::printf("  %s%s\n", one.what.c_str(), person ? " (decide yourself)" : "");
  }
  if (revive) {
    std::printf("they are valid again, as asked for\n");
    return {};
  }
  SR_TRY(auto opened, barrier::open_data_directory(staged.path, staged.newest().head.mode, secret));
  SR_TRY(const std::size_t count, delete_again(staged.path, std::move(opened), dead));
  std::printf("%zu keys that the backup still had were deleted again\n", count);
  return {};
}

Result<Proof> restore(const Config& config, const RestoreOptions& options) {
  barrier::Mode mode = barrier::Mode::kProduction;
  if (options.from != "-") {
    SR_TRY(const recovery::Manifest manifest, recovery::read_manifest(options.from));
    mode = manifest.head.mode;
  }
  SR_TRY(const barrier::SlotSecret secret, seal_for(config, mode));
  SR_TRY(const std::vector<age::Identity> identities, identities_of(config.backup));
  SR_TRY(recovery::StagedDirectory staged,
         recovery::stage_restore({.backup = options.from,
                                  .directory = config.data_directory,
                                  .secret = secret,
                                  .audit_directory = options.audit,
                                  .identities = identities}));
  SR_TRY(const Proof proof, prove_staged(staged, secret));
  if (!options.audit.empty()) SR_CHECK_OK(bury(staged, secret, options.revive_credentials));
  SR_CHECK_OK(recovery::publish_restore(staged, config.data_directory));
  const recovery::Head& head = staged.newest().head;
  std::printf("restored  %s, revision %llu, as of %s\nproven    %s\n",
              config.data_directory.c_str(), static_cast<unsigned long long>(head.revision),
              format_utc(head.created).c_str(), describe(proof).c_str());
  if (head.format_epoch < barrier::kFormatEpoch) {
    std::printf("format    epoch %u, as the backup: `strongroomd upgrade` makes it the newest\n",
                head.format_epoch);
  }
  return proof;
}

}  // namespace

int run_restore(const RestoreOptions& options, const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  if (options.verify) return prove_only(*config, options);
  const auto restored = restore(*config, options);
  if (!restored)
    return fail_with("nothing was restored", restored.error(), next_of(restored.error()));
  std::printf(
      "Sessions (STS tokens) of before are dead. Whatever was written after the backup is gone:\n"
      "rotate credentials that were changed since. Start the server with `strongroomd serve`,\n"
      "over this --data and with the same seal.\n");
  if (options.audit.empty()) {
    std::printf(
        "Keys that were deleted after the backup are valid again. If the old audit log exists,\n"
        "restore once more with --audit DIRECTORY: they are found in it and deleted again.\n");
  }
  return 0;
}

int run_drill(const std::string& scratch, const std::string& config_file, const Flags& flags) {
  auto config = configured(config_file, flags);
  if (!config) return 1;
  if (!scratch.empty()) config->backup.scratch = scratch;
  const auto proven = drill(*config);
  const SystemClock clock;
  RecoveryStatus status = read_recovery_status(config->data_directory);
  if (proven) {
    status.last_drill = clock.now();
    status.last_proof = describe(proven->proof);
  } else {
    status.last_drill_failure = clock.now();
    status.last_failure = proven.error().message();
  }
  if (const auto written = write_recovery_status(config->data_directory, status); !written)
    std::fprintf(stderr, "warning: %s\n", written.error().message().c_str());
  if (!proven) return fail_with("the drill failed", proven.error(), next_of(proven.error()));
  std::printf("proven    %s\nbackup    %s of %s\n", status.last_proof.c_str(), proven->path.c_str(),
              format_utc(proven->manifest.head.created).c_str());
  return 0;
}

}  // namespace strongroom::server
