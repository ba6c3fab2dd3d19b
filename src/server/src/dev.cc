// `strongroomd dev`: a throwaway or kept server for one machine, with everything printed that a
// client needs.

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "hardening.h"
#include "reveal.h"
#include "sample.h"
#include "startup.h"
#include "strongroom/base/shell_text.h"
#include "strongroom/server/commands.h"
#include "strongroom/server/running_server.h"
#include "terminal.h"

namespace strongroom::server {
namespace {

// The data of a dev server that was not told to keep it; removed with everything in it at the end.
class ThrowawayDirectory {
 public:
  ThrowawayDirectory() {
    char name[] = "/tmp/strongroom-dev-XXXXXX";
    if (mkdtemp(name) != nullptr) path_ = name;
  }
  ~ThrowawayDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ThrowawayDirectory(const ThrowawayDirectory&) = delete;
  ThrowawayDirectory& operator=(const ThrowawayDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<barrier::UnsealedDirectory> open_or_create(const std::string& directory) {
  SystemRandom random;
  const SystemClock clock;
  if (barrier::is_data_directory(directory)) {
    return barrier::open_data_directory(directory, barrier::Mode::kDev, barrier::DevSecret{});
  }
  const barrier::SlotSecret slots[] = {barrier::DevSecret{}};
  return barrier::create_data_directory(directory, barrier::Mode::kDev, slots, random, clock);
}

std::string endpoint_of(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

/// The endpoint of the default instance, or null.
const InstanceEndpoint* default_instance(const StartedFacts& facts) {
  const auto found = std::ranges::find(facts.instances, facts.instance_id, &InstanceEndpoint::id);
  return found != facts.instances.end() ? &*found : nullptr;
}

/// Unless the configuration has given them endpoints.
Result<void> listen_instances(const Config& config, RunningServer& server) {
  const StartedFacts& facts = server.facts();
  if (facts.all_instances.port == 0)
    SR_CHECK_OK(server.listen_instance({"", {.host = config.listen.host, .port = 0}}));
  if (facts.instance_id.empty() || default_instance(facts) != nullptr) return {};
  return server.listen_instance({facts.instance_id, {.host = config.listen.host, .port = 0}});
}

using EnvironmentLines = std::vector<std::pair<std::string, std::string>>;

struct CaFiles {
  std::string shared;
  std::string instance;
};

EnvironmentLines environment_of(const Config& config, const StartedFacts& facts,
                                const CaFiles& files) {
  EnvironmentLines lines = {
      {"STRONGROOM_ENDPOINT", endpoint_of(config.listen.host, facts.port)},
      {"STRONGROOM_CA_FILE", files.shared},
      {"STRONGROOM_ACCOUNT_ID", facts.account.text()},
      {"STRONGROOM_REGION", config.region},
      {"ALIBABA_CLOUD_ACCESS_KEY_ID", facts.root_key_id},
      {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", std::string(OperatorReveal::text(facts.root_key_secret))},
  };
  if (!facts.instance_id.empty()) lines.emplace_back("STRONGROOM_INSTANCE_ID", facts.instance_id);
  if (const InstanceEndpoint* instance = default_instance(facts)) {
    lines.emplace_back("STRONGROOM_INSTANCE_ENDPOINT",
                       endpoint_of(instance->address.host, instance->address.port));
    lines.emplace_back("STRONGROOM_INSTANCE_CA_FILE", files.instance);
  }
  lines.emplace_back("STRONGROOM_INSTANCES_ENDPOINT",
                     endpoint_of(facts.all_instances.host, facts.all_instances.port));
  if (facts.health_port != 0) {
    lines.emplace_back("STRONGROOM_METRICS_URL",
                       std::string(config.metrics_client_ca_pem.empty() ? "http" : "https") +
                           "://127.0.0.1:" + std::to_string(facts.health_port) + "/metrics");
  }
  return lines;
}

std::string as_env_file(const EnvironmentLines& lines) {
  std::string text;
  for (const auto& [name, value] : lines) text += name + '=' + value + '\n';
  return text;
}

/// What means itself to a shell without quotes.
bool is_plain(const std::string& value) {
  return std::ranges::all_of(value, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:[]@%+=,").contains(c);
  });
}

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).string();
}

/// Before anything is started: its values stand there as they are, and scripts source the file.
Result<void> check_env_file(const DevOptions& options, const Config& config) {
  if (options.env_file.empty()) return {};
  if (!is_plain(absolute(config.data_directory))) {
    return fail(ErrorKind::kInvalidInput, "EnvFile.NotPlain",
                "the data directory's path would stand in it without quotes: give --data a path of "
                "letters, digits and _-./:@%+=,");
  }
  std::error_code unknown;
  if (!std::filesystem::is_directory(options.env_file, unknown)) return {};
  return fail(ErrorKind::kInvalidInput, "EnvFile.Directory", options.env_file + " is a directory");
}

/// As a shell reads it back: a data directory may have blanks in its name.
std::string shell_word(const std::string& value) {
  if (!value.empty() && is_plain(value)) return value;
  std::string quoted;
  append_shell_quoted(quoted, value);
  return quoted;
}

void print_banner(const Config& config, const EnvironmentLines& lines, bool sample) {
  std::printf(
      "\n"
      "  *** DEVELOPMENT SERVER: the key that protects this data lies beside it ***\n"
      "\n"
      "  endpoint   https://%s\n"
      "  CA file    %s\n"
      "  data       %s\n"
      "\n"
      "  For the SDKs and the command line (copy, or use eval):\n\n",
      lines[0].second.c_str(), lines[1].second.c_str(), config.data_directory.c_str());
  for (const auto& [name, value] : lines)
    std::printf("    export %s=%s\n", name.c_str(), shell_word(value).c_str());
  if (sample) {
    const std::string program = sibling_program("strongroom");
    std::printf(
        "\n  Read the sample secret:\n\n    STRONGROOM_ENDPOINT=%s STRONGROOM_CA_FILE=%s "
        "ALIBABA_CLOUD_ACCESS_KEY_ID=%s ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s %s secret get %s "
        "--reveal\n",
        lines[0].second.c_str(), shell_word(lines[1].second).c_str(), lines[4].second.c_str(),
        lines[5].second.c_str(), shell_word(program).c_str(),
        std::string(kSampleSecretName).c_str());
  }
  std::printf("\n  Stop with Ctrl-C.\n\n");
  std::fflush(stdout);
}

Result<void> announce(const DevOptions& options, const Config& config, StartedFacts& facts) {
  const std::string directory = absolute(config.data_directory);
  const CaFiles files{directory + "/ca.pem", directory + "/instance-ca.pem"};
  SR_CHECK_OK(write_private_file(files.shared, facts.ca_pem));
  if (const InstanceEndpoint* instance = default_instance(facts))
    SR_CHECK_OK(write_private_file(files.instance, instance->ca_pem));
  EnvironmentLines lines = environment_of(config, facts, files);
  if (!options.quiet) print_banner(config, lines, options.sample);
  if (!options.env_file.empty()) return write_private_file(options.env_file, as_env_file(lines));
  return {};
}

}  // namespace

int run_dev(const DevOptions& options, const std::string& config_file, const Flags& given) {
  if (!options.env_file.empty()) unlink(options.env_file.c_str());
  Flags flags = given;
  const ThrowawayDirectory throwaway;
  if (!options.data_given) flags["data.directory"] = throwaway.path() + "/data";
  auto config = load_config(config_file, flags);
  if (!config)
    return fail_with("the configuration cannot be used", config.error(),
                     "strongroomd config explain");
  if (const auto fit = check_env_file(options, *config); !fit)
    return fail_with("the environment file cannot be written", fit.error(),
                     "choose another --data directory or --env-file");
  if (!config->health_listen) config->health_listen = Address{.host = "127.0.0.1", .port = 0};
  for (const Finding& finding : harden(*config, Mode::kDev))
    std::fprintf(stderr, "warning: %s\n", finding.what.c_str());
  const sigset_t signals = block_stop_signals();
  auto opened = open_or_create(config->data_directory);
  if (!opened)
    return fail_with("the data directory cannot be opened", opened.error(),
                     "choose another --data directory");
  auto server = RunningServer::start(*config, std::move(*opened), true);
  if (!server)
    return fail_with("the server could not start", server.error(),
                     "fix the cause above and start again");
  if (const auto made = (*server)->ensure_instance(); !made) {
    return fail_with("the KMS instance could not be made", made.error(),
                     "choose another --data directory");
  }
  if (const auto listening = listen_instances(*config, **server); !listening) {
    return fail_with("the instance's endpoint could not start", listening.error(),
                     "fix the cause above and start again");
  }
  if (options.sample) {
    if (const auto stored = (*server)->store_sample(); !stored) {
      return fail_with("the sample secret could not be stored", stored.error(),
                       "start with --no-sample");
    }
  }
  if (const auto announced = announce(options, *config, (*server)->facts()); !announced) {
    return fail_with("the environment file could not be written", announced.error(),
                     "choose another --env-file");
  }
  wait_for_stop(signals);
  (*server)->stop();
  return 0;
}

}  // namespace strongroom::server
