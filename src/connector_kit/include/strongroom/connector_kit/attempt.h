#pragma once
// How a connector says that part of a step did not work: the class decides the engine's path, so it
// is chosen where the failure is seen. Plain values.

#include <expected>
#include <string>
#include <utility>

#include "strongroom/connector/job.h"

namespace strongroom::connector_kit {

/// Becomes the Outcome of the step; `message` goes through connector::scrub on its way.
struct Failure {
  connector::Status status = connector::Status::kAmbiguous;
  std::string code;
  std::string message;
};

template <class T>
using Attempt = std::expected<T, Failure>;

/// Nothing was changed; trying again later may work.
inline std::unexpected<Failure> unreachable(std::string code, std::string message) {
  return std::unexpected(
      Failure{connector::Status::kUnreachable, std::move(code), std::move(message)});
}
/// It may or may not have happened.
inline std::unexpected<Failure> ambiguous(std::string code, std::string message) {
  return std::unexpected(
      Failure{connector::Status::kAmbiguous, std::move(code), std::move(message)});
}
/// The target refuses this credential; another may be accepted.
inline std::unexpected<Failure> rejected(std::string code, std::string message) {
  return std::unexpected(
      Failure{connector::Status::kRejected, std::move(code), std::move(message)});
}
/// A person has to change something first.
inline std::unexpected<Failure> misconfigured(std::string code, std::string message) {
  return std::unexpected(
      Failure{connector::Status::kConfiguration, std::move(code), std::move(message)});
}

/// A failure of our own resources (locked memory, descriptors): nothing was changed.
inline Failure failure_of(const Error& error) {
  return {connector::Status::kUnreachable, error.code(), error.message()};
}

}  // namespace strongroom::connector_kit
