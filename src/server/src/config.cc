#include "strongroom/server/config.h"

#include <arpa/inet.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include "age_keys.h"
#include "strongroom/audit_export/sls.h"
#include "strongroom/base/limits.h"

namespace strongroom::server {
namespace {

constexpr std::int64_t kPermilleMax = 1'000;
constexpr std::int64_t kTimestampMinutesMax = limits::kTimestampWindowMillis / kMillisPerMinute;

constexpr std::array kSettings = {
    Setting{"server.listen", "STRONGROOM_LISTEN", "127.0.0.1:8443",
            "address and port of the shared endpoint"},
    Setting{"server.instance_listen", "STRONGROOM_INSTANCE_LISTEN", "",
            "address of all KMS instances, each under its own name, and endpoints of single ones, "
            "comma-separated: 127.0.0.1:443,kst-...=127.0.0.1:8444"},
    Setting{"server.health_listen", "STRONGROOM_HEALTH_LISTEN", "",
            "address and port of /health and /metrics; empty: off"},
    Setting{"server.certificate_names", "STRONGROOM_CERTIFICATE_NAMES", "",
            "names and addresses for the certificate, comma-separated"},
    Setting{"server.metrics_token_file", "STRONGROOM_METRICS_TOKEN_FILE", "",
            "file whose first line is the bearer token of /metrics"},
    Setting{"server.metrics_client_ca_file", "STRONGROOM_METRICS_CLIENT_CA_FILE", "",
            "CA of the certificates that clients of /health and /metrics must show; empty: plain"},
    Setting{"server.region", "STRONGROOM_REGION", "cn-hangzhou", "region id in ARNs and answers"},
    Setting{"server.timestamp_minutes", "STRONGROOM_TIMESTAMP_MINUTES", "15",
            "minutes, 1 to 15, by which a signed request's time may differ from the clock"},
    Setting{"server.strict_replay", "STRONGROOM_STRICT_REPLAY", "false",
            "refuse every client key's request that comes twice, its own instances' too"},
    Setting{"server.io_threads", "STRONGROOM_IO_THREADS", "0", "I/O threads; 0: one per core"},
    Setting{"server.pin_cpus", "STRONGROOM_PIN_CPUS", "",
            "cores for the I/O threads, comma-separated; empty: not pinned"},
    Setting{"server.verify_before_serve", "STRONGROOM_VERIFY_BEFORE_SERVE", "false",
            "check every record before listening"},
    Setting{"data.directory", "STRONGROOM_DATA", "/var/lib/strongroom", "where everything is kept"},
    Setting{"limits.shared_gateway", "STRONGROOM_LIMITS_SHARED_GATEWAY", "off",
            "off, or published: the calls a second that the cloud allows an account"},
    Setting{"limits.instances", "STRONGROOM_LIMITS_INSTANCES", "off",
            "off, or specification: the calls a second of each KMS instance's specification"},
    Setting{"limits.principal_qps", "STRONGROOM_LIMITS_PRINCIPAL_QPS", "0",
            "calls a second of one principal; 0: no limit"},
    Setting{"trace.otlp_url", "STRONGROOM_TRACE_OTLP_URL", "",
            "https URL of an OpenTelemetry collector that takes traces (/v1/traces)"},
    Setting{"trace.permille", "STRONGROOM_TRACE_PERMILLE", "1000",
            "of 1000 calls without a traced caller, how many are traced"},
    Setting{"audit.durability", "STRONGROOM_AUDIT_DURABILITY", "written",
            "written (survives a kill) or synced (survives power loss)"},
    Setting{"audit.retention_days", "STRONGROOM_AUDIT_RETENTION_DAYS", "180",
            "days for which entries of the audit log are kept"},
    Setting{"audit.witness_urls", "STRONGROOM_AUDIT_WITNESS_URLS", "",
            "https URLs of servers that cosign each checkpoint, comma-separated"},
    Setting{"audit.witness_logs_file", "STRONGROOM_AUDIT_WITNESS_LOGS_FILE", "",
            "verifier keys of the logs whose checkpoints this server cosigns, one a line"},
    Setting{"audit.export_https", "STRONGROOM_AUDIT_EXPORT_HTTPS", "",
            "https URL that takes the audit log's entries in batches"},
    Setting{"audit.export_kafka", "STRONGROOM_AUDIT_EXPORT_KAFKA", "",
            "brokers and topic that take the audit log over TLS: host:9093,host:9093/topic"},
    Setting{"audit.kafka_identity_file", "STRONGROOM_AUDIT_KAFKA_IDENTITY_FILE", "",
            "PEM file with certificate and key, where the brokers want one"},
    Setting{
        "audit.export_sls", "STRONGROOM_AUDIT_EXPORT_SLS", "",
        "log store of the cloud's log service that takes them: <project>.<endpoint>/<logstore>"},
    Setting{"audit.sls_access_key_file", "STRONGROOM_AUDIT_SLS_ACCESS_KEY_FILE", "",
            "file whose first line is an AccessKeyId there, a blank and its secret"},
    Setting{"audit.export_syslog", "STRONGROOM_AUDIT_EXPORT_SYSLOG", "",
            "host:port of a syslog server (RFC 5424 over TLS) that takes them"},
    Setting{"audit.publish_file", "STRONGROOM_AUDIT_PUBLISH_FILE", "",
            "file that always holds the newest signed checkpoint"},
    Setting{"audit.publish_url", "STRONGROOM_AUDIT_PUBLISH_URL", "",
            "https URL that is sent each new checkpoint"},
    Setting{"seal.file", "STRONGROOM_SEAL_FILE", "", "key file of a file slot"},
    Setting{"seal.passphrase_file", "STRONGROOM_SEAL_PASSPHRASE_FILE", "",
            "file whose first line opens a passphrase slot"},
    Setting{"seal.share_files", "STRONGROOM_SEAL_SHARE_FILES", "",
            "comma-separated files, each with one share of a shared slot"},
    Setting{"seal.credential", "STRONGROOM_SEAL_CREDENTIAL", "",
            "name of the systemd credential that is a file slot's key"},
    Setting{"seal.token_module", "STRONGROOM_SEAL_TOKEN_MODULE", "",
            "PKCS#11 module of the token that opens a token slot"},
    Setting{"seal.token_pin_file", "STRONGROOM_SEAL_TOKEN_PIN_FILE", "",
            "file whose first line is the token's PIN"},
    Setting{"seal.tpm_tcti", "STRONGROOM_SEAL_TPM_TCTI", "",
            "how the TPM that opens a TPM slot is reached, as device:/dev/tpmrm0"},
    Setting{"seal.tpm_pin_file", "STRONGROOM_SEAL_TPM_PIN_FILE", "",
            "file whose first line is the PIN of a TPM slot that has one"},
    Setting{"seal.kms_endpoint", "STRONGROOM_SEAL_KMS_ENDPOINT", "",
            "host:port of the KMS that opens a kms slot"},
    Setting{"seal.kms_ca_file", "STRONGROOM_SEAL_KMS_CA_FILE", "",
            "CA certificates (PEM) of that KMS, instead of the system's"},
    Setting{"seal.kms_access_key_file", "STRONGROOM_SEAL_KMS_ACCESS_KEY_FILE", "",
            "file whose first line is an AccessKeyId there, a blank and its secret"},
    Setting{"backup.directory", "STRONGROOM_BACKUP_DIRECTORY", "",
            "where backups are kept; empty: none are taken by themselves"},
    Setting{"backup.interval_minutes", "STRONGROOM_BACKUP_INTERVAL_MINUTES", "0",
            "minutes between two backups of the server; 0: none"},
    Setting{"backup.full_every", "STRONGROOM_BACKUP_FULL_EVERY", "24",
            "every n-th backup is a full one, the others are increments"},
    Setting{"backup.keep", "STRONGROOM_BACKUP_KEEP", "14",
            "full backups that stay, with their increments; 0: all"},
    Setting{"backup.rate", "STRONGROOM_BACKUP_RATE", "32",
            "MiB a second that a backup reads at most; 0: no limit"},
    Setting{"backup.age_recipients", "STRONGROOM_BACKUP_AGE_RECIPIENTS", "",
            "age1… keys, comma-separated: only their holders, with the seal, open new backups"},
    Setting{"backup.age_identity_file", "STRONGROOM_BACKUP_AGE_IDENTITY_FILE", "",
            "age identity file that drills and restores open such backups with"},
    Setting{"backup.drill_interval_minutes", "STRONGROOM_BACKUP_DRILL_INTERVAL_MINUTES", "0",
            "minutes between two proven restores by the server; 0: none"},
    Setting{"backup.scratch", "STRONGROOM_BACKUP_SCRATCH", "",
            "where a drill restores to; empty: in backup.directory"},
    Setting{"oidc.ca_file", "STRONGROOM_OIDC_CA_FILE", "",
            "CA certificates (PEM) of OIDC issuers, instead of the system's"},
    Setting{"oidc.private_hosts", "STRONGROOM_OIDC_PRIVATE_HOSTS", "",
            "comma-separated hosts of OIDC issuers that may have private addresses"},
    Setting{"egress.user", "STRONGROOM_EGRESS_USER", "nobody",
            "whom the process that reaches rotation targets becomes, if the server is root"},
    Setting{"egress.private_hosts", "STRONGROOM_EGRESS_PRIVATE_HOSTS", "",
            "comma-separated hosts of rotation functions and cloud endpoints that may be private"},
    Setting{"egress.executables", "STRONGROOM_EGRESS_EXECUTABLES", "",
            "comma-separated paths of programs that may be rotation functions"},
    Setting{"rotation.interval_seconds_min", "STRONGROOM_ROTATION_INTERVAL_SECONDS_MIN", "21600",
            "smallest interval of automatic rotation, 60 or more"},
    Setting{"rotation.overlap_seconds_min", "STRONGROOM_ROTATION_OVERLAP_SECONDS_MIN", "600",
            "smallest time that a replaced AccessKey stays valid"},
    Setting{"rotation.overlap_seconds_default", "STRONGROOM_ROTATION_OVERLAP_SECONDS_DEFAULT",
            "172800", "how long it stays valid if the call does not say"},
    Setting{"rotation.drift_hours", "STRONGROOM_ROTATION_DRIFT_HOURS", "24",
            "hours in which every managed secret is looked at for drift; 0: never"},
    Setting{"rotation.stale_wait_hours", "STRONGROOM_ROTATION_STALE_WAIT_HOURS", "24",
            "hours for which a scheduled run waits for readers of the old version; 0: not at all"},
    Setting{"notify.ca_file", "STRONGROOM_NOTIFY_CA_FILE", "",
            "CA certificates (PEM) of targets of notices, instead of the system's"},
    Setting{"notify.private_hosts", "STRONGROOM_NOTIFY_PRIVATE_HOSTS", "",
            "comma-separated hosts of targets of notices that may have private addresses"},
    Setting{"security.allow_swap", "STRONGROOM_ALLOW_SWAP", "false", "start although swap is on"},
    Setting{"security.allow_core_dumps", "STRONGROOM_ALLOW_CORE_DUMPS", "false",
            "start although core files cannot be switched off"},
    Setting{"security.allow_open_modes", "STRONGROOM_ALLOW_OPEN_MODES", "false",
            "start although others may read the data directory"},
};

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::kInvalidInput, "Configuration", std::move(message));
}

