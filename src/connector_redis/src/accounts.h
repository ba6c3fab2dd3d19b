#pragma once
// What connector_kit's steps need of Redis. One object per job, one thread.

#include <optional>
#include <string>
#include <vector>

#include "rules.h"
#include "session.h"
#include "strongroom/connector_kit/account_steps.h"

namespace strongroom::connector_redis {

using connector_kit::Difference;

class RedisAccounts final : public connector_kit::AccountTarget {
 public:
  RedisAccounts(const connector::Job& job, const connector_kit::Budget& budget)
      : job_(job), budget_(budget) {}

  Attempt<std::string> open_admin() override;
  Attempt<std::vector<std::string>> admin_lacks() override;
  Attempt<connector::Login> login(const connector::Credential& credential) override;
  Attempt<connector::Login> exercise(const connector::Credential& credential) override;
  Attempt<bool> exists(const std::string& account) override;
  Attempt<bool> accepts(const connector::Credential& credential) override;
  Attempt<void> set(const connector::Credential& credential) override;
  Attempt<void> create(const connector::Credential& credential) override;
  Attempt<void> create_twin(const std::string& model, const connector::Credential& twin) override;
  Attempt<Difference> compare(const std::string& model, const std::string& twin) override;
  Attempt<void> equalise(const std::string& model, const std::string& twin) override;
  Attempt<void> keep() override;
  Attempt<bool> withdraw(const connector::Credential& pending) override;
  Attempt<bool> retire(const connector::Job& job) override;
  Attempt<void> refuse(const std::string& account) override;

 private:
  Attempt<std::optional<User>> find(const std::string& account);
  /// ACL SETUSER, then kept over a restart where the server can.
  Attempt<void> change(const std::string& account, const std::vector<std::string>& rules);
  /// Of two passwords of one user the one goes, unless it is the other. True if it was there.
  Attempt<bool> drop(const connector::Credential& unwanted, const connector::Credential& wanted);

  const connector::Job& job_;
  const connector_kit::Budget& budget_;
  std::optional<Session> admin_;
};

}  // namespace strongroom::connector_redis
