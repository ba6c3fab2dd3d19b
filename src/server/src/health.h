#pragma once
// The health and metrics endpoint, on a listener and thread of its own, so that it answers however
// busy the others are. GET /health: 200 or 503 with one JSON object, open to everyone who reaches
// it: it names no resource. GET /metrics: Prometheus text; in production only with the configured
// bearer token.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "clock_guard.h"
#include "strongroom/base/time.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/net/server.h"

namespace strongroom::server {

struct HealthFacts {
  bool sealed = false;
  bool audit_healthy = true;
  bool index_ready = false;
  std::uint64_t audit_entries = 0;
  std::uint64_t scrubbed_buckets = 0;
  std::uint64_t connections = 0;
  std::int64_t uptime_seconds = 0;
  Instant now;
  Instant last_backup;          // zero: never
  Instant last_proven_restore;  // zero: never
  Instant certificate_ends;     // of the shared endpoint; zero: not known yet
  Instant ca_ends;              // the same
  std::optional<ClockGuard::Doubt> clock_doubt = {};
  std::string audit_finding;  // what was wrong with the audit log at the start
  std::uint32_t keyring_epoch = 0;
  int resealed_percent = 100;

  bool serving() const { return !sealed && audit_healthy; }
};

/// Both are called on the health thread; `more` appends further metrics.
struct HealthSources {
  std::function<HealthFacts()> facts;
  std::function<void(std::string&)> more;
};

/// `token_sha256` absent: metrics are open (dev, loopback).
std::unique_ptr<net::Handler> make_health_handler(HealthSources sources,
                                                  std::optional<crypto::Digest32> token_sha256);

}  // namespace strongroom::server
