#pragma once
// Rotations of managed secrets, in the transactions of whoever drives them.
//
// A due row only says "look at this secret"; what is to be done is in the secret's head and in its
// Run. One step of a rotation is claim(), the call of the target outside of any transaction, and
// settle(): killed anywhere between, the lease runs out or is taken over, the row that claim() left
// falls due, and the step is done again, which its connector expects. Nothing here judges
// permissions, calls a target or commits. Thread-safe: keeps no state.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/limits.h"
#include "strongroom/connector/job.h"
#include "strongroom/due/due.h"
#include "strongroom/keys/keys.h"
#include "strongroom/rotation/credentials.h"
#include "strongroom/rotation/extended_config.h"
#include "strongroom/rotation/machine.h"
#include "strongroom/secrets/secrets.h"

namespace strongroom::rotation {

/// A target as it was registered, with what is needed to change accounts there.
struct ResolvedTarget {
  connector::Kind kind = connector::Kind::kTest;
  connector::Target target;
  connector::Credential admin;
  std::string owner_role;
  connector::Options options;
};

/// Where registered targets are looked up.
class TargetSource {
 public:
  virtual ~TargetSource() = default;
  /// The target that the secret's ExtendedConfig names (`id` is config.target()). kNotFound with a
  /// message for the operator if it is not registered.
  virtual Result<ResolvedTarget> resolve(barrier::Reader& reader, const secrets::Secret& secret,
                                         std::string_view id) = 0;
};

/// A look at whether the target accepts what is stored, and what it was told by.
struct Probe {
  due::Task task;
  std::uint64_t epoch = 0;
  bool pair = false;  // ACSPrevious is another account
  connector::Job job;
};
struct Probed {
  std::uint64_t epoch = 0;                 // of the Probe
  bool drifted = false;                    // ACSCurrent was refused
  std::vector<std::string> findings = {};  // what else was changed by hand
  bool proven = false;                     // it was accepted, and of a pair ACSPrevious too
};

/// A credential that a person says the target accepts.
struct Adopted {
  std::string_view version_id;
  const SecretBytes& value;  // as GetSecretValue answers it
  std::string_view by;       // ARN of who says so
};

/// What RotateSecret asks for.
struct Wish {
  std::string_view version_id;
  std::optional<std::int64_t> overlap_ms = {};
  std::string_view by = {};  // ARN of who asks
  bool trusted = false;      // who may set the target's accounts by himself
};

/// A run that is about to make the target refuse an old version.
struct Patience {
  std::string arn;
  std::string current;  // the version that everybody should have read by now
};

/// When a scheduled run begins; both zero without a schedule.
struct Schedule {
  Instant begins;    // in its window
  Instant deadline;  // it is overdue after that
};

struct Settings {
  std::string region;
  std::int64_t seconds_min = limits::kRotationSecondsMin;  // of an interval
  std::int64_t overlap_ms_min = limits::kOverlapMillisMin;
  std::int64_t overlap_ms_default = limits::kOverlapMillisMax;
  std::int64_t stale_wait_ms = kMillisPerDay;  // for readers of an old version; 0: none
  Pace pace = {};
};

/// A step to be done at the target.
struct Work {
  due::Task task;  // for claiming what follows
  std::uint64_t epoch = 0;
  Instant lease_until;
  std::string target;  // jobs with the same text never run at once
  connector::Job job;
};

/// A managed secret that is about to be made.
struct NewManaged {
  AccountId account;
  std::string_view name;
  secrets::SecretType type;
  ExtendedConfig config;
};

/// The values that a new managed secret starts with.
struct FirstValues {
  SecretBytes current;
  std::optional<SecretBytes> previous;
  std::vector<std::string> accounts;  // that the secret has for itself from now on
  bool provision = false;             // the server is to make the accounts at the target
  bool unproven = false;  // nothing is set there before the given ones were seen to log in
};

class Rotations {
 public:
  /// All must outlive this; `targets` may be null: then only RAM secrets can be rotated.
  Rotations(secrets::Secrets& secrets, keys::Keys& keys, TargetSource* targets, Random& random,
            Settings settings)
      : secrets_(secrets),
        keys_(keys),
        targets_(targets),
        random_(random),
        settings_(std::move(settings)) {}

