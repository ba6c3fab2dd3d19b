// ActionTrail 2020-07-06 as far as it answers who did what: LookupEvents over the calls of the
// shared endpoint, from the audit log (gateway.md §7.1, §7.2).

#include <algorithm>

#include "strongroom/audit_format/entry.h"
#include "strongroom/base/ascii.h"
#include "strongroom/base/bytes.h"
#include "strongroom/trail/call_log.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;
using audit_format::Condition;
using audit_format::raw_field;

constexpr std::size_t kFiltersMax = 2;
constexpr std::int64_t kResultsMax = 50;
constexpr std::int64_t kDefaultDays = 7;
constexpr std::string_view kKeyType = "ACS::KMS::Key";
constexpr std::string_view kSecretType = "ACS::KMS::Secret";

std::string_view resource_type(std::string_view arn) {
  if (arn.contains(":secret/")) return kSecretType;
  if (arn.contains(":key/")) return kKeyType;
  if (arn.contains(":applicationaccesspoint/")) return "ACS::KMS::ApplicationAccessPoint";
  if (arn.starts_with("acs:ram:") && arn.contains(":user/")) return "ACS::RAM::User";
  if (arn.starts_with("acs:ram:") && arn.contains(":role/")) return "ACS::RAM::Role";
  if (arn.starts_with("acs:ram:") && arn.contains(":group/")) return "ACS::RAM::Group";
  if (arn.starts_with("acs:ram:") && arn.contains(":policy/")) return "ACS::RAM::Policy";
  return "";
}

std::string_view parameter_of(std::string_view type) {
  if (type == kSecretType) return "SecretName";
  if (type == kKeyType) return "KeyId";
  if (type == "ACS::RAM::User") return "UserName";
  if (type == "ACS::RAM::Role") return "RoleName";
  if (type == "ACS::RAM::Group") return "GroupName";
  if (type == "ACS::RAM::Policy") return "PolicyName";
  return "Name";
}

// --- filters ---

struct Attribute {
  std::string_view key;
  std::string_view field;
};
constexpr Attribute kAttributes[] = {
    {"ServiceName", "service"},       {"EventName", "action"},
    {"User", "principal_name"},       {"EventId", "request_id"},
    {"ResourceName", "resource_id"},  {"EventAccessKeyId", "access_key_id"},
    {"SourceIpAddress", "source_ip"},
};

Condition never() {
  return {.any = {}};
}

/// What a filter asks beyond exact values.
struct Shape {
  std::string resource_type;
  std::string role;
  bool accepts(std::string_view entry) const {
    if (!resource_type.empty() &&
        service::resource_type(raw_field(entry, "resource")) != resource_type)
      return false;
    return role.empty() || audit_format::field_text(entry, "principal_name").starts_with(role);
  }
};

Result<Condition> condition_of(const NameValue& filter, Shape& shape) {
  const std::string value(filter.value);
  const auto known = std::ranges::find(kAttributes, filter.name, &Attribute::key);
  if (known != std::end(kAttributes)) return Condition{.any = {{std::string(known->field), value}}};
  if (filter.name == "EventRW") {
    if (value != "Read" && value != "Write") return never();
    return Condition{.any = {{"mutation", "true"}}, .negated = value == "Read"};
  }
  if (filter.name == "EventType") {
    if (value != "ApiCall" && value != "AliyunServiceEvent") return never();
    return Condition{.any = {{"principal_type", "system"}}, .negated = value == "ApiCall"};
  }
  if (filter.name == "ResourceType") {
    shape.resource_type = value;
    return Condition{.any = {{"resource", ""}}, .negated = true};
  }
  if (filter.name == "RoleName") {
    shape.role = value + ':';
    return Condition{.any = {{"principal_type", "assumed-role"}}};
  }
  if (filter.name == "SensitiveAction") return never();  // none is marked so
  return invalid_parameter("LookupAttribute",
                           "Key must be ServiceName, EventName, User, EventId, ResourceType, "
                           "ResourceName, EventRW, EventAccessKeyId, SensitiveAction, "
                           "SourceIpAddress, EventType or RoleName.");
}

Result<void> read_times(const Call& call, audit_format::Search& search) {
  const std::string_view start = call.parameters.text("StartTime");
  const std::string_view end = call.parameters.text("EndTime");
  search.from = {call.now.unix_ms - kDefaultDays * kMillisPerDay};
  search.to = {call.now.unix_ms + 1};
  if (start.empty() && end.empty()) return {};
  const auto from = parse_utc(start);
  const auto to = parse_utc(end);
  if (!from || !to || *from > *to) {
    return invalid_parameter("StartTime",
                             "StartTime and EndTime go together, in order, in the form "
                             "2026-11-22T01:02:03Z.");
  }
  search.from = *from;
  search.to = {to->unix_ms + kMillisPerSecond};  // the end belongs to it
  return {};
}

// --- NextToken ---

std::string token_of(std::uint64_t index) {
  return base64_encode(as_bytes("1 " + std::to_string(index)));
}

