#include "strongroom/connector_mysql/connector.h"

#include "accounts.h"

namespace strongroom::connector_mysql {
namespace {

/// The server takes quotes off a name that logs in, so such an account cannot log in as itself.
bool is_quoted(std::string_view account) {
  return account.size() > 1 && account.starts_with('\'') && account.ends_with('\'');
}

}  // namespace

Result<connector::Outcome> MysqlConnector::run(const connector::Job& job) {
  for (const connector::Credential* credential : {&job.current, &job.pending, &job.previous}) {
    if (is_quoted(credential->account))
      return connector::make_outcome(connector::Status::kConfiguration, "AccountName",
                                     "The server cannot log in an account whose name is quoted.");
  }
  const connector_kit::Budget budget(job.budget_ms);
  MysqlAccounts accounts(job, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_mysql
