#pragma once
// Users of a host over SSH. One object per job, one thread.

#include <optional>
#include <string>

#include "session.h"
#include "strongroom/connector_kit/host_accounts.h"

namespace strongroom::connector_ssh {

class SshAccounts final : public connector_kit::HostAccounts {
 public:
  SshAccounts(const connector::Job& job, const connector_kit::Budget& budget)
      : job_(job), budget_(budget) {}

  Attempt<std::string> open_admin() override;
  Attempt<connector::Login> login(const connector::Credential& credential) override;

 private:
  Attempt<Ended> help(std::string_view verb, const std::string& user, std::string_view data,
                      std::string_view old) override;
  const connector::Job& job() const override { return job_; }
  Attempt<void> set_password(const connector::Credential& credential) override;

  const connector::Job& job_;
  const connector_kit::Budget& budget_;
  std::optional<Session> admin_;
};

}  // namespace strongroom::connector_ssh
