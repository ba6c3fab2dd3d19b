// Accounts of RDS instances. ResetAccountPassword sets what is to be; whether it holds is seen by a
// login at the database itself, for no call of the cloud tells. Rights are those that the cloud
// grants (a database and a level); grants made in SQL are not seen here.

#include <algorithm>
#include <map>
#include <optional>

#include "api.h"
#include "logins.h"
#include "strongroom/connector_cloud/connector.h"
#include "strongroom/connector_kit/account_steps.h"

namespace strongroom::connector_cloud {

using client::ApiCall;
using client::Parameter;
using client::Value;
using connector::Credential;
using connector::Job;
using connector::Kind;
using connector::Login;
using connector_kit::AccountTarget;
using connector_kit::Difference;
using connector_kit::misconfigured;

namespace {

constexpr std::string_view kAvailable = "Available";
constexpr std::int64_t kPollMillis = 200;
// RDS takes 8 to 32 characters of three kinds at least.
constexpr std::string_view kKinds = "Rz_";
constexpr std::size_t kRandomChars = 29;

struct Account {
  std::string status;
  std::string type;                           // "Normal", "Super"
  std::map<std::string, std::string> rights;  // by database: "ReadWrite"
};

class RdsAccounts final : public AccountTarget {
 public:
  RdsAccounts(const Job& job, const Api& api, const Logins& logins, const Budget& budget)
      : job_(job), api_(api), logins_(logins), budget_(budget) {}

  Attempt<std::string> open_admin() override {
    SR_CHECK_OK(learn_engine());
    return "RDS " + engine_name_ + " " + version_ + ", " + status_;
  }

  /// RAM tells only those who try; what can be tried without a change is.
  Attempt<std::vector<std::string>> admin_lacks() override {
    SR_TRY([[maybe_unused]] const bool possible, logins_.possible());
    SR_TRY([[maybe_unused]] const auto answer, api_.call(of_instance("DescribeAccounts", {})));
    return std::vector<std::string>{};
  }

  Attempt<Login> login(const Credential& credential) override {
    SR_TRY(const bool possible, logins_.possible());
    if (!possible) return Login::kUnknown;
    SR_CHECK_OK(learn_engine());
    if (!engine_)
      return misconfigured("LoginUnsupported", "Nobody here can log in at " + engine_name_ +
                                                   "; register the target with login=none.");
    return logins_.login(*engine_, credential);
  }

  /// Without a login, the cloud's word that the account is ready.
  Attempt<Login> exercise(const Credential& credential) override {
    SR_TRY(const Login seen, login(credential));
    if (seen == Login::kAccepted && job_.dual) SR_CHECK_OK(check_rights(credential.account));
    if (seen != Login::kUnknown) return seen;
    SR_TRY(const auto account, find(credential.account));
    return account && account->status == kAvailable ? Login::kAccepted : Login::kRefused;
  }

  Attempt<bool> exists(const std::string& account) override {
    SR_TRY(const auto found, find(account));
    return found.has_value();
  }

  Attempt<bool> accepts(const Credential& credential) override {
    SR_TRY(const Login seen, login(credential));
    return seen == Login::kAccepted;
  }

  Attempt<void> set(const Credential& credential) override {
    return reset(credential.account, credential.secret);
  }

  Attempt<void> create_twin(const std::string& model, const Credential& twin) override {
    SR_TRY(const auto like, find(model));
    if (like && like->type == "Super")
      return misconfigured("TwinOfSuper", "The account " + model +
                                              " is the instance's one high-privilege account, so "
                                              "it cannot have a twin; use a single account.");
    SR_CHECK_OK(api_.call(of_instance("CreateAccount", {{"AccountName", twin.account},
                                                        {"AccountPassword", "", &twin.secret},
                                                        {"AccountType", "Normal"}})));
    return wait_until_available(twin.account);
  }

  Attempt<Difference> compare(const std::string& model, const std::string& twin) override {
    SR_TRY(const Account like, known(model));
    SR_TRY(const Account is, known(twin));
    Difference difference;
    for (const auto& [database, right] : like.rights) {
      const auto held = is.rights.find(database);
      if (held == is.rights.end() || held->second != right)
        difference.findings.push_back(twin + " lacks " + right + " on " + database);
    }
    for (const auto& [database, right] : is.rights) {
      if (!like.rights.contains(database))
        difference.findings.push_back(twin + " has " + right + " on " + database + " too much");
    }
    return difference;
  }

