#include "strongroom/base/api_error.h"

#include <string>

namespace strongroom {

std::unexpected<Error> invalid_parameter(std::string_view name, std::string_view hint) {
  std::string message = "The specified parameter \"";
  message.append(name).append("\" is not valid.");
  if (!hint.empty()) message.append(" ").append(hint);
  return fail(ErrorKind::kInvalidInput, "InvalidParameter", std::move(message));
}

}  // namespace strongroom
