#include "strongroom/trail/access_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "messages.h"
#include "strongroom/audit_format/entry.h"
#include "strongroom/base/json_writer.h"

namespace strongroom::trail {
namespace {

using audit_format::Condition;
using audit_format::Field;

constexpr std::string_view kDedicatedVersion = "dkms-gcs-0.2";
constexpr std::size_t kSecondsChars = 19;  // 2026-11-22T01:02:03

class EntryFields {
 public:
  explicit EntryFields(std::string_view entry) {
    audit_format::FieldScanner scanner(entry);
    while (const auto field = scanner.next()) fields_.push_back(*field);
  }
  std::string text(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &Field::name);
    return found == fields_.end() ? std::string() : audit_format::unescaped(found->value);
  }

 private:
  std::vector<Field> fields_;
};

std::string identity_type(const std::string& principal_type) {
  if (principal_type == "root-account") return "cloud-account";
  if (principal_type == "assumed-role") return "ram-role";
  if (principal_type == "client-key") return "aap";
  return principal_type == "anonymous" ? "" : principal_type;
}

/// "1.381" from microseconds.
std::string milliseconds(const std::string& microseconds) {
  std::int64_t value = 0;
  std::from_chars(microseconds.data(), microseconds.data() + microseconds.size(), value);
  if (value <= 0) return "";
  const std::string fraction = std::to_string(1'000 + value % 1'000).substr(1);
  return std::to_string(value / 1'000) + '.' + fraction;
}

std::string resource_parameters(const std::string& key_id, const std::string& version_id) {
  if (key_id.empty() && version_id.empty()) return "";
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("key_id", key_id);
  json.member("key_version_id", version_id);
  json.member("index", "");
  json.end_object();
  return out;
}

}  // namespace

LogRecord access_log_record(std::string_view entry) {
  const EntryFields e(entry);
  const std::string instance = e.text("instance");
  const bool dedicated = !instance.empty();
  const std::string type = e.text("principal_type");
  const std::string fingerprint = e.text("key_fingerprint");
  const std::string key_id = e.text("key_id");
  const std::string resource = e.text("resource");
  const bool is_secret = resource.contains(":secret/");
  const std::string version = e.text("version_id");
  const std::string key_version = is_secret ? "" : version;
  const std::string error = e.text("error_code");
  std::string resource_id(audit_format::resource_id(resource));
  if (resource_id.empty()) resource_id = key_id;
  return {
      {"time", e.text("time").substr(0, kSecondsChars) + "Z"},
      {"request_id", e.text("request_id")},
      {"region_id", e.text("region")},
      {"instance_id", instance},
      {"user_id", e.text("account")},
      {"identity_type", identity_type(type)},
      {"principal_id", e.text(type == "client-key" ? "principal_name" : "principal_id")},
      {"access_key_id", e.text("access_key_id")},
      {"access_key_fingerprint", fingerprint.empty() ? "" : "sha256-" + fingerprint},
      {"account_id", e.text("account")},
      {"api_name", e.text("action")},
      {"api_version", dedicated ? std::string(kDedicatedVersion) : e.text("api_version")},
      {"share_gateway_api_name", dedicated ? "" : e.text("action")},
      {"gateway_type", dedicated ? "dedicated" : "shared"},
      {"client_ip", e.text("source_ip")},
      {"useragent", e.text("user_agent")},
      {"domain_type", dedicated ? "" : "Vpc"},
      {"resource_id", resource_id},
      {"resource_parameters", resource_parameters(key_id, version)},
      {"cmkid", key_id},
      {"key_state", key_id.empty() || !error.empty() ? "" : "Enabled"},
      {"key_spec", e.text("key_spec")},
      {"key_version_id", key_version},
      {"data_key_spec", ""},
      {"status_code", e.text("status")},
      {"error_code", error},
      {"error_message", std::string(message_of(error))},
      {"duration", milliseconds(e.text("duration_us"))},
      {"level", "INFO"},
      {"version", "V1.0"},
  };
}

std::vector<Condition> access_log_of_all() {
  return {Condition{.any = {{"service", "Kms"}}}};
}

std::vector<Condition> access_log_of(AccountId account) {
  auto conditions = access_log_of_all();
  conditions.push_back({.any = {{"account", account.text()}}});
  return conditions;
}

}  // namespace strongroom::trail
