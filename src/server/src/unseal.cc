#include "unseal.h"

#include <string.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "kms_slot.h"
#include "reveal.h"
#include "secret_input.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/secret_sharing.h"
#include "token_slot.h"
#include "tpm_slot.h"

namespace strongroom::server {
namespace {

constexpr std::string_view kSharePrefix = "strongroom-share-1:";
constexpr std::size_t kPassphraseBytesMin = 16;
constexpr std::size_t kPassphraseDifferentMin = 8;

}  // namespace

Result<SecretBytes> new_passphrase_from(const std::string& file) {
  SR_TRY(SecretBytes passphrase, read_first_line(file));
  std::string_view text = OperatorReveal::text(passphrase);
  const std::size_t size = text.size();
  std::size_t different = 0;
  while (!text.empty()) {
    const char first = text.front();
    text.remove_prefix(1);
    if (!text.contains(first)) ++different;
  }
  if (size >= kPassphraseBytesMin && different >= kPassphraseDifferentMin) return passphrase;
  return fail(ErrorKind::kInvalidInput, "Seal.WeakPassphrase",
              "the first line of " + file + " is no passphrase for this: it has at least " +
                  std::to_string(kPassphraseBytesMin) + " characters, " +
                  std::to_string(kPassphraseDifferentMin) +
                  " of them different. Take six random words, or `openssl rand -base64 24`");
}

Result<SecretBytes> share_from(const SecretBytes& line) {
  const std::string_view text = OperatorReveal::text(line);
  const bool marked = text.starts_with(kSharePrefix);
  auto bytes = marked ? hex_decode(text.substr(kSharePrefix.size())) : std::nullopt;
  if (!bytes) {
    return fail(ErrorKind::kInvalidInput, "Seal.NotAShare",
                "a share begins with " + std::string(kSharePrefix) +
                    " and goes on with hexadecimal digits: one of them is mistyped");
  }
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(bytes->data()), bytes->size()});
}

Result<SecretBytes> share_line(const SecretBytes& share) {
  std::string digits = hex_encode(as_bytes(OperatorReveal::text(share)));
  std::string line;
  line.reserve(kSharePrefix.size() + digits.size() + 1);  // growing would leave a copy behind
  line.append(kSharePrefix).append(digits).append("\n");
  explicit_bzero(digits.data(), digits.size());
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
}

Result<barrier::SlotSecret> secret_of_shares(const std::vector<std::string>& files) {
  std::vector<SecretBytes> shares;
  for (const std::string& file : files) {
    SR_TRY(const SecretBytes line, read_first_line(file));
    SR_TRY(SecretBytes share, share_from(line));
    shares.push_back(std::move(share));
  }
  SR_TRY(SecretBytes key, crypto::join_shares(shares));
  return barrier::KeySecret{.kind = barrier::SlotKind::kShamir, .key = std::move(key)};
}

namespace {

constexpr std::size_t kEverySecret = 16;
using Way = std::function<Result<barrier::SlotSecret>()>;

Result<barrier::SlotSecret> credential_of(const Config& config) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory != nullptr)
    return barrier::FileSecret{std::string(directory) + '/' + config.seal_credential, true};
  return fail(ErrorKind::kInvalidInput, "NoCredentials",
              "seal.credential is set, but systemd gave this process no credentials: start it "
              "as a unit with LoadCredentialEncrypted=" +
                  config.seal_credential);
}

Result<barrier::SlotSecret> passphrase_of(const Config& config) {
  SR_TRY(SecretBytes passphrase, read_first_line(config.seal_passphrase_file));
  return barrier::PassphraseSecret{std::move(passphrase), barrier::Argon2Cost()};
}

/// Every kind that is configured, in the order in which they are preferred.
std::vector<Way> ways_of(const Config& config) {
  std::vector<Way> ways;
  // Whether the disk is acceptable was decided at init; a start must not fail for it.
  if (!config.seal_file.empty())
    ways.emplace_back([&] { return barrier::FileSecret{config.seal_file, true}; });
  if (!config.seal_credential.empty()) ways.emplace_back([&] { return credential_of(config); });
  if (!config.seal_passphrase_file.empty())
    ways.emplace_back([&] { return passphrase_of(config); });
  if (!config.seal_share_files.empty())
    ways.emplace_back([&] { return secret_of_shares(config.seal_share_files); });
  if (!config.seal_token_module.empty()) ways.emplace_back([&] { return token_secret(config); });
  if (!config.seal_tpm_tcti.empty()) {
    ways.emplace_back([&] {
      return tpm_secret({.tcti = config.seal_tpm_tcti, .pin_file = config.seal_tpm_pin_file});
    });
  }
  if (!config.seal_kms_endpoint.empty()) {
    ways.emplace_back([&] {
      return kms_secret({.endpoint = config.seal_kms_endpoint,
                         .ca_file = config.seal_kms_ca_file,
                         .access_key_file = config.seal_kms_access_key_file});
    });
  }
  return ways;
}

/// The first `limit` of them.
Result<std::vector<barrier::SlotSecret>> secrets_of(const Config& config, std::size_t limit) {
  std::vector<barrier::SlotSecret> secrets;
  for (const Way& way : ways_of(config)) {
    if (secrets.size() == limit) break;
    SR_TRY(barrier::SlotSecret secret, way());
    secrets.push_back(std::move(secret));
  }
  if (!secrets.empty()) return secrets;
  return fail(ErrorKind::kInvalidInput, "NoSealSlot",
              "none of seal.file, seal.credential, seal.passphrase_file, seal.share_files, "
              "seal.token_module, seal.tpm_tcti and seal.kms_endpoint is set");
}

// A restored dev directory has no key of its own; the one it came from has.
barrier::SlotSecret dev_secret(const Config& config) {
  const std::string own = config.data_directory + "/dev-seal-key";
  if (std::filesystem::exists(own)) return barrier::FileSecret{own, true};
  return barrier::DevSecret{};
}

}  // namespace

Result<barrier::SlotSecret> seal_of(const Config& config) {
  SR_TRY(auto secrets, secrets_of(config, 1));
  return std::move(secrets.front());
}

Result<barrier::SlotSecret> seal_for(const Config& config, barrier::Mode mode) {
  if (mode == barrier::Mode::kProduction || !config.seal_file.empty()) return seal_of(config);
  return dev_secret(config);
}

Result<std::vector<barrier::SlotSecret>> secrets_for(const Config& config, barrier::Mode mode) {
  if (mode == barrier::Mode::kProduction) return secrets_of(config, kEverySecret);
  std::vector<barrier::SlotSecret> secrets;
  if (!config.seal_file.empty()) secrets.emplace_back(barrier::FileSecret{config.seal_file, true});
  secrets.push_back(dev_secret(config));
  return secrets;
}

Result<barrier::UnsealedDirectory> unseal(const Config& config) {
  SR_TRY(const barrier::Superblock superblock, barrier::read_superblock(config.data_directory));
  SR_TRY(const barrier::SlotSecret secret, seal_for(config, superblock.mode));
  return barrier::open_data_directory(config.data_directory, superblock.mode, secret);
}

Result<std::unique_ptr<barrier::SealedStore>> open_for_command(store::Store& engine,
                                                               barrier::UnsealedDirectory opened,
                                                               Clock& clock, Random& random) {
  return barrier::open_sealed_store(engine, std::move(opened.keys),
                                    {.cluster = opened.superblock.cluster,
                                     .clock = clock,
                                     .random = random,
                                     .background_check = false});
}

}  // namespace strongroom::server
