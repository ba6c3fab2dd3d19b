#pragma once
// One connection to a PostgreSQL server, with failures as connector_kit has them. One thread.

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"

struct pg_conn;

namespace strongroom::connector_postgres {

using connector_kit::Attempt;
using Row = std::vector<std::string>;  // NULL is empty

/// "it""s", as quote_ident of a name that needs quotes. `name` is valid UTF-8 without zero bytes.
std::string identifier(std::string_view name);
/// 'it''s'; standard_conforming_strings is on in every session.
std::string literal(std::string_view text);

struct CloseConnection {
  void operator()(pg_conn* connection) const;
};

class Session {
 public:
  /// Failures: kUnreachable, kConfiguration (TLS, address, database), and kRejected with code
  /// "LoginRefused" if the server does not accept the credential. `database` empty: "postgres".
  static Attempt<Session> open(const connector::Job& job, const connector::Credential& credential,
                               const connector_kit::Budget& budget);

  std::string server() const;  // "PostgreSQL 15.6"

  /// Rows of a statement that changes nothing, with text parameters $1, $2, …
  Attempt<std::vector<Row>> read(const std::string& sql,
                                 std::initializer_list<std::string_view> parameters = {});
  /// A statement that changes something. kAmbiguous if the connection broke before its answer.
  Attempt<void> change(const std::string& sql);
  /// The SCRAM-SHA-256 verifier of a password, made here.
  Attempt<std::string> verifier(const connector::Credential& credential);

 private:
  using Connection = std::unique_ptr<pg_conn, CloseConnection>;
  Session(Connection connection, connector_kit::PemFile roots)
      : connection_(std::move(connection)), roots_(std::move(roots)) {}

  Connection connection_;
  connector_kit::PemFile roots_;
};

}  // namespace strongroom::connector_postgres
