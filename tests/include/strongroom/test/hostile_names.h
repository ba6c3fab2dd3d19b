#pragma once
// Account names that try to be more than a name, for tests of connectors: a fixed list, then names
// put together from pieces by a seeded generator. None begins or ends with a space.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/test/soak.h"

namespace strongroom::test {

inline constexpr std::string_view kHostilePieces[] = {"'",
                                                      "\"",
                                                      "`",
                                                      "\\",
                                                      "\\'",
                                                      "\\\"",
                                                      ";",
                                                      "--",
                                                      "-- ",
                                                      "/*",
                                                      "*/",
                                                      "#",
                                                      "%",
                                                      "_",
                                                      "@",
                                                      "'@'%",
                                                      "root",
                                                      "postgres",
                                                      "default",
                                                      "rotator",
                                                      " OR ",
                                                      "1=1",
                                                      "DROP USER",
                                                      "DROP ROLE ",
                                                      "$$",
                                                      "$1",
                                                      "${x}",
                                                      "$(id)",
                                                      "|",
                                                      "&",
                                                      ">",
                                                      "<",
                                                      "(",
                                                      ")",
                                                      "{{7*7}}",
                                                      "\xC2\xB4",
                                                      "\xE2\x80\x98",
                                                      "\xEF\xBC\x87",
                                                      "\xC3\xA9",
                                                      "\xE2\x80\xAE",
                                                      "x",
                                                      "A",
                                                      "0",
                                                      ",",
                                                      "=",
                                                      "IDENTIFIED BY 'y'",
                                                      " TO ",
                                                      " ON ",
                                                      "PUBLIC",
                                                      "all",
                                                      "~*",
                                                      "+@all",
                                                      "nopass",
                                                      ">pw",
                                                      "on",
                                                      "reset"};

inline constexpr std::string_view kHostileNames[] = {"'",
                                                     "`",
                                                     "\"",
                                                     "\\",
                                                     "\\'",
                                                     "' OR 1=1 -- x",
                                                     "x'@'%' IDENTIFIED BY 'y', 'root'@'localhost",
                                                     "'; DROP USER root; -- x",
                                                     "\"; DROP ROLE rotator; -- x",
                                                     "%",
                                                     "_",
                                                     "root\\",
                                                     "a`b",
                                                     "\xE2\x80\x98\xC2\xB4",
                                                     "*/",
                                                     "/*!x*/",
                                                     "@",
                                                     "x'@'%",
                                                     "#",
                                                     "--",
                                                     "\xEF\xBC\x87",
                                                     "`@`%`",
                                                     "$(id)",
                                                     "{{7*7}}",
                                                     "root' --",
                                                     "x\" SUPERUSER PASSWORD 'y",
                                                     "$$;SELECT 1;$$",
                                                     "E'x",
                                                     "(x",
                                                     "U&\"x"};

/// `count` names, or 5,000 when the environment has STRONGROOM_SOAK; of these the part that
/// STRONGROOM_SOAK_PART names, if it does: 0 to 15, a sixteenth each.
inline std::vector<std::string> hostile_names(std::size_t count) {
  std::vector<std::string> names(std::begin(kHostileNames), std::end(kHostileNames));
  std::uint64_t state = 20'261'122;
  const auto next = [&state](std::size_t bound) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return static_cast<std::size_t>((state >> 33) % bound);
  };
  if (soaking()) count = 5'000;
  while (names.size() < count) {
    std::string name;
    for (std::size_t pieces = 1 + next(5); pieces > 0; --pieces)
      name += kHostilePieces[next(std::size(kHostilePieces))];
    if (name.starts_with(' ') || name.ends_with(' ') || name.size() > 50) continue;
    names.push_back(name + std::to_string(names.size()));
  }
  if (soaking()) {
    constexpr std::uint64_t kParts = 16;
    const std::uint64_t part = soak_number("STRONGROOM_SOAK_PART", kParts);
    if (part >= kParts) return names;
    const auto from = static_cast<std::ptrdiff_t>(names.size() * part / kParts);
    const auto to = static_cast<std::ptrdiff_t>(names.size() * (part + 1) / kParts);
    return {names.begin() + from, names.begin() + to};
  }
  return names;
}

}  // namespace strongroom::test
