#include "accounts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "catalog.h"
#include "strongroom/connector_kit/session_answers.h"

namespace strongroom::connector_postgres {

using connector::Credential;
using connector::Login;
using connector_kit::misconfigured;

Attempt<std::string> PostgresAccounts::open_admin() {
  if (!admin_) {
    SR_TRY(admin_, connector_kit::as_admin(Session::open(job_, job_.admin, budget_)));
    // A server told to answer before its disk has a commit would forget the password in a crash.
    SR_CHECK_OK(
        admin_->read("SELECT pg_catalog.set_config('synchronous_commit', 'local', false) WHERE "
                     "pg_catalog.current_setting('synchronous_commit') = 'off'"));
  }
  return admin_->server();
}

Attempt<std::vector<std::string>> PostgresAccounts::admin_lacks() {
  std::vector<std::string> lacks;
  SR_TRY(const auto own,
         admin_->read("SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = "
                      "current_user"));
  if (own.empty() || own[0][0] != "t")
    lacks.emplace_back("the admin role has neither CREATEROLE nor SUPERUSER");
  SR_TRY(const auto replica, admin_->read("SELECT pg_catalog.pg_is_in_recovery()"));
  if (replica.at(0)[0] == "t") lacks.emplace_back("the address is that of a read-only replica");
  return lacks;
}

// Superusers and members of pg_read_all_settings alone may see what is loaded.
std::vector<std::string> PostgresAccounts::password_rules() {
  const auto loaded = admin_->read(
      "SELECT setting FROM pg_catalog.pg_settings WHERE name = "
      "'shared_preload_libraries'");
  if (!loaded || loaded->empty()) return {};
  const std::string& libraries = loaded->front().at(0);
  std::vector<std::string> lines;
  if (libraries.find("passwordcheck") != std::string::npos)
    lines.emplace_back(
        "passwordcheck judges what people choose; of the verifiers of rotations it sees only that "
        "they are not made of the role's name");
  if (libraries.find("credcheck") != std::string::npos)
    lines.emplace_back(
        "credcheck is loaded: it takes the verifiers of rotations only with "
        "credcheck.encrypted_password_allowed = on");
  return lines;
}

Attempt<Login> PostgresAccounts::login(const Credential& credential) {
  return connector_kit::login_seen(Session::open(job_, credential, budget_));
}

Attempt<Login> PostgresAccounts::exercise(const Credential& credential) {
  auto session = Session::open(job_, credential, budget_);
  if (!session) return connector_kit::login_seen(session);
  SR_TRY(const auto user, session->read("SELECT session_user"));
  if (user.at(0)[0] != credential.account)
    return misconfigured("WrongAccount",
                         "The server takes " + credential.account + " for " + user[0][0] + ".");
  if (!job_.owner_role.empty())
    SR_CHECK_OK(session->change("SET ROLE " + identifier(job_.owner_role)));
  if (!job_.dual) return Login::kAccepted;
  SR_TRY([[maybe_unused]] const auto server, open_admin());
  SR_TRY(const auto missing, changes(job_.current.account, credential.account));
  if (!missing.empty())
    return misconfigured("RightsMissing", "The rights of " + credential.account +
                                              " are not those of " + job_.current.account + ": " +
                                              missing.front());
  return Login::kAccepted;
}

Attempt<bool> PostgresAccounts::exists(const std::string& account) {
  SR_TRY(const auto rows,
         admin_->read("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1::name", {account}));
  return !rows.empty();
}

Attempt<bool> PostgresAccounts::accepts(const Credential& credential) {
  SR_TRY(const Login seen, login(credential));
  return seen == Login::kAccepted;
}

Attempt<void> PostgresAccounts::set(const Credential& credential) {
  SR_TRY(const std::string verifier, admin_->verifier(credential));
  return admin_->change("ALTER ROLE " + identifier(credential.account) + " PASSWORD " +
                        literal(verifier));
}

/// A twin of a role that owns objects could not use them (semantics.md §3.4 no. 14).
Attempt<void> PostgresAccounts::refuse_owner(const std::string& role) {
  SR_TRY(const auto owned, admin_->read(std::string(kOwnedObjects), {role}));
  if (owned.at(0)[0] == "0") return {};
  return misconfigured("OwnsObjects",
                       role +
                           " owns objects, which its twin could not use; give them to a third "
                           "role (REASSIGN OWNED) and register it with "
                           "--owner-role.");
}

Attempt<void> PostgresAccounts::create(const Credential& credential) {
  SR_TRY(const bool there, exists(credential.account));
  if (!there) {
    SR_TRY(const std::string verifier, admin_->verifier(credential));
    SR_CHECK_OK(admin_->change("CREATE ROLE " + identifier(credential.account) +
                               " LOGIN PASSWORD " + literal(verifier)));
  }
  if (job_.owner_role.empty()) return {};
  return admin_->change("GRANT " + identifier(job_.owner_role) + " TO " +
                        identifier(credential.account));
}

Attempt<void> PostgresAccounts::create_twin(const std::string& model, const Credential& twin) {
  SR_CHECK_OK(refuse_owner(model));
  SR_TRY(const std::string verifier, admin_->verifier(twin));
  return admin_->change("CREATE ROLE " + identifier(twin.account) + " LOGIN PASSWORD " +
                        literal(verifier));
}

Attempt<std::vector<PostgresAccounts::Right>> PostgresAccounts::rights_of(const std::string& role) {
  SR_TRY(const auto rows, admin_->read(std::string(kRights), {role}));
  std::vector<Right> rights;
  for (const Row& row : rows) rights.push_back({row.at(0), row.at(1), row.at(2)});
  std::ranges::sort(rights);
  return rights;
}

Attempt<std::vector<std::string>> PostgresAccounts::settings_of(const std::string& role) {
  SR_TRY(const auto rows, admin_->read(std::string(kSettings), {role}));
  std::vector<std::string> settings;
  for (const Row& row : rows) settings.push_back(row.at(0));
  std::ranges::sort(settings);
  return settings;
}

Attempt<std::vector<std::string>> PostgresAccounts::changes(const std::string& model,
                                                            const std::string& twin) {
  const std::string name = identifier(twin);
  std::vector<std::string> statements;
  SR_TRY(const auto attributes, admin_->read(std::string(kAttributes), {model}));
  SR_TRY(const auto own, admin_->read(std::string(kAttributes), {twin}));
  std::string differing;
  for (const Row& attribute : attributes)
    if (std::ranges::find(own, attribute) == own.end()) differing += " " + attribute.at(0);
  if (!differing.empty()) statements.push_back("ALTER ROLE " + name + differing);
  SR_TRY(const auto want, rights_of(model));
  SR_TRY(const auto have, rights_of(twin));
  std::vector<Right> missing;
  std::ranges::set_difference(want, have, std::back_inserter(missing));
  std::vector<Right> extra;
  std::ranges::set_difference(have, want, std::back_inserter(extra));
  for (const Right& right : extra) statements.push_back(right.revoke + name);
  for (const Right& right : missing) statements.push_back(right.grant + name + right.after);
  SR_TRY(const auto wanted, settings_of(model));
  SR_TRY(const auto present, settings_of(twin));
  if (wanted != present) {
    statements.push_back("ALTER ROLE " + name + " RESET ALL");
    for (const std::string& setting : wanted) statements.push_back("ALTER ROLE " + name + setting);
  }
  const std::string& owner = job_.owner_role;
  if (!owner.empty()) {
    SR_TRY(const auto member, admin_->read(std::string(kIsMember), {twin, owner}));
    SR_TRY(const auto model_member, admin_->read(std::string(kIsMember), {model, owner}));
    if (member.empty() && model_member.empty())
      statements.push_back("GRANT " + identifier(owner) + " TO " + name);
  }
  return statements;
}

Attempt<Difference> PostgresAccounts::compare(const std::string& model, const std::string& twin) {
  SR_CHECK_OK(refuse_owner(model));
  SR_TRY(const auto statements, changes(model, twin));
  Difference difference;
  for (const std::string& statement : statements)
    difference.findings.push_back("needs: " + statement);
  return difference;
}

Attempt<void> PostgresAccounts::equalise(const std::string& model, const std::string& twin) {
  SR_TRY(const auto statements, changes(model, twin));
  SR_CHECK_OK(admin_->change("BEGIN"));
  for (const std::string& statement : statements) SR_CHECK_OK(admin_->change(statement));
  return admin_->change("COMMIT");
}

Attempt<void> PostgresAccounts::refuse(const std::string& account) {
  return admin_->change("ALTER ROLE " + identifier(account) + " PASSWORD NULL");
}

}  // namespace strongroom::connector_postgres
