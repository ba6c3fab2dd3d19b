#include "grants.h"

#include <algorithm>

namespace strongroom::connector_mysql {
namespace {

constexpr std::string_view kGrant = "GRANT ";
constexpr std::string_view kRevoke = "REVOKE ";
constexpr std::string_view kDefaultRole = "SET DEFAULT ROLE ";
constexpr std::string_view kGrantOption = "GRANT OPTION";
constexpr std::string_view kAll = "ALL PRIVILEGES";
constexpr std::string_view kUsage = "USAGE";
constexpr std::string_view kEverything = "*.*";
constexpr std::string_view kNoRequirement = "REQUIRE NONE";

/// The first `needle` outside of quoted names, strings and parentheses.
std::size_t find_plain(std::string_view text, std::string_view needle) {
  char quote = 0;
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;  // a doubled quote closes and opens again
      continue;
    }
    if (depth == 0 && text.substr(at).starts_with(needle)) return at;
    if (c == '`' || c == '\'' || c == '"') quote = c;
    depth += (c == '(') - (c == ')');
  }
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_plain(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t comma = find_plain(list, ",");
    parts.push_back(trimmed(list.substr(0, comma)));
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
  }
  return parts;
}

/// "SELECT (`a`, `b`)" as one privilege for each column, so that sets of them can be compared.
void add_privilege(std::set<std::string>& to, std::string_view privilege) {
  const std::size_t open = privilege.find(" (");
  if (open == std::string_view::npos || !privilege.ends_with(')')) {
    if (privilege != kUsage) to.emplace(privilege);
    return;
  }
  const std::string_view columns = privilege.substr(open + 2, privilege.size() - open - 3);
  for (const std::string_view column : split_plain(columns))
    to.insert(std::string(privilege.substr(0, open)) + " (" + std::string(column) + ")");
}

/// What follows the grantee of the line for everything, without its credential and GRANT OPTION.
std::string attributes_of(std::string_view tail) {
  std::string kept;
  const std::size_t with = find_plain(tail, " WITH ");
  const std::string_view before_with = tail.substr(0, with);
  if (const auto require = find_plain(before_with, " REQUIRE "); require != std::string_view::npos)
    kept = trimmed(before_with.substr(require));
  if (with == std::string_view::npos) return kept;
  std::string_view limits = trimmed(tail.substr(with + 6));
  if (limits.starts_with(kGrantOption)) limits = trimmed(limits.substr(kGrantOption.size()));
  if (!limits.empty()) kept += (kept.empty() ? "WITH " : " WITH ") + std::string(limits);
  return kept;
}

void parse_line(Grants& grants, std::string_view line, const std::string& grantee) {
  if (line.starts_with(kDefaultRole)) {
    const std::size_t end = line.rfind(" FOR " + grantee);
    if (end != std::string_view::npos)
      grants.default_role = line.substr(kDefaultRole.size(), end - kDefaultRole.size());
    return;
  }
  if (line.starts_with(kRevoke)) {
    const std::size_t end = line.rfind(" FROM " + grantee);
    if (end != std::string_view::npos)
      grants.without.emplace(line.substr(kRevoke.size(), end - kRevoke.size()));
    return;
  }
  const std::string to = " TO " + grantee;
  const std::size_t end = line.rfind(to);
  if (!line.starts_with(kGrant) || end == std::string_view::npos) return;
  const std::string_view head = line.substr(kGrant.size(), end - kGrant.size());
  const std::string_view tail = line.substr(end + to.size());
  const std::size_t on = find_plain(head, " ON ");
  if (on == std::string_view::npos) {
    const bool admin = tail.find("WITH ADMIN OPTION") != std::string_view::npos;
    for (const std::string_view role : split_plain(head))
      grants.roles.insert(std::string(role) + (admin ? " WITH ADMIN OPTION" : ""));
    return;
  }
  const std::string object(head.substr(on + 4));
  auto& privileges = grants.privileges[object];
  for (const std::string_view privilege : split_plain(head.substr(0, on)))
    add_privilege(privileges, privilege);
  if (find_plain(tail, kGrantOption) != std::string_view::npos) privileges.emplace(kGrantOption);
  if (privileges.empty()) grants.privileges.erase(object);
  if (object == kEverything) grants.attributes = attributes_of(tail);
}

