#include "session.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace strongroom::connector_postgres {

using connector_kit::ambiguous;
using connector_kit::misconfigured;
using connector_kit::rejected;
using connector_kit::unreachable;

namespace {

constexpr std::int64_t kConnectMillisMax = 10'000;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;
struct FreeMemory {
  void operator()(char* text) const { PQfreemem(text); }
};

std::string doubled(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

/// libpq gives no SQLSTATE of a failed connection but in its text, when that is verbose.
connector_kit::Failure connect_failure(PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  const auto says = [&text](std::string_view part) { return text.find(part) != std::string::npos; };
  if (says(" 28000: no pg_hba.conf")) return misconfigured("HostRefused", std::move(text)).error();
  if (says(" 28P01: ") || says(" 28000: ") || says("no password supplied"))
    return rejected("LoginRefused", std::move(text)).error();
  if (says(" 3D000: ")) return misconfigured("DatabaseMissing", std::move(text)).error();
  if (says("certificate") || says("SSL error") || says("does not support SSL"))
    return misconfigured("TlsVerifyFailed", std::move(text)).error();
  return unreachable("TargetUnreachable", std::move(text)).error();
}

/// Connects with verbose errors, within the budget.
bool finish_connecting(PGconn* connection, const connector_kit::Budget& budget) {
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  if (PQstatus(connection) == CONNECTION_BAD) return false;
  while (true) {
    const PostgresPollingStatusType wants = PQconnectPoll(connection);
    if (wants == PGRES_POLLING_FAILED) return false;
    if (wants == PGRES_POLLING_OK) break;
    pollfd waiting{PQsocket(connection),
                   static_cast<short>(wants == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const auto patience = std::min<std::int64_t>(budget.left_ms(), kConnectMillisMax);
    if (poll(&waiting, 1, static_cast<int>(patience)) == 0) return false;
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  return PQstatus(connection) == CONNECTION_OK;
}

std::unexpected<connector_kit::Failure> failure(PGconn* connection, const PGresult* result,
                                                bool changing) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view code = state != nullptr ? state : "";
  std::string text = result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(connection);
  if (code == "42501") return misconfigured("AdminLacksRights", std::move(text));
  if (code == "0LP01") return misconfigured("RoleCycle", std::move(text));
  if (code == "25006") return misconfigured("ReadOnly", std::move(text));
  if (code == "22023") return rejected("PasswordRefused", std::move(text));
  if (code.starts_with("42")) return misconfigured("StatementRefused", std::move(text));
  if (!changing) return unreachable("StatementFailed", std::move(text));
  return ambiguous("StatementFailed", std::move(text));
}

// Grants come one a row: four for each table, say. Half of them must not pass for all of them.
constexpr int kRowsMax = 100'000;

Attempt<std::vector<Row>> take_rows(const PGresult* result) {
  std::vector<Row> rows;
  const int count = PQntuples(result);
  if (count > kRowsMax)
    return misconfigured("TooManyGrants",
                         "The server answers with more than " + std::to_string(kRowsMax) +
                             " rows. Grant to a role, and the role to the account.");
  for (int row = 0; row < count; ++row) {
    Row& cells = rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column)
      cells.emplace_back(PQgetvalue(result, row, column),
                         static_cast<std::size_t>(PQgetlength(result, row, column)));
  }
  return rows;
}

}  // namespace

std::string identifier(std::string_view name) {
  return doubled(name, '"');
}

std::string literal(std::string_view text) {
  return doubled(text, '\'');
}

void CloseConnection::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Attempt<Session> Session::open(const connector::Job& job, const connector::Credential& credential,
                               const connector_kit::Budget& budget) {
  connector_kit::PemFile roots;
  SR_TRY(const connector_kit::Access access, connector_kit::access_of(job.target, roots));
  SR_CHECK_OK(connector_kit::check_pins(job.target, access, true));
  SR_TRY(const auto password, connector_kit::SecretText::of(credential.secret));
  const std::string port = std::to_string(access.port);
  const std::string database(job.option("database").empty() ? "postgres" : job.option("database"));
  // A name in the certificate that is not the address: libpq verifies `host`, connects to hostaddr.
  const bool renamed = !job.target.tls_name.empty() && job.target.tls_name != access.host;
  const std::string& host = renamed ? job.target.tls_name : access.host;
  const std::string options =
      "-c standard_conforming_strings=on -c statement_timeout=" + std::to_string(budget.left_ms());
  const char* const names[] = {"host",
                               "port",
                               "user",
                               "password",
                               "dbname",
                               "sslmode",
                               "sslrootcert",
                               "gssencmode",
                               "client_encoding",
                               "passfile",
                               "application_name",
                               "options",
                               "hostaddr",
                               nullptr};
  const char* const values[] = {
      host.c_str(),
      port.c_str(),
      credential.account.c_str(),
      password.c_str(),
      database.c_str(),
      access.tls ? "verify-full" : "disable",
      access.roots_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : access.roots_file.c_str(),
      "disable",
      "UTF8",
      "/dev/null",
      "strongroom",
      options.c_str(),
      renamed ? access.host.c_str() : nullptr,
      nullptr};
  // Names in keywords are not parsed as connection strings: expand_dbname is off.
  Session session(Connection(PQconnectStartParams(names, values, 0)), std::move(roots));
  PGconn* connection = session.connection_.get();
  if (connection == nullptr) return unreachable("OutOfMemory", "No memory for a connection.");
  if (!finish_connecting(connection, budget)) return std::unexpected(connect_failure(connection));
  return session;
}

std::string Session::server() const {
  const char* version = PQparameterStatus(connection_.get(), "server_version");
  const std::string text = version != nullptr ? version : "?";
  return "PostgreSQL " + text.substr(0, text.find(' '));
}

Attempt<std::vector<Row>> Session::read(const std::string& sql,
                                        std::initializer_list<std::string_view> parameters) {
  std::vector<std::string> texts(parameters.begin(), parameters.end());
  std::vector<const char*> values;
  for (const std::string& text : texts) values.push_back(text.c_str());
  const Answer answer(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                                   nullptr, values.data(), nullptr, nullptr, 0));
  if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK)
    return failure(connection_.get(), answer.get(), false);
  return take_rows(answer.get());
}

Attempt<void> Session::change(const std::string& sql) {
  // The extended protocol takes one statement only, whatever a name may try.
  const Answer answer(
      PQexecParams(connection_.get(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    return failure(connection_.get(), answer.get(), true);
  return {};
}

Attempt<std::string> Session::verifier(const connector::Credential& credential) {
  SR_TRY(const auto password, connector_kit::SecretText::of(credential.secret));
  const std::unique_ptr<char, FreeMemory> text(PQencryptPasswordConn(
      connection_.get(), password.c_str(), credential.account.c_str(), "scram-sha-256"));
  if (!text) return rejected("PasswordRefused", PQerrorMessage(connection_.get()));
  return std::string(text.get());
}

}  // namespace strongroom::connector_postgres
