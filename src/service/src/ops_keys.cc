// Keys: made, described, listed, disabled, deleted (openapi.md §7.1 to §7.3).

#include <algorithm>
#include <array>

#include "instance_rules.h"
#include "json_parameters.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

constexpr std::array<std::string_view, 9> kOtherSpecs{
    "Aliyun_AES_192", "Aliyun_AES_128", "Aliyun_SM4", "RSA_2048", "RSA_3072",
    "RSA_4096",       "EC_P256",        "EC_P256K",   "EC_SM2"};

std::unexpected<Error> unsupported(std::string_view what) {
  return fail(ErrorKind::kInvalidInput, "UnsupportedOperation",
              "This action is not supported. " + std::string(what));
}

Result<void> check_new_key(const Parameters& p) {
  const std::string_view spec = p.text("KeySpec");
  if (std::ranges::find(kOtherSpecs, spec) != kOtherSpecs.end()) {
    return unsupported(
        "Keys of other specs are not served yet; leave KeySpec out for Aliyun_AES_256.");
  }
  if (!spec.empty() && spec != "Aliyun_AES_256")
    return invalid_parameter("KeySpec", "It must be Aliyun_AES_256.");
  const std::string_view usage = p.text("KeyUsage");
  if (!usage.empty() && usage != "ENCRYPT/DECRYPT") {
    return invalid_parameter("KeyUsage", "An Aliyun_AES_256 key is for ENCRYPT/DECRYPT.");
  }
  const std::string_view origin = p.text("Origin");
  if (origin == "EXTERNAL")
    return unsupported("Importing key material is not served yet; leave Origin out.");
  if (!origin.empty() && origin != "Aliyun_KMS")
    return invalid_parameter("Origin", "It must be Aliyun_KMS.");
  const std::string_view protection = p.text("ProtectionLevel");
  if (protection == "HSM") {
    return fail(
        ErrorKind::kInvalidInput, "Unsupported.ProtectionLevel",
        "This protection level is not valid for this region: the server has no HSM. Use SOFTWARE.");
  }
  if (!protection.empty() && protection != "SOFTWARE")
    return invalid_parameter("ProtectionLevel", "It must be SOFTWARE.");
  SR_TRY(const bool rotate, p.boolean("EnableAutomaticRotation", false));
  if (rotate) return unsupported("Automatic rotation of keys is not served yet.");
  if (!p.text("Policy").empty()) {
    return fail(ErrorKind::kInvalidInput, "Forbidden.KeyPolicyUnSupported",
                "The specified key does not support key policy. Only keys in a KMS instance have a "
                "policy.");
  }
  return {};
}

void write_time_or_empty(AnswerWriter& answer, std::string_view name, Instant time) {
  if (time == Instant{}) {
    answer.field(name, "");
  } else {
    write_time(answer, name, time);
  }
}

/// What CreateKey and DescribeKey both show (openapi.md §7.1).
void write_metadata(Call& call, const keys::Key& key) {
  AnswerWriter& answer = call.answer;
  answer.field("KeyId", key.id);
  answer.field("Arn", call.engines.keys.arn(key.account, key.id));
  answer.field("Creator", key.creator);
  write_time(answer, "CreationDate", key.created);
  answer.field("Description", key.description);
  answer.field("KeySpec", keys::to_text(key.spec));
  answer.field("KeyUsage", keys::to_text(key.usage));
  answer.field("KeyState", keys::to_text(key.state));
  answer.field("Origin", keys::to_text(key.origin));
  answer.field("ProtectionLevel", keys::to_text(key.protection));
  answer.field("PrimaryKeyVersion", key.primary_version().id);
  write_time_or_empty(answer, "DeleteDate", key.delete_date);
  write_time_or_empty(answer, "MaterialExpireTime", key.material_expires);
  write_time(answer, "LastRotationDate", key.last_rotation);
  answer.field("AutomaticRotation", "Disabled");
  if (!key.instance_id.empty()) answer.field("DKMSInstanceId", key.instance_id);
}

