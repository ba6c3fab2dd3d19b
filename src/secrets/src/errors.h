#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/api_error.h"

namespace strongroom::secrets {

/// Clients look for this very beginning of the message (openapi.md §2.1).
inline std::unexpected<Error> not_found(std::string_view what) {
  return fail(ErrorKind::kNotFound, "Forbidden.ResourceNotFound",
              "Resource not found: " + std::string(what));
}
inline std::unexpected<Error> no_such_secret() {
  return not_found("there is no secret with this name in this account and region.");
}
inline std::unexpected<Error> no_such_stage() {
  return not_found("no version of this secret has the stage asked for.");
}
inline std::unexpected<Error> no_such_version() {
  return not_found("this secret has no version with this VersionId.");
}
inline std::unexpected<Error> version_and_stage_differ() {
  return invalid_parameter("VersionStage",
                           "VersionId and VersionStage name different versions; give one of them.");
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
