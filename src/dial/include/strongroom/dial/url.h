#pragma once
// Where a webhook or a function is: https://host[:port]/path?query. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "strongroom/dial/connection.h"

namespace strongroom::dial {

struct HttpsUrl {
  Target target;
  std::string authority;  // as written, for the Host field
  std::string path;       // with the query
};
/// Nothing for anything else: another scheme, a user, a fragment, blanks.
std::optional<HttpsUrl> parse_https_url(std::string_view text);

}  // namespace strongroom::dial
