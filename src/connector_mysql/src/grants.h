#pragma once
// SHOW GRANTS of one host entry as sets, and the statements that make one account's sets those of
// another. Pure functions; the text comes from the server, with names in backticks.

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom::connector_mysql {

struct Grants {
  // By object ("`app`.*", "PROCEDURE `app`.`p`"): "SELECT", "UPDATE (`a`)", "GRANT OPTION".
  std::map<std::string, std::set<std::string>> privileges;
  std::set<std::string> roles;    // "`reader`", "`writer` WITH ADMIN OPTION"
  std::string default_role;       // "`reader`"; empty: none
  std::set<std::string> without;  // MySQL's partial revokes: "SELECT ON `mysql`.*"
  std::string attributes;         // "REQUIRE SSL WITH MAX_USER_CONNECTIONS 5"

  bool operator==(const Grants&) const = default;
};

/// `it``s`
std::string backticked(std::string_view name);

/// `lines` as SHOW GRANTS gives them for `user`@`host`; lines of other grantees (of the roles that
/// the account has) are left out.
Grants parse_grants(std::span<const std::string> lines, std::string_view user,
                    std::string_view host);

/// What turns `have` into `want`, in the order in which it must run; `account` is the literal
/// account. Empty if they are equal.
std::vector<std::string> statements_towards(const Grants& want, const Grants& have,
                                            const std::string& account);

}  // namespace strongroom::connector_mysql
