// `strongroomd upgrade --check` and `strongroomd compact`.

#include <cstdio>

#include "proof.h"
#include "recovery_status.h"
#include "startup.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/server/recovery_commands.h"
#include "strongroom/store_lmdb/compact.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

Result<void> check(const Config& config) {
  SR_TRY(const barrier::Superblock superblock, barrier::read_superblock(config.data_directory));
  std::printf("format    epoch %u, which this release reads and writes\n", superblock.format_epoch);
  SR_TRY(barrier::UnsealedDirectory opened, unseal(config));
  std::printf("seal      opened by slot %u\n", opened.slot);
  SR_TRY(const Proof proof, prove_directory(config.data_directory, std::move(opened)));
  std::printf("proven    %s\n", describe(proof).c_str());
  if (proof.other_epoch > 0) {
    std::printf("keyring   %llu records wait for being sealed again under the newest epoch\n",
                static_cast<unsigned long long>(proof.other_epoch));
  }
  std::printf("ready     this release can serve this directory; nothing was changed\n");
  return {};
}

Result<void> rotate(const Config& config) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(barrier::UnsealedDirectory opened, unseal(config));
  SR_TRY(const auto engine, store_lmdb::open({.directory = config.data_directory + "/store"}));
  SR_TRY(const auto store, barrier::open_sealed_store(*engine, std::move(opened.root),
                                                      {.cluster = opened.superblock.cluster,
                                                       .clock = clock,
                                                       .random = random,
                                                       .background_check = false}));
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
    return fail_with("this release must not be switched to", done.error(),
                     "go on with the release that serves the directory now");
  }
  return 0;
}

int run_keyring_rotate(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = rotate(*config);
  if (!done) return fail_with("the keyring was not rotated", done.error(), "stop the server first");
  return 0;
}

int run_compact(const std::string& config_file, const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = compact(*config);
  if (!done) return fail_with("nothing was compacted", done.error(), "stop the server first");
  return 0;
}

}  // namespace strongroom::server
