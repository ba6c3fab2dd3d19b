// `strongroomd seal slot …`

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <functional>
#include <optional>

#include "kms_slot.h"
#include "reveal.h"
#include "seal_turn.h"
#include "secret_input.h"
#include "startup.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/crypto/ct_equal.h"
#include "strongroom/crypto/secret_sharing.h"
#include "strongroom/server/recovery_commands.h"
#include "terminal.h"
#include "token_slot.h"
#include "tpm_slot.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr std::size_t kSlotKeyBytes = 32;
constexpr int kSlotMax = 255;

struct Split {
  std::size_t needed = 0;
  std::size_t made = 0;
};

Result<Split> split_of(const std::string& text) {
  Split split;
  const std::size_t slash = text.find('/');
  const char* end = text.data() + text.size();
  if (slash != std::string::npos) {
    const char* middle = text.data() + slash;
    const auto first = std::from_chars(text.data(), middle, split.needed);
    const auto second = std::from_chars(middle + 1, end, split.made);
    if (first.ptr == middle && second.ptr == end && first.ec == std::errc() &&
        second.ec == std::errc())
      return split;
  }
  return fail(ErrorKind::kInvalidInput, "Seal.Shares", "--shares must be as 3/5");
}

Result<void> write_shares(const std::vector<SecretBytes>& shares, const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorKind::kUnavailable, "System", "cannot create " + directory);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const std::string path = directory + "/share-" + std::to_string(i + 1);
    SR_TRY(const SecretBytes line, share_line(shares[i]));
    SR_CHECK_OK(write_private_file(path, OperatorReveal::text(line)));
    std::printf("share     %s\n", path.c_str());
  }
  return {};
}

/// The first `needed` shares as they were written.
Result<SecretBytes> read_back(const std::string& directory, std::size_t needed) {
  std::vector<SecretBytes> shares;
  for (std::size_t i = 0; i < needed; ++i) {
    SR_TRY(const SecretBytes line, read_first_line(directory + "/share-" + std::to_string(i + 1)));
    SR_TRY(SecretBytes share, share_from(line));
    shares.push_back(std::move(share));
  }
  return crypto::join_shares(shares);
}

Result<void> show_shares(const std::vector<SecretBytes>& shares) {
  std::printf("Write each share down, or hand it to its holder. They are shown once.\n\n");
  std::fflush(stdout);
  for (const SecretBytes& share : shares) {
    SR_TRY(const SecretBytes line, share_line(share));
    // Past the buffer of standard output, which nobody wipes.
    if (!write_all(STDOUT_FILENO, OperatorReveal::text(line)))
      return fail(ErrorKind::kUnavailable, "NotPrinted", "standard output cannot be written");
  }
  std::printf("\n");
  std::fflush(stdout);
  return {};
}

/// What the holders type, one share a line, not shown: they look at one screen, one after the
/// other.
Result<SecretBytes> ask_back(std::size_t needed) {
  const HiddenInput hidden(STDIN_FILENO);
  std::vector<SecretBytes> shares;
  while (shares.size() < needed) {
    std::printf("share %zu of %zu, to prove that it was kept: ", shares.size() + 1, needed);
    std::fflush(stdout);
    SR_TRY(const SecretBytes line, read_secret_line(STDIN_FILENO));
    if (line.empty()) break;
    SR_TRY(SecretBytes share, share_from(line));
    shares.push_back(std::move(share));
  }
  std::printf("\n");
  return crypto::join_shares(shares);
}

