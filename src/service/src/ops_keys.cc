// Keys: made, described, listed, disabled, deleted (openapi.md §7.1 to §7.3).

#include <algorithm>
#include <array>

#include "instance_rules.h"
#include "intervals.h"
#include "json_parameters.h"
#include "key_handlers.h"
#include "key_rights.h"
#include "secret_answers.h"
#include "strongroom/access/resource_policies.h"
#include "strongroom/base/limits.h"
#include "tables.h"

namespace strongroom::service {
namespace {

using enum Effect;
using enum ResourceKind;

struct NewKeyParameters {
  keys::KeySpec spec = keys::KeySpec::kAes256;
  keys::KeyUsage usage = keys::KeyUsage::kEncryptDecrypt;
  keys::KeyOrigin origin = keys::KeyOrigin::kService;
  std::int64_t rotation_seconds = 0;
};

/// Of instances with HSMs, which ours are not: it is judged, and counts for nothing.
Result<void> check_storage(const Parameters& p) {
  const std::string_view storage = p.text("KeyStorageMechanism", "HsmInternal");
  if (storage.empty() || storage == "HsmInternal" || storage == "HsmEncryptedDatabase") return {};
  return invalid_parameter("KeyStorageMechanism",
                           "It must be HsmInternal or HsmEncryptedDatabase.");
}

Result<void> check_protection(const Parameters& p) {
  const std::string_view protection = p.text("ProtectionLevel");
  const bool in_instance = !p.text("DKMSInstanceId").empty();  // then it counts for nothing
  if (protection.empty() || protection == "SOFTWARE" || in_instance) return {};
  if (protection == "HSM") {
    return fail(
        ErrorKind::kInvalidInput, "Unsupported.ProtectionLevel",
        "This protection level is not valid for this region: the server has no HSM. Use SOFTWARE.");
  }
  return invalid_parameter("ProtectionLevel", "It must be SOFTWARE.");
}

Result<keys::KeyUsage> new_usage(const Parameters& p, keys::KeySpec spec) {
  const std::string_view text = p.text("KeyUsage");
  if (text.empty()) return keys::default_usage(spec);
  const auto usage = keys::usage_of(text);
  if (usage && keys::allows(spec, *usage)) return *usage;
  std::string uses;
  for (const keys::KeyUsage one : keys::kKeyUsages) {
    if (!keys::allows(spec, one)) continue;
    uses.append(uses.empty() ? "" : " or ").append(keys::to_text(one));
  }
  return invalid_parameter(
      "KeyUsage", "A key of spec " + std::string(keys::to_text(spec)) + " is for " + uses + ".");
}

Result<keys::KeyOrigin> new_origin(const Parameters& p, keys::KeySpec spec) {
  const std::string_view text = p.text("Origin");
  if (text.empty() || text == "Aliyun_KMS") return keys::KeyOrigin::kService;
  if (text != "EXTERNAL") {
    return invalid_parameter("Origin", "It must be Aliyun_KMS or EXTERNAL.");
  }
  if (keys::is_asymmetric(spec)) {
    return invalid_parameter("Origin", "Only symmetric and HMAC keys can have imported material.");
  }
  return keys::KeyOrigin::kExternal;
}

Result<NewKeyParameters> new_key_parameters(const Parameters& p) {
  NewKeyParameters asked;
  if (const std::string_view text = p.text("KeySpec"); !text.empty()) {
    const auto spec = keys::spec_of(text);
    if (!spec) {
      return invalid_parameter("KeySpec",
                               "It must be Aliyun_AES_256, Aliyun_AES_192, Aliyun_AES_128, "
                               "Aliyun_SM4, RSA_2048, RSA_3072, RSA_4096, EC_P256, EC_P256K, "
                               "EC_SM2, HMAC_SHA_224, HMAC_SHA_256, HMAC_SHA_384, HMAC_SHA_512 or "
                               "HMAC_SM3.");
    }
    asked.spec = *spec;
  }
  SR_TRY(asked.usage, new_usage(p, asked.spec));
  SR_TRY(asked.origin, new_origin(p, asked.spec));
  SR_CHECK_OK(check_protection(p));
  SR_CHECK_OK(check_storage(p));
  SR_TRY(const bool rotate, p.boolean("EnableAutomaticRotation", false));
  if (rotate) {
    if (!keys::is_symmetric(asked.spec) || asked.origin == keys::KeyOrigin::kExternal) {
      return invalid_parameter("EnableAutomaticRotation",
                               "Only symmetric keys whose material the service made are rotated.");
    }
    SR_TRY(asked.rotation_seconds, key_rotation_interval(p));
  }
  return asked;
}

/// Only keys of an instance have one.
Result<std::string> new_policy(const Call& call) {
  const std::string_view document = call.parameters.text("Policy");
  if (document.empty()) return std::string();
  if (call.parameters.text("DKMSInstanceId").empty()) {
    return fail(ErrorKind::kInvalidInput, "Forbidden.KeyPolicyUnSupported",
                "The specified key does not support key policy. Only keys in a KMS instance have a "
                "policy.");
  }
  return access::checked_resource_policy(document, call.account());
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
  answer.field("KeyState", keys::to_text(state_at(key.state, key.material_expires, call.now)));
  answer.field("Origin", keys::to_text(key.origin));
  answer.field("ProtectionLevel", keys::to_text(key.protection));
  if (key.has_primary()) answer.field("PrimaryKeyVersion", key.primary_version().id);
  write_time_or_empty(answer, "DeleteDate", key.delete_date);
  write_time_or_empty(answer, "MaterialExpireTime", key.material_expires);
  write_time(answer, "LastRotationDate", key.last_rotation);
  answer.field("AutomaticRotation", keys::automatic_rotation_text(key));
  if (key.automatic_rotation != 0) {
    answer.field("RotationInterval", std::to_string(key.rotation_interval_seconds) + "s");
    write_time(answer, "NextRotationDate", key.next_rotation);
  }
  if (!key.instance_id.empty()) answer.field("DKMSInstanceId", key.instance_id);
}

Result<void> create_key(Call& call) {
  const Parameters& p = call.parameters;
  SR_TRY(const NewKeyParameters asked, new_key_parameters(p));
  SR_TRY(std::vector<keys::Tag> tags, new_tags_of(p));
  SR_TRY(std::string policy, new_policy(call));
  SR_TRY(InstancePlace place, new_key_place(call, p.text("DKMSInstanceId")));
  SR_TRY(const keys::Key key,
         call.engines.keys.create(*call.transaction,
                                  {.account = call.account(),
                                   .creator = call.account().text(),
                                   .description = std::string(p.text("Description")),
                                   .tags = std::move(tags),
                                   .spec = asked.spec,
                                   .usage = asked.usage,
                                   .origin = asked.origin,
                                   .rotation_interval_seconds = asked.rotation_seconds,
                                   .instance_id = place.id,
                                   .place = std::move(place.place),
                                   .policy = std::move(policy)},
                                  call.now));
  call.note_resource(call.engines.keys.arn(call.account(), key.id));
  call.note_key(key.id);
  call.answer.begin_object("KeyMetadata");
  write_metadata(call, key);
  call.answer.end_object();
  return {};
}

Result<void> describe_key(Call& call) {
  SR_TRY(const keys::Key key, named_key(call));
  call.answer.begin_object("KeyMetadata");
  write_metadata(call, key);
  call.answer.field("DeletionProtection", key.deletion_protection ? "Enabled" : "Disabled");
  if (!key.deletion_protection_description.empty()) {
    call.answer.field("DeletionProtectionDescription", key.deletion_protection_description);
  }
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
  SR_TRY(keys::Key key, named_key(call));
  SR_TRY(key, keys::enable(std::move(key)));
  call.engines.keys.save_resumed(*call.transaction, key, call.now);
  return {};
}

Result<void> disable_key(Call& call) {
  SR_TRY(keys::Key key, named_key(call));
  return save(call, keys::disable(std::move(key)));
}

Result<void> schedule_key_deletion(Call& call) {
  SR_TRY(const std::int64_t days,
         call.parameters.integer("PendingWindowInDays", 0, limits::kKeyDeletionDaysMin,
                                 limits::kKeyDeletionDaysMax));
  SR_TRY(keys::Key key, named_key(call));
  const Instant when{call.now.unix_ms + days * kMillisPerDay};
  SR_CHECK_OK(call.engines.keys.schedule_deletion(*call.transaction, key, when));
  return warn_of_dependents(call, key, when);
}

Result<void> cancel_key_deletion(Call& call) {
  SR_TRY(keys::Key key, named_key(call));
  SR_TRY(key, keys::cancel_deletion(std::move(key)));
  call.engines.keys.save_resumed(*call.transaction, key, call.now);
  return {};
}

Result<void> update_key_description(Call& call) {
  const auto description = call.parameters.find("Description");  // may be emptied
  if (!description) SR_CHECK_OK(call.parameters.required("Description"));
  SR_TRY(keys::Key key, named_key(call));
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
  constexpr std::string_view kWhy = "DeletionProtectionDescription";
  const std::string_view why = call.parameters.text(kWhy);
  SR_CHECK_OK(keys::check_description(kWhy, why));
  SR_CHECK_OK(call.authorize("kms:SetDeletionProtection", arn));
  SR_TRY(instances::Instance instance, instances.find(call.reader, call.account(), id));
  instance.deletion_protection = on;
  instance.deletion_protection_description = on ? why : "";
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
  if (names_alias(target)) return alias_refused();
  const KeyName name = key_named(call, target);
  SR_CHECK_OK(call.authorize("kms:SetDeletionProtection", name.arn));
  call.note_key(name.id);
  SR_TRY(keys::Key key, call.engines.keys.find(call.reader, call.account(), name.id));
  return save(call, keys::set_deletion_protection(std::move(key), on,
                                                  p.text("DeletionProtectionDescription")));
}

constexpr Operation kRows[] = {
    {kKms, "CreateKey", kMutation, kKeyContainer, "", create_key},
    {kKms, "DescribeKey", kRead, kKeyOrAlias, "KeyId", describe_key},
    {kKms, "ListKeys", kSlowRead, kKeyContainer, "", list_keys},
    {kKms, "CreateKeyVersion", kMutation, kKeyOrAlias, "KeyId", create_key_version},
    {kKms, "ListKeyVersions", kRead, kKeyOrAlias, "KeyId", list_key_versions},
    needs("KeyId KeyVersionId",
          {kKms, "DescribeKeyVersion", kRead, kKeyOrAlias, "KeyId", describe_key_version}),
    needs("KeyId EnableAutomaticRotation",
          {kKms, "UpdateRotationPolicy", kMutation, kKey, "KeyId", update_rotation_policy}),
    needs("KeyId WrappingKeySpec WrappingAlgorithm",
          {kKms, "GetParametersForImport", kSlowRead, kKey, "KeyId", get_parameters_for_import}),
    needs("KeyId EncryptedKeyMaterial ImportToken",
          {kKms, "ImportKeyMaterial", kMutation, kKey, "KeyId", import_key_material}),
    {kKms, "DeleteKeyMaterial", kMutation, kKey, "KeyId", delete_key_material},
    {kKms, "CreateAlias", kMutation, kByHandler, "", create_alias},
    {kKms, "UpdateAlias", kMutation, kByHandler, "", update_alias},
    {kKms, "DeleteAlias", kMutation, kByHandler, "", delete_alias},
    {kKms, "ListAliases", kSlowRead, kAliasContainer, "", list_aliases},
    {kKms, "ListAliasesByKeyId", kRead, kKey, "KeyId", list_aliases_by_key_id},
    {kKms, "EnableKey", kMutation, kKey, "KeyId", enable_key},
    {kKms, "DisableKey", kMutation, kKey, "KeyId", disable_key},
    needs("KeyId PendingWindowInDays",
          {kKms, "ScheduleKeyDeletion", kMutation, kKey, "KeyId", schedule_key_deletion}),
    {kKms, "CancelKeyDeletion", kMutation, kKey, "KeyId", cancel_key_deletion},
    {kKms, "UpdateKeyDescription", kMutation, kKey, "KeyId", update_key_description},
    {kKms, "SetDeletionProtection", kMutation, kByHandler, "", set_deletion_protection},
};

}  // namespace

std::span<const Operation> key_operations() {
  return kRows;
}

}  // namespace strongroom::service