Result<void> create_key(Call& call) {
  const Parameters& p = call.parameters;
  SR_CHECK_OK(check_new_key(p));
  SR_TRY(std::vector<keys::Tag> tags, new_tags_of(p));
  SR_TRY(InstancePlace place, new_key_place(call, p.text("DKMSInstanceId")));
  SR_TRY(const keys::Key key,
         call.engines.keys.create(*call.transaction,
                                  {.account = call.account(),
                                   .creator = call.account().text(),
                                   .description = std::string(p.text("Description")),
                                   .tags = std::move(tags),
                                   .instance_id = place.id,
                                   .place = std::move(place.place)},
                                  call.now));
  call.note_resource(call.engines.keys.arn(call.account(), key.id));
  call.note_key(key.id);
  call.answer.begin_object("KeyMetadata");
  write_metadata(call, key);
  call.answer.end_object();
  return {};
}

/// The key that the pipeline resolved and judged. Aliases are not served yet: `takes_alias` tells
/// whether the action would know one (openapi.md §7.3).
Result<keys::Key> key_of(Call& call, bool takes_alias = false) {
  if (call.resource_name().starts_with("alias/")) {
    if (takes_alias) {
      return fail(ErrorKind::kNotFound, "Forbidden.AliasNotFound",
                  "The specified Alias is not found. Name the key by its id.");
    }
    return fail(ErrorKind::kInvalidInput, "Unsupported.Alias",
                "Alias is not valid for this api. Name the key by its id.");
  }
  call.note_key(call.resource_name());
  return call.engines.keys.find(call.reader, call.account(), call.resource_name());
}

Result<void> describe_key(Call& call) {
  SR_TRY(const keys::Key key, key_of(call, true));
  call.answer.begin_object("KeyMetadata");
  write_metadata(call, key);
  call.answer.field("DeletionProtection", key.deletion_protection ? "Enabled" : "Disabled");
  if (!key.deletion_protection_description.empty()) {
    call.answer.field("DeletionProtectionDescription", key.deletion_protection_description);
  }
  call.answer.end_object();
  return {};
}

// --- ListKeys ---

bool has_value(const ParsedFilter& filter, std::string_view value) {
  return std::ranges::find(filter.values, value) != filter.values.end();
}

bool has_tag(const keys::Key& key, const ParsedFilter& filter) {
  return std::ranges::any_of(key.tags, [&filter](const keys::Tag& tag) {
    return has_value(filter, filter.key == "TagKey" ? tag.key : tag.value);
  });
}

using Matcher = bool (*)(const keys::Key& key, const ParsedFilter& filter);
constexpr std::array<std::pair<std::string_view, Matcher>, 11> kMatchers{{
    {"KeyState", [](const keys::Key& k,
                    const ParsedFilter& f) { return has_value(f, keys::to_text(k.state)); }},
    {"KeySpec",
     [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, keys::to_text(k.spec)); }},
    {"KeyUsage", [](const keys::Key& k,
                    const ParsedFilter& f) { return has_value(f, keys::to_text(k.usage)); }},
    {"ProtectionLevel",
     [](const keys::Key& k, const ParsedFilter& f) {
       return has_value(f, keys::to_text(k.protection));
     }},
    {"CreatorType",
     [](const keys::Key& k, const ParsedFilter& f) {
       return has_value(f, k.service_default ? "Service" : "User");
     }},
    {"DKMSInstanceId",
     [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, k.instance_id); }},
    {"keyId", [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, k.id); }},
    {"AliasName", [](const keys::Key&, const ParsedFilter&) { return false; }},
    {"Creator", [](const keys::Key& k, const ParsedFilter& f) { return has_value(f, k.creator); }},
    {"TagKey", has_tag},
    {"TagValue", has_tag},
}};

Result<void> check_filters(std::span<const ParsedFilter> filters) {
  for (const ParsedFilter& filter : filters) {
    if (std::ranges::find(kMatchers, filter.key, &std::pair<std::string_view, Matcher>::first) ==
        kMatchers.end()) {
      return invalid_parameter(
          "Filters",
          "Keys are KeyState, KeySpec, KeyUsage, ProtectionLevel, CreatorType, "
          "DKMSInstanceId, keyId, AliasName, Creator, TagKey and TagValue.");
    }
  }
  return {};
}