  Attempt<void> equalise(const std::string& model, const std::string& twin) override {
    SR_CHECK_OK(wait_until_available(twin));
    SR_TRY(const Account like, known(model));
    SR_TRY(const Account is, known(twin));
    for (const auto& [database, right] : like.rights) {
      if (const auto held = is.rights.find(database);
          held != is.rights.end() && held->second == right)
        continue;
      SR_CHECK_OK(api_.call(
          of_instance("GrantAccountPrivilege",
                      {{"AccountName", twin}, {"DBName", database}, {"AccountPrivilege", right}})));
    }
    for (const auto& [database, right] : is.rights) {
      if (like.rights.contains(database)) continue;
      SR_CHECK_OK(api_.call(
          of_instance("RevokeAccountPrivilege", {{"AccountName", twin}, {"DBName", database}})));
    }
    return wait_until_available(twin);
  }

  Attempt<void> refuse(const std::string& account) override {
    SR_TRY(const SecretBytes random, connector_kit::random_secret());
    SR_TRY(const SecretBytes password,
           connector_kit::join(kKinds, connector_kit::text_of(random).substr(0, kRandomChars), {}));
    return reset(account, password);
  }

 private:
  ApiCall of_instance(std::string_view action, std::vector<Parameter> parameters) const {
    parameters.push_back({"DBInstanceId", job_.target.name});
    return {action, std::move(parameters), kRdsVersion};
  }

  Attempt<void> learn_engine() {
    if (!engine_name_.empty()) return {};
    SR_TRY(const client::Json answer, api_.call(of_instance("DescribeDBInstanceAttribute", {})));
    const auto& found = answer.root()["Items"]["DBInstanceAttribute"].items();
    if (found.empty())
      return misconfigured("InstanceMissing",
                           "The cloud has no instance " + job_.target.name + ".");
    engine_name_ = found.front()["Engine"].text();
    version_ = found.front()["EngineVersion"].text();
    status_ = found.front()["DBInstanceStatus"].text();
    if (engine_name_ == "MySQL" || engine_name_ == "MariaDB") engine_ = Kind::kMysql;
    if (engine_name_ == "PostgreSQL") engine_ = Kind::kPostgres;
    if (engine_name_.empty()) engine_name_ = "an unknown engine";
    return {};
  }

  Attempt<std::optional<Account>> find(const std::string& name) const {
    SR_TRY(const client::Json answer,
           api_.call(of_instance("DescribeAccounts", {{"AccountName", name}})));
    for (const Value& one : answer.root()["Accounts"]["DBInstanceAccount"].items()) {
      if (one["AccountName"].text() != name) continue;
      Account account{.status = std::string(one["AccountStatus"].text()),
                      .type = std::string(one["AccountType"].text()),
                      .rights = {}};
      for (const Value& right : one["DatabasePrivileges"]["DatabasePrivilege"].items())
        account.rights.emplace(right["DBName"].text(), right["AccountPrivilege"].text());
      return account;
    }
    return std::nullopt;
  }

  Attempt<Account> known(const std::string& name) const {
    SR_TRY(auto found, find(name));
    if (!found)
      return misconfigured("AccountMissing",
                           "The account " + name + " does not exist at " + job_.target.name + ".");
    return std::move(*found);
  }

  Attempt<void> check_rights(const std::string& twin) {
    const std::string& model = job_.current.account;
    if (model.empty() || model == twin) return {};
    SR_TRY(const Difference difference, compare(model, twin));
    if (difference.equal()) return {};
    return misconfigured("RightsMissing", difference.findings.front());
  }

  Attempt<void> reset(const std::string& account, const SecretBytes& password) const {
    SR_CHECK_OK(wait_until_available(account));
    SR_CHECK_OK(api_.call(of_instance(
        "ResetAccountPassword", {{"AccountName", account}, {"AccountPassword", "", &password}})));
    return {};
  }

  /// The cloud answers before it has done it, and takes no other change meanwhile.
  Attempt<void> wait_until_available(const std::string& name) const {
    while (true) {
      SR_TRY(const auto account, find(name));
      if (account && account->status == kAvailable) return {};
      if (!budget_.wait(kPollMillis))
        return connector_kit::unreachable("CloudBusy",
                                          "The account " + name + " is not available yet.");
    }
  }

  const Job& job_;
  const Api& api_;
  const Logins& logins_;
  const Budget& budget_;
  std::string engine_name_;
  std::string version_;
  std::string status_;
  std::optional<Kind> engine_;
};

}  // namespace

Result<connector::Outcome> CloudRdsConnector::run(const Job& job) {
  const Budget budget(job.budget_ms);
  const Api api(job, kRdsVersion, private_hosts_, budget);
  const Logins logins(job, engines_, budget);
  RdsAccounts accounts(job, api, logins, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_cloud
