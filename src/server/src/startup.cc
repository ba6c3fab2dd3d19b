#include "startup.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "hardening.h"
#include "reveal.h"
#include "secret_input.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/digest.h"
#include "terminal.h"

namespace strongroom::server {
namespace {

Result<std::string> read_authorities(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string pem{std::istreambuf_iterator<char>(file), {}};
  if (file && !pem.empty()) return pem;
  return fail(ErrorKind::kInvalidInput, "NoClientAuthorities",
              "server.metrics_client_ca_file cannot be read or is empty: " + path);
}

}  // namespace

Result<Config> load_config(const std::string& config_file, const Flags& flags) {
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  SR_TRY(const Values values, collect(config_file, environment, flags));
  SR_TRY(Config config, interpret(values));
  if (!config.metrics_token_file.empty()) {
    SR_TRY(const SecretBytes token, read_first_line(config.metrics_token_file));
    config.metrics_token_sha256 = crypto::sha256(as_bytes(OperatorReveal::text(token)));
  }
  if (!config.metrics_client_ca_file.empty()) {
    SR_TRY(config.metrics_client_ca_pem, read_authorities(config.metrics_client_ca_file));
  }
  return config;
}

std::optional<Config> configured(const std::string& config_file, const Flags& flags) {
  auto config = load_config(config_file, flags);
  if (!config) {
    fail_with("the configuration cannot be used", config.error(), "strongroomd config explain");
    return std::nullopt;
  }
  // What it finds fault with is the server's to refuse; these commands are needed on a bad day.
  harden(*config, Mode::kDev);
  return std::move(*config);
}

bool hardened(const Config& config) {
  bool fatal = false;
  for (const Finding& finding : harden(config, Mode::kProduction)) {
    std::fprintf(stderr, "%s: %s\n", finding.fatal ? "refused" : "warning", finding.what.c_str());
    fatal = fatal || finding.fatal;
  }
  return !fatal;
}

std::string unfinished_mark(const std::string& data_directory) {
  return data_directory + "/init-unfinished";
}

std::string stop_or_mend(const Error& error) {
  return error.code() == "StoreInUse" ? "stop the server first"
                                      : "mend the cause above and run it again";
}

int fail_with(const std::string& what, const Error& error, const std::string& next) {
  print_error(what, error, next);
  return 1;
}

std::string sibling_program(const std::string& name) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? name : (self.parent_path() / name).string();
}

}  // namespace strongroom::server
