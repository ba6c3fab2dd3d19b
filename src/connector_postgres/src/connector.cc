#include "strongroom/connector_postgres/connector.h"

#include "accounts.h"

namespace strongroom::connector_postgres {
namespace {

// NAMEDATALEN less one: the server cuts longer names off, which would be another role.
constexpr std::size_t kNameBytesMax = 63;

}  // namespace

Result<connector::Outcome> PostgresConnector::run(const connector::Job& job) {
  for (const connector::Credential* credential : {&job.current, &job.pending, &job.previous}) {
    if (credential->account.size() > kNameBytesMax)
      return connector::make_outcome(connector::Status::kConfiguration, "AccountName",
                                     "A role's name has at most 63 bytes.");
  }
  const connector_kit::Budget budget(job.budget_ms);
  PostgresAccounts accounts(job, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_postgres
