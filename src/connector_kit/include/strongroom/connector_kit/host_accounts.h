#pragma once
// Users of a Linux host as a target: what connector_kit's steps need of it, over a way to run the
// helper (host_helper.h) there as root. One object per job, one thread.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/connector_kit/account_steps.h"

namespace strongroom::connector_kit {

/// A program that ran to its end.
struct Ended {
  int status = -1;
  std::string output;  // standard output, then standard error
};

/// kConfiguration (AccountName) unless every account of `job` is a name that useradd takes, or a
/// little more; nothing that a program could take for an option or a uid.
Attempt<void> check_host_users(const connector::Job& job);

class HostAccounts : public AccountTarget {
 public:
  Attempt<std::vector<std::string>> admin_lacks() override;
  // That a login shell may refuse commands (nologin, a forced command) is the account's business.
  Attempt<connector::Login> exercise(const connector::Credential& credential) override;
  Attempt<bool> exists(const std::string& account) override;
  Attempt<bool> accepts(const connector::Credential& credential) override;
  Attempt<void> set(const connector::Credential& credential) override;
  Attempt<bool> withdraw(const connector::Credential& pending) override;
  Attempt<bool> finish(const connector::Job& job) override;
  Attempt<bool> retire(const connector::Job& job) override;
  Attempt<void> refuse(const std::string& account) override;

 protected:
  /// Runs the helper as root with these lines on its standard input.
  virtual Attempt<Ended> help(std::string_view verb, const std::string& user, std::string_view data,
                              std::string_view old) = 0;
  /// The job that this was made for.
  virtual const connector::Job& job() const = 0;
  /// Sets a password, which holds no control characters.
  virtual Attempt<void> set_password(const connector::Credential& credential) = 0;
  /// help() where only success will do; true if the helper said that it changed something.
  Attempt<bool> change(std::string_view verb, const std::string& user, std::string_view data,
                       std::string_view old);

 private:
  /// Leaves one managed key: the newest.
  Attempt<bool> only_newest(const connector::Job& job);
};

}  // namespace strongroom::connector_kit