bool matches(const keys::Key& key, std::span<const ParsedFilter> filters) {
  return std::ranges::all_of(filters, [&key](const ParsedFilter& filter) {
    return std::ranges::find(kMatchers, filter.key, &std::pair<std::string_view, Matcher>::first)
        ->second(key, filter);
  });
}

struct KeyPage {
  std::vector<std::string> ids;
  std::size_t total = 0;
};

// Each batch has a snapshot of its own: what a reader has read stays in locked memory as long as
// it.
Result<KeyPage> filtered_page(const Call& call, std::span<const ParsedFilter> filters,
                              const Page& page) {
  KeyPage out;
  std::string last;
  while (true) {
    const std::vector<std::string> ids =
        call.engines.keys.index().following(call.account(), last, limits::kListScanBatch);
    if (ids.empty()) return out;
    last = ids.back();
    SR_TRY(const auto reader, call.engines.store.reader());
    for (const std::string& id : ids) {
      const auto key = call.engines.keys.find(*reader, call.account(), id);
      if (!key && key.error().kind() == ErrorKind::kNotFound) continue;
      if (!key) return std::unexpected(key.error());
      if (!matches(*key, filters)) continue;
      const auto position = static_cast<std::int64_t>(out.total++);
      if (position >= page.offset() && position < page.offset() + page.size) out.ids.push_back(id);
    }
  }
}

Result<void> list_keys(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(const std::vector<ParsedFilter> filters,
         parse_filters("Filters", call.parameters.text("Filters")));
  SR_CHECK_OK(check_filters(filters));
  const NameIndex& index = call.engines.keys.index();
  if (!index.ready()) {
    return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
                "Service Unavailable Temporary: the server has just started and is still reading "
                "its keys. Try again.");
  }
  KeyPage found;
  if (filters.empty()) {
    found.total = index.count(call.account());
    found.ids = index.page(call.account(), static_cast<std::size_t>(page.offset()),
                           static_cast<std::size_t>(page.size));
  } else {
    SR_TRY(found, filtered_page(call, filters, page));
  }
  call.answer.begin_list("Keys", "Key");
  for (const std::string& id : found.ids) {
    call.answer.begin_item();
    call.answer.field("KeyId", id);
    call.answer.field("KeyArn", call.engines.keys.arn(call.account(), id));
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(found.total));
  return {};
}

Result<void> list_key_versions(Call& call) {
  SR_TRY(const Page page, page_of(call.parameters, 10));
  SR_TRY(const keys::Key key, key_of(call, true));
  call.answer.begin_list("KeyVersions", "KeyVersion");
  const auto first = static_cast<std::size_t>(page.offset());
  const std::size_t last =
      std::min(key.versions.size(), first + static_cast<std::size_t>(page.size));
  for (std::size_t i = first; i < last; ++i) {
    call.answer.begin_item();
    call.answer.field("KeyId", key.id);
    call.answer.field("KeyVersionId", key.versions[i].id);
    write_time(call.answer, "CreationDate", key.versions[i].created);
    call.answer.end_item();
  }
  call.answer.end_list();
  call.answer.number("PageNumber", page.number);
  call.answer.number("PageSize", page.size);
  call.answer.number("TotalCount", static_cast<std::int64_t>(key.versions.size()));
  return {};
}

Result<void> describe_key_version(Call& call) {
  SR_TRY(const std::string_view version_id, call.parameters.required("KeyVersionId"));
  SR_TRY(const keys::Key key, key_of(call, true));
  const auto version = std::ranges::find(key.versions, version_id, &keys::KeyVersion::id);
  if (version == key.versions.end()) {
    return fail(ErrorKind::kNotFound, "Forbidden.KeyVersionNotFound",
                "The specified Key version is not found.");
  }
  call.answer.begin_object("KeyVersion");
  call.answer.field("KeyId", key.id);
  call.answer.field("KeyVersionId", version->id);
  write_time(call.answer, "CreationDate", version->created);
  call.answer.end_object();
  return {};
}

// --- state changes ---

Result<void> save(Call& call, Result<keys::Key> changed) {
  if (!changed) return std::unexpected(changed.error());
  call.engines.keys.save(*call.transaction, *changed);
  return {};
}

Result<void> enable_key(Call& call) {
  SR_TRY(keys::Key key, key_of(call));
  return save(call, keys::enable(std::move(key)));
}

