#pragma once
// What a running server does for its own recovery: backups and drills when the configuration says
// so, sealing records again after a keyring rotation, and following a new root. Each on a thread of
// its own, at the lowest priority. Owned by the running server; stopped before the store goes.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "backup_job.h"
#include "clock_guard.h"
#include "periodic.h"
#include "recovery_status.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/service/caretaker.h"
#include "strongroom/store/store.h"

namespace strongroom::server {

/// What the watch works with; all of it outlives the watch.
struct WatchedServer {
  const Config& config;
  store::Store& engine;
  barrier::SealedStore& store;
  const recovery::BackupKeys& keys;
  Clock& clock;
  ClockGuard& guard;
  AccountId account;  // that events belong to
};

class RecoveryWatch final : public service::Caretaker {
 public:
  explicit RecoveryWatch(const WatchedServer& server);
  ~RecoveryWatch() override { stop(); }
  RecoveryWatch(const RecoveryWatch&) = delete;
  RecoveryWatch& operator=(const RecoveryWatch&) = delete;

  /// Ends a backup that is being taken; waits for a drill. Idempotent.
  void stop();

  /// With what commands beside the server have noted.
  RecoveryStatus status() const { return read_recovery_status(server_.config.data_directory); }
  Facts facts() const override;
  Result<void> begin_epoch_after(std::uint32_t epoch) override;
  Result<std::optional<std::int64_t>> accept_clock(barrier::Transaction& transaction) override;

 private:
  std::int64_t backup_step();
  std::int64_t drill_step();
  std::int64_t reseal_step();
  std::int64_t root_step();
  Result<void> retire(std::uint32_t epoch);
  bool is_retired(std::uint32_t epoch) const;
  void note(const std::function<void(RecoveryStatus&)>& change);
  void event(const std::string& name, const std::string& level, const std::string& why);

  const WatchedServer server_;
  std::atomic<bool> stopping_{false};
  std::mutex note_mutex_;  // one change at a time; commands beside the server have no part in it
  Instant backup_tried_;   // its thread's own; also if it could not be noted
  Instant drill_tried_;    // the same
  std::string cursor_;     // of the walk; its thread's own
  std::size_t walk_resealed_ = 0;          // the same
  std::atomic<std::uint32_t> walked_{0};   // the epoch for which a whole walk has been made
  std::atomic<int> percent_{0};            // of the walk
  std::atomic<std::uint32_t> retired_{0};  // the epoch that alone is left in the store
  std::unique_ptr<Periodic> backups_;
  std::unique_ptr<Periodic> drills_;
  std::unique_ptr<Periodic> reseals_;
  std::unique_ptr<Periodic> roots_;
};

}  // namespace strongroom::server
