#pragma once
// The API behind a command: the request as it would be sent, values masked, and the same call in
// four languages. Pure.

#include <string>
#include <string_view>

#include "configuration.h"
#include "strongroom/client/client.h"

namespace strongroom::cli {

/// `language` is one of "http", "python", "go", "java", "node", "all".
std::string show_api(const client::ApiCall& call, const client::Preview& preview,
                     std::string_view language, const Configuration& configuration);

}  // namespace strongroom::cli
