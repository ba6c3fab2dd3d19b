#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::secrets {

/// Clients look for this very beginning of the message (openapi.md §2.1).
inline std::unexpected<Error> not_found(std::string_view what) {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Resource not found: " + std::string(what));
}
inline std::unexpected<Error> invalid(std::string_view parameter, std::string_view hint) {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter \"" + std::string(parameter) + "\" is not valid. " +
                  std::string(hint));
}
inline std::unexpected<Error> in_delete_window() {
  return fail(
      ErrorKind::kConflict, "Rejected.ResourceInDeleteWindow",
      "secret in delete peroid: it is planned to be deleted. Call RestoreSecret to use it again.");
}
inline std::unexpected<Error> unsupported(std::string message) {
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation", std::move(message));
}

}  // namespace strongroom::secrets
