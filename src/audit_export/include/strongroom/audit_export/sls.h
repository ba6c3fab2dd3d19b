#pragma once
// A log store of the cloud's log service (SLS) as a place for entries: PutLogs over TLS.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_export/exporter.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::audit_export {

struct SlsAccessKey {
  std::string id;
  SecretBytes secret;
};

struct SlsStore {
  std::string host;      // <project>.<endpoint>, with a port unless it is 443
  std::string logstore;  // its name
  /// Asked for each batch, so that a new key is used from the next one on.
  std::function<Result<SlsAccessKey>()> access_key;
};

/// Nothing unless `text` is host[:port]/logstore.
std::optional<SlsStore> parse_sls_store(std::string_view text);

/// Each entry becomes one record with the fields of kms_audit_log, its number ("index") and itself
/// ("entry"). Taken with a 200; else kUnavailable with what the service said. The clock must
/// outlive the place.
Place sls_place(SlsStore store, const Clock& clock, Reach reach);

/// The LogGroup message of a batch. The service refuses a batch with records that are older than a
/// week: theirs is the time of sending, their own stays in the field "time".
std::string sls_log_group(const std::vector<audit_format::Entry>& batch, Instant now);

}  // namespace strongroom::audit_export
