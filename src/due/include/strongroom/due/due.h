#pragma once
// Work that falls due, as stored rows: nothing calls upward, a worker picks rows up and drives them
// downward.
//
// A library that needs something later (purge a secret, delete a key, rotate, notify) puts a due
// row in the same transaction as the change that makes it necessary. The worker in `server` asks
// for rows whose time has come, and hands each to the operation named by its kind as a system
// principal. A row is removed in the transaction that does the work, so it is done once however
// often the worker is killed. Pure encoding here; storage is the barrier's time tables.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::due {

/// On disk (docs/formats/record.md): never renumber.
enum class Kind : std::uint8_t {
  kPurgeSecret = 1,
  kDeleteKey = 2,
  kRotateKey = 3,
  kExpireKeyMaterial = 4,
  kRotateSecret = 5,
  kLookAtTarget = 6,  // whether it accepts what a new managed secret was given
  kRemindClientKey = 16,
  kRemindInstance = 17,  // of the end of its term
  kRotateKeyring = 32,   // name: the epoch that is to be followed by a new one
};

struct Task {
  Kind kind;
  AccountId account;
  std::string name;  // the resource's name
  Uuid resource;     // does nothing if the name now belongs to another resource
  std::int32_t attempts = 0;
};

/// Adds the task to the transaction.
void schedule(barrier::Transaction& transaction, Instant when, const Task& task);
std::string encode(const Task& task);
/// kCorrupt if the bytes are not a task.
Result<Task> decode(ByteView body);

/// Something people may want to know of, kept for 90 days in the event table and, from a later
/// issue on, delivered through the outbox. Named as CloudMonitor names it where it has a name
/// (gateway.md §7.4).
struct Event {
  std::string name;  // "Secret:Purged"
  AccountId account;
  std::string resource;  // ARN
  std::string detail_json = "{}";
};

/// Adds the event (and its outbox row) to the transaction.
void record(barrier::Transaction& transaction, Instant when, const Event& event);
std::string encode(const Event& event);
Result<Event> decode_event(ByteView body);

}  // namespace strongroom::due
