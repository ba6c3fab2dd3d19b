#include "clock_guard.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "server_event.h"
#include "server_record.h"
#include "strongroom/base/days.h"
#include "strongroom/base/field_cursor.h"
#include "strongroom/base/log.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kExplainedMillis = kMillisPerDay;
constexpr std::int64_t kBelievedAfterMillis = kMillisPerDay;
constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kRecord = "clock";

bool is_explained(std::int64_t ahead_ms) {
  return std::abs(ahead_ms) <= kExplainedMillis;
}

}  // namespace

Result<std::unique_ptr<ClockGuard>> ClockGuard::open(Parts parts) {
  std::unique_ptr<ClockGuard> guard(new ClockGuard(std::move(parts)));
  guard->looked_ns_ = guard->parts_.monotonic();
  guard->state_.trusted = guard->parts_.clock.now();  // unless something is remembered
  SR_TRY(const auto reader, guard->parts_.store.reader());
  SR_TRY(const auto record, find_server_record(*reader, kRecord));
  if (record) {
    FieldCursor fields((*record)->body());
    const std::uint8_t format = fields.u8();
    guard->state_.trusted = {static_cast<std::int64_t>(fields.u64())};
    guard->state_.ahead_ms = static_cast<std::int64_t>(fields.u64());
    guard->state_.ran_ms = static_cast<std::int64_t>(fields.u64());
    if (format != kFormat || !fields.finished())
      return fail(ErrorKind::kCorrupt, "ClockRecord",
                  "the record \"clock\" has a form that this release does not know");
    if (guard->state_.ahead_ms != 0) guard->doubted_since_ = guard->parts_.clock.now();
  }
  const std::lock_guard lock(guard->mutex_);
  guard->judge();
  return guard;
}

Instant ClockGuard::judge() {
  const std::int64_t ns = parts_.monotonic();
  const Instant now = parts_.clock.now();
  const std::int64_t ran_ms = (ns - looked_ns_) / kNanosPerMilli;
  looked_ns_ += ran_ms * kNanosPerMilli;
  state_.trusted.unix_ms += ran_ms;
  const std::int64_t ahead_ms = now.unix_ms - state_.trusted.unix_ms;
  if (is_explained(ahead_ms)) {
    if (state_.ahead_ms != 0) end_doubt(now, "the clock is back");
    state_.trusted = now;
    return now;
  }
  // Another leap begins another doubt; the time off between two starts does not.
  if (state_.ahead_ms == 0 || !is_explained(ahead_ms - state_.ahead_ms)) {
    begin_doubt(now, ahead_ms);
    return now;
  }
  state_.ran_ms += ran_ms;
  if (state_.ran_ms < kBelievedAfterMillis) return now;
  end_doubt(now, "the clock kept step for a day of running, and is believed");
  state_.trusted = now;
  return now;
}

void ClockGuard::begin_doubt(Instant now, std::int64_t ahead_ms) {
  state_.ahead_ms = ahead_ms;
  state_.ran_ms = 0;
  doubted_since_ = now;
  const bool ahead = ahead_ms > 0;
  std::string why = "the clock moved " + std::string(ahead ? "ahead" : "back") + " by " +
                    rounded_days_text(ahead_ms) + " since the last time seen, " +
                    format_utc(state_.trusted);
  why += ahead ? ": deletion is held until " + format_utc(facts(now).until) +
                     ". If the time is right now (the server was off): strongroom clock accept. "
                     "If not: set the clock"
               : ": nothing is deleted early. If the time is wrong: set the clock";
  log::error("clock_doubted", {{"why", why}});
  to_tell_.push_back(
      {now, "Server:ClockLeap:Detected", ahead ? "CRITICAL" : "WARN", std::move(why)});
}

void ClockGuard::end_doubt(Instant now, const std::string& why) {
  state_.ahead_ms = 0;
  state_.ran_ms = 0;
  doubted_since_ = {};
  const std::string text = why + ": deletion goes by it, " + format_utc(now);
  log::info("clock_believed", {{"why", text}});
  to_tell_.push_back({now, "Server:ClockLeap:Resolved", "INFO", text});
}

ClockGuard::Doubt ClockGuard::facts(Instant now) const {
  return {.ahead_ms = now.unix_ms - state_.trusted.unix_ms,
          .last_seen = state_.trusted,
          .until = {now.unix_ms + kBelievedAfterMillis - state_.ran_ms}};
}

ClockGuard::Due ClockGuard::due() {
  const std::lock_guard lock(mutex_);
  const Instant now = judge();
  return {.now = now, .deletion = std::min(now, state_.trusted), .doubted_since = doubted_since_};
}

std::optional<ClockGuard::Doubt> ClockGuard::doubt() {
  const std::lock_guard lock(mutex_);
  const Instant now = judge();
  if (state_.ahead_ms == 0) return std::nullopt;
  return facts(now);
}

void ClockGuard::tell() {
  std::vector<Told> all;
  {
    const std::lock_guard lock(mutex_);
    judge();
    all.swap(to_tell_);
  }
  for (const Told& one : all)
    tell_event(parts_.store, parts_.account, one.when, one.name, one.level, one.why);
}

Result<void> ClockGuard::put(barrier::Transaction& transaction, const State& state) const {
  std::string body;
  body.push_back(static_cast<char>(kFormat));
  append_u64(body, static_cast<std::uint64_t>(state.trusted.unix_ms));
  append_u64(body, static_cast<std::uint64_t>(state.ahead_ms));
  append_u64(body, static_cast<std::uint64_t>(state.ran_ms));
  return replace_server_record(transaction, kRecord, as_bytes(body), parts_.random);
}

Result<void> ClockGuard::remember(barrier::Transaction& transaction) {
  State state;
  {
    const std::lock_guard lock(mutex_);
    judge();
    state = state_;
  }
  return put(transaction, state);
}

Result<std::optional<ClockGuard::Doubt>> ClockGuard::accept(barrier::Transaction& transaction) {
  std::optional<Doubt> doubted = doubt();
  if (!doubted) return doubted;
  SR_CHECK_OK(put(transaction, {.trusted = parts_.clock.now()}));
  transaction.after_commit([this] {
    const std::lock_guard lock(mutex_);
    if (state_.ahead_ms == 0) return;
    state_.trusted = parts_.clock.now();
    end_doubt(state_.trusted, "the operator accepted the clock");
  });
  return doubted;
}

}  // namespace strongroom::server
