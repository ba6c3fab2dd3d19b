#include "verifier.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "row_key.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/log.h"

namespace strongroom::barrier {
namespace {

constexpr std::uint32_t kResourceBuckets = 65'536;
constexpr std::uint32_t kBucketsPerStep = 256;
constexpr std::size_t kRowsPerScan = 1'000;
constexpr int kFreshSnapshotsMax = 10'000;
constexpr auto kPauseBetweenSteps = std::chrono::milliseconds(5);
constexpr auto kPauseAfterFailure = std::chrono::seconds(1);

std::string bucket_begin(std::uint32_t bucket) {
  std::string key(1, kResourceTable);
  if (bucket >= kResourceBuckets) {
    key[0] = kResourceTable + 1;
  } else {
    append_u16(key, static_cast<std::uint16_t>(bucket));
  }
  return key;
}

}  // namespace

Verifier::Verifier(const store::Store& engine, StateSums& sums,
                   std::function<void(std::uint32_t)> on_mismatch)
    : engine_(engine), sums_(sums), on_mismatch_(std::move(on_mismatch)) {}

Result<void> Verifier::sum_rows(const store::Snapshot& snapshot, std::string from,
                                const std::string& end, std::uint32_t first,
                                std::vector<Sum>& found) const {
  while (true) {
    SR_TRY(const auto rows, snapshot.scan(from, end, kRowsPerScan));
    for (const store::Row& row : rows) {
      const auto bucket = bucket_of(row.key);
      if (!bucket) continue;
      // A damaged inner page can hide a row from a look-up that a walk still finds: it does not
      // count.
      SR_TRY(const auto by_key, snapshot.get(row.key));
      if (by_key) found.at(*bucket - first).add(sums_.term(row.key, by_key->record));
    }
    if (rows.size() < kRowsPerScan) return {};
    from = rows.back().key + '\0';
  }
}

Result<void> Verifier::sum_up(const store::Snapshot& snapshot, std::uint32_t first,
                              std::uint32_t last, std::vector<Sum>& found) const {
  if (first < kResourceBuckets) {
    SR_CHECK_OK(sum_rows(snapshot, bucket_begin(first), bucket_begin(last), first, found));
  }
  for (std::uint32_t bucket = std::max(first, kKeyringBucket); bucket < last; ++bucket) {
    if (bucket == kKeyringBucket) {
      const std::string key = keyring_key();
      SR_CHECK_OK(sum_rows(snapshot, key, key + '\0', first, found));
      continue;
    }
    const char table = static_cast<char>(kTimeTableBase + 1 + (bucket - kFirstTimeBucket));
    SR_CHECK_OK(sum_rows(snapshot, std::string(1, table),
                         std::string(1, static_cast<char>(table + 1)), first, found));
  }
  return {};
}

Result<void> Verifier::check_range(std::uint32_t first, std::uint32_t last) {
  for (int attempt = 0; attempt < kFreshSnapshotsMax; ++attempt) {
    SR_TRY(const auto snapshot, engine_.snapshot());
    // Taken right after the snapshot, so that a long summing up need not be repeated when a bucket
    // changes meanwhile.
    const auto expected = sums_.expected(first, last, snapshot->revision());
    if (!expected) {
      std::this_thread::yield();
      continue;
    }
    std::vector<Sum> found(last - first);
    SR_CHECK_OK(sum_up(*snapshot, first, last, found));
    for (std::uint32_t bucket = first; bucket < last; ++bucket) {
      // Others have verified it since the snapshot, and then changes are not waited for: the sum
      // may be a newer one than these rows'.
      if (sums_.verified(bucket)) continue;
      if (found[bucket - first] == (*expected)[bucket - first]) {
        sums_.mark_verified(bucket);
        continue;
      }
      on_mismatch_(bucket);
      return fail(
          ErrorKind::kCorrupt, "Barrier.StateSumMismatch",
          "stored rows were changed, removed or put back outside this server: stop it, keep "
          "the data directory as it is, and restore from a backup");
    }
    return {};
  }
  return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
              "a part of the store changes too fast to be checked: try again");
}

Result<void> Verifier::check_all() {
  for (std::uint32_t first = 0; first < kBuckets; first += kBucketsPerStep) {
    const std::uint32_t last = std::min(first + kBucketsPerStep, kBuckets);
    bool all = true;
    for (std::uint32_t bucket = first; bucket < last; ++bucket) all = all && sums_.verified(bucket);
    if (!all) SR_CHECK_OK(check_range(first, last));
  }
  return {};
}

void Verifier::start_background() {
  background_ = std::jthread([this](const std::stop_token& stop) { walk(stop); });
}

void Verifier::walk(const std::stop_token& stop) {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);
  std::unique_lock lock(pause_mutex_);
  for (std::uint32_t first = 0; first < kBuckets && !stop.stop_requested();) {
    const auto outcome = check_range(first, std::min(first + kBucketsPerStep, kBuckets));
    if (!outcome && outcome.error().kind() == ErrorKind::kCorrupt) return;
    if (outcome) first += kBucketsPerStep;
    pause_.wait_for(lock, stop,
                    outcome ? std::chrono::nanoseconds(kPauseBetweenSteps)
                            : std::chrono::nanoseconds(kPauseAfterFailure),
                    [] { return false; });
  }
  if (!stop.stop_requested()) {
    log::info("state_check_complete", {{"buckets", static_cast<std::int64_t>(kBuckets)}});
  }
}

}  // namespace strongroom::barrier
