#pragma once
// What listings answer until the walk over the store after the start is done. Pure.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::service {

/// 503 ServiceUnavailableTemporary; `what` is being read, as in "its keys".
inline std::unexpected<Error> still_reading(std::string_view what) {
  return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
              "Service Unavailable Temporary: the server has just started and is still reading " +
                  std::string(what) + ". Try again.");
}

}  // namespace strongroom::service
