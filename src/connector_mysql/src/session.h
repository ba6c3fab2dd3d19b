#pragma once
// One connection to a server, with failures as connector_kit has them. One thread.
//
// The session's sql_mode is NO_BACKSLASH_ESCAPES and its character set utf8mb4, so that a doubled
// quote is all that a literal needs (literal()); opening fails if the server does not agree.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"

struct st_mysql;

namespace strongroom::connector_mysql {

using connector_kit::Attempt;
using Row = std::vector<std::string>;  // NULL is empty

/// 'it''s'
std::string literal(std::string_view text);
/// 'user'@'host'
std::string account_text(std::string_view user, std::string_view host);

struct CloseConnection {
  void operator()(st_mysql* connection) const;
};

class Session {
 public:
  /// Failures: kUnreachable, kConfiguration (TLS, address), and kRejected with code "LoginRefused"
  /// if the server does not accept the credential.
  static Attempt<Session> open(const connector::Target& target,
                               const connector::Credential& credential,
                               const connector_kit::Budget& budget);

  bool is_mariadb() const { return is_mariadb_; }
  std::string server() const;  // "MariaDB 10.11.6"

  /// Rows of a statement that changes nothing.
  Attempt<std::vector<Row>> read(std::string_view sql);
  /// The same, prepared, with one parameter.
  Attempt<std::vector<Row>> read(std::string_view sql, std::string_view parameter);
  /// A statement that changes something. kAmbiguous if the connection broke before its answer.
  Attempt<void> change(std::string_view sql);

 private:
  using Connection = std::unique_ptr<st_mysql, CloseConnection>;
  Session(Connection connection, connector_kit::PemFile roots)
      : connection_(std::move(connection)), roots_(std::move(roots)) {}
  Attempt<void> prepare();

  Connection connection_;
  connector_kit::PemFile roots_;
  bool is_mariadb_ = false;
};

}  // namespace strongroom::connector_mysql
