#pragma once
// Where a webhook goes: https://host[:port]/path?query. Tokens of robots are in the query.

#include <optional>
#include <string>
#include <string_view>

#include "strongroom/dial/connection.h"

namespace strongroom::notify {

struct HookUrl {
  dial::Target target;
  std::string authority;  // as written, for the Host field
  std::string path;       // with the query
};
/// Nothing for anything else: another scheme, a user, a fragment, blanks.
std::optional<HookUrl> parse_url(std::string_view text);

}  // namespace strongroom::notify
