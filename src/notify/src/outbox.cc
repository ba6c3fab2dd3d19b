#include "strongroom/notify/outbox.h"

#include <algorithm>
#include <limits>

#include "strongroom/base/field_cursor.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"

namespace strongroom::notify {
namespace {

constexpr std::uint8_t kNoticeFormat = 2;  // 1: an event, as due::record puts it
constexpr std::uint32_t kAttemptsMax = 12;
constexpr std::int64_t kFirstPauseMillis = 10'000;
constexpr std::int64_t kPauseMillisMax = 3'600'000;
// Dead letters lie so far ahead that they never fall due.
constexpr std::int64_t kDeadMillis = 1'000LL * 366 * kMillisPerDay;
// Between the two lies only what was put there while the clock was ahead.
constexpr std::int64_t kLeaptMillisMax = kDeadMillis / 2;
constexpr std::size_t kErrorBytesMax = 200;
constexpr Instant kEndOfTime{std::numeric_limits<std::int64_t>::max()};

struct Row {
  Instant event_time{};
  std::uint32_t attempts = 0;
  bool dead = false;
  std::string target{};
  std::string last_error{};
  std::string event{};  // encoded
};

std::string encode(const Row& row) {
  std::string out(1, static_cast<char>(kNoticeFormat));
  append_u64(out, static_cast<std::uint64_t>(row.event_time.unix_ms));
  append_u32(out, row.attempts);
  out.push_back(row.dead ? 1 : 0);
  append_text16(out, row.target);
  append_text16(out, row.last_error);
  append_text16(out, row.event);
  return out;
}

Result<Row> decode(ByteView body) {
  FieldCursor in(body);
  const bool known = in.u8() == kNoticeFormat;
  Row row;
  row.event_time = {static_cast<std::int64_t>(in.u64())};
  row.attempts = in.u32();
  row.dead = in.u8() != 0;
  row.target = in.text();
  row.last_error = in.text();
  row.event = in.text();
  if (known && in.finished()) return row;
  return fail(ErrorKind::kCorrupt, "Notify.FormatCorrupt",
              "a notice has a form that this release does not know");
}

bool is_event(const barrier::TimedRow& row) {
  const ByteView body = row.record->body();
  return !body.empty() && body[0] != kNoticeFormat;
}

Result<bool> settled(barrier::Transaction& transaction) {
  const auto committed = transaction.commit();
  if (committed) return true;
  // Somebody changed the targets meanwhile: the row is still there for the next run.
  if (committed.error().kind() == ErrorKind::kConflict) return false;
  return std::unexpected(committed.error());
}

}  // namespace

std::int64_t backoff_millis(std::uint32_t attempts) {
  const std::uint32_t doublings = std::min<std::uint32_t>(attempts > 0 ? attempts - 1 : 0, 20);
  return std::min(kPauseMillisMax, kFirstPauseMillis << doublings);
}

Result<std::vector<Waiting>> list_waiting(barrier::SealedStore& store, AccountId account) {
  SR_TRY(const auto rows, store.due(barrier::TimeTable::kOutbox, kEndOfTime, limits::kScanRowsMax));
  std::vector<Waiting> found;
  for (const barrier::TimedRow& row : rows) {
    if (is_event(row)) continue;
    SR_TRY(const Row notice, decode(row.record->body()));
    SR_TRY(const due::Event event, due::decode_event(as_bytes(notice.event)));
    if (event.account != account) continue;
    found.push_back({.target = notice.target,
                     .event = event.name,
                     .attempts = notice.attempts,
                     .next = {row.when.unix_ms - (notice.dead ? kDeadMillis : 0)},
                     .dead = notice.dead,
                     .last_error = notice.last_error});
  }
  return found;
}

void put_test(barrier::Transaction& transaction, Instant now, AccountId account,
              const std::string& target) {
  const due::Event event{.name = "Notify:Test:Success",
                         .account = account,
                         .resource = "acs:kms::" + account.text() + ":notify/" + target};
  transaction.put_timed(
      barrier::TimeTable::kOutbox, now,
      as_bytes(encode({.event_time = now, .target = target, .event = due::encode(event)})));
}

Result<std::size_t> Outbox::run(Instant now) {
  SR_TRY(auto rows, store_.due(barrier::TimeTable::kOutbox, now, limits::kDueBatchMax));
  if (rows.empty()) {
    SR_TRY(rows, store_.between(barrier::TimeTable::kOutbox, {now.unix_ms + kPauseMillisMax + 1},
                                {now.unix_ms + kLeaptMillisMax}, limits::kDueBatchMax));
  }
  std::size_t done = 0;
  for (const barrier::TimedRow& row : rows) {
    const auto outcome = is_event(row) ? expand(row, now) : attempt(row, now);
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome) ++done;
  }
  return done;
}

