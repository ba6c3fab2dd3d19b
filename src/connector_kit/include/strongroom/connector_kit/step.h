#pragma once
// What every connector does around the work of a step. One thread per call.

#include <cstdint>
#include <functional>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/connector_kit/attempt.h"

namespace strongroom::connector_kit {

/// Runs `work`, which fills the outcome it is given, and completes that: a failure's status, code
/// and message (a step that failed has produced nothing), and how long it took. All that a person
/// will read of it is free of the job's secret values, and there are at most
/// limits::kConnectorListMax notes.
connector::Outcome run_step(const connector::Job& job,
                            const std::function<Attempt<void>(connector::Outcome&)>& work);

/// Asks `login` whether the pending credential is accepted, again after `first_pause_ms` and then
/// after pauses twice as long each, while the budget lasts: targets may apply changes late. What it
/// said last is in outcome.facts.pending; true if that is kAccepted. A failure of `login` passes
/// through.
Attempt<bool> await_login(const Budget& budget, std::int64_t first_pause_ms,
                          const std::function<Attempt<connector::Login>()>& login,
                          connector::Outcome& outcome);

}  // namespace strongroom::connector_kit
