#include "session.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include <algorithm>
#include <array>
#include <utility>

#include "strongroom/base/limits.h"

namespace strongroom::connector_mysql {

using connector_kit::ambiguous;
using connector_kit::misconfigured;
using connector_kit::rejected;
using connector_kit::unreachable;

namespace {

// Numbers that libmariadb's header lacks or names differently.
constexpr unsigned kAccessDeniedNoPassword = 1698;
constexpr unsigned kMustChangePassword = 1820;
constexpr unsigned kPasswordExpired = 1862;
constexpr unsigned kAccountLockedMysql = 3118;
constexpr unsigned kAccountLockedMariadb = 4151;
constexpr unsigned kWeakPassword = 1819;

constexpr const char* kPlugins =
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password";

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
struct CloseStatement {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using Rows = std::unique_ptr<MYSQL_RES, FreeResult>;
using Statement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

bool is_lost(unsigned number) {
  return number == CR_SERVER_LOST || number == CR_SERVER_GONE_ERROR;
}

connector_kit::Failure login_failure(MYSQL* connection) {
  const unsigned number = mysql_errno(connection);
  std::string text = mysql_error(connection);
  switch (number) {
    case ER_ACCESS_DENIED_ERROR:
    case kAccessDeniedNoPassword:
    case kPasswordExpired:
    case kMustChangePassword:
    case kAccountLockedMysql:
    case kAccountLockedMariadb:
      return rejected("LoginRefused", std::move(text)).error();
    case CR_SSL_CONNECTION_ERROR:
      return misconfigured("TlsVerifyFailed", std::move(text)).error();
    case ER_HOST_NOT_PRIVILEGED:
    case ER_HOST_IS_BLOCKED:
      return misconfigured("HostRefused", std::move(text)).error();
    default:
      return unreachable("TargetUnreachable", std::move(text)).error();
  }
}

bool is_denied(unsigned number) {
  return number == ER_ACCESS_DENIED_ERROR || number == ER_DBACCESS_DENIED_ERROR ||
         number == ER_TABLEACCESS_DENIED_ERROR || number == ER_SPECIFIC_ACCESS_DENIED_ERROR;
}

std::unexpected<connector_kit::Failure> failure(unsigned number, std::string text, bool changing) {
  if (is_denied(number)) return misconfigured("AdminLacksRights", std::move(text));
  if (number == kWeakPassword) return rejected("PasswordRefused", std::move(text));
  if (number == ER_OPTION_PREVENTS_STATEMENT) return misconfigured("ReadOnly", std::move(text));
  if (!changing || number == ER_LOCK_WAIT_TIMEOUT)
    return unreachable("StatementFailed", std::move(text));
  if (is_lost(number)) return ambiguous("ConnectionLost", std::move(text));
  return ambiguous("StatementFailed", std::move(text));
}

std::unexpected<connector_kit::Failure> failure(MYSQL* connection, bool changing) {
  return failure(mysql_errno(connection), mysql_error(connection), changing);
}

std::unexpected<connector_kit::Failure> failure(MYSQL_STMT* statement) {
  return failure(mysql_stmt_errno(statement), mysql_stmt_error(statement), false);
}

void set_options(MYSQL* connection, const connector_kit::Access& access, unsigned seconds) {
  const my_bool on = 1;
  const my_bool off = 0;
  const unsigned no = 0;
  const unsigned connect_seconds = std::min(seconds, 10U);
  const unsigned protocol = MYSQL_PROTOCOL_TCP;
  mysql_options(connection, MYSQL_OPT_PROTOCOL, &protocol);
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
  mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &seconds);
  mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &no);
  mysql_options(connection, MYSQL_OPT_RECONNECT, &off);
  mysql_options(connection, MARIADB_OPT_RESTRICTED_AUTH, kPlugins);
  if (!access.tls) return;
  mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &on);
  mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
  mysql_options(connection, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
  if (!access.roots_file.empty())
    mysql_options(connection, MYSQL_OPT_SSL_CA, access.roots_file.c_str());
  else
    mysql_options(connection, MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs");
}

// Half of an account's grants must not pass for all of them.
std::unexpected<connector_kit::Failure> too_many_rows() {
  return misconfigured("TooManyGrants", "The server answers with more than " +
                                            std::to_string(limits::kTargetGrantsMax) +
                                            " rows. Grant to a role, and the role to the account.");
}

Attempt<std::vector<Row>> take_rows(MYSQL_RES* result) {
  std::vector<Row> rows;
  const unsigned columns = mysql_num_fields(result);
  while (MYSQL_ROW cells = mysql_fetch_row(result)) {
    if (rows.size() == limits::kTargetGrantsMax) return too_many_rows();
    const unsigned long* lengths = mysql_fetch_lengths(result);
    Row& row = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i)
      row.emplace_back(cells[i] != nullptr ? std::string(cells[i], lengths[i]) : std::string());
  }
  return rows;
}

/// Result columns of a prepared statement, as text.
Attempt<std::vector<Row>> fetch(MYSQL_STMT* statement) {
  const unsigned columns = mysql_stmt_field_count(statement);
  constexpr std::size_t kCellBytes = 4'096;
  std::vector<std::array<char, kCellBytes>> cells(columns);
  std::vector<unsigned long> lengths(columns);
  std::vector<MYSQL_BIND> binds(columns);
  for (unsigned i = 0; i < columns; ++i) {
    binds[i].buffer_type = MYSQL_TYPE_STRING;
    binds[i].buffer = cells[i].data();
    binds[i].buffer_length = kCellBytes;
    binds[i].length = &lengths[i];
  }
  if (mysql_stmt_bind_result(statement, binds.data()) != 0 ||
      mysql_stmt_store_result(statement) != 0)
    return failure(statement);
  std::vector<Row> rows;
  while (mysql_stmt_fetch(statement) == 0) {
    if (rows.size() == limits::kTargetGrantsMax) return too_many_rows();
    Row& row = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i)
      row.emplace_back(cells[i].data(), std::min<std::size_t>(lengths[i], kCellBytes));
  }
  return rows;
}

}  // namespace

