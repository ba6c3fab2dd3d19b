// `strongroomd init`.

#include <unistd.h>

#include <cstdio>

#include "reveal.h"
#include "startup.h"
#include "strongroom/server/commands.h"
#include "strongroom/server/running_server.h"
#include "terminal.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

Result<std::vector<barrier::SlotSecret>> slots_of(const InitOptions& options, Random& random) {
  std::vector<barrier::SlotSecret> slots;
  if (!options.seal_file.empty()) {
    SR_CHECK_OK(barrier::create_key_file(options.seal_file, random));
    slots.push_back(barrier::FileSecret{options.seal_file, options.seal_file_same_disk});
  }
  if (!options.passphrase_file.empty()) {
    SR_TRY(SecretBytes passphrase, passphrase_from(options.passphrase_file));
    slots.push_back(barrier::PassphraseSecret{std::move(passphrase), barrier::Argon2Cost()});
  }
  if (slots.empty()) {
    return fail(ErrorKind::kInvalidInput, "NoSealSlot",
                "a production directory needs --seal-file, --passphrase-file or both; there is no "
                "default key");
  }
  return slots;
}

void print_root_key(const StartedFacts& facts, const std::string& ca_file) {
  std::printf(
      "account          %s\nAccessKeyId      %s\nAccessKeySecret  %s\nCA file          %s\n\n"
      "This is the only time the secret is shown. Keep it safe, make a RAM user for each "
      "application, and\n"
      "then disable this key. Start the server with `strongroomd serve`.\n",
      facts.account.text().c_str(), facts.root_key_id.c_str(),
      std::string(OperatorReveal::text(facts.root_key_secret)).c_str(), ca_file.c_str());
}

}  // namespace

int run_init(const InitOptions& options, const std::string& config_file, const Flags& flags) {
  auto config = load_config(config_file, flags);
  if (!config)
    return fail_with("the configuration cannot be used", config.error(),
                     "strongroomd config explain");
  if (!hardened(*config)) return 1;
  SystemRandom random;
  const SystemClock clock;
  const auto slots = slots_of(options, random);
  if (!slots)
    return fail_with("no seal slot could be made", slots.error(), "strongroomd init --help");
  auto made = barrier::create_data_directory(config->data_directory, barrier::Mode::kProduction,
                                             *slots, random, clock);
  if (!made) {
    if (!options.seal_file.empty()) unlink(options.seal_file.c_str());  // made above, for nothing
    return fail_with("the data directory could not be made", made.error(),
                     "choose another --data directory or --seal-file");
  }
  config->listen = {.host = "127.0.0.1", .port = 0};  // nobody is served yet
  config->health_listen.reset();
  config->instance_listen.clear();
  auto server = RunningServer::start(*config, std::move(*made), true);
  if (!server)
    return fail_with("the account could not be made", server.error(),
                     "remove the directory and run init again");
  const std::string ca_file = config->data_directory + "/ca.pem";
  if (const auto written = write_private_file(ca_file, (*server)->facts().ca_pem); !written) {
    return fail_with("the CA certificate could not be written", written.error(),
                     "check the directory's free space");
  }
  print_root_key((*server)->facts(), ca_file);
  (*server)->stop();
  return 0;
}

}  // namespace strongroom::server
