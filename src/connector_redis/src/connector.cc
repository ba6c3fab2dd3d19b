#include "strongroom/connector_redis/connector.h"

#include "accounts.h"

namespace strongroom::connector_redis {

Result<connector::Outcome> RedisConnector::run(const connector::Job& job) {
  for (const connector::Credential* credential : {&job.current, &job.pending, &job.previous}) {
    if (credential->account.find(' ') != std::string::npos)
      return connector::make_outcome(connector::Status::kConfiguration, "AccountName",
                                     "A Redis user's name has no spaces.");
  }
  const connector_kit::Budget budget(job.budget_ms);
  RedisAccounts accounts(job, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_redis
