#pragma once
// What the operator's account is told of the server's recovery: rows of `strongroom status`, and
// `strongroom keyring` and `strongroom clock`.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "session.h"
#include "strongroom/base/time.h"
#include "strongroom/client/client.h"

namespace strongroom::cli {

using StatusRows = std::vector<std::pair<std::string, std::string>>;

/// When the server was last backed up and proved restorable, and how its keyring is. Empty for
/// those who may not know.
StatusRows recovery_rows(Session& session);

/// What GetStatus says of a clock that is doubted, in words.
std::string clock_doubt_text(const client::Value& doubt, Instant now);

int keyring_status(Session& session);
int keyring_rotate(Session& session);

using AddRemoteVerb = std::function<CLI::App*(CLI::App& parent, const char* name, const char* about,
                                              std::function<int(Session&)> command)>;
void declare_keyring_commands(CLI::App& app, const AddRemoteVerb& add);

}  // namespace strongroom::cli
