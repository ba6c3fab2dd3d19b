#pragma once
// What the server knows and does about its own recovery: when it was last backed up and proved
// restorable, how far sealing records again has come. Implemented by `server`, which alone takes
// backups; asked by the operator's actions. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::service {

class Caretaker {
 public:
  /// Instants are zero where it never happened.
  struct Facts {
    Instant last_backup{};
    Instant last_backup_failure{};
    Instant last_proven_restore{};
    Instant last_drill_failure{};
    std::string last_failure{};     // of a backup or a drill, one line
    std::uint32_t keyring_epoch{};  // new records are sealed under it
    Instant keyring_since{};
    std::size_t keyring_epochs{};  // more than one: records are being sealed again
    int resealed_percent{};        // of the walk that goes on; 100: none does
    Instant last_retirement{};     // when old epochs were last forgotten
    Instant last_compaction{};     // when what was deleted before last left the store's pages
    std::uint32_t root{};          // which root opens the data, from 1; 0: of format epoch 1
    Instant root_since{};
    bool root_changing{};          // the keyring has not followed it yet
    std::uint32_t format_epoch{};  // of the data directory
    std::size_t seal_slots{};      // each opens it; 0: cannot be read now
    bool development{};            // a directory of `strongroomd dev`
    bool shredded() const {
      return keyring_epochs == 1 && last_retirement.unix_ms <= last_compaction.unix_ms;
    }
  };
  virtual ~Caretaker() = default;

  virtual Facts facts() const = 0;
  /// Begins the keyring epoch after `epoch`, unless that has happened already. Durable when it
  /// returns. kExhausted while too many epochs wait for being forgotten.
  virtual Result<void> begin_epoch_after(std::uint32_t epoch) = 0;
  /// Believes the clock once `transaction` is committed. By how much it is away from what was
  /// remembered; nothing if it was not doubted.
  virtual Result<std::optional<std::int64_t>> accept_clock(barrier::Transaction& transaction) = 0;
};

}  // namespace strongroom::service
