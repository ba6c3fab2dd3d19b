#pragma once
// What several files of this library answer and know.

#include <string>
#include <string_view>

#include "strongroom/base/api_error.h"
#include "strongroom/base/result.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/rotation/window.h"

namespace strongroom::rotation {

inline std::unexpected<Error> not_managed() {
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "Unsupported operation. A Generic secret is not rotated by the service; put a new "
              "version with PutSecretValue, or give it a rotation function.");
}

/// semantics.md §2.1: the console's message, no API code is named.
inline std::unexpected<Error> being_rotated() {
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "The secret is being rotated, try again later.");
}

/// The other account of a pair.
inline std::string twin_of(std::string_view account) {
  constexpr std::string_view kSuffix = "_clone";
  if (account.ends_with(kSuffix))
    return std::string(account.substr(0, account.size() - kSuffix.size()));
  return std::string(account) + std::string(kSuffix);
}

/// Whether the server is at making the accounts of the secret: until that is done, what is there
/// under their names is somebody else's.
inline bool makes_accounts(const Run& run) {
  return run.purpose == Purpose::kRotate &&
         (run.phase == Phase::kProvision || run.phase == Phase::kProvisionTwin);
}

inline Timing timing_of(const secrets::Secret& secret, const Run& run) {
  return {.secret = secret.uuid,
          .next = secret.rotation.next,
          .interval_seconds = secret.rotation.interval_seconds,
          .window = run.window};
}

/// Secret:RotateSecret:Success or :Failure (semantics.md §2.6).
due::Event event_of(const secrets::Secrets& secrets, const std::string& region,
                    const secrets::Secret& secret, const Run& run, bool success, Instant now);

}  // namespace strongroom::rotation
