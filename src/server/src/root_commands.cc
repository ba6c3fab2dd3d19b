// `strongroomd root rotate`.

#include <chrono>
#include <cstdio>
#include <thread>

#include "root_follower.h"
#include "seal_turn.h"
#include "secret_input.h"
#include "startup.h"
#include "strongroom/barrier/root_change.h"
#include "strongroom/server/recovery_commands.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr int kSlotMax = 255;
constexpr auto kLookAgain = std::chrono::milliseconds(100);
constexpr auto kFollowedWithin = std::chrono::seconds(60);

/// The configured secrets and those of the command line.
Result<std::vector<barrier::SlotSecret>> all_secrets(const Config& config, barrier::Mode mode,
                                                     const RootRotateOptions& options) {
  SR_TRY(auto secrets, secrets_for(config, mode));
  for (const std::string& file : options.key_files)
    secrets.emplace_back(barrier::FileSecret{file, true});
  for (const std::string& file : options.passphrase_files) {
    SR_TRY(SecretBytes passphrase, read_first_line(file));
    secrets.emplace_back(barrier::PassphraseSecret{std::move(passphrase), barrier::Argon2Cost()});
  }
  return secrets;
}

Result<std::vector<std::uint8_t>> slots_to_remove(const RootRotateOptions& options,
                                                  std::uint8_t opened_by) {
  std::vector<std::uint8_t> slots;
  for (const int slot : options.remove_slots) {
    if (slot < 1 || slot > kSlotMax) {
      return fail(ErrorKind::kInvalidInput, "Seal.NoSuchSlot", "slots have numbers from 1 to 255");
    }
    if (slot == opened_by) {
      return fail(ErrorKind::kInvalidInput, "Root.OwnSlot",
                  "slot " + std::to_string(slot) +
                      " is the one that this configuration opens the data with. Nothing was "
                      "changed. Configure another slot's secret, or remove it afterwards with "
                      "`strongroomd seal slot rm`");
    }
    slots.push_back(static_cast<std::uint8_t>(slot));
  }
  return slots;
}

Result<void> begin(const Config& config, const RootRotateOptions& options) {
  const SealTurn turn(config.data_directory);
  SR_CHECK_OK(turn.require());
  SystemRandom random;
  const SystemClock clock;
  SR_TRY(const barrier::UnsealedDirectory opened, unseal(config));
  if (opened.keys.changing()) {
    std::printf("unfinished an earlier change of the root is being finished; none is begun\n");
    return {};
  }
  SR_TRY(const auto removed, slots_to_remove(options, opened.slot));
  SR_TRY(const auto secrets, all_secrets(config, opened.superblock.mode, options));
  return barrier::begin_root_change(config.data_directory, opened,
                                    {.secrets = secrets, .removed = removed},
                                    {.random = random, .clock = clock});
}

Result<barrier::RootFacts> facts_of(const std::string& directory) {
  SR_TRY(const barrier::DirectoryFiles files, barrier::read_directory_files(directory));
  return barrier::root_facts(files.seal);
}

/// Without a server, which `engine` keeps from starting.
Result<void> finish_here(const Config& config, store::Store& engine) {
  SystemClock clock;
  SystemRandom random;
  SR_TRY(barrier::UnsealedDirectory opened, unseal(config));
  SR_TRY(const auto store, open_for_command(engine, std::move(opened), clock, random));
  SR_TRY([[maybe_unused]] const bool followed, follow_root(config, *store, random));
  return {};
}

Result<void> await_server(const std::string& directory) {
  const auto until = std::chrono::steady_clock::now() + kFollowedWithin;
  while (std::chrono::steady_clock::now() < until) {
    SR_TRY(const barrier::RootFacts facts, facts_of(directory));
    if (!facts.changing) return {};
    std::this_thread::sleep_for(kLookAgain);
  }
  return fail(ErrorKind::kUnavailable, "Root.NotFollowed",
              "every slot has the new root already, but the server that runs has not followed: its "
              "log says why (root_not_followed). It tries again by itself, and follows at its next "
              "start in any case");
}

Result<void> rotate(const Config& config, const RootRotateOptions& options) {
  // Before the store is opened, which would make one in a directory that is none.
  SR_TRY([[maybe_unused]] const auto superblock, barrier::read_superblock(config.data_directory));
  const auto engine = store_lmdb::open({.directory = config.data_directory + "/store"});
  const bool served = !engine && engine.error().code() == "StoreInUse";
  if (!engine && !served) return std::unexpected(engine.error());
  SR_CHECK_OK(begin(config, options));
  SR_CHECK_OK(served ? await_server(config.data_directory) : finish_here(config, **engine));
  SR_TRY(const barrier::RootFacts facts, facts_of(config.data_directory));
  std::printf(
      "root      number %u since %s; the one before opens nothing of this directory any more\n"
      "next      if the old root may be in other hands: `strongroom keyring rotate`, then\n"
      "          `strongroomd compact`, new backups, and delete the older ones\n",
      facts.number, format_utc(facts.since).c_str());
  return {};
}

}  // namespace

int run_root_rotate(const RootRotateOptions& options, const std::string& config_file,
                    const Flags& flags) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = rotate(*config, options);
  if (!done)
    return fail_with("the root was not replaced as a whole", done.error(),
                     "strongroomd seal slot ls");
  return 0;
}

}  // namespace strongroom::server
