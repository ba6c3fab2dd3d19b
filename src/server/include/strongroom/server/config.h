#pragma once
// Configuration: one table of settings, each with its key, environment variable, default and
// meaning. A value comes from a flag, else the environment, else the file, else the default, and
// remembers which (`strongroomd config explain`). Unknown keys and malformed values are refused
// with the place. Values; built once at start.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit/log.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/result.h"
#include "strongroom/crypto/digest.h"

namespace strongroom::server {

/// One setting as documented in docs/configuration.md.
struct Setting {
  std::string_view key;          // "server.listen" in the file's [server] table
  std::string_view environment;  // "STRONGROOM_LISTEN"
  std::string_view fallback;
  std::string_view meaning;
};
std::span<const Setting> settings();

struct Value {
  std::string text;
  std::string origin;  // "flag --listen", "environment STRONGROOM_LISTEN", "/etc/…:12", "default"
};

/// Everything by key, from all sources.
using Values = std::map<std::string, Value, std::less<>>;

/// Reads the environment; std::getenv in the program, a table in tests.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// `file` empty: no file. kInvalidInput names file, line and key of what is wrong; kNotFound if the
/// file is not there.
Result<Values> collect(const std::string& file, const Environment& environment,
                       const std::map<std::string, std::string, std::less<>>& flags);

struct Address {
  std::string host;  // literal
  std::uint16_t port = 0;
};
/// "127.0.0.1:8443", "[::1]:0". Nothing if malformed or not literal.
std::optional<Address> parse_address(std::string_view text);

/// The endpoint of a KMS instance, or of all of them under their own names.
struct InstanceListen {
  std::string instance_id;  // empty: all
  Address address;
};

/// [backup]: what the server does about backups by itself.
struct BackupConfig {
  std::string directory;
  std::string scratch;
  std::uint64_t interval_minutes = 0;  // 0: none
  std::uint64_t drill_interval_minutes = 0;
  std::uint64_t full_every = 24;
  std::uint64_t keep = 14;  // 0: all
  std::uint64_t rate_mib = 32;
  std::vector<std::string> age_recipients;  // valid ones; empty: the seal alone opens backups
  std::string age_identity_file;            // what opens them again, for drills and restores
};

struct Config {
  Address listen;
  std::vector<InstanceListen> instance_listen;
  std::optional<Address> health_listen;
  std::string data_directory;
  std::string region;
  std::vector<std::string> certificate_names;  // besides localhost, 127.0.0.1 and ::1
  std::string metrics_token_file;
  // Of the token in the file; absent: metrics are open.
  std::optional<crypto::Digest32> metrics_token_sha256;
  std::string trace_otlp_url;  // empty: no traces
  std::uint32_t trace_permille = 1'000;
  std::string metrics_client_ca_file;
  std::string metrics_client_ca_pem;  // read from the file; empty: plain HTTP
  std::size_t io_threads = 0;         // 0: one per core
  std::vector<int> pin_cpus;
  audit::Durability audit_durability = audit::Durability::kWritten;
  std::int64_t audit_retention_days = 180;
  std::string audit_kafka_brokers;  // empty: not exported there
  std::string audit_kafka_topic;
  std::string audit_kafka_identity_file;
  std::vector<std::string> audit_witness_urls;
  std::string audit_witness_logs_file;  // empty: no log is watched
  std::string audit_export_https;       // URL; empty: not exported there
  std::string audit_export_syslog;      // host:port
  std::string audit_export_sls;         // host/logstore
  std::string audit_sls_access_key_file;
  std::string audit_publish_file;
  std::string audit_publish_url;
  std::string notify_ca_file;
  std::vector<std::string> notify_private_hosts;
  std::string seal_file;                      // file slot
  std::string seal_passphrase_file;           // passphrase slot: first line of this file
  std::string seal_credential;                // name of a systemd credential
  std::vector<std::string> seal_share_files;  // of a shared slot
  std::string seal_token_module;              // token slot: the PKCS#11 module
  std::string seal_token_pin_file;            // its PIN: first line of this file
  std::string seal_tpm_tcti;                  // TPM slot: how the TPM is reached
  std::string seal_tpm_pin_file;              // its PIN, if the slot has one
  std::string seal_kms_endpoint;              // slot of another KMS: host:port
  std::string seal_kms_ca_file;
  std::string seal_kms_access_key_file;  // first line: AccessKeyId, a blank, AccessKeySecret
  BackupConfig backup;
  std::string oidc_ca_file;                       // PEM; empty: the system's store
  std::vector<std::string> oidc_private_hosts;    // issuers whose addresses need not be public
  std::string egress_user;                        // not root
  std::vector<std::string> egress_private_hosts;  // of rotation functions
  std::vector<std::string> egress_executables;    // the only programs that may be one
  bool published_limits = false;                  // the cloud's calls a second, for each account
  std::uint32_t principal_qps = 0;                // 0: no limit
  bool instance_limits = false;                   // of each instance's specification
  std::int64_t rotation_seconds_min = 21'600;     // of an interval
  std::int64_t overlap_seconds_min = 600;         // of two valid AccessKeys
  std::int64_t overlap_seconds_default = 172'800;
  std::int64_t drift_hours = 24;       // of one round of probes; 0: none
  std::int64_t stale_wait_hours = 24;  // for readers of an old version; 0: none
  bool allow_swap = false;
  bool allow_core_dumps = false;
  bool allow_open_modes = false;
  bool verify_before_serve = false;
  bool strict_replay = false;  // of requests of client keys that have no nonce
  std::int64_t timestamp_window_ms = limits::kTimestampWindowMillis;
};
/// kInvalidInput names the key, its origin and what would be right.
Result<Config> interpret(const Values& values);

/// As configured, or one for each core.
std::size_t io_threads_of(const Config& config);

}  // namespace strongroom::server
