#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::aap {

inline std::unexpected<Error> resource_not_found() {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound", "Resource not found");
}
inline std::unexpected<Error> resource_exists() {
  return fail(ErrorKind::kConflict, "Rejected.ResourceExist",
              "The request was rejected because the resource already exists.");
}
inline std::unexpected<Error> invalid(std::string_view parameter, std::string_view hint) {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter \"" + std::string(parameter) + "\" is not valid. " +
                  std::string(hint));
}
inline std::unexpected<Error> limit_exceeded(std::string_view what) {
  return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
              "The request was rejected because user create resource limit was exceeded: " +
                  std::string(what));
}

}  // namespace strongroom::aap
