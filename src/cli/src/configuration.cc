#include "configuration.h"

#include <string.h>
#include <sys/stat.h>

#include <toml++/toml.h>

#include "terminal.h"

namespace strongroom::cli {
namespace {

constexpr std::string_view kDefaultRegion = "cn-hangzhou";

std::string default_file() {
  if (const auto base = environment("XDG_CONFIG_HOME"); !base.empty()) {
    return base + "/strongroom/config.toml";
  }
  return environment("HOME") + "/.config/strongroom/config.toml";
}

std::unexpected<Error> invalid(const std::string& file, const std::string& why) {
  return fail(ErrorKind::kInvalidInput, "InvalidConfiguration", file + ": " + why);
}

Result<toml::table> read_file(const std::string& file) {
  try {
    return toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    return invalid(file, std::string(error.description()) + ", line " +
                             std::to_string(error.source().begin.line) + ".");
  }
}

Result<void> check_table(const std::string& file, const toml::table& table) {
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    if (name != "endpoint" && name != "ca_file" && name != "access_key_id" &&
        name != "access_key_secret" && name != "region") {
      return invalid(file, "unknown key \"" + std::string(name) + "\".");
    }
    if (!value.is_string()) return invalid(file, "\"" + std::string(name) + "\" must be a string.");
  }
  struct stat status{};
  if (table.contains("access_key_secret") && stat(file.c_str(), &status) == 0 &&
      (status.st_mode & 077) != 0) {
    return invalid(file, "it holds a secret and others may read it. chmod 600 it.");
  }
  return {};
}

Setting choose(const std::string& flag, const char* flag_name, const char* variable,
               const toml::table& table, std::string_view key) {
  if (!flag.empty()) return {flag, flag_name};
  if (auto value = environment(variable); !value.empty()) return {std::move(value), variable};
  if (auto value = table[key].value<std::string>()) return {std::move(*value), "config.toml"};
  return {};
}

}  // namespace

Result<Configuration> load_configuration(const Flags& flags) {
  Configuration configuration;
  configuration.file = flags.config_file.empty() ? default_file() : flags.config_file;
  struct stat status{};
  configuration.file_found = stat(configuration.file.c_str(), &status) == 0;
  toml::table table;
  if (configuration.file_found) {
    SR_TRY(table, read_file(configuration.file));
    SR_CHECK_OK(check_table(configuration.file, table));
  } else if (!flags.config_file.empty()) {
    return invalid(flags.config_file, "there is no such file.");
  }
  configuration.endpoint =
      choose(flags.endpoint, "--endpoint", "STRONGROOM_ENDPOINT", table, "endpoint");
  configuration.ca_file =
      choose(flags.ca_file, "--ca-file", "STRONGROOM_CA_FILE", table, "ca_file");
  configuration.access_key_id = choose(flags.access_key_id, "--access-key-id",
                                       "ALIBABA_CLOUD_ACCESS_KEY_ID", table, "access_key_id");
  configuration.region = choose(flags.region, "--region", "STRONGROOM_REGION", table, "region");
  if (configuration.region.value.empty()) {
    configuration.region = {std::string(kDefaultRegion), "default"};
  }
  configuration.security_token =
      choose({}, "", "ALIBABA_CLOUD_SECURITY_TOKEN", toml::table(), "security_token");
  auto secret = choose({}, "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", table, "access_key_secret");
  if (!secret.value.empty()) {
    configuration.secret_source = secret.source;
    auto kept = keep_secret(secret.value);
    explicit_bzero(secret.value.data(), secret.value.size());
    if (!kept) return std::unexpected(std::move(kept).error());
    configuration.access_key_secret = std::move(*kept);
  }
  return configuration;
}

}  // namespace strongroom::cli