Result<std::optional<std::uint64_t>> index_of(std::string_view token) {
  if (token.empty()) return std::optional<std::uint64_t>();
  const auto text = base64_decode(token);
  std::uint64_t index = 0;
  bool good = text && text->starts_with("1 ") && text->size() > 2 && text->size() < 22;
  for (std::size_t i = 2; good && i < text->size(); ++i) {
    const char digit = (*text)[i];
    good = digit >= '0' && digit <= '9';
    index = index * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (!good) return invalid_parameter("NextToken", "Send it as the last answer had it.");
  return std::optional(index);
}

// --- events ---

void write_identity(AnswerWriter& out, std::string_view entry) {
  const std::string type = audit_format::field_text(entry, "principal_type");
  out.begin_object("userIdentity");
  out.field("type", type);
  out.field("principalId", audit_format::field_text(entry, "principal_id"));
  out.field("accountId", audit_format::field_text(entry, "account"));
  out.field("userName", audit_format::field_text(entry, "principal_name"));
  if (const auto key = audit_format::field_text(entry, "access_key_id"); !key.empty())
    out.field("accessKeyId", key);
  if (type == "assumed-role") {
    out.begin_object("sessionContext");
    out.begin_object("attributes");
    out.field("mfaAuthenticated", "false");
    out.end_object();
    out.end_object();
  }
  out.end_object();
}

void write_resources(AnswerWriter& out, std::string_view entry) {
  const std::string arn = audit_format::field_text(entry, "resource");
  const std::string name(audit_format::resource_id(arn));
  const std::string_view type = resource_type(arn);
  const std::string version = audit_format::field_text(entry, "version_id");
  const std::string key = audit_format::field_text(entry, "key_id");
  out.begin_object("requestParameters");
  if (!name.empty() && name != "*") out.field(parameter_of(type), name);
  if (!version.empty() && type == kSecretType) out.field("VersionId", version);
  out.end_object();
  if (!type.empty()) {
    out.field("resourceType", type);
    out.field("resourceName", name);
  }
  out.begin_object("referencedResources");
  if (!type.empty()) {
    out.begin_flat_list(type);
    out.item(name);
    out.end_flat_list();
  }
  if (!key.empty() && key != name && type != kKeyType) {
    out.begin_flat_list(kKeyType);
    out.item(key);
    out.end_flat_list();
  }
  out.end_object();
}

void write_event(AnswerWriter& out, std::string_view entry, std::string_view region) {
  const auto text = [entry](std::string_view name) {
    return audit_format::field_text(entry, name);
  };
  const std::string service = text("service");
  const std::string error = text("error_code");
  const std::string lower_service = lowered(service);
  const bool by_service = text("principal_type") == "system";
  out.begin_item();
  out.field("eventId", text("request_id"));
  out.number("eventVersion", 1);
  out.field("eventCategory", "Management");
  out.field("eventType", by_service ? "AliyunServiceEvent" : "ApiCall");
  out.field("eventName", text("action"));
  out.field("eventRW", raw_field(entry, "mutation") == "true" ? "Write" : "Read");
  out.field("eventSource", lower_service + '.' + std::string(region) + ".aliyuncs.com");
  out.field("eventTime", format_utc(audit_format::entry_time(entry)));
  out.field("serviceName", service);
  out.field("apiVersion", text("api_version"));
  out.field("acsRegion", region);
  out.boolean("isGlobal", false);
  out.field("requestId", text("request_id"));
  if (!error.empty()) {
    out.field("errorCode", error);
    out.field("errorMessage", error);
  }
  const std::string source = text("source_ip");
  out.field("sourceIpAddress", source.empty() ? "Internal" : source);
  out.field("userAgent", text("user_agent"));
  out.field("recipientAccountId", text("account"));
  write_identity(out, entry);
  write_resources(out, entry);
  out.end_item();
}

Result<audit_format::Search> search_of(const Call& call, Shape& shape) {
  const Parameters& p = call.parameters;
  audit_format::Search search;
  search.all = {Condition{.any = {{"account", call.account().text()}}},
                Condition{.any = {{"action", "DescribeRegions"}}, .negated = true},
                Condition{.any = {{"instance", ""}}}};
  SR_TRY(const auto filters, p.pairs("LookupAttribute", kFiltersMax));
  for (const NameValue& filter : filters) {
    SR_TRY(Condition condition, condition_of(filter, shape));
    search.all.push_back(std::move(condition));
  }
  SR_CHECK_OK(read_times(call, search));
  const std::string_view direction = p.text("Direction", "BACKWARD");
  if (direction != "BACKWARD" && direction != "FORWARD")
    return invalid_parameter("Direction", "It must be FORWARD or BACKWARD.");
  search.newest_first = direction == "BACKWARD";
  SR_TRY(const std::int64_t most, p.integer("MaxResults", kResultsMax, 1, kResultsMax));
  search.limit = static_cast<std::size_t>(most);
  SR_TRY(search.behind, index_of(p.text("NextToken")));
  return search;
}

Result<void> lookup_events(Call& call) {
  Shape shape;
  SR_TRY(audit_format::Search search, search_of(call, shape));
  search.accepts = [&shape](std::string_view entry) { return shape.accepts(entry); };
  audit_format::Found found;
  if (call.engines.call_log != nullptr) {
    SR_TRY(found, call.engines.call_log->search(search));
  }
  if (!found.complete && found.entries.empty()) {
    return fail(ErrorKind::kUnavailable, "ServiceUnavailable",
                "The search was given up because it would have read too much. Ask for a shorter "
                "time or name an AccessKey, a resource or an event.");
  }
  AnswerWriter& out = call.answer;
  out.field("StartTime", format_utc(search.from));
  out.field("EndTime", format_utc({search.to.unix_ms - 1}));
  if ((found.more || !found.complete) && !found.entries.empty())
    out.field("NextToken", token_of(found.entries.back().index));
  out.begin_flat_list("Events");
  for (const auto& entry : found.entries) write_event(out, entry.text, call.region());
  out.end_flat_list();
  return {};
}

constexpr Operation kRows[] = {
    {kActionTrail, "LookupEvents", kSlowRead, kAll, "", lookup_events},
};

}  // namespace

std::span<const Operation> actiontrail_operations() {
  return kRows;
}

}  // namespace strongroom::service
