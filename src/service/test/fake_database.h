#pragma once
// A database with accounts and passwords as a rotation target: what it does can be scripted.

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "strongroom/connector/connector.h"
#include "strongroom/connector/runner.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/test/reveal.h"

namespace strongroom::service {

/// Every id is registered but "unknown".
class FakeTargets final : public rotation::TargetSource {
 public:
  Result<rotation::ResolvedTarget> resolve(barrier::Reader&, const secrets::Secret&,
                                           std::string_view id) override {
    if (id == "of-another-kind")
      return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
                  "The target is registered as ssh.");
    if (id == "unknown")
      return fail(ErrorKind::kNotFound, "TargetUnknown", "The target is not registered.");
    rotation::ResolvedTarget target;
    target.target.name = id;
    target.admin = {"admin", "", test::secret("admin-password")};
    return target;
  }
};

class FakeDatabase final : public connector::Connector {
 public:
  std::map<std::string, std::string> accounts;
  std::deque<connector::Status> script;  // outcomes of the next steps, without any effect
  int steps = 0;                         // but for probes
  int probes = 0;                        //
  std::string produces;                  // what it makes when it is asked for a value
  std::vector<connector::Step> seen = {};
  std::string privileged = {};           // of the last job
  std::function<void()> meanwhile = {};  // what happens during a step
  bool makes_account = false;            // the last job was to make the account
  bool wants_proof = false;              // … was to change nothing without proof
  bool may_be_made = false;              // … may find the account that an earlier attempt made
  std::vector<std::string> differences;  // what a probe finds beside the login
  std::string parameter_url = {};

  connector::Kind kind() const override { return connector::Kind::kTest; }

  bool logs_in(const connector::Credential& credential) const {
    const auto found = accounts.find(credential.account);
    return found != accounts.end() && found->second == test::reveal(credential.secret);
  }

  Result<connector::Outcome> run(const connector::Job& job) override {
    using connector::make_outcome;
    using connector::Status;
    using connector::Step;
    ++(job.step == Step::kProbe ? probes : steps);
    seen.push_back(job.step);
    privileged = test::reveal(job.privileged.secret);
    makes_account = !job.option(connector::kNewAccount).empty();
    wants_proof = !job.option(connector::kProve).empty();
    may_be_made = !job.option(connector::kMayBeMade).empty();
    if (meanwhile) meanwhile();
    parameter_url = job.option("parameter.url");
    if (!script.empty()) {
      const Status next = script.front();
      script.pop_front();
      return make_outcome(next, "Scripted", "As the test wants it.");
    }
    switch (job.step) {
      case Step::kCreate: {
        auto made = make_outcome(Status::kDone, "", "");
        if (!produces.empty()) made.produced.secret = test::secret(produces);
        return made;
      }
      case Step::kProbe: {
        auto seen = make_outcome(Status::kDone, "", "");
        seen.facts.current =
            logs_in(job.current) ? connector::Login::kAccepted : connector::Login::kRefused;
        seen.facts.notes = differences;
        return seen;
      }
      case Step::kSet:
        if (logs_in(job.pending)) return make_outcome(Status::kAlreadyDone, "", "");
        if (makes_account && accounts.contains(job.pending.account))
          return make_outcome(Status::kConfiguration, "AccountExists", "It is somebody's.");
        accounts[job.pending.account] = test::reveal(job.pending.secret);
        break;
      case Step::kTest:
        if (!logs_in(job.pending)) return make_outcome(Status::kRejected, "Refused", "No login.");
        break;
      case Step::kRollBack:
        if (!job.dual) accounts[job.current.account] = test::reveal(job.current.secret);
        if (job.dual && job.previous.present())
          accounts[job.previous.account] = test::reveal(job.previous.secret);
        if (job.dual && !job.previous.present() && !logs_in(job.pending))
          return make_outcome(Status::kAlreadyDone, "", "");
        break;
      default:
        break;
    }
    return make_outcome(Status::kDone, "", "");
  }
};

}  // namespace strongroom::service
