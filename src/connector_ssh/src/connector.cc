#include "strongroom/connector_ssh/connector.h"

#include <algorithm>

#include "accounts.h"

namespace strongroom::connector_ssh {
namespace {

constexpr std::size_t kNameBytesMax = 32;

/// useradd's grammar and a little more; nothing that a program could take for an option or a uid.
bool is_user(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax && letter(name.front()) &&
         std::ranges::all_of(name, inner);
}

}  // namespace

Result<connector::Outcome> SshConnector::run(const connector::Job& job) {
  for (const connector::Credential* credential : {&job.current, &job.pending, &job.previous}) {
    if (!credential->account.empty() && !is_user(credential->account))
      return connector::make_outcome(
          connector::Status::kConfiguration, "AccountName",
          "A user of a host begins with a letter or \"_\" and has letters, digits, \".\", \"_\" "
          "and \"-\" only.");
  }
  const connector_kit::Budget budget(job.budget_ms);
  SshAccounts accounts(job, budget);
  return connector_kit::run_account_step(job, accounts, budget);
}

}  // namespace strongroom::connector_ssh
