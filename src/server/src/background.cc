#include "background.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>
#include <memory>
#include <ranges>
#include <utility>

#include "audit_anchor.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/identity/directory.h"
#include "strongroom/service/rotation_driver.h"

namespace strongroom::server {
namespace {

constexpr Instant kEndOfTime{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kEventMillisKept = 90 * kMillisPerDay;
constexpr std::int64_t kDrainIdleMillis = 50;
constexpr std::size_t kManyLeaves = limits::kAuditDrainRowsMax / 4;  // worth no pause
constexpr int kDrainsPerLook = 20;  // from memory, before the store is looked through again
constexpr std::int64_t kRetryMillis = 1'000;
constexpr std::int64_t kLastUseFlushMillis = 60'000;
constexpr std::int64_t kKeeperMillis = 60'000;
constexpr std::int64_t kSampleMillis = 5'000;
constexpr std::int64_t kNoteLookMillis = 5'000;
constexpr std::int64_t kNoteMillis = 60'000;       // while the log grows
constexpr std::int64_t kNoteIdleMillis = 600'000;  // while it does not

// The rows of one transaction; each removal is a write and a precondition.
constexpr std::size_t kRowsPerCommit = limits::kCommitOperationsMax / 2;

struct RowName {
  store::Key key;
  store::Revision modified;
};

// In as many transactions as it takes, all on their way at once: they share a sync.
Result<void> remove_rows(barrier::SealedStore& store, std::span<const RowName> rows) {
  std::vector<std::future<Result<store::Revision>>> answers;
  for (std::size_t at = 0; at < rows.size(); at += kRowsPerCommit) {
    SR_TRY(const auto transaction, store.begin());
    for (const RowName& row : rows.subspan(at, std::min(kRowsPerCommit, rows.size() - at))) {
      transaction->remove_timed(row.key, row.modified);
    }
    const auto promise = std::make_shared<std::promise<Result<store::Revision>>>();
    answers.push_back(promise->get_future());
    transaction->submit(
        [promise](Result<store::Revision> outcome) { promise->set_value(std::move(outcome)); });
  }
  Result<void> first_error;
  for (auto& answer : answers) {
    if (auto outcome = answer.get(); !outcome && first_error) {
      first_error = std::unexpected(outcome.error());
    }
  }
  return first_error;
}

std::vector<RowName> names_of(std::span<const barrier::TimedRow> rows) {
  std::vector<RowName> names;
  names.reserve(rows.size());
  for (const barrier::TimedRow& row : rows) names.push_back({row.key, row.record->modified()});
  return names;
}

Result<std::size_t> prune(barrier::SealedStore& store, barrier::TimeTable table, Instant until) {
  SR_TRY(const auto rows, store.due(table, until, limits::kDueBatchMax));
  SR_CHECK_OK(remove_rows(store, names_of(rows)));
  return rows.size();
}

// Beside the draining thread, a search takes rows, too: what is gone already is in the log.
Result<void> unless_gone(Result<void> removed) {
  if (!removed && removed.error().kind() == ErrorKind::kConflict) return {};
  return removed;
}

struct Taken {
  std::size_t rows = 0;
  bool all = false;  // of those that were there
};

Result<Taken> take_audit_rows(barrier::SealedStore& store, audit::Log& log) {
  SR_TRY(const auto rows,
         store.due(barrier::TimeTable::kAuditPending, kEndOfTime, limits::kAuditDrainRowsMax));
  std::vector<std::string> leaves;
  leaves.reserve(rows.size());
  std::size_t taken = 0;
  for (; taken < rows.size() && leaves.size() < limits::kAuditDrainRowsMax; ++taken) {
    for (const auto leaf : std::views::split(as_chars(rows[taken].record->body()), '\n'))
      leaves.emplace_back(std::string_view(leaf));
  }
  const bool all = taken == rows.size() && taken < limits::kAuditDrainRowsMax;
  if (leaves.empty()) return Taken{.rows = 0, .all = all};
  SR_CHECK_OK(log.append_committed(leaves));
  SR_CHECK_OK(unless_gone(remove_rows(store, names_of(std::span(rows).first(taken)))));
  return Taken{.rows = taken, .all = all};
}

}  // namespace

Result<std::size_t> drain_audit_rows(barrier::SealedStore& store, audit::Log& log) {
  SR_TRY(const Taken taken, take_audit_rows(store, log));
  return taken.rows;
}

Result<void> settle_for_search(barrier::SealedStore& store, audit::Log& log) {
  constexpr std::int64_t kMost = limits::kLookUpSettleMillisMax;
  const std::int64_t begun = monotonic_ns();
  const auto left = [&] { return kMost - (monotonic_ns() - begun) / kNanosPerMilli; };
  Taken taken;
  while (!taken.all) {
    if (left() <= 0) {
      return fail(ErrorKind::kUnavailable, "AuditSlow", "the records of many writes are waiting");
    }
    SR_TRY(taken, take_audit_rows(store, log));
  }
  SR_CHECK_OK(log.settle_within(std::chrono::milliseconds(std::max<std::int64_t>(left(), 0))));
  return {};
}

Result<std::size_t> drain_leaves(barrier::SealedStore& store, audit::Log& log,
                                 std::vector<service::CommittedLeaf> committed) {
  std::vector<std::string> leaves;
  std::vector<RowName> rows;
  leaves.reserve(committed.size());
  rows.reserve(committed.size());
  for (service::CommittedLeaf& one : committed) {
    leaves.push_back(std::move(one.leaf));
    rows.push_back({std::move(one.key), one.modified});
  }
  SR_CHECK_OK(log.append_committed(leaves));
  // A row that drain_audit_rows() had found first: the others of its commit are found by the next.
  SR_CHECK_OK(unless_gone(remove_rows(store, rows)));
  return rows.size();
}

Result<void> remember_run(barrier::SealedStore& store, ClockGuard& guard,
                          const audit::TreeHead& head, Random& random) {
  SR_TRY(const auto transaction, store.begin());
  SR_CHECK_OK(guard.remember(*transaction));
  SR_CHECK_OK(remember_audit_head(*transaction, head, random));
  SR_CHECK_OK(transaction->commit());
  return {};
}

Result<std::size_t> prune_events(barrier::SealedStore& store, Instant now) {
  return prune(store, barrier::TimeTable::kEvent, {now.unix_ms - kEventMillisKept});
}

Background::Background(const Parts& parts, const BackgroundOptions& options)
    : service_(parts.service),
      log_(parts.log),
      guard_(parts.guard),
      work_(service_.engines().store, [this](const barrier::TimedRow& row, Instant now) {
        return service_.run_due(row, now);
      }) {
  drain_ = std::make_unique<Periodic>([this]() -> std::int64_t {
    const auto drained = drain();
    drain_failures_.note(drained);
    if (!drained) return kRetryMillis;
    return *drained < kManyLeaves ? kDrainIdleMillis : 0;
  });
  start_due(parts.alone);
  last_use_ = std::make_unique<Periodic>([this]() -> std::int64_t {
    const auto flushed = service_.engines().directory.flush_last_use(service_.engines().store);
    if (!flushed) log::warn("last_use_flush_failed", {{"code", flushed.error().code()}});
    return kLastUseFlushMillis;
  });
  courier_ = notify::make_courier(options.courier);
  outbox_ = std::make_unique<notify::Outbox>(service_.engines().store, *courier_,
                                             service_.engines().region);
  deliverer_ = std::make_unique<Periodic>([this]() -> std::int64_t {
    const auto settled = outbox_->run(service_.engines().clock.now());
    outbox_failures_.note(settled);
    return settled && *settled > 0 ? 0 : limits::kDuePollMillisMax;
  });
  if (options.drift_ms > 0) {
    drift_ = std::make_unique<service::DriftWatch>(service_.engines(), options.drift_ms);
    prober_ = std::make_unique<Periodic>([this] { return drift_->step(); });
  }
  start_chores(parts.samples, options.audit_days);
}

// What others left half done first: from then on, what is leased is our own.
void Background::start_due(bool alone) {
  due_ = std::make_unique<Periodic>([this, first = alone]() mutable -> std::int64_t {
    if (std::exchange(first, false)) take_over();
    const ClockGuard::Due due = guard_.due();
    const auto done = work_.step(due);
    due_failures_.note(done);
    prune_failures_.note(prune_events(service_.engines().store, due.deletion));
    return limits::kDuePollMillisMax;
  });
}

void Background::take_over() {
  const auto taken = service_.engines().driver->take_over();
  if (!taken) {
    log::warn("rotation_not_taken_over",
              {{"code", taken.error().code()}, {"why", taken.error().message()}});
  } else if (*taken > 0) {
    log::info("rotations_taken_over", {{"steps", static_cast<std::int64_t>(*taken)}});
  }
}

void Background::start_chores(Samples& samples, std::int64_t audit_days) {
  sampler_ = std::make_unique<Periodic>([this, &samples]() -> std::int64_t {
    const Instant now = service_.engines().clock.now();
    samples.take(service_.engines().store, now);
    if (const auto told = samples.tell(service_.engines(), now); !told)
      log::warn("sample_event_failed", {{"code", told.error().code()}});
    return kSampleMillis;
  });
  keeper_ = std::make_unique<Periodic>([this, audit_days]() -> std::int64_t {
    const Instant now = guard_.due().deletion;
    const auto kept = log_.maintain({now.unix_ms - audit_days * kMillisPerDay});
    if (!kept) {
      log::error("audit_maintenance_failed",
                 {{"code", kept.error().code()}, {"why", kept.error().message()}});
    }
    return kept && kept->archived ? kRetryMillis : kKeeperMillis;
  });
  noter_ = std::make_unique<Periodic>([this] { return remember_step(); });
}

// What is at hand in memory, and now and then all that the store holds.
Result<std::size_t> Background::drain() {
  std::vector<service::CommittedLeaf> leaves = service_.committed_leaves().take();
  if (leaves.empty() || ++drains_ % kDrainsPerLook == 0) {
    return drain_audit_rows(service_.engines().store, log_);
  }
  return drain_leaves(service_.engines().store, log_, std::move(leaves));
}

// Seldom: the clock is doubted by days, and every note is a synced commit.
std::int64_t Background::remember_step() {
  guard_.tell();
  const audit::TreeHead head = log_.head();
  const std::int64_t passed_ms = (monotonic_ns() - noted_ns_) / kNanosPerMilli;
  const bool grown = head.size != noted_entries_;
  if (noted_ns_ != 0 && passed_ms < (grown ? kNoteMillis : kNoteIdleMillis)) return kNoteLookMillis;
  service::Engines& engines = service_.engines();
  if (const auto noted = remember_run(engines.store, guard_, head, engines.random); !noted) {
    log::warn("clock_not_noted",
              {{"code", noted.error().code()}, {"why", noted.error().message()}});
    return kNoteMillis;
  }
  noted_entries_ = head.size;
  noted_ns_ = monotonic_ns();
  return kNoteLookMillis;
}

void Background::stop() {
  if (prober_) prober_->stop();
  deliverer_->stop();
  noter_->stop();
  sampler_->stop();
  keeper_->stop();
  last_use_->stop();
  due_->stop();
  drain_->stop();
  while (true) {
    const auto drained = drain_audit_rows(service_.engines().store, log_);
    if (!drained || *drained == 0) break;
  }
  guard_.tell();
  service::Engines& engines = service_.engines();
  if (const auto head = log_.settle(); !head || engines.store.sealed()) return;
  if (const auto noted = remember_run(engines.store, guard_, log_.head(), engines.random); !noted)
    log::warn("clock_not_noted", {{"code", noted.error().code()}});
}

}  // namespace strongroom::server
