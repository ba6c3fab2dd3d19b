#pragma once
// Who read a secret last, and which version: the staleness map, from the audit log. Slow: reads
// files.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/trail/call_log.h"

namespace strongroom::service {

inline constexpr std::size_t kSecretReadersMax = 200;

struct SecretReader {
  std::string principal_type;
  std::string principal_name;
  std::string principal_id;
  std::string access_key_id;
  std::string source_ip;   // of the newest read
  std::string version_id;  // that it got …
  Instant time;            // … then
};

/// The newest read of each reader (principal and access key) since `from`, newest first; at most
/// kSecretReadersMax. Errors of the search.
Result<std::vector<SecretReader>> readers_of(const trail::CallLog& log, std::string_view arn,
                                             Instant from);

/// How far back it is looked for readers who are behind.
inline constexpr std::int64_t kReadersLookBackMillis = 7 * kMillisPerDay;

}  // namespace strongroom::service
