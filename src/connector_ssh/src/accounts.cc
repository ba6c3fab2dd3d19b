#include "accounts.h"

#include <utility>

#include "strongroom/connector_kit/host_helper.h"
#include "strongroom/connector_kit/session_answers.h"

namespace strongroom::connector_ssh {

using connector::Credential;
using connector::Login;
using connector_kit::misconfigured;

Attempt<std::string> SshAccounts::open_admin() {
  if (!admin_) {
    auto opened = Session::open(job_.target, job_.admin, budget_);
    if (!opened &&
        (connector_kit::is_refused_login(opened.error()) || opened.error().code == "PrivateKey"))
      return misconfigured("AdminRefused",
                           "The host refuses its admin account: " + opened.error().message);
    if (!opened) return std::unexpected(std::move(opened).error());
    admin_ = std::move(*opened);
  }
  return admin_->server();
}

Attempt<Ended> SshAccounts::help(std::string_view verb, const std::string& user,
                                 std::string_view data, std::string_view old) {
  const std::string before = std::string(verb) + "\n" + user + "\n";
  const std::string after = "\n" + std::string(old) + "\n";
  SR_TRY(const SecretBytes input, connector_kit::join(before, data, after));
  const std::string command =
      (job_.option("sudo") == "yes" ? "exec sudo -n /bin/sh -c '" : "exec /bin/sh -c '") +
      std::string(connector_kit::kHelper) + "'";
  return admin_->run(command, connector_kit::text_of(input));
}

Attempt<Login> SshAccounts::login(const Credential& credential) {
  return connector_kit::login_seen(Session::open(job_.target, credential, budget_));
}

Attempt<void> SshAccounts::set_password(const Credential& credential) {
  SR_CHECK_OK(
      change("password", credential.account, connector_kit::text_of(credential.secret), ""));
  return {};
}

}  // namespace strongroom::connector_ssh