  const Settings& settings() const { return settings_; }

  // --- for the operations ---

  /// 400 InvalidParameter unless the interval is one that a policy may have.
  Result<void> check_interval(std::int64_t seconds) const;
  /// CreateSecret's SecretData as the first values; `data` is "$Auto" where the server makes the
  /// accounts. 400 InvalidParameter.
  Result<FirstValues> first_values(const NewManaged& wanted, const SecretBytes& data, Instant now);
  /// Records that `secret` has the accounts, in the transaction that makes it; provisions them if
  /// they are the server's to make, else has the target looked at; schedules its first rotation.
  /// 409 Rejected.ResourceInUse if another secret has one of them (semantics.md §3.5 item 10).
  Result<void> adopt(barrier::Transaction& transaction, const secrets::Secret& secret,
                     const FirstValues& values, Instant now);
  /// The secret is about to be removed for good.
  Result<void> forget(barrier::Transaction& transaction, const secrets::Secret& secret);
  /// The secret is about to wait for its deletion: a run before its promotion is undone, one after
  /// it leaves the target as it is. The secret to be planned.
  Result<secrets::Secret> abandon(barrier::Transaction& transaction, secrets::Secret secret,
                                  Instant now);
  /// The secret's Run; an idle one if there was none yet.
  Result<Run> run_of(barrier::Reader& reader, const secrets::Secret& secret) const;

  /// RotateSecret: starts a run that makes `version_id`, which is stored when this commits. A
  /// version of that id changes nothing. 400 Rejected.UnsupportedOperation on Generic secrets and
  /// while another run is going on, InvalidParameter for an overlap that is none; errors of the
  /// key.
  Result<void> request(barrier::Transaction& transaction, secrets::Secret secret, const Wish& wish,
                       Instant now);
  /// UpdateSecretRotationPolicy; the interval counts only if `enable`. 400
  /// Rejected.UnsupportedOperation as request(), InvalidParameter.
  Result<void> set_policy(barrier::Transaction& transaction, secrets::Secret secret, bool enable,
                          std::int64_t interval_seconds, Instant now);
  /// Gives a Generic secret a function that rotates it, or another one. 400
  /// Rejected.UnsupportedOperation on managed types and while a run is going on, InvalidParameter;
  /// 404 if the function is not registered as a target that is one.
  Result<void> set_function(barrier::Transaction& transaction, secrets::Secret secret,
                            const Function& function, Instant now);
  /// Takes it away again, schedule and all. Errors as set_function().
  Result<void> remove_function(barrier::Transaction& transaction, secrets::Secret secret,
                               Instant now);
  /// Before a person changes versions or labels of a Generic secret: 400
  /// Rejected.UnsupportedOperation while its function runs, and for ACSPending at any time.
  Result<void> check_by_hand(barrier::Reader& reader, const secrets::SecretView& secret,
                             std::span<const std::string_view> labels) const;
  /// Starts a run that makes the target accept what is stored: ACSCurrent, and of a pair
  /// ACSPrevious too. Errors as request().
  Result<void> resync(barrier::Transaction& transaction, const secrets::Secret& secret,
                      std::string_view by, Instant now);
  /// Starts a run that tests a credential and makes it ACSCurrent, changing nothing at the target.
  /// Errors as request(); 400 InvalidParameter for another account or form, 409
  /// Rejected.ResourceExist if the version is there.
  Result<void> adopt_value(barrier::Transaction& transaction, const secrets::SecretView& secret,
                           const Adopted& adopted, Instant now);
  /// When scheduled runs may begin (window.h). 400 InvalidParameter, or on Generic secrets without
  /// a function Rejected.UnsupportedOperation.
  Result<void> set_window(barrier::Transaction& transaction, const secrets::Secret& secret,
                          std::string_view window, Instant now);
  Schedule schedule_of(const secrets::Secret& secret, const Run& run) const;
  /// A person's wish to undo the running rotation. 409 Rejected.RotationNotRunning if there is none
  /// that can be.
  Result<void> cancel(barrier::Transaction& transaction, const secrets::Secret& secret,
                      Instant now);
  /// RestoreSecret: the schedule goes on, once at most for all that was missed; so does the making
  /// of its accounts.
  Result<void> resume(barrier::Transaction& transaction, const secrets::Secret& secret,
                      Instant now) const;
  /// The job of a dry run: the step inspect, with everything that a rotation would use.
  Result<connector::Job> inspection(barrier::Reader& reader, const secrets::SecretView& secret);

