#include "strongroom/rotation/machine.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "strongroom/base/check.h"

namespace strongroom::rotation {
namespace {

using connector::Status;
using connector::Step;

Instant later(Instant now, std::int64_t milliseconds) {
  return {now.unix_ms + milliseconds};
}

// Steps after which the target may know of the new credential.
bool reaches_target(Phase phase) {
  return phase == Phase::kSet || phase == Phase::kCreate;
}

Step step_of(Phase phase) {
  switch (phase) {
    case Phase::kTest:
      return Step::kTest;
    case Phase::kFinish:
      return Step::kFinish;
    case Phase::kRetire:
      return Step::kRetire;
    case Phase::kRollBack:
      return Step::kRollBack;
    case Phase::kCreate:
      return Step::kCreate;
    default:
      return Step::kSet;
  }
}

void enter(Run& run, Phase phase, Instant when) {
  run.phase = phase;
  run.attempt = 0;
  run.next_at = when;
}

void end(Run& run, Ended how, Instant now) {
  enter(run, Phase::kIdle, {});
  run.result = run.cancelled ? Ended::kCancelled : how;
  run.ended = now;
  run.leased = false;
}

// Exponential with full jitter (semantics.md §3.5 item 8), but never at once.
std::int64_t backoff(std::uint32_t attempt, double jitter, const Pace& pace) {
  const double doubled =
      static_cast<double>(pace.backoff_ms) * std::exp2(std::min(attempt, 30U) - 1);
  const double most = std::min(doubled, static_cast<double>(pace.backoff_max_ms));
  return std::max<std::int64_t>(100, static_cast<std::int64_t>(most * jitter));
}

Report report_once(Run& run) {
  if (run.reported || run.cancelled) return Report::kNone;
  run.reported = true;
  return Report::kFailed;
}

// The phase cannot go on and there is nothing to undo: it is tried again slowly, for the target
// must not stay in a state that nobody knows.
Conclusion stall(Run run, Instant now, const Pace& pace) {
  run.next_at = later(now, pace.stalled_ms);
  const Report report = report_once(run);
  return {std::move(run), Change::kNone, report};
}

// Undoes what was not promoted yet.
Conclusion undo(Run run, Instant now) {
  const Report report = report_once(run);
  const bool nothing_stored = run.phase == Phase::kBegin;
  if (nothing_stored || !run.touched) {
    end(run, Ended::kFailed, now);
    return {std::move(run), nothing_stored ? Change::kNone : Change::kDropPending, report};
  }
  enter(run, Phase::kRollBack, now);
  return {std::move(run), Change::kNone, report};
}

// Nothing was stored that could be undone, and nothing has to be pressed on with.
Conclusion end_resync(Run run, Instant now) {
  const Report report = report_once(run);
  end(run, Ended::kFailed, now);
  return {std::move(run), Change::kNone, report};
}

Conclusion give_up(Run run, const Shape& shape, Instant now, const Pace& pace) {
  if (run.purpose == Purpose::kResync) return end_resync(std::move(run), now);
  if (run.phase == Phase::kRollBack && shape.dual && !shape.twinless) {
    // ACSCurrent's account of a pair was never touched, and the next run sets the twin anew: this
    // one need not wait until ACSPrevious logs in again.
    end(run, Ended::kFailed, now);
    return {std::move(run), Change::kDropPending};
  }
  return before_promotion(run.phase) ? undo(std::move(run), now) : stall(std::move(run), now, pace);
}

Conclusion succeed(Run run, const Shape& shape, Instant now) {
  switch (run.phase) {
    case Phase::kBegin:
      enter(run, shape.creates ? Phase::kCreate : Phase::kSet, now);
      return {std::move(run)};
    case Phase::kCreate:
      enter(run, Phase::kSet, now);
      return {std::move(run)};
    case Phase::kSet:
      run.touched = true;
      run.has_twin = run.has_twin || shape.dual;
      run.unproven = false;
      enter(run, Phase::kTest, now);
      return {std::move(run)};
    case Phase::kTest:
      run.promoted = true;
      if (shape.gaps && run.exposed != Instant{}) run.gap_ms = now.unix_ms - run.exposed.unix_ms;
      if (run.purpose == Purpose::kAdopt) {
        run.unproven = false;
        end(run, Ended::kSucceeded, now);
        return {std::move(run), Change::kAdopt, Report::kSucceeded};
      }
      enter(run, shape.overlaps ? Phase::kRetire : Phase::kFinish,
            shape.overlaps ? later(now, run.overlap_ms) : now);
      return {std::move(run), Change::kPromote};
    case Phase::kProvision:
      if (run.purpose == Purpose::kResync && !shape.dual) {
        end(run, Ended::kSucceeded, now);
        return {std::move(run), Change::kNone, Report::kSucceeded};
      }
      enter(run, Phase::kProvisionTwin, now);
      return {std::move(run)};
    case Phase::kRollBack:
      end(run, Ended::kFailed, now);
      return {std::move(run), Change::kDropPending};
    default: {
      const Report report = run.cancelled ? Report::kNone : Report::kSucceeded;
      end(run, Ended::kSucceeded, now);
      return {std::move(run), Change::kNone, report};
    }
  }
}

Conclusion retry(Run run, const Shape& shape, const Moment& moment, const Pace& pace) {
  // Whoever asked for a value to be adopted is there to ask again.
  const bool once = run.purpose == Purpose::kAdopt;
  if (once || run.attempt >= static_cast<std::uint32_t>(pace.attempts))
    return give_up(std::move(run), shape, moment.now, pace);
  run.next_at = later(moment.now, backoff(run.attempt, moment.jitter, pace));
  return {std::move(run)};
}

// The old credential of an overlap cannot be brought back: what is served stays the new one.
Conclusion stay_promoted(Run run, Instant now) {
  run.cancelled = false;
  end(run, Ended::kSucceeded, now);
  return {std::move(run), Change::kSwapBack};
}

Conclusion rejected(Run run, const Shape& shape, const Moment& moment, const Pace& pace) {
  if (run.phase == Phase::kRetire && run.cancelled)
    return stay_promoted(std::move(run), moment.now);
  // Adopting changes nothing at the target.
  if (run.purpose == Purpose::kAdopt) return undo(std::move(run), moment.now);
  const bool again = run.rounds + 1 < static_cast<std::uint32_t>(pace.rounds);
  if (run.phase == Phase::kSet && (!run.touched || shape.creates) && again) {
    // Definitely not taken: only another credential can be. A function tidies up after itself.
    ++run.rounds;
    enter(run, shape.creates ? Phase::kCreate : Phase::kSet, moment.now);
    return {std::move(run), Change::kNewCredential};
  }
  if (run.phase == Phase::kTest && again) {
    // It does not log in after all: set it once more, the same.
    ++run.rounds;
    enter(run, Phase::kSet, later(moment.now, backoff(1, moment.jitter, pace)));
    return {std::move(run)};
  }
  if (before_promotion(run.phase)) return undo(std::move(run), moment.now);
  return retry(std::move(run), shape, moment, pace);
}

}  // namespace

std::string_view to_text(Phase phase) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "idle",   "begin",     "set",       "test",           "finish",
      "retire", "roll-back", "provision", "provision-twin", "create"};
  const auto index = static_cast<std::size_t>(phase);
  return index < kNames.size() ? kNames[index] : "unknown";
}

