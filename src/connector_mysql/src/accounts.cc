#include "accounts.h"

#include <algorithm>
#include <utility>

#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/connector_kit/session_answers.h"
#include "strongroom/crypto/password_verifier.h"

namespace strongroom::connector_mysql {

using connector::Credential;
using connector::Login;
using connector_kit::misconfigured;

namespace {

constexpr std::string_view kNativePlugin = "mysql_native_password";
constexpr std::string_view kSelectEntries =
    "SELECT Host, plugin, authentication_string FROM mysql.user "
    "WHERE CAST(User AS BINARY) = CAST(? AS BINARY)";

constexpr std::string_view kNewPlugin = "caching_sha2_password";  // MySQL's; MariaDB has its own

/// What the cloud's AccountPrivilege stands for; empty for a name that is none.
std::string_view privileges_of(std::string_view name) {
  if (name == "ReadOnly") return "SELECT, LOCK TABLES, SHOW VIEW";
  if (name == "DMLOnly")
    return "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, "
           "CREATE VIEW, SHOW VIEW, EVENT, TRIGGER";
  if (name == "DDLOnly")
    return "INDEX, ALTER, CREATE, DROP, CREATE TEMPORARY TABLES, LOCK TABLES, CREATE VIEW, SHOW "
           "VIEW, CREATE ROUTINE, ALTER ROUTINE";
  if (name == "ReadIndex") return "SELECT, LOCK TABLES, SHOW VIEW, INDEX";
  return name == "ReadWrite" ? "ALL PRIVILEGES" : "";
}

/// In GRANT a database's name is a pattern.
std::string escaped(std::string_view database) {
  std::string name;
  for (const char c : database) {
    if (c == '_' || c == '%') name += '\\';
    name += c;
  }
  return name;
}

std::vector<std::string> first_column(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  for (const Row& row : rows)
    if (!row.empty()) lines.push_back(row[0]);
  return lines;
}

bool holds(const Grants& grants, const std::string& privilege) {
  const auto found = grants.privileges.find("*.*");
  return found != grants.privileges.end() &&
         (found->second.contains("ALL PRIVILEGES") || found->second.contains(privilege));
}

/// The `app` of `app`.*, without its backticks; empty for patterns and everything else.
std::string plain_database(const std::string& object) {
  if (!object.starts_with('`') || !object.ends_with("`.*")) return "";
  std::string name = object.substr(1, object.size() - 4);
  return name.find_first_of("`%_\\") == std::string::npos ? name : "";
}

/// "app" and "%" of CURRENT_USER().
std::pair<std::string, std::string> split_account(const std::string& text) {
  const std::size_t at = text.rfind('@');
  return {text.substr(0, at), at == std::string::npos ? "" : text.substr(at + 1)};
}

}  // namespace

Attempt<std::string> MysqlAccounts::open_admin() {
  if (!admin_) {
    SR_TRY(admin_, connector_kit::as_admin(Session::open(job_.target, job_.admin, budget_)));
  }
  return admin_->server();
}

Attempt<std::vector<std::string>> MysqlAccounts::admin_lacks() {
  std::vector<std::string> lacks;
  SR_TRY(const auto current, admin_->read("SELECT CURRENT_USER()"));
  SR_TRY(const auto rows, admin_->read("SHOW GRANTS"));
  const auto [user, host] = split_account(current.at(0).at(0));
  const Grants own = parse_grants(first_column(rows), user, host);
  if (!holds(own, "CREATE USER")) lacks.emplace_back("the admin account lacks CREATE USER ON *.*");
  if (job_.dual && !holds(own, std::string("GRANT OPTION")))
    lacks.emplace_back("the admin account lacks GRANT OPTION ON *.*, which twins need");
  if (!admin_->read("SELECT Host, plugin, authentication_string FROM mysql.user LIMIT 1"))
    lacks.emplace_back("the admin account lacks SELECT ON mysql.*");
  return lacks;
}

// MySQL judges the password that it is given; MariaDB is given a hash.
Attempt<void> MysqlAccounts::check_rules() {
  if (!admin_->is_mariadb()) return {};
  SR_TRY(const auto judges,
         admin_->read("SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = "
                      "'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE' AND "
                      "@@global.strict_password_validation = 1"));
  if (judges.empty()) return {};
  return misconfigured("HashRefused",
                       "The server judges passwords (" + judges[0].at(0) +
                           ") and takes no hash of one, which is all that it is told here. Let it "
                           "take hashes: SET GLOBAL strict_password_validation = OFF; passwords "
                           "that people choose are judged as before.");
}

std::vector<std::string> MysqlAccounts::password_rules() {
  const auto rows = admin_->read(
      "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'validate_password%' OR Variable_name LIKE "
      "'simple_password_check%' OR Variable_name LIKE 'cracklib_password_check%' OR "
      "Variable_name LIKE 'password_reuse_check%'");
  if (!rows) return {};
  Variables variables;
  for (const Row& row : *rows)
    if (row.size() == 2) variables.emplace(row[0], row[1]);
  return judge_password_rules(variables, admin_->is_mariadb());
}

Attempt<Login> MysqlAccounts::login(const Credential& credential) {
  return connector_kit::login_seen(Session::open(job_.target, credential, budget_));
}

Attempt<Login> MysqlAccounts::exercise(const Credential& credential) {
  auto session = Session::open(job_.target, credential, budget_);
  if (!session) return connector_kit::login_seen(session);
  SR_CHECK_OK(check_rights(*session, credential.account));
  return Login::kAccepted;
}

Attempt<void> MysqlAccounts::check_rights(Session& session, const std::string& account) {
  SR_TRY(const auto current, session.read("SELECT CURRENT_USER()"));
  SR_TRY(const auto rows, session.read("SHOW GRANTS"));
  const auto [user, host] = split_account(current.at(0).at(0));
  const Grants own = parse_grants(first_column(rows), user, host);
  if (user != account)
    return misconfigured("WrongAccount", "The server takes " + account + " for " + user + ".");
  for (const auto& [object, privileges] : own.privileges) {
    const std::string name = plain_database(object);
    if (!name.empty()) SR_CHECK_OK(session.change("USE " + backticked(name)));
  }
  if (const auto database = job_.option("database"); !database.empty())
    SR_CHECK_OK(session.change("USE " + backticked(database)));
  if (!job_.dual) return {};
  SR_CHECK_OK(open_admin());
  SR_TRY(const auto model, entries(job_.current.account));
  const auto same_host = std::ranges::find(model, host, &Entry::host);
  if (same_host == model.end()) return {};
  SR_TRY(const Grants wanted, grants_at(job_.current.account, host));
  if (own.privileges != wanted.privileges || own.without != wanted.without)
    return misconfigured("RightsMissing", "The rights of " + account + " are not those of " +
                                              job_.current.account + ".");
  return {};
}

Attempt<std::vector<MysqlAccounts::Entry>> MysqlAccounts::entries(const std::string& account) {
  const std::string sql =
      std::string(kSelectEntries) + (admin_->is_mariadb() ? " AND is_role <> 'Y'" : "");
  SR_TRY(const auto rows, admin_->read(sql, account));
  if (rows.size() > limits::kTargetHostEntriesMax)
    return misconfigured("TooManyHosts", account + " has too many host entries.");
  std::vector<Entry> found;
  for (const Row& row : rows) {
    if (admin_->is_mariadb() && !row.at(1).empty() && row.at(1) != kNativePlugin)
      return misconfigured("UnsupportedPlugin", account + "@" + row.at(0) + " logs in by " +
                                                    row.at(1) + "; it must be " +
                                                    std::string(kNativePlugin) + ".");
    found.push_back({row.at(0), row.at(1), row.at(2)});
  }
  std::ranges::sort(found, {}, &Entry::host);
  return found;
}

Attempt<bool> MysqlAccounts::exists(const std::string& account) {
  SR_TRY(const auto found, entries(account));
  return !found.empty();
}

Attempt<bool> MysqlAccounts::accepts(const Credential& credential) {
  if (!admin_->is_mariadb()) {
    SR_TRY(const Login seen, login(credential));
    return seen == Login::kAccepted;
  }
  SR_TRY(const auto found, entries(credential.account));
  const std::string hash = crypto::mysql_native_hash(credential.secret);
  return !found.empty() &&
         std::ranges::all_of(found, [&](const Entry& entry) { return entry.verifier == hash; });
}

Attempt<void> MysqlAccounts::set(const Credential& credential) {
  SR_TRY(const auto found, entries(credential.account));
  if (found.empty())
    return misconfigured("AccountMissing", "The account " + credential.account + " is gone.");
  return identify("ALTER USER ", found, credential);
}

Attempt<void> MysqlAccounts::identify(std::string_view verb, const std::vector<Entry>& at,
                                      const Credential& credential) {
  if (!admin_->is_mariadb()) return identify_by_password(verb, at, credential);
  const std::string hash = crypto::mysql_native_hash(credential.secret);
  std::string sql(verb);
  for (const Entry& entry : at) {
    if (&entry != at.data()) sql += ", ";
    sql += account_text(credential.account, entry.host) + " IDENTIFIED VIA " +
           std::string(kNativePlugin) + " USING " + literal(hash);
  }
  return admin_->change(sql);
}

Attempt<void> MysqlAccounts::identify_by_password(std::string_view verb,
                                                  const std::vector<Entry>& at,
                                                  const Credential& credential) {
  SR_TRY(const SecretBytes quoted, connector_kit::doubled(credential.secret, '\''));
  for (const Entry& entry : at) {
    const std::string before = std::string(verb) + account_text(credential.account, entry.host) +
                               " IDENTIFIED WITH " + backticked(entry.plugin) + " BY '";
    SR_TRY(const SecretBytes sql, connector_kit::join(before, connector_kit::text_of(quoted), "'"));
    SR_CHECK_OK(admin_->change(connector_kit::text_of(sql)));
  }
  return {};
}

Attempt<void> MysqlAccounts::create(const Credential& credential) {
  const Entry everywhere{"%", std::string(kNewPlugin), ""};
  const std::string_view database = job_.option("DBName");
  const std::string_view privileges = privileges_of(job_.option("AccountPrivilege"));
  if (!database.empty() && privileges.empty())
    return misconfigured("PrivilegeUnknown", "AccountPrivilege names no rights that are known.");
  SR_CHECK_OK(identify("CREATE USER IF NOT EXISTS ", {everywhere}, credential));
  if (database.empty()) return {};
  return admin_->change("GRANT " + std::string(privileges) + " ON " +
                        backticked(escaped(database)) + ".* TO " +
                        account_text(credential.account, everywhere.host));
}

Attempt<void> MysqlAccounts::create_twin(const std::string& model, const Credential& twin) {
  SR_TRY(const auto places, entries(model));
  return identify("CREATE USER IF NOT EXISTS ", places, twin);
}

Attempt<Grants> MysqlAccounts::grants_at(const std::string& account, const std::string& host) {
  SR_TRY(const auto rows, admin_->read("SHOW GRANTS FOR " + account_text(account, host)));
  return parse_grants(first_column(rows), account, host);
}

Attempt<std::vector<MysqlAccounts::Change>> MysqlAccounts::changes(const std::string& model,
                                                                   const std::string& twin) {
  SR_TRY(const auto wanted, entries(model));
  SR_TRY(const auto present, entries(twin));
  std::vector<Change> found;
  for (const Entry& entry : wanted) {
    const std::string account = account_text(twin, entry.host);
    Grants have;
    if (std::ranges::find(present, entry.host, &Entry::host) != present.end()) {
      SR_TRY(have, grants_at(twin, entry.host));
    } else {
      found.push_back({account + " is missing", "", entry.host});
    }
    SR_TRY(const Grants want, grants_at(model, entry.host));
    for (std::string& statement : statements_towards(want, have, account))
      found.push_back({"needs: " + statement, statement, ""});
  }
  return found;
}

Attempt<Difference> MysqlAccounts::compare(const std::string& model, const std::string& twin) {
  SR_TRY(auto found, changes(model, twin));
  Difference difference;
  for (Change& change : found) difference.findings.push_back(std::move(change.finding));
  return difference;
}

Attempt<void> MysqlAccounts::equalise(const std::string& model, const std::string& twin) {
  SR_CHECK(twin == job_.pending.account);
  SR_TRY(const auto found, changes(model, twin));
  SR_TRY(const auto places, entries(model));
  for (const Change& change : found) {
    if (!change.statement.empty()) {
      SR_CHECK_OK(admin_->change(change.statement));
      continue;
    }
    const auto place = std::ranges::find(places, change.new_host, &Entry::host);
    SR_CHECK(place != places.end());
    SR_CHECK_OK(identify("CREATE USER IF NOT EXISTS ", {*place}, job_.pending));
  }
  return {};
}

Attempt<void> MysqlAccounts::refuse(const std::string& account) {
  SR_TRY(SecretBytes unknown, connector_kit::random_secret());
  return set(Credential{.account = account, .public_part = "", .secret = std::move(unknown)});
}

}  // namespace strongroom::connector_mysql
