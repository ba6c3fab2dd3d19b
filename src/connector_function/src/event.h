#pragma once
// The step protocol: what a function is told and what it answers (docs/functions.md). Pure but for
// the clock.

#include <functional>
#include <string_view>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"

namespace strongroom::connector_function {

/// What an answer may have at most: a value with every character escaped, and a message.
inline constexpr std::size_t kAnswerBytesMax = 192U << 10;

/// Brings an event to the function and its answer back.
using Transport = std::function<connector_kit::Attempt<SecretBytes>(
    const SecretBytes& event, const connector_kit::Budget& budget)>;

/// As the protocol calls a step; empty: functions are not asked.
std::string_view name_of(connector::Step step);

/// One step, whole. The outcome's texts are scrubbed.
connector::Outcome run_step(const connector::Job& job, const Transport& call);

}  // namespace strongroom::connector_function
