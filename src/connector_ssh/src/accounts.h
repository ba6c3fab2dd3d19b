#pragma once
// What connector_kit's steps need of a host. One object per job, one thread.

#include <optional>
#include <string>
#include <vector>

#include "session.h"
#include "strongroom/connector_kit/account_steps.h"

namespace strongroom::connector_ssh {

class SshAccounts final : public connector_kit::AccountTarget {
 public:
  SshAccounts(const connector::Job& job, const connector_kit::Budget& budget)
      : job_(job), budget_(budget) {}

  Attempt<std::string> open_admin() override;
  Attempt<std::vector<std::string>> admin_lacks() override;
  Attempt<connector::Login> login(const connector::Credential& credential) override;
  Attempt<connector::Login> exercise(const connector::Credential& credential) override;
  Attempt<bool> exists(const std::string& account) override;
  Attempt<bool> accepts(const connector::Credential& credential) override;
  Attempt<void> set(const connector::Credential& credential) override;
  Attempt<bool> finish(const connector::Job& job) override;
  Attempt<bool> retire(const connector::Job& job) override;
  Attempt<void> refuse(const std::string& account) override;

 private:
  /// The helper with these lines on its standard input.
  Attempt<Ended> help(std::string_view verb, const std::string& user, std::string_view data,
                      std::string_view old);
  /// The same where only success will do.
  Attempt<bool> change(std::string_view verb, const std::string& user, std::string_view data,
                       std::string_view old);
  /// Leaves one managed key: the newest.
  Attempt<bool> only_newest(const connector::Job& job);

  const connector::Job& job_;
  const connector_kit::Budget& budget_;
  std::optional<Session> admin_;
};

}  // namespace strongroom::connector_ssh