std::string_view to_text(Ended ended) {
  static constexpr std::array<std::string_view, 4> kNames = {"never", "succeeded", "failed",
                                                             "cancelled"};
  const auto index = static_cast<std::size_t>(ended);
  return index < kNames.size() ? kNames[index] : "unknown";
}

bool before_promotion(Phase phase) {
  return phase == Phase::kBegin || phase == Phase::kCreate || phase == Phase::kSet ||
         phase == Phase::kTest;
}

Claim claim(Run before, Instant now, const Pace& pace) {
  const bool held = before.leased && before.lease_until > now;
  if (!before.running() || held || before.next_at > now) return {};
  Claim claim;
  claim.turn = before.phase == Phase::kBegin ? Claim::Turn::kBegin : Claim::Turn::kStep;
  claim.step = step_of(before.phase);
  // A lease that ran out is a runner that died at an unknown place of its call.
  if (before.leased && reaches_target(before.phase)) before.touched = true;
  if (before.phase == Phase::kSet && before.exposed == Instant{}) before.exposed = now;
  before.leased = true;
  before.lease_until = later(now, pace.budget_ms + pace.margin_ms);
  ++before.epoch;
  ++before.attempt;
  claim.after = std::move(before);
  return claim;
}

std::optional<Run> take_over(Run before, Instant now) {
  const bool held = before.running() && before.leased && before.lease_until > now;
  if (!held || before.phase == Phase::kCreate) return std::nullopt;
  // Still leased: claim() is to see that somebody died in the middle of it.
  before.lease_until = now;
  return before;
}

