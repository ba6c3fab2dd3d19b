#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::keys {

inline std::unexpected<Error> key_not_found() {
  return fail(ErrorKind::kNotFound, "Forbidden.KeyNotFound", "The specified Key is not found.");
}
inline std::unexpected<Error> invalid(std::string_view parameter, std::string_view hint) {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter \"" + std::string(parameter) + "\" is not valid. " +
                  std::string(hint));
}

}  // namespace strongroom::keys