std::string place_of(const std::string& file, const toml::source_region& region) {
  return file + ':' + std::to_string(region.begin.line);
}

// A scalar as the text that the environment or a flag would have given.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return text;
  if (const auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

Result<void> read_table(const std::string& file, std::string_view prefix, const toml::table& table,
                        Values& values) {
  for (const auto& [name, node] : table) {
    const std::string key = std::string(prefix) + '.' + std::string(name.str());
    const std::string place = place_of(file, node.source());
    if (find_setting(key) == nullptr) {
      return invalid(place + ": unknown key " + key +
                     ". `strongroomd config explain` lists the known ones.");
    }
    const auto text = scalar_text(node);
    if (!text) return invalid(place + ": " + key + " must be a text, a number or true/false.");
    values[key] = {*text, place};
  }
  return {};
}

Result<void> read_file(const std::string& file, Values& values) {
  toml::table root;
  try {
    root = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    return invalid(place_of(file, error.source()) + ": " + std::string(error.description()));
  }
  for (const auto& [name, node] : root) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return invalid(place_of(file, node.source()) + ": " + std::string(name.str()) +
                     " stands outside a table such as [server].");
    }
    SR_CHECK_OK(read_table(file, name.str(), *table, values));
  }
  return {};
}

const Value& value_of(const Values& values, std::string_view key) {
  return values.find(key)->second;
}

