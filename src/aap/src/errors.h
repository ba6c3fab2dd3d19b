#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/api_error.h"

namespace strongroom::aap {

inline std::unexpected<Error> resource_not_found(std::string_view what) {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Resource not found: there is no such " + std::string(what) + ".");
}
inline std::unexpected<Error> resource_exists() {
  return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
              "The request was rejected because the resource already exists.");
}
inline std::unexpected<Error> limit_exceeded(std::string_view what) {
  return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
              "The request was rejected because user create resource limit was exceeded: " +
                  std::string(what));
}

}  // namespace strongroom::aap
