// `strongroomd config check` and `strongroomd config explain`.

#include <cstdio>
#include <cstdlib>

#include "startup.h"
#include "strongroom/server/commands.h"

namespace strongroom::server {

int run_config_check(const std::string& config_file, const Flags& flags) {
  const auto config = load_config(config_file, flags);
  if (!config)
    return fail_with("the configuration cannot be used", config.error(),
                     "strongroomd config explain");
  std::printf("ok\n");
  return 0;
}

int run_config_explain(const std::string& config_file, const Flags& flags) {
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  const auto values = collect(config_file, environment, flags);
  if (!values)
    return fail_with("the configuration cannot be read", values.error(), "fix the line above");
  for (const Setting& setting : settings()) {
    const Value& value = values->find(setting.key)->second;
    std::printf("%s = \"%s\"\n    %s\n    from: %s   (environment: %s)\n",
                std::string(setting.key).c_str(), value.text.c_str(),
                std::string(setting.meaning).c_str(), value.origin.c_str(),
                std::string(setting.environment).c_str());
  }
  return 0;
}

}  // namespace strongroom::server
