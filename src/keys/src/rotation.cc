// Key versions and automatic rotation (openapi.md §7.3): new data goes under the newest version,
// old data stays readable under its own.

#include <algorithm>

#include "errors.h"
#include "record.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"

namespace strongroom::keys {
namespace {

std::unexpected<Error> limit(std::string_view why) {
  return fail(ErrorKind::kExhausted, "Rejected.LimitExceeded",
              "The request was rejected because user create resource limit was exceeded: " +
                  std::string(why));
}

}  // namespace

Result<KeyVersion> Keys::create_version(barrier::Transaction& transaction, Key key, Instant now,
                                        const std::shared_ptr<UsageTable::Reservation>& place) {
  SR_CHECK_OK(permit(KeyAction::kUse, key.state));
  if (key.origin == KeyOrigin::kExternal || is_mac(key.spec)) {
    return fail(
        ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
        "Unsupported operation. A key with imported material and a MAC key have one version "
        "only; make another key and move its alias.");
  }
  if (key.versions.size() >= limits::kVersionsPerKeyMax)
    return limit("a key can have 50 versions.");
  const bool second = key.versions.size() > 1;
  if (second && key.versions.back().created.unix_ms + limits::kKeyVersionGapDays * kMillisPerDay >
                    now.unix_ms) {
    return limit("7 days must pass between two versions of a key.");
  }
  SR_CHECK_OK(add_version(transaction, key, now));
  key.last_rotation = now;
  if (key.automatic_rotation != 0) {
    key.next_rotation = {now.unix_ms + key.rotation_interval_seconds * kMillisPerSecond};
    schedule_rotation(transaction, key, now);
  }
  save(transaction, key);
  transaction.after_commit([this, account = key.account, instance = key.instance_id, place] {
    if (place) {
      place->confirm();
    } else {
      usage_.add(account, instance, 1);
    }
  });
  return key.versions.back();
}

void Keys::schedule_rotation(barrier::Transaction& transaction, const Key& key, Instant now) const {
  if (key.automatic_rotation == 0 || key.state != KeyState::kEnabled) return;
  due::schedule(transaction, std::max(key.next_rotation, now),
                {due::Kind::kRotateKey, key.account, key.id, key.uuid});
}

Result<void> Keys::update_rotation(barrier::Transaction& transaction, Key key,
                                   std::int64_t interval_seconds, Instant now) const {
  SR_TRY(key, set_rotation(std::move(key), interval_seconds));
  schedule_rotation(transaction, key, now);
  save(transaction, key);
  return {};
}

void Keys::save_resumed(barrier::Transaction& transaction, const Key& key, Instant now) const {
  schedule_rotation(transaction, key, now);
  save(transaction, key);
}

Result<std::optional<Key>> Keys::key_of_task(barrier::Transaction& transaction,
                                             const due::Task& task) const {
  auto found = find(transaction, task.account, task.name);
  if (!found) {
    if (found.error().kind() == ErrorKind::kNotFound) return std::optional<Key>();
    return std::unexpected(found.error());
  }
  if (found->uuid != task.resource) return std::optional<Key>();
  return std::optional(std::move(*found));
}

Result<bool> Keys::rotate_due(barrier::Transaction& transaction, const due::Task& task,
                              Instant now) {
  SR_TRY(std::optional<Key> found, key_of_task(transaction, task));
  // A suspended key gets its row anew when it is enabled; a changed date has a row of its own.
  if (!found || found->automatic_rotation == 0 || found->state != KeyState::kEnabled ||
      found->next_rotation > now) {
    return false;
  }
  Key& key = *found;
  const bool full = key.versions.size() >= limits::kVersionsPerKeyMax;
  if (!full) {
    SR_CHECK_OK(add_version(transaction, key, now));
    key.last_rotation = now;
  }
  key.next_rotation = {now.unix_ms + key.rotation_interval_seconds * kMillisPerSecond};
  schedule_rotation(transaction, key, now);
  save(transaction, key);
  due::record(transaction, now,
              {full ? "Key:RotateKey:Failure" : "Key:RotateKey:Success", key.account,
               arn(key.account, key.id),
               full ? R"({"Reason":"the key has 50 versions, which is the most"})" : "{}"});
  if (full) return true;
  transaction.after_commit([this, account = key.account, instance = key.instance_id] {
    usage_.add(account, instance, 1);
  });
  return true;
}

}  // namespace strongroom::keys