Result<barrier::SlotSecret> shared_secret(const SealSlotOptions& options, Random& random) {
  SR_TRY(const Split split, split_of(options.shares));
  std::string bytes(kSlotKeyBytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  SR_TRY(SecretBytes key,
         SecretBytes::take({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  SR_TRY(const auto shares, crypto::split_secret(key, split.needed, split.made, random));
  if (options.shares_out.empty()) {
    SR_CHECK_OK(show_shares(shares));
  } else {
    SR_CHECK_OK(write_shares(shares, options.shares_out));
  }
  SR_TRY(const SecretBytes again, options.shares_out.empty()
                                      ? ask_back(split.needed)
                                      : read_back(options.shares_out, split.needed));
  if (!crypto::ct_equal(again, key)) {
    return fail(ErrorKind::kDenied, "Seal.OtherShares",
                "those are shares of another slot. Nothing was changed. Begin again");
  }
  return barrier::KeySecret{
      .kind = barrier::SlotKind::kShamir,
      .key = std::move(key),
      .parameters = {static_cast<char>(split.needed), static_cast<char>(split.made)}};
}

Result<barrier::SlotSecret> new_secret(const SealSlotOptions& options, Random& random) {
  const int ways = (options.new_file.empty() ? 0 : 1) + (options.passphrase_file.empty() ? 0 : 1) +
                   (options.shares.empty() ? 0 : 1) + (options.token_module.empty() ? 0 : 1) +
                   (options.tpm_tcti.empty() ? 0 : 1) + (options.kms_endpoint.empty() ? 0 : 1);
  if (ways != 1) {
    return fail(ErrorKind::kInvalidInput, "Seal.OneSlot",
                "give one of --new-file, --passphrase-file, --shares, --token-module, "
                "--tpm-tcti and --kms-endpoint");
  }
  if (!options.new_file.empty()) {
    SR_CHECK_OK(barrier::create_key_file(options.new_file, random));
    return barrier::FileSecret{options.new_file, true};
  }
  if (!options.passphrase_file.empty()) {
    SR_TRY(SecretBytes passphrase, new_passphrase_from(options.passphrase_file));
    return barrier::PassphraseSecret{std::move(passphrase), barrier::Argon2Cost()};
  }
  if (!options.token_module.empty()) {
    return new_token_secret({.module = options.token_module,
                             .token = options.token,
                             .key = options.token_key,
                             .pin_file = options.token_pin_file},
                            random);
  }
  if (!options.tpm_tcti.empty())
    return new_tpm_secret({.tcti = options.tpm_tcti, .pin_file = options.tpm_pin_file}, random);
  if (!options.kms_endpoint.empty()) {
    return new_kms_secret({.endpoint = options.kms_endpoint,
                           .ca_file = options.kms_ca_file,
                           .access_key_file = options.kms_access_key_file},
                          options.kms_key, random);
  }
  return shared_secret(options, random);
}

Result<void> print_slots(const std::string& directory) {
  SR_TRY(const barrier::DirectoryFiles files, barrier::read_directory_files(directory));
  SR_TRY(const auto slots, barrier::list_slots(files.seal));
  for (const barrier::SlotFacts& slot : slots) {
    std::string detail;
    if (slot.kind == barrier::SlotKind::kToken) detail = "  " + describe_token(slot.parameters);
    if (slot.kind == barrier::SlotKind::kTpm) detail = "  " + describe_tpm(slot.parameters);
    if (slot.kind == barrier::SlotKind::kShamir && slot.parameters.size() == 2) {
      detail = "  any " + std::to_string(static_cast<unsigned char>(slot.parameters[0])) + " of " +
               std::to_string(static_cast<unsigned char>(slot.parameters[1]));
    }
    std::printf("%-4u %-11s check value %-13s since %s%s\n", slot.id,
                std::string(barrier::slot_kind_name(slot.kind)).c_str(), slot.check_value.c_str(),
                format_utc(slot.created).c_str(), detail.c_str());
  }
  SR_TRY(const barrier::RootFacts root, barrier::root_facts(files.seal));
  if (root.number > 0) {
    std::printf("root %u since %s%s\n", root.number, format_utc(root.since).c_str(),
                root.changing ? ", which the keyring has not followed yet" : "");
  }
  return {};
}

/// Adds, or replaces slot `replaced`, and opens the seal with the new secret before it is believed.
Result<void> write_slot(const Config& config, const SealSlotOptions& options,
                        std::optional<std::uint8_t> replaced) {
  const SealTurn turn(config.data_directory);
  SR_CHECK_OK(turn.require());
  SystemRandom random;
  const SystemClock clock;
  SR_TRY(const barrier::UnsealedDirectory opened, unseal(config));
  SR_TRY(const barrier::SlotSecret secret, new_secret(options, random));
  auto written = replaced ? barrier::replace_slot(config.data_directory, opened, *replaced, secret,
                                                  {.random = random, .clock = clock})
                          : barrier::add_slot(config.data_directory, opened, secret, random, clock);
  if (!written) {
    if (!options.new_file.empty()) unlink(options.new_file.c_str());  // made above, for nothing
    return written;
  }
  SR_TRY([[maybe_unused]] const auto again,
         barrier::open_data_directory(config.data_directory, opened.superblock.mode, secret));
  return print_slots(config.data_directory);
}

Result<void> remove(const Config& config, std::uint8_t slot) {
  const SealTurn turn(config.data_directory);
  SR_CHECK_OK(turn.require());
  SR_TRY(const barrier::UnsealedDirectory opened, unseal(config));
  SR_CHECK_OK(barrier::remove_slot(config.data_directory, opened, slot));
  return print_slots(config.data_directory);
}

int with_config(const std::string& config_file, const Flags& flags,
                const std::function<Result<void>(const Config&)>& body) {
  const auto config = configured(config_file, flags);
  if (!config) return 1;
  const auto done = body(*config);
  if (!done) return fail_with("the seal was not changed", done.error(), "strongroomd seal slot ls");
  return 0;
}

Result<std::uint8_t> slot_id(int slot) {
  if (slot >= 1 && slot <= kSlotMax) return static_cast<std::uint8_t>(slot);
  return fail(ErrorKind::kInvalidInput, "Seal.NoSuchSlot", "slots have numbers from 1 to 255");
}

}  // namespace

int run_seal_slot_list(const std::string& config_file, const Flags& flags) {
  return with_config(config_file, flags,
                     [](const Config& config) { return print_slots(config.data_directory); });
}

int run_seal_slot_add(const SealSlotOptions& options, const std::string& config_file,
                      const Flags& flags) {
  return with_config(config_file, flags, [&](const Config& config) {
    return write_slot(config, options, std::nullopt);
  });
}

int run_seal_slot_replace(const SealSlotOptions& options, const std::string& config_file,
                          const Flags& flags) {
  return with_config(config_file, flags, [&](const Config& config) -> Result<void> {
    SR_TRY(const std::uint8_t slot, slot_id(options.slot));
    return write_slot(config, options, slot);
  });
}

int run_seal_slot_remove(const SealSlotOptions& options, const std::string& config_file,
                         const Flags& flags) {
  return with_config(config_file, flags, [&](const Config& config) -> Result<void> {
    SR_TRY(const std::uint8_t slot, slot_id(options.slot));
    return remove(config, slot);
  });
}

}  // namespace strongroom::server
