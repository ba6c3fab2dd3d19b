#pragma once
// The interface that each kind of target implements.
//
// A connector keeps nothing between two jobs: it may be called again for the same job after a
// crash, by another process, or twice at once (the deposed runner and its heir), and the end must
// be the same. So each step looks before it acts:
//
//   inspect   changes nothing. Reaches the target as admin, says in the facts whether the admin
//             may do all later steps, whether both accounts' grants are equal, and in notes what
//             a rotation would do. kConfiguration if a rotation could not work.
//   probe     changes nothing. Tries each present credential on a fresh connection; facts.current,
//             .pending and .previous say what was seen. Notes are what else was changed by hand:
//             grants of a pair that differ, an AccessKey that is not the secret's.
//   create    only kinds where the target makes the credential: looks whether the one of this job
//             is there (job.pending.public_part, if the intent knows it), else makes one and
//             answers it in `produced`.
//   set       first logs in as `pending`: if that works, kAlreadyDone. Else, as admin, makes the
//             account (the twin of a pair) if it is missing, re-applies the grants of `current`'s
//             account to it, and sets the secret. Touches no account but pending.account. Where
//             the target alone makes credentials (AccessKeys of a cloud), `pending` is a
//             placeholder at first: the one that was made is answered in `produced`, and is what
//             the next step gets. Whatever an attempt whose answer was lost has made is removed.
//   test      a new connection as `pending`, and a harmless use of its rights. Targets that take a
//             moment are polled until the budget is spent; then kUnreachable.
//   finish    what may only happen once the labels have moved; kDone where there is nothing.
//   retire    makes the target refuse `previous`; kAlreadyDone if it does.
//   roll back single account: sets `current` again if it no longer logs in. A pair: leaves the
//             twin alone. Removes what create made.
//
// An Outcome's status is the class of what happened, and the engine follows a path of its own for
// each (docs/rotation.md); when in doubt between unreachable and ambiguous, it is ambiguous.
// Thread-safe: run() is called by several threads.

#include "strongroom/connector/job.h"

namespace strongroom::connector {

class Connector {
 public:
  virtual ~Connector() = default;

  virtual Kind kind() const = 0;

  /// Does one step. An error of the Result is a defect of ours or exhausted memory; everything
  /// that a target can do is an Outcome.
  virtual Result<Outcome> run(const Job& job) = 0;
};

}  // namespace strongroom::connector
