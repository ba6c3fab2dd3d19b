#include "password_rules.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace strongroom::connector_mysql {
namespace {

// Of rotation/credentials.h: 32 characters, and of each class one at least.
constexpr int kLength = 32;
constexpr int kOfEachClass = 1;

/// What a variable asks for, without its plug-in's name: "length", "minimal_length", "digits".
struct Demand {
  std::string_view ends_with;
  int offered;
};
constexpr Demand kDemands[] = {{"length", kLength},
                               {"mixed_case_count", kOfEachClass},
                               {"number_count", kOfEachClass},
                               {"special_char_count", kOfEachClass},
                               {"digits", kOfEachClass},
                               {"letters_same_case", kOfEachClass},
                               {"other_characters", kOfEachClass}};

/// "simple_password_check", "validate_password"
std::string_view plugin_of(std::string_view variable) {
  for (const std::string_view plugin : {"validate_password", "simple_password_check",
                                        "cracklib_password_check", "password_reuse_check"})
    if (variable.starts_with(plugin)) return plugin;
  return {};
}

std::string number_too_high(std::string_view variable, std::string_view value) {
  int wanted = 0;
  if (std::from_chars(value.data(), value.data() + value.size(), wanted).ec != std::errc())
    return {};
  for (const Demand& demand : kDemands) {
    if (!variable.ends_with(demand.ends_with)) continue;
    if (wanted <= demand.offered) return {};
    return std::string(variable) + " = " + std::string(value) + ", and passwords made here " +
           (demand.offered == kLength ? "have 32 characters: none is long enough"
                                      : "have one such character for certain: some are refused, "
                                        "and another is tried, three at most");
  }
  return {};
}

}  // namespace

std::vector<std::string> judge_password_rules(const Variables& variables, bool is_mariadb) {
  std::vector<std::string> plugins;
  std::vector<std::string> demands;
  for (const auto& [variable, value] : variables) {
    const std::string plugin(plugin_of(variable));
    if (plugin.empty()) continue;
    if (std::ranges::find(plugins, plugin) == plugins.end()) plugins.push_back(plugin);
    if (std::string demand = number_too_high(variable, value); !demand.empty())
      demands.push_back(std::move(demand));
  }
  std::vector<std::string> lines;
  for (const std::string& plugin : plugins) {
    // MariaDB is given a hash, which nothing can judge.
    lines.push_back(plugin + (is_mariadb ? " judges what people choose, not the hashes of rotations"
                                         : " judges new passwords"));
  }
  if (!is_mariadb) lines.insert(lines.end(), demands.begin(), demands.end());
  return lines;
}

}  // namespace strongroom::connector_mysql
