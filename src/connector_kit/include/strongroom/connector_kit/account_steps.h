#pragma once
// The steps of a rotation over accounts of a target, written once. A kind of target says what it
// can do with an account (AccountTarget); run_account_step() is what connector.h promises.
//
// Nothing is changed before it was looked at: a step that finds its promise kept answers
// kAlreadyDone. The account that changes others is never one of those that are changed. One object
// per job, one thread.

#include <string>
#include <vector>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/connector_kit/attempt.h"

namespace strongroom::connector_kit {

/// What the twin has too little or too much beside the account it stands in for; each a sentence
/// for a person, in an order that does not change.
struct Difference {
  std::vector<std::string> findings;
  bool equal() const { return findings.empty(); }
};

class AccountTarget {
 public:
  virtual ~AccountTarget() = default;

  /// Connects as the job's admin; what the target says it is. Called before everything that follows
  /// but login().
  virtual Attempt<std::string> open_admin() = 0;
  /// What the admin may not do but must; one line each, empty if all is well.
  virtual Attempt<std::vector<std::string>> admin_lacks() = 0;

  /// A Failure of kConfiguration if the target's rules for passwords leave no way for set().
  virtual Attempt<void> check_rules();

  /// The rules for passwords that the target says it has, and what they mean for those that are
  /// made here; one line each, for people. What cannot be asked is left out.
  virtual std::vector<std::string> password_rules();

  /// Tries `credential` on a connection of its own, closed afterwards.
  virtual Attempt<connector::Login> login(const connector::Credential& credential) = 0;
  /// Logs in as `credential` and uses its rights without changing anything. kRefused if the target
  /// does not accept it; a Failure if it does but something that it should be able to do fails.
  virtual Attempt<connector::Login> exercise(const connector::Credential& credential) = 0;

  virtual Attempt<bool> exists(const std::string& account) = 0;
  /// Whether the target accepts `credential` everywhere the account may come from.
  virtual Attempt<bool> accepts(const connector::Credential& credential) = 0;
  /// Makes the target accept `credential`, in one statement where the target has one.
  virtual Attempt<void> set(const connector::Credential& credential) = 0;

  /// What was set lasts over a restart of the target. Called too when the target accepts the
  /// credential already: an attempt that died may not have come so far. The default is for targets
  /// that keep what they were told at once.
  virtual Attempt<void> keep();
  /// When a run is undone and job.current is accepted again: makes the target refuse `pending`,
  /// where an account may have both (the default is for those that have one). True if it did not.
  virtual Attempt<bool> withdraw(const connector::Credential& pending);

  /// The first account of a pair, with the rights that the job's options name (AccountPrivilege,
  /// DBName). If it is there already, what is missing of its rights.
  virtual Attempt<void> create(const connector::Credential& credential);
  /// The twin as a copy of `model`: every place it may come from, no rights yet.
  virtual Attempt<void> create_twin(const std::string& model, const connector::Credential& twin);
  virtual Attempt<Difference> compare(const std::string& model, const std::string& twin);
  /// Makes the rights of `twin` those of `model`.
  virtual Attempt<void> equalise(const std::string& model, const std::string& twin);

  /// After the labels have moved. True if something was changed.
  virtual Attempt<bool> finish(const connector::Job& job);
  /// Makes the target refuse job.previous. True if something was changed. The default leaves alone
  /// what belongs to the account behind ACSCurrent (its old credential went when the new one was
  /// set) and otherwise calls refuse() if the target still accepts it.
  virtual Attempt<bool> retire(const connector::Job& job);
  /// Makes the target refuse every credential of `account` until the next set().
  virtual Attempt<void> refuse(const std::string& account) = 0;
};

/// One step of `job` (kCreate is answered with kConfiguration: these targets take credentials, they
/// make none). Never fails with anything but an Outcome; its message and notes are scrubbed.
connector::Outcome run_account_step(const connector::Job& job, AccountTarget& target,
                                    const Budget& budget);

}  // namespace strongroom::connector_kit