Result<bool> flag_of(const Values& values, std::string_view key) {
  const Value& value = value_of(values, key);
  if (value.text == "true") return true;
  if (value.text == "false") return false;
  return invalid(std::string(key) + " (" + value.origin + ") must be true or false, not \"" +
                 value.text + "\".");
}

Result<Address> address_of(const Values& values, std::string_view key) {
  const Value& value = value_of(values, key);
  const auto address = parse_address(value.text);
  if (address) return *address;
  return invalid(std::string(key) + " (" + value.origin +
                 ") must be a literal address and a port such as 127.0.0.1:8443 or "
                 "[::1]:0, not \"" +
                 value.text + "\".");
}

Result<std::int64_t> number_of(std::string_view key, const Value& value, std::string_view text,
                               std::int64_t max) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= max)
    return number;
  return invalid(std::string(key) + " (" + value.origin + ") must be a whole number from 0 to " +
                 std::to_string(max) + ", not \"" + std::string(text) + "\".");
}

constexpr std::int64_t kIoThreadsMax = 64;
constexpr std::int64_t kCpuMax = 1023;
constexpr std::int64_t kPrincipalQpsMax = 60'000;
constexpr std::int64_t kRetentionDaysMin = 90;
constexpr std::int64_t kRetentionDaysMax = 36'500;
constexpr std::int64_t kMinutesMax = 366LL * 24 * 60;
constexpr std::int64_t kRotationHoursMax = 8'760;
constexpr std::int64_t kBackupsMax = 100'000;
constexpr std::int64_t kRateMax = 100'000;

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