Conclusion conclude(Run before, const Shape& shape, const Seen& seen, const Moment& moment,
                    const Pace& pace) {
  SR_CHECK(before.running());
  before.leased = false;
  const bool good = seen.status == Status::kDone || seen.status == Status::kAlreadyDone;
  // Why a run is undone is what people ask when it is.
  if (!good || before.phase != Phase::kRollBack) {
    before.code = good ? "" : seen.code;
    before.message = good ? "" : seen.message;
  }
  if (seen.gap_ms >= 0) before.gap_ms = seen.gap_ms;
  if (reaches_target(before.phase) && (good || seen.status == Status::kAmbiguous))
    before.touched = true;
  if (!before.touched) before.exposed = {};
  // An attempt that was not heard of has made the twin: the next run must not take it for
  // another's.
  if (before.phase == Phase::kRollBack && seen.status == Status::kDone && shape.twinless)
    before.has_twin = true;
  if (before.cancelled && before_promotion(before.phase))
    return undo(std::move(before), moment.now);
  if (before.cancelled && before.purpose == Purpose::kResync)
    return end_resync(std::move(before), moment.now);
  switch (seen.status) {
    case Status::kDone:
    case Status::kAlreadyDone:
      return succeed(std::move(before), shape, moment.now);
    case Status::kRejected:
      return rejected(std::move(before), shape, moment, pace);
    case Status::kConfiguration:
      return give_up(std::move(before), shape, moment.now, pace);
    case Status::kUnreachable:
    case Status::kAmbiguous:
      break;
  }
  return retry(std::move(before), shape, moment, pace);
}

Run start(Run before, const Start& start, Instant now) {
  SR_CHECK(!before.running());
  Run run;
  run.account = before.account;
  run.name = std::move(before.name);
  run.epoch = before.epoch;
  run.accounts = std::move(before.accounts);
  run.drifted = before.drifted;
  run.findings = std::move(before.findings);
  run.has_twin = before.has_twin;
  run.unproven = before.unproven;
  run.window = std::move(before.window);
  run.purpose = start.purpose;
  run.id = start.id;
  run.automatic = start.automatic;
  run.overlap_ms = start.overlap_ms;
  run.started_by = start.by;
  run.started = now;
  const bool sets = start.provision || start.purpose == Purpose::kResync;
  const bool adopts = start.purpose == Purpose::kAdopt;
  enter(run, sets ? Phase::kProvision : adopts ? Phase::kTest : Phase::kBegin, now);
  return run;
}

std::optional<Conclusion> cancel(Run before, Instant now) {
  if (!before.running()) return std::nullopt;
  if (before.purpose == Purpose::kResync) {
    before.cancelled = true;
    if (before.leased && before.lease_until > now) return Conclusion{std::move(before)};
    return end_resync(std::move(before), now);
  }
  if (before_promotion(before.phase)) {
    before.cancelled = true;
    // A step that is under way ends first; its outcome then undoes it.
    if (before.leased && before.lease_until > now) return Conclusion{std::move(before)};
    // A runner that died may have reached the target.
    if (before.leased && reaches_target(before.phase)) before.touched = true;
    before.leased = false;
    return undo(std::move(before), now);
  }
  if (before.phase == Phase::kRetire && !before.cancelled && before.attempt == 0) {
    // Both credentials are valid: the new one is retired instead of the old one.
    before.cancelled = true;
    before.next_at = now;
    return Conclusion{std::move(before), Change::kSwapBack};
  }
  if (before.phase == Phase::kRollBack || before.phase == Phase::kProvision ||
      before.phase == Phase::kProvisionTwin) {
    // Nothing else can be undone; what is left is tried at once.
    before.attempt = 0;
    before.next_at = now;
    return Conclusion{std::move(before)};
  }
  return std::nullopt;
}

}  // namespace strongroom::rotation