/// GRANT with GRANT OPTION in its place; `privileges` is not empty.
std::string grant(const std::set<std::string>& privileges, const std::string& object,
                  const std::string& account) {
  std::string list;
  for (const std::string& privilege : privileges)
    if (privilege != kGrantOption) list += (list.empty() ? "" : ", ") + privilege;
  if (list.empty()) list = kUsage;
  return "GRANT " + list + " ON " + object + " TO " + account +
         (privileges.contains(std::string(kGrantOption)) ? " WITH GRANT OPTION" : "");
}

void towards(std::vector<std::string>& out, const std::string& object,
             const std::set<std::string>& want, const std::set<std::string>& have,
             const std::string& account) {
  std::set<std::string> missing;
  std::ranges::set_difference(want, have, std::inserter(missing, missing.end()));
  std::set<std::string> extra;
  std::ranges::set_difference(have, want, std::inserter(extra, extra.end()));
  // Taking away everything takes what is wanted, too.
  const bool anew = extra.contains(std::string(kAll));
  if (!anew && !missing.empty()) out.push_back(grant(missing, object, account));
  // ALL PRIVILEGES swallows what was there.
  if (missing.contains(std::string(kAll))) return;
  for (const std::string& privilege : extra)
    out.push_back("REVOKE " + privilege + " ON " + object + " FROM " + account);
  if (anew && !want.empty()) out.push_back(grant(want, object, account));
}

void roles_towards(std::vector<std::string>& out, const Grants& want, const Grants& have,
                   const std::string& account) {
  const auto plain = [](std::string_view role) {
    return std::string(role.substr(0, find_plain(role, " WITH ADMIN")));
  };
  for (const std::string& role : have.roles)
    if (!want.roles.contains(role)) out.push_back("REVOKE " + plain(role) + " FROM " + account);
  for (const std::string& role : want.roles) {
    if (have.roles.contains(role)) continue;
    out.push_back("GRANT " + plain(role) + " TO " + account +
                  (plain(role) != role ? " WITH ADMIN OPTION" : ""));
  }
  if (want.default_role != have.default_role)
    out.push_back(std::string(kDefaultRole) +
                  (want.default_role.empty() ? "NONE" : want.default_role) + " FOR " + account);
}

}  // namespace

std::string backticked(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted + "`";
}

Grants parse_grants(std::span<const std::string> lines, std::string_view user,
                    std::string_view host) {
  Grants grants;
  const std::string grantee = backticked(user) + "@" + backticked(host);
  for (const std::string& line : lines) parse_line(grants, line, grantee);
  return grants;
}

std::vector<std::string> statements_towards(const Grants& want, const Grants& have,
                                            const std::string& account) {
  std::vector<std::string> out;
  static const std::set<std::string> none;
  const auto of = [](const Grants& grants, const std::string& object) -> const auto& {
    const auto found = grants.privileges.find(object);
    return found == grants.privileges.end() ? none : found->second;
  };
  std::set<std::string> objects;
  for (const Grants* grants : {&want, &have})
    for (const auto& [object, privileges] : grants->privileges) objects.insert(object);
  for (const std::string& object : objects)
    towards(out, object, of(want, object), of(have, object), account);
  for (const std::string& part : have.without)
    if (!want.without.contains(part)) out.push_back("GRANT " + part + " TO " + account);
  for (const std::string& part : want.without)
    if (!have.without.contains(part)) out.push_back("REVOKE " + part + " FROM " + account);
  roles_towards(out, want, have, account);
  if (want.attributes != have.attributes) {
    const bool requires_something = want.attributes.starts_with("REQUIRE ");
    out.push_back("ALTER USER " + account + " " +
                  (requires_something ? "" : std::string(kNoRequirement) + " ") + want.attributes);
  }
  return out;
}

}  // namespace strongroom::connector_mysql
