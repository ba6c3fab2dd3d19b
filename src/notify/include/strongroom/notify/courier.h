#pragma once
// Carries one notice to one target. Behind an interface, so that it can run in another process.

#include <cstdint>
#include <memory>
#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"
#include "strongroom/notify/event_view.h"
#include "strongroom/notify/https.h"
#include "strongroom/notify/targets.h"

namespace strongroom::notify {

struct Notice {
  EventView event;
  std::uint32_t attempt = 1;  // counts from one; a higher one may be a duplicate
  Instant now;
};

/// By what a target knows that a notice is ours.
struct Proof {
  const SecretBytes& signing_key;  // webhooks
  ByteView secret{};               // plaintext, the caller's: load_secret(); empty: none
};

class Courier {
 public:
  virtual ~Courier() = default;
  /// Once the other side has said that it took it. kUnavailable to try again later.
  virtual Result<void> send(const Target& target, const Notice& notice, const Proof& proof) = 0;
};

/// Over TLS, blocking: for a thread of its own. Follows no redirect; an address that is not public
/// is refused unless its host is named in the options.
std::unique_ptr<Courier> make_courier(CourierOptions options);

/// The value of X-Strongroom-Signature: "v1=" and the hexadecimal HMAC-SHA256 of the timestamp, a
/// dot and the body.
Result<std::string> webhook_signature(const SecretBytes& signing_key, std::string_view timestamp,
                                      std::string_view body);

/// What is added to a robot's URL: timestamp=…&sign=…, HMAC-SHA256 of the milliseconds, a line
/// feed and the secret, under the secret, as DingTalk's robots check it.
Result<std::string> robot_signature(ByteView secret, Instant now);

}  // namespace strongroom::notify
