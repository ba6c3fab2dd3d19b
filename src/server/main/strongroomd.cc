// The server's command line.

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "common_flags.h"
#include "recovery_options.h"
#include "strongroom/base/standard_streams.h"
#include "strongroom/base/unknown_words.h"
#include "strongroom/server/commands.h"

namespace {

/// What was not expected, without the words themselves: one of them may be a passphrase, and this
/// line ends in logs. Only names of options are repeated.
std::string unexpected(const std::vector<std::string>& extras) {
  const auto [options, others] = strongroom::unknown_words(extras);
  std::string why = options.empty() ? "" : "there is no option " + options;
  if (others > 0) {
    why += (why.empty() ? "" : "; ") + std::to_string(others) + (others == 1 ? " word" : " words") +
           " too many, not repeated here: secrets are given in files, never as arguments";
  }
  return why;
}

int misused(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::string command = "strongroomd";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().back();
    command += " " + at->get_name();
  }
  const std::vector<std::string> extras = app.remaining(true);
  std::cerr << "Error: the command line is not understood\n  why:  "
            << (extras.empty() ? error.what() : unexpected(extras)) << "\n  next: " << command
            << " --help\n";
  return 2;
}

int run(int argc, char** argv) {
  using namespace strongroom::server;
  CLI::App app(
      "Strongroom: a self-hosted secrets manager and key management service that speaks Alibaba "
      "Cloud KMS.");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", STRONGROOM_VERSION);
  CommonFlags common;
  common.add_to(app);  // `strongroomd --config FILE` serves

  DevOptions dev_options;
  CLI::App* dev = app.add_subcommand(
      "dev", "a development server: makes everything, prints what a client needs");
  common.add_to(*dev);
  dev->add_option("--env-file", dev_options.env_file,
                  "write KEY=VALUE lines here once every listener accepts");
  dev->add_flag("--quiet", dev_options.quiet, "print no banner");
  // Not an std::optional<bool>: CLI11 gives that a value even where the flag is absent.
  const CLI::Option* sample =
      dev->add_flag("--sample,!--no-sample", dev_options.sample,
                    "store a sample secret; the default unless --env-file is given");

  InitOptions init_options;
  CLI::App* init = app.add_subcommand(
      "init", "make a production data directory; prints the root AccessKey once");
  common.add_to(*init);
  init->add_option("--seal-file", init_options.seal_file,
                   "new key file; keep it on another file system than the data");
  init->add_flag("--seal-file-same-disk", init_options.seal_file_same_disk,
                 "accept a key file on the data's file system");
  init->add_option("--passphrase-file", init_options.passphrase_file,
                   "file whose first line becomes a passphrase slot");

  CLI::App* serve = app.add_subcommand("serve", "the production server");
  common.add_to(*serve);
  ServeOptions serve_options;
  serve->add_flag("--take-over", serve_options.take_over,
                  "take the place of the server that is running, without a refused connection");

  CLI::App* config = app.add_subcommand("config", "check or explain the configuration");
  config->require_subcommand(1);
  CLI::App* check = config->add_subcommand("check", "read everything, start nothing");
  common.add_to(*check);
  CLI::App* explain =
      config->add_subcommand("explain", "print every setting and where its value came from");
  common.add_to(*explain);

  RecoveryOptions recovery;
  recovery.add_to(app, common);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return misused(app, error);
  }
  const Flags flags = common.flags();
  // Scripts start from an empty account; people get something to read.
  if (sample->empty()) dev_options.sample = dev_options.env_file.empty();
  dev_options.data_given = flags.contains("data.directory");
  if (const auto code = recovery.run(common.config, flags)) return *code;
  if (dev->parsed()) return run_dev(dev_options, common.config, flags);
  if (init->parsed()) return run_init(init_options, common.config, flags);
  if (check->parsed()) return run_config_check(common.config, flags);
  if (explain->parsed()) return run_config_explain(common.config, flags);
  if (!serve->parsed() && common.config.empty()) {
    std::cerr << app.help();
    return 2;
  }
  return run_serve(serve_options, common.config, flags);
}

}  // namespace

int main(int argc, char** argv) {
  strongroom::hold_standard_streams();
  return run(argc, argv);
}