Result<std::vector<InstanceListen>> instances_of(const Values& values) {
  const Value& value = value_of(values, "server.instance_listen");
  std::vector<InstanceListen> found;
  for (const std::string& item : split_list(value.text)) {
    const std::size_t equals = item.find('=');
    const bool for_all = equals == std::string::npos;
    const auto address = parse_address(std::string_view(item).substr(for_all ? 0 : equals + 1));
    const std::string id = for_all ? "" : item.substr(0, equals);
    const bool twice = std::ranges::find(found, id, &InstanceListen::instance_id) != found.end();
    if (!address || !(for_all || id.starts_with("kst-")) || twice) {
      return invalid("server.instance_listen (" + value.origin +
                     ") must be one address for all instances, and each single one once, as "
                     "kst-...=127.0.0.1:8444, not \"" +
                     item + "\".");
    }
    found.push_back({id, *address});
  }
  if (found.size() > limits::kInstanceListenersMax) {
    return invalid("server.instance_listen (" + value.origin + ") names more than " +
                   std::to_string(limits::kInstanceListenersMax) + " instances.");
  }
  return found;
}

Result<std::vector<int>> cpus_of(const Values& values) {
  const Value& value = value_of(values, "server.pin_cpus");
  std::vector<int> cpus;
  for (const std::string& item : split_list(value.text)) {
    SR_TRY(const std::int64_t cpu, number_of("server.pin_cpus", value, item, kCpuMax));
    cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

Result<std::int64_t> window_of(const Values& values) {
  const Value& value = value_of(values, "server.timestamp_minutes");
  SR_TRY(const std::int64_t minutes,
         number_of("server.timestamp_minutes", value, value.text, kTimestampMinutesMax));
  if (minutes > 0) return minutes * kMillisPerMinute;
  return invalid("server.timestamp_minutes (" + value.origin + ") must be 1 to 15, not 0.");
}

Result<std::uint64_t> count_of(const Values& values, std::string_view key, std::int64_t max) {
  const Value& value = value_of(values, key);
  SR_TRY(const std::int64_t number, number_of(key, value, value.text, max));
  return static_cast<std::uint64_t>(number);
}

Result<void> interpret_backup(const Values& values, BackupConfig& backup) {
  backup.directory = value_of(values, "backup.directory").text;
  backup.scratch = value_of(values, "backup.scratch").text;
  SR_TRY(backup.interval_minutes, count_of(values, "backup.interval_minutes", kMinutesMax));
  SR_TRY(backup.drill_interval_minutes,
         count_of(values, "backup.drill_interval_minutes", kMinutesMax));
  SR_TRY(backup.full_every, count_of(values, "backup.full_every", 60));
  SR_TRY(backup.keep, count_of(values, "backup.keep", kBackupsMax));
  SR_TRY(backup.rate_mib, count_of(values, "backup.rate", kRateMax));
  const bool scheduled = backup.interval_minutes > 0 || backup.drill_interval_minutes > 0;
  if (scheduled && backup.directory.empty()) {
    return invalid("backup.directory must be set when backups or drills are scheduled.");
  }
  backup.age_recipients = split_list(value_of(values, "backup.age_recipients").text);
  backup.age_identity_file = value_of(values, "backup.age_identity_file").text;
  SR_CHECK_OK(recipients_of(backup));
  if (backup.drill_interval_minutes > 0 && !backup.age_recipients.empty() &&
      backup.age_identity_file.empty()) {
    return invalid(
        "backup.age_identity_file must be set when drills are scheduled and backups are for age "
        "recipients.");
  }
  return {};
}

Result<void> interpret_rotation(const Values& values, Config& config) {
  const Value& interval = value_of(values, "rotation.interval_seconds_min");
  SR_TRY(config.rotation_seconds_min, number_of("rotation.interval_seconds_min", interval,
                                                interval.text, limits::kRotationSecondsMax));
  if (config.rotation_seconds_min < limits::kRotationSecondsFloor)
    return invalid("rotation.interval_seconds_min (" + interval.origin + ") must be 60 or more.");
  const Value& drift = value_of(values, "rotation.drift_hours");
  SR_TRY(config.drift_hours,
         number_of("rotation.drift_hours", drift, drift.text, kRotationHoursMax));
  const Value& stale = value_of(values, "rotation.stale_wait_hours");
  SR_TRY(config.stale_wait_hours,
         number_of("rotation.stale_wait_hours", stale, stale.text, kRotationHoursMax));
  const Value& overlap = value_of(values, "rotation.overlap_seconds_min");
  SR_TRY(config.overlap_seconds_min, number_of("rotation.overlap_seconds_min", overlap,
                                               overlap.text, limits::kOverlapMillisMax / 1000));
  const Value& usual = value_of(values, "rotation.overlap_seconds_default");
  SR_TRY(config.overlap_seconds_default, number_of("rotation.overlap_seconds_default", usual,
                                                   usual.text, limits::kOverlapMillisMax / 1000));
  return {};
}

Result<void> interpret_sls(const Values& values, Config& config) {
  const Value& store = value_of(values, "audit.export_sls");
  config.audit_export_sls = store.text;
  config.audit_sls_access_key_file = value_of(values, "audit.sls_access_key_file").text;
  if (store.text.empty()) return {};
  if (!audit_export::parse_sls_store(store.text)) {
    return invalid("audit.export_sls (" + store.origin +
                   ") must be host/logstore, such as "
                   "my-project.cn-hangzhou.log.aliyuncs.com/kms-audit.");
  }
  if (config.audit_sls_access_key_file.empty())
    return invalid("audit.export_sls (" + store.origin + ") needs audit.sls_access_key_file.");
  return {};
}

Result<void> interpret_audit(const Values& values, Config& config) {
  const Value& durability = value_of(values, "audit.durability");
  if (durability.text != "written" && durability.text != "synced") {
    return invalid("audit.durability (" + durability.origin +
                   ") must be written or synced, not \"" + durability.text + "\".");
  }
  if (durability.text == "synced") config.audit_durability = audit::Durability::kSynced;
  const Value& days = value_of(values, "audit.retention_days");
  SR_TRY(config.audit_retention_days,
         number_of("audit.retention_days", days, days.text, kRetentionDaysMax));
  if (config.audit_retention_days < kRetentionDaysMin) {
    return invalid("audit.retention_days (" + days.origin + ") must be at least " +
                   std::to_string(kRetentionDaysMin) + ": events are searchable that long.");
  }
  config.audit_export_https = value_of(values, "audit.export_https").text;
  config.audit_export_syslog = value_of(values, "audit.export_syslog").text;
  const Value& kafka = value_of(values, "audit.export_kafka");
  const std::size_t slash = kafka.text.find('/');
  if (!kafka.text.empty() && (slash == 0 || slash + 1 >= kafka.text.size())) {
    return invalid("audit.export_kafka (" + kafka.origin +
                   ") must be brokers/topic, such as "
                   "kafka.example.com:9093/audit.");
  }
  config.audit_kafka_brokers = kafka.text.substr(0, slash);
  if (!kafka.text.empty()) config.audit_kafka_topic = kafka.text.substr(slash + 1);
  config.audit_kafka_identity_file = value_of(values, "audit.kafka_identity_file").text;
  SR_CHECK_OK(interpret_sls(values, config));
  config.audit_publish_file = value_of(values, "audit.publish_file").text;
  config.audit_publish_url = value_of(values, "audit.publish_url").text;
  config.audit_witness_logs_file = value_of(values, "audit.witness_logs_file").text;
  const Value& witnesses = value_of(values, "audit.witness_urls");
  config.audit_witness_urls = split_list(witnesses.text);
  if (config.audit_witness_urls.size() > limits::kWitnessesMax) {
    return invalid("audit.witness_urls (" + witnesses.origin + ") names more than " +
                   std::to_string(limits::kWitnessesMax) + ".");
  }
  return {};
}

}  // namespace

std::span<const Setting> settings() {
  return kSettings;
}

Result<Values> collect(const std::string& file, const Environment& environment,
                       const std::map<std::string, std::string, std::less<>>& flags) {
  Values values;
  for (const Setting& setting : kSettings)
    values[std::string(setting.key)] = {std::string(setting.fallback), "default"};
  if (!file.empty()) SR_CHECK_OK(read_file(file, values));
  for (const Setting& setting : kSettings) {
    if (auto text = environment(setting.environment)) {
      values[std::string(setting.key)] = {std::move(*text),
                                          "environment " + std::string(setting.environment)};
    }
  }
  for (const auto& [key, text] : flags) {
    if (find_setting(key) == nullptr) return invalid("unknown key " + key + " in a flag.");
    values[key] = {text, "flag"};
  }
  return values;
}

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  Address address;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
    return std::nullopt;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  address.host = host;
  unsigned char binary[16];
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, address.host.c_str(), binary) != 1)
    return std::nullopt;
  return address;
}

