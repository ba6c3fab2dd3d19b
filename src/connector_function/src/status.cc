#include "status.h"

#include <string>

namespace strongroom::connector_function {

using connector::Status;

connector_kit::Failure failure_of_status(int status, std::string_view what) {
  constexpr int kTooMany = 429;
  constexpr int kUnavailable = 503;
  constexpr int kServerError = 500;
  const std::string message = std::string(what) + " answered " + std::to_string(status) + ".";
  if (status == kTooMany || status == kUnavailable)
    return {Status::kUnreachable, "FunctionBusy", message};
  if (status >= kServerError) return {Status::kAmbiguous, "FunctionFailed", message};
  return {Status::kConfiguration, "FunctionRefused",
          message + " Look at its address, its credentials and its log."};
}

}  // namespace strongroom::connector_function
