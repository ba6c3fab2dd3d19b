#pragma once
// The part of `status` that the account's administrators see: what ends soon, what was not rotated,
// who is on an old version.

#include <string>

#include "session.h"

namespace strongroom::cli {

/// As a person reads it, empty if the caller may not ask or the server is older.
std::string account_overview(Session& session);

}  // namespace strongroom::cli
