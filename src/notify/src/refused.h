#pragma once
// What a target said instead of yes.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::notify {

inline std::unexpected<Error> refused(std::string_view answer) {
  constexpr std::size_t kShown = 60;
  return fail(ErrorKind::kUnavailable, "NoticeRefused",
              "the target answered " + std::string(answer.substr(0, kShown)));
}

}  // namespace strongroom::notify
