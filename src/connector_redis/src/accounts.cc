#include "accounts.h"

#include <algorithm>
#include <utility>

#include "strongroom/base/bytes.h"
#include "strongroom/connector_kit/session_answers.h"
#include "strongroom/crypto/secret_digest.h"

namespace strongroom::connector_redis {

using connector::Credential;
using connector::Login;
using connector_kit::ambiguous;
using connector_kit::misconfigured;

namespace {

std::string hash_of(const Credential& credential) {
  return hex_encode(crypto::sha256_of(credential.secret));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Whether an answer to ACL SAVE or CONFIG REWRITE says that there is no file of this kind.
/// Managed services do not know the commands and keep users themselves.
bool has_no_file(std::string_view error) {
  const auto says = [error](std::string_view part) { return error.find(part) != error.npos; };
  return says("not configured to use an ACL file") || says("without a config file") ||
         says("unknown command") || says("unknown subcommand");
}

}  // namespace

Attempt<std::string> RedisAccounts::open_admin() {
  if (!admin_) {
    SR_TRY(admin_, connector_kit::as_admin(Session::open(job_.target, job_.admin, budget_)));
  }
  constexpr std::string_view kField = "redis_version:";
  SR_TRY(const Reply info, admin_->command({"INFO", "server"}));
  const std::size_t at = info.text.find(kField);
  if (info.error || at == std::string::npos) return std::string("Redis");
  const std::string_view rest = std::string_view(info.text).substr(at + kField.size());
  return "Redis " + std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

Attempt<std::vector<std::string>> RedisAccounts::admin_lacks() {
  std::vector<std::string> lacks;
  SR_TRY(const Reply list, admin_->command({"ACL", "LIST"}));
  if (list.error) lacks.push_back("the admin user may not ACL LIST: " + list.text);
  SR_TRY(const Reply dry,
         admin_->command({"ACL", "DRYRUN", job_.admin.account, "ACL", "SETUSER", "x"}));
  // Servers before 7.0 have no DRYRUN; theirs is seen when it is needed.
  if (!dry.error && dry.text != "OK") lacks.push_back("the admin user may not ACL SETUSER");
  SR_TRY(const Reply save, admin_->command({"ACL", "DRYRUN", job_.admin.account, "ACL", "SAVE"}));
  if (!save.error && save.text != "OK") lacks.push_back("the admin user may not ACL SAVE");
  return lacks;
}

Attempt<Login> RedisAccounts::login(const Credential& credential) {
  return connector_kit::login_seen(Session::open(job_.target, credential, budget_));
}

Attempt<Login> RedisAccounts::exercise(const Credential& credential) {
  auto session = Session::open(job_.target, credential, budget_);
  if (!session) return connector_kit::login_seen(session);
  // NOPERM is an answer to somebody who is logged in.
  SR_TRY(const Reply ping, session->command({"PING"}));
  if (ping.error && !ping.text.starts_with("NOPERM"))
    return connector_kit::unreachable("StatementFailed", ping.text);
  if (!job_.dual) return Login::kAccepted;
  SR_TRY([[maybe_unused]] const auto server, open_admin());
  SR_TRY(const Difference difference, compare(job_.current.account, credential.account));
  if (!difference.equal()) return misconfigured("RightsMissing", difference.findings.front());
  return Login::kAccepted;
}

Attempt<std::optional<User>> RedisAccounts::find(const std::string& account) {
  SR_TRY(const Reply list, admin_->command({"ACL", "LIST"}));
  if (list.error) return misconfigured("AdminLacksRights", list.text);
  for (const std::string& line : list.items) {
    User user;
    if (parse_user(line, account, user)) return user;
  }
  return std::nullopt;
}

Attempt<bool> RedisAccounts::exists(const std::string& account) {
  SR_TRY(const auto user, find(account));
  return user.has_value();
}

Attempt<bool> RedisAccounts::accepts(const Credential& credential) {
  SR_TRY(const auto user, find(credential.account));
  return user && user->on && !user->nopass && user->hashes.contains(hash_of(credential));
}

Attempt<void> RedisAccounts::change(const std::string& account,
                                    const std::vector<std::string>& rules) {
  std::vector<std::string_view> words = {"ACL", "SETUSER", account};
  words.insert(words.end(), rules.begin(), rules.end());
  SR_TRY(const Reply set, admin_->command(words));
  if (set.error && set.text.starts_with("NOPERM"))
    return misconfigured("AdminLacksRights", set.text);
  if (set.error) return ambiguous("StatementFailed", set.text);
  return keep();
}

// One of the two keeps users over a restart; a server with neither has them in memory only. What
// the server has and could not write is not kept: its restart would bring the old password back.
Attempt<void> RedisAccounts::keep() {
  SR_TRY(const Reply saved, admin_->command({"ACL", "SAVE"}));
  if (!saved.error) return {};
  if (saved.text.starts_with("NOPERM"))
    return misconfigured("AdminLacksRights",
                         "The admin user may not ACL SAVE, so a restart of the server would undo "
                         "what was set; give it +acl|save: " +
                             saved.text);
  constexpr std::string_view kLost = "The server could not keep its users over a restart: ";
  if (!has_no_file(saved.text)) return ambiguous("UsersNotSaved", std::string(kLost) + saved.text);
  SR_TRY(const Reply rewritten, admin_->command({"CONFIG", "REWRITE"}));
  const bool nowhere = rewritten.text.starts_with("NOPERM") || has_no_file(rewritten.text);
  if (!rewritten.error || nowhere) return {};
  return ambiguous("UsersNotSaved", std::string(kLost) + rewritten.text);
}

Attempt<void> RedisAccounts::set(const Credential& credential) {
  SR_TRY(const auto user, find(credential.account));
  std::vector<std::string> rules = {"on"};
  // The old password of a single account stays until it is retired.
  if (job_.dual || (user && user->nopass)) rules.emplace_back("resetpass");
  rules.push_back("#" + hash_of(credential));
  return change(credential.account, rules);
}

Attempt<void> RedisAccounts::create(const Credential& credential) {
  std::vector<std::string> rules = {"reset", "on", "#" + hash_of(credential), "~*", "&*"};
  const std::string_view privilege = job_.option("AccountPrivilege");
  if (privilege == "RoleReadOnly") {
    rules.insert(rules.end(), {"+@read", "+@connection"});
  } else if (privilege == "RoleReadWrite") {
    rules.insert(rules.end(), {"+@all", "-@admin", "-@dangerous"});
  } else {
    return misconfigured("PrivilegeUnknown", "AccountPrivilege names no rights that are known.");
  }
  return change(credential.account, rules);
}

Attempt<void> RedisAccounts::create_twin(const std::string& model, const Credential& twin) {
  SR_TRY(const auto user, find(model));
  if (!user) return misconfigured("AccountMissing", "The user " + model + " is gone.");
  return equalise(model, twin.account);
}

Attempt<Difference> RedisAccounts::compare(const std::string& model, const std::string& twin) {
  SR_TRY(const auto wanted, find(model));
  SR_TRY(const auto present, find(twin));
  Difference difference;
  if (wanted && present && wanted->rules != present->rules)
    difference.findings.push_back(twin + " has \"" + joined(present->rules) + "\" instead of \"" +
                                  joined(wanted->rules) + "\"");
  return difference;
}

Attempt<void> RedisAccounts::equalise(const std::string& model, const std::string& twin) {
  SR_TRY(const auto user, find(model));
  if (!user) return misconfigured("AccountMissing", "The user " + model + " is gone.");
  std::vector<std::string> rules = {"reset", "on", "#" + hash_of(job_.pending)};
  rules.insert(rules.end(), user->rules.begin(), user->rules.end());
  return change(twin, rules);
}

Attempt<bool> RedisAccounts::retire(const connector::Job& job) {
  if (job.previous.secret.empty() || job.previous.account != job.current.account)
    return AccountTarget::retire(job);
  SR_TRY([[maybe_unused]] const auto server, open_admin());
  return drop(job.previous, job.current);
}

Attempt<bool> RedisAccounts::withdraw(const Credential& pending) {
  return drop(pending, job_.current);
}

Attempt<bool> RedisAccounts::drop(const Credential& unwanted, const Credential& wanted) {
  SR_TRY(const bool accepted, accepts(unwanted));
  const std::string hash = hash_of(unwanted);
  if (!accepted || hash == hash_of(wanted)) return false;
  SR_CHECK_OK(change(unwanted.account, {"!" + hash}));
  return true;
}

Attempt<void> RedisAccounts::refuse(const std::string& account) {
  return change(account, {"resetpass"});
}

}  // namespace strongroom::connector_redis