  // --- for the watch over drift ---

  /// Every run there is, in no order.
  static Result<void> visit(barrier::SealedStore& store,
                            const std::function<void(const Run&)>& body);
  /// The job that looks at the secret; nothing if there is nothing to look at now. Errors as
  /// claim()'s of the target and the key.
  Result<std::optional<Probe>> probe(barrier::Reader& reader, AccountId account,
                                     std::string_view name);
  /// Keeps what was seen, with an event if it is news. False if nothing was changed.
  Result<bool> note_probe(barrier::Transaction& transaction, const due::Task& task,
                          const Probed& probed, Instant now);

  // --- for the driver ---

  /// Nothing unless what the task is about to do should wait, within bounds, while somebody has
  /// read an old version last.
  Result<std::optional<Patience>> patience(barrier::Reader& reader, const due::Task& task,
                                           Instant now);

  struct Claimed {
    bool changed = false;  // something is to be committed and recorded
    bool again = false;    // claim once more, in a new transaction
    std::unique_ptr<Work> work = {};
  };
  /// Looks at the secret of a due row. A secret that is gone or another one of that name gives
  /// nothing to do.
  Result<Claimed> claim(barrier::Transaction& transaction, const due::Task& task, Instant now);

  /// Work that had to wait gets a lease as if it had been claimed now. False if it is not to be
  /// done any more: undone, or taken over by another runner.
  Result<bool> renew(barrier::Transaction& transaction, Work& work, Instant now);

  /// Ends the lease of the task's secret, whose runner is known to be gone, and leaves a row that
  /// is due now. False if there is none that may be ended (machine.h).
  Result<bool> take_over(barrier::Transaction& transaction, const due::Task& task, Instant now);

  struct Settled {
    bool stale = false;     // another runner took over: nothing was changed
    bool promoted = false;  // for the record
    bool ended = false;
    std::string version_id = {};
    std::string arn = {};
  };
  /// Takes in what came of the work; the label transaction, guarded by the lease's epoch.
  Result<Settled> settle(barrier::Transaction& transaction, const Work& work,
                         const Result<connector::Outcome>& outcome, Instant now);

 private:
  struct Opened;  // a secret's view, decoded, with its config and run
  Result<std::optional<Opened>> open(barrier::Transaction& transaction, const due::Task& task);
  Result<secrets::Secret> put_new_pending(barrier::Transaction& transaction,
                                          const secrets::SecretView& view, secrets::Secret secret,
                                          const Run& run, Instant now);
  Result<connector::Credential> value_of(barrier::Reader& reader, const secrets::SecretView& view,
                                         std::string_view label) const;
  Result<connector::Credential> privileged_of(barrier::Reader& reader, AccountId account,
                                              const ExtendedConfig& config) const;
  Result<void> take_produced(barrier::Transaction& transaction, Opened& opened,
                             const connector::Outcome& outcome, Seen& seen, Instant now);
  Result<bool> is_own_ram_user(barrier::Reader& reader, const secrets::Secret& secret,
                               const ExtendedConfig& config) const;
  Result<connector::Job> job_of(barrier::Reader& reader, const secrets::SecretView& view,
                                const Run& run);
  Result<void> apply(barrier::Transaction& transaction, Opened& opened, Conclusion conclusion,
                     Instant now);
  Result<bool> begin(barrier::Transaction& transaction, Opened& opened, Instant now);
  Result<void> save(barrier::Transaction& transaction, const secrets::Secret& secret,
                    const Run& run, Instant now) const;
  void put_run(barrier::Transaction& transaction, const secrets::Secret& secret,
               const Run& run) const;
  void resume_schedule(barrier::Transaction& transaction, const secrets::Secret& secret,
                       Instant now) const;
  double jitter();

  secrets::Secrets& secrets_;
  keys::Keys& keys_;
  TargetSource* const targets_;
  Random& random_;
  const Settings settings_;
};

}  // namespace strongroom::rotation
