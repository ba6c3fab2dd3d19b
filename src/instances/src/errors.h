#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/api_error.h"

namespace strongroom::instances {

inline std::unexpected<Error> instance_not_found() {
  return fail(ErrorKind::kDenied, "Forbidden.DKMSInstanceNotFound",
              "The specified DKMS Instance is not found.");
}
inline std::unexpected<Error> state_invalid(std::string_view why) {
  return fail(ErrorKind::kDenied, "Forbidden.DKMSInstanceStateInvalid",
              "The DKMS instance state is invalid. " + std::string(why));
}

}  // namespace strongroom::instances
