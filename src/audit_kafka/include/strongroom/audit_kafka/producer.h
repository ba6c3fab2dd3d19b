#pragma once
// One topic of a Kafka cluster as a place for entries: over TLS, idempotent, acknowledged by all
// replicas, in their order (all have one key, so they go to one partition). One thread.

#include <memory>
#include <string>

#include "strongroom/audit_export/exporter.h"
#include "strongroom/base/result.h"

namespace strongroom::audit_kafka {

struct Settings {
  std::string brokers;  // host:port, comma-separated
  std::string topic;
  std::string ca_pem;        // empty: the system's
  std::string identity_pem;  // certificate and key, where the brokers want one; else empty
};

/// A batch is taken once every entry is acknowledged; else kUnavailable with the first reason, and
/// the same batch comes again: each entry arrives at least once. Headers: "index", its number.
/// kInvalidInput for settings that librdkafka refuses.
Result<audit_export::Place> kafka_place(const Settings& settings);

}  // namespace strongroom::audit_kafka
