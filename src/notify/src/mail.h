#pragma once
// One mail over a relay that speaks TLS at once (RFC 8314, port 465). Blocks; thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/notify/https.h"

namespace strongroom::notify {

struct Mail {
  std::string user;           // empty: nobody logs in
  std::string_view password;  // plaintext, the caller's
  std::string relay;          // host:port
  std::string sender;
  std::string recipient;
  std::string subject;
  std::string id;
  std::uint32_t attempt = 1;
  std::string text;
};
/// Once the relay has taken it. Logs in with PLAIN (RFC 4616) or LOGIN, whichever the relay offers.
/// kUnavailable (NoticeRefused) with its answer otherwise.
Result<void> send_mail(const Mail& mail, const CourierOptions& options);

}  // namespace strongroom::notify
