#include "background.h"

#include <limits>
#include <ranges>

#include "audit_anchor.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/identity/directory.h"

namespace strongroom::server {
namespace {

constexpr Instant kEndOfTime{std::numeric_limits<std::int64_t>::max()};
constexpr std::int64_t kEventMillisKept = 90 * kMillisPerDay;
constexpr std::int64_t kDrainIdleMillis = 50;
constexpr std::int64_t kRetryMillis = 1'000;
constexpr std::int64_t kLastUseFlushMillis = 60'000;
constexpr std::int64_t kKeeperMillis = 60'000;
constexpr std::int64_t kSampleMillis = 5'000;
constexpr std::int64_t kNoteLookMillis = 5'000;
constexpr std::int64_t kNoteMillis = 60'000;       // while the log grows
constexpr std::int64_t kNoteIdleMillis = 600'000;  // while it does not

// The rows of one transaction; each removal is a write and a precondition.
constexpr std::size_t kRowsPerCommit = limits::kCommitOperationsMax / 2;

Result<std::size_t> remove_rows(barrier::SealedStore& store,
                                std::span<const barrier::TimedRow> rows) {
  for (std::size_t at = 0; at < rows.size(); at += kRowsPerCommit) {
    SR_TRY(const auto transaction, store.begin());
    for (const barrier::TimedRow& row :
         rows.subspan(at, std::min(kRowsPerCommit, rows.size() - at))) {
      transaction->remove_timed(row.key, row.record->modified());
    }
    SR_CHECK_OK(transaction->commit());
  }
  return rows.size();
}

Result<std::size_t> prune(barrier::SealedStore& store, barrier::TimeTable table, Instant until) {
  SR_TRY(const auto rows, store.due(table, until, limits::kDueBatchMax));
  return remove_rows(store, rows);
}

}  // namespace

Result<std::size_t> drain_audit_rows(barrier::SealedStore& store, audit::Log& log) {
  SR_TRY(const auto rows,
         store.due(barrier::TimeTable::kAuditPending, kEndOfTime, limits::kAuditDrainRowsMax));
  std::vector<std::string> leaves;
  leaves.reserve(rows.size());
  std::size_t taken = 0;
  for (; taken < rows.size() && leaves.size() < limits::kAuditDrainRowsMax; ++taken) {
    for (const auto leaf : std::views::split(as_chars(rows[taken].record->body()), '\n'))
      leaves.emplace_back(std::string_view(leaf));
  }
  if (leaves.empty()) return 0;
  SR_CHECK_OK(log.append_committed(leaves));
  return remove_rows(store, std::span(rows).first(taken));
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
    const auto drained = drain_audit_rows(service_.engines().store, log_);
    drain_failures_.note(drained);
    if (!drained) return kRetryMillis;
    return *drained > 0 ? 0 : kDrainIdleMillis;
  });
  due_ = std::make_unique<Periodic>([this]() -> std::int64_t {
    const ClockGuard::Due due = guard_.due();
    const auto done = work_.step(due);
    due_failures_.note(done);
    prune_failures_.note(prune_events(service_.engines().store, due.deletion));
    return limits::kDuePollMillisMax;
  });
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
