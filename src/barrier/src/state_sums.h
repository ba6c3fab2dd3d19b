#pragma once
// The keyed sums over all non-version rows, in memory and as deltas and table in the store
// (docs/formats/record.md, "State sums"). before_commit, after_commit and abandoned belong to the
// commit thread; the rest is thread-safe.

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "strongroom/barrier/format.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"
#include "strongroom/store/store.h"

namespace strongroom::barrier {

inline constexpr std::uint32_t kKeyringBucket = 65'536;
inline constexpr std::uint32_t kFirstTimeBucket = 65'537;  // plus TimeTable - 1
inline constexpr std::uint32_t kBuckets = 65'552;          // the last eleven are unused
inline constexpr std::uint16_t kChunks = 17;

/// The bucket that a row's term belongs to; nothing for secret versions and the sums' own rows.
std::optional<std::uint32_t> bucket_of(std::string_view row_key);

class StateSums {
 public:
  struct Keys {
    SecretBytes state;  // terms
    SecretBytes meta;   // seals deltas and table
  };
  StateSums(Keys keys, Uuid cluster, Random& random);

  /// The table of an empty store, to be written in its first commit.
  Result<std::vector<store::Write>> initial_rows();
  /// Reads table and deltas. kCorrupt if anything is missing, doubled, or of another history.
  Result<void> load(const store::Snapshot& snapshot);

  /// The row's contribution to its bucket.
  Sum term(std::string_view row_key, std::string_view record) const;

  Result<std::vector<store::Write>> before_commit(store::Revision revision,
                                                  std::span<const store::AppliedWrite> writes);
  void after_commit(store::Revision revision);
  void abandoned();

  /// The sums of buckets [first, last) as of a snapshot's revision; nothing if one of those not yet
  /// verified has changed since, and a newer snapshot is needed.
  std::optional<std::vector<Sum>> expected(std::uint32_t first, std::uint32_t last,
                                           store::Revision revision) const;
  bool verified(std::uint32_t bucket) const {
    return verified_[bucket].load(std::memory_order_acquire);
  }
  void mark_verified(std::uint32_t bucket);
  std::uint32_t verified_count() const { return verified_count_.load(std::memory_order_relaxed); }

 private:
  struct DeltaName {
    std::uint64_t number;
    std::uint16_t parts;
  };
  struct Pending {
    store::Revision revision{};
    std::uint64_t number = 0;
    Link link{};
    std::uint16_t parts = 1;
    std::map<std::uint32_t, Sum> sums;
    std::optional<std::uint16_t> chunk;
  };
  struct History;

  std::map<std::uint32_t, Sum> new_sums(std::span<const store::AppliedWrite> writes) const;
  Result<void> add_delta_rows(Pending& pending, std::vector<store::Write>& rows);
  Result<void> add_chunk_row(Pending& pending, std::vector<store::Write>& rows);
  Result<store::Write> seal_row(std::uint8_t type, std::string key, std::uint64_t number,
                                std::string_view body);
  Result<std::string> open_row(std::uint8_t type, std::string_view key,
                               std::string_view record) const;
  Result<void> load_chunks(const store::Snapshot& snapshot, History& history);
  Result<void> load_deltas(const store::Snapshot& snapshot, History& history);
  Result<void> take_delta(Delta delta, History& history);
  Result<void> join(History& history);
  std::uint16_t oldest_chunk() const;

  const Keys keys_;
  const Uuid cluster_;
  Random& random_;

  // Written by the commit thread, which alone may read them without the mutex.
  mutable std::mutex mutex_;
  std::vector<Sum> sums_;
  std::optional<Pending> pending_;
  std::unordered_map<std::uint32_t, store::Revision> changed_unverified_;

  // The commit thread's own.
  std::uint64_t number_ = 0;
  Link link_{};
  std::vector<std::uint64_t> chunk_numbers_ = std::vector<std::uint64_t>(kChunks);
  std::deque<DeltaName> kept_;

  std::vector<std::atomic<bool>> verified_;
  std::atomic<std::uint32_t> verified_count_{0};
};

}  // namespace strongroom::barrier
