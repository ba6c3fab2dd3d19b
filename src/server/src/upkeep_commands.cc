// `strongroomd upgrade`, `strongroomd keyring rotate` and `strongroomd compact`.

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "control.h"
#include "proof.h"
#include "recovery_status.h"
#include "seal_turn.h"
#include "startup.h"
#include "strongroom/barrier/root_change.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/server/recovery_commands.h"
#include "strongroom/store_lmdb/compact.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "succession.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kReplyMillis = 5'000;

/// True if all of the directory is of the newest format.
Result<bool> is_newest(const std::string& directory) {
  SR_TRY(const barrier::Superblock superblock, barrier::read_superblock(directory));
  SR_TRY(const barrier::DirectoryFiles files, barrier::read_directory_files(directory));
  SR_TRY(const barrier::RootFacts root, barrier::root_facts(files.seal));
  return superblock.format_epoch == barrier::kFormatEpoch && root.number > 0;
}

Result<void> prove(const Config& config) {
  SR_TRY(const barrier::Superblock superblock, barrier::read_superblock(config.data_directory));
  SR_TRY(const bool newest, is_newest(config.data_directory));
  std::printf("format    epoch %u, which this release reads and writes%s\n",
              superblock.format_epoch,
              newest ? "" : "; `strongroomd upgrade` makes it the newest when you want to");
  SR_TRY(barrier::UnsealedDirectory opened, unseal(config));
  std::printf("seal      opened by slot %u\n", opened.slot);
  SR_TRY(const Proof proof, prove_directory(config.data_directory, std::move(opened)));
  std::printf("proven    %s\n", describe(proof).c_str());
  if (proof.other_epoch > 0) {
    std::printf("keyring   %llu records wait for being sealed again under the newest epoch\n",
                static_cast<unsigned long long>(proof.other_epoch));
  }
  return {};
}

/// That the server which has the store open will read the newest format, too.
Result<void> check_server(const std::string& directory) {
  const std::string_view advice =
      "Nothing was changed. Replace it by this release first (`strongroomd serve --take-over`, or "
      "restart the service), or stop it";
  SR_TRY(const auto server, ControlChannel::call(directory));
  if (server) {
    SR_CHECK_OK(server->send(kFormats));
    SR_TRY(const std::string said, server->receive_text(kReplyMillis));
    if (said.starts_with(kFormats)) return {};
  }
  return fail(
      ErrorKind::kConflict, "Upgrade.OlderServer",
      "the server that runs does not say that it reads the newest format. " + std::string(advice));
}

Result<void> upgrade(const Config& config) {
  SR_TRY(const bool newest, is_newest(config.data_directory));
  if (newest) {
    std::printf("format    epoch %u already: nothing to do\n", barrier::kFormatEpoch);
    return {};
  }
  SR_CHECK_OK(prove(config));
  // Held to the end: no server of an older release may start meanwhile.
  const auto engine = store_lmdb::open({.directory = config.data_directory + "/store"});
  const bool served = !engine && engine.error().code() == "StoreInUse";
  if (!engine && !served) return std::unexpected(engine.error());
  if (served) SR_CHECK_OK(check_server(config.data_directory));
  const SealTurn turn(config.data_directory);
  SR_CHECK_OK(turn.require());
  SystemRandom random;
  SR_TRY(barrier::UnsealedDirectory opened, unseal(config));
  SR_TRY([[maybe_unused]] const bool changed,
         barrier::upgrade_directory(config.data_directory, opened, random));
  SR_TRY(opened, unseal(config));
  std::printf(
      "upgraded  format epoch %u; seal.epoch-1 and superblock.epoch-1 keep what was there before\n"
      "next      take a backup: older releases read neither this directory nor its new backups\n",
      opened.superblock.format_epoch);
  return {};
}

// What opening a slot says: nothing of what the release reads was seen then.
bool says_slot(std::string_view code) {
  constexpr std::string_view kFamilies[] = {"Seal.", "Hsm.", "Tpm.", "Kms."};
  return code == "NoSealSlot" || code == "System.Refused" ||
         std::ranges::any_of(kFamilies, [code](auto family) { return code.starts_with(family); });
}

Result<void> check(const Config& config) {
  SR_CHECK_OK(prove(config));
  std::printf("ready     this release can serve this directory; nothing was changed\n");
  return {};
}

Result<void> rotate(const Config& config) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(barrier::UnsealedDirectory opened, unseal(config));
  SR_TRY(const auto engine, store_lmdb::open({.directory = config.data_directory + "/store"}));
  SR_TRY(const auto store, open_for_command(*engine, std::move(opened), clock, random));
  barrier::Upkeep& upkeep = barrier::upkeep_of(*store);
  SR_TRY(const std::uint32_t epoch, upkeep.rotate_keyring(clock.now()));
  std::string cursor;
  std::size_t resealed = 0;
  while (true) {
    SR_TRY(const auto step, upkeep.reseal_some(cursor));
    resealed += step.resealed;
    if (step.end) break;
  }
  RecoveryStatus status = read_recovery_status(config.data_directory);
  status.last_retirement = clock.now();  // first, as RecoveryWatch does
  SR_CHECK_OK(write_recovery_status(config.data_directory, status));
  SR_TRY(const std::uint64_t left, upkeep.retire_epochs());
  std::printf("epoch     %u, %zu records sealed again, %llu left for the server to do\n", epoch,
              resealed, static_cast<unsigned long long>(left));
  return {};
}

Result<void> compact(const Config& config) {
  SR_TRY(const auto sizes, store_lmdb::compact(config.data_directory + "/store"));
  const SystemClock clock;
  RecoveryStatus status = read_recovery_status(config.data_directory);
  status.last_compaction = clock.now();
  SR_CHECK_OK(write_recovery_status(config.data_directory, status));
  std::printf("compacted from %llu to %llu bytes: what was deleted before is in no page any more\n",
              static_cast<unsigned long long>(sizes.before),
              static_cast<unsigned long long>(sizes.after));
  return {};
}

}  // namespace

int run_upgrade_check(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = check(*config);
  if (!done) {
    if (says_slot(done.error().code())) {
      return fail_with("the directory could not be opened", done.error(),
                       "give what opens it, or open it with another slot: "
                       "docs/runbooks/lost-slot.md");
    }
    return fail_with("this release must not be switched to", done.error(),
                     "go on with the release that serves the directory now");
  }
  return 0;
}

int run_upgrade(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = upgrade(*config);
  if (!done) {
    return fail_with("the directory was not upgraded", done.error(),
                     "mend the cause above and run the same command again");
  }
  return 0;
}

int run_keyring_rotate(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = rotate(*config);
  if (!done)
    return fail_with("the keyring was not rotated", done.error(), stop_or_mend(done.error()));
  return 0;
}

int run_compact(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = compact(*config);
  if (!done) return fail_with("nothing was compacted", done.error(), stop_or_mend(done.error()));
  return 0;
}

}  // namespace strongroom::server