Result<Config> interpret(const Values& values) {
  Config config;
  SR_TRY(config.listen, address_of(values, "server.listen"));
  if (!value_of(values, "server.health_listen").text.empty()) {
    SR_TRY(config.health_listen, address_of(values, "server.health_listen"));
  }
  SR_TRY(config.instance_listen, instances_of(values));
  config.data_directory = value_of(values, "data.directory").text;
  if (config.data_directory.empty()) return invalid("data.directory must not be empty.");
  config.region = value_of(values, "server.region").text;
  if (config.region.empty()) return invalid("server.region must not be empty.");
  const Value& threads = value_of(values, "server.io_threads");
  SR_TRY(const std::int64_t io_threads,
         number_of("server.io_threads", threads, threads.text, kIoThreadsMax));
  config.io_threads = static_cast<std::size_t>(io_threads);
  SR_TRY(config.pin_cpus, cpus_of(values));
  SR_CHECK_OK(interpret_audit(values, config));
  const Value& gateway = value_of(values, "limits.shared_gateway");
  if (gateway.text != "off" && gateway.text != "published") {
    return invalid("limits.shared_gateway (" + gateway.origin +
                   ") must be off or published, not \"" + gateway.text + "\".");
  }
  config.published_limits = gateway.text == "published";
  const Value& specification = value_of(values, "limits.instances");
  if (specification.text != "off" && specification.text != "specification") {
    return invalid("limits.instances (" + specification.origin +
                   ") must be off or specification, not \"" + specification.text + "\".");
  }
  config.instance_limits = specification.text == "specification";
  const Value& principal = value_of(values, "limits.principal_qps");
  SR_TRY(const std::int64_t qps,
         number_of("limits.principal_qps", principal, principal.text, kPrincipalQpsMax));
  config.principal_qps = static_cast<std::uint32_t>(qps);
  config.trace_otlp_url = value_of(values, "trace.otlp_url").text;
  const Value& permille = value_of(values, "trace.permille");
  SR_TRY(const std::int64_t traced,
         number_of("trace.permille", permille, permille.text, kPermilleMax));
  config.trace_permille = static_cast<std::uint32_t>(traced);
  config.certificate_names = split_list(value_of(values, "server.certificate_names").text);
  config.metrics_token_file = value_of(values, "server.metrics_token_file").text;
  config.metrics_client_ca_file = value_of(values, "server.metrics_client_ca_file").text;
  config.seal_file = value_of(values, "seal.file").text;
  config.seal_passphrase_file = value_of(values, "seal.passphrase_file").text;
  config.egress_user = value_of(values, "egress.user").text;
  config.egress_private_hosts = split_list(value_of(values, "egress.private_hosts").text);
  config.egress_executables = split_list(value_of(values, "egress.executables").text);
  config.seal_share_files = split_list(value_of(values, "seal.share_files").text);
  config.seal_credential = value_of(values, "seal.credential").text;
  config.seal_token_module = value_of(values, "seal.token_module").text;
  config.seal_token_pin_file = value_of(values, "seal.token_pin_file").text;
  config.seal_tpm_tcti = value_of(values, "seal.tpm_tcti").text;
  config.seal_tpm_pin_file = value_of(values, "seal.tpm_pin_file").text;
  config.seal_kms_endpoint = value_of(values, "seal.kms_endpoint").text;
  config.seal_kms_ca_file = value_of(values, "seal.kms_ca_file").text;
  config.seal_kms_access_key_file = value_of(values, "seal.kms_access_key_file").text;
  SR_CHECK_OK(interpret_backup(values, config.backup));
  config.oidc_ca_file = value_of(values, "oidc.ca_file").text;
  config.oidc_private_hosts = split_list(value_of(values, "oidc.private_hosts").text);
  SR_CHECK_OK(interpret_rotation(values, config));
  config.notify_ca_file = value_of(values, "notify.ca_file").text;
  config.notify_private_hosts = split_list(value_of(values, "notify.private_hosts").text);
  SR_TRY(config.allow_swap, flag_of(values, "security.allow_swap"));
  SR_TRY(config.allow_core_dumps, flag_of(values, "security.allow_core_dumps"));
  SR_TRY(config.allow_open_modes, flag_of(values, "security.allow_open_modes"));
  SR_TRY(config.verify_before_serve, flag_of(values, "server.verify_before_serve"));
  SR_TRY(config.strict_replay, flag_of(values, "server.strict_replay"));
  SR_TRY(config.timestamp_window_ms, window_of(values));
  return config;
}

std::size_t io_threads_of(const Config& config) {
  if (config.io_threads > 0) return config.io_threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace strongroom::server
