#include "strongroom/metrics/calls.h"

#include "strongroom/metrics/text.h"

namespace strongroom::metrics {
namespace {

constexpr std::array<std::string_view, kOutcomes> kOutcomeNames = {
    "ok", "denied", "unauthenticated", "invalid", "throttled", "failed"};
constexpr std::string_view kTotal = "strongroom_requests_total";
constexpr std::string_view kDuration = "strongroom_request_duration_seconds";
constexpr double kMicrosPerSecond = 1e6;
constexpr double kNanosPerSecond = 1e9;

// One writer: no locked instruction is needed.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

std::size_t bucket_of(std::int64_t nanoseconds) {
  const std::int64_t micros = nanoseconds / 1'000;
  std::size_t bucket = 0;
  while (bucket < kDurationMicros.size() && micros >= kDurationMicros[bucket]) ++bucket;
  return bucket;
}

struct Sum {
  std::array<std::uint64_t, kOutcomes> outcomes{};
  std::array<std::uint64_t, kDurationMicros.size() + 1> buckets{};
  std::uint64_t nanoseconds = 0;
  std::uint64_t calls = 0;
};

std::string labels_of(const CallName& name) {
  return label("api", name.api) + ',' + label("action", name.action) + ',' +
         label("gateway", name.gateway);
}

void write_durations(std::string& out, const std::string& labels, const Sum& sum) {
  const std::string bucket(std::string(kDuration) + "_bucket");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < sum.buckets.size(); ++i) {
    below += sum.buckets[i];
    std::string end = "+Inf";
    if (i < kDurationMicros.size()) {
      std::string text;
      append_sample(text, "", "", static_cast<double>(kDurationMicros[i]) / kMicrosPerSecond);
      end = text.substr(1, text.size() - 2);
    }
    append_sample(out, bucket, labels + ',' + label("le", end), static_cast<double>(below));
  }
  append_sample(out, std::string(kDuration) + "_sum", labels,
                static_cast<double>(sum.nanoseconds) / kNanosPerSecond);
  append_sample(out, std::string(kDuration) + "_count", labels, static_cast<double>(below));
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

Calls::Thread::Thread(const Calls& calls) : calls_(calls), rows_(calls.names_.size()) {}

void Calls::Thread::count(const void* key, Outcome outcome, std::int64_t nanoseconds) {
  Row& row = rows_[calls_.row_of(key)];
  add(row.outcomes[static_cast<std::size_t>(outcome)], 1);
  add(row.buckets[bucket_of(nanoseconds)], 1);
  add(row.nanoseconds, static_cast<std::uint64_t>(nanoseconds > 0 ? nanoseconds : 0));
}

void Calls::Thread::count_cached(bool hit) {
  add(cached_[hit ? 1 : 0], 1);
}

Calls::Calls(std::vector<CallName> names) : names_(std::move(names)) {
  names_.insert(names_.begin(), {.key = nullptr, .api = "", .action = "", .gateway = ""});
  for (std::size_t i = 1; i < names_.size(); ++i) rows_.emplace(names_[i].key, i);
}

std::size_t Calls::row_of(const void* key) const {
  const auto known = rows_.find(key);
  return known == rows_.end() ? 0 : known->second;
}

Calls::Thread& Calls::add_thread() {
  const std::lock_guard lock(mutex_);
  threads_.push_back(std::unique_ptr<Thread>(new Thread(*this)));
  return *threads_.back();
}

void Calls::write_cached(std::string& out) const {
  constexpr std::string_view kName = "strongroom_cache_reads_total";
  std::array<std::uint64_t, 2> sums{};
  {
    const std::lock_guard lock(mutex_);
    for (const auto& thread : threads_) {
      for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] += thread->cached_[i].load(std::memory_order_relaxed);
    }
  }
  append_head(out, kName, "Reads that an I/O thread's caches answered alone, or not",
              Kind::kCounter);
  append_sample(out, kName, label("result", "hit"), static_cast<double>(sums[1]));
  append_sample(out, kName, label("result", "miss"), static_cast<double>(sums[0]));
}

void Calls::write(std::string& out) const {
  write_cached(out);
  std::vector<Sum> sums(names_.size());
  {
    const std::lock_guard lock(mutex_);
    for (const auto& thread : threads_) {
      for (std::size_t i = 0; i < names_.size(); ++i) {
        const Thread::Row& row = thread->rows_[i];
        Sum& sum = sums[i];
        for (std::size_t o = 0; o < kOutcomes; ++o) {
          const std::uint64_t count = row.outcomes[o].load(std::memory_order_relaxed);
          sum.outcomes[o] += count;
          sum.calls += count;
        }
        for (std::size_t b = 0; b < sum.buckets.size(); ++b)
          sum.buckets[b] += row.buckets[b].load(std::memory_order_relaxed);
        sum.nanoseconds += row.nanoseconds.load(std::memory_order_relaxed);
      }
    }
  }
  append_head(out, kTotal, "Calls by action and how they ended", Kind::kCounter);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    for (std::size_t o = 0; o < kOutcomes && sums[i].calls > 0; ++o) {
      if (sums[i].outcomes[o] == 0) continue;
      append_sample(out, kTotal, labels_of(names_[i]) + ',' + label("outcome", kOutcomeNames[o]),
                    static_cast<double>(sums[i].outcomes[o]));
    }
  }
  append_head(out, kDuration, "From a whole request to its answer", Kind::kHistogram);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (sums[i].calls > 0) write_durations(out, labels_of(names_[i]), sums[i]);
  }
}

}  // namespace strongroom::metrics
