#pragma once
// The records that many transactions read again and again (an account's key above all), opened
// once.
//
// A stored row is still fetched and compared byte by byte with what was opened, so nothing is
// answered that the store does not hold; only opening it once more is spared. Few and small, in a
// fixed number of places. Secrets and their versions are left out: each is read for its own change
// alone. What is changed or removed is dropped by the commit thread. Thread-safe; no lock is held
// for longer than a comparison.

#include <array>
#include <mutex>
#include <span>
#include <string>

#include "cache_mailbox.h"

namespace strongroom::barrier {

class OpenedRecords {
 public:
  /// What the row was opened to, or null.
  RecordRef find(AccountId account, const store::Row& row) const;
  /// `seen`: the revision that the row was read at. A row that may have changed since is not kept.
  void keep(AccountId account, const store::Row& row, RecordRef record, store::Revision seen);
  /// Commit thread, before any writer is answered.
  void forget(store::Revision revision, std::span<const store::AppliedWrite> writes);

 private:
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::size_t kRowBytesMax = 8U << 10;

  struct Place {
    AccountId account;
    std::string key;
    std::string sealed;
    RecordRef record;           // null: free
    store::Revision changed{};  // the newest commit that wrote a row of this place
  };
  static bool kept(std::string_view row_key);
  static bool fits(const store::Row& row);
  static std::size_t place_of(std::string_view row_key);

  mutable std::mutex mutex_;
  std::array<Place, kPlaces> places_;  // guarded by mutex_
};

}  // namespace strongroom::barrier
