#pragma once
// What a server's plug-ins that judge passwords say of those that are made here. Pure.

#include <map>
#include <string>
#include <vector>

namespace strongroom::connector_mysql {

/// SHOW GLOBAL VARIABLES, as far as they are of such plug-ins.
using Variables = std::map<std::string, std::string>;

/// One line a rule, for people; empty if no plug-in judges.
std::vector<std::string> judge_password_rules(const Variables& variables, bool is_mariadb);

}  // namespace strongroom::connector_mysql
