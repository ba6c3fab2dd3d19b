// `strongroomd init`.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>

#include "reveal.h"
#include "startup.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/server/commands.h"
#include "strongroom/server/running_server.h"
#include "terminal.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

Result<std::vector<barrier::SlotSecret>> slots_of(const InitOptions& options, Random& random) {
  std::vector<barrier::SlotSecret> slots;
  if (!options.passphrase_file.empty()) {
    SR_TRY(SecretBytes passphrase, new_passphrase_from(options.passphrase_file));
    slots.push_back(barrier::PassphraseSecret{std::move(passphrase), barrier::Argon2Cost()});
  }
  // Last, and first in the order of slots: where anything else fails, no key file is left behind.
  if (!options.seal_file.empty()) {
    SR_CHECK_OK(barrier::create_key_file(options.seal_file, random));
    slots.insert(slots.begin(),
                 barrier::FileSecret{options.seal_file, options.seal_file_same_disk});
  }
  if (slots.empty()) {
    return fail(ErrorKind::kInvalidInput, "NoSealSlot",
                "a production directory needs --seal-file, --passphrase-file or both; there is no "
                "default key");
  }
  return slots;
}

/// What starts the server over this directory.
std::string serve_command(const InitOptions& options, const Config& config) {
  return "strongroomd serve --data " + config.data_directory +
         (options.seal_file.empty() ? " --set seal.passphrase_file=" + options.passphrase_file
                                    : " --set seal.file=" + options.seal_file);
}

/// Nobody would have the key if it went to a full disk or to no output at all.
Result<void> print_root_key(const StartedFacts& facts, const std::string& ca_file,
                            const std::string& serve) {
  errno = 0;
  std::printf(
      "account          %s\nAccessKeyId      %s\nAccessKeySecret  %s\nCA file          %s\n\n"
      "This is the only time the secret is shown. Keep it safe, make a RAM user for each "
      "application, and\n"
      "then disable this key (`strongroomd access-key new` makes another). Start the server with\n"
      "%s\n",
      facts.account.text().c_str(), facts.root_key_id.c_str(),
      std::string(OperatorReveal::text(facts.root_key_secret)).c_str(), ca_file.c_str(),
      serve.c_str());
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return fail(ErrorKind::kUnavailable, "NotPrinted",
              std::string("standard output cannot be written: ") + strerror(errno) +
                  "; nobody has the key of the account that was made");
}

Result<void> remove_mark(const std::string& mark, const std::string& directory) {
  const Descriptor place(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (unlink(mark.c_str()) == 0 && place && fsync(place.get()) == 0) return {};
  return fail(ErrorKind::kUnavailable, "System",
              "could not remove " + mark + ": " + strerror(errno));
}

/// From here on the directory is there, and of no use to anybody until its key was printed.
int fail_halfway(const std::string& what, const Error& error, const InitOptions& options,
                 const Config& config) {
  return fail_with(what, error,
                   "remove " + config.data_directory +
                       (options.seal_file.empty() ? "" : " and " + options.seal_file) +
                       ", mend the cause above and run init again");
}

Result<void> finish(RunningServer& server, const InitOptions& options, const Config& config,
                    const std::string& mark) {
  const std::string ca_file = config.data_directory + "/ca.pem";
  SR_CHECK_OK(write_private_file(ca_file, server.facts().ca_pem));
  SR_CHECK_OK(print_root_key(server.facts(), ca_file, serve_command(options, config)));
  return remove_mark(mark, config.data_directory);
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
  const std::string mark = unfinished_mark(config->data_directory);
  if (const auto marked = write_private_file(mark, "strongroomd init is at work here\n"); !marked)
    return fail_halfway("the data directory cannot be written", marked.error(), options, *config);
  config->listen = {.host = "127.0.0.1", .port = 0};  // nobody is served yet
  config->health_listen.reset();
  config->instance_listen.clear();
  auto server = RunningServer::start(*config, std::move(*made), true);
  if (!server)
    return fail_halfway("the account could not be made", server.error(), options, *config);
  if (const auto finished = finish(**server, options, *config, mark); !finished)
    return fail_halfway("init could not finish", finished.error(), options, *config);
  (*server)->stop();
  return 0;
}

}  // namespace strongroom::server
