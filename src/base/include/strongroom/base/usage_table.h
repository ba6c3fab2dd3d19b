#pragma once
// How many resources each KMS instance holds, in memory, for quotas (semantics.md §1.6).
//
// A place is reserved before a resource is written and confirmed when its commit succeeded, so that
// concurrent calls cannot pass a quota together. Filled with the name indexes after start. The
// empty instance name (the shared service) is not counted. Thread-safe (one lock).

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "strongroom/base/ids.h"

namespace strongroom {

class UsageTable {
 public:
  /// Places taken but not yet written; given back on destruction unless confirmed.
  class Reservation {
   public:
    ~Reservation();
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    /// What was reserved is written now.
    void confirm() { confirmed_ = true; }
    /// In use before and with this reservation.
    std::uint64_t before() const { return before_; }
    std::uint64_t after() const { return before_ + count_; }

   private:
    friend class UsageTable;
    Reservation(UsageTable& table, AccountId account, std::string instance, std::uint64_t count)
        : table_(table), account_(account), instance_(std::move(instance)), count_(count) {}
    UsageTable& table_;
    AccountId account_;
    std::string instance_;
    std::uint64_t count_;
    std::uint64_t before_ = 0;
    bool confirmed_ = false;
  };

  std::uint64_t used(AccountId account, std::string_view instance) const;
  void add(AccountId account, std::string_view instance, std::uint64_t count);
  void remove(AccountId account, std::string_view instance, std::uint64_t count);
  /// Null if `count` more would pass `limit`. Must not outlive the table.
  std::shared_ptr<Reservation> reserve(AccountId account, std::string_view instance,
                                       std::uint64_t count, std::uint64_t limit);

 private:
  using Name = std::pair<AccountId, std::string>;
  mutable std::mutex mutex_;
  std::map<Name, std::uint64_t> used_;  // guarded by mutex_
};

}  // namespace strongroom
