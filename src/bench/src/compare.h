#pragma once
// What comparisons of two builds have in common.

#include <filesystem>
#include <string>
#include <utility>

#include "scenarios.h"

namespace strongroom::bench {

inline constexpr std::size_t kComparedValueBytes = 1024;

/// Both builds over equal data: `round(one, other)` plan.rounds times, each of them first in turn.
/// A Side begins with the program and its data directory. Returns the plan's own build first.
template <class Side, class Round>
Result<std::pair<Side, Side>> turn_about(const Plan& plan, const std::string& other_program,
                                         const Round& round) {
  SR_TRY(const Prepared data, prepare(plan, "compare", plan.read_secrets, 1, kComparedValueBytes));
  const std::string copy = data.data_directory + "-copy";
  std::filesystem::copy(data.data_directory, copy, std::filesystem::copy_options::recursive);
  std::pair<Side, Side> sides{{plan.server_program, data.data_directory}, {other_program, copy}};
  for (std::size_t i = 0; i < plan.rounds; ++i) {
    SR_CHECK_OK(i % 2 == 0 ? round(sides.first, sides.second) : round(sides.second, sides.first));
  }
  return sides;
}

}  // namespace strongroom::bench
