#include "strongroom/connector_kit/account_steps.h"

#include <algorithm>
#include <utility>

#include "strongroom/connector_kit/step.h"

namespace strongroom::connector_kit {

using connector::Credential;
using connector::Job;
using connector::Login;
using connector::Outcome;
using connector::Status;
using connector::Step;

namespace {

constexpr std::int64_t kFirstPauseMillis = 100;

Attempt<void> note(Outcome& outcome, std::string text) {
  outcome.facts.notes.push_back(std::move(text));
  return {};
}

/// The admin's account must not be one that a rotation changes (its rights would leave with it).
Attempt<void> check_names(const Job& job) {
  for (const Credential* credential : {&job.current, &job.pending, &job.previous}) {
    if (credential->account.empty()) continue;
    SR_CHECK_OK(check_account(credential->account));
    if (credential->account == job.admin.account)
      return misconfigured("AdminIsManaged",
                           "The target's admin account is the account to be rotated; register the "
                           "target with a separate one.");
  }
  return {};
}

std::unexpected<Failure> account_missing(const Job& job, const std::string& account) {
  return misconfigured("AccountMissing",
                       "The account " + account + " does not exist at " + job.target.name + ".");
}

/// Whoever may make secrets but not change accounts of the target gets no account by naming it.
Attempt<void> check_proof(const Job& job, AccountTarget& target) {
  if (job.option(connector::kProve).empty()) return {};
  if (!job.pending.secret.empty()) {
    // Nobody but an attempt of this run, which saw the proof, can have set that.
    SR_TRY(const Login made, target.login(job.pending));
    if (made == Login::kAccepted) return {};
  }
  for (const Credential* given : {&job.current, &job.previous}) {
    if (given->secret.empty()) continue;
    SR_TRY(const Login seen, target.login(*given));
    if (seen == Login::kAccepted) continue;
    return misconfigured(
        "NotProven",
        "The credential that was brought in for " + given->account +
            " does not log in, and who made the secret may not change accounts of " +
            job.target.name +
            ". Bring in the right one (AdoptSecret), or let somebody rotate it who has the right "
            "rds:ResetAccountPassword (ECS: ecs:RunCommand) on the instance.");
  }
  return {};
}

/// The account that is to be made is there, and it is not known to be ours.
std::unexpected<Failure> account_exists(const Job& job) {
  const std::string what = "The account " + job.pending.account + " exists at " + job.target.name +
                           " already and may be somebody else's; nothing was changed there. ";
  if (job.secret_type == "Rds")
    return misconfigured("AccountExists",
                         what + "If it is the twin of " + job.current.account +
                             ", make the secret anew with both accounts in SecretData; else give "
                             "that account another name.");
  return misconfigured("AccountExists", what +
                                            "Secrets of this type have accounts of their own: "
                                            "delete the secret and choose another AccountName.");
}

Attempt<void> inspect_twin(const Job& job, AccountTarget& target, Outcome& outcome) {
  SR_TRY(const bool there, target.exists(job.pending.account));
  if (!there) return note(outcome, "the twin " + job.pending.account + " would be created");
  if (!job.option(connector::kNewAccount).empty()) return account_exists(job);
  SR_TRY(const Difference difference, target.compare(job.current.account, job.pending.account));
  outcome.facts.grants_equal = difference.equal();
  for (const std::string& finding : difference.findings) SR_CHECK_OK(note(outcome, finding));
  return {};
}

Attempt<void> inspect(const Job& job, AccountTarget& target, Outcome& outcome) {
  SR_TRY(outcome.facts.server, target.open_admin());
  SR_TRY(const auto lacks, target.admin_lacks());
  outcome.facts.admin_may = lacks.empty();
  for (const std::string& line : lacks) SR_CHECK_OK(note(outcome, line));
  for (std::string& line : target.password_rules()) SR_CHECK_OK(note(outcome, std::move(line)));
  if (!job.current.account.empty()) {
    SR_CHECK_OK(check_names(job));
    SR_TRY(const bool there, target.exists(job.current.account));
    if (!there) return account_missing(job, job.current.account);
    if (!job.current.secret.empty()) {
      SR_TRY(outcome.facts.current, target.login(job.current));
      if (outcome.facts.current == Login::kRefused)
        SR_CHECK_OK(note(outcome, "the stored credential of " + job.current.account +
                                      " is refused; a rotation would repair it"));
    }
    if (job.dual && !job.pending.account.empty()) SR_CHECK_OK(inspect_twin(job, target, outcome));
  }
  if (!lacks.empty()) return misconfigured("AdminLacksRights", lacks.front());
  SR_CHECK_OK(check_proof(job, target));
  return target.check_rules();
}

/// The grants of a pair are equal after each rotation. What cannot be looked at is no finding.
void compare_pair(const Job& job, AccountTarget& target, Outcome& outcome) {
  if (!target.open_admin()) return;
  const auto both = target.exists(job.previous.account);
  if (!both || !*both) return;
  const auto difference = target.compare(job.current.account, job.previous.account);
  if (!difference) return;
  outcome.facts.grants_equal = difference->equal();
  for (const std::string& finding : difference->findings)
    outcome.facts.notes.push_back("the grants of " + job.previous.account +
                                  " differ from those of " + job.current.account + ": " + finding);
}

Attempt<void> probe(const Job& job, AccountTarget& target, Outcome& outcome) {
  SR_CHECK_OK(check_names(job));
  const auto try_login = [&](const Credential& credential, Login& seen) -> Attempt<void> {
    if (credential.secret.empty()) return {};
    SR_TRY(seen, target.login(credential));
    return {};
  };
  SR_CHECK_OK(try_login(job.current, outcome.facts.current));
  SR_CHECK_OK(try_login(job.pending, outcome.facts.pending));
  SR_CHECK_OK(try_login(job.previous, outcome.facts.previous));
  if (job.dual && job.previous.present()) compare_pair(job, target, outcome);
  return {};
}

/// The twin exists and has the rights of the account behind ACSCurrent. True if that was changed.
Attempt<bool> prepare_twin(const Job& job, AccountTarget& target, bool exists) {
  const std::string& model = job.current.account;
  SR_TRY(const bool model_exists, target.exists(model));
  if (!model_exists) return account_missing(job, model);
  if (!exists) SR_CHECK_OK(target.create_twin(model, job.pending));
  SR_TRY(const Difference before, target.compare(model, job.pending.account));
  if (before.equal()) return !exists;
  SR_CHECK_OK(target.equalise(model, job.pending.account));
  SR_TRY(const Difference after, target.compare(model, job.pending.account));
  if (!after.equal())
    return misconfigured("GrantsDiffer", "The admin account cannot make the rights of " +
                                             job.pending.account + " those of " + model + ": " +
                                             after.findings.front());
  return true;
}

/// One that is there and refuses the credential belongs to somebody else (an account and its
/// credential are made in one statement): to set it would lock them out.
Attempt<void> check_new(const Job& job, AccountTarget& target, bool exists) {
  if (!exists) return {};
  SR_TRY(const bool ours, target.accepts(job.pending));
  if (ours) return {};
  // Where nobody can log in, an attempt that died is taken for the one who made it; one that was
  // heard of made nothing.
  SR_TRY(const Login seen, target.login(job.pending));
  if (seen == Login::kUnknown && !job.option(connector::kMayBeMade).empty()) return {};
  return account_exists(job);
}

Attempt<void> set(const Job& job, AccountTarget& target, Outcome& outcome) {
  SR_CHECK_OK(check_names(job));
  SR_CHECK_OK(check_proof(job, target));
  SR_TRY(outcome.facts.server, target.open_admin());
  SR_CHECK_OK(target.check_rules());
  SR_TRY(const bool exists, target.exists(job.pending.account));
  const bool makes = !job.option(connector::kNewAccount).empty();
  if (makes) SR_CHECK_OK(check_new(job, target, exists));
  bool changed = false;
  // The first account of a pair that the server itself makes has nobody to be like.
  const bool first = job.dual && job.current.account == job.pending.account;
  if (job.dual && !first) {
    SR_TRY(changed, prepare_twin(job, target, exists));
    outcome.facts.grants_equal = true;
  } else if (first && (makes || !exists)) {
    // Again if it is there: an attempt that died may not have come to its rights.
    SR_CHECK_OK(target.create(job.pending));
    changed = true;
  } else if (!exists) {
    return account_missing(job, job.pending.account);
  }
  SR_TRY(const bool accepted, target.accepts(job.pending));
  SR_CHECK_OK(accepted ? target.keep() : target.set(job.pending));
  outcome.status = changed || !accepted ? Status::kDone : Status::kAlreadyDone;
  return {};
}

Attempt<void> test(const Job& job, AccountTarget& target, const Budget& budget, Outcome& outcome) {
  SR_CHECK_OK(check_names(job));
  SR_TRY(const bool accepted,
         await_login(
             budget, kFirstPauseMillis, [&] { return target.exercise(job.pending); }, outcome));
  if (accepted) return {};
  return unreachable("LoginRefused",
                     "The target still refuses the new credential of " + job.pending.account + ".");
}

/// The account behind ACSCurrent was not touched; the other gets back what ACSPrevious says. One
/// that the run may have made is seen to be ours if it takes the run's credential: that is "done".
Attempt<void> roll_back_twin(const Job& job, AccountTarget& target, Outcome& outcome) {
  if (!job.previous.present()) {
    SR_TRY(outcome.facts.pending, target.login(job.pending));
    if (outcome.facts.pending == Login::kAccepted) outcome.status = Status::kDone;
    return {};
  }
  SR_TRY(outcome.facts.server, target.open_admin());
  SR_TRY(const bool there, target.exists(job.previous.account));
  if (!there) return {};
  SR_TRY(const bool accepted, target.accepts(job.previous));
  if (accepted) return target.keep();
  outcome.status = Status::kDone;
  return target.set(job.previous);
}

Attempt<void> roll_back(const Job& job, AccountTarget& target, Outcome& outcome) {
  SR_CHECK_OK(check_names(job));
  outcome.status = Status::kAlreadyDone;
  if (!job.option(connector::kProve).empty()) {
    // Nobody has shown that the accounts are his: undone is only what this run itself has set.
    SR_TRY(const Login made, target.login(job.pending));
    if (made != Login::kAccepted) return {};
  }
  if (job.dual) return roll_back_twin(job, target, outcome);
  SR_TRY(outcome.facts.server, target.open_admin());
  SR_TRY(const bool accepted, target.accepts(job.current));
  SR_CHECK_OK(accepted ? target.keep() : target.set(job.current));
  outcome.facts.current = Login::kAccepted;
  bool withdrawn = false;
  if (job.pending.present()) {
    SR_TRY(withdrawn, target.withdraw(job.pending));
  }
  if (!accepted || withdrawn) outcome.status = Status::kDone;
  return {};
}

/// finish() and retire(): what changed something is done, else it was so before.
Attempt<void> tidy(const Job& job, AccountTarget& target, Outcome& outcome) {
  SR_CHECK_OK(check_names(job));
  SR_TRY(const bool changed, job.step == Step::kFinish ? target.finish(job) : target.retire(job));
  outcome.status = changed ? Status::kDone : Status::kAlreadyDone;
  return {};
}

Attempt<void> dispatch(const Job& job, AccountTarget& target, const Budget& budget,
                       Outcome& outcome) {
  switch (job.step) {
    case Step::kInspect:
      return inspect(job, target, outcome);
    case Step::kProbe:
      return probe(job, target, outcome);
    case Step::kSet:
      return set(job, target, outcome);
    case Step::kTest:
      return test(job, target, budget, outcome);
    case Step::kFinish:
    case Step::kRetire:
      return tidy(job, target, outcome);
    case Step::kRollBack:
      return roll_back(job, target, outcome);
    case Step::kCreate:
      break;
  }
  return misconfigured("UnknownStep", "Targets of this kind make no credentials.");
}

}  // namespace

Attempt<void> AccountTarget::check_rules() {
  return {};
}
std::vector<std::string> AccountTarget::password_rules() {
  return {};
}
Attempt<void> AccountTarget::keep() {
  return {};
}
Attempt<bool> AccountTarget::withdraw(const Credential&) {
  return false;
}
Attempt<void> AccountTarget::create(const Credential& credential) {
  return misconfigured(
      "AccountMissing",
      "The account " + credential.account + " does not exist, and targets of this kind make none.");
}
Attempt<void> AccountTarget::create_twin(const std::string&, const Credential& twin) {
  return misconfigured("AccountMissing", "The account " + twin.account + " does not exist.");
}
Attempt<Difference> AccountTarget::compare(const std::string&, const std::string&) {
  return Difference{};
}
Attempt<void> AccountTarget::equalise(const std::string&, const std::string&) {
  return {};
}
Attempt<bool> AccountTarget::finish(const Job&) {
  return false;
}
Attempt<bool> AccountTarget::retire(const Job& job) {
  if (!job.previous.present() || job.previous.account == job.current.account) return false;
  SR_CHECK_OK(open_admin());
  SR_TRY(const bool accepted, accepts(job.previous));
  if (accepted) SR_CHECK_OK(refuse(job.previous.account));
  return accepted;
}

Outcome run_account_step(const Job& job, AccountTarget& target, const Budget& budget) {
  return run_step(job, [&](Outcome& outcome) { return dispatch(job, target, budget, outcome); });
}

}  // namespace strongroom::connector_kit
