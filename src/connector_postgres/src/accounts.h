#pragma once
// What connector_kit's steps need of PostgreSQL. One object per job, one thread.

#include <optional>
#include <string>
#include <vector>

#include "session.h"
#include "strongroom/connector_kit/account_steps.h"

namespace strongroom::connector_postgres {

using connector_kit::Difference;

class PostgresAccounts final : public connector_kit::AccountTarget {
 public:
  PostgresAccounts(const connector::Job& job, const connector_kit::Budget& budget)
      : job_(job), budget_(budget) {}

  Attempt<std::string> open_admin() override;
  Attempt<std::vector<std::string>> admin_lacks() override;
  std::vector<std::string> password_rules() override;
  Attempt<connector::Login> login(const connector::Credential& credential) override;
  Attempt<connector::Login> exercise(const connector::Credential& credential) override;
  Attempt<bool> exists(const std::string& account) override;
  Attempt<bool> accepts(const connector::Credential& credential) override;
  Attempt<void> set(const connector::Credential& credential) override;
  Attempt<void> create(const connector::Credential& credential) override;
  Attempt<void> create_twin(const std::string& model, const connector::Credential& twin) override;
  Attempt<Difference> compare(const std::string& model, const std::string& twin) override;
  Attempt<void> equalise(const std::string& model, const std::string& twin) override;
  Attempt<void> refuse(const std::string& account) override;

 private:
  /// A right as the two halves of a statement with the role's name between them: GRANT … TO x …,
  /// REVOKE … FROM x.
  struct Right {
    std::string grant;
    std::string after;  // " WITH GRANT OPTION"
    std::string revoke;
    auto operator<=>(const Right&) const = default;
  };

  Attempt<std::vector<Right>> rights_of(const std::string& role);
  Attempt<std::vector<std::string>> settings_of(const std::string& role);
  /// What turns the twin's rights, attributes and settings into the model's.
  Attempt<std::vector<std::string>> changes(const std::string& model, const std::string& twin);
  Attempt<void> refuse_owner(const std::string& role);

  const connector::Job& job_;
  const connector_kit::Budget& budget_;
  std::optional<Session> admin_;
};

}  // namespace strongroom::connector_postgres
