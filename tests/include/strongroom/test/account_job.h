#pragma once
// Jobs for connectors over accounts, and what their outcomes say. For tests of connectors.

#include <string>
#include <utility>

#include "strongroom/connector/connector.h"
#include "strongroom/test/throwaway.h"

namespace strongroom::test {

struct Login {
  std::string account;
  std::string password;
  connector::Credential credential() const { return {account, "", test::secret(password)}; }
};

/// A job of `step` against `server`; `pending` and `current` may have empty names.
inline connector::Job account_job(const Throwaway& server, connector::Kind kind,
                                  connector::Step step, const Login& current,
                                  const Login& pending) {
  connector::Job job;
  job.id = "v1";
  job.step = step;
  job.kind = kind;
  job.dual =
      !current.account.empty() && !pending.account.empty() && current.account != pending.account;
  job.target = server.target();
  job.admin = server.admin();
  if (!current.account.empty()) job.current = current.credential();
  if (!pending.account.empty()) job.pending = pending.credential();
  return job;
}

/// "done", or "configuration AccountMissing: ...".
inline std::string text_of(const Result<connector::Outcome>& outcome) {
  if (!outcome) return "error " + outcome.error().message();
  std::string text(connector::to_text(outcome->status));
  if (!outcome->succeeded()) text += " " + outcome->code + ": " + outcome->message;
  return text;
}

}  // namespace strongroom::test
