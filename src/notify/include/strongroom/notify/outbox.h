#pragma once
// Notices on their way: the outbox's rows (docs/formats/notify.md). An event's row becomes one row
// for each target that wants it, in one transaction; each of those goes away in the transaction
// after its delivery, or moves on by the back-off, or after the last attempt to the dead letters.
// So a kill loses none, and one between delivery and commit delivers again with the same id and
// the same attempt.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/notify/courier.h"

namespace strongroom::notify {

/// A notice that waits or is dead.
struct Waiting {
  std::string target;
  std::string event;  // its name
  std::uint32_t attempts = 0;
  Instant next;  // dead letters: when it was given up
  bool dead = false;
  std::string last_error;
};

/// All of an account, at most limits::kScanRowsMax of the server's.
Result<std::vector<Waiting>> list_waiting(barrier::SealedStore& store, AccountId account);

/// Puts a notice for one target alone, as `notify test` does.
void put_test(barrier::Transaction& transaction, Instant now, AccountId account,
              const std::string& target);

/// One thread at a time.
class Outbox {
 public:
  Outbox(barrier::SealedStore& store, Courier& courier, std::string region)
      : store_(store), courier_(courier), region_(std::move(region)) {}

  /// Everything that is due at `now`, at most limits::kDueBatchMax rows. Returns how many rows it
  /// settled: expanded, delivered, moved on. Delivery that fails is no error.
  Result<std::size_t> run(Instant now);

 private:
  Result<bool> expand(const barrier::TimedRow& row, Instant now);
  Result<bool> put_back(const barrier::TimedRow& row, Instant when);
  Result<bool> attempt(const barrier::TimedRow& row, Instant now);

  barrier::SealedStore& store_;
  Courier& courier_;
  const std::string region_;
  struct Pause {
    Instant until;
    std::uint32_t failures = 0;
  };
  // Targets that failed: not asked again before then, whatever else waits for them.
  std::map<std::string, Pause> paused_;
};

/// Milliseconds until the attempt after `attempts` failed ones.
std::int64_t backoff_millis(std::uint32_t attempts);

}  // namespace strongroom::notify
