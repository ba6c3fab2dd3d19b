#pragma once
// Who hears of what: the targets of an account and their subscriptions, one stored record
// (docs/formats/notify.md). Thread-safe as the reader and transaction given.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/notify/event_view.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::notify {

/// On disk: never renumber.
enum class Kind : std::uint8_t { kWebhook = 1, kDingTalk = 2, kMail = 3 };
std::string_view to_text(Kind kind);

struct Target {
  std::string name{};
  Kind kind = Kind::kWebhook;
  std::string address{};           // https URL, or a mail address
  std::string relay{};             // mail: host:port of a server that speaks TLS at once (465)
  std::string sender{};            // mail: the From address
  std::string min_level = "INFO";  // INFO, WARN or CRITICAL
  std::string prefix{};            // of event names; empty: all
  std::string user{};              // mail: who logs in at the relay; empty: nobody does
};

/// 400 InvalidParameter naming what is wrong.
Result<void> check(const Target& target);
bool wants(const Target& target, const EventView& event);

/// Sorted by name; empty if there are none.
Result<std::vector<Target>> load_targets(barrier::Reader& reader, AccountId account);
/// In a transaction that loaded them. At most limits::kNotifyTargetsMax.
void save_targets(barrier::Transaction& transaction, AccountId account,
                  const std::vector<Target>& targets);

inline constexpr std::size_t kSecretBytesMax = 1'024;  // of a target
/// What a target is to know us by, a record of its own: the secret that a robot's signatures are
/// made with, the password of a mail's user. Null if there is none.
Result<barrier::RecordRef> load_secret(barrier::Reader& reader, AccountId account,
                                       std::string_view target);
/// The secret in such a record; plaintext that lives as long as it. Empty for null.
ByteView secret_of(const barrier::RecordRef& record);
/// Empty: removes it, if it is there. In a transaction that has not read it. At most
/// kSecretBytesMax bytes.
Result<void> save_secret(barrier::Transaction& transaction, AccountId account,
                         std::string_view target, std::string_view secret);

/// The key under which webhooks of a target are signed, 64 hexadecimal digits: derived, so it is
/// never stored; another target of that name has the same.
Result<SecretBytes> signing_key(barrier::SealedStore& store, AccountId account,
                                std::string_view target);

}  // namespace strongroom::notify
