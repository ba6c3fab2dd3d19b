#pragma once
// The rotation's state machine, pure: state and what was seen in, state and what is to be done out.
//
// claim() says what a runner that holds the run now has to do, conclude() what its outcome means.
// Between the two lies the only call of the target; the caller commits the state of the first
// before that call, and the state of the second after it, in one transaction with the label change
// it asks for. docs/rotation.md tells the same in words.

#include <optional>

#include "strongroom/connector/job.h"
#include "strongroom/rotation/run.h"

namespace strongroom::rotation {

/// What differs between the managed types.
struct Shape {
  bool dual = false;      // two accounts take turns: a failed run never touched ACSCurrent's
  bool overlaps = false;  // the old credential is removed after a window (RAM)
  bool creates = false;   // the target or a function makes the new value
  bool twinless = false;  // the twin of a pair is not known to be there and ours
  bool gaps = false;      // ACSCurrent stops working before the new credential is served
};

struct Pace {
  int attempts = 6;                 // of one phase, then the run has failed
  int rounds = 3;                   // new credentials after the target refused one
  std::int64_t backoff_ms = 2'000;  // doubled each time, up to …
  std::int64_t backoff_max_ms = 900'000;
  std::int64_t stalled_ms = 3'600'000;  // between attempts after a failure was reported
  std::int64_t budget_ms = 30'000;      // of one step
  std::int64_t margin_ms = 10'000;      // of a lease beyond its step
};

/// What a claim came to.
struct Claim {
  enum class Turn : std::uint8_t {
    kNothing,  // no run, or another runner's lease is good: the due row may go
    kBegin,    // make the new credential, then conclude() with what came of it
    kStep,     // call the target with `step`
  };
  Turn turn = Turn::kNothing;
  connector::Step step = connector::Step::kProbe;
  Run after = {};  // with a new epoch and a lease, if there is something to do
};
Claim claim(Run before, Instant now, const Pace& pace);

/// The run of a runner that is known to be gone: its lease is over, as if its time were. Nothing if
/// there is no lease to end, or if it has to run out: a function that makes a value may go on after
/// who called it has died, and what a second call makes beside it nobody would tidy up. Elsewhere
/// what a dead runner set in motion is harmless, for it sets the credential of the intent.
std::optional<Run> take_over(Run before, Instant now);

/// What the label transaction has to do.
enum class Change : std::uint8_t {
  kNone,
  kPromote,        // ACSPending becomes ACSCurrent
  kDropPending,    // the pending version goes
  kNewCredential,  // the pending version gets another value
  kSwapBack,       // ACSCurrent and ACSPrevious change places
  kAdopt,          // ACSPending becomes ACSCurrent, whose old version had the wrong value
};

/// What people are told.
enum class Report : std::uint8_t { kNone, kSucceeded, kFailed };

struct Conclusion {
  Run after;
  Change change = Change::kNone;
  Report report = Report::kNone;
};

/// What was seen: an outcome's status, code, message and gap. `status` nothing: the connector did
/// not even answer (a defect, lost memory), which is ambiguous.
struct Seen {
  connector::Status status = connector::Status::kAmbiguous;
  std::string code = {};
  std::string message = {};
  std::int64_t gap_ms = -1;
};

/// `before` holds the lease. `jitter` is uniform in [0, 1) and spreads the retries.
struct Moment {
  Instant now;
  double jitter = 0;
};
Conclusion conclude(Run before, const Shape& shape, const Seen& seen, const Moment& moment,
                    const Pace& pace);

/// The start of a run. `before` is idle.
struct Start {
  std::string id = {};
  bool automatic = false;
  bool provision = false;
  std::int64_t overlap_ms = 0;
  Purpose purpose = Purpose::kRotate;
  std::string by = {};  // ARN of who asks for it
};
Run start(Run before, const Start& start, Instant now);

/// A person's wish to undo the run, legal in every phase. Nothing if none is running, or if its new
/// credential is in use and the old one is gone: then there is nothing to go back to.
std::optional<Conclusion> cancel(Run before, Instant now);

}  // namespace strongroom::rotation