std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string account_text(std::string_view user, std::string_view host) {
  return literal(user) + "@" + literal(host);
}

void CloseConnection::operator()(st_mysql* connection) const {
  mysql_close(connection);
}

Attempt<Session> Session::open(const connector::Target& target,
                               const connector::Credential& credential,
                               const connector_kit::Budget& budget) {
  connector_kit::PemFile roots;
  SR_TRY(const connector_kit::Access access, connector_kit::access_of(target, roots));
  SR_CHECK_OK(connector_kit::check_pins(target, access, false));
  SR_TRY(const auto password, connector_kit::SecretText::of(credential.secret));
  Session session(Connection(mysql_init(nullptr)), std::move(roots));
  MYSQL* connection = session.connection_.get();
  if (connection == nullptr) return unreachable("OutOfMemory", "No memory for a connection.");
  set_options(connection, access, budget.left_seconds());
  if (mysql_real_connect(connection, access.host.c_str(), credential.account.c_str(),
                         password.c_str(), nullptr, access.port, nullptr, 0) == nullptr)
    return std::unexpected(login_failure(connection));
  SR_CHECK_OK(session.prepare());
  return session;
}

Attempt<void> Session::prepare() {
  is_mariadb_ = std::string_view(mysql_get_server_info(connection_.get())).find("MariaDB") !=
                std::string::npos;
  SR_CHECK_OK(change("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'"));
  SR_TRY(const auto modes, read("SELECT @@SESSION.sql_mode, @@SESSION.character_set_client"));
  if (modes.size() != 1 || modes[0][0] != "NO_BACKSLASH_ESCAPES" || modes[0][1] != "utf8mb4")
    return misconfigured("SqlMode", "The server does not take sql_mode and utf8mb4 of a session.");
  return {};
}

std::string Session::server() const {
  std::string version = mysql_get_server_info(connection_.get());
  return (is_mariadb_ ? "MariaDB " : "MySQL ") + version.substr(0, version.find('-'));
}

Attempt<std::vector<Row>> Session::read(std::string_view sql) {
  MYSQL* connection = connection_.get();
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0) return failure(connection, false);
  const Rows result(mysql_store_result(connection));
  if (!result) return failure(connection, false);
  return take_rows(result.get());
}

Attempt<std::vector<Row>> Session::read(std::string_view sql, std::string_view parameter) {
  MYSQL* connection = connection_.get();
  const Statement statement(mysql_stmt_init(connection));
  if (!statement) return failure(connection, false);
  if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0)
    return failure(statement.get());
  std::string value(parameter);
  MYSQL_BIND bind{};
  bind.buffer_type = MYSQL_TYPE_STRING;
  bind.buffer = value.data();
  bind.buffer_length = value.size();
  if (mysql_stmt_bind_param(statement.get(), &bind) != 0 ||
      mysql_stmt_execute(statement.get()) != 0)
    return failure(statement.get());
  return fetch(statement.get());
}

Attempt<void> Session::change(std::string_view sql) {
  MYSQL* connection = connection_.get();
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0) return failure(connection, true);
  return {};
}

}  // namespace strongroom::connector_mysql
