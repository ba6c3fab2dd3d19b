#include "strongroom/connector_kit/step.h"

#include <algorithm>

#include "strongroom/base/limits.h"
#include "strongroom/base/time.h"

namespace strongroom::connector_kit {

using connector::Job;
using connector::Login;
using connector::Outcome;

namespace {

constexpr std::int64_t kLongestPauseMillis = 3'200;

}  // namespace

Outcome run_step(const Job& job, const std::function<Attempt<void>(Outcome&)>& work) {
  const std::int64_t started = monotonic_ns();
  Outcome outcome;
  if (const auto done = work(outcome); !done) {
    outcome.status = done.error().status;
    outcome.code = done.error().code;
    outcome.message = done.error().message;
    outcome.produced = {};
  }
  outcome.facts.latency_ms = (monotonic_ns() - started) / kNanosPerMilli;
  outcome.message = connector::scrub(outcome.message, job);
  outcome.facts.server = connector::scrub(outcome.facts.server, job);
  auto& notes = outcome.facts.notes;
  if (notes.size() > limits::kConnectorListMax) notes.resize(limits::kConnectorListMax);
  for (std::string& line : notes) line = connector::scrub(line, job);
  return outcome;
}

Attempt<bool> await_login(const Budget& budget, std::int64_t first_pause_ms,
                          const std::function<Attempt<Login>()>& login, Outcome& outcome) {
  for (std::int64_t pause = first_pause_ms;; pause = std::min(2 * pause, kLongestPauseMillis)) {
    SR_TRY(outcome.facts.pending, login());
    if (outcome.facts.pending == Login::kAccepted) return true;
    if (pause >= budget.left_ms() || !budget.wait(pause)) return false;
  }
}

}  // namespace strongroom::connector_kit
