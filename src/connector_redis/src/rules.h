#pragma once
// One line of ACL LIST as sets. Pure.

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom::connector_redis {

struct User {
  bool on = false;
  std::set<std::string> hashes;    // lower-case hex of SHA-256
  bool nopass = false;             // any password will do
  std::vector<std::string> rules;  // everything else, in order: "~*", "+@read", "(+get ~x)"
};

/// "user app on #… ~* +@all" for `name`; false for the line of another user.
bool parse_user(std::string_view line, std::string_view name, User& user);

}  // namespace strongroom::connector_redis
