#include "logins.h"

#include <algorithm>

namespace strongroom::connector_cloud {

using connector::Connector;
using connector::Job;
using connector_kit::Attempt;
using connector_kit::misconfigured;

Attempt<bool> Logins::possible() const {
  const std::string_view where = job_.option(kLoginOption);
  if (where.empty())
    return misconfigured(
        "LoginMissing",
        "Say where a new credential can be tried: --option login=HOST:PORT, or login=none if that "
        "cannot be reached from here and the cloud's word has to do.");
  return where != "none";
}

Attempt<connector::Login> Logins::login(connector::Kind kind,
                                        const connector::Credential& credential) const {
  const auto found = std::ranges::find(connectors_, kind, &Connector::kind);
  if (found == connectors_.end())
    return misconfigured("LoginUnsupported", "Nobody here can log in at systems of that kind.");
  Job job;
  job.id = job_.id;
  job.step = connector::Step::kProbe;
  job.kind = kind;
  job.target = job_.target;
  job.target.address = std::string(job_.option(kLoginOption));
  job.target.tls_name = std::string(job_.option("login-tls-name"));
  job.options = job_.options;
  job.budget_ms = budget_.left_ms();
  auto copy = credential.copy();
  if (!copy) return std::unexpected(connector_kit::failure_of(copy.error()));
  job.pending = std::move(*copy);
  const auto outcome = (*found)->run(job);
  if (!outcome) return std::unexpected(connector_kit::failure_of(outcome.error()));
  if (!outcome->succeeded())
    return std::unexpected(
        connector_kit::Failure{outcome->status, outcome->code, outcome->message});
  return outcome->facts.pending;
}

}  // namespace strongroom::connector_cloud