Result<void> disable_key(Call& call) {
  SR_TRY(keys::Key key, key_of(call));
  return save(call, keys::disable(std::move(key)));
}

Result<void> schedule_key_deletion(Call& call) {
  SR_CHECK_OK(call.parameters.required("PendingWindowInDays"));
  SR_TRY(const std::int64_t days,
         call.parameters.integer("PendingWindowInDays", 0, limits::kKeyDeletionDaysMin,
                                 limits::kKeyDeletionDaysMax));
  SR_TRY(keys::Key key, key_of(call));
  return call.engines.keys.schedule_deletion(*call.transaction, std::move(key),
                                             {call.now.unix_ms + days * kMillisPerDay});
}

Result<void> cancel_key_deletion(Call& call) {
  SR_TRY(keys::Key key, key_of(call));
  return save(call, keys::cancel_deletion(std::move(key)));
}

Result<void> update_key_description(Call& call) {
  const auto description = call.parameters.find("Description");  // may be emptied
  if (!description) SR_CHECK_OK(call.parameters.required("Description"));
  SR_TRY(keys::Key key, key_of(call));
  return save(call, keys::describe(std::move(key), *description));
}

Result<void> protect_instance(Call& call, bool on) {
  instances::Instances& instances = call.engines.instances;
  const std::string ours = instances.arn(call.account(), "");
  std::string_view id = call.parameters.text("KmsInstanceId");
  std::string arn = ours + std::string(id);
  if (id.empty()) {
    arn = call.parameters.text("ProtectedResourceArn");
    if (arn.starts_with(ours))
      id = call.parameters.text("ProtectedResourceArn").substr(ours.size());
  }
  SR_CHECK_OK(call.authorize("kms:SetDeletionProtection", arn));
  SR_TRY(instances::Instance instance, instances.find(call.reader, call.account(), id));
  instance.deletion_protection = on;
  instance.deletion_protection_description =
      on ? call.parameters.text("DeletionProtectionDescription") : "";
  instances.save(*call.transaction, instance);
  return {};
}

Result<void> set_deletion_protection(Call& call) {
  const Parameters& p = call.parameters;
  SR_CHECK_OK(p.required("EnableDeletionProtection"));
  SR_TRY(const bool on, p.boolean("EnableDeletionProtection", false));
  if (p.text("ProtectedResourceArn").find(":keystore/") != std::string_view::npos ||
      !p.text("KmsInstanceId").empty()) {
    return protect_instance(call, on);
  }
  std::string_view target = p.text("KeyId");
  if (target.empty()) {
    SR_TRY(target, p.required("ProtectedResourceArn"));
  }
  const KeyName name = key_named(call, target);
  SR_CHECK_OK(call.authorize("kms:SetDeletionProtection", name.arn));
  call.note_key(name.id);
  SR_TRY(keys::Key key, call.engines.keys.find(call.reader, call.account(), name.id));
  return save(call, keys::set_deletion_protection(std::move(key), on,
                                                  p.text("DeletionProtectionDescription")));
}

constexpr Operation kRows[] = {
    {kKms, "CreateKey", kMutation, kKeyContainer, "", create_key},
    {kKms, "DescribeKey", kRead, kKey, "KeyId", describe_key},
    {kKms, "ListKeys", kSlowRead, kKeyContainer, "", list_keys},
    {kKms, "ListKeyVersions", kRead, kKey, "KeyId", list_key_versions},
    {kKms, "DescribeKeyVersion", kRead, kKey, "KeyId", describe_key_version},
    {kKms, "EnableKey", kMutation, kKey, "KeyId", enable_key},
    {kKms, "DisableKey", kMutation, kKey, "KeyId", disable_key},
    {kKms, "ScheduleKeyDeletion", kMutation, kKey, "KeyId", schedule_key_deletion},
    {kKms, "CancelKeyDeletion", kMutation, kKey, "KeyId", cancel_key_deletion},
    {kKms, "UpdateKeyDescription", kMutation, kKey, "KeyId", update_key_description},
    {kKms, "SetDeletionProtection", kMutation, kByHandler, "", set_deletion_protection},
};

}  // namespace

std::span<const Operation> key_operations() {
  return kRows;
}

}  // namespace strongroom::service