Result<bool> Outbox::expand(const barrier::TimedRow& row, Instant now) {
  SR_TRY(const due::Event event, due::decode_event(row.record->body()));
  const EventView view = view_of(event, row.when, region_);
  SR_TRY(const auto transaction, store_.begin());
  SR_TRY(const auto targets, load_targets(*transaction, event.account));
  transaction->remove_timed(row.key, row.record->modified());
  for (const Target& target : targets) {
    if (!wants(target, view)) continue;
    transaction->put_timed(
        barrier::TimeTable::kOutbox, now,
        as_bytes(
            encode({.event_time = row.when, .target = target.name, .event = due::encode(event)})));
  }
  return settled(*transaction);
}

// So that what waits for one target stands in nobody's way. Not an attempt.
Result<bool> Outbox::put_back(const barrier::TimedRow& row, Instant when) {
  SR_TRY(const auto transaction, store_.begin());
  transaction->remove_timed(row.key, row.record->modified());
  transaction->put_timed(barrier::TimeTable::kOutbox, when, row.record->body());
  return settled(*transaction);
}

Result<bool> Outbox::attempt(const barrier::TimedRow& row, Instant now) {
  SR_TRY(Row notice, decode(row.record->body()));
  SR_TRY(const due::Event event, due::decode_event(as_bytes(notice.event)));
  const std::string slot = event.account.text() + "/" + notice.target;
  const auto paused = paused_.find(slot);
  if (paused != paused_.end() && now < paused->second.until &&
      paused->second.until.unix_ms <= now.unix_ms + kPauseMillisMax)
    return put_back(row, paused->second.until);
  SR_TRY(const auto transaction, store_.begin());
  SR_TRY(const auto targets, load_targets(*transaction, event.account));
  const auto target = std::ranges::find(targets, notice.target, &Target::name);
  transaction->remove_timed(row.key, row.record->modified());
  if (target == targets.end()) return settled(*transaction);
  SR_TRY(const SecretBytes key, signing_key(store_, event.account, notice.target));
  SR_TRY(const barrier::RecordRef secret, load_secret(*transaction, event.account, notice.target));
  const auto sent = courier_.send(*target,
                                  {.event = view_of(event, notice.event_time, region_),
                                   .attempt = notice.attempts + 1,
                                   .now = now},
                                  {.signing_key = key, .secret = secret_of(secret)});
  if (sent) {
    paused_.erase(slot);
  } else {
    ++notice.attempts;
    notice.last_error = sent.error().message().substr(0, kErrorBytesMax);
    notice.dead = notice.attempts >= kAttemptsMax;
    const std::int64_t pause = notice.dead ? kDeadMillis : backoff_millis(notice.attempts);
    Pause& rest = paused_[slot];
    rest.until = {now.unix_ms + backoff_millis(++rest.failures)};
    transaction->put_timed(barrier::TimeTable::kOutbox, {now.unix_ms + pause},
                           as_bytes(encode(notice)));
    log::warn(notice.dead ? "notice_dead" : "notice_failed",
              {{"target", notice.target},
               {"event", event.name},
               {"attempts", static_cast<std::int64_t>(notice.attempts)},
               {"why", notice.last_error}});
  }
  return settled(*transaction);
}

}  // namespace strongroom::notify
