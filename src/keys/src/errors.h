#pragma once
// The answers that several places of this library give, with the texts that clients know
// (openapi.md §2.2).

#include <string>
#include <string_view>

#include "strongroom/base/api_error.h"

namespace strongroom::keys {

inline std::unexpected<Error> key_not_found() {
  return fail(ErrorKind::kNotFound, "Forbidden.KeyNotFound", "The specified Key is not found.");
}
inline std::unexpected<Error> version_not_found() {
  return fail(ErrorKind::kNotFound, "Forbidden.KeyVersionNotFound",
              "The specified Key version is not found.");
}
inline std::unexpected<Error> alias_not_found() {
  return fail(ErrorKind::kNotFound, "Forbidden.AliasNotFound",
              "The specified Alias is not found. List the aliases with ListAliases.");
}
inline std::unexpected<Error> unsupported_spec(std::string_view hint) {
  return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
              "This action is not supported. " + std::string(hint));
}

}  // namespace strongroom::keys
