#pragma once
// What connector_kit's steps need of MariaDB and MySQL. One object per job, one thread.

#include <optional>
#include <string>
#include <vector>

#include "grants.h"
#include "password_rules.h"
#include "session.h"
#include "strongroom/connector_kit/account_steps.h"

namespace strongroom::connector_mysql {

using connector_kit::Difference;

class MysqlAccounts final : public connector_kit::AccountTarget {
 public:
  MysqlAccounts(const connector::Job& job, const connector_kit::Budget& budget)
      : job_(job), budget_(budget) {}

  Attempt<std::string> open_admin() override;
  Attempt<std::vector<std::string>> admin_lacks() override;
  Attempt<void> check_rules() override;
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
  /// One row of the server's table of users.
  struct Entry {
    std::string host;
    std::string plugin;
    std::string verifier;
  };
  /// A statement that another one follows, and what it does in words.
  struct Change {
    std::string finding;
    std::string statement;  // empty: the twin is missing at `new_host`
    std::string new_host;
  };

  Attempt<std::vector<Entry>> entries(const std::string& account);
  Attempt<Grants> grants_at(const std::string& account, const std::string& host);
  Attempt<std::vector<Change>> changes(const std::string& model, const std::string& twin);
  /// `verb` ("ALTER USER", "CREATE USER IF NOT EXISTS") for all `hosts` in one statement.
  Attempt<void> identify(std::string_view verb, const std::vector<Entry>& at,
                         const connector::Credential& credential);
  Attempt<void> identify_by_password(std::string_view verb, const std::vector<Entry>& at,
                                     const connector::Credential& credential);
  Attempt<void> check_rights(Session& session, const std::string& account);

  const connector::Job& job_;
  const connector_kit::Budget& budget_;
  std::optional<Session> admin_;
};

}  // namespace strongroom::connector_mysql
