#include "strongroom/connector_ssh/connector.h"

#include "accounts.h"

namespace strongroom::connector_ssh {

Result<connector::Outcome> SshConnector::run(const connector::Job& job) {
  if (const auto users = connector_kit::check_host_users(job); !users)
    return connector::make_outcome(users.error().status, users.error().code, users.error().message);
  const connector_kit::Budget budget(job.budget_ms);
  SshAccounts accounts(job, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_ssh
